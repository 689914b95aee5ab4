"""A process that only ticks and delivers. Any number may run on PostgreSQL, one on SQLite."""

from __future__ import annotations

import signal
import threading
from typing import Protocol


class Working(Protocol):
    """What works: a bot of app.py."""

    def start(self) -> None:
        """Begin. Raises SchemaError, AlreadyRunning."""

    def stop(self) -> None:
        """End within seconds."""


def run(bot: Working) -> None:
    """Work until SIGTERM or SIGINT. Main thread only."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    try:
        bot.start()
        asked.wait()
    finally:
        bot.stop()
