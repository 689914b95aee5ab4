"""What is known about people goes 90 days after the campaign has closed; the figures and their texts stay.

docs/data.md names every column and what becomes of it; a test compares that with the tables, and what purge() leaves
with what the page promises. Files on disk are the caller's: purge() returns which ones it speaks of. The audit
holds names too; it is kept six months and goes from the front, whole months at a time (decisions 15).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, delete, literal, or_, select, text, update
from sqlalchemy.orm import Session

from models import audit, settings
from models.base import Base
from models.campaign.definition import Campaign
from models.confirmations import Confirmation
from models.drafts import Question
from models.excuses import Excuse
from models.files import Document, Link, Photo
from models.forms import Form
from models.inbox import Inbox
from models.issues import RankingIssue
from models.joining import JoinRequest
from models.leave import Leave
from models.member_calls import MemberCall
from models.messages import Text, content_to_json
from models.outbox import Attempt, Notice, content_hash
from models.people import CodeGuard, Identity, Invitation, Person, Stranger, touch_roster
from models.session import insert_new
from models.settings import Setting

KEPT = timedelta(days=90)  # after the day on which the campaign closes (decisions 15)
WARNING = timedelta(days=7)  # admins are told so long before (decided by us 2026-11-24)
RECENT = timedelta(days=1)  # what is younger may still be answered or sent; the next day's run takes it
NAMELESS = "人员"  # and the person's number: the ledger still tells two persons apart
TOLD, PURGED, DAY = "purge-told:", "purged:", "purge-day:"  # settings; behind them the campaign, then a day

_EMPTY = content_to_json(Text(""))
_ROWS: tuple[type[Base], ...] = (  # whole rows go: nothing of the ledger points to them
    *(Photo, Link, Document, Question, Confirmation, Form, Invitation),
    *(JoinRequest, Stranger, CodeGuard, Leave, Identity, MemberCall),
)


@dataclass(frozen=True, slots=True)
class Purged:
    """What went, or would go."""

    rows: Mapping[str, int]  # table -> rows deleted or blanked; tables without any are left out
    audit_rows: int
    files: frozenset[str]  # SHA-256 of what the rows that went speak of

    @property
    def total(self) -> int:
        """Return how many rows."""
        return sum(self.rows.values()) + self.audit_rows


def due_at(campaign: Campaign) -> datetime:
    """Return the moment from which what is known about people goes: 90 whole days after the day it closes on."""
    return _midnight(campaign, campaign.closes_on + KEPT + timedelta(days=1))


def announced_at(session: Session, campaign: Campaign) -> datetime | None:
    """Return when the admins were told that it will go, or None."""
    told = settings.get(session, f"{TOLD}{campaign.key}")
    return datetime.fromisoformat(told) if told else None


def announce(session: Session, campaign: Campaign, now: datetime) -> bool:
    """Note that the admins are told now. False when they were: of two processes one tells them."""
    value = {"key": f"{TOLD}{campaign.key}", "value": now.isoformat()}
    return insert_new(session, Setting, value, ["key"])


def goes_at(session: Session, campaign: Campaign) -> datetime | None:
    """Return from when the clock may purge: nobody loses anything without a week's warning. None: not told yet."""
    told = announced_at(session, campaign)
    return max(due_at(campaign), told + WARNING) if told else None


def take_day(session: Session, campaign: Campaign, today: date) -> bool:
    """Take the purge of a day. False when another process has."""
    head = f"{DAY}{campaign.key}:"
    if not insert_new(session, Setting, {"key": f"{head}{today}", "value": True}, ["key"]):
        return False
    session.execute(
        delete(Setting).where(Setting.key.startswith(head, autoescape=True), Setting.key < f"{head}{today}")
    )
    return True


def is_done(session: Session, campaign: Campaign) -> bool:
    """Tell whether a purge of this campaign has been done."""
    return settings.get(session, f"{PURGED}{campaign.key}") is not None


def purge(session: Session, campaign: Campaign, now: datetime) -> Purged:
    """Purge in the running transaction; what is there is audited, a second time finds nothing. now: campaign time.

    Never before due_at(): the caller looks. A dry run is the same in a transaction that is rolled back.
    """
    _patiently(session)
    files = _files(session)
    rows = {table.__tablename__: _gone(session, delete(table)) for table in _ROWS}
    for table, blank, which in _blanked(now - RECENT):
        rows[table.__tablename__] = _gone(session, update(table).where(which).values(blank))
    rows = {name: count for name, count in rows.items() if count}
    if rows:
        touch_roster(session)
        told = {"rows": sum(rows.values()), "files": len(files)}
        audit.note(session, "purge", f"campaign:{campaign.key}", now, after=told)
    settings.keep(session, f"{PURGED}{campaign.key}", now.isoformat())
    return Purged(rows, _forget_audit(session, campaign, now), files)


def _forget_audit(session: Session, campaign: Campaign, now: datetime) -> int:
    """Let the months of the audit go that are older than six; that this was done stands in what is kept."""
    before = _cut(campaign, now)
    oldest = audit.oldest_at(session)
    if oldest is None or oldest >= before:
        return 0
    audit.note(session, "audit-cut", f"campaign:{campaign.key}", now, after={"until": before.date().isoformat()})
    return audit.forget(session, before, now)


def _cut(campaign: Campaign, now: datetime) -> datetime:
    """Return the start of the month that holds what was six months ago."""
    day = campaign.local_day(now - timedelta(days=audit.KEPT_DAYS + 1))
    return _midnight(campaign, day.replace(day=1))


def _midnight(campaign: Campaign, day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=campaign.tz)


def _blanked(until: datetime) -> tuple[tuple[type[Base], dict[str, Any], ColumnElement[bool]], ...]:
    """List the tables whose rows stay without what they say about people: table, what is blanked, where."""
    nameless = literal(NAMELESS).concat(cast(Person.id, String))
    old_notices = select(Notice.id).where(Notice.created_at <= until)
    return (
        (Person, {"name": nameless, "active": False}, Person.name != nameless),
        (
            Inbox,
            {"sender_ref": "", "text": "", "answer": None},
            (Inbox.received_at <= until) & or_(Inbox.sender_ref != "", Inbox.text != ""),
        ),
        (
            Notice,
            {"user_ref": "", "content": _EMPTY, "content_hash": content_hash(_EMPTY), "reason": ""},
            (Notice.created_at <= until)
            & or_(Notice.user_ref != "", Notice.content_hash != content_hash(_EMPTY), Notice.reason != ""),
        ),
        (
            Attempt,
            {"detail": "", "platform_ref": ""},
            Attempt.notice_id.in_(old_notices) & or_(Attempt.detail != "", Attempt.platform_ref != ""),
        ),
        (Excuse, {"reason": ""}, Excuse.reason != ""),
        (RankingIssue, {"reason": ""}, RankingIssue.reason != ""),
    )


def _files(session: Session) -> frozenset[str]:
    found = {*session.scalars(select(Photo.sha256).where(Photo.sha256.is_not(None)))}
    return frozenset({str(each) for each in found} | {*session.scalars(select(Document.sha256))})


def _patiently(session: Session) -> None:
    """Let statements over whole tables take their time, and let SQLite write zeros where something stood."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))
    else:
        session.connection().exec_driver_sql("PRAGMA secure_delete = ON")


def _gone(session: Session, statement: Any) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one
