"""Lets bots live and die: imports everything once, forks each of them, and forks it again when its trap has killed it.

Run as `python -m tests.chaos.nursery CONFIG FOLDER LISTENING ENGINE COUNT CLOCK`. Ends, and kills everybody, when its
stdin ends. LISTENING is a socket that is there already, or -1: then nobody serves. CLOCK is the file of a stepped
clock, or "-": real time, and short leases. With a stepped clock a bot comes back only after the controller has seen its
death. A bot that ends by itself is a fault of its own: the nursery says so and stops.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from werkzeug.serving import make_server

from bot import app, logs
from bot.channels import tokens
from bot.config import Loaded, load_all
from bot.delivery import LEASE
from bot.engine.cluster import ClusterEngine, Timing
from bot.engine.local import LocalEngine
from models import session
from models.engine import Engine
from models.session import connect
from tests.chaos import seams
from tests.chaos.traps import Trap
from tests.simulation.hands import SteppedClock

SHORT_LEASE = timedelta(seconds=1.5)
NAP_SECONDS = 3.0  # that a sleeper sleeps: longer than a lease
QUICK = Timing(poll=0.05, tick=1, rescue=1, heartbeat=0.3, dead=1.2, again=0.2)
BEAT_SECONDS = 0.05
CALL_SECONDS = (3.0, 10.0)
LOOK_SECONDS = 0.005


class Ward:
    """Everybody who lives here."""

    def __init__(self, loaded: Loaded, folder: Path, listening: int, engine: str, count: int, clock: str) -> None:
        self.loaded, self.listening, self.engine, self.count = loaded, listening, engine, count
        self.clock = SteppedClock(Path(clock)) if clock != "-" else None
        self.traps = {f"p{number}": Trap(folder / f"p{number}.trap") for number in range(count)}
        self.alive: dict[int, str] = {}
        self.naps: dict[int, float] = {}
        self.dead: set[str] = set()

    def born(self, name: str) -> None:
        """Fork one."""
        pid = os.fork()
        if pid:
            self.alive[pid] = name
            return
        try:
            os.close(0)
            self._live(self.traps[name], serves=self.listening >= 0 and (self.clock is None or name == "p0"))
        except BaseException as error:  # whatever it is, the nursery is told by the exit code
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)

    def look(self) -> None:
        """Bring back who has died, and wake who has slept enough."""
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED) if self.alive else (0, 0)
            if not pid:
                break
            if os.WIFSTOPPED(status):
                self.naps[pid] = time.monotonic() + NAP_SECONDS
                continue
            name = self.alive.pop(pid)
            if not os.WIFSIGNALED(status):
                raise SystemExit(f"{name} ended by itself: {os.waitstatus_to_exitcode(status)}")
            self.naps.pop(pid, None)
            self.dead.add(name)
        for name in [each for each in self.dead if not self.clock or self.traps[each].seen == self.traps[each].deaths]:
            self.dead.remove(name)
            self.born(name)
        for pid in [pid for pid, until in self.naps.items() if until <= time.monotonic()]:
            del self.naps[pid]
            os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """Kill everybody."""
        for pid in self.alive:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _live(self, trap: Trap, *, serves: bool) -> None:
        """Be one bot until killed."""
        logs.configure("ERROR", sys.stderr)
        seams.install(trap)
        if self.clock is None:
            session.IDLE_SECONDS = 1.0  # what a sleeper has locked is free again before it wakes
            tokens.LEASE = SHORT_LEASE
        lease = SHORT_LEASE if self.clock is None else LEASE
        app.Delivery = partial(app.Delivery, lease=lease)  # type: ignore[assignment, misc]  # a seam
        engine: Engine = LocalEngine(BEAT_SECONDS * self.count)
        if self.engine == "cluster":
            engine = ClusterEngine(connect(self.loaded.config.database_url), QUICK)
        clocks = {"clock": self.clock.campaign, "wall": self.clock.wall} if self.clock else {}
        bot = app.build(self.loaded, engine=engine, timeout=CALL_SECONDS, **clocks)  # type: ignore[arg-type]
        seams.install_on(bot, trap)
        bot.start()
        if not serves:
            while True:
                time.sleep(60)
        make_server("127.0.0.1", 0, bot.flask, threaded=True, fd=self.listening).serve_forever()


def main() -> None:
    """Live until stdin ends."""
    config, folder, listening, engine, count, clock = sys.argv[1:]
    ward = Ward(load_all(Path(config), {}), Path(folder), int(listening), engine, int(count), clock)
    for name in ward.traps:
        ward.born(name)
    print("ready", flush=True)
    try:
        while not select.select([0], [], [], LOOK_SECONDS)[0]:
            ward.look()
    finally:
        ward.end()


if __name__ == "__main__":
    main()
