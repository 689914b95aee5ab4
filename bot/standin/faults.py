"""Scripted misbehaviour: what the platform answers next on a path, instead of or after doing the work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
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
    until: float | None = None  # time.monotonic() at which it is over by itself
    twice: bool = False  # of a callback: hand it over a second time
    behind: bool = False  # of a callback: let the next one overtake it, if one comes within `delay`
    name: str = ""  # of the switch that it belongs to

    @property
    def spoils(self) -> bool:
        """Say whether the answer is replaced, not only late."""
        return self.drop or self.body is not None or self.errcode is not None or self.status != 200

    @property
    def seconds_left(self) -> float | None:
        """Return for how long it goes on; None: no moment is set."""
        return None if self.until is None else max(0.0, self.until - time.monotonic())


@dataclass(frozen=True)
class _Entry:
    paths: frozenset[str]
    fault: Fault


class Faults:
    """The scripted faults, in order; one may stand on several paths and is counted over all of them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []

    def add(self, path: str | Collection[str], fault: Fault) -> None:
        """Script a fault after those that are already scripted for the path or paths."""
        paths = frozenset({_short(path)} if isinstance(path, str) else map(_short, path))
        with self._lock:
            self._entries.append(_Entry(paths, fault))

    def take(self, path: str) -> Fault | None:
        """Use up the next fault of the path."""
        with self._lock:
            self._tidy()
            for place, entry in enumerate(self._entries):
                if _short(path) in entry.paths:
                    fault = entry.fault
                    if fault.times is not None:
                        left = replace(fault, times=fault.times - 1)
                        self._entries[place : place + 1] = [replace(entry, fault=left)] if fault.times > 1 else []
                    return fault
        return None

    def clear(self, path: str | None = None) -> None:
        """Forget the scripted faults of a path, or all."""
        self._keep(lambda entry: path is not None and _short(path) not in entry.paths)

    def drop(self, name: str) -> None:
        """Forget the faults of a switch."""
        self._keep(lambda entry: entry.fault.name != name)

    def named(self) -> dict[str, Fault]:
        """Return by name the faults of switches that go on."""
        with self._lock:
            self._tidy()
            return {entry.fault.name: entry.fault for entry in self._entries if entry.fault.name}

    def _keep(self, wanted: Callable[[_Entry], bool]) -> None:
        with self._lock:
            self._entries = [entry for entry in self._entries if wanted(entry)]

    def _tidy(self) -> None:
        self._entries = [entry for entry in self._entries if entry.fault.seconds_left != 0.0]


def _short(path: str) -> str:
    return path.strip("/").removeprefix("cgi-bin/")
