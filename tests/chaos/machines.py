"""Two webs and two workers on one PostgreSQL, as they are run: each stopped for two minutes, the database restarted.

Nothing is shortened: leases, heartbeats and beats are the product's. A proxy that asks the webs by turns is played by
changing the platform's address. Whoever sleeps must neither mark nor send afterwards what others have by then, and
after each fault reports are taken and notices go out again within 90 s.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import select

from bot.channels.group_robot import PREFIX
from bot.channels.wecom_app import NAME
from bot.engine.cluster import ClusterEngine
from bot.standin import Platform
from models import outbox
from models.messages import Draft, Recipient, Text
from models.outbox import Notice, Status
from models.session import Database, connect
from tests.chaos.check import RULE, Findings, check_delivery, check_intake
from tests.chaos.runs import LIAISONS, MEMBERS, NOW, ROBOTS, Result, platform_of, set_up
from tests.chaos.sender import Said, Sender
from tests.contract.site import until
from tests.contract.test_processes import free_port, healthy, running
from tests.installing import command
from tests.postgres import Postgres

NAP_SECONDS = 120.0
PROMISED = 90.0  # seconds after a fault within which work goes on
AWAY_SECONDS = 30.0  # of the database, the second time
CALL_SECONDS = 0.5  # that the platform takes: somebody is always in the middle of a call
TURN_SECONDS = 0.2  # after which the proxy asks the other web
PROBES = 7_000_000  # first MsgId of reports that only measure
LATEST = 200.0  # seconds after which nobody waits any longer
STEPS = ("worker asleep", "web asleep", "database restarted", "database away")

Process = subprocess.Popen[bytes]


class Site:
    """Everybody, and what they are given to do."""

    def __init__(self, platform: Platform, db: Database, bases: list[str], chance: random.Random) -> None:
        self.platform, self.db, self.bases, self.chance = platform, db, bases, chance
        self.webs: list[Process] = []
        self.workers: list[Process] = []
        self.waits: dict[str, list[float]] = {step: [] for step in STEPS}
        self.sender = Sender(platform, [f"liaison{number}" for number in range(LIAISONS)], chance)
        self._ended = threading.Event()
        self._written = self._asked = 0
        db.before_commit = ClusterEngine(db.engine).before_commit

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Report, write notices and turn the proxy until the block ends."""
        threads = [threading.Thread(target=each, daemon=True) for each in (self._turn, self._write)]
        for thread in threads:
            thread.start()
        self.sender.start()
        try:
            yield
            self.sender.stop()
        finally:
            self._ended.set()
            for thread in threads:
                thread.join()

    def measure(self, step: str, since: float) -> None:
        """Measure until work goes on after a fault: a report is taken, and a notice written then is sent."""
        taken = self._seconds(since, self._is_taken)
        notice = self._try_to_write()
        sent = self._seconds(
            since, lambda: notice is not None and self._count(Status.SENT, channel=NAME, text=notice) == 1
        )
        self.waits[step].append(max(taken, sent))

    def nap(self, step: str, process: Process, since: float) -> None:
        """Measure while one sleeps; wake him after his two minutes and let him do what he still would."""
        self.measure(step, since)
        time.sleep(max(0.0, NAP_SECONDS - (time.monotonic() - since)))
        os.killpg(process.pid, signal.SIGCONT)
        time.sleep(10)

    def stop(self, process: Process) -> float:
        """Stop a process with its children; returns when."""
        os.killpg(process.pid, signal.SIGSTOP)
        return time.monotonic()

    def stop_who_sends(self) -> tuple[Process, float]:
        """Stop the worker that is in the middle of a call, and leave the other one alone."""
        for process in self.workers * 10:
            until(lambda: self._count(Status.SENDING, channel=NAME) > 0, 20)
            since = self.stop(process)
            time.sleep(1)
            before = self._count(Status.SENT, channel=NAME)
            time.sleep(2.5)
            if self._count(Status.SENT, channel=NAME) == before and self._count(Status.SENDING, channel=NAME):
                return process, since
            os.killpg(process.pid, signal.SIGCONT)
        raise AssertionError("nobody sends")

    def rest(self) -> None:
        """Wait until nothing is left to send."""
        self.platform.clear_faults()
        until(lambda: not self._count(Status.WAITING, Status.SENDING), LATEST)

    def _turn(self) -> None:
        number = 0
        while not self._ended.wait(TURN_SECONDS):
            number += 1
            self.platform.callback_url = f"{self.bases[number % len(self.bases)]}/wecom/callback"

    def _write(self) -> None:
        while not self._ended.wait(0.5):
            if self._waiting() < 20:
                self._try_to_write()

    def _waiting(self) -> int:
        try:
            return self._count(Status.WAITING, Status.SENDING)
        except Exception:  # the database is away
            return 1000

    def _try_to_write(self) -> str | None:
        """Write a notice to a member and one to a group; returns the text of the first, None when it is not there."""
        self._written += 1
        text = f"{RULE} {self._written}"
        who = [Recipient(NAME, f"member{self.chance.randrange(MEMBERS)}")]
        if self._written % 4 == 0:
            who.append(Recipient(f"{PREFIX}g{self.chance.randrange(ROBOTS)}", ""))
        try:
            with self.db.begin() as session:
                outbox.add(session, [Draft(each, Text(text), RULE, NOW) for each in who], NOW)
        except Exception:  # the database is away
            return None
        return text

    def _is_taken(self) -> bool:
        self._asked += 1
        said = Said(str(PROBES + self._asked), "liaison0", f"今天发手册{100 + self._asked}册")
        self.sender.said.append(said)
        delivery = self.platform.deliver(self.platform.text_xml(said.userid, said.text, msg_id=said.key), retries=0)
        if delivery.tries[-1].status == 200:
            said.replies.append(delivery.reply)
        return said.acked

    def _seconds(self, since: float, true: Callable[[], bool]) -> float:
        while time.monotonic() - since < LATEST:
            try:
                if true():
                    break
            except Exception:
                time.sleep(0.1)  # the database is away
            time.sleep(0.1)
        return time.monotonic() - since

    def _count(self, *statuses: Status, channel: str = "", text: str = "") -> int:
        """Count the notices in some states; of one channel, or with one text."""
        query = select(Notice.content).where(Notice.rule == RULE, Notice.status.in_(statuses))
        with self.db.read() as session:
            found = session.scalars(query.where(Notice.channel == channel) if channel else query).all()
        return sum(not text or content["text"] == text for content in found)


