"""Requests to join: 我是 单位 姓名 of an account that belongs to nobody, until an admin settles it.

A request never changes: who claims something else makes a new one with a new number, so that 同意 3 means exactly what
the admin was shown. Of two admins who settle the same request one wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime

WAITING, ACCEPTED, DECLINED, REPLACED = "waiting", "accepted", "declined", "replaced"


class JoinRequest(Base):
    """One claim of one account. Its id is the number that admins answer with."""

    __tablename__ = "join_request"
    __table_args__ = (
        Index("ix_join_request_account", "channel", "user_ref"),
        {"sqlite_autoincrement": True},  # a number that was used once never comes again
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    user_ref: Mapped[str] = mapped_column(String(64))  # casefolded, as in identity
    name: Mapped[str] = mapped_column(String(40))
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time: so many a day
    outcome: Mapped[str] = mapped_column(String(20), default=WAITING)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


def waiting_of(session: Session, channel: str, user_ref: str) -> JoinRequest | None:
    """Return the open request of an account, or None."""
    return session.scalar(
        select(JoinRequest)
        .where(JoinRequest.channel == channel, JoinRequest.user_ref == user_ref, JoinRequest.outcome == WAITING)
        .order_by(JoinRequest.id.desc())
        .limit(1)
    )


def made_since(session: Session, channel: str, user_ref: str, since: datetime) -> int:
    """Count the requests of an account since a moment of transport time."""
    query = select(func.count()).where(
        JoinRequest.channel == channel, JoinRequest.user_ref == user_ref, JoinRequest.asked_at > since
    )
    return session.scalar(query) or 0


def claim(session: Session, request: JoinRequest) -> JoinRequest:
    """Keep a request; an open one of the same account is replaced."""
    session.execute(
        update(JoinRequest)
        .where(
            JoinRequest.channel == request.channel,
            JoinRequest.user_ref == request.user_ref,
            JoinRequest.outcome == WAITING,
        )
        .values(outcome=REPLACED, settled_at=request.made_at)
    )
    session.add(request)
    session.flush()
    return request


def settle(session: Session, request_id: int, outcome: str, person_id: int | None, now: datetime) -> bool:
    """Settle a request. Returns whether it was still open: of two at once one wins."""
    result = session.execute(
        update(JoinRequest)
        .where(JoinRequest.id == request_id, JoinRequest.outcome == WAITING)
        .values(outcome=outcome, settled_at=now, settled_by_id=person_id)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def waiting(session: Session, org_ids: set[int]) -> Sequence[JoinRequest]:
    """List the open requests for some orgs, oldest first."""
    found = session.scalars(select(JoinRequest).where(JoinRequest.outcome == WAITING).order_by(JoinRequest.id))
    return [request for request in found if request.org_id in org_ids]
