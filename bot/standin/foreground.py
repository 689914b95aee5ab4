"""Serve a platform in the foreground until the process is asked to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Sequence

from bot.standin.platform import Platform
from bot.standin.values import Persona, TryLine


def serve(
    platform: Platform,
    port: int,
    *,
    personas: Sequence[Persona] = (),
    try_lines: Sequence[TryLine] = (),
    bot_base: str | None = None,
    title: str = "",
    on_start: Callable[[], None] | None = None,
) -> None:
    """Start, call on_start, and return after SIGINT or SIGTERM with everything stopped. Main thread only.

    Raises OSError when the port is taken.
    """
    asked = threading.Event()
    platform.start(port, personas=personas, try_lines=try_lines, bot_base=bot_base, title=title)
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        if on_start is not None:
            on_start()
        asked.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        platform.stop()
