"""Firings of rules, each won once.

The key is the scheduled moment, never the moment of waking: two processes that wake at different instants still
collide, and the one whose insert succeeds writes the notices in the same transaction.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from sqlalchemy import String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.session import insert_new


class Fate(Enum):
    """What became of an occurrence."""

    FIRED = "fired"
    SKIPPED = "skipped"  # reason says why: too late, superseded, paused


class Occurrence(Base):
    """One firing of one rule, with the moment it was due."""

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("rule", "version", "scheduled_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    scheduled_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)  # campaign time it was due
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time it was taken up
    fate: Mapped[Fate]
    reason: Mapped[str] = mapped_column(Text, default="")
    notices: Mapped[int] = mapped_column(default=0)  # how many it wrote


def claim(
    session: Session, rule: str, version: int, scheduled_at: datetime, now: datetime, fate: Fate, reason: str = ""
) -> Occurrence | None:
    """Take an occurrence in the running transaction. Returns it, or None when somebody has it already."""
    key = {"rule": rule, "version": version, "scheduled_at": scheduled_at}
    values = {**key, "claimed_at": now, "fate": fate, "reason": reason, "notices": 0}
    if not insert_new(session, Occurrence, values, list(key)):
        return None
    return session.scalars(
        select(Occurrence).where(
            Occurrence.rule == rule, Occurrence.version == version, Occurrence.scheduled_at == scheduled_at
        )
    ).one()
