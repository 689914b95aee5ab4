"""An engine that runs only when told to: time in the tests moves by their own hand."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session


class ManualEngine:
    """Keeps what the bot gave it; run() ticks and drains until nothing is left to do."""

    def __init__(self) -> None:
        self._tick: Callable[[], object] = lambda: None
        self._drain: Callable[[str], object] = lambda channel: None
        self._pulse: Callable[[], object] = lambda: None
        self._channels: list[str] = []
        self._woken: set[str] = set()

    def before_commit(self, session: Session, channels: set[str]) -> None:
        """Nothing is stored: the tests drain by hand."""

    def after_commit(self, channels: set[str]) -> None:
        """Note who would be woken: the tests drain by hand."""
        self._woken |= channels

    def wake(self, channels: set[str]) -> None:
        """Note who would be woken: the tests drain by hand."""
        self._woken |= channels

    def start(
        self,
        tick: Callable[[], object],
        drain: Callable[[str], object],
        channels: list[str],
        pulse: Callable[[], object] = lambda: None,
    ) -> None:
        """Take what is to be run."""
        self._tick, self._drain, self._channels, self._pulse = tick, drain, channels, pulse

    def nudge(self) -> None:
        """Tick and drain at once."""
        self.run()

    def stop(self, seconds: float = 15.0) -> None:
        """There is nothing to stop."""

    def problem(self) -> str | None:
        """It is always alive."""
        return None

    def run(self) -> None:
        """Do what is due now."""
        self._tick()
        self._pulse()
        self.drain_all()

    def drain_woken(self) -> None:
        """Drain the channels that something was written for, as the bell after a commit does."""
        while self._woken & set(self._channels):
            woken, self._woken = self._woken, set()
            for channel in self._channels:
                if channel in woken:
                    self._drain(channel)

    def drain_all(self) -> None:
        """Drain every channel."""
        for channel in self._channels:
            self._drain(channel)
