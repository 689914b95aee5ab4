"""What time it is: for the campaign, and for the wire. Nobody else asks the system.

Business time (what day it is, what is due, when a report counts) comes from a Clock that may be a demo clock.
Transport time (signatures, tokens, retries, codes, open questions) is always SystemClock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time as an aware UTC moment."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's moment."""
        return datetime.now(UTC)


@dataclass(frozen=True)
class AnchoredClock:
    """A clock that stood at `shows` when the machine's clock stood at `since`, and runs `speed` times as fast."""

    since: datetime
    shows: datetime
    speed: float
    wall: Clock

    def now(self) -> datetime:
        """Return the moment that this clock shows."""
        elapsed = (self.wall.now() - self.since).total_seconds()
        return self.shows + timedelta(seconds=elapsed * self.speed)


class SettableClock:
    """A clock that stands where it was put, for rehearsals and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the moment it was put at."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Put the clock at an aware moment."""
        self._now = moment.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Push the clock on."""
        self._now += by
