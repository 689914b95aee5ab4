"""Conversations as people see them, and the log of every accepted send.

One condition guards both, so that a reader can wait for the next change; every change raises the version.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.standin.values import Accepted, Bubble

KEPT = 500  # bubbles a conversation; older ones are forgotten


class Feed:
    """All conversations of the platform. Thread-safe."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.campaign_stamp: Callable[[], str] = lambda: ""  # what the bot's demo clock shows, set by the page
        self._now = now
        self._changed = threading.Condition()
        self._ids = itertools.count(1)
        self._version = 0
        self._bubbles: dict[int, Bubble] = {}
        self._chats: defaultdict[str, list[int]] = defaultdict(list)
        self._accepted: list[Accepted] = []

    @property
    def version(self) -> int:
        """Return the number of changes so far."""
        with self._changed:
            return self._version

    def add(self, chat: str, **values: Any) -> Bubble:
        """Add a bubble to a conversation; the values are those of Bubble."""
        stamp = self.campaign_stamp()
        with self._changed:
            bubble = Bubble(next(self._ids), chat, self._now(), campaign_at=stamp, version=self._grow(), **values)
            self._bubbles[bubble.id] = bubble
            self._chats[chat].append(bubble.id)
            for old in self._chats[chat][:-KEPT]:
                del self._bubbles[old]
            del self._chats[chat][:-KEPT]
            return bubble

    def change(self, bubble_id: int, **values: Any) -> None:
        """Replace values of a bubble; one that was forgotten stays forgotten."""
        with self._changed:
            if bubble_id in self._bubbles:
                self._bubbles[bubble_id] = replace(self._bubbles[bubble_id], version=self._grow(), **values)

    def stamp_blank(self, since_id: int, stamp: str) -> None:
        """Give the bubbles after since_id that have none the campaign time that a push of the clock has led to."""
        with self._changed:
            blank = [each for each, bubble in self._bubbles.items() if each > since_id and not bubble.campaign_at]
            for bubble_id in blank:
                self.change(bubble_id, campaign_at=stamp)

    def accept(self, accepted: Accepted) -> None:
        """Write a send into the log."""
        with self._changed:
            self._accepted.append(accepted)
            self._grow()

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """Return the log, oldest first."""
        with self._changed:
            return tuple(self._accepted)

    @property
    def last_id(self) -> int:
        """Return the id of the newest bubble, 0 when there is none."""
        with self._changed:
            return max(self._bubbles, default=0)

    def bubbles(self, chat: str) -> tuple[Bubble, ...]:
        """Return a conversation, oldest first."""
        with self._changed:
            return tuple(self._bubbles[each] for each in self._chats.get(chat, ()))

    def of_send(self, msg_ref: str) -> tuple[Bubble, ...]:
        """Return the bubbles that one message/send made, oldest first."""
        with self._changed:
            return tuple(each for each in self._bubbles.values() if each.msg_ref == msg_ref and not each.incoming)

    def since(self, version: int) -> tuple[int, tuple[Bubble, ...]]:
        """Return the present version and the bubbles that changed after the given one, oldest first."""
        with self._changed:
            return self._version, tuple(each for each in self._bubbles.values() if each.version > version)

    def wait(self, version: int, seconds: float) -> None:
        """Wait until something changed after the version, at most so long (real time)."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._version <= version:
                left = until - time.monotonic()
                if left <= 0:
                    return
                self._changed.wait(left)

    def wake(self) -> None:
        """Let all waiters look again, e.g. when the server stops."""
        with self._changed:
            self._grow()

    def _grow(self) -> int:
        self._version += 1
        self._changed.notify_all()
        return self._version
