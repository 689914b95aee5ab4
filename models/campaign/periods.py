"""Campaign weeks, deadlines and the spans behind 本周 and 上周. Pure: calendar dates in the campaign's zone, no clock.

Called by schedules (which week, when due), by handlers (what a date belongs to) and by the duties' evaluation.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from models.campaign.definition import Campaign, Cycle, Duty, Weekly

SHORTEST_LAST_WEEK = 3  # days; a shorter last piece joins the week before it (decisions 16; decided by us 2026-11-24)
LAST_MINUTE = time(23, 59)  # wall clock of a deadline when the campaign file gives none (decided by us 2026-11-24)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days that a duty falls due for. Both ends belong to it."""

    key: str  # "2021-W19", the ISO week of its first day; "all" for the whole campaign
    number: int  # 1 is the first campaign week; 0 the whole campaign
    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def weeks(campaign: Campaign) -> tuple[Period, ...]:
    """Return the campaign weeks, oldest first; together they cover each day of the campaign once.

    The first starts on first_day and runs to its Sunday, later ones run Monday to Sunday, the last ends on last_day.
    Source: decisions 16 (31 May joins the week before it); as a general rule decided by us 2026-11-24: a last piece of
    fewer than 3 days joins the week before it. A campaign of a single piece keeps it, however short.
    """
    return _weeks(campaign.first_day, campaign.last_day)


@lru_cache(maxsize=64)
def _weeks(first_day: date, last_day: date) -> tuple[Period, ...]:
    pieces: list[tuple[date, date]] = []
    start = first_day
    while start <= last_day:
        end = min(_monday(start) + 6 * ONE_DAY, last_day)
        if pieces and (end - start).days + 1 < SHORTEST_LAST_WEEK:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
        start = end + ONE_DAY
    return tuple(Period(_key(start), number, start, end) for number, (start, end) in enumerate(pieces, start=1))


def whole(campaign: Campaign) -> Period:
    """Return the one period of duties that are due once: first_day to last_day."""
    return Period("all", 0, campaign.first_day, campaign.last_day)


def periods(campaign: Campaign, duty: Duty) -> tuple[Period, ...]:
    """Return every period for which a duty falls due, oldest first: the weeks, or the whole campaign."""
    return weeks(campaign) if duty.cycle is Cycle.WEEKLY else (whole(campaign),)


def week_of(campaign: Campaign, day: date) -> Period | None:
    """Return the campaign week of a day; None before first_day and after last_day."""
    return next((week for week in weeks(campaign) if day in week), None)


def deadline(campaign: Campaign, duty: Duty, period: Period, org_id: int | None = None) -> datetime:
    """Return when a duty is due for a period, aware, in the campaign's zone. A report at that very moment is on time.

    org_id: whose; an org may have been given longer than the others. None: of whoever has not.
    """
    due_at = duty.moved.due.get(period.key) or filed_deadline(campaign, duty, period)
    own = duty.moved.own.get((org_id, period.key)) if org_id is not None else None
    return due_at if own is None else max(own, due_at)


def deadlines(campaign: Campaign, duty: Duty, period: Period) -> list[datetime]:
    """List the different moments at which a duty is due for a period, for whatever org; that of most orgs first."""
    general = deadline(campaign, duty, period)
    own = sorted({due for (_, key), due in duty.moved.own.items() if key == period.key and due > general})
    return [general, *own]


def filed_deadline(campaign: Campaign, duty: Duty, period: Period) -> datetime:
    """Return when a duty is due for a period by the campaign file, aware, in the campaign's zone.

    A date in the file is taken as it stands; HH:MM is that time on the period's last day.
    Without either the period's last minute, 23:59: decided by us 2026-11-24.
    """
    if isinstance(duty.due, datetime):
        return localise(campaign, duty.due)
    at = LAST_MINUTE if duty.due is None else clock_time(duty.due)
    return datetime.combine(min(period.end, campaign.last_day), at, tzinfo=campaign.tz)


def localise(campaign: Campaign, moment: datetime) -> datetime:
    """Return a moment of the campaign file as aware in the campaign's zone; one without offset is wall clock there."""
    return moment.replace(tzinfo=campaign.tz) if moment.tzinfo is None else moment.astimezone(campaign.tz)


def clock_time(text: str) -> time:
    """Return HH:MM as a time of day. Raises ValueError for anything else."""
    return time.fromisoformat(text)


def weekly_days(campaign: Campaign, weekly: Weekly) -> tuple[tuple[Period, date], ...]:
    """List the days of a weekly rule, before any shift to a working day: at most one for each campaign week.

    In the first week first_on stands in for the weekday. A week without the weekday gives nothing; one with two of
    them (a last week that a single Monday has joined) only the first.
    """
    index = WEEKDAYS.index(weekly.weekday)
    found: list[tuple[Period, date]] = []
    for week in weeks(campaign):
        day = week.start + (index - week.start.weekday()) % 7 * ONE_DAY
        if week.number == 1 and weekly.first_on is not None:
            day = weekly.first_on
        if day in week:
            found.append((week, day))
    return tuple(found)


def this_week(campaign: Campaign, today: date) -> tuple[date, date]:
    """Return first and last day of 本周: the campaign week, or Monday to Sunday on a day outside the campaign."""
    week = week_of(campaign, today)
    return (week.start, week.end) if week else (_monday(today), _monday(today) + 6 * ONE_DAY)


def last_week(campaign: Campaign, today: date) -> tuple[date, date]:
    """Return first and last day of 上周: the week before this_week(), by the same rule."""
    start, _ = this_week(campaign, today)
    return this_week(campaign, _monday(start) - ONE_DAY)


def _monday(day: date) -> date:
    return day - day.weekday() * ONE_DAY


def _key(day: date) -> str:
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02}"
