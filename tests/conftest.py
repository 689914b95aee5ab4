"""Fixtures that more than one folder of tests uses: databases. Each test gets a fresh one that is migrated."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

if "XDG_RUNTIME_DIR" not in os.environ:  # the embedded PostgreSQL keeps its sockets there
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="bot-run-")

from models.migrations import run as migrations
from models.session import Database, connect
from tests.postgres import Postgres

pytest_plugins = ["tests.browsing", "tests.sharing", "tests.logged"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    engine = connect(f"sqlite:///{path}")
    migrations.upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Return the PostgreSQL server of this session; it starts when the first test asks for it."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of a fresh SQLite file."""
    path = tmp_path / "bot.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a fresh migrated database, once on each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.borrow()
    yield server.url(name)
    server.give_back(name)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """Return a fresh migrated database, once on each kind."""
    database = Database(connect(database_url, connections=40))
    yield database
    database.dispose()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag that rewrites the bot's side of the transcripts; the diff is reviewed like code."""
    parser.addoption("--rewrite-transcripts", action="store_true", help="write down what the bot says now")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one visible line which tests did not run, and why."""
    reasons = [report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if report.longrepr]
    for reason in dict.fromkeys(reasons):
        terminalreporter.write_line(f"NOT RUN ({reasons.count(reason)} tests): {reason.removeprefix('Skipped: ')}")
