"""What admins change while the campaign runs, as rows that are only added, and the campaign as it is with them.

Undoing is one more row. What the rows mean is models/campaign/amended.py's; Effective is what every part of the bot
asks for the campaign, so that a change holds everywhere at once, in any process.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.campaign.amended import Amendment, Kind, amended
from models.campaign.definition import Campaign

_LOCK = 7_202_105_13  # advisory lock on PostgreSQL: ids become visible in their order

_MARK = "newest-amendment"  # of a session, see note_newest()

Mark = tuple[int, datetime]  # the newest row; its moment tells a number that was given twice, after a rollback


class AmendmentRow(Base):
    """One change. Append only."""

    __tablename__ = "amendment"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind]
    subject: Mapped[str] = mapped_column(String(60))  # key of a duty or rule, or amended.EVERYTHING
    period: Mapped[str | None] = mapped_column(String(20))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"))
    value: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: a command on the server


def add(
    session: Session,
    kind: Kind,
    subject: str,
    made_at: datetime,
    made_by_id: int | None,
    *,
    period: str | None = None,
    org_id: int | None = None,
    value: Mapping[str, Any] | None = None,
) -> Amendment:
    """Write a change into the running transaction; from its commit on it holds. The caller notes it in the audit."""
    alone(session)
    row = AmendmentRow(
        kind=kind,
        subject=subject,
        period=period,
        org_id=org_id,
        value=dict(value or {}),
        made_at=made_at,
        made_by_id=made_by_id,
    )
    session.add(row)
    session.flush()
    session.info.pop(_MARK, None)
    return _plain(row)


def alone(session: Session) -> None:
    """Let changes be made one after the other until commit. On SQLite writers wait for each other anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def every(session: Session) -> list[Amendment]:
    """List all changes, oldest first."""
    return [_plain(row) for row in session.scalars(select(AmendmentRow).order_by(AmendmentRow.id))]


def after(session: Session, seen: int) -> list[Amendment]:
    """List the changes after one, oldest first."""
    query = select(AmendmentRow).where(AmendmentRow.id > seen).order_by(AmendmentRow.id)
    return [_plain(row) for row in session.scalars(query)]


_NEWEST = select(AmendmentRow.id, AmendmentRow.made_at).order_by(AmendmentRow.id.desc()).limit(1)


def newest(session: Session) -> Mark | None:
    """Return the newest change, None when there is none. One look at an index: asked at every tick and inbound."""
    if _MARK in session.info:
        known: Mark | None = session.info[_MARK]
        return known
    row = session.execute(_NEWEST).first()
    return None if row is None else (row.id, row.made_at)


def note_newest(session: Session, mark: Mark | None) -> None:
    """Note for this transaction what the newest change is, when it was asked for beside other things."""
    session.info[_MARK] = mark


def _plain(row: AmendmentRow) -> Amendment:
    return Amendment(row.id, row.kind, row.subject, row.made_at, row.period, row.org_id, row.value)


class Effective:
    """The campaign of the file with what admins have changed. One for a process; safe to ask from many threads."""

    def __init__(self, base: Campaign) -> None:
        self.base = base
        self._known: tuple[Mark | None, Campaign] = (None, base)

    def campaign(self, session: Session) -> Campaign:
        """Return the campaign as it is for this transaction; the very same object as long as nothing changes."""
        mark = newest(session)
        known, campaign = self._known
        if mark != known:
            campaign = amended(self.base, every(session)) if mark else self.base
            self._known = (mark, campaign)
        return campaign
