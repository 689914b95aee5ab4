"""Who need not answer: an admin excuses an org from a duty (免报), for one period or for all. Rows are never deleted.

models/duties.py reads it, so that lists, reminders, chases and rankings leave the org out of what they count.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.session import is_absent

Excused = tuple[int, str, str]  # org id, duty, period key; an empty key means every period


class Excuse(Base):
    """Says that an org need not meet a duty, until it is taken back."""

    __tablename__ = "excuse"

    id: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))
    duty: Mapped[str] = mapped_column(String(60))
    period: Mapped[str] = mapped_column(String(20), default="")  # empty: every period
    reason: Mapped[str] = mapped_column(Text, default="")  # as the admin wrote it
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    made_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time; None: it holds


Index("ix_excuse_org_duty", Excuse.org_id, Excuse.duty)


_HOLDING = select(Excuse.org_id, Excuse.duty, Excuse.period).where(Excuse.ended_at.is_(None))


def excuses(session: Session) -> frozenset[Excused]:
    """Return what holds now."""
    if is_absent(session, Excuse):
        return frozenset()
    return frozenset((org_id, duty, period) for org_id, duty, period in session.execute(_HOLDING))


def holding(session: Session, org_id: int, duty: str) -> list[Excuse]:
    """List what holds now for an org and a duty, oldest first."""
    query = select(Excuse).where(Excuse.org_id == org_id, Excuse.duty == duty, Excuse.ended_at.is_(None))
    return list(session.scalars(query.order_by(Excuse.id)))
