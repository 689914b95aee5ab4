"""A process that only ticks and delivers. Any number may run on PostgreSQL, one on SQLite."""

from __future__ import annotations

import signal
import threading

from bot.app import build
from bot.config import Loaded


def run(loaded: Loaded) -> None:
    """Work until SIGTERM or SIGINT. Raises SchemaError, AlreadyRunning."""
    bot = build(loaded)
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    try:
        bot.start()
        asked.wait()
    finally:
        bot.stop()
