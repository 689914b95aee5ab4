"""The tables of Procrastinate beside ours: made, brought to the installed version, and looked at.

Procrastinate keeps no record of which of its migrations a database has, so a comment on its main table does: it lives
and goes with the tables. PostgreSQL only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from procrastinate.schema import SchemaManager
from psycopg.sql import SQL, Literal
from sqlalchemy import Connection, Engine, text

from models.errors import BotError

MARK = "campaign-bot, after "  # in the comment, before the name of the last migration
_LOCK = 5_021_411  # of pg_advisory_xact_lock: two that migrate at once go one after the other


class EngineSchemaError(BotError):
    """The tables of the engine cannot be used by this version; the text says why."""

    exit_code = 2


def newest() -> str:
    """Return the name of the newest migration of the installed Procrastinate."""
    return _migrations()[-1].stem


def is_current(engine: Engine) -> bool:
    """Tell whether a database has the tables of the installed Procrastinate. Raises EngineSchemaError."""
    with engine.connect() as connection:
        return _found(connection) == newest()


def upgrade(engine: Engine) -> bool:
    """Bring the tables to the installed version, in one transaction. Returns whether there was something to do.

    Raises EngineSchemaError for tables of a newer version, or of somebody else.
    """
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        found = _found(connection)
        if found == newest():
            return False
        if found is None:
            scripts = [SchemaManager.get_schema()]
        else:
            scripts = [path.read_text(encoding="utf-8") for path in _migrations() if path.stem > found]
        cursor: Any = connection.connection.cursor()  # psycopg's own: a script is many statements
        for script in scripts:
            cursor.execute(script)
        cursor.execute(SQL("COMMENT ON TABLE procrastinate_jobs IS {}").format(Literal(MARK + newest())))
        return True


def _found(connection: Connection) -> str | None:
    """Return the last migration that a database has, None without tables. Raises EngineSchemaError."""
    exists, comment = connection.execute(
        text("SELECT to_regclass('procrastinate_jobs'), obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")
    ).one()
    if exists is None:
        return None
    if comment is None or not comment.startswith(MARK):
        raise EngineSchemaError(
            "the database holds Procrastinate tables that this bot did not make; give the bot a database of its own"
        )
    found = str(comment).removeprefix(MARK)
    if found > newest():
        raise EngineSchemaError(
            f"the database's engine tables are newer ({found}) than this version of the bot ({newest()}); "
            "install the newer version again"
        )
    return found


def _migrations() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
