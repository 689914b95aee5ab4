"""docs/security.md tells the truth: every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_named_test_exists() -> None:
    """What the page names is defined somewhere below tests, and every number from 1 to 20 has its line."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    defined: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        defined.update(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(named) > 50
    assert named - defined == set()
    numbers = {int(each) for line in re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE) for each in line.split(", ")}
    assert numbers == set(range(1, 21))


def test_every_requirement_in_a_name_stands_there() -> None:
    """A test with a requirement's number in its name is on the page, or its requirement is by another one."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    numbers = {
        number
        for path in (ROOT / "tests" / "security").glob("test_*.py")
        for number in re.findall(r"^def test_s(\d\d)_", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {number for number in numbers if f"`test_s{number}_" not in page} == set()
