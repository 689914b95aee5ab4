"""`make audit` says what it found, and says so when it found nothing out (S20)."""

from __future__ import annotations

import json
import re

import pytest

from tests.audit import KNOWN, LOCKED, NONE, ROOT, UNAUDITED, Asked, judge, main

CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
HOLED = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
LEFT_OUT = {"name": "y", "skip_reason": "Dependency not found on PyPI"}
OFFLINE = Asked("", "ConnectionError: name resolution failed")


def asked(*found: object) -> Asked:
    """Return an answer of pip-audit."""
    return Asked(json.dumps({"dependencies": found, "fixes": []}), "")


@pytest.mark.parametrize(
    ("answer", "code", "last"),
    [
        (asked(CLEAN), NONE, "1 audited, 0 left out, 0 known vulnerabilities"),
        (asked(CLEAN, HOLED), KNOWN, "2 audited, 0 left out, 1 known vulnerabilities"),
        (asked(CLEAN, LEFT_OUT), UNAUDITED, "1 audited, 1 left out, 0 known vulnerabilities"),
        (asked(HOLED, LEFT_OUT), KNOWN, "1 audited, 1 left out, 1 known vulnerabilities"),
        (asked(LEFT_OUT), UNAUDITED, "NOTHING COULD BE AUDITED: 1 left out: Dependency not found on PyPI"),
        (asked(), UNAUDITED, "NOTHING COULD BE AUDITED: 0 left out: no packages in it"),
        (OFFLINE, UNAUDITED, "NOTHING COULD BE AUDITED: ConnectionError: name resolution failed"),
        (Asked("[]", "odd"), UNAUDITED, "NOTHING COULD BE AUDITED: odd"),
    ],
    ids=range(8),
)
def test_s20_an_audit_says_what_it_could_not_see(answer: Asked, code: int, last: str) -> None:
    """Only a full answer without a vulnerability is a 0; silence and what was left out are a 2 with a clear line."""
    got, lines = judge("run.txt", answer)
    assert (got, lines[-1]) == (code, f"audit: run.txt: {last}")


def test_s20_a_vulnerability_weighs_more_than_silence(capsys: pytest.CaptureFixture[str]) -> None:
    """One file with a hole and one that nobody answered for: the hole decides, both are said."""
    assert main(["a", "b"], lambda path: asked(HOLED) if path == "a" else OFFLINE) == KNOWN
    told = capsys.readouterr().out
    assert "audit: a: x 1: PYSEC-1, fixed in 1.1" in told
    assert "audit: b: NOTHING COULD BE AUDITED" in told


@pytest.mark.parametrize("path", LOCKED)
def test_s20_everything_is_locked_with_hashes(path: str) -> None:
    """Every requirement is one exact version with its hashes, and no index, host or path is named."""
    written = (ROOT / path).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z][^\s]*", written, re.MULTILINE | re.IGNORECASE)
    assert len(pins) > 30
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==[\w.]+", pin)] == []
    assert written.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"://|--index|--find-links|--trusted", written)
