"""Makes the processes of a simulation: imports everything once, then forks a bot each time it is asked to.

Run as `python -m tests.simulation.nursery CONFIG CLOCK LISTENING ENGINE COUNT`; reads commands from stdin and answers
each with a line: "start NAME" (serves the web and works), "work NAME" (only works), "kill NAME" (SIGKILL, then buried).
A bot is the composition root's own: nothing differs but the clocks, a quicker engine, and a socket that is there
already. ENGINE is local (a beat and drains in each process) or cluster (PostgreSQL: jobs that any process takes).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

from werkzeug.serving import make_server

from bot import app, logs
from bot.config import Loaded, load_all
from bot.engine.cluster import ClusterEngine, Timing
from bot.engine.local import LocalEngine
from models.engine import Engine
from models.session import connect
from tests.simulation.hands import SteppedClock

BEAT_SECONDS = 0.05  # of one process; of several each beats as much slower, or they do nothing else
QUICK = Timing(poll=0.05, tick=5, rescue=1, heartbeat=0.3, dead=1.2, again=0.2)
CALL_SECONDS = (3.0, 10.0)  # to connect, to answer: real time, on a machine that may be busy


def live(loaded: Loaded, clock: SteppedClock, listening: int | None, kind: str, beat: float) -> None:
    """Be one bot until killed."""
    logs.configure("WARNING", sys.stderr)
    engine: Engine = LocalEngine(beat)
    if kind == "cluster":
        engine = ClusterEngine(connect(loaded.config.database_url), QUICK)
    bot = app.build(loaded, clock=clock.campaign, wall=clock.wall, engine=engine, timeout=CALL_SECONDS)
    bot.start()
    if kind == "cluster":
        threading.Thread(target=_hurry, args=(bot, clock), daemon=True).start()
    if listening is None:
        while True:
            time.sleep(60)
    make_server("127.0.0.1", 0, bot.flask, threaded=True, fd=listening).serve_forever()


def _hurry(bot: app.Bot, clock: SteppedClock) -> None:
    """Have somebody tick when the clock was stepped: the engine's own tick comes by real time."""
    shown = None
    while True:
        if shown != (shown := clock.campaign.now()):
            bot.engine.nudge()
        time.sleep(BEAT_SECONDS)


def main() -> None:
    """Obey until stdin ends; then everybody is killed."""
    config, clock_path, listening = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    kind, beat = sys.argv[4], BEAT_SECONDS * int(sys.argv[5])
    loaded, clock = load_all(config), SteppedClock(clock_path)
    alive: dict[str, int] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        order, name = line.split()
        if order == "kill":
            _bury(alive.pop(name))
        else:
            alive[name] = _born(loaded, clock, listening if order == "start" else None, kind, beat)
        print(order, name, flush=True)
    for pid in alive.values():
        _bury(pid)


def _born(loaded: Loaded, clock: SteppedClock, listening: int | None, kind: str, beat: float) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(0)
        live(loaded, clock, listening, kind, beat)
    finally:
        os._exit(1)


def _bury(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
