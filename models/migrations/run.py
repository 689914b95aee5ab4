"""Bring a database to the newest schema, and tell whether it is there.

To add a revision after changing a table (review what it writes; a test compares it with the tables on both databases):

    .venv/bin/python -m models.migrations.run "what changed"
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData

import models
from models import audit
from models.base import Base
from models.errors import BotError
from models.session import connect

HOME = Path(__file__).parent


class NewerSchema(BotError):  # noqa: N818  # tells what is, not what broke
    """A database is of a newer version of the bot than this one; the text says what to do."""

    exit_code = 2


def metadata() -> MetaData:
    """Return all tables: every module of models is imported first."""
    for module in pkgutil.iter_modules(models.__path__):
        if not module.ispkg:
            importlib.import_module(f"models.{module.name}")
    return Base.metadata


def newest() -> str | None:
    """Return the newest revision that this version of the bot knows."""
    return _scripts().get_current_head()


def revision(engine: Engine) -> str | None:
    """Return the revision of a database; None for one that was never migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def must_be_known(found: str | None, what: str = "the database") -> None:
    """Raise NewerSchema for a revision that this version of the bot has never heard of. None is known."""
    if found is not None and found not in {each.revision for each in _scripts().walk_revisions()}:
        raise NewerSchema(
            f"{what} is of a newer version of this program (revision {found}, known here up to {newest()}); "
            "use that version of the program, or restore a backup that this one wrote"
        )


def is_current(engine: Engine) -> bool:
    """Tell whether a database has the schema of this version of the bot. Raises NewerSchema."""
    found = revision(engine)
    must_be_known(found)
    return found == newest()


def upgrade(engine: Engine) -> bool:
    """Bring a database to the newest schema, in one transaction. Returns whether there was something to do.

    Raises NewerSchema.
    """
    if is_current(engine):
        return False
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        audit.guard(connection)  # again each time: a table that was made anew for a change has lost its triggers
    return True


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _write(message: str) -> None:
    """Write a revision: what differs between the tables and a database with all revisions so far."""
    number = len(list((HOME / "versions").glob("*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/empty.db")
        config = _config()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()


if __name__ == "__main__":
    _write(sys.argv[1])
