"""Who changed what, when, and by which inbound: append only, each row bound to the one before by its hash.

Written at the end of the transaction of the change itself; nothing else writes here. The database refuses to change or
delete a row, whoever asks: guard() puts that into it, with create_all and with every migration. Whoever gets round
that breaks the chain, which verify() finds; the newest hash stands in every exported workbook, so that a cut end shows
as well.
Six months are the least (decisions 15). What is older may go, only from the front and only as a whole: a checkpoint
keeps the hash from which the rest goes on, and the database refuses one that would let go of anything younger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Connection, ForeignKey, String, delete, event, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from models.base import Base, UtcDateTime

CHAIN_LOCK = 7_202_105_11  # advisory lock on PostgreSQL: rows are chained one after the other
REFUSAL = "audit is append only"  # what the database answers
KEPT_DAYS = 184  # at the least: six months, the longest six (网络安全法 第二十三条)
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


class Checkpoint(Base):
    """Where the chain begins since older rows were let go. Append only; the newest one counts."""

    __tablename__ = "audit_checkpoint"

    through_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # rows up to this id are gone
    hash: Mapped[str] = mapped_column(String(64))  # of that row
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time


# A backup is restored in this order. The type of __table__ hides that it is a Table.
Checkpoint.__table__.add_is_dependent_on(AuditRow.__table__)  # type: ignore[attr-defined]  # see above

# A checkpoint is refused when no row stands behind it, when it is not the hash of its row, or when a row would go that
# is less than six months older than the newest one: what is asked for stands here as SQL for both databases.
_TOO_EARLY = """
    NOT EXISTS (SELECT 1 FROM audit WHERE id > NEW.through_id)
    OR EXISTS (SELECT 1 FROM audit WHERE id <= NEW.through_id AND {young})
    OR (EXISTS (SELECT 1 FROM audit WHERE id <= NEW.through_id)
        AND NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.through_id AND hash = NEW.hash))
"""
_NEWEST = "(SELECT at FROM audit ORDER BY id DESC LIMIT 1)"
_LET_GO = "EXISTS (SELECT 1 FROM audit_checkpoint WHERE through_id >= OLD.id)"
# INSERT OR REPLACE deletes without a DELETE trigger on SQLite, hence the extra ones.
_SQLITE = tuple(
    statement
    for name, event_ in (
        ("audit_keep_update", "UPDATE ON audit"),
        ("audit_keep_delete", f"DELETE ON audit WHEN NOT {_LET_GO}"),
        ("audit_keep_replace", "INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"),
        ("checkpoint_keep_update", "UPDATE ON audit_checkpoint"),
        ("checkpoint_keep_delete", "DELETE ON audit_checkpoint"),
        (
            "checkpoint_keep_replace",
            "INSERT ON audit_checkpoint WHEN EXISTS (SELECT 1 FROM audit_checkpoint WHERE through_id = NEW.through_id)",
        ),
        (
            "checkpoint_too_early",
            "INSERT ON audit_checkpoint WHEN "
            + _TOO_EARLY.format(young=f"julianday(at) > julianday({_NEWEST}) - {KEPT_DAYS}"),
        ),
    )
    for statement in (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} BEFORE {event_} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
    )
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN IF TG_TABLE_NAME = 'audit' AND TG_OP = 'DELETE' THEN IF {_LET_GO} THEN RETURN OLD; END IF; END IF;"
    f" RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE OR REPLACE FUNCTION audit_checkpoint_keep() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN IF {_TOO_EARLY.format(young=f'at > {_NEWEST} - interval $i${KEPT_DAYS} days$i$')} THEN"
    f" RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW; END $$",
    *(
        f"CREATE OR REPLACE TRIGGER {table}_keep_{what} BEFORE {when} ON {table}"
        f" FOR EACH {each} EXECUTE FUNCTION audit_keep()"
        for table in ("audit", "audit_checkpoint")
        for what, when, each in (("rows", "UPDATE OR DELETE", "ROW"), ("all", "TRUNCATE", "STATEMENT"))
    ),
    "CREATE OR REPLACE TRIGGER audit_checkpoint_early BEFORE INSERT ON audit_checkpoint"
    " FOR EACH ROW EXECUTE FUNCTION audit_checkpoint_keep()",
)


def guard(connection: Connection) -> None:
    """Make the database refuse to change, replace or delete what stands in the audit. A second time does nothing."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.exec_driver_sql(statement)


event.listen(Checkpoint.__table__, "after_create", lambda target, connection, **_: guard(connection))


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
    """Note one change, for the running transaction to write. before, after: JSON values, figures as strings.

    The rows of a transaction are chained when it ends, so that nobody else waits for the chain while it works. Every
    action, and every key in before and after, has its Chinese word in handlers/wording/records.py; a test compares.
    """
    row = {
        "at": at,
        "person_id": person_id,
        "org_id": org_id,
        "inbox_id": inbox_id,
        "action": action,
        "subject": subject,
        "before": dict(before) if before is not None else None,
        "after": dict(after) if after is not None else None,
    }
    if session.in_nested_transaction():  # what is rolled back to a savepoint takes its rows with it, and no others
        _write(session, [row])
    else:
        session.info.setdefault(_NOTED, []).append(row)


