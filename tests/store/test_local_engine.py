"""The engine of one process: woken after commits, one drain a channel, a beat that survives errors, a clean stop."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.engine.local import AlreadyRunning, LocalEngine, WorkerLock
from models import outbox
from models.messages import Draft, Recipient, Text
from models.session import Database
from tests.store.delivering import START


class Work:
    """Counts ticks and drains; a drain takes as long as the test holds it."""

    def __init__(self) -> None:
        self.ticks = 0
        self.drains: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()

    def tick(self) -> None:
        """Count a tick."""
        self.ticks += 1

    def drain(self, channel: str) -> None:
        """Count a drain of a channel, and how many run at once."""
        with self._lock:
            self.drains.append(channel)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.gate.wait(10)
        with self._lock:
            self.at_once -= 1


def until(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    return true()


@pytest.fixture
def work() -> Work:
    """Return what is to be done."""
    return Work()


@pytest.fixture
def engine(work: Work) -> Iterator[LocalEngine]:
    """Return a running engine whose beat is too slow to matter."""
    engine = LocalEngine(beat_seconds=3600)
    engine.start(work.tick, work.drain, ["wecom_app", "robot:office"])
    assert until(lambda: work.ticks == 1)
    yield engine
    work.gate.set()
    engine.stop()


def test_rings_after_commit(engine: LocalEngine, work: Work, db: Database) -> None:
    """A commit with notices drains their channel at once; a rollback drains nothing."""
    db.before_commit, db.after_commit = engine.before_commit, engine.after_commit
    drafts = [Draft(Recipient("wecom_app", "u"), Text("t"), "rule", START)]
    with pytest.raises(RuntimeError):
        _add_and_fail(db, drafts)
    with db.begin() as session:
        outbox.add(session, drafts, START)
    assert until(lambda: work.drains == ["wecom_app"])


def _add_and_fail(db: Database, drafts: list[Draft]) -> None:
    with db.begin() as session:
        outbox.add(session, drafts, START)
        raise RuntimeError


def test_one_drain_a_channel(engine: LocalEngine, work: Work) -> None:
    """Wakes during a drain cause exactly one more after it; other channels go on meanwhile."""
    work.gate.clear()
    engine.after_commit({"wecom_app"})
    assert until(lambda: work.at_once == 1)
    for _ in range(20):
        engine.after_commit({"wecom_app"})
    engine.after_commit({"robot:office"})
    assert until(lambda: work.at_once == 2)
    work.gate.set()
    assert until(lambda: work.at_once == 0 and len(work.drains) == 3)
    time.sleep(0.05)
    assert sorted(work.drains) == ["robot:office", "wecom_app", "wecom_app"]
    assert work.most_at_once == 2


def test_a_failing_drain_is_not_the_end(engine: LocalEngine, work: Work) -> None:
    """A drain that raises is logged, and the next wake drains again."""
    failing = LocalEngine(beat_seconds=3600)
    calls: list[str] = []

    def fail(channel: str) -> None:
        calls.append(channel)
        raise RuntimeError("boom")

    failing.start(work.tick, fail, ["wecom_app"])
    failing.after_commit({"wecom_app"})
    assert until(lambda: len(calls) == 1)
    time.sleep(0.02)
    failing.after_commit({"wecom_app"})
    assert until(lambda: len(calls) == 2)
    failing.stop()


def test_beats_go_on_after_an_error() -> None:
    """A tick that raises is logged and tried again at the next beat; a beat that fails long enough is a problem."""
    engine = LocalEngine(beat_seconds=0.05)
    ticks: list[float] = []

    def fail() -> None:
        ticks.append(time.monotonic())
        raise RuntimeError("boom")

    engine.start(fail, lambda channel: None, [])
    assert until(lambda: len(ticks) >= 3)
    assert engine.problem() is None
    engine._beaten_at = time.monotonic() - 60
    assert engine.problem() == "no beat for 60 s"
    engine.stop()
    assert engine.problem() == "not running"


def test_nudge(engine: LocalEngine, work: Work) -> None:
    """A nudge ticks without waiting for the beat."""
    engine.nudge()
    assert until(lambda: work.ticks == 2)


def test_stop_waits_for_a_drain(engine: LocalEngine, work: Work) -> None:
    """A stop lets the drain that runs finish, and begins no other."""
    work.gate.clear()
    engine.after_commit({"wecom_app"})
    assert until(lambda: work.at_once == 1)
    engine.after_commit({"wecom_app"})
    threading.Timer(0.2, work.gate.set).start()
    engine.stop(5)
    assert work.at_once == 0
    engine.after_commit({"wecom_app"})
    assert work.drains == ["wecom_app"]


def test_stop_waits_for_a_beat(work: Work) -> None:
    """A stop lets the beat that runs finish: behind it the database is closed."""
    ended: list[str] = []

    def tick() -> None:
        work.tick()
        time.sleep(0.2)
        ended.append("tick")

    engine = LocalEngine(beat_seconds=3600)
    engine.start(tick, work.drain, [], lambda: ended.append("pulse"))
    assert until(lambda: work.ticks == 1)
    engine.stop(5)
    assert ended == ["tick", "pulse"]


def test_stop_does_not_wait_for_ever(work: Work) -> None:
    """A drain that does not end is left behind after so many seconds."""
    engine = LocalEngine(beat_seconds=3600)
    engine.start(work.tick, work.drain, ["wecom_app"])
    work.gate.clear()
    engine.after_commit({"wecom_app"})
    assert until(lambda: work.at_once == 1)
    started = time.monotonic()
    engine.stop(0.2)
    assert time.monotonic() - started < 2
    work.gate.set()


def test_before_the_start_nothing_rings(work: Work) -> None:
    """In a process that only serves pages nothing is drained: the workers find it."""
    engine = LocalEngine()
    engine.after_commit({"wecom_app"})
    engine.nudge()
    assert work.drains == []
    assert engine.problem() == "not running"
    engine.stop()


def test_the_lock_is_held_by_one(tmp_path: Path) -> None:
    """A second worker on the same SQLite file is refused in one line; when the first is killed it is free at once."""
    code = (
        "import sys; from pathlib import Path; from bot.engine.local import WorkerLock;"
        "WorkerLock(Path(sys.argv[1])).take(); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "bot.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    lock = WorkerLock(tmp_path / "bot.db")
    with pytest.raises(AlreadyRunning, match="another process works on this SQLite database"):
        lock.take()
    holder.kill()
    holder.wait()
    lock.take()
    lock.free()
    holder.stdin.close()
    holder.stdout.close()
