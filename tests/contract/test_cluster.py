"""What only the cluster engine promises: its tables, and life with a database that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from bot import logs
from bot.__main__ import main
from bot.engine import cluster_schema
from bot.engine.cluster import ClusterEngine
from bot.engine.cluster_schema import EngineSchemaError
from models import channel_state
from models import session as session_module
from models.migrations import run as migrations
from models.session import Database, connect
from tests.contract.conftest import Spawn
from tests.contract.site import QUICK, TABLES, Doer, diary, give, make, undone, until
from tests.installing import install, make_platform
from tests.postgres import Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[Engine]:
    """Return an empty PostgreSQL database."""
    name = postgres.fresh(migrated=False)
    engine = connect(postgres.url(name))
    yield engine
    engine.dispose()
    postgres.drop(name)


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """Return the URL of a migrated PostgreSQL database."""
    name = postgres.borrow()
    yield postgres.url(name)
    postgres.give_back(name)


def jobs(db: Database, status: str) -> int:
    """Count the jobs in a state."""
    with db.engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = :s"), {"s": status})
    return int(found or 0)


def test_upgrade_twice(empty: Engine) -> None:
    """The tables are made once; a second time there is nothing to do."""
    assert not cluster_schema.is_current(empty)
    assert cluster_schema.upgrade(empty)
    assert cluster_schema.is_current(empty)
    assert not cluster_schema.upgrade(empty)


def test_upgrade_from_an_older_version(empty: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the migrations that a database has not had are run; afterwards the older version refuses it."""
    cluster_schema.upgrade(empty)
    for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"):
        (tmp_path / path.name).write_text("SELECT 'this one must not run' / 0")
    (tmp_path / "99.00.00_01_pre.sql").write_text("CREATE TABLE procrastinate_new (at int); SELECT '%' LIKE '%%'")
    (tmp_path / "99.00.00_50_post.sql").write_text("ALTER TABLE procrastinate_new ADD COLUMN more int")
    with monkeypatch.context() as patched:
        patched.setattr(SchemaManager, "get_migrations_path", staticmethod(lambda: str(tmp_path)))
        assert not cluster_schema.is_current(empty)
        assert cluster_schema.upgrade(empty)
        assert cluster_schema.is_current(empty)
        assert not cluster_schema.upgrade(empty)
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT count(more) FROM procrastinate_new")) == 0
    with pytest.raises(EngineSchemaError, match=r"newer \(99\.00\.00_50_post\)"):
        cluster_schema.is_current(empty)


def test_tables_of_somebody_else(empty: Engine) -> None:
    """Procrastinate's tables that another application made are left alone."""
    cluster_schema.upgrade(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("COMMENT ON TABLE procrastinate_jobs IS NULL")
    with pytest.raises(EngineSchemaError, match="did not make"):
        cluster_schema.upgrade(empty)


def test_commands_want_the_tables(
    empty: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the engine's tables serve and work refuse in one line, check warns, and migrate makes them."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    platform = make_platform()
    platform.start()
    config = str(install(tmp_path, platform, empty.url.render_as_string(hide_password=False)))
    platform.stop()
    with Path(config).open("a", encoding="utf-8") as file:
        file.write('[server]\npublic_url = "https://bot.example"\n')  # so that nothing else is warned about
    migrations.upgrade(empty)
    for command in (["work"], ["serve", "--no-work"]):
        assert main([*command, "--config", config]) == 2
        assert "run: python -m bot migrate" in _one_line(capsys)
    assert main(["check", "--config", config]) == 0
    forgetful, schema = capsys.readouterr().err.splitlines()
    assert "warning: the database has an old schema, or none" in schema
    for word in ("migrated to", "already at"):
        assert main(["migrate", "--config", config]) == 0
        assert capsys.readouterr().out.startswith(word)
    assert main(["check", "--config", config]) == 0
    assert _one_line(capsys) == forgetful  # the server of the tests has these off, to be quick
    assert forgetful.startswith("warning: PostgreSQL has fsync, full_page_writes, synchronous_commit off: reports")


def _one_line(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_trouble_is_the_callers(database_url: str) -> None:
    """When a job cannot be written the transaction fails as with any trouble of the database, and keeps nothing."""
    db, other = Database(connect(database_url, busy_seconds=0.2)), connect(database_url)
    TABLES.create_all(db.engine)
    make(db)
    with other.begin() as holder:
        holder.exec_driver_sql("LOCK TABLE procrastinate_jobs")
        with pytest.raises(OperationalError):
            give(db, "a")
    assert undone(db) == 0
    TABLES.drop_all(db.engine)
    db.dispose()
    other.dispose()


def test_who_sleeps_in_a_transaction(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process locked that sleeps in a transaction, or is gone, is free after a while, and it keeps nothing."""
    monkeypatch.setattr(session_module, "IDLE_SECONDS", 0.3)
    sleeper, other = Database(connect(database_url)), Database(connect(database_url))
    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        _sleep(sleeper, other)
    sleeper.dispose()
    other.dispose()


def _sleep(sleeper: Database, other: Database) -> None:
    with sleeper.begin() as session:
        channel_state.lock(session, "wecom_app").reason = "never kept"
        session.flush()
        with other.begin() as second:
            assert channel_state.lock(second, "wecom_app").reason == ""


def test_the_server_restarts(site: Database, spawn: Spawn, postgres: Postgres) -> None:
    """A worker survives a restart of PostgreSQL in the middle of a drain, and does what comes after it."""
    make(site)
    worker = spawn(1.0)
    give(site, "a")
    assert until(lambda: len(diary(site, "begin")) == 1)
    postgres.restart()
    give(site, "b")
    assert until(lambda: undone(site) == 0, 15)
    assert worker.poll() is None
    assert until(lambda: jobs(site, "doing") + jobs(site, "todo") == 0, 15)


def test_what_is_kept(site: Database) -> None:
    """Jobs that went well are gone at once, and those that failed stay for a look."""
    engine = ClusterEngine(site.engine, QUICK)
    site.before_commit = engine.before_commit
    doer = Doer(site, engine, failures=1)
    give(site, "a")
    engine.start(doer.tick, doer.drain, ["a"])
    assert until(lambda: undone(site) == 0)
    assert until(lambda: jobs(site, "doing") + jobs(site, "todo") == 0)
    engine.stop()
    assert (jobs(site, "succeeded"), jobs(site, "failed")) == (0, 1)


def test_a_silent_worker(site: Database) -> None:
    """An engine that is not started, has no sign of life or is stopped says so."""
    engine = ClusterEngine(site.engine, QUICK)
    assert engine.problem() == "not running"
    engine.start(lambda: None, lambda channel: None, [])
    assert engine.problem() is None
    engine._seen -= 60
    assert str(engine.problem()).startswith("no beat for")
    engine.stop()
    assert engine.problem() == "not running"
