"""What both engines promise: the local one on SQLite, the cluster on PostgreSQL, by the same tests."""

from __future__ import annotations

import signal
import time
from itertools import pairwise

import pytest

from bot.engine.cluster import Timing
from models.session import Database
from tests.contract.conftest import Spawn, Start
from tests.contract.site import diary, give, make, undone, until

SELDOM = Timing(poll=0.1, tick=60)  # seconds; no tick comes by itself while a test lasts
STOP_SECONDS = 20


def test_woken_after_commit(site: Database, start: Start) -> None:
    """A channel is drained once its work is committed, not before, and not at all when it is rolled back.

    A look that finds nothing afterwards is allowed: a wake may come in while the drain it asks for is under way.
    """
    start(beat_seconds=3600, timing=SELDOM)
    with pytest.raises(RuntimeError):
        give(site, "a", fail=True)
    give(site, "b", wait=0.3)
    assert until(lambda: undone(site) == 0)
    steps = [line[:2] for line in diary(site) if line[0] != "tick"]
    assert steps[:2] == [("begin", "b"), ("done", "b")]
    assert set(steps[2:]) <= {("begin", "b"), ("end", "b")}


def test_at_least_once(site: Database, start: Start) -> None:
    """A drain that fails is run again, since the tick sees that something is left to do."""
    start(failures=2)
    give(site, "a")
    assert until(lambda: undone(site) == 0)
    assert len(diary(site, "done")) == 1
    assert len(diary(site, "begin")) >= 3


def test_what_waited_is_taken_up(site: Database, start: Start) -> None:
    """Work that was committed while nobody worked is done when somebody begins to."""
    make(site)
    give(site, "a", "b")
    start()
    assert until(lambda: undone(site) == 0)


def test_one_drainer_a_channel(site: Database, start: Start, spawn: Spawn) -> None:
    """However often a channel is woken, one drains it at a time; another channel is drained meanwhile."""
    start(hold=0.1)
    if site.engine.dialect.name != "sqlite":
        spawn(0.1)
    for _ in range(6):
        give(site, "a")
        give(site, "b")
        time.sleep(0.03)
    assert until(lambda: undone(site) == 0)
    for channel in ("a", "b"):
        steps = [line for line in diary(site, channel=channel) if line[0] != "done"]
        for begun, ended in zip(steps[::2], steps[1::2], strict=False):
            assert (begun[0], ended[0], ended[2]) == ("begin", "end", begun[2])
    both = [line[:2] for line in diary(site) if line[0] in ("begin", "end")]
    assert any({first, second} == {("begin", "a"), ("begin", "b")} for first, second in pairwise(both))


def test_woken_twice(site: Database, start: Start) -> None:
    """Waking and nudging more often than there is reason to does the work once and breaks nothing."""
    engine = start().engine
    give(site, "a")
    for _ in range(3):
        engine.wake({"a", "b"})
        engine.after_commit({"a"})
        engine.nudge()
    assert until(lambda: undone(site) == 0)
    give(site, "b")
    assert until(lambda: undone(site) == 0)
    assert len(diary(site, "done")) == 2
    assert engine.problem() is None


def test_nudge(site: Database, start: Start) -> None:
    """A nudge ticks soon, without waiting for the beat."""
    engine = start(beat_seconds=3600, timing=SELDOM).engine
    assert until(lambda: len(diary(site, "tick")) == 1)  # both tick when they begin
    engine.nudge()
    assert until(lambda: len(diary(site, "tick")) == 2)


def test_survives_a_killed_worker(site: Database, spawn: Spawn) -> None:
    """What a worker that is killed was doing is done by another one, and its channel is free again."""
    make(site)
    killed = spawn(60.0)
    give(site, "a")
    assert until(lambda: len(diary(site, "begin", "a")) == 1)
    give(site, "a")
    killed.kill()
    killed.wait()
    spawn()
    assert until(lambda: undone(site) == 0)


def test_ticks_once(site: Database, spawn: Spawn) -> None:
    """Three processes tick as one would: on SQLite only one may work, on PostgreSQL each beat is one worker's."""
    on_sqlite = site.engine.dialect.name == "sqlite"
    processes = [spawn(ready=False) for _ in range(3)]
    ready = [process.stdout.readline() for process in processes if process.stdout]
    assert ready.count("ready\n") == (1 if on_sqlite else 3)
    assert until(lambda: len(diary(site, "tick")) > 0)
    before, begun = len(diary(site, "tick")), time.monotonic()
    time.sleep(0.5 if on_sqlite else 2)
    ticks, seconds = len(diary(site, "tick")) - before, time.monotonic() - begun
    assert 1 <= ticks <= seconds / (0.1 if on_sqlite else 1.0) + 1


def test_stops_in_time(site: Database, spawn: Spawn) -> None:
    """A worker that is told to stop ends what it does, takes nothing new, and is gone soon with exit code 0."""
    make(site)
    process = spawn(0.7)
    give(site, "a")
    assert until(lambda: len(diary(site, "begin")) == 1)
    process.send_signal(signal.SIGTERM)
    give(site, "b")
    started = time.monotonic()
    assert process.wait(STOP_SECONDS) == 0
    assert time.monotonic() - started < STOP_SECONDS
    assert [line[:2] for line in diary(site) if line[0] != "tick"] == [("begin", "a"), ("done", "a"), ("end", "a")]


def test_a_hanging_drain_does_not_hold_the_process(site: Database, spawn: Spawn) -> None:
    """A worker ends with exit code 0 also when something in it hangs: others take that up."""
    make(site)
    process = spawn(60.0, stop_seconds=0.3)
    give(site, "a")
    assert until(lambda: len(diary(site, "begin")) == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOP_SECONDS) == 0


def test_a_stop_does_not_wait_for_ever(site: Database, start: Start) -> None:
    """A drain that does not end is left behind after so many seconds."""
    doer = start(hold=60.0)
    give(site, "a")
    assert until(lambda: len(diary(site, "begin")) == 1)
    started = time.monotonic()
    doer.engine.stop(0.3)
    assert time.monotonic() - started < 5
    assert doer.engine.problem() == "not running"
