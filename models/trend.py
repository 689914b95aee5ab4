"""What came in day by day: the figures of one indicator as a series to draw. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from models.campaign.definition import Campaign, IndicatorKind
from models.campaign.workdays import Workdays
from models.charts import TrendDay, TrendTable
from models.ledger import Fact

ONE_DAY = timedelta(days=1)


def trend(
    campaign: Campaign,
    indicator: str,
    known: Iterable[Fact],
    now: datetime,
    *,
    title: str,
    scope: str,
    orgs: Collection[int],
    part: str = "",
    note: str = "",
) -> TrendTable:
    """Lay out the figures of an indicator by the day that they belong to.

    known: figures that count; others than this indicator's and these orgs' are passed over.
    part:  of what the indicator is split by; empty: all parts together.
    orgs:  ids of those that might have reported.

    The series runs over the whole campaign, and on to the last reported day while it closes. A day on which nobody
    reported has no value, which is not the same as a reported 0. What belongs to days before the first one is in the
    totals and named apart. Of a level a day's value is what its readings add up to, the total the last reading of each
    org and part so far.
    """
    definition = campaign.indicators[indicator]
    level = definition.kind is IndicatorKind.LEVEL
    mine = sorted(
        (f for f in known if f.indicator == indicator and f.org_id in orgs and part in ("", f.part)),
        key=lambda fact: (fact.day, fact.entry_id),
    )
    last = max([campaign.last_day, *(fact.day for fact in mine if fact.day <= campaign.closes_on)])
    before = [fact for fact in mine if fact.day < campaign.first_day]
    count = _Count(level=level)
    for fact in before:
        count.take(fact)
    started = count.total if before else Decimal(0)
    return TrendTable(
        indicator=indicator,
        title=title,
        scope=scope,
        measure=definition.measure,
        as_of=now,
        days=tuple(_days(campaign, [f for f in mine if f.day >= campaign.first_day], count, last, now)),
        level=level,
        orgs=len({fact.org_id for fact in mine}),
        of=len(orgs),
        before=started,
        note=note,
    )


class _Count:
    """Adds up figures: flows as they come, of a level the last reading of each org and part."""

    def __init__(self, *, level: bool) -> None:
        self._level = level
        self._readings: dict[tuple[int, str], Decimal] = {}
        self._sum = Decimal(0)
        self.begun = False

    def take(self, fact: Fact) -> None:
        """Take a figure in; those of a level come in the order of their days."""
        self.begun = True
        self._readings[fact.org_id, fact.part] = fact.value
        self._sum += fact.value

    @property
    def total(self) -> Decimal:
        """Return what stands."""
        return sum(self._readings.values(), Decimal(0)) if self._level else self._sum


def _days(campaign: Campaign, mine: list[Fact], count: _Count, last: date, now: datetime) -> Iterable[TrendDay]:
    calendar, today = Workdays(campaign), campaign.local_day(now)
    by_day: dict[date, list[Fact]] = {}
    for fact in mine:
        by_day.setdefault(fact.day, []).append(fact)
    day = campaign.first_day
    while day <= last:
        found = by_day.get(day, [])
        for fact in found:
            count.take(fact)
        value = sum((fact.value for fact in found), Decimal(0)) if found else None
        total = count.total if count.begun and (found or day <= today) else None
        yield TrendDay(day, value, total, calendar.is_workday(day))
        day += ONE_DAY
