"""What fits into the limits that a platform keeps by dropping the excess without a word. Called inside a claim.

Limits of one user and of a day; the channel's calls a minute stand in channel_state alone. Who does not fit waits for
his window, and nobody else does. Bulk leaves a share of every limit to answers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from bot.channels.base import Capabilities
from models import member_calls
from models.channel_state import ChannelState, next_day, share_for_bulk
from models.outbox import Lane, Notice, Status
from models.people import Identity

LOOK_AGAIN = timedelta(hours=1)  # what a day's limit holds is looked at so often


def fitting(
    session: Session, can: Capabilities, state: ChannelState, wanted: Sequence[Notice], now: datetime
) -> Sequence[Notice]:
    """Return the notices of one call that may go now; the others are put off. now: transport time.

    A repeat of an unanswered call goes whole or not at all: with another list the platform would not weed it out.
    """
    if not wanted or not (can.per_user or can.per_day or can.per_account):
        return wanted
    bulk, whole = wanted[0].lane == Lane.BULK.value, wanted[0].call_ref != ""
    full = busy_users(session, can, state, [notice.user_ref for notice in wanted], now, bulk=bulk)
    going = [notice for notice in wanted if notice.user_ref.casefold() not in full]
    if whole and full:
        _put_off(session, [Notice.id.in_([notice.id for notice in wanted])], max(full.values()))
        return []
    waits = (Notice.channel == state.channel, Notice.call_ref == "", Notice.lane == wanted[0].lane)
    for ref, moment in full.items():
        _put_off(session, [*waits, func.lower(Notice.user_ref) == ref], moment)
    left = _left_today(day_limit(session, can, state.channel), state, now, bulk=bulk)
    if left is None or (left >= len(going) or (whole and left > 0)):
        return going
    if left == 0:
        which = [Notice.id.in_([notice.id for notice in going])] if whole else [*waits]
        _put_off(session, which, min(now + LOOK_AGAIN, next_day(now)))
    return going[:left]


def busy_users(
    session: Session, can: Capabilities, state: ChannelState, refs: Collection[str], now: datetime, *, bulk: bool
) -> dict[str, datetime]:
    """Return the users to whom nothing more fits now, and from when on it does."""
    limits = [limit.for_bulk() if bulk else limit for limit in can.per_user]
    return member_calls.full(session, state.channel, refs, limits, now)


def count(session: Session, can: Capabilities, state: ChannelState, refs: Collection[str], now: datetime) -> None:
    """Count a call that is about to be made, with a message to each of its users."""
    state.take(can.limit, now)
    member_calls.take(session, state.channel, refs, can.per_user, now)
    if can.per_day or can.per_account:
        state.take_messages(len(refs), now)


def day_limit(session: Session, can: Capabilities, channel: str) -> int:
    """Return the person-messages of a day; 0: there is no such limit.

    Who does not say how many accounts his corp may have is held to those that we know: the corp has at least as many,
    and 200 a day for each is more than anybody should get (decided by us 2026-11-24).
    """
    if can.per_day or not can.per_account:
        return can.per_day
    known = session.scalar(select(func.count(Identity.id)).where(Identity.channel == channel)) or 0
    return can.per_account * max(1, known)


def _left_today(limit: int, state: ChannelState, now: datetime, *, bulk: bool) -> int | None:
    """Return how many person-messages may still go today; None: there is no limit."""
    if not limit:
        return None
    return max(0, (share_for_bulk(limit) if bulk else limit) - state.sent_today(now))


def _put_off(session: Session, which: Sequence[ColumnElement[bool]], until: datetime) -> None:
    """Let notices wait; no try is used up."""
    earlier = or_(Notice.next_try_at.is_(None), Notice.next_try_at < until)
    session.execute(
        update(Notice)
        .where(*which, earlier, Notice.status == Status.WAITING)
        .values(next_try_at=until)
        .execution_options(synchronize_session=False)
    )
