"""What holds for every picture of the family: nothing too small, nothing outside, nothing over something else."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree

from bot.render.svg import width

TEXT = "{http://www.w3.org/2000/svg}text"


class Box(NamedTuple):
    """Words and the space they take."""

    words: str
    fill: str
    left: float
    top: float
    right: float
    bottom: float


def boxes(page: str) -> list[Box]:
    """List the words of a page with their boxes, in drawing order."""
    found = []
    for text in ElementTree.fromstring(page).iter(TEXT):
        words, size = text.text or "", float(text.attrib["font-size"])
        long, x, y = width(words, size), float(text.attrib["x"]), float(text.attrib["y"])
        left = x - {"start": 0, "middle": long / 2, "end": long}[text.attrib["text-anchor"]]
        found.append(Box(words, text.attrib["fill"], left, y - size * 0.82, left + long, y + size * 0.1))
    return found


def check(page: str) -> None:
    """Fail unless all words are at least 28 px, inside the margins, and never over one another."""
    root = ElementTree.fromstring(page)
    height = float(root.attrib["height"])
    assert root.attrib["width"] == "1080"
    assert 400 < height < 4200
    assert min(float(text.attrib["font-size"]) for text in root.iter(TEXT)) >= 28
    shown = [box for box in boxes(page) if box.words]
    for box in shown:
        assert box.left >= 40, box
        assert box.right <= 1040, box
        assert box.bottom <= height - 20, box
    for one, other in combinations(shown, 2):
        across = one.right <= other.left or other.right <= one.left
        assert across or one.bottom <= other.top or other.bottom <= one.top, (one, other)
