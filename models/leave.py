"""Leave: the days on which a person is not to be reminded; reminders go to who stands in (models/audience.py).

A leave is never deleted: what is taken back or replaced keeps its row with the moment at which it ended.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime


class Leave(Base):
    """One leave of one person. Both days belong to it."""

    __tablename__ = "leave"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    noted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))  # the person, or an admin
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time it was taken back or replaced


def away_on(session: Session, day: date) -> set[int]:
    """Return the persons who are on leave on a day."""
    return away_between(session, day, day)


def away_between(session: Session, first_on: date, last_on: date) -> set[int]:
    """Return the persons who are on leave on at least one day of a stretch."""
    query = select(Leave.person_id).where(
        Leave.first_on <= last_on, Leave.last_on >= first_on, Leave.ended_at.is_(None)
    )
    return set(session.scalars(query))


def coming(session: Session, person_ids: Collection[int], day: date) -> Sequence[Leave]:
    """List the leaves of some persons that run on a day or begin later, the earliest first."""
    query = select(Leave).where(Leave.person_id.in_(person_ids), Leave.last_on >= day, Leave.ended_at.is_(None))
    return session.scalars(query.order_by(Leave.first_on, Leave.id)).all()


def note(
    session: Session, person_id: int, days: tuple[date, date], by_id: int, now: datetime
) -> tuple[Leave, list[Leave]]:
    """Note a leave. Those of the person that overlap it end; returns the new one and those."""
    first_on, last_on = days
    replaced = [each for each in coming(session, [person_id], first_on) if each.first_on <= last_on]
    for each in replaced:
        each.ended_at = now
    row = Leave(person_id=person_id, first_on=first_on, last_on=last_on, noted_by_id=by_id, noted_at=now)
    session.add(row)
    session.flush()
    return row, replaced


def end(session: Session, found: Sequence[Leave], now: datetime) -> list[Leave]:
    """Take leaves back. Returns them."""
    for each in found:
        each.ended_at = now
    session.flush()
    return list(found)
