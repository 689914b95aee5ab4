"""Ask whether a known vulnerability stands in what is locked: `make audit`. Needs the network.

What needs no network is looked at in any case (tests/locked.py). pip-audit then asks PyPI about every pinned version of
requirements/*.txt. Silence is no answer: when nothing could be audited, or something was left out, that is said in one
line and the exit code is 2; 1 for known vulnerabilities or a lock that is not whole, 0 for none.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.locked import findings, licences

ROOT = Path(__file__).parents[1]
LOCKED = ("requirements/run.txt", "requirements/dev.txt")
NONE, KNOWN, UNAUDITED = 0, 1, 2
SECONDS = 600.0  # for one file


@dataclass(frozen=True)
class Asked:
    """What pip-audit answered: its JSON on stdout, or its complaint."""

    out: str
    complaint: str


def ask(path: str) -> Asked:
    """Run pip-audit over one file. Hashes and pins are all there: nothing is resolved or installed."""
    words = ["-m", "pip_audit", "-r", path, "--require-hashes", "--disable-pip", "-f", "json"]
    command = [sys.executable, *words, "--progress-spinner", "off", "--timeout", "15"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Asked("", f"no answer within {SECONDS:.0f} s")
    return Asked(done.stdout, (done.stderr.strip().splitlines() or ["no reason given"])[-1][:300])


def judge(path: str, asked: Asked) -> tuple[int, list[str]]:
    """Return the exit code for one file, and what to print about it."""
    try:
        found = json.loads(asked.out)["dependencies"]
        audited = [each for each in found if "vulns" in each]
        skipped = [each for each in found if "vulns" not in each]
    except (ValueError, KeyError, TypeError):
        return UNAUDITED, [f"audit: {path}: NOTHING COULD BE AUDITED: {asked.complaint}"]
    if not audited:
        why = skipped[0].get("skip_reason", "no reason given") if skipped else "no packages in it"
        return UNAUDITED, [f"audit: {path}: NOTHING COULD BE AUDITED: {len(skipped)} left out: {why}"]
    lines = [
        f"audit: {path}: {each['name']} {each['version']}: {vuln['id']}, fixed in {', '.join(vuln['fix_versions'])}"
        for each in audited
        for vuln in each["vulns"]
    ]
    known = len(lines)
    lines += [f"audit: {path}: {each['name']}: left out: {each.get('skip_reason', '?')}" for each in skipped]
    lines.append(f"audit: {path}: {len(audited)} audited, {len(skipped)} left out, {known} known vulnerabilities")
    return KNOWN if known else UNAUDITED if skipped else NONE, lines


def look(path: str) -> tuple[int, list[str]]:
    """Return the exit code for what a lock file says by itself, and what to print about it."""
    wrong, counted = findings(ROOT / path), licences(ROOT / path)
    if wrong:
        return KNOWN, [f"audit: {path}: {line}" for line in wrong]
    kinds = ", ".join(f"{name} {count}" for name, count in counted.most_common())
    told = f"{counted.total()} locked with hashes, with all they need; licences: {kinds}"
    return NONE, [f"audit: {path}: {told}"]


def main(
    paths: Sequence[str] = LOCKED,
    ask: Callable[[str], Asked] = ask,
    look: Callable[[str], tuple[int, list[str]]] = look,
) -> int:
    """Audit every file; returns the exit code. Known vulnerabilities weigh more than what could not be audited."""
    codes = []
    for path in paths:
        code, lines = look(path)
        codes.append(code)
        print("\n".join(lines), flush=True)
        code, lines = judge(path, ask(path))
        codes.append(code)
        print("\n".join(lines), flush=True)
    return KNOWN if KNOWN in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main())
