"""A sheet of SVG to draw on, and how wide words will be in the bundled font. Every word drawn is escaped here.

Knows nothing of rankings. The pictures of this family share its palette.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from xml.sax.saxutils import escape

from bot.render import RenderError

WIDTH = 1080  # pixels; a phone shows them on 390 points, so 28 px are the smallest type that reads
MOST_HEIGHT = 8000  # pixels; a full page with all that can stand below it is about 4000
FAMILY = "Noto Sans CJK SC"
INK, GREY, FAINT = "#262626", "#6e6a67", "#a8a29e"  # grey keeps 5:1 on white, faint is for shapes only
RED, RED_SOFT, TRACK, RULE = "#a61e1e", "#d8958c", "#f5f0ed", "#ece5e1"
GREEN, GOLD, PAPER, BLUSH = "#2f7a58", "#d9b36c", "#ffffff", "#f8eae7"
NEVER_FIRST = "，。、；：！？）”’》…·%）/"  # a line never starts with one of these

# Advance widths in the font, in thousandths of the size, from space to tilde.
_LATIN = (
    224, 323, 474, 555, 555, 921, 680, 278, 338, 338, 467, 555, 278, 347, 278, 392,
    555, 555, 555, 555, 555, 555, 555, 555, 555, 555, 278, 278, 555, 555, 555, 474,
    946, 608, 657, 638, 688, 589, 552, 689, 728, 293, 535, 646, 543, 812, 723, 742,
    633, 742, 635, 596, 599, 721, 575, 878, 573, 531, 603, 338, 392, 338, 555, 559,
    606, 563, 618, 510, 620, 554, 325, 564, 607, 275, 275, 552, 284, 926, 610, 606,
    620, 620, 388, 468, 377, 607, 521, 802, 498, 521, 475, 338, 270, 338, 555,
)  # fmt: skip
_HALF = "°¥"


def drawable(words: str) -> str:
    """Take out what the font has no shape for and what has no place in a bulletin: emoji and variation selectors."""
    return "".join(
        c for c in words if not (0x1F000 <= ord(c) < 0x20000 or 0xFE00 <= ord(c) < 0xFE10 or ord(c) >= 0xE0000)
    )


def width(words: str, size: float) -> float:
    """Measure words in pixels. Exact for Chinese and ASCII, never too small for the rest."""
    return sum(_advance(char) for char in words) * size / 1000


def _advance(char: str) -> int:
    if " " <= char <= "~":
        return _LATIN[ord(char) - 32]
    if unicodedata.combining(char):
        return 0
    return 555 if char in _HALF or unicodedata.east_asian_width(char) == "H" else 1000


def shorten(words: str, size: float, room: float) -> str:
    """Cut words to the room with an ellipsis, if they do not fit."""
    if width(words, size) <= room:
        return words
    left, end = room - width("…", size), 0
    while end < len(words) and (left := left - width(words[end], size)) >= 0:
        end += 1
    return words[:end] + "…"


def fit(words: str, sizes: Sequence[int], room: float) -> tuple[int, bool]:
    """Choose the first size at which words fit on one line; else the last size and False."""
    for size in sizes:
        if width(words, size) <= room:
            return size, True
    return sizes[-1], False


def wrap(words: str, size: float, room: float, most: int) -> list[str]:
    """Break words into at most that many lines, the last one shortened if need be. [] for no words."""
    lines: list[str] = []
    rest = words
    while rest and len(lines) < most - 1:
        end = _break(rest, size, room)
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*lines, shorten(rest, size, room)] if rest else lines


def flow(names: Sequence[str], size: float, room: float, most: int) -> list[str]:
    """Set names as 甲、乙、丙 in at most that many lines, broken between names, or anywhere if one fills a line."""
    if any(width(f"{name}、", size) > room for name in names):
        return wrap("、".join(names), size, room, most)
    lines = [""]
    for index, name in enumerate(names):
        item = name if index == len(names) - 1 else f"{name}、"
        if width(lines[-1] + item, size) <= room:
            lines[-1] += item
            continue
        if len(lines) == most:
            lines[-1] = shorten(f"{lines[-1]}……", size, room)
            break
        lines.append(item)
    return lines


def _break(words: str, size: float, room: float) -> int:
    """Find where to break: as late as it fits, inside no figure or Latin word, before no closing mark."""
    taken, end = 0.0, 0
    while end < len(words) and (taken := taken + width(words[end], size)) <= room:
        end += 1
    if end == len(words):
        return end
    best = max(end, 1)
    while end > 1 and (words[end] in NEVER_FIRST or (_latin(words[end - 1]) and _latin(words[end]))):
        end -= 1
    return end if end > best // 3 else best


def _latin(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in ".,")


class Sheet:
    """One picture in the making. Positions are pixels from the top left; text stands on its baseline."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._parts: list[str] = []

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        fill: str = INK,
        anchor: str = "start",
        weight: float = 0,
        halo: float = 0,
    ) -> None:
        """Draw one line.

        weight: a stroke in pixels, in place of the bold face that the font does not have.
        halo:   pixels of paper around the letters instead, so that no line runs through them.
        """
        bold = f' stroke="{fill}" stroke-width="{weight}" stroke-linejoin="round"' if weight else ""
        if halo:
            bold = f' stroke="{PAPER}" stroke-width="{halo}" stroke-linejoin="round" paint-order="stroke"'
        place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"'
        self._parts.append(f"<text {place}{bold}>{escape(drawable(words))}</text>")

    def rect(self, x: float, y: float, width: float, height: float, fill: str, radius: float = 0) -> None:
        """Draw a filled rectangle."""
        size = f'width="{max(width, 0):.1f}" height="{height:.1f}"'
        self._parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} rx="{radius}" fill="{fill}"/>')

    def disc(self, x: float, y: float, radius: float, fill: str) -> None:
        """Draw a filled circle around (x, y)."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}"/>')

    def ring(self, x: float, y: float, radius: float, stroke: str, weight: float) -> None:
        """Draw an empty circle around (x, y), its line inside the radius."""
        circle = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius - weight / 2:.1f}"'
        self._parts.append(f'<circle {circle} fill="none" stroke="{stroke}" stroke-width="{weight}"/>')

    def line(self, points: Sequence[tuple[float, float]], stroke: str, weight: float) -> None:
        """Draw a line through points, with round ends."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        look = f'fill="none" stroke="{stroke}" stroke-width="{weight}" stroke-linecap="round" stroke-linejoin="round"'
        self._parts.append(f'<polyline points="{path}" {look}/>')

    def area(self, points: Sequence[tuple[float, float]], fill: str) -> None:
        """Fill the shape between points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polygon points="{path}" fill="{fill}"/>')

    def triangle(self, x: float, y: float, size: float, fill: str, *, up: bool) -> None:
        """Draw a triangle in the square whose top left corner is (x, y), pointing up or down."""
        base, tip = (y + size * 0.93, y + size * 0.07) if up else (y + size * 0.07, y + size * 0.93)
        points = f"{x:.1f},{base:.1f} {x + size:.1f},{base:.1f} {x + size / 2:.1f},{tip:.1f}"
        self._parts.append(f'<polygon points="{points}" fill="{fill}"/>')

    def done(self, height: int) -> str:
        """Return the whole document at that height, on white paper.

        Raises RenderError for more than MOST_HEIGHT: the rasteriser ends the whole process when memory is short.
        """
        if height > MOST_HEIGHT:
            raise RenderError(f"the picture would be {height} pixels high, over the limit of {MOST_HEIGHT}")
        size = f'width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FAMILY}" xml:space="preserve">'
        paper = f'<rect width="{self.width}" height="{height}" fill="{PAPER}"/>'
        return f"{head}{paper}{''.join(self._parts)}</svg>"
