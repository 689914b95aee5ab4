"""A server's child ends when the process that made it is gone.

Killed with SIGKILL, the parent takes nobody along: its child would go on serving, hold the port and the lock of an
SQLite database, and nobody would bring it back when it dies in its turn.
"""

from __future__ import annotations

import os
import signal
import threading
import time

from bot.logs import get_logger

LOOK_SECONDS = 0.5
END_SECONDS = 20.0  # for a clean end; then it is gone all the same

log = get_logger(__name__)


def end_with_parent() -> None:
    """Watch the parent from now on."""
    threading.Thread(target=_watch, args=(os.getppid(),), name="orphan-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    log.error("parent-gone", parent=parent)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_SECONDS)
    os._exit(1)
