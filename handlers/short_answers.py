"""Short answers to what the bot has asked: yes, no, a number of the list, one figure. Pure.

Called by questions.py, form.py and suggestions.py, so that all of them take the same words.
"""

from __future__ import annotations

import re
from decimal import Decimal

from handlers.reading.numerals import Shape, scan
from models.campaign.definition import Indicator

LONGEST = 12  # characters: a longer text is a message of its own

_YES = re.compile(r"^(是|是的|对|对的|没错|确认|确实|嗯|y|yes)$", re.IGNORECASE)
_NO = re.compile(r"^(否|不|不是|不对|都不是|算了|取消|不记|没有|还没有|还没|不用|n|no)$", re.IGNORECASE)
_CHOICE = re.compile(r"^(?:选|第)?([1-9])(?:个|项)?$")
_LEAD = re.compile(
    r"^(?:写错了|打错了|报错了|错了|不对)?[,，、:：。 ]*(?:应该是|应该为|应为|应是|实际是|其实是|改成|改为|是|一共|共)?"
)
_SPREAD = re.compile(r"^[一二三四五六七八九两]{2,}(?![十百千万亿])")  # 三五场: three to five, and no 35
_ENDS = re.compile(r"(?:左右|多|了|吧|的)$")


def is_yes(text: str) -> bool:
    """Tell whether a text says yes. 好的 does not: it is what people answer to a notice."""
    return bool(_YES.match(text))


def is_no(text: str) -> bool:
    """Tell whether a text says no."""
    return bool(_NO.match(text))


def choice(text: str) -> int | None:
    """Return the number of the list that a text picks, or None."""
    picked = _CHOICE.match(text)
    return int(picked[1]) if picked else None


def bare_number(text: str) -> tuple[Decimal, str, bool] | None:
    """Return (number, measure word behind it, approx) when a text is one number and nothing else, else None.

    应该是560 and 写错了，是3场 are one number as well: people answer a question like that.
    """
    stripped = text[_LEAD.match(text).end() :]  # type: ignore[union-attr]  # every part of it may be missing
    numerals = [] if _SPREAD.match(stripped) else scan(stripped)
    if (
        len(numerals) != 1
        or numerals[0].start != 0
        or numerals[0].value is None
        or numerals[0].shape is not Shape.EXACT
    ):
        return None
    measure = _ENDS.sub("", stripped[numerals[0].end :].strip())
    if len(measure) > 2 or re.search(r"[\d，,。]", measure) or stripped.startswith("零报"):
        return None
    return numerals[0].value, measure, numerals[0].approx


def factor(indicator: Indicator, measure: str) -> Decimal | None:
    """Return what a number in a measure word is multiplied by; None when the indicator does not have the word."""
    return indicator.measures.get(measure) if measure else Decimal(1)
