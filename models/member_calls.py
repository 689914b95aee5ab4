"""How much each user was sent lately on a channel whose platform drops what is too much without a word.

One row a message to one user, kept for the longest window. Written and counted under the lock of the channel's row
(channel_state.lock), in the transaction of the claim, so that all processes together stay within a limit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Index, String, and_, delete, func, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.channel_state import SLACK, Limit


class MemberCall(Base):
    """One message to one user, about to be sent or sent."""

    __tablename__ = "member_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(60))
    user_ref: Mapped[str] = mapped_column(String(64))  # casefolded
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time


Index("ix_member_call_user", MemberCall.channel, MemberCall.user_ref, MemberCall.at)
Index("ix_member_call_at", MemberCall.channel, MemberCall.at)


def full(
    session: Session, channel: str, user_refs: Collection[str], limits: Sequence[Limit], now: datetime
) -> dict[str, datetime]:
    """Return the users (casefolded) to whom no message fits now, and from when on one does. now: transport time."""
    refs = {ref.casefold() for ref in user_refs}
    found: dict[str, datetime] = {}
    for limit in limits:
        lately = and_(MemberCall.channel == channel, MemberCall.user_ref.in_(refs), _within(limit, now))
        counted = select(MemberCall.user_ref).where(lately).group_by(MemberCall.user_ref)
        for ref in session.scalars(counted.having(func.count(MemberCall.id) >= limit.calls)).all():
            oldest = session.scalars(
                select(MemberCall.at)
                .where(lately, MemberCall.user_ref == ref)
                .order_by(MemberCall.at.desc())
                .offset(limit.calls - 1)
                .limit(1)
            ).one()
            free_at = oldest + timedelta(seconds=limit.seconds + SLACK)
            found[ref] = max(free_at, found.get(ref, free_at))
    return found


def take(session: Session, channel: str, user_refs: Collection[str], limits: Sequence[Limit], now: datetime) -> None:
    """Count a message to each of these users, and forget what no window reaches any more. now: transport time."""
    if not limits or not user_refs:
        return
    longest = timedelta(seconds=max(limit.seconds for limit in limits) + SLACK)
    passed = or_(MemberCall.at <= now - longest, MemberCall.at > now + longest)  # or of a clock since set back
    session.execute(delete(MemberCall).where(MemberCall.channel == channel, passed))
    session.execute(
        insert(MemberCall), [{"channel": channel, "user_ref": ref.casefold(), "at": now} for ref in user_refs]
    )


def _within(limit: Limit, now: datetime) -> ColumnElement[bool]:
    window = timedelta(seconds=limit.seconds)
    return and_(MemberCall.at > now - window - timedelta(seconds=SLACK), MemberCall.at <= now + window)
