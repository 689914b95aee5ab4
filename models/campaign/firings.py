"""When the rules of a campaign fire. Pure: no clock, no database; calendar and campaign in, moments out.

The whole campaign is laid out at once (a few hundred firings at most), so that a rehearsal, the demo's "next event",
the preview of a changed rule and the ticker all read the same plan. What a firing says, and to whom, is in schedules.

Of a campaign that admins have changed (amended.py) the plan holds what counts from the change on: a reminder of a
moved deadline, or a firing of a changed rule, that would have been due before the change is not made up for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from models.campaign.definition import Campaign, Cycle, Duty, Moved, Rule, RuleKind
from models.campaign.periods import (
    WEEKDAYS,
    Period,
    clock_time,
    deadline,
    deadlines,
    filed_deadline,
    localise,
    periods,
    weekly_days,
)
from models.campaign.workdays import Workdays

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)

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
    dues: frozenset[datetime] = frozenset()  # before a deadline: these deadlines; it asks only who has one of them

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
    due_at: datetime | None = None  # the deadline that it is before
    after: datetime | None = None  # when an admin put the deadline there: what would have fired by then is over


def firings(campaign: Campaign, window: Window) -> list[Firing]:
    """List the firings of all rules inside a window, oldest first, then in file order; [] when there are none."""
    return [firing for firing in plan(campaign) if firing.scheduled_at in window]


def plan(campaign: Campaign) -> tuple[Firing, ...]:
    """Lay out every firing of the campaign, oldest first, then in file order.

    Rules run from first_day to last_day, closing ones to closes_on (decisions 16), and so do reminders of a deadline
    that was put off beyond last_day; what a shift moves out of that, or a weekly rule out of its week, falls away: the
    neighbouring week speaks for itself (but not for its list: _list_put_over). Two days that a shift moves onto one
    (1 day before and 3 days before a Monday) fire once. Decided by us 2026-11-24.
    """
    found: dict[Key, Firing] = {}
    for key, rule in campaign.rules.items():
        for firing in firings_of(campaign, key, rule):
            found[firing.key] = firing
    return tuple(sorted(found.values(), key=lambda firing: firing.scheduled_at))


def firings_of(campaign: Campaign, key: str, rule: Rule) -> list[Firing]:
    """Lay out the firings of one rule, oldest first. rule: the campaign's own, or what it would be."""
    calendar = Workdays(campaign)
    end = campaign.closes_on if rule.closing else campaign.last_day
    found: dict[Key, Firing] = {}
    for slot in _slots(campaign, calendar, key, rule):
        firing = _firing(campaign, key, rule, slot)
        last = end if slot.due_at is None else max(end, campaign.local_day(slot.due_at))
        if firing is None:
            continue
        if rule.kind is RuleKind.MISSING_LIST and (slot.period or firing.day != slot.day):  # put over, or put off
            last = campaign.closes_on
        if not campaign.first_day <= firing.day <= last or _over(rule, slot, firing.scheduled_at):
            continue
        while (known := found.get(firing.key)) and known.period != firing.period:  # of two weeks, one of them put off
            firing = replace(firing, scheduled_at=firing.scheduled_at + ONE_MINUTE)
        found[firing.key] = _merged(known, firing) if known else firing
    return sorted(found.values(), key=lambda firing: firing.scheduled_at)


def _over(rule: Rule, slot: _Slot, scheduled_at: datetime) -> bool:
    """Tell whether a firing would have been due before the change by which it came to be."""
    return any(moment is not None and scheduled_at <= moment for moment in (rule.amended.since, slot.after))


def _merged(one: Firing, other: Firing) -> Firing:
    """Join two firings of one moment: before different deadlines of a period they ask those of either."""
    if not (one.dues and other.dues and one.period == other.period):
        return other
    until = max(each.useful_until for each in (one, other) if each.useful_until is not None)
    return replace(other, dues=one.dues | other.dues, useful_until=until)


def filed(rule: Rule) -> Rule:
    """Return a rule as the campaign file has it."""
    return rule.amended.filed or rule


def duty_of(rule: Rule) -> str | None:
    """Return the key of the duty that a rule is about, or None."""
    if rule.before:
        return rule.before.duty
    return rule.overdue.duty if rule.overdue else rule.duty


def _slots(campaign: Campaign, calendar: Workdays, key: str, rule: Rule) -> Iterator[_Slot]:
    if rule.before:
        yield from _before(campaign, calendar, rule)
    elif rule.overdue:
        yield from _overdue(campaign, calendar, rule)
    elif rule.weekly:
        yield from _weekly(campaign, calendar, rule)
        if key == _asks_again(campaign, rule):
            yield from _put_off_weeks(campaign, calendar, rule)
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
        for due_at in deadlines(campaign, duty, period):
            due_on = campaign.local_day(due_at)
            after = duty.moved.since.get((period.key, due_at))
            for days in rule.before.days:
                planned = due_on - days * ONE_DAY
                if planned < period.start:
                    continue
                day = calendar.shifted(planned, rule.shift)
                if day > due_on:
                    day = calendar.on_or_before(planned)
                yield _Slot(planned, day, clock_time(rule.before.at), period, due_at, after)


