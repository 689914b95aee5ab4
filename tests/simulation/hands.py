"""The stepped clock of a simulation: a file that all its processes read, so that they agree at every moment.

It has three hands. The campaign's shows the day of the campaign; the wall's is the transport time of leases and
repeats; the platform has its own. They stand still between two steps, and no process moves them but the runner.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Hand:
    """One hand: what the bot takes for a clock."""

    def __init__(self, path: Path, column: int) -> None:
        self.path = path
        self._column = column

    def now(self) -> datetime:
        """Return the moment it shows."""
        return datetime.fromisoformat(self.path.read_text().split()[self._column])


class SteppedClock:
    """The hands of one simulation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.campaign = Hand(path, 0)
        self.wall = Hand(path, 1)
        self.platform = Hand(path, 2)

    def begin(self, moment: datetime) -> None:
        """Make the file: all hands show an aware moment."""
        self._write(moment, moment, moment)

    def step(self, moment: datetime) -> None:
        """Let time pass until the campaign's hand shows a moment."""
        self._pass(moment - self.campaign.now(), campaign=True)

    def wait(self, until: datetime) -> None:
        """Let time pass until the wall's hand shows a moment, while the campaign's stands."""
        self._pass(until - self.wall.now(), campaign=False)

    def turn(self, by: timedelta) -> None:
        """Set the bot's clock, forward or back, while no time passes: the platform's is not touched."""
        self._write(self.campaign.now() + by, self.wall.now() + by, self.platform.now())

    def _pass(self, span: timedelta, *, campaign: bool) -> None:
        span = max(span, timedelta(0))
        shown = self.campaign.now()
        self._write(shown + span if campaign else shown, self.wall.now() + span, self.platform.now() + span)

    def _write(self, *hands: datetime) -> None:
        """Replace the file whole: a reader sees the old moments or the new ones."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(" ".join(hand.astimezone(UTC).isoformat() for hand in hands))
        os.replace(fresh, self.path)
