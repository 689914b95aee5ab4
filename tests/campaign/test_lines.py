"""In which line of a TOML file a key stands."""

from __future__ import annotations

import pytest

from models.campaign.lines import with_lines
from models.errors import Problem

TEXT = '''key = "x"
office = 5

[duties.summary]            # of the month
name = "总结"
due = 2021-05-28T18:00:00

[rules.'a-b']
text = """
name = "no key"
"""
weekly = { weekday = "monday", at = "9:12" }
before.days = [
    7,
    at = 3,
]
'''


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("office", 2),
        ("duties.summary", 4),
        ("duties.summary.due", 6),
        ("duties.summary.indicator", 4),  # missing: its table
        ("rules.a-b.weekly.at", 12),
        ("rules.a-b.before.days", 13),
        ("rules.a-b.name", 8),  # what stands in a text is no key
        ("indicators", 0),
    ],
)
def test_the_line_of_a_key(where: str, line: int) -> None:
    """The key itself, else the nearest table around it; 0 when neither is there."""
    (found,) = with_lines([Problem("f", where, "is wrong", "write it")], TEXT)
    assert found.line == line
    assert (f"(line {line})" in str(found)) is (line > 0)
