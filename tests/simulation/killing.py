"""Kills processes at random moments of a simulated month; a seed makes the moments, so that they come again."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from sqlalchemy import func, select

from models.outbox import Notice, Status
from tests.simulation.month import Month, Outside

CALL_DELAY = 0.03  # seconds that the platform takes for a call, so that a process can die in the middle of one
KINDS = ("soon", "calling", "calling", "saying")  # when a process dies
TWICE = 0.2  # share of those who die again while they start


class Killer:
    """Called after each step of the clock: kills one process, starts it again, and does so as often as was planned."""

    def __init__(self, seed: int, kills: int, steps: int) -> None:
        self._chance = random.Random(seed)
        self._planned = Counter(self._chance.choices(range(1, steps), k=kills))
        self._step = 0

    def __call__(self, month: Month) -> None:
        """Kill as planned for this step."""
        host = month.host
        assert isinstance(host, Outside)
        if self._step == 0:
            for path in ("message/send", "webhook/send"):
                month.platform.fault(path, delay=CALL_DELAY, times=None)
        for _ in range(self._planned[self._step]):
            name, kind = self._chance.choice(host.names), self._chance.choice(KINDS)
            moment = self._chance.random()
            if kind == "saying" and month.saying:
                threading.Timer(moment * 0.15, host.killed, [host.names[0]]).start()
                break
            if kind == "calling":
                _until_sending(month)
            time.sleep(moment * (0.15 if kind == "soon" else CALL_DELAY))
            host.killed(name)
            if self._chance.random() < TWICE:
                time.sleep(self._chance.random() * 0.3)
                host.killed(name)
        self._step += 1


def _until_sending(month: Month) -> None:
    """Wait until a call is under way; not for ever, since there may be nothing to send."""
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        with month.db.read() as session:
            if session.scalar(select(func.count()).select_from(Notice).where(Notice.status == Status.SENDING)):
                return
        time.sleep(0.002)
