"""Scripted misbehaviour: what the platform answers next on a path, instead of or after doing the work."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, replace

CALLBACK = "callback"  # the pseudo path of the platform's own calls to the bot


@dataclass(frozen=True)
class Fault:
    """One scripted answer. With nothing but a delay the call is then handled as usual, only late."""

    errcode: int | None = None
    errmsg: str = ""
    times: int | None = 1  # None: until cleared
    status: int = 200
    delay: float = 0.0  # seconds before anything happens
    drop: bool = False  # cut the connection instead of answering
    body: str | None = None  # answered as it stands: HTML, half a JSON
    accept: bool = False  # do the work first, then spoil the answer

    @property
    def spoils(self) -> bool:
        """Say whether the answer is replaced, not only late."""
        return self.drop or self.body is not None or self.errcode is not None or self.status != 200


class Faults:
    """The scripted faults per path, in order. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: defaultdict[str, list[Fault]] = defaultdict(list)

    def add(self, path: str, fault: Fault) -> None:
        """Script a fault after those that are already scripted for the path."""
        with self._lock:
            self._queues[_short(path)].append(fault)

    def take(self, path: str) -> Fault | None:
        """Use up the next fault of the path."""
        with self._lock:
            queue = self._queues[_short(path)]
            if not queue:
                return None
            fault = queue[0]
            if fault.times is not None:
                if fault.times <= 1:
                    queue.pop(0)
                else:
                    queue[0] = replace(fault, times=fault.times - 1)
            return fault

    def clear(self, path: str | None = None) -> None:
        """Forget the scripted faults of a path, or all."""
        with self._lock:
            if path is None:
                self._queues.clear()
            else:
                self._queues.pop(_short(path), None)


def _short(path: str) -> str:
    return path.strip("/").removeprefix("cgi-bin/")
