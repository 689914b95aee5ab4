"""When the rules of a campaign fire. Pure: no clock, no database; calendar and campaign in, moments out.

The whole campaign is laid out at once (a few hundred firings at most), so that a rehearsal, the demo's "next event" and
the ticker all read the same plan. What a firing says, and to whom, is owed.py and jobs/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from models.campaign.definition import Campaign, Cycle, Duty, Rule, RuleKind
from models.campaign.periods import (
    WEEKDAYS,
    Period,
    clock_time,
    deadline,
    localise,
    periods,
    weekly_days,
)
from models.campaign.workdays import Workdays

ONE_DAY = timedelta(days=1)

Key = tuple[str, int, datetime]  # rule, version, scheduled_at: what an occurrence is claimed by


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, half-open [start, end), aware."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Firing:
    """One planned firing of one rule."""

    rule_key: str
    version: int
    scheduled_at: datetime  # aware, UTC
    day: date  # calendar date in the campaign's zone on which it fires
    planned_on: date  # the date before any shift to a working day
    rule: Rule = field(repr=False, compare=False)
    duty: str | None = None
    period: Period | None = None  # of the duty; None: no duty, or (overdue) every period that is overdue
    useful_until: datetime | None = None  # UTC; a reminder of a deadline says nothing any more after it

    @property
    def key(self) -> Key:
        """Return what an occurrence of it is claimed by."""
        return (self.rule_key, self.version, self.scheduled_at)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A day and a time at which a rule wants to fire."""

    planned_on: date
    day: date
    at: time
    period: Period | None = None


def firings(campaign: Campaign, window: Window) -> list[Firing]:
    """List the firings of all rules inside a window, oldest first, then in file order; [] when there are none."""
    return [firing for firing in plan(campaign) if firing.scheduled_at in window]


def plan(campaign: Campaign) -> tuple[Firing, ...]:
    """Lay out every firing of the campaign, oldest first, then in file order.

    Rules run from first_day to last_day, closing ones to closes_on (decisions 16); what a shift moves out of that, or
    a weekly rule out of its week, falls away: the neighbouring week speaks for itself. Two days that a shift moves
    onto one (1 day before and 3 days before a Monday) fire once. Decided by us 2026-11-24.
    """
    calendar = Workdays(campaign)
    found: dict[Key, Firing] = {}
    for key, rule in campaign.rules.items():
        end = campaign.closes_on if rule.closing else campaign.last_day
        for slot in _slots(campaign, calendar, rule):
            firing = _firing(campaign, key, rule, slot)
            if firing is not None and campaign.first_day <= slot.day <= end:
                found[firing.key] = firing
    return tuple(sorted(found.values(), key=lambda firing: firing.scheduled_at))


def duty_of(rule: Rule) -> str | None:
    """Return the key of the duty that a rule is about, or None."""
    if rule.before:
        return rule.before.duty
    return rule.overdue.duty if rule.overdue else rule.duty


def _slots(campaign: Campaign, calendar: Workdays, rule: Rule) -> Iterator[_Slot]:
    if rule.before:
        yield from _before(campaign, calendar, rule)
    elif rule.overdue:
        yield from _overdue(campaign, calendar, rule)
    elif rule.weekly:
        yield from _weekly(campaign, calendar, rule)
    elif rule.daily:
        for day in _days(campaign.first_day, campaign.closes_on):
            if calendar.is_workday(day) or not rule.daily.workdays_only:
                yield _Slot(day, day, clock_time(rule.daily.at))
    elif rule.on:
        moment = localise(campaign, rule.on.at)
        yield _Slot(moment.date(), calendar.shifted(moment.date(), rule.shift), moment.time())


def _before(campaign: Campaign, calendar: Workdays, rule: Rule) -> Iterator[_Slot]:
    """Yield the days before each deadline. A shift never leads past the deadline's day: then it goes earlier."""
    assert rule.before is not None
    duty = campaign.duties[rule.before.duty]
    for period in periods(campaign, duty):
        due_on = campaign.local_day(deadline(campaign, duty, period))
        for days in rule.before.days:
            planned = due_on - days * ONE_DAY
            if planned < period.start:
                continue
            day = calendar.shifted(planned, rule.shift)
            if day > due_on:
                day = calendar.on_or_before(planned)
            yield _Slot(planned, day, clock_time(rule.before.at), period)


def _overdue(campaign: Campaign, calendar: Workdays, rule: Rule) -> Iterator[_Slot]:
    """Yield each working day after the first deadline; which periods are overdue then is seen when it fires."""
    assert rule.overdue is not None
    duty = campaign.duties[rule.overdue.duty]
    first = min(deadline(campaign, duty, period) for period in periods(campaign, duty))
    for day in _days(campaign.local_day(first) + ONE_DAY, campaign.closes_on):
        if calendar.is_workday(day):
            yield _Slot(day, day, clock_time(rule.overdue.at))


def _weekly(campaign: Campaign, calendar: Workdays, rule: Rule) -> Iterator[_Slot]:
    assert rule.weekly is not None
    at = clock_time(rule.weekly.at)
    for week, planned in weekly_days(campaign, rule.weekly):
        day = calendar.shifted(planned, rule.shift)
        if day in week:
            yield _Slot(planned, day, at)
    if rule.closing:
        for planned in _days(campaign.last_day + ONE_DAY, campaign.closes_on):
            if planned.weekday() == WEEKDAYS.index(rule.weekly.weekday):
                yield _Slot(planned, calendar.shifted(planned, rule.shift), at)


def _days(first: date, last: date) -> Iterator[date]:
    for step in range((last - first).days + 1):
        yield first + step * ONE_DAY


def _firing(campaign: Campaign, key: str, rule: Rule, slot: _Slot) -> Firing | None:
    """Make the firing of a slot; None when it could say nothing: past its deadline, or before anything has ended."""
    moment = datetime.combine(slot.day, slot.at, tzinfo=campaign.tz)
    scheduled_at = moment.astimezone(UTC)
    duty_key = duty_of(rule)
    period = slot.period
    useful_until = None
    if duty_key is not None and not rule.overdue:
        duty = campaign.duties[duty_key]
        if rule.kind is RuleKind.MISSING_LIST:
            period = _ended(campaign, duty, moment)
        elif period is None:
            period = _running(campaign, duty, slot.planned_on)
        if period is None:
            return None
        if rule.kind is RuleKind.REMIND:
            useful_until = deadline(campaign, duty, period).astimezone(UTC)
            if scheduled_at > useful_until:
                return None
    return Firing(key, rule.version, scheduled_at, slot.day, slot.planned_on, rule, duty_key, period, useful_until)


def _ended(campaign: Campaign, duty: Duty, moment: datetime) -> Period | None:
    """Return the newest period whose deadline is past: a list of who failed is about it."""
    ended = [period for period in periods(campaign, duty) if deadline(campaign, duty, period) < moment]
    return ended[-1] if ended else None


def _running(campaign: Campaign, duty: Duty, day: date) -> Period | None:
    if duty.cycle is Cycle.ONCE:
        return periods(campaign, duty)[0]
    return next((period for period in periods(campaign, duty) if day in period), None)
