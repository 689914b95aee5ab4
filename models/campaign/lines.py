"""In which line of a TOML file a key stands, so that whoever mends it need not look for it. Pure; a plain scan.

A key inside an inline table is found by the line of the table; one that is missing by its table's head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from models.errors import Problem

_HEAD = re.compile(r"^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_STEP = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_LONG = re.compile(r'"""|\'\'\'')


def with_lines(problems: Iterable[Problem], text: str) -> list[Problem]:
    """Return problems with the line of each key, as far as the key, or the nearest table around it, is found."""
    places = _places(text)
    return [replace(each, line=each.line or _nearest(places, each.where)) for each in problems]


def _nearest(places: dict[str, int], where: str) -> int:
    steps = where.split(".")
    return next((line for end in range(len(steps), 0, -1) if (line := places.get(".".join(steps[:end])))), 0)


def _places(text: str) -> dict[str, int]:
    """Return by dotted key the line in which it is written first."""
    found: dict[str, int] = {}
    table: list[str] = []
    inside = False  # a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        marks = len(_LONG.findall(line))
        if inside:
            inside = marks % 2 == 0
            continue
        inside = marks % 2 == 1
        head = _HEAD.match(line)
        if head:
            table = _steps(head[1])
        key = None if head else _KEY.match(line)
        if head or key:
            steps = table + (_steps(key[1]) if key else [])
            for end in range(1, len(steps) + 1):
                found.setdefault(".".join(steps[:end]), number)
    return found


def _steps(written: str) -> list[str]:
    return [step.strip("\"'") for step in _STEP.findall(written)]
