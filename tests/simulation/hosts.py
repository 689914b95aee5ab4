"""Where the bot of a simulated month lives: one object in this process, or any number of processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bot import app
from bot.config import load_all
from models.campaign.definition import Campaign
from tests.engine import ManualEngine
from tests.serving import serving

if TYPE_CHECKING:
    from tests.simulation.month import Month

ROOT = Path(__file__).parents[2]


class Host(Protocol):
    """Where the bot lives."""

    def open(self, month: Month) -> str:
        """Start it; returns its address."""

    def work(self) -> None:
        """Let it work a moment."""

    def close(self) -> None:
        """End it."""


class Inside:
    """One bot in this process: quick, and it does nothing unless it is told to."""

    def __init__(self, change: Callable[[Campaign], Campaign] = lambda campaign: campaign) -> None:
        self._change = change
        self._engine = ManualEngine()
        self._stack = ExitStack()
        self.bot: app.Bot

    def open(self, month: Month) -> str:
        """Build it and serve it."""
        loaded = load_all(month.config)
        loaded = replace(loaded, campaign=self._change(loaded.campaign))
        month.follow(loaded.campaign)
        self.bot = app.build(loaded, clock=month.clock.campaign, wall=month.clock.wall, engine=self._engine)
        self.bot.start()
        return self._stack.enter_context(serving(self.bot.flask))

    def work(self) -> None:
        """Tick and drain."""
        self._engine.run()

    def close(self) -> None:
        """Stop serving, and let go of the database."""
        self._stack.close()
        self.bot.stop()


class Outside:
    """Processes forked by a nursery: the first serves and works, the others only work."""

    def __init__(self, count: int = 1, engine: str = "local") -> None:
        self.engine = engine  # local or cluster, see nursery.py
        self.names = [f"p{number}" for number in range(count)]
        self.kills = 0
        self.on_kill: Callable[[], None] = lambda: None  # called while those killed are not yet back
        self._one = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))  # ours, so that callers wait while nobody is alive
        self._nursery: subprocess.Popen[str]

    def open(self, month: Month) -> str:
        """Start the nursery and everybody in it."""
        self._platform_port = int(month.platform.api_base.split(":")[2].split("/")[0])
        number = self._listening.fileno()
        words = ["-m", "tests.simulation.nursery", str(month.config), str(month.clock.path), str(number), self.engine]
        words.append(str(len(self.names)))
        with (month.folder / "bots.log").open("ab") as log:
            self._nursery = subprocess.Popen(
                [sys.executable, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                pass_fds=[number],
                cwd=ROOT,
                env={key: value for key, value in os.environ.items() if not key.startswith("BOT_")},
            )
        assert self._answer() == "ready"
        for name in self.names:
            self.born(name)
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def born(self, name: str) -> None:
        """Start one."""
        self._order("start" if name == self.names[0] else "work", name)

    def killed(self, *names: str) -> None:
        """Kill some with SIGKILL, and start them again as a supervisor does."""
        with self._one:
            for name in names:
                self._order("kill", name)
            _read_out(self._platform_port)
            self.kills += len(names)
            self.on_kill()
            for name in names:
                self.born(name)

    def work(self) -> None:
        """Leave them a moment."""
        time.sleep(0.025)

    def close(self) -> None:
        """Kill everybody."""
        self._nursery.communicate(timeout=20)
        self._listening.close()

    def _order(self, what: str, name: str) -> None:
        assert self._nursery.stdin
        self._nursery.stdin.write(f"{what} {name}\n")
        self._nursery.stdin.flush()
        assert self._answer() == f"{what} {name}"

    def _answer(self) -> str:
        assert self._nursery.stdout
        return self._nursery.stdout.readline().strip()


def _read_out(port: int) -> None:
    """Wait until a server has read what the dead had sent it: a platform does so in no time.

    Ours is a thread of a busy machine. A call that it reads only after its repeat looks like two, and no platform would
    do that. Whose client is gone stands in CLOSE_WAIT (08) until the server lets go of it.
    """
    waiting = f":{port:04X}"
    until = time.monotonic() + 10.0
    while time.monotonic() < until:
        rows = [line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        if not any(ours.endswith(waiting) and state == "08" for ours, _, state in rows):
            return
        time.sleep(0.005)
