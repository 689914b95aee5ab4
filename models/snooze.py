"""Reminders that a person has put off: one waiting notice, with everything that is to be said by then.

It is an ordinary notice under a rule's key of its own: what it says is written at the moment of sending, a report
silences it, and what else comes due for the person meanwhile is folded into it (schedules/passing_on.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, RuleKind
from models.messages import About
from models.outbox import Notice, Status, about_to_json
from models.reminder_words import FOLDED
from models.reminding import ADMINS_CHASES, SNOOZE
from models.withdrawn import UNDONE


def pending(session: Session, person_ids: Collection[int], now: datetime) -> dict[int, Notice]:
    """Return by person the reminder that is put off to a moment still to come."""
    query = select(Notice).where(
        Notice.rule == SNOOZE,
        Notice.person_id.in_(person_ids),
        Notice.status == Status.WAITING,
        Notice.not_before > now,
        Notice.call_ref == "",
    )
    return {notice.person_id or 0: notice for notice in session.scalars(query.order_by(Notice.id))}


def uses(session: Session, org_ids: Iterable[int]) -> Counter[About]:
    """Count how often each thing was put off by whoever reports for some orgs; what was taken back does not count."""
    query = select(Notice.abouts).where(Notice.rule == SNOOZE, Notice.reason != UNDONE)
    found = Counter(
        item for abouts in session.scalars(query) for item in (About(**each) for each in abouts) if item.cause != FOLDED
    )
    wanted = set(org_ids)
    return Counter({item: count for item, count in found.items() if item.org_id in wanted})


def last_asked(session: Session, campaign: Campaign, person_id: int) -> list[About]:
    """Return what the reminders of the last day with any asked a person; [] when none ever reached him."""
    rules = [key for key, rule in campaign.rules.items() if rule.kind is RuleKind.REMIND]
    query = (
        select(Notice.abouts, Notice.settled_at)
        .where(
            Notice.person_id == person_id,
            Notice.rule.in_([*rules, *ADMINS_CHASES, SNOOZE]),
            Notice.status == Status.SENT,
            Notice.settled_at.is_not(None),
        )
        .order_by(Notice.settled_at.desc(), Notice.id.desc())
        .limit(20)
    )
    rows = session.execute(query).all()
    last = [row.abouts for row in rows if campaign.local_day(row.settled_at) == campaign.local_day(rows[0].settled_at)]
    return list(dict.fromkeys(About(**item) for abouts in last for item in abouts))


def cancel(notice: Notice, reason: str, now: datetime) -> None:
    """Take a put-off reminder back."""
    notice.status, notice.reason, notice.settled_at = Status.CANCELLED, reason, now


def fold(notice: Notice, items: Sequence[About]) -> None:
    """Let a put-off reminder also say what came due meanwhile."""
    rungs = {item: item.rung for item in items}
    known = [About(**item) for item in notice.abouts]
    kept = [replace(item, rung=item.rung or rungs.get(item, "")) for item in known]  # chased since: counts as such
    more = [replace(item, cause=FOLDED) for item in items if item not in known]
    notice.abouts = [about_to_json(item) for item in (*kept, *more)]


def holds_more(notice: Notice) -> bool:
    """Tell whether something was folded into a put-off reminder."""
    return any(item.get("cause") == FOLDED for item in notice.abouts)
