"""The stepped clock of a simulation: a file that all its processes read, so that they agree at every moment.

It has two hands. The campaign's shows the day of the campaign; the wall's is the transport time of leases, repeats
and the platform. Both stand still between two steps, and no process moves them but the runner.
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
    """Both hands of one simulation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.campaign = Hand(path, 0)
        self.wall = Hand(path, 1)

    def begin(self, moment: datetime) -> None:
        """Make the file: both hands show an aware moment."""
        self._write(moment, moment)

    def step(self, moment: datetime) -> None:
        """Put the campaign's hand at a moment, also back; the wall's goes on by as much, but never back."""
        shown = self.campaign.now()
        self._write(moment, self.wall.now() + max(moment - shown, timedelta(0)))

    def wait(self, until: datetime) -> None:
        """Let only the wall's hand go on, to a moment that is not past."""
        self._write(self.campaign.now(), max(until, self.wall.now()))

    def _write(self, campaign: datetime, wall: datetime) -> None:
        """Replace the file whole: a reader sees the old moments or the new ones."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{campaign.astimezone(UTC).isoformat()} {wall.astimezone(UTC).isoformat()}\n")
        os.replace(fresh, self.path)
