"""A process that only ticks and delivers. Any number may run on PostgreSQL, one on SQLite."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Protocol

from bot.logs import get_logger

LINGER_SECONDS = 2.0  # for threads to end after the stop; a call that hangs would hold the process for minutes

log = get_logger(__name__)


class Working(Protocol):
    """What works: a bot of app.py."""

    def start(self) -> None:
        """Begin. Raises SchemaError, AlreadyRunning."""

    def stop(self) -> None:
        """End within seconds."""


def run(bot: Working) -> None:
    """Work until SIGTERM or SIGINT. Main thread only. Ends the process itself when something hangs after the stop."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.set())
    try:
        bot.start()
        asked.wait()
    finally:
        bot.stop()
    until = time.monotonic() + LINGER_SECONDS
    for thread in [each for each in threading.enumerate() if each is not threading.main_thread()]:
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():  # Python would wait for those of pools; what it does is taken up after its lease
            log.warning("thread-left-running", thread=thread.name)
            sys.stderr.flush()
            os._exit(0)
