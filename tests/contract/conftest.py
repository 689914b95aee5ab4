"""Databases with the tables of the site, and processes that work on them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from models.session import Database, connect
from tests.contract.site import TABLES, Doer, make

Start = Callable[..., Doer]
Process = subprocess.Popen[str]
Spawn = Callable[..., Process]


@pytest.fixture
def site(database_url: str) -> Iterator[Database]:
    """Return a database to work on, once of each kind: SQLite has the local engine, PostgreSQL the cluster."""
    db = Database(connect(database_url, connections=20))
    TABLES.create_all(db.engine)
    yield db
    TABLES.drop_all(db.engine)
    db.dispose()


@pytest.fixture
def start(site: Database) -> Iterator[Start]:
    """Return what begins to work within this process."""
    doers: list[Doer] = []

    def begin(*, hold: float = 0.0, failures: int = 0, **options: object) -> Doer:
        engine = make(site, **options)  # type: ignore[arg-type]
        doers.append(Doer(site, engine, hold, failures))
        engine.start(doers[-1].tick, doers[-1].drain, ["a", "b"])
        return doers[-1]

    yield begin
    for doer in doers:
        doer.gate.set()
        doer.engine.stop()


@pytest.fixture
def spawn(site: Database) -> Iterator[Spawn]:
    """Return what starts a process that works; with ready=False it is not waited for."""
    processes: list[Process] = []

    def begin(hold: float = 0.0, *, ready: bool = True, stop_seconds: float = 15.0) -> Process:
        url = site.engine.url.render_as_string(hide_password=False)
        words = [sys.executable, "-W", "error", "-m", "tests.contract.living", url, str(hold), str(stop_seconds)]
        processes.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        if ready:
            assert processes[-1].stdout is not None
            assert processes[-1].stdout.readline() == "ready\n", processes[-1].communicate()[1]
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.communicate()
