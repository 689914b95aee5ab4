"""Working values of one reading, passed from stage to stage. Mutable, private to the package."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from handlers.reading.dates import When
from handlers.reading.lexicon import Lexicon, Target
from handlers.reading.scopes import Frame, Scope
from handlers.reading.tokens import Token
from handlers.reading.values import DoubtKind


@dataclass(slots=True)
class Draft:
    """A figure bound to an indicator, before totals and corrections are settled."""

    target: Target
    value: Decimal  # base measure
    start: int
    end: int
    scope: Scope
    when: When | None
    reason: str  # how it was bound: see binding.Choice
    approx: bool = False
    measure: str = ""  # as written
    line: int = 0
    sentence: int = 0
    table: bool = False
    per: bool = False  # of each of several: 3个村各挂2条
    restates: bool = False  # said again in other words: 这算劝阻1起
    org: str | None = None
    old: Decimal | None = None
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
    when: When | None = None  # the day that the figure in question belongs to


@dataclass(slots=True)
class Note:
    """What became of a number that was not bound."""

    start: int
    end: int
    outcome: str  # skipped, or unplaced
    reason: str


@dataclass(slots=True)
class Work:
    """Everything that is known while one text is read."""

    text: str
    tokens: list[Token]
    lexicon: Lexicon
    drafts: list[Draft] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    frame: Frame = field(default_factory=Frame)
    heading: tuple[Target, ...] = ()  # nouns of the heading over the current line
    needs: frozenset[str] = frozenset()  # indicators whose places or platforms the heading calls for
    schema: tuple[tuple[Target, ...], ...] = ()  # nouns of a heading that lines of bare numbers follow: 手册+横幅
    wrong: dict[int, int] = field(
        default_factory=dict
    )  # start of a replaced number -> start of the one that replaces it
    right: frozenset[int] = frozenset()  # starts of the numbers that replace one
    old: dict[int, Decimal] = field(default_factory=dict)  # start of a number that replaces -> the value it replaces
    measures: dict[int, str] = field(default_factory=dict)  # start of a number that replaces -> the old one's measure
    org: str | None = None  # whose the current line is
    orgs: tuple[str, ...] = ()  # names that a line may begin with
    line: int = 0
    sentence: int = 0
    flags: set[str] = field(
        default_factory=set
    )  # classes of grammar.txt met anywhere; question where something is asked

    def note(self, token: Token, outcome: str, reason: str) -> None:
        """Write down why a number was not bound."""
        self.notes.append(Note(token.start, token.end, outcome, reason))

    def keep(
        self, token: Token, target: Target, value: Decimal, scope: Scope, reason: str, approx: bool = False
    ) -> Draft:
        """Write down a figure of the current line; returns it for what the caller knows besides."""
        measure = token.number.measure if token.number is not None else ""
        draft = Draft(target, value, token.start, token.end, scope, scope.when, reason, approx, measure)
        draft.line, draft.sentence, draft.org = self.line, self.sentence, self.org
        self.drafts.append(draft)
        return draft

    def ask(
        self,
        kind: DoubtKind,
        token: Token,
        targets: tuple[tuple[Target, Decimal | None], ...],
        when: When | None = None,
    ) -> None:
        """Write down a doubt about a number. when: the day that the figure belongs to."""
        value = token.number.numeral.value if token.number is not None else None
        self.queries.append(Query(kind, token.start, token.end, value, targets, self.sentence, when))


@dataclass(slots=True)
class Current:
    """The sentence being read and what it has said so far."""

    work: Work
    lexicon: Lexicon
    tokens: list[Token]
    led: tuple[Target, ...]  # nouns before a colon, or of the heading: the rest of the line is about them
    topic: tuple[Target, ...]  # the noun named last
    needs: frozenset[str]
    scopes: dict[int, Scope]
    named: frozenset[str]  # indicators that it names
    classes: frozenset[str]
    bound: Target | None = None  # what the last number was bound to
    question: bool = False  # the clause being read asks something
    loose: bool = False  # an earlier number found no noun: 8个社区每个2条
