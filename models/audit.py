"""Who changed what, when, and by which inbound: append only, each row bound to the one before by its hash.

Written in the transaction of the change itself; nothing else writes here. The database refuses to change or delete a
row, whoever asks: guard() puts that into it, with create_all and with every migration. Whoever gets round that breaks
the chain, which verify() finds; the newest hash stands in every exported workbook, so that a cut end shows as well.
Nothing is deleted: six months are the least (decisions 15), and taking out older rows is an operator's deliberate act.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, String, event, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime

CHAIN_LOCK = 7_202_105_11  # advisory lock on PostgreSQL: rows are chained one after the other
REFUSAL = "audit is append only"  # what the database answers
_BATCH = 2000  # rows read at a time by verify()


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


# INSERT OR REPLACE deletes without a DELETE trigger on SQLite, hence the third.
_SQLITE = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for name, event in (
        ("audit_keep_update", "UPDATE ON audit"),
        ("audit_keep_delete", "DELETE ON audit"),
        ("audit_keep_replace", "INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"),
    )
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE OR REPLACE TRIGGER audit_keep_rows BEFORE UPDATE OR DELETE ON audit"
    " FOR EACH ROW EXECUTE FUNCTION audit_keep()",
    "CREATE OR REPLACE TRIGGER audit_keep_all BEFORE TRUNCATE ON audit"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_keep()",
)


def guard(connection: Connection) -> None:
    """Make the database refuse to change, replace or delete what stands in the audit. A second time does nothing."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)


event.listen(AuditRow.__table__, "after_create", lambda target, connection, **_: guard(connection))


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
    """Write one change into the running transaction. before and after hold JSON values: figures as strings.

    Every action, and every key in them, has its Chinese word in handlers/wording/records.py; a test compares.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
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
    row.hash = _hash(head(session) or "", row)
    session.add(row)
    session.flush()


def head(session: Session) -> str | None:
    """Return the hash of the newest row, over all of them; None when there is none."""
    return session.scalar(select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1))


def verify(session: Session) -> int | None:
    """Check the whole chain; returns the id of the first row that does not fit, None when all do."""
    previous, last = "", 0
    while rows := session.scalars(select(AuditRow).where(AuditRow.id > last).order_by(AuditRow.id).limit(_BATCH)).all():
        for row in rows:
            if row.hash != _hash(previous, row):
                return row.id
            previous, last = row.hash, row.id
        for row in rows:
            session.expunge(row)  # a long chain must not stay in memory
    return None


def about(
    session: Session,
    *,
    org_ids: Collection[int] | None = None,
    general: bool = False,
    subject: str | None = None,
    limit: int = 20,
) -> Sequence[AuditRow]:
    """Return changes, the newest first.

    org_ids: only of these orgs, all when None. general: also those that concern no org, such as a published ranking.
    """
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if org_ids is not None:
        of_them = AuditRow.org_id.in_(org_ids)
        query = query.where(or_(of_them, AuditRow.org_id.is_(None)) if general else of_them)
    if subject is not None:
        query = query.where(AuditRow.subject == subject)
    return session.scalars(query).all()


def newest_id(session: Session) -> int:
    """Return the id of the newest change, 0 when there is none."""
    return session.scalar(select(func.max(AuditRow.id))) or 0


def _hash(previous: str, row: AuditRow) -> str:
    at = row.at.astimezone(UTC).isoformat()
    told = [at, row.person_id, row.org_id, row.inbox_id, row.action, row.subject, row.before, row.after]
    return hashlib.sha256(f"{previous}\n{json.dumps(told, ensure_ascii=False, sort_keys=True)}".encode()).hexdigest()
