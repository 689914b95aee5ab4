"""What the reader hands back, as frozen values. Shapes only; reader.py fills them, the handlers and explain.py read
them.

Every span is a half-open (start, end) pair of indices into the ORIGINAL text, so a caller can show or mark the very
characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

Span = tuple[int, int]  # half-open, in the original text


class Verdict(Enum):
    """What kind of message this is, as far as the reader can say."""

    REPORT = "report"  # figures to store, nothing to ask
    HELD = "held"  # something to ask before, or beside, storing what is certain
    CORRECTION = "correction"  # figures that replace earlier ones
    ZERO = "zero"  # 零报告, 本周无: an explicit nothing that names no indicator
    QUESTION = "question"
    PLAN = "plan"
    CHAT = "chat"
    COMMAND = "command"
    NOTHING = "nothing"  # no figure and no word that says what it is


class DoubtKind(Enum):
    """Why the reader would rather ask than guess. The wording stands in questions.py."""

    WHICH_INDICATOR = "which-indicator"  # 500 of what
    RANGE = "range"  # 300到400
    VAGUE = "vague"  # 若干, 几百
    SUM_MISMATCH = "sum-mismatch"  # 合计 is not the sum of its parts
    CANNOT_SPLIT = "cannot-split"  # 展板、海报共60
    UNIT_MISFIT = "unit-misfit"  # a measure word that the indicator does not have
    PRINTED_ONLY = "printed-only"  # 印了900, no word of handing out
    BOX_SIZE = "box-size"  # 发了5箱
    WHICH_PART = "which-part"  # 进商铺8家: a place or platform outside the dimension, or none
    EACH_TIMES = "each-times"  # 8个社区每个2条
    SAME_AS_BEFORE = "same-as-before"  # 跟昨天一样: no figures given
    TWO_READINGS = "two-readings"  # two figures for one thing, or one figure that means two
    NO_SUCH_DAY = "no-such-day"  # 2月30日: its figures wait


@dataclass(frozen=True, slots=True)
class Found:
    """One figure that the text gives for an indicator."""

    indicator: str  # key in campaign.indicators
    value: Decimal  # in the indicator's base measure
    part: str | None  # value of the indicator's dimension: the place of visit, the platform of fans
    cumulative: bool  # a running total since some start
    approx: bool  # 余, 近, 约 ...: the value is the number as stated
    days: (
        tuple[date, date] | None
    )  # inclusive days that it belongs to; None when the text names none or today is unknown
    date_written: str | None  # the words for the day, as written: 今天, 5.12, 本周
    as_written: str  # the number with its measure word, an exact slice of the text
    span: Span  # of as_written
    org_name: str | None = None  # the org that this line of a 接龙 or table belongs to, as written
    old_value: Decimal | None = None  # of a correction: the figure that it replaces (不是50条是15条: 50)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible answer to a doubt."""

    indicator: str
    value: Decimal | None  # base measure; None when only a person can say it
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing to ask."""

    kind: DoubtKind
    span: Span  # what it is about
    as_written: str  # text[span]
    value: Decimal | None  # the number in question, without a measure's factor; None where there is none
    candidates: tuple[
        Candidate, ...
    ] = ()  # likely answers, best first; at most three, but every part where only the part is in doubt
    days: tuple[date, date] | None = None  # inclusive days that the figure in question belongs to, where the text says


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one number of the text, and why."""

    span: Span
    outcome: str  # bound, skipped or asked
    reason: str  # a reason code, worded in explain.py
    fields: tuple[tuple[str, str], ...] = ()  # what the wording of the reason wants: indicator, part, word ...


@dataclass(frozen=True, slots=True)
class Reading:
    """The result for one text."""

    verdict: Verdict
    found: tuple[Found, ...] = ()  # in the order of the text
    doubts: tuple[Doubt, ...] = ()  # in the order of the text
    unplaced: tuple[Span, ...] = ()  # numbers that could not be placed: the answer names them
    steps: tuple[Step, ...] = ()  # one a number, in the order of the text
    withdraws: bool = False  # it takes back an earlier report, in whatever words: 刚才那条不要了
