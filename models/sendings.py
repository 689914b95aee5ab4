"""What an admin has sent to many (催报, 通知), who got it, and stopping what still waits.

A sending is all notices that one inbound has written under one of these rules. Its truth is the outbox itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import settings
from models.audience import WECOM_APP
from models.inbox import Inbox
from models.messages import Draft, Recall, Recipient
from models.outbox import Attempt, Notice, Status
from models.people import Org, Person
from models.reminding import ADMINS_CHASES
from models.withdrawn import STOPPED, Why, why

BROADCAST = "broadcast"  # stands in for a rule's key with an admin's own words to many
RULES = (*ADMINS_CHASES, BROADCAST)
RECALL = "recall"  # stands in for a rule's key with what takes a sending back
FAILED_SHOWN = 50  # notices of one firing that are looked at for why they failed
UNSURE = "stopped by an admin, but an unanswered call may have brought it"


class Outcome(Enum):
    """What became of a sending for one person."""

    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    STOPPED = "stopped"
    ANSWERED = "answered"  # cancelled, since what it asked for came in
    NOT_OWED = "not-owed"  # cancelled, since it need not be reported any more
    PASSED_ON = "passed-on"  # cancelled, since the person is on leave: who stands in was told
    SAID_SINCE = "said-since"  # cancelled, since a newer 催报 said the same
    LEFT = "left"  # cancelled, since the person's duties have ended
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Told:
    """One person of a sending. The worst of several pieces counts."""

    person: str
    org: str
    outcome: Outcome
    code: int | None  # the platform's errcode of the last refusal; 0 when the call went, but not to this one
    reason: str  # as delivery wrote it
    not_before: datetime  # campaign time


@dataclass(frozen=True, slots=True)
class Sending:
    """One 催报 or 通知."""

    inbox_id: int
    rule: str
    by: str  # who confirmed it
    at: datetime  # campaign time
    text: str  # of the first notice
    told: tuple[Told, ...]  # in the order of writing

    def count(self, *outcomes: Outcome) -> int:
        """Return how many persons it ended so for."""
        return sum(each.outcome in outcomes for each in self.told)


def recent(session: Session, *, person_ids: Collection[int] | None, limit: int, skip: int = 0) -> list[int]:
    """Return the inbounds that wrote sendings, newest first. person_ids: only by these persons; None: by anybody."""
    query = select(Notice.inbox_id).join(Inbox, Inbox.id == Notice.inbox_id).where(Notice.rule.in_(RULES))
    if person_ids is not None:
        query = query.where(Inbox.person_id.in_(person_ids))
    query = query.group_by(Notice.inbox_id).order_by(Notice.inbox_id.desc()).offset(skip).limit(limit)
    return [inbox_id for inbox_id in session.scalars(query) if inbox_id is not None]


def load(session: Session, inbox_id: int) -> Sending:
    """Load a sending with what became of it. Raises NoResultFound when there is none."""
    inbox = session.get_one(Inbox, inbox_id)
    by = session.get(Person, inbox.person_id) if inbox.person_id else None
    rows = session.execute(
        select(Notice, Person.name, Org.name)
        .outerjoin(Person, Person.id == Notice.person_id)
        .outerjoin(Org, Org.id == Notice.org_id)
        .where(Notice.inbox_id == inbox_id, Notice.rule.in_(RULES))
        .order_by(Notice.id)
        .execution_options(populate_existing=True)  # stop() writes past the session
    ).all()
    codes = _codes(session, [row[0].id for row in rows if row[0].status is Status.FAILED])
    by_person: dict[tuple[int | None, str], list[tuple[Notice, str, str]]] = {}
    for notice, person, org in rows:
        by_person.setdefault((notice.person_id, notice.user_ref), []).append((notice, person or "", org or ""))
    told = tuple(_told(pieces, codes) for pieces in by_person.values())
    first: Notice = rows[0][0]
    return Sending(inbox_id, first.rule, by.name if by else "", first.created_at, first.content.get("text", ""), told)


def _told(pieces: Sequence[tuple[Notice, str, str]], codes: dict[int, int | None]) -> Told:
    outcomes = [outcome(notice) for notice, _, _ in pieces]
    worst = max(outcomes, key=_BADNESS.index)
    notice, person, org = pieces[outcomes.index(worst)]
    return Told(person, org, worst, codes.get(notice.id), notice.reason, notice.not_before)


_BADNESS = (
    Outcome.SENT,
    Outcome.ANSWERED,
    Outcome.NOT_OWED,
    Outcome.PASSED_ON,
    Outcome.SAID_SINCE,
    Outcome.LEFT,
    Outcome.STOPPED,
    Outcome.WAITING,
    Outcome.EXPIRED,
    Outcome.UNCERTAIN,
    Outcome.FAILED,
)

_WITHDRAWN = {
    Why.LEFT: Outcome.LEFT,
    Why.PASSED_ON: Outcome.PASSED_ON,
    Why.SAID_SINCE: Outcome.SAID_SINCE,
    Why.STOPPED: Outcome.STOPPED,
    Why.NOT_OWED: Outcome.NOT_OWED,
}


def outcome(notice: Notice) -> Outcome:
    """Return what became of a notice, in the words of a sending."""
    if notice.status is Status.CANCELLED:
        return _WITHDRAWN.get(why(notice.reason), Outcome.ANSWERED)
    if notice.status in (Status.WAITING, Status.SENDING):
        return Outcome.WAITING
    return Outcome(notice.status.value)


def _codes(session: Session, notice_ids: Sequence[int]) -> dict[int, int | None]:
    """Return the platform's code of the last attempt by notice."""
    if not notice_ids:
        return {}
    last = select(func.max(Attempt.id)).where(Attempt.notice_id.in_(notice_ids)).group_by(Attempt.notice_id)
    rows = session.execute(select(Attempt.notice_id, Attempt.code).where(Attempt.id.in_(last)))
    return {row.notice_id: row.code for row in rows}