_HASHED = ("person_id", "org_id", "inbox_id", "action", "subject", "before", "after")
_NOTED = "audit-noted"  # of a session: rows that are not written yet
_INSERT = AuditRow.__table__.insert()  # type: ignore[attr-defined]  # the type of __table__ hides that it is a Table
_HEAD = select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)


def _write_noted(session: Session) -> None:
    """Write what was noted so far."""
    rows = session.info.pop(_NOTED, None)
    if rows:
        session.flush()  # as ever, the change stands before its row
        _write(session, rows)


def _write(session: Session, rows: list[dict[str, Any]]) -> None:
    """Chain rows and write them."""
    _alone(session)
    previous = session.scalar(_HEAD) or ""
    for row in rows:
        previous = row["hash"] = _hash(previous, row)
    session.execute(_INSERT, rows if len(rows) > 1 else rows[0])


def _alone(session: Session) -> None:
    """Let the chain grow by one transaction after the other. On SQLite writers wait for each other anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_LOCK, {"key": CHAIN_LOCK})


_LOCK = text("SELECT pg_advisory_xact_lock(:key)")


event.listen(Session, "before_commit", _write_noted)


@event.listens_for(Session, "after_soft_rollback")
def _drop_noted(session: Session, ended: SessionTransaction) -> None:
    """Drop what was noted about changes that are gone."""
    if ended.parent is None:
        session.info.pop(_NOTED, None)


def _show_noted(session: Session) -> None:
    """Let who reads the audit see what this transaction has noted.

    Not from within a savepoint: rolled back, it would take rows with it that were noted before it. There they wait.
    """
    if not session.in_nested_transaction():
        _write_noted(session)


def head(session: Session) -> str | None:
    """Return the hash of the newest row, over all of them; None when there is none."""
    _show_noted(session)
    return session.scalar(_HEAD)


def verify(session: Session) -> int | None:
    """Check the whole chain; returns the id of the first row that does not fit, None when all do."""
    _show_noted(session)
    begun = session.scalar(select(Checkpoint).order_by(Checkpoint.through_id.desc()).limit(1))
    previous, last = (begun.hash, begun.through_id) if begun else ("", 0)
    if left := session.scalar(select(func.min(AuditRow.id)).where(AuditRow.id <= last)):
        return left
    while rows := session.scalars(select(AuditRow).where(AuditRow.id > last).order_by(AuditRow.id).limit(_BATCH)).all():
        for row in rows:
            if row.hash != _hash(previous, vars(row)):
                return row.id
            previous, last = row.hash, row.id
        for row in rows:
            session.expunge(row)  # a long chain must not stay in memory
    return None


def forget(session: Session, before: datetime, now: datetime) -> int:
    """Let go of the rows from the front that were written before a moment, and keep where the rest begins.

    before: at least KEPT_DAYS before the newest row, or the database refuses. Of the rest at least one row stays.
    Returns how many went.
    """
    _show_noted(session)
    _alone(session)
    first_kept = session.scalar(select(func.min(AuditRow.id)).where(AuditRow.at >= before))
    if first_kept is None:
        return 0
    last = session.scalar(select(AuditRow).where(AuditRow.id < first_kept).order_by(AuditRow.id.desc()).limit(1))
    if last is None:
        return 0
    session.add(Checkpoint(through_id=last.id, hash=last.hash, made_at=now))
    session.flush()
    gone = session.execute(delete(AuditRow).where(AuditRow.id <= last.id))
    return int(gone.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def oldest_at(session: Session) -> datetime | None:
    """Return when the oldest row that is left was written, or None."""
    return session.scalar(select(AuditRow.at).order_by(AuditRow.id).limit(1))


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
    _show_noted(session)
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if org_ids is not None:
        of_them = AuditRow.org_id.in_(org_ids)
        query = query.where(or_(of_them, AuditRow.org_id.is_(None)) if general else of_them)
    if subject is not None:
        query = query.where(AuditRow.subject == subject)
    return session.scalars(query).all()


def newest_id(session: Session) -> int:
    """Return the id of the newest change, 0 when there is none."""
    _show_noted(session)
    return session.scalar(select(func.max(AuditRow.id))) or 0


def _hash(previous: str, row: Mapping[str, Any]) -> str:
    told = [row["at"].astimezone(UTC).isoformat(), *(row[name] for name in _HASHED)]
    return hashlib.sha256(f"{previous}\n{json.dumps(told, ensure_ascii=False, sort_keys=True)}".encode()).hexdigest()