def machines(database: str, url: str, folder: Path, kills: int, naps: int, seed: int, *, server: Postgres) -> Result:
    """Let each of the four sleep half so often, and the database go as often in both ways. Nobody is killed here."""
    del kills
    chance, started = random.Random(seed), time.monotonic()
    platform = platform_of(0.4)
    with ExitStack() as stack:
        platform.start()
        stack.callback(platform.stop)
        db = Database(connect(url))
        stack.callback(db.dispose)
        config = set_up(folder, platform, url)
        ports = [free_port(), free_port()]
        site = Site(platform, db, [f"http://127.0.0.1:{port}" for port in ports], chance)

        def run(name: str, *words: object) -> Process:
            return stack.enter_context(running(folder / f"{name}.log", command(*words, "--config", config)))

        site.webs = [run(f"web{port}", "serve", "--no-work", "--port", port) for port in ports]
        site.workers = [run(f"work{number}", "work") for number in (1, 2)]
        assert until(lambda: all(healthy(base) for base in site.bases), 60)
        platform.fault("message/send", delay=CALL_SECONDS, times=None)
        with site.at_work():
            time.sleep(5)
            for _ in range(max(1, naps // 2)):  # a round takes ten minutes
                for _ in site.workers:
                    site.nap("worker asleep", *site.stop_who_sends())
                for web in site.webs:
                    site.nap("web asleep", web, site.stop(web))
                for step, away in (("database restarted", 0.0), ("database away", AWAY_SECONDS)):
                    server.restart(away=away)
                    site.measure(step, time.monotonic())
                    time.sleep(5)
        site.rest()
        codes = []
        for process in (*site.webs, *site.workers):
            process.terminate()
            codes.append(process.wait(30))
        found = _found(site, db, codes)
    slept = len(site.waits["worker asleep"]) + len(site.waits["web asleep"])
    by_step = {step: len(waits) for step, waits in site.waits.items()}
    return Result("machines", database, 0, slept, time.monotonic() - started, found, by_step, site.sender.said)


def _found(site: Site, db: Database, codes: list[int]) -> Findings:
    """Check both ways, that work went on in time, and that everybody ended well."""
    intake = check_intake(db, site.sender.said)
    delivery = check_delivery(db, site.platform, sum(map(len, site.waits.values())))
    found = Findings({**intake.told, **delivery.told}, intake.breaches, intake.examples)
    for name, count in delivery.breaches.items():
        found.breaches[name] += count
        found.examples[name] += delivery.examples[name]
    for step, waits in site.waits.items():
        found.told[step] = "/".join(f"{seconds:.0f}s" for seconds in waits)
        for seconds in waits:
            if seconds > PROMISED:
                found.breach("too_late", (step, seconds))
    if any(codes):
        found.breach("ended_badly", codes)
    return found
