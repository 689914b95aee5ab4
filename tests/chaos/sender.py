"""The sender: hands reports to the bot as the platform does, some of them two or three times and out of order.

Five seconds for an answer, three retries with the same MsgId (both of the stand-in's Caller), copies of one message
side by side; all of it from a seed.
"""

from __future__ import annotations

import queue
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.standin import Platform

SENDERS = 4  # at the same time
WINDOW = 12  # messages within which copies are shuffled
COPIES = (1, 1, 1, 2, 3)
FIRST_ID = 8_000_000


@dataclass
class Said:
    """One message and what became of all its copies."""

    key: str
    userid: str
    text: str
    replies: list[str | None] = field(default_factory=list)  # of those that were answered 200
    refused: int = 0  # copies that were given up

    @property
    def acked(self) -> bool:
        """Tell whether the bot has taken it, as the platform sees it."""
        return bool(self.replies)


class Sender:
    """Says reports until stopped."""

    def __init__(self, platform: Platform, userids: Sequence[str], chance: random.Random) -> None:
        self.said: list[Said] = []
        self._platform, self._userids, self._chance = platform, userids, chance
        self._copies: queue.Queue[tuple[Said, str] | None] = queue.Queue(maxsize=2 * WINDOW)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._deliver, daemon=True) for _ in range(SENDERS)]
        self._threads.append(threading.Thread(target=self._write, daemon=True))

    def start(self) -> None:
        """Begin to talk."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Say nothing new, and wait until everything is answered or given up."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        number = 0
        while not self._stopping.is_set():
            window: list[tuple[Said, str]] = []
            for _ in range(WINDOW):
                number += 1
                userid = self._userids[number % len(self._userids)]
                said = Said(str(FIRST_ID + number), userid, f"今天发手册{100 + number % 900}册")
                xml = self._platform.text_xml(userid, said.text, msg_id=said.key)
                self.said.append(said)
                window += [(said, xml)] * self._chance.choice(COPIES)
            self._chance.shuffle(window)
            for each in window:
                self._copies.put(each)
        for _ in range(SENDERS):
            self._copies.put(None)

    def _deliver(self) -> None:
        while (each := self._copies.get()) is not None:
            said, xml = each
            delivery = self._platform.deliver(xml)
            with self._lock:
                if delivery.tries[-1].status == 200:
                    said.replies.append(delivery.reply)
                else:
                    said.refused += 1
