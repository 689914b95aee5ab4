"""Working values of one reading: what lines.py, tables.py and totals.py pass on to reader.py. Mutable, private to the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from handlers.reading.dates import When
from handlers.reading.lexicon import Target
from handlers.reading.scopes import Frame, Scope
from handlers.reading.tokens import Token
from handlers.reading.values import DoubtKind


@dataclass(slots=True)
class Draft:
    """A figure bound to an indicator, before totals and corrections are settled."""

    target: Target
    value: Decimal
    start: int
    end: int
    scope: Scope
    approx: bool = False
    line: int = 0
    sentence: int = 0
    when: When | None = None
    org: str | None = None
    old: Decimal | None = None
    table: bool = False
    measure: str = ""
    per: bool = False  # of each of several: 3个村各挂2条
    dropped: str = ""  # reason code when another figure stands for it


@dataclass(slots=True)
class Query:
    """A doubt, before its candidates are worked out."""

    kind: DoubtKind
    start: int
    end: int
    value: Decimal | None = None
    targets: tuple[tuple[Target, Decimal | None], ...] = ()
    sentence: int = -1


@dataclass(slots=True)
class Note:
    """What became of a number that was not bound."""

    start: int
    end: int
    outcome: str
    reason: str


@dataclass(slots=True)
class Work:
    """Everything that is known while one text is read."""

    text: str
    tokens: list[Token]
    drafts: list[Draft] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    frame: Frame = field(default_factory=Frame)
    heading: tuple[Target, ...] = ()  # nouns of the heading over the current line
    needs: frozenset[str] = frozenset()  # need words of the heading
    schema: tuple[tuple[Target, ...], ...] = ()  # nouns of a heading that lines of bare numbers follow: 手册+横幅
    wrong: dict[int, int] = field(
        default_factory=dict
    )  # start of a replaced number -> start of the one that replaces it
    rivals: dict[str, frozenset[str]] = field(default_factory=dict)
    line: int = 0
    sentence: int = 0
    flags: set[str] = field(default_factory=set)  # classes of grammar.py met anywhere
