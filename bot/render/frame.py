"""What all pictures of the family share: the red head, rules, names in a column, notes below, pages of equal height."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import ceil
from typing import Protocol, TypeVar

from bot.render import svg
from bot.render.svg import GREY, RULE, Sheet, fit, width, wrap

LEFT, RIGHT = 48, 1032
SMALL = 28  # pixels of the smallest type, which a phone shows as 10 points
PAGE_BODY = 2160  # pixels; rows are split into pages of about this height
MOST_ROWS = 200  # drawn at all; ten pages are as much as anybody scrolls through in a chat
ON_RED = "#f7e3dc"
TITLE_SIZES = (68, 60, 52, 46)


class Tall(Protocol):
    """Something that takes a height on a page."""

    @property
    def height(self) -> float:
        """Return the pixels it takes."""


T = TypeVar("T", bound=Tall)


def paginate(rows: Sequence[T], body: float = PAGE_BODY) -> list[list[T]]:
    """Split rows into pages of about equal height; one empty page for no rows."""
    total = sum(row.height for row in rows)
    count = ceil(total / body) or 1
    numbered: list[tuple[int, T]] = []
    below = 0.0
    for row in rows:
        numbered.append((int((below + row.height / 2) * count / total), row))
        below += row.height
    return [[row for _, row in group] for _, group in groupby(numbered, key=lambda pair: pair[0])] or [[]]


def band(sheet: Sheet, title: str, facts: Sequence[str], strip: str = "") -> float:
    """Draw the red head, and a golden strip under it where it must be read; return where they end."""
    size, one_line = fit(title, TITLE_SIZES, RIGHT - LEFT)
    lines = [title] if one_line else wrap(title, size, RIGHT - LEFT, 2)
    height = 96 + len(lines) * (size + 16) + 62
    sheet.rect(0, 0, svg.WIDTH, height, svg.RED)
    sheet.rect(0, height, svg.WIDTH, 6, svg.GOLD)
    for index, words in enumerate(lines):
        sheet.text(svg.WIDTH / 2, 56 + (index + 1) * (size + 12) - 8, words, size, svg.PAPER, "middle", weight=1.4)
    said = "  |  ".join(filter(None, facts))
    said_size, _ = fit(said, (34, 31, SMALL), RIGHT - LEFT)
    sheet.text(svg.WIDTH / 2, height - 48, svg.shorten(said, said_size, RIGHT - LEFT), said_size, ON_RED, "middle")
    if not strip:
        return height + 6
    sheet.rect(0, height, svg.WIDTH, 68, svg.GOLD)
    sheet.text(svg.WIDTH / 2, height + 46, strip, 34, svg.RED, "middle", weight=0.7)
    return height + 68


def page_words(number: int, count: int) -> str:
    """Say which page this is; nothing where there is only one."""
    return f"第{number}/{count}页" if count > 1 else ""


def rule(sheet: Sheet, y: float) -> None:
    """Draw a hairline across."""
    sheet.rect(LEFT, y, RIGHT - LEFT, 2, RULE)


def empty(sheet: Sheet, y: float, words: str) -> float:
    """Say that there is nothing to show."""
    sheet.text(svg.WIDTH / 2, y + 150, words, 40, GREY, "middle")
    return y + 260


def note(sheet: Sheet, y: float, words: str, most: int = 5) -> float:
    """Print a note in lines."""
    for line in wrap(svg.drawable(words), SMALL, RIGHT - LEFT, most):
        sheet.text(LEFT, y, line, SMALL, GREY)
        y += 42
    return y


def balanced(words: str, size: float, room: float, most: int) -> list[str]:
    """Break a name into lines of equal length: 民警关注 into 民警 and 关注, not 民警关 and 注."""
    lines = ceil(width(words, size) / room)
    if not 0 < lines <= most or any(char.isascii() for char in words):
        return wrap(words, size, room, most)
    each = ceil(len(words) / lines)
    return [words[start : start + each] for start in range(0, len(words), each)]
