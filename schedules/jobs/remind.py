"""Reminders of duties: loads how the duties stand, the rest is owed.py; keeps to the cap a person and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, RuleKind
from models.duties import states
from models.messages import Draft
from models.outbox import Notice, Status
from schedules.audience import audience
from schedules.claims import Claimed
from schedules.owed import what_is_due
from schedules.quiet import release

WITHDRAWN = (Status.CANCELLED, Status.EXPIRED)  # what nobody got does not count for the cap


def run(session: Session, campaign: Campaign, claimed: Sequence[Claimed], now: datetime) -> list[Draft]:
    """Write one reminder a person for all reminders of this tick; [] when nobody owes anything.

    Beyond quiet.daily_cap reminders a day the next one waits for the next morning; it is looked at again then
    (silence.py), and expires if its deadline comes first. Decided by us 2026-11-24.
    """
    firings = [one.firing for one in claimed]
    named = {firing.duty for firing in firings}
    owed = states(session, campaign, now, duties=[key for key in campaign.duties if key in named])
    drafts = what_is_due(campaign, firings, owed, audience(session, campaign), now)
    full = _persons_at_the_cap(session, campaign, now)
    tomorrow = release(campaign, _midnight(campaign, now) + timedelta(days=1))
    return [
        replace(draft, not_before=max(draft.not_before, tomorrow)) if draft.recipient.person_id in full else draft
        for draft in drafts
    ]


def _persons_at_the_cap(session: Session, campaign: Campaign, now: datetime) -> set[int | None]:
    reminders = [key for key, rule in campaign.rules.items() if rule.kind is RuleKind.REMIND]
    query = (
        select(Notice.person_id)
        .where(
            Notice.rule.in_(reminders),
            Notice.created_at >= _midnight(campaign, now),
            Notice.created_at <= now,
            Notice.status.not_in(WITHDRAWN),
        )
        .group_by(Notice.person_id)
        .having(func.count(Notice.id) >= campaign.quiet.daily_cap)
    )
    return set(session.scalars(query))


def _midnight(campaign: Campaign, now: datetime) -> datetime:
    return datetime.combine(campaign.local_day(now), time(0), tzinfo=campaign.tz).astimezone(UTC)
