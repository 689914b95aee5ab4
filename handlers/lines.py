"""From what the reader found to lines of the ledger: the day, the difference of a running total, and doubt.

A line that is doubtful for this org (implausible, a falling total, a day outside) is not entered but held, with the
question that settles it. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from handlers.base import Context
from handlers.reading.values import Found
from models.base import FIGURE_LIMIT, FIGURE_SCALE
from models.campaign.definition import Indicator, IndicatorKind
from models.ledger import Fact, Line, facts, latest_readings, sums
from models.people import Org


@dataclass(frozen=True, slots=True)
class Held:
    """A line that waits for an answer."""

    kind: str  # implausible, falling-total, future-day, early-day, late-day
    line: Line
    usual: Decimal | None = None  # the largest so far, the total recorded: what the question compares with


@dataclass(frozen=True, slots=True)
class Taken:
    """A line to enter, with what the echo says beside it."""

    line: Line
    total: Decimal  # of a flow, this line included
    before: Decimal | None  # of a level, the reading that it replaces


@dataclass(slots=True)
class Sorted:
    """Lines to enter and lines to ask about."""

    clean: list[Taken] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)


class Books:
    """What an org has on record, for the lines of one message. Lines taken in count for those that follow."""

    def __init__(self, ctx: Context, org: Org, without: Iterable[int] = ()) -> None:
        left_out = set(without)
        self.ctx = ctx
        self.org = org
        known = [fact for fact in facts(ctx.session, org_ids=[org.id]) if fact.entry_id not in left_out]
        kinds = {key: indicator.kind for key, indicator in ctx.campaign.indicators.items()}
        self._flows = [fact for fact in known if kinds.get(fact.indicator) is IndicatorKind.FLOW]
        self._totals = sums(self._flows)
        self._taken: list[Line] = []
        self._levels = latest_readings(fact for fact in known if kinds.get(fact.indicator) is IndicatorKind.LEVEL)

    def total(self, indicator: str, part: str, since: date | None = None, until: date | None = None) -> Decimal:
        """Return what a flow adds up to so far, or over some days."""
        if since is None or until is None:
            return self._totals.get((self.org.id, indicator, part), Decimal(0))
        figures: list[Fact | Line] = [*self._flows, *self._taken]
        same = [each for each in figures if (each.indicator, each.part) == (indicator, part)]
        return sum((each.value for each in same if since <= each.day <= until), Decimal(0))

    def reading(self, indicator: str, part: str) -> Fact | None:
        """Return the last reading of a level, or None."""
        return self._levels.get((self.org.id, indicator, part))

    def take(self, line: Line) -> Taken:
        """Count a line for those that follow."""
        key = (self.org.id, line.indicator, line.part)
        reading = self._levels.get(key)
        self._totals[key] = self._totals.get(key, Decimal(0)) + line.value
        self._taken.append(line)
        return Taken(line, self._totals[key], reading.value if reading else None)

    def largest(self, indicator: str, part: str) -> Decimal | None:
        """Return the largest single figure of a flow so far, or the last reading of a level."""
        level = self.reading(indicator, part)
        if level:
            return level.value
        return max((f.value for f in self._flows if f.indicator == indicator and f.part == part), default=None)


def fits(value: Decimal) -> bool:
    """Tell whether the ledger can hold a figure: below its limit, at most six decimals."""
    return value.is_finite() and abs(value) < FIGURE_LIMIT and value == round(value, FIGURE_SCALE)


def line_of(ctx: Context, found: Found, day: date | None = None) -> Line:
    """Turn a found figure into a line; the difference of a running total is worked out by sort()."""
    if day is None:
        day = min(found.days[1], ctx.today) if found.days and found.days[0] <= ctx.today else None
    if day is None:
        day = found.days[1] if found.days else ctx.report_day
    level = ctx.campaign.indicators[found.indicator].kind is IndicatorKind.LEVEL
    cumulative = found.cumulative and not level
    return Line(
        indicator=found.indicator,
        value=found.value,
        stated=found.value,
        day=day,
        part=found.part or "",
        cumulative=cumulative,
        approx=found.approx,
        as_written=found.as_written,
        since=_first_day(ctx, found) if cumulative else None,
    )


def _first_day(ctx: Context, found: Found) -> date | None:
    """Return where a running total begins that covers some days only, as 本周累计 does; None: the campaign's.

    One day is the day up to which it counts (截至5月18日累计, 今天累计). Decided by us 2026-11-24.
    """
    first, last = found.days or (ctx.today, ctx.today)
    begun = ctx.campaign.reports_from
    return None if first == last or (first <= begun and last >= ctx.today) else max(first, begun)


def sort(books: Books, lines: Iterable[Line]) -> Sorted:
    """Sort lines into clean and held.

    What was done today counts before a running total in the same message: 今天30，累计500 adds 500 in all.
    """
    result = Sorted()
    for line in sorted(lines, key=lambda line: line.cumulative):
        settled = settle(books, line)
        doubt = _doubt(books, settled)
        if doubt:
            result.held.append(doubt)
        else:
            result.clean.append(books.take(settled))
    return result


def settle(books: Books, line: Line) -> Line:
    """Work out what a running total adds to what is on record."""
    if not line.cumulative:
        return line
    return replace(line, value=line.stated - _recorded(books, line))


def _recorded(books: Books, line: Line) -> Decimal:
    """Return what is on record of what a running total covers."""
    return books.total(line.indicator, line.part, line.since, line.day)


def _doubt(books: Books, line: Line) -> Held | None:
    campaign = books.ctx.campaign
    if line.day > books.ctx.today:
        return Held("future-day", line)
    if line.day < campaign.reports_from:
        return Held("early-day", line)
    if _after_the_end(books.ctx, line):
        return Held("late-day", line)
    if line.cumulative and line.value < 0:
        return Held("falling-total", line, _recorded(books, line))
    if _implausible(campaign.indicators[line.indicator], books, line):
        return Held("implausible", line, books.largest(line.indicator, line.part))
    return None


def _after_the_end(ctx: Context, line: Line) -> bool:
    """Whether a figure names a day after the campaign. One of the day itself, a late one, says nothing of when it was.

    A running total up to such a day covers the campaign. Decided by us 2026-11-24.
    """
    return not line.cumulative and line.day > ctx.campaign.last_day and line.day != ctx.report_day


def _implausible(indicator: Indicator, books: Books, line: Line) -> bool:
    limits = indicator.plausible
    value = line.value if line.cumulative else line.stated
    largest = books.largest(line.indicator, line.part)
    bounds = [
        limits.once,
        limits.per_resident * books.org.population if limits.per_resident and books.org.population else None,
        limits.per_head * books.org.headcount if limits.per_head and books.org.headcount else None,
        limits.times_history * largest if limits.times_history and largest else None,
    ]
    return any(bound is not None and value > bound for bound in bounds)
