"""`make audit` says what it found, and says so when it found nothing out (S20)."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.audit import KNOWN, LOCKED, NONE, ROOT, UNAUDITED, Asked, judge, main
from tests.locked import findings

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
    well = (NONE, ["well"])
    assert main(["a", "b"], lambda path: asked(HOLED) if path == "a" else OFFLINE, lambda path: well) == KNOWN
    told = capsys.readouterr().out
    assert "audit: a: x 1: PYSEC-1, fixed in 1.1" in told
    assert "audit: b: NOTHING COULD BE AUDITED" in told


def test_s20_offline_the_lock_is_looked_at_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Without any vulnerability service the end is a clear 2, after hashes, pins and licences have been checked."""
    assert main(ask=lambda path: OFFLINE) == UNAUDITED
    told = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1] for line in told] == [path for path in LOCKED for _ in range(2)]
    assert ["locked with hashes, with all they need; licences: MIT" in line for line in told] == [True, False] * 2
    assert (
        main(ask=lambda path: asked(CLEAN), look=lambda path: (KNOWN, ["x: not every file of it has a hash"])) == KNOWN
    )


JINJA = f"jinja2=={version('jinja2')}"
WHOLE = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (f"flask>=3 {WHOLE}", "flask>=3: not one exact version"),
        (f"flask==3.1.* {WHOLE}", "flask==3.1.*: not one exact version"),
        ("flask @ https://example.cn/flask.whl", "flask: not one exact version"),
        ("itsdangerous==2.2.0", "itsdangerous: not every file of it has a hash"),
        (f"itsdangerous==2.2.0 {WHOLE} --hash=md5:{'0' * 32}", "itsdangerous: not every file of it has a hash"),
        (f"{JINJA} {WHOLE}", "jinja2: needs MarkupSafe, which is not locked"),
        (
            f"jinja2=={version('jinja2')} {WHOLE}\nmarkupsafe==1.0 {WHOLE}",
            "jinja2: needs MarkupSafe>=2.0, locked is 1.0",
        ),
        (f"nobody-makes-this==1 {WHOLE}", "nobody-makes-this: locked, but not installed here: run make lint first"),
    ],
    ids=range(8),
)
def test_s20_what_a_lock_lacks_is_named(tmp_path: Path, lines: str, said: str) -> None:
    """A range, an address, a missing or weak hash, a dependency that nobody locked or that does not fit."""
    path = tmp_path / "run.txt"
    path.write_text(f"# a comment\n{lines}  # why\n", encoding="utf-8")
    assert said in findings(path)


def test_s20_a_licence_must_be_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package under terms that nobody has looked at is named."""
    path = tmp_path / "run.txt"
    path.write_text(f"itsdangerous=={version('itsdangerous')} {WHOLE}\n", encoding="utf-8")
    assert findings(path) == []
    for terms in ("AGPL-3.0-only", "MIT AND GPL-2.0-only", ""):
        monkeypatch.setattr("tests.locked.licence", lambda name, terms=terms: terms)
        assert findings(path) == [f"itsdangerous: the licence {terms or 'is not named'}: look at it"]


@pytest.mark.parametrize("path", LOCKED)
def test_s20_everything_is_locked_with_hashes(path: str) -> None:
    """Every requirement is one exact version with its hashes, and no index, host or path is named."""
    written = (ROOT / path).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z][^\s]*", written, re.MULTILINE | re.IGNORECASE)
    assert len(pins) > 30
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==[\w.]+", pin)] == []
    assert written.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"://|--index|--find-links|--trusted", written)
