"""Who changed what, when, and by which inbound: append only, each row bound to the one before by its hash.

A row that is changed or taken out breaks the chain, which verify() finds. Kept six months (decisions 15). Written in
the transaction of the change itself; nothing else writes here, and nothing ever updates a row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime

CHAIN_LOCK = 7_202_105_11  # advisory lock on PostgreSQL: rows are chained one after the other


class AuditRow(Base):
    """One change."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)  # None: the clock, a command
    org_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"), index=True)  # whose figures or people it is about
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))
    action: Mapped[str] = mapped_column(String(40))  # report, correct, undo, invite, join, publish ...
    subject: Mapped[str] = mapped_column(String(80), index=True)  # report:12, person:3, ranking:follow-rate
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    hash: Mapped[str] = mapped_column(String(64))  # over this row and the hash of the one before


def note(
    session: Session,
    action: str,
    subject: str,
    at: datetime,
    *,
    person_id: int | None = None,
    org_id: int | None = None,
    inbox_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one change into the running transaction. before and after hold JSON values: figures as strings."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    previous = session.scalar(select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)) or ""
    row = AuditRow(
        at=at,
        person_id=person_id,
        org_id=org_id,
        inbox_id=inbox_id,
        action=action,
        subject=subject,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        hash="",
    )
    row.hash = _hash(previous, row)
    session.add(row)
    session.flush()


def verify(session: Session) -> int | None:
    """Check the whole chain; returns the id of the first row that does not fit, None when all do."""
    previous = ""
    for row in session.scalars(select(AuditRow).order_by(AuditRow.id)):
        if row.hash != _hash(previous, row):
            return row.id
        previous = row.hash
    return None


def about(
    session: Session, *, org_ids: Sequence[int] | None = None, subject: str | None = None, limit: int = 20
) -> Sequence[AuditRow]:
    """Return changes, the newest first."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if org_ids is not None:
        query = query.where(AuditRow.org_id.in_(org_ids))
    if subject is not None:
        query = query.where(AuditRow.subject == subject)
    return session.scalars(query).all()


def _hash(previous: str, row: AuditRow) -> str:
    told = [row.at.isoformat(), row.person_id, row.org_id, row.inbox_id, row.action, row.subject, row.before, row.after]
    return hashlib.sha256(f"{previous}\n{json.dumps(told, ensure_ascii=False, sort_keys=True)}".encode()).hexdigest()
