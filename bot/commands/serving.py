"""serve, work, migrate: what runs the bot, and what it needs before it can run."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.commands.base import BATCH_SECONDS, DONE, WRONG, say

NO_WORK = (
    "--no-work: with SQLite one process does everything, and nothing would be reminded or sent; "
    "leave --no-work out, or put a PostgreSQL into database.url"
)


def serve(args: argparse.Namespace) -> int:
    """Serve callbacks and pages, and do the work as well unless told not to."""
    from bot import opening, server

    loaded = _ready(args.config)
    if args.no_work and loaded.config.on_sqlite:
        return say(NO_WORK, WRONG)
    lock = None if args.no_work else opening.worker_lock(loaded.config)
    if lock:
        lock.take()  # only to say here, in one line, that it is taken; the child process takes it for itself
        lock.free()
    server.serve(loaded.path, loaded.config, args.port, work=not args.no_work)
    return DONE


def work(args: argparse.Namespace) -> int:
    """Tick and deliver until told to stop."""
    from bot import app, worker

    worker.run(app.build(_ready(args.config)))
    return DONE


def _ready(path: Path):  # type: ignore[no-untyped-def]  # Loaded; not imported here, so that `read` starts fast
    """Load everything and look at the schema, so that what is wrong is said in one line before anything starts."""
    from bot import config, config_warnings, logs, opening, storage
    from models.clock import SystemClock
    from models.session import Database, connect

    logs.configure()
    loaded = config.load_all(path)
    logs.keep_secret(loaded.config.secrets())
    storage.check_writable(loaded.config.database_url)
    storage.check_sound(loaded.config.database_url)
    db = Database(connect(loaded.config.database_url))
    try:
        opening.check_schema(db, path)
    finally:
        db.dispose()
    for warning in config_warnings.warnings(loaded, SystemClock().now()):
        logs.get_logger("bot").warning("look-at-this", what=warning)
    return loaded


def migrate(args: argparse.Namespace) -> int:
    """Bring the database to the newest schema."""
    from bot import config, opening, storage
    from models.migrations import run
    from models.session import connect

    url = config.load(args.config).database_url
    storage.check_sound(url)
    engine = connect(url, busy_seconds=BATCH_SECONDS)
    try:
        changed = opening.migrate(engine)
    finally:
        engine.dispose()
    print(f"{'migrated to' if changed else 'already at'} revision {run.newest()}")
    return DONE
