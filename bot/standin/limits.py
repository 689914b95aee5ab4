"""The platform's counters: sliding windows, and the duplicate check of message/send."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """At most so many within so many seconds."""

    count: int
    seconds: float


MEMBER_LIMITS = (Limit(30, 60.0), Limit(1000, 3600.0))  # app messages to one member (page 90312)
ROBOT_LIMITS = (Limit(20, 60.0),)  # messages of one group robot (page 99110)


class SlidingWindows:
    """Count what was taken per key; refuse what would break one of the limits. Not thread-safe by itself."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self._limits = tuple(limits)
        self._keep = max((limit.seconds for limit in limits), default=0.0)
        self._taken: defaultdict[Hashable, deque[float]] = defaultdict(deque)

    def take(self, key: Hashable, now: float) -> bool:
        """Take one place; False when a window is full, and then nothing is counted."""
        taken = self._taken[key]
        while taken and taken[0] <= now - self._keep:
            taken.popleft()
        for limit in self._limits:
            if sum(at > now - limit.seconds for at in taken) >= limit.count:
                return False
        taken.append(now)
        return True


class DuplicateCheck:
    """Remember sends that asked for the check.

    Only a send that itself carried enable_duplicate_check is remembered, and only the same content to the same
    recipients matches: the platform promises no more, so the stand-in gives no more. Not thread-safe by itself.
    """

    def __init__(self) -> None:
        self._seen: dict[Hashable, tuple[float, str]] = {}  # key -> (until, msgid of the first)

    def first(self, key: Hashable, now: float, interval: float, msgid: str) -> str:
        """Return the msgid of the earlier send that this repeats, or the own one when it is the first."""
        seen = self._seen.get(key)
        if seen is not None and seen[0] > now:
            return seen[1]
        self._seen[key] = (now + interval, msgid)
        return msgid
