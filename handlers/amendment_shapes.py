"""Corrections that name no indicator: 不是50条是15条, 刚才写错了，是12条, 应该是560. Pure; amendment.py applies them.

The text is boiled down to a skeleton with N for each number, and only a whole skeleton that means a correction counts:
a text that says anything else is left to the reader.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from handlers.reading.numerals import Numeral, Shape, scan
from handlers.short_answers import bare_number


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as written, with its measure word."""

    value: Decimal
    measure: str  # empty: none was written
    as_written: str
    approx: bool = False


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a correction says: this instead of that, or so much more or less."""

    new: Figure
    old: Figure | None = None
    by: int = 0  # 1: add new, -1: take it off, 0: it replaces


_LEAD = r"(?:不好意思|抱歉|对不起|更正一下|更正|那个|刚才|刚刚|上面|上一条|上条|前面|之前"
_LEAD += r"|那条|这条|我们|我|数字|数据|数量|数|的)*"
_WRONG = r"(?:(?:写|打|报|填|输|发|弄|搞|数|算|记)(?:错|多|少)了?|错了|不对|有误|有错)"
_SHOULD = r"(?:应该是|应该为|应该|应为|应是|改成|改为|更正为|更正成|改到|实际是|实际|实为|其实是|其实|正确的是|只有|才)"
_SHAPES: tuple[tuple[re.Pattern[str], tuple[int | None, int, int]], ...] = tuple(
    (re.compile(f"^{_LEAD}{shape}(?:才对|吧|了|的|啊|哈|哦)*$"), means)
    for shape, means in (  # (index of the old number, of the new one, sign of a difference)
        (r"不是N,?而?(?:应该)?(?:是|为)N", (0, 1, 0)),
        (r"(?:应该)?是N,?不是N", (1, 0, 0)),
        (r"把?N给?(?:写|打|报|填|输|看|发|记)成了?N", (1, 0, 0)),
        (r"(?:由|从|把|将)?N(?:更正|修改|改)?(?:为|成|到)N", (0, 1, 0)),
        (rf"N{_WRONG},?(?:{_SHOULD}|是|为)?N", (0, 1, 0)),
        (r"(?:多|少)(?:报|写|记|填|发|算|输)了?N", (None, 0, 2)),
        (r"(?:报|写|记|填|发|算|输)(?:多|少)了?N", (None, 0, 2)),
        (rf"{_WRONG},?(?:{_SHOULD}|是|为)N", (None, 0, 0)),
        (rf"{_SHOULD}(?:是|为)?N", (None, 0, 0)),
    )
)


def read_amendment(text: str, measures: Collection[str], *, bare: bool = False) -> Amendment | None:
    """Read a correction that names no indicator; None when the text is anything else.

    measures: every measure word of the campaign.
    bare:     a number alone is one as well, since the command 更正 stood before it.
    """
    level = re.sub(r"[,，、。;；:：!！\s]+", ",", unicodedata.normalize("NFKC", text)).strip(",")
    level = re.sub(r"(上|前|那|这)[一1]条", r"\1条", level)  # 上一条 counts nothing
    numerals = [each for each in scan(level) if each.shape is Shape.EXACT and each.value is not None]
    figures, skeleton, at = [], "", 0
    for numeral in numerals:
        figure, end = _figure(level, numeral, measures)
        skeleton += level[at : numeral.start] + "N"
        figures.append(figure)
        at = end
    skeleton += level[at:]
    for shape, (old, new, sign) in _SHAPES:
        if shape.match(skeleton):
            by = 0 if not sign else (-1 if "多" in skeleton else 1)
            return Amendment(figures[new], None if old is None else figures[old], by)
    alone = bare_number(level) if bare else None
    return Amendment(Figure(alone[0], alone[1], level, alone[2])) if alone else None


def _figure(text: str, numeral: Numeral, measures: Collection[str]) -> tuple[Figure, int]:
    """Return a number with the longest measure word that follows it, and where that ends."""
    assert numeral.value is not None
    following = text[numeral.end : numeral.end + 4].lstrip()
    measure = max((word for word in measures if following.startswith(word)), key=len, default="")
    end = text.index(measure, numeral.end) + len(measure) if measure else numeral.end
    return Figure(numeral.value, measure, text[numeral.start : end], numeral.approx), end
