"""Databases that are locked, read-only or cut off: refused in time, nothing half done, well again by itself.

What else is tested elsewhere: full disks and damaged files (test_storage.py), PostgreSQL restarted under two webs and
two workers, and sleepers that lost their lease (tests/contract), wrong clocks (tests/simulation), a file that goes away
(tests/wire/test_app.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from bot import app, logs
from bot.__main__ import main
from models.session import Database, connect
from tests.chaos.desk import BUSY, Start, small_disk
from tests.contract.site import until
from tests.installing import command, environment, install, make_platform

LONG_BUSY = 3.0
SLACK = 1.5  # seconds more that an answer may take on a busy machine; the product has 5 - 3.5
MANY = 6  # callbacks at the same time


@contextmanager
def locked(url: str, statement: str = "SELECT 1") -> Iterator[None]:
    """Hold a lock on the database as another process would."""
    holder = connect(url)
    with holder.begin() as connection:
        connection.execute(text(statement))
        yield
    holder.dispose()


def test_a_short_lock_is_waited_for(start: Start, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is locked for less than the bot waits, every callback is answered 200 at its first try.

    SQLite's waiters look again every 0.1 s and nobody queues: what is left of the waiting must do for all of them.
    """
    monkeypatch.setattr(app, "connect", partial(connect, busy_seconds=LONG_BUSY))
    office = start(sqlite_url)
    with ThreadPoolExecutor(1) as pool:
        with locked(sqlite_url):
            said = pool.submit(office.say, MANY)
            time.sleep(LONG_BUSY / 5)
            assert not said.done()
        assert [delivery.statuses for delivery in said.result()] == [(200,)] * MANY
    assert office.kept() == (MANY, MANY)


@pytest.mark.parametrize(
    "statement", ["SELECT 1", pytest.param("LOCK TABLE inbox", marks=pytest.mark.postgres)], ids=["sqlite", "postgres"]
)
def test_a_long_lock_is_a_refusal_in_time(
    start: Start, request: pytest.FixtureRequest, sqlite_url: str, statement: str
) -> None:
    """All of many callbacks are refused in time, no thread stays behind, and the same ones are taken afterwards."""
    url, give_back = sqlite_url, None
    if statement != "SELECT 1":
        server = request.getfixturevalue("postgres")
        name = server.borrow()
        url, give_back = server.url(name), partial(server.give_back, name)
    office = start(url)
    with locked(url, statement):
        began = time.monotonic()
        refused = office.say(MANY)
        assert [delivery.statuses for delivery in refused] == [(503,)] * MANY
        assert time.monotonic() - began < BUSY + SLACK
        assert until(lambda: not [t for t in threading.enumerate() if "process_request" in t.name], 3)
    assert office.kept() == (0, 0)
    taken = office.again([delivery.xml for delivery in refused], retries=3)
    assert {delivery.statuses[-1] for delivery in taken} == {200}
    assert office.kept() == (MANY, MANY)
    office.bot.stop()
    if give_back:
        give_back()


COMMANDS = (["work"], ["serve"], ["migrate"])


@pytest.mark.parametrize("state", ["read-only disk", "no database", "a folder"])
def test_a_database_that_cannot_be_used_is_said_in_one_line(
    tmp_path: Path, sqlite_url: str, state: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command starts, and each says why in one line."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    with small_disk(tmp_path / "disk", "8m") as disk:
        database = disk / "bot.db"
        if state == "a folder":
            database.mkdir()
        elif state == "no database":
            database.write_text("no database " * 1000)
        else:
            shutil.copy(str(make_url(sqlite_url).database), database)
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        config = _installed(tmp_path, f"sqlite:///{database}")
        for words in COMMANDS:
            assert main([*words, "--config", str(config)]) in (1, 2)
            said = capsys.readouterr().err.splitlines()
            assert len(said) == 1, said
            assert "the database cannot be used" in said[0] or f"{database}: not writable" in said[0]


@pytest.mark.skipif(not shutil.which("setpriv"), reason="setpriv is not there")
def test_a_file_that_may_not_be_written_to(tmp_path: Path, sqlite_url: str) -> None:
    """A file that is for reading only, in a folder of ours: serve does not start, and says what to do."""
    database = Path(str(make_url(sqlite_url).database))
    database.chmod(0o444)
    as_anybody = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    run = [*as_anybody, *command("serve", "--config", _installed(tmp_path, sqlite_url))]
    ended = subprocess.run(run, env=environment(), capture_output=True, text=True, timeout=30)
    assert ended.stderr.splitlines() == [
        f"{database}: not writable; give the file and its folder to the user that the bot runs as"
    ]
    assert ended.returncode == 2


def _installed(folder: Path, url: str) -> Path:
    platform = make_platform()
    platform.start()
    config = install(folder, platform, url)
    platform.stop()
    return config


@pytest.mark.postgres
def test_connections_that_are_cut(start: Start, request: pytest.FixtureRequest) -> None:
    """When the server cuts every connection, not one callback is refused, and delivery goes on."""
    server = request.getfixturevalue("postgres")
    name = server.borrow()
    office = start(server.url(name))
    other = Database(connect(server.url(name)))
    for number in range(3):
        assert {each.statuses[-1] for each in office.say(MANY)} == {200}
        office.tell(f"words {number}")
        assert until(office.sent)
        with other.begin() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    assert office.kept() == (3 * MANY, 3 * MANY)
    office.bot.stop()
    other.dispose()
    server.give_back(name)
