"""Working days: the legal calendar of China with its make-up days, and what the campaign file adds to it. Pure.

The calendar comes from the `holidays` library. A year whose make-up days it does not know is not published yet:
then Monday to Friday count, and the bot says so (decisions 21). Called by schedules and by the duties' evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

from models.campaign.definition import Campaign, Shift

ONE_DAY = timedelta(days=1)
SATURDAY = 5  # date.weekday()


@dataclass(frozen=True, slots=True)
class LegalYear:
    """One year of the legal calendar."""

    rest: frozenset[date]  # days off by law
    work: frozenset[date]  # Saturdays and Sundays on which people work (调休)

    @property
    def published(self) -> bool:
        """Tell whether the State Council's arrangement of the year is known."""
        return bool(self.work)


@lru_cache(maxsize=32)
def legal_year(year: int) -> LegalYear:
    """Return one year of the legal calendar; without make-up days when it is not published."""
    calendar = holidays.country_holidays("CN", years=year, expand=False)
    work = frozenset(day for day in calendar.weekend_workdays if day.year == year)
    return LegalYear(rest=frozenset(day for day in calendar if day.year == year), work=work)


def published(year: int) -> bool:
    """Tell whether a year counts by its legal calendar (True) or as Monday to Friday (False). Source: decisions 21."""
    return legal_year(year).published


def unpublished(campaign: Campaign) -> list[int]:
    """List the years that a campaign touches and that count as Monday to Friday, see published()."""
    years = range(campaign.first_day.year, campaign.closes_on.year + 1)
    return [year for year in years if not published(year)]


class Workdays:
    """The working days of one campaign. Days are calendar dates in the campaign's zone."""

    def __init__(self, campaign: Campaign) -> None:
        self._rest = frozenset(campaign.rest_days)
        self._work = frozenset(campaign.work_days)

    def is_workday(self, day: date) -> bool:
        """Tell whether people work on a day: by the campaign file, else by law, else Monday to Friday."""
        if day in self._rest or day in self._work:
            return day in self._work
        year = legal_year(day.year)
        if day.weekday() >= SATURDAY:
            return day in year.work
        return not (year.published and day in year.rest)

    def next_workday(self, day: date) -> date:
        """Return the first working day after a day."""
        return self.on_or_after(day + ONE_DAY)

    def previous_workday(self, day: date) -> date:
        """Return the last working day before a day."""
        return self.on_or_before(day - ONE_DAY)

    def on_or_after(self, day: date) -> date:
        """Return the day itself when it is a working day, else the next one."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def on_or_before(self, day: date) -> date:
        """Return the day itself when it is a working day, else the one before."""
        while not self.is_workday(day):
            day -= ONE_DAY
        return day

    def shifted(self, day: date, shift: Shift) -> date:
        """Return where a rule's day lands: moved earlier, later, or not at all."""
        if shift is Shift.EARLIER:
            return self.on_or_before(day)
        return self.on_or_after(day) if shift is Shift.LATER else day

    def add_workdays(self, day: date, count: int) -> date:
        """Return the count-th working day after a day (before it when negative); the day itself for 0."""
        for _ in range(abs(count)):
            day = self.next_workday(day) if count > 0 else self.previous_workday(day)
        return day

    def count(self, after: date, until: date) -> int:
        """Count the working days after `after`, up to and with `until`; 0 when until is not later."""
        return sum(self.is_workday(after + step * ONE_DAY) for step in range(1, (until - after).days + 1))
