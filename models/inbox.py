"""What came in, each once, with the answer it got.

The key is inserted first and the unique constraint decides: a repeat finds the row and gets the stored answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import JSON, ForeignKey, String, Table, Text, UniqueConstraint, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import dml as pg_dml
from sqlalchemy.dialects.sqlite import dml as sqlite_dml
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.messages import Inbound


class Inbox(Base):
    """One inbound."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("channel", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    trace_id: Mapped[str] = mapped_column(String(32), index=True)  # one id from inbound to reply to notice
    sender_ref: Mapped[str] = mapped_column(String(64), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)  # as written
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time, as the platform says
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # {"text": ...}; None while it is being worked on
    outcome: Mapped[str] = mapped_column(String(40), default="open")  # recorded, asked, refused, failed ...
    route: Mapped[str] = mapped_column(String(40), default="")  # the handler that took it


_SENDER_LOCK = 7_202_106  # first key of an advisory lock on PostgreSQL; the second stands for an account
_TABLE = cast(Table, Inbox.__table__)
_ONE_SENDER = func.pg_advisory_xact_lock(
    _SENDER_LOCK, func.hashtext(_TABLE.c.channel + ":" + func.lower(_TABLE.c.sender_ref))
)
_TAKE = {
    dialect: insert(_TABLE).on_conflict_do_nothing(index_elements=["channel", "key"]).returning(_TABLE.c.id, *more)
    for dialect, insert, more in (("sqlite", sqlite_dml.insert, ()), ("postgresql", pg_dml.insert, (_ONE_SENDER,)))
}
_SETTLE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("inbox_id"))
    .values({name: bindparam(f"new_{name}") for name in ("person_id", "route", "outcome", "answer")})
)


def take(session: Session, inbound: Inbound, trace_id: str, now: datetime) -> int | None:
    """Insert an inbound by its key and return its id; None when the key is there already (a repeat).

    Of what one account sends at the same moment one is answered after the other, also by several processes: wrong codes
    are counted, and nobody gets two forms or two reminders. On SQLite writers wait for each other anyway.
    """
    values = {
        "channel": inbound.channel,
        "key": inbound.key,
        "trace_id": trace_id,
        "sender_ref": inbound.sender_ref,
        "kind": inbound.kind.value,
        "text": inbound.text,
        "received_at": now,
        "sent_at": inbound.sent_at,
        "outcome": "open",
        "route": "",
    }
    inbox_id: int | None = session.scalar(_TAKE[session.get_bind().dialect.name], values)
    return inbox_id


def settle(
    session: Session,
    inbox_id: int,
    *,
    person_id: int | None,
    route: str,
    outcome: str,
    answer: dict[str, Any] | None = None,
) -> None:
    """Keep with an inbound whose it was, which handler took it, what became of it, and the answer."""
    new = {"new_person_id": person_id, "new_route": route, "new_outcome": outcome, "new_answer": answer}
    session.execute(_SETTLE, {"inbox_id": inbox_id, **new})


def find(session: Session, channel: str, key: str) -> Inbox | None:
    """Return the inbound that came with this key, or None."""
    return session.scalar(select(Inbox).where(Inbox.channel == channel, Inbox.key == key))


def previous_outcome(session: Session, inbox_id: int, inbound: Inbound) -> str:
    """Return the outcome of what the same account sent before; empty when this is the first."""
    return (
        session.scalar(
            select(Inbox.outcome)
            .where(Inbox.channel == inbound.channel, Inbox.sender_ref == inbound.sender_ref, Inbox.id < inbox_id)
            .order_by(Inbox.id.desc())
            .limit(1)
        )
        or ""
    )
