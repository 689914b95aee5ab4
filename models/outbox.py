"""What is to be told, to whom, and what became of it.

A notice is one thing for one recipient. It is written in the transaction of what caused it and sent later, outside
any transaction. Equal notices to many people go out in one call, but each keeps its own outcome.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypedDict, Unpack

from sqlalchemy import JSON, Dialect, ForeignKey, Index, String, column, insert, table, update
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.lengths import split
from models.messages import About, Content, Draft, Markdown, Text, content_to_json
from models.session import no_longer_absent, wake_later

Written = tuple[dict[str, Any], str]  # a content as it is stored, and its hash


class Status(Enum):
    """The life of a notice. waiting -> sending -> one of the others; uncertain is neither sent nor failed."""

    WAITING = "waiting"
    SENDING = "sending"  # claimed by a drainer, until claimed_until
    SENT = "sent"
    FAILED = "failed"  # refused for good; reason says why
    UNCERTAIN = "uncertain"  # no answer came: it may have arrived. A person decides
    EXPIRED = "expired"  # its moment passed before it could go
    CANCELLED = "cancelled"  # what it asked for was answered, or an admin stopped it


class Lane(Enum):
    """Answers overtake bulk."""

    ANSWER = 0
    BULK = 1


class Notice(Base):
    """One thing to tell one recipient."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(60))  # wecom_app, robot:<group>
    user_ref: Mapped[str] = mapped_column(String(64))  # empty for a group
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    org_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"), index=True)
    rule: Mapped[str] = mapped_column(String(60))
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"), index=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"), index=True)
    trace_id: Mapped[str] = mapped_column(String(32), default="")
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)
    abouts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{duty, org_id, period, rung?, cause?}]
    lane: Mapped[int] = mapped_column(default=Lane.BULK.value)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time
    status: Mapped[Status] = mapped_column(default=Status.WAITING)
    reason: Mapped[str] = mapped_column(LongText, default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time; None: at once
    claim: Mapped[int] = mapped_column(default=0)  # grows with every claim; an outcome is written only under its own
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time
    parts_sent: Mapped[int] = mapped_column(default=0)  # of a content that takes several calls: text, then pictures
    call_ref: Mapped[str] = mapped_column(String(32), default="")  # the call it is in; unanswered, it is repeated whole
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time of the last outcome


Index("ix_notice_due", Notice.channel, Notice.status, Notice.not_before)


class Attempt(Base):
    """One call to a platform for one notice. Append only."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), index=True)
    parts_sent: Mapped[int] = mapped_column(default=0)  # of a content that takes several calls: text, then pictures
    call_ref: Mapped[str] = mapped_column(String(32))  # the same for all notices that went in one call
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time
    outcome: Mapped[str] = mapped_column(String(20))  # sent, retry, failed, uncertain
    code: Mapped[int | None]  # the platform's errcode
    detail: Mapped[str] = mapped_column(LongText, default="")  # scrubbed of secrets
    platform_ref: Mapped[str] = mapped_column(String(200), default="")  # msgid, for recall


def content_hash(content: dict[str, Any]) -> str:
    """Return a hash that is equal for equal content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Notices as the database takes them, made before the transaction that writes them."""

    rows: tuple[dict[str, Any], ...] = ()
    channels: frozenset[str] = frozenset()

    def written(self, session: Session, **same: Any) -> int:
        """Write them into the running transaction; the engine is told when it commits. Returns how many.

        same: columns that all of them share, as the database takes them.
        """
        wake_later(session, set(self.channels))
        no_longer_absent(session, {Notice})
        session.flush()
        if self.rows:
            session.execute(_INSERT, [{**row, **same} for row in self.rows] if same else self.rows)
        return len(self.rows)


class Origin(TypedDict, total=False):
    """Where notices come from, and how they go. What is left out: nowhere, in bulk."""

    occurrence_id: int | None
    inbox_id: int | None
    trace_id: str
    lane: Lane


def prepare(dialect: Dialect, drafts: Sequence[Draft], now: datetime, **origin: Unpack[Origin]) -> Prepared:
    """Make notices ready to be written: thousands take a while, and the database is one writer's alone.

    A text that is longer than one call can carry becomes several notices in order, so that each piece has its own
    outcome. now: campaign time.
    """
    same = {
        **_FRESH,
        "occurrence_id": origin.get("occurrence_id"),
        "inbox_id": origin.get("inbox_id"),
        "trace_id": origin.get("trace_id", ""),
        "lane": origin.get("lane", Lane.BULK).value,
        "created_at": now,
        "status": Status.WAITING,
    }
    bind = {
        each.name: bound
        for each in Notice.__table__.columns
        if (bound := each.type.dialect_impl(dialect).bind_processor(dialect))
    }
    shared = _bound(bind, same)
    known: dict[str, list[Written]] = {}
    rows = tuple(
        {
            **shared,
            **_bound(
                bind,
                {
                    "channel": draft.recipient.channel,
                    "user_ref": draft.recipient.user_ref,
                    "person_id": draft.recipient.person_id,
                    "org_id": draft.recipient.org_id,
                    "rule": draft.rule,
                    "content": content,
                    "content_hash": hashed,
                    "abouts": [about_to_json(about) for about in draft.abouts],
                    "not_before": draft.not_before,
                    "expires_at": draft.expires_at,
                },
            ),
        }
        for draft in drafts
        for content, hashed in _written(draft.content, known)
    )
    return Prepared(rows, frozenset(draft.recipient.channel for draft in drafts))


def _bound(bind: Mapping[str, Callable[[Any], Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: bind[name](value) if name in bind else value for name, value in values.items()}


# What a notice begins with beside what it says; the columns carry no types, since the values are bound already.
_FRESH = {"reason": "", "tries": 0, "claim": 0, "parts_sent": 0, "call_ref": ""}
_NAMES = (
    *("channel", "user_ref", "person_id", "org_id", "rule", "occurrence_id", "inbox_id", "trace_id", "content"),
    *("content_hash", "abouts", "lane", "created_at", "not_before", "expires_at", "status", *_FRESH),
)
_INSERT = insert(table(Notice.__tablename__, *map(column, _NAMES)))


def add(session: Session, drafts: Sequence[Draft], now: datetime, **origin: Unpack[Origin]) -> int:
    """Write notices into the running transaction, see prepare() and Prepared.written(). Returns how many."""
    return prepare(session.get_bind().dialect, drafts, now, **origin).written(session)


def withdraw(
    session: Session, person_id: int, reason: str, now: datetime, *, org_ids: Collection[int] | None = None
) -> int:
    """Cancel what waits to be told to a person whose duties have ended. Answers stay. Returns how many.

    org_ids: only what is about these orgs; all when None. now: campaign time.
    """
    query = update(Notice).where(
        Notice.person_id == person_id, Notice.status == Status.WAITING, Notice.lane == Lane.BULK.value
    )
    if org_ids is not None:
        query = query.where(Notice.org_id.in_(org_ids))
    result = session.execute(query.values(status=Status.CANCELLED, reason=reason, settled_at=now))
    return int(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def call_off(session: Session, trace_id: str, reason: str, now: datetime) -> int:
    """Cancel what waits to be told under a trace id, answers too. Returns how many. now: campaign time."""
    waiting = (Notice.trace_id == trace_id, Notice.status == Status.WAITING, Notice.call_ref == "")
    done = session.execute(
        update(Notice)
        .where(*waiting)
        .values(status=Status.CANCELLED, reason=reason, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def about_to_json(about: About) -> dict[str, Any]:
    """Write what a notice asks for; About(**value) reads it back."""
    known: dict[str, Any] = {"duty": about.duty, "org_id": about.org_id, "period": about.period}
    return known | {name: value for name, value in (("rung", about.rung), ("cause", about.cause)) if value}


def _written(content: Content, known: dict[str, list[Written]]) -> list[Written]:
    """Write a content piece by piece; known: texts that were written before, since thousands read the same."""
    text = content.text if isinstance(content, Text) else None
    if text is not None and text in known:
        return known[text]
    written = [(piece, content_hash(piece)) for piece in map(content_to_json, _pieces(content))]
    if text is not None:
        known[text] = written
    return written


def _pieces(content: Content) -> Sequence[Content]:
    if isinstance(content, Text):
        return [Text(piece) for piece in split(content.text)]
    if isinstance(content, Markdown):
        return [Markdown(piece) for piece in split(content.text)]
    return [content]
