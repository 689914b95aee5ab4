"""Text as typed to text as read: one spelling for every character, with a map back to the original.

Full width, traditional characters, punctuation, case, zero-width characters, emoji and list marks are levelled here,
character by
character, so that no later stage thinks of them. Called by reader.py; knows nothing of the campaign.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

from handlers.reading.values import Span

MARK = "\x01"  # a list mark: ①, ▪, ●
OPAQUE = "\x02"  # something that must not become part of a number: superscripts, fractions, foreign digits

_FIXED = {
    **dict.fromkeys("“”„‟«»″「」『』", '"'),
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("–—―－‐‑‒−─━﹣", "-"),
    **dict.fromkeys("～∼〜", "~"),
    **dict.fromkeys("…⋯", "…"),
    **dict.fromkeys("▪▫●○◆◇■□★☆►▶▷•◦‣⁃∙➤➢✦❖※√☑🔹🔸🔺🔻📌📍👉✅🔵🔴", MARK),
    **dict.fromkeys("·・‧", "·"),
    **dict.fromkeys("\u3000\u00a0\u2002\u2003\u2009\u202f", " "),
    **dict.fromkeys("➡⇒⟶➜", "→"),
    "→": "→",
    "\r": "",
    "│": "|",
    "┃": "|",
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "〇": "零",
    "○": "零",
}


@dataclass(frozen=True, slots=True)
class Normal:
    """A levelled text. origin[i] is the index in the original of character i; None when nothing was taken out."""

    text: str
    origin: tuple[int, ...] | None

    def span(self, start: int, end: int) -> Span:
        """Return the span in the original text of a non-empty half-open span of this one."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def normalise(text: str) -> Normal:
    """Level a text. Every character becomes one character or none, so spans never move by more than what was taken out.

    Digits other than 0-9 and their full-width forms stay unread on purpose: ³⁸ or ½ must not turn into 38 or 1/2.
    Source: reliability 2.7, groups Text and Invisible; decided by us 2026-11-24.
    """
    levelled = text.translate(_TABLE)
    if len(levelled) == len(text):
        return Normal(levelled, None)
    kept = tuple(index for index, char in enumerate(text) if _TABLE[ord(char)])
    return Normal(levelled, kept)


_DIGIT = re.compile(r"\d")
_CELL = re.compile(r"\d[\d.]*[万亿千百]?\D{0,2}")
_GAP = re.compile(r"(?<=[^ ]) +(?=[^ ])")
_EMPTY = frozenset(("-", "/", "无", "--"))
_COLUMNS = 12  # of a table in spaces
_HEAD_CELL = 10  # characters of a cell of a header


def bars(levelled: str) -> str:
    """Turn the commas or spaces of a table into bars, so that 海报,20,355 is three cells. Changes no length.

    A header of short cells without a digit, then lines of as many cells with one (in spaces: all but the first) that
    is only a number.
    """
    lines = levelled.split("\n")
    for at, head in enumerate(lines[:-1]):
        if " " in head:
            _spaced(lines, at)
            head = lines[at]
        count = head.count(",")
        if not count or _DIGIT.search(head) or any(len(cell) > _HEAD_CELL for cell in head.split(",")):
            continue
        if lines[at + 1].count(",") == count and any(map(_CELL.fullmatch, map(str.strip, lines[at + 1].split(",")))):
            end = at + 1
            while end < len(lines) and lines[end].count(",") == count:
                end += 1
            lines[at:end] = [line.replace(",", "|") for line in lines[at:end]]
    return "\n".join(lines)


def _spaced(lines: list[str], at: int) -> None:
    cells = lines[at].split()
    if not 2 < len(cells) <= _COLUMNS or _DIGIT.search(lines[at]) or any(len(cell) > _HEAD_CELL for cell in cells):
        return
    end = at + 1
    while end < len(lines) and _is_row(lines[end].split(), len(cells)):
        end += 1
    if end > at + 1:
        lines[at:end] = [_GAP.sub(lambda gap: "|" + gap[0][1:], line.rstrip()) for line in lines[at:end]]


def _is_row(cells: list[str], count: int) -> bool:
    return len(cells) == count and all(_CELL.fullmatch(cell) or cell in _EMPTY for cell in cells[1:])


class _Table(dict[int, str]):
    """Character to its levelled form, filled in as characters are met."""

    def __missing__(self, code: int) -> str:
        levelled = _level(chr(code))
        self[code] = levelled
        return levelled


_TABLE = _Table()


def _level(char: str) -> str:
    if char in _FIXED:
        return _FIXED[char]
    if char in "\n\t " or "!" <= char <= "~":
        return char.upper()
    category = unicodedata.category(char)
    if category in ("Cf", "Mn", "Me", "Cc"):  # zero-width, direction marks, variation selectors, combining marks
        return ""
    folded = unicodedata.normalize("NFKC", char)
    if category == "No" or category == "Nl" or category == "Nd":
        return _number_like(char, folded)
    if category in ("So", "Sk", "Co", "Cn", "Cs"):
        return " " if category == "So" else OPAQUE
    if len(folded) == 1:
        return _simplified().get(folded, folded).upper()[:1]
    return OPAQUE


def _number_like(char: str, folded: str) -> str:
    if 0x2460 <= ord(char) <= 0x24FF or 0x2776 <= ord(char) <= 0x2793 or 0x3220 <= ord(char) <= 0x3229:
        return MARK
    return folded if "\uff10" <= char <= "\uff19" else OPAQUE


@cache
def _simplified() -> dict[str, str]:
    """Return traditional -> simplified by OpenCC's own table; where it gives several, the first."""
    table = resources.files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return {char: forms.split()[0] for char, forms in pairs if len(char) == 1}
