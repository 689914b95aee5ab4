"""The controller's side: starts the nursery, and arms the traps one after the other until the plan is done."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.chaos.traps import KILL, SCHEDULE, SLEEP, Trap
from tests.simulation.hosts import ROOT, Outside

if TYPE_CHECKING:
    from tests.simulation.month import Month

SETUPS = {"sqlite": (1, "local"), "postgres": (2, "local"), "cluster": (2, "cluster")}  # processes, engine
SPRING_SECONDS = 25.0  # within which a trap must be sprung; a step that nothing passes is a fault of the run
WITHIN_US = 3000  # a death within a commit comes at most so long after its beginning
# A trap is sprung at the latest at this pass of its step. Little fires: there each firing is to die several times.
PASSES = {"token-fetched": 1, **dict.fromkeys(SCHEDULE, 1), "noticed": 2}
MOST_PASSES = 4
SHARED = ("token-fetched", *SCHEDULE)  # passed by whoever is first: everybody is armed

Plan = list[tuple[str, int]]  # step, action


def plan(steps: Sequence[str], kills: int, naps: int, chance: random.Random) -> Plan:
    """Return so many kills and so many naps of each step, shuffled."""
    made = [(step, action) for step in steps for action in [KILL] * kills + [SLEEP] * naps]
    chance.shuffle(made)
    return made


class Bots:
    """Processes that are killed and come back."""

    def __init__(self, config: Path, folder: Path, database: str, *, serves: bool, clock: Path | None = None) -> None:
        self.count, self.engine = SETUPS[database]
        self.traps = [Trap(folder / f"p{number}.trap") for number in range(self.count)]
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        number = self._listening.fileno()
        words = [str(config), str(folder), str(number if serves else -1), self.engine, str(self.count)]
        with (folder / "bots.log").open("ab") as log:
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.nursery", *words, str(clock or "-")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=[number],
                cwd=ROOT,
                env={key: value for key, value in os.environ.items() if not key.startswith("BOT_")},
            )
        assert self._nursery.stdout
        assert self._nursery.stdout.readline() == "ready\n", (folder / "bots.log").read_text()[-2000:]
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.log = folder / "bots.log"

    @property
    def deaths(self) -> int:
        """Count kills and naps so far."""
        return sum(trap.deaths for trap in self.traps)

    def check(self) -> None:
        """Raise when a bot has ended by itself."""
        if self._nursery.poll() is not None:
            raise AssertionError(f"the nursery ended: {self.log.read_text()[-3000:]}")

    def close(self) -> None:
        """Kill everybody."""
        self._nursery.communicate(timeout=20)
        self._listening.close()


class Killer:
    """Arms one trap after the other, in a thread of its own, until its plan is done."""

    def __init__(self, bots: Bots, planned: Plan, chance: random.Random, before: Callable[[str], None]) -> None:
        self.naps, self.unsprung = 0, Counter[str]()
        self.permits = threading.Semaphore(0)
        self.paced = False  # wait for a permit before each
        self._bots, self._planned, self._chance, self._before = bots, planned, chance, before
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self, *, paced: bool = False) -> None:
        """Begin."""
        self.paced = paced
        self._thread.start()

    @property
    def done(self) -> bool:
        """Tell whether the plan is done."""
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Disarm everything."""
        self._stopping.set()
        self.permits.release()
        self._thread.join()

    @property
    def kills(self) -> int:
        """Count the deaths so far."""
        return self._bots.deaths - self.naps

    def _run(self) -> None:
        for step, action in self._planned:
            if self.paced:
                self.permits.acquire()
            if self._stopping.is_set():
                return
            traps = self._bots.traps if step in SHARED else [self._chance.choice(self._bots.traps)]
            passes, within = self._chance.randint(1, PASSES.get(step, MOST_PASSES)), self._chance.randrange(WITHIN_US)
            for trap in traps:
                trap.arm(step, passes, action, within)
            self._before(step)
            self._wait(traps, step, action)

    def _wait(self, traps: Sequence[Trap], step: str, action: int) -> None:
        until = time.monotonic() + SPRING_SECONDS
        while all(trap.armed for trap in traps) and time.monotonic() < until and not self._stopping.is_set():
            time.sleep(0.002)
        sprung = [trap for trap in traps if not trap.armed]
        for trap in traps:
            trap.disarm()
        self.naps += len(sprung) if action == SLEEP else 0
        self.unsprung[step] += 0 if sprung else 1


class Armed(Outside):
    """Where the bot of a simulated month lives when its processes die at planned steps."""

    def __init__(self, database: str) -> None:
        count, engine = SETUPS[database]
        super().__init__(count, engine)
        self._database = database
        self._watching = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.bots: Bots

    def open(self, month: Month) -> str:
        """Start everybody."""
        self.bots = Bots(month.config, month.folder, self._database, serves=True, clock=month.clock.path)
        self._watcher.start()
        return self.bots.address

    def work(self) -> None:
        """Leave them a moment."""
        self.bots.check()
        time.sleep(0.01)

    def close(self) -> None:
        """Kill everybody."""
        self._watching.set()
        self._watcher.join()
        self.bots.close()
        self._listening.close()

    def _watch(self) -> None:
        while not self._watching.wait(0.003):
            fallen = [trap for trap in self.bots.traps if trap.seen != trap.deaths]
            if fallen:
                self.on_kill()
                for trap in fallen:
                    trap.note_seen()
