"""Whether nobody writes to the bot any more though people usually do: the callbacks may not reach it.

Two rules (decided by us 2026-11-24). When a working day ends: nobody for eight hours, and twenty notices went out.
Before, by what is usual here: of the half hours of working time on the quietest of the last days a share p had somebody
who wrote. Silence for k half hours then has the chance (1 - p)^k; below one in a thousand, while notices go out, it is
no chance. Where half of them are busy that is five hours of work, in a busy place ninety minutes, in a quiet one never.
Before the campaign's first day and after its last silence tells nothing. What was told once is over when somebody is
heard, not when the day is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.campaign.periods import localise
from models.campaign.workdays import Workdays
from models.inbox import Inbox
from models.incidents import Incident
from models.outbox import Attempt

SILENT = "silent"  # kind of incident
A_DAY_LONG = timedelta(hours=8)  # of transport time
FROM = time(17)  # of a working day
AFTER = 20  # notices that went out meanwhile
HALF_HOURS = tuple(9 + number / 2 for number in (*range(6), *range(10, 18)))  # 9 to 12 and 14 to 18 o'clock
DAYS, LEAST_DAYS = 5, 2  # working days that are compared with; fewer than two tell nothing
ROWS = 20_000  # inbounds that are looked back over at most
MOST = 0.9  # that p counts as at most: ninety minutes of silence at least
CHANCE = 0.001

Slot = tuple[date, float]  # day, and the half hour it begins with


def silent_since(session: Session, campaign: Campaign, now: datetime, wall: datetime) -> datetime | None:
    """Return when the last was heard, when the silence since then says something. now, result: campaign time."""
    local = localise(campaign, now)
    if not campaign.first_day <= local.date() <= campaign.last_day or not Workdays(campaign).is_workday(local.date()):
        return None
    last = session.execute(
        select(Inbox.id, Inbox.sent_at, Inbox.received_at).order_by(Inbox.id.desc()).limit(1)
    ).one_or_none()
    if last is None:
        return None
    if local.time() >= FROM and last.sent_at and last.sent_at <= wall - A_DAY_LONG:
        return last.received_at if _sent(session, wall - A_DAY_LONG) >= AFTER else None
    if now >= localise(campaign, datetime.combine(campaign.last_day, FROM)):
        return None
    quiet = sum(1 for _ in _between(campaign, last.received_at, now))
    if quiet < 3 or not _sent(session, wall - (now - last.received_at)):
        return None
    heard = session.scalars(select(Inbox.received_at).where(Inbox.id > last.id - ROWS)).all()
    usual = _usual(campaign, heard, last.received_at)
    return last.received_at if usual is not None and (1 - min(usual, MOST)) ** quiet < CHANCE else None


def still_silent_since(session: Session) -> datetime | None:
    """Return when the last was heard before a silence that has been noticed and goes on; None without one."""
    noticed = session.scalar(select(Incident.opened_at).where(Incident.open_key == f"{SILENT}:"))
    if noticed is None:
        return None
    last = session.scalar(select(Inbox.received_at).order_by(Inbox.id.desc()).limit(1))
    return last if last is not None and last < noticed else None


def _usual(campaign: Campaign, heard: Sequence[datetime], last: datetime) -> float | None:
    """Return the share of half hours in which somebody wrote, on the quietest of the last whole working days."""
    busy = {_slot(campaign, moment) for moment in heard}
    first, workdays = localise(campaign, min(heard)).date(), Workdays(campaign)
    days: list[float] = []
    day = localise(campaign, last).date()
    while len(days) < DAYS and (day := workdays.previous_workday(day)) > first:
        days.append(sum((day, half) in busy for half in HALF_HOURS) / len(HALF_HOURS))
    return min(days) if len(days) >= LEAST_DAYS else None


def _between(campaign: Campaign, since: datetime, now: datetime) -> Iterator[Slot]:
    """List the whole half hours of working time between two moments."""
    workdays, day, until = Workdays(campaign), localise(campaign, since).date(), localise(campaign, now)
    while day <= until.date():
        if workdays.is_workday(day):
            for half in HALF_HOURS:
                begin = localise(campaign, datetime.combine(day, time(int(half), int(half % 1 * 60))))
                if begin >= since and begin + timedelta(minutes=30) <= now:
                    yield day, half
        day += timedelta(days=1)


def _slot(campaign: Campaign, moment: datetime) -> Slot:
    local = localise(campaign, moment)
    return local.date(), local.hour + (local.minute // 30) / 2


def _sent(session: Session, since: datetime) -> int:
    """Count the notices that went out since a moment of transport time."""
    return session.scalar(select(func.count(Attempt.id)).where(Attempt.at > since, Attempt.outcome == "sent")) or 0
