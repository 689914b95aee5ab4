"""check, rehearse: what a config and its campaign come to, before anything runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.base import DONE
from models.errors import BotError

if TYPE_CHECKING:
    from bot.config import Config


def check(args: argparse.Namespace) -> int:
    """Validate everything that a config names; say in one line what it comes to."""
    from bot import config, config_warnings
    from models.campaign.checks_reading import shadows
    from models.clock import SystemClock

    loaded = config.load_all(args.config)
    for warning in config_warnings.warnings(loaded, SystemClock().now()):
        print(f"warning: {warning}", file=sys.stderr)
    for warning in of_database(loaded.config, args.config):
        print(f"warning: {warning}", file=sys.stderr)
    if broken := pictures_broken():
        print(f"warning: {broken}", file=sys.stderr)
    for where, what, instead in shadows(loaded.campaign) if args.words else ():
        print(f"{loaded.config.campaign.file.name}: {where}: {what}; {instead}")
    campaign, roster = loaded.campaign, loaded.roster
    counts = {
        "orgs": roster.orgs,
        "people": roster.people,
        "indicators": campaign.indicators,
        "duties": campaign.duties,
        "rules": campaign.rules,
        "rankings": campaign.rankings,
    }
    print(f"ok: {campaign.key}, " + ", ".join(f"{len(each)} {name}" for name, each in counts.items()))
    return DONE


def pictures_broken() -> str | None:
    """Say why no picture can be drawn, or None."""
    from bot.render import RenderError
    from bot.render.png import usable_font

    try:
        usable_font()
    except RenderError as error:
        return f"pictures cannot be drawn, rankings would go out as text alone: {error}"
    return None


def of_database(config: Config, path: Path) -> Iterator[str]:
    """Say what is wrong with the database. An SQLite file that is not there is not made by the look."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot import opening, storage
    from models.session import Database, connect

    if file := storage.sqlite_file(config.database_url):
        if trouble := storage.not_there(file):
            yield f"{path.name}: database.url: {trouble}"
            return
        if not storage.is_sqlite(file):
            yield f"{path.name}: database.url: {file} is not an SQLite database; name another file, or move it away"
            return
    db = Database(connect(config.database_url))
    try:
        if not config.on_sqlite and (forgetful := storage.forgetful(db.engine)):
            yield forgetful
        opening.check_schema(db, path)
    except BotError as error:
        yield str(error)
    except SQLAlchemyError as error:
        yield opening.away(config, error) or f"the database cannot be used: {str(error).splitlines()[0]}"
    finally:
        db.dispose()


def rehearse(args: argparse.Namespace) -> int:
    """Print what would go out to whom and when."""
    from bot import config, logs, rehearsal

    logs.configure("ERROR")
    loaded = config.load_all(args.config)
    wish = rehearsal.Wish(args.first, args.last, args.form, args.org, args.reporting)
    for piece in rehearsal.rehearse(loaded, wish):
        sys.stdout.write(piece)
    return DONE
