"""The migrated schema is the schema of the tables, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from models.migrations import run
from models.session import Database, connect


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return an empty database."""
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path}/new/folder/bot.db")
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("postgres")
    name = server.fresh(migrated=False)
    engine = connect(server.url(name))
    yield engine
    engine.dispose()
    server.drop(name)


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the engine's own tables."""
    return kind != "table" or not str(name).startswith("procrastinate_")


def differences(engine: Engine) -> list[object]:
    """Return what differs between a database and the tables."""
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_name": ours}
        )
        return list(compare_metadata(context, run.metadata()))


def test_migrated_equals_the_tables(db: Database) -> None:
    """A migrated database has exactly the tables, columns, indexes and constraints that the code declares."""
    assert differences(db.engine) == []


def test_fresh_equals_the_tables(empty: Engine) -> None:
    """A database that the code itself creates shows no difference either, so that the comparison can be trusted."""
    run.metadata().create_all(empty)
    assert differences(empty) == []


def test_a_missing_column_is_seen(empty: Engine) -> None:
    """The comparison sees a column that a migration forgot."""
    run.upgrade(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE stranger DROP COLUMN last_at")
    assert differences(empty) != []


def test_upgrade_twice(empty: Engine) -> None:
    """Migrating brings an empty database up to date, and a second time does nothing."""
    assert not run.is_current(empty)
    assert run.upgrade(empty)
    assert run.is_current(empty)
    assert not run.upgrade(empty)
