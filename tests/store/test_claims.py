"""What is claimed is won once: from threads and from processes, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.batch import Batch
from bot.claims import REPEATED
from bot.verdicts import Verdict, verdict
from models import outbox
from models.messages import Draft, Recipient, Text
from models.occurrences import Fate, Occurrence, claim
from models.outbox import Attempt, Notice, Status
from models.session import Database, connect
from tests.store import contenders
from tests.store.delivering import START, Desk, FakeChannel


def in_threads(work: Callable[[int], list[Any]], count: int = 4) -> list[Any]:
    """Do work in threads at once and put together what each won."""
    with ThreadPoolExecutor(count) as pool:
        return [each for won in pool.map(work, range(count)) for each in won]


def in_processes(what: str, url: str, count: int = 2) -> list[Any]:
    """Contend in processes that start at once, and put together what each won."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store.contenders", what, url, str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in range(count)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return [each for answer in answers for each in json.loads(answer)]


def write_notices(db: Database, count: int) -> list[str]:
    """Write equal notices to as many users; returns the users."""
    users = [f"user{number:03}" for number in range(count)]
    drafts = [Draft(Recipient("wecom_app", user), Text("hello"), "rule", START) for user in users]
    with db.begin() as session:
        outbox.add(session, drafts, START)
    return users


def test_occurrences_from_threads(database_url: str) -> None:
    """Four threads that want the same fifty occurrences win each once."""
    db = Database(connect(database_url, busy_seconds=30))
    won = in_threads(lambda seed: contenders.occurrences(db, seed))
    assert sorted(won) == list(range(contenders.OCCURRENCES))
    db.dispose()


def test_occurrences_from_processes(db: Database, database_url: str) -> None:
    """Two processes that want the same fifty occurrences win each once."""
    won = in_processes("occurrences", database_url)
    assert sorted(won) == list(range(contenders.OCCURRENCES))
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(Occurrence)) == contenders.OCCURRENCES


def test_an_occurrence_that_was_rolled_back_is_free(db: Database) -> None:
    """A claim whose transaction failed can be won by the next one, with its version and moment in the key."""
    moment = contenders.FIRST
    try:
        with db.begin() as session:
            assert claim(session, "rule", 1, moment, moment, Fate.FIRED)
            raise RuntimeError
    except RuntimeError:
        pass
    with db.begin() as session:
        assert claim(session, "rule", 1, moment, moment, Fate.SKIPPED, "too late")
        assert claim(session, "rule", 2, moment, moment, Fate.FIRED)
        assert not claim(session, "rule", 1, moment, moment, Fate.FIRED)


def test_notices_from_threads(database_url: str) -> None:
    """Four drains at once send each of 120 notices once."""
    db = Database(connect(database_url, busy_seconds=30))
    users = write_notices(db, 120)
    sent = in_threads(lambda seed: contenders.notices(db, seed))
    assert sorted(sent) == users
    with db.read() as session:
        assert set(session.scalars(select(Notice.status))) == {Status.SENT}
        assert session.scalar(select(func.count()).select_from(Attempt)) == 120
    db.dispose()


def test_notices_from_processes(db: Database, database_url: str) -> None:
    """Two processes that drain one channel send each of 120 notices once."""
    users = write_notices(db, 120)
    assert sorted(in_processes("notices", database_url)) == users


def test_claim_number_grows(db: Database) -> None:
    """Each claim of a notice has a number of its own, which its outcome is written under."""
    desk = Desk(db, FakeChannel())
    desk.write("a")
    desk.drain()
    assert desk.notices()[0].claim == 1


def test_a_late_outcome_while_the_claim_is_taken_back(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a slow process's outcome and another one that takes its claim back one stands, and it is not sent as new."""
    desk = Desk(db, channel := FakeChannel())
    desk.write("a")
    slow, other = desk.delivery._claims, desk.another()._claims
    batch = slow.claim(channel)
    assert isinstance(batch, Batch)
    desk.pass_seconds(61)
    with ThreadPoolExecutor(1) as pool:
        late: list[Future[None]] = []

        def judged(*args: Any, **options: Any) -> Verdict:
            late.append(pool.submit(slow.note_sent, channel, batch))
            wait(late, 0.3)  # what it can write, it writes between the look and the change
            return verdict(*args, **options)

        monkeypatch.setattr("bot.claims.verdict", judged)
        other.take_back(channel)
    late[0].result()
    desk.drain()
    assert [outcome for _, outcome, _ in desk.attempts()] == ["uncertain", "sent"]
    assert desk.notices()[0].reason == REPEATED
