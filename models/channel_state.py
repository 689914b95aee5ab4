"""How each channel stands, for all processes: whether it rests and why, and its latest calls where they are limited.

One row a channel. It is locked by whoever claims notices on the channel, so that a call is counted in the transaction
of its claim, and two processes together never go over a limit. The platform's own limits: pages 99110 and 90312.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import JSON, String, select, update
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.session import insert_new

PLATFORM_ZONE = timezone(timedelta(hours=8))  # its days, for what it counts by the day
ANSWERS_SHARE = 10  # per cent of every limit that bulk leaves to answers (reliability report 3.5)
SLACK = 1.0  # seconds that the platform's window may lie off ours, and our machines' clocks off each other


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in any so many seconds."""

    calls: int
    seconds: float

    def for_bulk(self) -> Limit:
        """Return what of it bulk may use."""
        return Limit(share_for_bulk(self.calls), self.seconds)


def share_for_bulk(calls: int) -> int:
    """Return what of a limit bulk may use: the rest is for answers."""
    return max(1, calls * (100 - ANSWERS_SHARE) // 100)


class ChannelState(Base):
    """One channel. All moments are of transport time."""

    __tablename__ = "channel_state"

    channel: Mapped[str] = mapped_column(String(60), primary_key=True)
    rests_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(LongText, default="")  # why it rests, or rested and has not been well since
    waits: Mapped[int] = mapped_column(default=0)  # rests in a row
    alert: Mapped[bool] = mapped_column(default=False)  # only an operator can help
    calls: Mapped[list[float]] = mapped_column(JSON, default=list)  # seconds since the epoch; only those that count
    day: Mapped[str] = mapped_column(String(10), default="")  # the platform's day that day_messages counts
    day_messages: Mapped[int] = mapped_column(default=0)  # person-messages: one to a hundred users is a hundred

    def rest(self, now: datetime, longest: float) -> float:
        """Return the seconds for which it rests; one longer than any that we set is of a clock since set back."""
        left = (self.rests_until - now).total_seconds() if self.rests_until else 0.0
        return left if 0 < left <= longest else 0.0

    def ready_in(self, limit: Limit | None, now: datetime) -> float:
        """Return the seconds until one more call fits into its limit."""
        recent = self._recent(limit, now)
        if limit is None or len(recent) < limit.calls:
            return 0.0
        return recent[-limit.calls] + limit.seconds + SLACK - now.timestamp()

    def take(self, limit: Limit | None, now: datetime) -> None:
        """Count a call that is about to be made."""
        if limit is not None:
            self.calls = [*self._recent(limit, now), now.timestamp()]

    def sent_today(self, now: datetime) -> int:
        """Return the person-messages of the platform's present day."""
        return self.day_messages if self.day == platform_day(now) else 0

    def take_messages(self, count: int, now: datetime) -> None:
        """Count person-messages that are about to be sent."""
        self.day, self.day_messages = platform_day(now), self.sent_today(now) + count

    def _recent(self, limit: Limit | None, now: datetime) -> list[float]:
        """Return the calls that still count, oldest first; those of a clock that ran ahead do not."""
        if limit is None:
            return []
        second = now.timestamp()
        return sorted(at for at in self.calls if second - limit.seconds - SLACK < at <= second + limit.seconds)


def platform_day(now: datetime) -> str:
    """Return the platform's day, as ISO date."""
    return now.astimezone(PLATFORM_ZONE).date().isoformat()


def next_day(now: datetime) -> datetime:
    """Return when the platform begins to count anew."""
    local = now.astimezone(PLATFORM_ZONE)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1, seconds=SLACK)


def lock(session: Session, channel: str) -> ChannelState:
    """Return a channel's row, locked until the transaction ends; it is made when there is none."""
    wanted = select(ChannelState).where(ChannelState.channel == channel).with_for_update()
    wanted = wanted.execution_options(populate_existing=True)
    state = session.scalar(wanted)
    if state is None:
        insert_new(session, ChannelState, {"channel": channel}, ["channel"])
        state = session.scalars(wanted).one()
    return state


def find(session: Session, channels: list[str]) -> list[ChannelState]:
    """Return the rows of channels, those that there are."""
    return list(session.scalars(select(ChannelState).where(ChannelState.channel.in_(channels))))


def is_well(session: Session, channel: str) -> None:
    """Note that a call went through: nothing is held against the channel any more."""
    session.execute(
        update(ChannelState)
        .where(ChannelState.channel == channel, ChannelState.waits > 0)
        .values(rests_until=None, reason="", waits=0, alert=False)
        .execution_options(synchronize_session=False)
    )
