"""A trap of one process: a few numbers in a file that the controller and the process both see.

The controller arms it with a step and a count; the process springs it on that pass of the step and dies, or falls
asleep. How often each step was sprung stands in the same file, so that it survives the process.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import threading
import time
from pathlib import Path

# What is killed, in the order in which a piece of work goes through it (reliability.md 2.2).
INTAKE = (
    "unverified",  # I1: the callback is there, nothing is checked
    "verified",  # I2: before BEGIN
    "inserted",  # I3: the inbox row is there
    "handled",  # I7: report, audit row and reply are written, not committed
    "committing",  # I4: some time within COMMIT
    "committed",  # I5: before the answer
    "answered",  # I6, I8: after it
)
DELIVERY = (
    "claim-begun",  # the claim's transaction is open
    "claim-committing",
    "claimed",  # D1: the call is not made
    "calling",  # D1: the call is about to be made
    "unanswered",  # D2: the platform has the call, its answer is not read
    "told",  # D3: the answer is read, nothing is written down
    "outcome-written",  # D3: not committed
    "outcome-committing",
    "outcome-committed",  # D4: before anything else happens
    "part-noted",  # D5: between two calls of one notice
    "token-fetched",  # D6: not yet shared
)
SCHEDULE = (
    "tick-begun",  # an occurrence is about to be claimed
    "taken",  # S1: the occurrence is there, its notices are not
    "noticed",  # S1: the notices are there, not committed
    "tick-committing",
    "unwoken",  # S2: committed, the engine does not know
)
STEPS = (*INTAKE, *DELIVERY, *SCHEDULE)
KILL, SLEEP = 0, 1

_HEAD = 5  # armed step + 1, passes left, action, microseconds that a death within a commit waits, deaths seen
_SIZE = 4 * (_HEAD + len(STEPS))


class Trap:
    """Both ends of it."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _SIZE)
        self._lock = threading.Lock()

    def arm(self, step: str, passes: int, action: int = KILL, within_us: int = 0) -> None:
        """Let the process die or sleep at the n-th pass of a step from now on."""
        self._put(3, within_us)
        self._put(2, action)
        self._put(1, passes)
        self._put(0, STEPS.index(step) + 1)

    def disarm(self) -> None:
        """Let it live."""
        self._put(0, 0)

    @property
    def armed(self) -> bool:
        """Tell whether it has not been sprung yet."""
        return bool(self._get(0))

    @property
    def deaths(self) -> int:
        """Return how often it was sprung."""
        return sum(self._get(_HEAD + number) for number in range(len(STEPS)))

    def count(self, step: str) -> int:
        """Return how often it was sprung at a step."""
        return self._get(_HEAD + STEPS.index(step))

    @property
    def seen(self) -> int:
        """Return how many deaths the controller has looked at."""
        return self._get(4)

    def note_seen(self) -> None:
        """Say that the controller has looked at all deaths so far."""
        self._put(4, self.deaths)

    def passed(self, step: str, *, within: bool = False) -> None:
        """Pass a step. Does not return when it is the one; with `within` death comes a moment later."""
        number = STEPS.index(step) + 1
        if self._get(0) != number:
            return
        with self._lock:
            left = self._get(1) - 1
            self._put(1, left)
            if left or self._get(0) != number:
                return
            self._put(0, 0)
            self._put(_HEAD + number - 1, self._get(_HEAD + number - 1) + 1)
        if within and self._get(2) == KILL:
            threading.Thread(target=_die, args=(self._get(3) / 1e6,), daemon=True).start()
            return
        os.kill(os.getpid(), signal.SIGSTOP if self._get(2) == SLEEP else signal.SIGKILL)

    def _get(self, place: int) -> int:
        return int(struct.unpack_from("=i", self._map, 4 * place)[0])

    def _put(self, place: int, value: int) -> None:
        struct.pack_into("=i", self._map, 4 * place, value)


def _die(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)
