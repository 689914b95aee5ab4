"""The port to what wakes us: local (APScheduler, one process) or a cluster (Procrastinate, on PostgreSQL).

Notices, occurrences and attempts are ours; who wakes up, where, and what happens when a process dies is the engine's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlalchemy.orm import Session


class Engine(Protocol):
    """Runs drain(channel) after a commit that wrote notices for it, and tick() at least once a minute.

    At least once: running a drain or a tick twice is harmless. At most one drain of a channel runs at a time.
    """

    def before_commit(self, session: Session, channels: set[str]) -> None:
        """Called inside the transaction that wrote notices; what it stores is rolled back with it."""

    def after_commit(self, channels: set[str]) -> None:
        """Called after that transaction has committed."""

    def wake(self, channels: set[str]) -> None:
        """Drain these channels soon. For channels with something to send, since a wake can be lost."""

    def start(
        self,
        tick: Callable[[], object],
        drain: Callable[[str], object],
        channels: list[str],
        pulse: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin to wake. All three may be called from any thread.

        tick:  looks what is due and calls wake() for what can be sent; of many processes one does it.
        pulse: called in each process that works, at least every 15 s, while it is alive.
        """

    def nudge(self) -> None:
        """Tick as soon as possible, e.g. after the demo clock was pushed on."""

    def stop(self, seconds: float = 15.0) -> None:
        """Stop waking, let what runs finish within so many seconds."""

    def problem(self) -> str | None:
        """Return what is wrong with it in a few words, or None when it is alive."""