def failed_last(session: Session, rule: str, org_ids: Collection[int] | None) -> list[Told]:
    """List whom the newest firing of a rule did not reach. org_ids: only of these orgs; None: of all."""
    last = session.scalar(select(func.max(Notice.occurrence_id)).where(Notice.rule == rule))
    rows = session.execute(
        select(Notice, Person.name, Org.name)
        .join(Person, Person.id == Notice.person_id)
        .join(Org, Org.id == Notice.org_id)
        .where(Notice.occurrence_id == last, Notice.status == Status.FAILED)
        .order_by(Notice.id)
        .limit(FAILED_SHOWN)
    ).all()
    codes = _codes(session, [row[0].id for row in rows])
    return [
        _told([(notice, person, org)], codes)
        for notice, person, org in rows
        if org_ids is None or notice.org_id in org_ids
    ]


def stop(session: Session, inbox_id: int, now: datetime) -> tuple[int, int]:
    """Cancel what still waits of a sending. Returns notices cancelled, and those that may have arrived unanswered.

    What a process is sending at this moment goes its way: its claim is not touched.
    """
    waiting = (Notice.inbox_id == inbox_id, Notice.rule.in_(RULES), Notice.status == Status.WAITING)
    counts = []
    for unanswered, status, reason in (
        (Notice.call_ref == "", Status.CANCELLED, STOPPED),
        (Notice.call_ref != "", Status.UNCERTAIN, UNSURE),
    ):
        done = session.execute(
            update(Notice)
            .where(*waiting, unanswered)
            .values(status=status, reason=reason, settled_at=now)
            .execution_options(synchronize_session=False)
        )
        counts.append(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one
    withdrawn = (Notice.inbox_id == inbox_id, Notice.rule.in_(RULES), Notice.status == Status.CANCELLED)
    session.execute(  # so that an undone report does not let it wait again, see models/answered.py
        update(Notice)
        .where(*withdrawn, Notice.not_before > now)
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )
    return counts[0], counts[1]


def recalls(session: Session, inbox_id: int, now: datetime, since: datetime) -> list[Draft]:
    """Draft the calls that take back what a sending has brought to people: one for each call that brought it.

    now: campaign time. since: transport time; what went before then cannot be taken back any more.
    """
    rows = session.execute(
        select(Attempt.platform_ref, func.min(Notice.user_ref))
        .join(Notice, Notice.id == Attempt.notice_id)
        .where(
            Notice.inbox_id == inbox_id,
            Notice.rule.in_(RULES),
            Notice.channel == WECOM_APP,
            Attempt.platform_ref != "",
            Attempt.at > since,
        )
        .group_by(Attempt.platform_ref)
    ).all()
    return [Draft(Recipient(WECOM_APP, user_ref), Recall(ref), RECALL, now) for ref, user_ref in rows]


def recalled(session: Session, inbox_id: int) -> bool:
    """Tell whether a sending has been taken back before."""
    return settings.get(session, f"{RECALL}:{inbox_id}") is not None


def waiting_of(session: Session, inbox_ids: Iterable[int]) -> int | None:
    """Return the newest of some sendings of which something still waits, or None."""
    return session.scalar(
        select(func.max(Notice.inbox_id)).where(
            Notice.inbox_id.in_(list(inbox_ids)), Notice.rule.in_(RULES), Notice.status == Status.WAITING
        )
    )
