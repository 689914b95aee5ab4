"""Whether the bot itself is well: its workers, what waits to be sent, what its rules did and will do.

Read by 状态 and the morning brief (Chinese) and by /healthz (JSON), so that they cannot disagree. No personal data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.beats import ALIVE, Beat, beats, last_tick
from models.campaign.definition import Campaign
from models.campaign.firings import Firing, plan
from models.campaign.workdays import published
from models.incidents import Incident, lately
from models.occurrences import Fate, Occurrence
from models.outbox import Notice, Status
from models.withdrawn import Why, why

NOVEMBER = 11  # the State Council publishes the next year about then (issue on the clock)
A_DAY = timedelta(days=1)
OPEN = (Status.WAITING, Status.SENDING)


@dataclass(frozen=True, slots=True)
class Unsent:
    """The notice that has waited longest."""

    due_at: datetime  # campaign time from which it might have gone
    channel: str
    rule: str


@dataclass(frozen=True, slots=True)
class Life:
    """One firing of one rule, and what became of the notices that it wrote."""

    rule: str
    scheduled_at: datetime  # campaign time
    claimed_at: datetime  # campaign time
    fate: Fate
    reason: str  # why it was skipped, in Chinese
    notices: int  # that concern it, those merged into another rule's included
    by_status: Mapping[Status, int]  # of those that it wrote itself
    withdrawn: Mapping[Why, int]  # of those, why they were cancelled

    @property
    def late(self) -> bool:
        """Tell whether it was taken up well after its moment."""
        return (self.claimed_at - self.scheduled_at).total_seconds() > 600


@dataclass(frozen=True, slots=True)
class State:
    """How the bot is."""

    workers: tuple[Beat, ...]  # the last heard first
    backlog: int  # notices that might go now
    held: int  # that wait for their moment: quiet hours, the cap a day, the spread over two minutes
    oldest: Unsent | None
    lives: tuple[Life, ...]  # the newest firings first
    following: tuple[Firing, ...]  # the next ones
    day: int  # of the campaign, from 1; below 1 before it
    days: int
    calendar_gap: int | None  # a year whose working days are not published
    incidents: tuple[Incident, ...] = ()  # open, or over since yesterday

    @property
    def ticked_at(self) -> datetime | None:
        """Return when a worker last looked what is due; transport time."""
        return last_tick(self.workers)

    @property
    def troubles(self) -> dict[str, str]:
        """Return by channel why it rests."""
        return {name: why for beat in reversed(self._heard) for name, why in beat.troubles.items()}

    @property
    def blocked(self) -> list[str]:
        """Name the channels that only an operator can bring back."""
        return sorted({name for beat in self._heard for name in beat.blocked})

    @property
    def _heard(self) -> list[Beat]:
        """List the workers that were alive when the last one was heard: what a dead one knew is old."""
        return [beat for beat in self.workers if self.workers[0].at - beat.at <= ALIVE]


def state(session: Session, campaign: Campaign, now: datetime, *, lives: int = 5, following: int = 2) -> State:
    """Look how the bot is. now: campaign time. lives, following: how many firings to list."""
    waiting = select(func.count(Notice.id)).where(Notice.status.in_(OPEN))
    first = session.execute(
        select(Notice.not_before, Notice.channel, Notice.rule)
        .where(Notice.status.in_(OPEN), Notice.not_before <= now)
        .order_by(Notice.not_before, Notice.id)
        .limit(1)
    ).first()
    newest = select(Occurrence).order_by(Occurrence.scheduled_at.desc(), Occurrence.id.desc()).limit(lives)
    return State(
        workers=tuple(beats(session)),
        backlog=session.scalar(waiting.where(Notice.not_before <= now)) or 0,
        held=session.scalar(waiting.where(Notice.not_before > now)) or 0,
        oldest=Unsent(*first) if first else None,
        lives=_lives(session, session.scalars(newest).all()),
        following=tuple(coming(campaign, now))[:following],
        day=(campaign.local_day(now) - campaign.first_day).days + 1,
        days=(campaign.last_day - campaign.first_day).days + 1,
        calendar_gap=calendar_gap(campaign, campaign.local_day(now)),
        incidents=tuple(lately(session, now - A_DAY)),
    )


def lives_of(session: Session, rule: str, limit: int) -> tuple[Life, ...]:
    """List the newest firings of one rule, in any version, the newest first."""
    query = select(Occurrence).where(Occurrence.rule == rule).order_by(Occurrence.scheduled_at.desc()).limit(limit)
    return _lives(session, session.scalars(query).all())


def coming(campaign: Campaign, now: datetime, rule: str | None = None) -> Iterable[Firing]:
    """List the firings after `now`, of one rule or of all, oldest first; without those that a pause swallows."""
    return (
        firing
        for firing in plan(campaign)
        if firing.scheduled_at > now
        and rule in (None, firing.rule_key)
        and not firing.rule.amended.paused(firing.scheduled_at, firing.scheduled_at)
    )


def passed(campaign: Campaign, now: datetime, rule: str) -> Iterable[Firing]:
    """List the planned firings of a rule up to `now`, oldest first; some may never have been taken up."""
    return (f for f in plan(campaign) if f.scheduled_at <= now and rule == f.rule_key)


def calendar_gap(campaign: Campaign, today: date) -> int | None:
    """Return a year that the campaign touches and that counts as Monday to Friday: this one, from November on the next.

    Source: issue on the clock. A year that the campaign never reaches is nobody's concern (decided by us 2026-11-24).
    """
    years = [today.year, *([today.year + 1] if today.month >= NOVEMBER else [])]
    return next((year for year in years if year <= campaign.closes_on.year and not published(year)), None)


def _lives(session: Session, occurrences: Sequence[Occurrence]) -> tuple[Life, ...]:
    ids = [one.id for one in occurrences]
    rows = session.execute(
        select(Notice.occurrence_id, Notice.status, func.count(Notice.id))
        .where(Notice.occurrence_id.in_(ids))
        .group_by(Notice.occurrence_id, Notice.status)
    )
    by_status: dict[int, dict[Status, int]] = {}
    for occurrence_id, status, count in rows:
        by_status.setdefault(occurrence_id or 0, {})[status] = count
    why_not: dict[int, Counter[Why]] = {}
    reasons = select(Notice.occurrence_id, Notice.reason, func.count(Notice.id)).where(
        Notice.occurrence_id.in_(ids), Notice.status == Status.CANCELLED
    )
    for occurrence_id, reason, count in session.execute(reasons.group_by(Notice.occurrence_id, Notice.reason)):
        why_not.setdefault(occurrence_id or 0, Counter())[why(reason)] += count
    return tuple(
        Life(
            one.rule,
            one.scheduled_at,
            one.claimed_at,
            one.fate,
            one.reason,
            one.notices,
            by_status.get(one.id, {}),
            why_not.get(one.id, {}),
        )
        for one in occurrences
    )
