"""Reminders: who is asked for what, in which words, and what was asked today already.

The clock's rules (schedules) and an admin's 催报 (handlers) write the same reminder here, and delivery's last look
(schedules/silence.py) rewrites it with the same words. One message a person, however much is owed.

The words themselves stand in models/reminder_words.py, the steps of what is overdue in schedules/ladder.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from models.audience import Audience, recipient
from models.campaign.definition import Campaign, Rule, RuleKind
from models.campaign.firings import duty_of
from models.duties import DutyState
from models.messages import About, Draft
from models.outbox import Notice, Status
from models.people import Contact
from models.reminder_words import ADMINS, BACKUP, SUPERIOR, Item, compose
from models.spreading import spread

CHASE = "chase"  # stands in for a rule's key with the reminders that an admin sends
URGENT = "chase-urgent"  # the same, past the cap and quiet hours
ADMINS_CHASES = (CHASE, URGENT)
SNOOZE = "snooze"  # a reminder that its reader has put off, see models/snooze.py
OVERDUE_LIFE = timedelta(hours=12)  # a chase of something overdue; the next working day's follows (decided by us)
WITHDRAWN = (Status.CANCELLED, Status.EXPIRED)  # what nobody got does not count for the cap
_CHASE_LOCK = 7_202_105_12  # advisory lock on PostgreSQL: of two chases at once the second sees the first


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to remind people of: who reports for the org, or on another step of the ladder who can help."""

    rule_key: str
    rule: Rule | None  # None: an admin asks
    state: DutyState
    rung: str = ""  # empty: below the ladder
    cause: str = ""  # why it goes up before its day


@dataclass(slots=True)
class _Parcel:
    """What one person is told."""

    contact: Contact
    first: Ask
    items: dict[About, Item] = field(default_factory=dict)


def write(campaign: Campaign, asks: Iterable[Ask], audience: Audience, at: datetime) -> list[Draft]:
    """Write one reminder a person, in the order of asks and roster.

    asks: of one duty the lower step first: who is asked on two steps is asked on the lower one.
    at:   aware, when they leave; they say what is true then.

    A draft carries the key of the first ask that had something for the person, and what it asks for in `abouts`. An
    org that nobody has joined gets none.
    """
    parcels: dict[int, _Parcel] = {}
    for ask in asks:
        for contact in told(audience, ask.state.org.id, ask.rung):
            parcel = parcels.setdefault(contact.person_id, _Parcel(contact, ask))
            key = replace(about(ask.state), rung=ask.rung, cause=ask.cause)
            parcel.items.setdefault(key, Item(ask.state, ask.rung, ask.cause))
    return spread([_draft(campaign, parcel, at) for parcel in parcels.values()])


def told(audience: Audience, org_id: int, rung: str) -> list[Contact]:
    """List whom a step of the ladder reaches for an org; [] when there is nobody."""
    if rung == BACKUP:
        return audience.backups(org_id)
    if rung == SUPERIOR:
        return audience.superior(org_id) or []
    return audience.admins() if rung == ADMINS else audience.reporters(org_id)


def _draft(campaign: Campaign, parcel: _Parcel, at: datetime) -> Draft:
    ahead = [item.state.due_at for item in parcel.items.values() if item.state.due_at > at]
    return Draft(
        recipient=recipient(parcel.contact),
        content=compose(campaign, parcel.first.rule, parcel.items.values(), at),
        rule=parcel.first.rule_key,
        not_before=at,
        expires_at=max(ahead) if ahead else at + OVERDUE_LIFE,
        abouts=tuple(parcel.items),
    )


def about(state: DutyState) -> About:
    """Return what a notice about a state asks for."""
    return About(state.key, state.org.id, state.period.key)


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder of today that went out or waits."""

    notice_id: int
    person_id: int | None
    abouts: frozenset[About]
    rule: str
    at: datetime  # campaign time at which it was written


def reminded_today(session: Session, campaign: Campaign, now: datetime) -> list[Reminded]:
    """List the reminders of this day, oldest first; an admin's included, the withdrawn left out.

    Of this day is what was written since midnight, and what was written before for a moment since then.
    """
    since = midnight(campaign, now)
    rules = [key for key, rule in campaign.rules.items() if rule.kind is RuleKind.REMIND]
    query = (
        select(Notice.id, Notice.person_id, Notice.abouts, Notice.rule, Notice.created_at)
        .where(
            Notice.rule.in_([*rules, *ADMINS_CHASES, SNOOZE]),
            or_(Notice.not_before >= since, Notice.created_at >= since),
            Notice.created_at <= now,
            or_(Notice.rule != SNOOZE, Notice.not_before <= now),
            Notice.status.not_in(WITHDRAWN),
        )
        .order_by(Notice.id)
    )
    return [
        Reminded(notice_id, person_id, frozenset(About(**item) for item in abouts), rule, at)
        for notice_id, person_id, abouts, rule, at in session.execute(query)
    ]


def at_the_cap(campaign: Campaign, reminded: Iterable[Reminded]) -> set[int | None]:
    """Return the persons who have had as many reminders today as quiet.daily_cap allows."""
    counts: dict[int | None, int] = {}
    for each in reminded:
        counts[each.person_id] = counts.get(each.person_id, 0) + 1
    return {person for person, count in counts.items() if count >= campaign.quiet.daily_cap}


def silent_duties(campaign: Campaign, at: datetime) -> set[str | None]:
    """Return the duties of which every reminding rule is paused at a moment."""
    reminding = [rule for rule in campaign.rules.values() if rule.kind is RuleKind.REMIND]
    speaking = {duty_of(rule) for rule in reminding if not rule.amended.paused(at, at)}
    return {duty_of(rule) for rule in reminding} - speaking


def midnight(campaign: Campaign, now: datetime) -> datetime:
    """Return the beginning of the campaign's day, aware UTC."""
    return datetime.combine(campaign.local_day(now), time(0), tzinfo=campaign.tz).astimezone(UTC)


def one_chase_at_a_time(session: Session) -> None:
    """Let chases be written one after the other until commit. On SQLite writers wait for each other anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHASE_LOCK})
