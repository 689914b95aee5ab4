"""Kills processes at random moments of a simulated month; a seed makes the moments, so that they come again."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from tests.simulation.hosts import Outside
from tests.simulation.month import Month

CALL_DELAY = 0.05  # seconds that the platform takes for a call, so that a process can die in the middle of one
KINDS = (
    "soon",
    "calling",
    "machine",
    "saying",
)  # when a process dies; machine: each of them in turn, from the middle of a call on
TWICE = 0.2  # share of those who die again while they start


class Killer:
    """Called after each step of the clock: kills one process, starts it again, and does so as often as was planned."""

    def __init__(self, seed: int, kills: int, steps: int) -> None:
        self._chance = random.Random(seed)
        self._planned = Counter(self._chance.choices(range(1, steps), k=kills))
        self._step = 0
        self._timer: threading.Timer | None = None

    def __call__(self, month: Month) -> None:
        """Kill as planned for this step."""
        host = month.host
        assert isinstance(host, Outside)
        if self._timer:
            self._timer.join()
        if self._step == 0:
            for path in ("message/send", "webhook/send"):
                month.platform.fault(path, delay=CALL_DELAY, times=None)
        for _ in range(self._planned[self._step]):
            name, kind = self._chance.choice(host.names), self._chance.choice(KINDS)
            moment = self._chance.random()
            if kind == "saying" and month.saying:
                self._timer = threading.Timer(moment * 0.15, host.killed, [host.names[0]])
                self._timer.start()
                break
            if kind in ("calling", "machine"):
                _until_sending(month)
            time.sleep(moment * (0.15 if kind == "soon" else CALL_DELAY))
            host.killed(*(host.names if kind == "machine" else [name]))
            if self._chance.random() < TWICE:
                time.sleep(self._chance.random() * 0.3)
                host.killed(name)
        self._step += 1


def _until_sending(month: Month) -> None:
    """Wait until a call is under way, or nothing is left to do."""
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        state = month.state()
        if state.sending or not (state.busy or state.again_at):
            return
        time.sleep(0.002)
