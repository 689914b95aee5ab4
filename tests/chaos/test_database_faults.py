"""Databases that are locked, full, read-only or cut off: refused in time, nothing half done, well again by itself.

What else is tested elsewhere: PostgreSQL restarted under two webs and two workers, and sleepers that lost their lease
(tests/contract), wrong clocks (tests/simulation), a file that goes away (tests/wire/test_app.py).
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import structlog
from sqlalchemy import func, make_url, select, text

from bot import app, logs
from bot.__main__ import main
from bot.config import load_all
from bot.engine.local import LocalEngine
from bot.standin import Platform
from bot.standin.values import Delivery
from models import audit, outbox
from models.inbox import Inbox
from models.ledger import Entry
from models.messages import Draft, Recipient, Text
from models.outbox import Notice, Status
from models.session import Database, connect
from tests.chaos.runs import NOW
from tests.contract.site import until
from tests.installing import command, environment, install, make_platform
from tests.serving import serving

BUSY = 0.6  # seconds for which the bot waits for its database; the product's 3.5, shortened
LONG_BUSY = 3.0
SLACK = 1.5  # seconds more that an answer may take on a busy machine; the product has 5 - 3.5
MANY = 6  # callbacks at the same time

Start = Callable[[str], "Office"]


class Office:
    """A bot that runs in this process, and its platform."""

    def __init__(self, bot: app.Bot, platform: Platform) -> None:
        self.bot = bot
        self.platform = platform

    def say(self, count: int = 1, retries: int = 0) -> list[Delivery]:
        """Say so many reports at the same time."""
        callbacks = [self.platform.text_xml("WangFang", f"今天发放宣传手册{500 + n}册") for n in range(count)]
        return self.again(callbacks, retries)

    def again(self, callbacks: list[str], retries: int = 0) -> list[Delivery]:
        """Deliver callbacks at the same time."""
        with ThreadPoolExecutor(len(callbacks)) as pool:
            return list(pool.map(partial(self.platform.deliver, retries=retries), callbacks))

    def kept(self) -> tuple[int, int]:
        """Count inbounds and figures, and check the audit."""
        with self.bot.db.read() as session:
            assert audit.verify(session) is None
            rows = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Inbox, Entry)]
        return rows[0], rows[1]

    def tell(self, words: str) -> None:
        """Write a notice."""
        with self.bot.db.begin() as session:
            outbox.add(session, [Draft(Recipient("wecom_app", "WangFang"), Text(words), "test", NOW)], NOW)

    def sent(self) -> bool:
        """Tell whether every notice is sent."""
        with self.bot.db.read() as session:
            return set(session.scalars(select(Notice.status))) == {Status.SENT}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return what starts a bot on a database; all are ended after the test."""
    monkeypatch.setattr(app, "connect", partial(connect, busy_seconds=BUSY))
    monkeypatch.setattr("bot.channels.tokens.WAIT_SECONDS", 0.5)
    platform = make_platform()
    platform.start()
    ended: list[Callable[[], object]] = []

    def begin(url: str) -> Office:
        loaded = load_all(install(tmp_path, platform, url), {})
        bot = app.build(loaded, engine=LocalEngine(beat_seconds=0.1), timeout=(1.0, 2.0))
        bot.start()
        served = serving(bot.flask)
        platform.callback_url = f"{served.__enter__()}/wecom/callback"
        ended.extend([bot.stop, partial(served.__exit__, None, None, None)])
        return Office(bot, platform)

    with structlog.testing.capture_logs():
        yield begin
        for end in reversed(ended):
            end()
    platform.stop()


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


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system, or skip where we may not."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file:
        for piece in (1 << 16, 1 << 10):
            try:
                while file.write(bytes(piece)):
                    pass
            except OSError:
                continue


def test_a_full_disk(start: Start, sqlite_url: str, tmp_path: Path) -> None:
    """What comes is refused and nothing of it is kept; with space again all goes on by itself, nothing twice."""
    with small_disk(tmp_path / "small", "12m") as disk:
        shutil.copy(str(make_url(sqlite_url).database), disk / "bot.db")
        office = start(f"sqlite:///{disk}/bot.db")
        assert office.say()[0].statuses == (200,)
        office.tell("before")
        assert until(office.sent)
        office.tell("when there is space")
        assert until(office.sent)
        fill(disk / "ballast")
        refused = _until_refused(office)
        before = office.kept()
        assert [each.statuses for each in office.again([each.xml for each in refused])] == [(503,)] * len(refused)
        assert office.kept() == before
        (disk / "ballast").unlink()
        _well_again(office, refused, before)
        office.bot.stop()


def test_writes_that_fail(start: Start, sqlite_url: str) -> None:
    """When the system refuses a write in the middle (here by a limit), the inbound is not acknowledged; then it is."""
    office = start(sqlite_url)
    assert office.say()[0].statuses == (200,)
    wal = Path(f"{make_url(sqlite_url).database}-wal")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 1, limits[1]))
        refused = _until_refused(office)
        before = office.kept()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    _well_again(office, refused, before)


def _until_refused(office: Office) -> list[Delivery]:
    """Say reports until one is refused: the log of the database has some room left from before."""
    for _ in range(200):
        said = office.say()
        if said[0].statuses == (503,):
            return said
        assert said[0].statuses == (200,)
    raise AssertionError("never refused")


def _well_again(office: Office, refused: list[Delivery], before: tuple[int, int]) -> None:
    """Check that what was refused is taken when it comes again, and that delivery goes on."""
    taken = office.again([each.xml for each in refused], retries=3)
    assert {each.statuses[-1] for each in taken} == {200}
    assert office.kept() == (before[0] + len(refused), before[1] + len(refused))
    office.tell("afterwards")
    assert until(office.sent)
    shown = [str(each.content) for each in office.platform.accepted for _ in each.shown]
    assert len(shown) == len(set(shown))
    with office.bot.db.read() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"


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