def _overdue(campaign: Campaign, calendar: Workdays, rule: Rule) -> Iterator[_Slot]:
    """Yield each working day after the first deadline; which periods are overdue then is seen when it fires."""
    assert rule.overdue is not None
    duty = campaign.duties[rule.overdue.duty]
    every = periods(campaign, duty)
    first = min(deadline(campaign, duty, period) for period in every)
    after = _moved_at(duty.moved) if len(every) == 1 else None
    for day in _days(campaign.local_day(first) + ONE_DAY, campaign.closes_on):
        if calendar.is_workday(day):
            yield _Slot(day, day, clock_time(rule.overdue.at), after=after)


def _moved_at(moved: Moved) -> datetime | None:
    """Return when the deadline of all was put where it is; None when the file's own holds."""
    return max((moved.since[key] for key in moved.due.items()), default=None)


def _weekly(campaign: Campaign, calendar: Workdays, rule: Rule) -> Iterator[_Slot]:
    assert rule.weekly is not None
    at = clock_time(rule.weekly.at)
    for week, planned in weekly_days(campaign, rule.weekly):
        day = calendar.shifted(planned, rule.shift)
        if day in week:
            yield _Slot(planned, day, at)
        elif rule.kind is RuleKind.MISSING_LIST:
            yield from _list_put_over(campaign, calendar, rule, planned)
    if rule.closing:
        for planned in _days(campaign.last_day + ONE_DAY, campaign.closes_on):
            if planned.weekday() == WEEKDAYS.index(rule.weekly.weekday):
                yield _Slot(planned, calendar.shifted(planned, rule.shift), at)


def _list_put_over(campaign: Campaign, calendar: Workdays, rule: Rule, planned: date) -> Iterator[_Slot]:
    """Yield the list of a day without a working day in its week: nobody else would tell who failed the week before.

    It comes on the next working day, also when the campaign is closing, beside that week's own. Decided by us
    2026-11-24.
    """
    assert rule.weekly is not None
    at = clock_time(rule.weekly.at)
    moment = datetime.combine(planned, at, tzinfo=campaign.tz)
    period = _ended(campaign, campaign.duties[rule.duty], moment) if rule.duty else None
    if period is not None:
        yield _Slot(planned, calendar.on_or_after(planned), at, period)


def _asks_again(campaign: Campaign, rule: Rule) -> str | None:
    """Return the rule that also speaks on the day of a week's deadline that was put off: the first that chases."""
    for key, each in campaign.rules.items():
        if each.kind is RuleKind.REMIND and each.weekly and each.to == "missing" and each.duty == rule.duty:
            return key
    return None


def _put_off_weeks(campaign: Campaign, calendar: Workdays, rule: Rule) -> Iterator[_Slot]:
    """Yield the days of deadlines of weeks that were put off, at the rule's time. Decided by us 2026-11-24."""
    assert rule.weekly is not None
    duty = campaign.duties.get(rule.duty or "")
    if duty is None or duty.cycle is not Cycle.WEEKLY:
        return
    at = clock_time(rule.weekly.at)
    for period in periods(campaign, duty):
        for due_at in deadlines(campaign, duty, period):
            if due_at != filed_deadline(campaign, duty, period):
                planned = campaign.local_day(due_at)
                day = calendar.shifted(planned, rule.shift)
                after = duty.moved.since.get((period.key, due_at))
                yield _Slot(planned, day if day <= planned else planned, at, period, due_at, after)


def _days(first: date, last: date) -> Iterator[date]:
    for step in range((last - first).days + 1):
        yield first + step * ONE_DAY


def _firing(campaign: Campaign, key: str, rule: Rule, slot: _Slot) -> Firing | None:
    """Make the firing of a slot; None when it could say nothing: past its deadline, or before anything has ended."""
    moment = datetime.combine(slot.day, slot.at, tzinfo=campaign.tz)
    duty_key = duty_of(rule)
    period, day = slot.period, slot.day
    useful_until = None
    if duty_key is not None and not rule.overdue:
        duty = campaign.duties[duty_key]
        if rule.kind is RuleKind.MISSING_LIST:
            period = period or _ended(campaign, duty, moment)
            moment = _put_off(campaign, duty, period, moment) if period else moment
            day = moment.date()
        elif period is None:
            period = _running(campaign, duty, slot.planned_on)
        if period is None:
            return None
        if rule.kind is RuleKind.REMIND:
            useful_until = (slot.due_at or deadline(campaign, duty, period)).astimezone(UTC)
            if moment > useful_until:
                return None
    dues = frozenset([slot.due_at]) if slot.due_at else frozenset()
    scheduled_at = moment.astimezone(UTC)
    return Firing(key, rule.version, scheduled_at, day, slot.planned_on, rule, duty_key, period, useful_until, dues)


def _ended(campaign: Campaign, duty: Duty, moment: datetime) -> Period | None:
    """Return the newest period whose deadline by the file is past: a list of who failed is about it."""
    ended = [period for period in periods(campaign, duty) if filed_deadline(campaign, duty, period) < moment]
    return ended[-1] if ended else None


def _put_off(campaign: Campaign, duty: Duty, period: Period, moment: datetime) -> datetime:
    """Return when a list of who failed goes: the next working day's same time when the deadline was put off that far.

    Decided by us 2026-11-24: a list of a deadline that is still to come would accuse those who have time.
    """
    due_at = deadline(campaign, duty, period)
    if due_at < moment:
        return moment
    return datetime.combine(Workdays(campaign).next_workday(campaign.local_day(due_at)), moment.timetz())


def _running(campaign: Campaign, duty: Duty, day: date) -> Period | None:
    if duty.cycle is Cycle.ONCE:
        return periods(campaign, duty)[0]
    return next((period for period in periods(campaign, duty) if day in period), None)
