"""`serve` as it is run, killed at random moments while liaisons report: the child that answers, its parent, or both.

What ended is started again as a supervisor would. Everything that was answered with 200 must then be there once.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import requests

from models.session import Database, connect
from tests.chaos.check import check_intake
from tests.chaos.runs import LIAISONS, Result, platform_of, set_up
from tests.chaos.sender import Sender
from tests.contract.test_processes import free_port
from tests.installing import command, environment

WHO = ("child", "parent", "all")  # who is killed
PROCESSES = {"sqlite": 1, "postgres": 2}  # children of one `serve`
CALM = (0.05, 1.0)  # seconds of answering between two kills
START_SECONDS = 60.0
AGAIN_SECONDS = 0.3  # before what ended is started again
RETRY_PAUSE = 1.0  # of the platform: most of what is cut off comes again when the bot is back


class Served:
    """One `serve`, and who looks after it."""

    def __init__(self, config: Path, log: Path, processes: int) -> None:
        self._processes = processes
        self.port = free_port()
        self._words = command("serve", "--config", config, "--port", self.port)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def up(self) -> None:
        """Wait until it is well, starting it again whenever it has ended."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                self._start()
            with suppress(requests.RequestException, psutil.NoSuchProcess):
                children = psutil.Process(self._process.pid).children()  # type: ignore[union-attr]  # started above
                if len(children) == self._processes and self._is_well():
                    return
            time.sleep(0.02)
        raise AssertionError(f"not well within {START_SECONDS:.0f} s: {self._log.read_text()[-3000:]}")

    def kill(self, who: str, chance: random.Random) -> None:
        """Kill somebody. A parent's children end by themselves."""
        assert self._process
        parent = psutil.Process(self._process.pid)
        children = parent.children()
        if who == "child":
            chance.choice(children).kill()
            return
        for each in [parent, *(children if who == "all" else [])]:
            each.kill()
        self._process.wait()

    def close(self) -> None:
        """End it as an operator does, and look that it ends well."""
        assert self._process
        self._process.terminate()
        self._process.wait(25)

    def end(self) -> None:
        """Kill what is left."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _is_well(self) -> bool:
        return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).status_code == 200

    def _start(self) -> None:
        if self._process is not None:
            time.sleep(AGAIN_SECONDS)
        self.starts += 1
        with self._log.open("ab") as err:
            self._process = subprocess.Popen(self._words, stderr=err, env=environment(), start_new_session=True)


def serve(
    database: str, url: str, folder: Path, kills: int, naps: int, seed: int, steps: Sequence[str] = WHO
) -> Result:
    """Let liaisons report to the real server while each is killed so often. naps: none are taken here."""
    del naps
    chance, started = random.Random(seed), time.monotonic()
    planned = [who for who in steps for _ in range(kills)]
    chance.shuffle(planned)
    platform = platform_of(RETRY_PAUSE)
    platform.start()
    db = Database(connect(url))
    config = set_up(folder, platform, url)
    with config.open("a", encoding="utf-8") as file:
        file.write(f"[server]\nprocesses = {PROCESSES[database]}\n")
    served = Served(config, folder / "serve.log", PROCESSES[database])
    try:
        served.up()
        platform.callback_url = f"http://127.0.0.1:{served.port}/wecom/callback"
        sender = Sender(platform, [f"liaison{number}" for number in range(LIAISONS)], chance)
        sender.start()
        for who in planned:
            time.sleep(chance.uniform(*CALM))
            served.kill(who, chance)
            served.up()
        sender.stop()
        served.close()
        found = check_intake(db, sender.said)
        found.told["starts"] = served.starts
    finally:
        served.end()
        db.dispose()
        platform.stop()
    counted = Counter(planned)
    by_step = {who: counted[who] for who in WHO}
    return Result("serve", database, len(planned), 0, time.monotonic() - started, found, by_step, sender.said)
