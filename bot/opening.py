"""What has to hold before anything runs: the schema, the lock of the one worker, the clock. Commands need no more."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine as SqlEngine
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from bot.config import Config
from bot.engine import cluster_schema
from bot.engine.local import WorkerLock
from models.clock import Clock
from models.demo_clock import StoredClock
from models.errors import BotError
from models.migrations import run as migrations
from models.session import Database

CONFIG_VARIABLE, WORK_VARIABLE = "BOT_CONFIG", "BOT_WORK"  # from the serving process to its children


class SchemaError(BotError):
    """The database is not of this version; the text says what to run."""

    exit_code = 2


def migrate(database: SqlEngine) -> bool:
    """Bring a database to the schema of this version, on PostgreSQL the engine's tables too. Returns if it changed."""
    changed = migrations.upgrade(database)
    return (database.dialect.name == "postgresql" and cluster_schema.upgrade(database)) or changed


def check_schema(db: Database, config: Path) -> None:
    """Raise SchemaError unless the database is of this version, on PostgreSQL with the engine's tables."""
    current = migrations.is_current(db.engine)
    if not current or (db.engine.dialect.name == "postgresql" and not cluster_schema.is_current(db.engine)):
        raise SchemaError(f"the database has an old schema, or none; run: python -m bot migrate --config {config}")


def away(config: Config, error: BaseException) -> str | None:
    """Say which PostgreSQL cannot be reached, without its password; None for trouble of another kind."""
    if config.on_sqlite or not isinstance(error, OperationalError) or getattr(error.orig, "sqlstate", None):
        return None
    where = make_url(config.database_url).render_as_string(hide_password=True)
    why = str(error.orig).splitlines()[0].strip()
    return f"database.url (or BOT_DATABASE_URL): PostgreSQL cannot be reached at {where}; look whether it runs ({why})"


def worker_lock(config: Config) -> WorkerLock | None:
    """Return the lock of the one worker on SQLite; None on PostgreSQL, where any number may work."""
    database = make_url(config.database_url).database
    return WorkerLock(Path(database)) if config.on_sqlite and database else None


def campaign_clock(config: Config, db: Database, wall: Clock) -> Clock:
    """Return the clock of the config: the demo's, or the real one."""
    return StoredClock(db, wall, config.clock.start, config.clock.speed) if config.clock else wall
