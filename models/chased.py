"""How often somebody was chased for a duty, when last, and how far up it went: from the notices, never from plans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, String, and_, cast, or_, select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, RuleKind
from models.messages import About
from models.outbox import Notice, Status
from models.people import Membership, Org
from models.phrases import day
from models.reminder_words import ADMINS, SUPERIOR
from models.reminding import ADMINS_CHASES, SNOOZE

FEW = 500  # orgs; of more everything that went out is read
UNDER_WAY = (Status.WAITING, Status.SENDING, Status.SENT, Status.UNCERTAIN)


@dataclass
class Chased:
    """What has gone out about one duty of one org for one period."""

    moments: set[datetime] = field(default_factory=set)  # when a chase was written that went out; campaign time
    last_at: datetime | None = None  # when one last went out; campaign time
    superior: str = ""  # the org that was asked to urge it
    admins: bool = False  # it stood on the admins' list

    @property
    def times(self) -> int:
        """Return how often: several people of an org who are told at once count once."""
        return len(self.moments)


def chased(session: Session, campaign: Campaign, wanted: Iterable[About]) -> dict[About, Chased]:
    """Return what has gone out about some duties; nothing for what was never chased.

    Counted is what was sent: chases after the deadline by the clock, and an admin's 催报 at any time. Reminders before
    a deadline are none.
    """
    found: dict[About, Chased] = {}
    keys = set(wanted)
    if not keys:
        return found
    on_a_rung = cast(Notice.abouts, String).contains('"rung"')  # most reminders stand on none and need not be read
    rules = or_(Notice.rule.in_(ADMINS_CHASES), and_(Notice.rule.in_(_by_clock(campaign)), on_a_rung))
    query = (
        select(Notice.abouts, Notice.rule, Notice.created_at, Notice.settled_at, Org.name)
        .outerjoin(Org, Org.id == Notice.org_id)
        .where(rules, Notice.status == Status.SENT)
        .order_by(Notice.id)
    )
    orgs = {item.org_id for item in keys}
    if len(orgs) <= FEW:  # who could be told of these orgs: of thousands of notices only theirs are read
        higher = above(session, orgs) | set(session.scalars(select(Org.id).where(Org.name == campaign.office)))
        query = query.where(
            Notice.person_id.in_(select(Membership.person_id).where(Membership.org_id.in_(orgs | higher)))
        )
    rows = session.execute(query)
    for row in rows:
        for item in _abouts(row):
            if item in keys and (item.rung or row.rule in ADMINS_CHASES):
                _count(found.setdefault(item, Chased()), item.rung, row.created_at, row.settled_at, row.name or "")
    return found


def words(campaign: Campaign, known: Chased | None) -> str:
    """Say how often, when last and how far up: 已催3次，最近5月20日，已转长沙市公安局. Empty when nothing went out."""
    if known is None:
        return ""
    parts = [f"已催{known.times}次"] if known.times else []
    if known.times and known.last_at:
        parts.append(f"最近{day(campaign.local_day(known.last_at))}")
    up = [name for name in (known.superior, campaign.office if known.admins else "") if name]
    return "，".join([*parts, *([f"已转{'、'.join(dict.fromkeys(up))}"] if up else [])])


def _count(known: Chased, rung: str, at: datetime, settled_at: datetime | None, org: str) -> None:
    if rung == ADMINS:
        known.admins = True
    elif rung == SUPERIOR:
        known.superior = org
    else:
        known.moments.add(at)
        known.last_at = max(filter(None, (known.last_at, settled_at or at)))


def raised(session: Session, campaign: Campaign, now: datetime) -> dict[tuple[About, str], datetime]:
    """Return what superiors and admins were told, or will be, with when it was last written (campaign time).

    What waits counts until its moment has passed.
    """
    text = cast(Notice.abouts, String)
    query = (
        select(Notice.abouts, Notice.created_at)
        .where(
            Notice.rule.in_([*_by_clock(campaign), *ADMINS_CHASES]),
            or_(*(text.contains(f'"rung": "{rung}"') for rung in (SUPERIOR, ADMINS))),
            Notice.status.in_(UNDER_WAY),
            or_(Notice.status != Status.WAITING, Notice.expires_at.is_(None), Notice.expires_at > now),
        )
        .order_by(Notice.id)
    )
    return {
        (item, item.rung): row.created_at
        for row in session.execute(query)
        for item in _abouts(row)
        if item.rung in (SUPERIOR, ADMINS)
    }


def above(session: Session, org_ids: Collection[int]) -> set[int]:
    """Return the ids of the orgs above some orgs, up to the top."""
    found: set[int] = set()
    waiting = set(org_ids)
    while waiting:
        parents = session.scalars(select(Org.parent_id).where(Org.id.in_(waiting), Org.parent_id.is_not(None)))
        waiting = {org_id for org_id in parents if org_id is not None} - found
        found |= waiting
    return found


def _by_clock(campaign: Campaign) -> list[str]:
    return [*(key for key, rule in campaign.rules.items() if rule.kind is RuleKind.REMIND), SNOOZE]


def _abouts(row: Row[tuple[object, ...]]) -> Iterator[About]:
    yield from (About(**item) for item in row.abouts)
