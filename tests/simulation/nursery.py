"""Makes the processes of a simulation: imports everything once, then forks a bot each time it is asked to.

Run as `python -m tests.simulation.nursery CONFIG CLOCK LISTENING`; reads commands from stdin and answers each with a
line: "start NAME" (serves the web and works), "work NAME" (only works), "kill NAME" (SIGKILL, then buried). A bot is
the composition root's own: nothing differs but the clocks, a quicker beat, and a socket that is there already.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from werkzeug.serving import make_server

from bot import app, logs
from bot.config import Loaded, load_all
from bot.engine.local import LocalEngine
from tests.simulation.hands import SteppedClock

BEAT_SECONDS = 0.05
CALL_SECONDS = (3.0, 10.0)  # to connect, to answer: real time, on a machine that may be busy


def live(loaded: Loaded, clock: SteppedClock, listening: int | None) -> None:
    """Be one bot until killed."""
    logs.configure("WARNING", sys.stderr)
    bot = app.build(
        loaded, clock=clock.campaign, wall=clock.wall, engine=LocalEngine(BEAT_SECONDS), timeout=CALL_SECONDS
    )
    bot.start()
    if listening is None:
        while True:
            time.sleep(60)
    make_server("127.0.0.1", 0, bot.flask, threaded=True, fd=listening).serve_forever()


def main() -> None:
    """Obey until stdin ends; then everybody is killed."""
    config, clock_path, listening = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    loaded, clock = load_all(config), SteppedClock(clock_path)
    alive: dict[str, int] = {}
    print("ready", flush=True)
    for line in sys.stdin:
        order, name = line.split()
        if order == "kill":
            _bury(alive.pop(name))
        else:
            alive[name] = _born(loaded, clock, listening if order == "start" else None)
        print(order, name, flush=True)
    for pid in alive.values():
        _bury(pid)


def _born(loaded: Loaded, clock: SteppedClock, listening: int | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(0)
        live(loaded, clock, listening)
    finally:
        os._exit(1)


def _bury(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
