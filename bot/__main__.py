"""The command line: serve, work, demo, migrate, check, read, rehearse, backup, restore, export, import-roster,
purge. What each does stands in bot/commands/.

What a person can cause is one line on stderr. Exit codes: 0 done, 1 failed while running, 2 wrong usage or
configuration.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.commands import checking, demonstrating, keeping, reading, serving
from bot.commands.base import DONE, FAILED, WRONG, say
from models.errors import BotError, ConfigError

__all__ = ["DONE", "FAILED", "WRONG", "main"]
Commands = Any  # what argparse gives for the commands; it has no public name


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    args = _parser().parse_args(argv)
    os.umask(0o077)  # databases, logs and keys hold what is nobody else's business on this machine
    try:
        return int(args.run(args))
    except ConfigError as error:
        return say(str(error), WRONG)
    except BotError as error:
        return say(str(error), getattr(error, "exit_code", FAILED))
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the last flush does not complain
        return FAILED
    except OSError as error:
        return say(f"{error.filename or 'file'}: {error.strerror or error}", FAILED)
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "alembic"):
            raise
        return say(_of_database(args, error), FAILED)


def _of_database(args: argparse.Namespace, error: Exception) -> str:
    """Say in one line what is wrong with the database; when it is away, which one."""
    from bot import config, opening

    path = getattr(args, "config", None)
    away = opening.away(config.load(path), error) if path else None
    return away or f"the database cannot be used: {str(error).splitlines()[0]}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="A WeCom bot for a campaign's reports.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = _with_config(commands, "serve", serving.serve, "webhook and pages, with scheduler and delivery")
    serve.add_argument("--port", type=_port, help="instead of the one in the config")
    serve.add_argument("--no-work", action="store_true", help="leave scheduler and delivery to `work`")
    _with_config(commands, "work", serving.work, "scheduler and delivery only")
    _with_config(commands, "migrate", serving.migrate, "bring the database to the newest schema")
    check = _with_config(commands, "check", checking.check, "validate config, campaign, roster and people")
    check.add_argument("--words", action="store_true", help="list words that hide in longer ones")
    _add_rehearse(commands)
    _add_records(commands)
    _add_demo(commands)
    _add_read(commands)
    return parser


def _with_config(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int], told: str
) -> argparse.ArgumentParser:
    """Add a command that works on what a config names."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=told)
    command.add_argument("--config", type=Path, required=True)
    command.set_defaults(run=run)
    return command


def _add_rehearse(commands: Commands) -> None:
    rehearse = _with_config(
        commands, "rehearse", checking.rehearse, "every notice that would go out if nobody reported"
    )
    rehearse.add_argument(
        "--from", dest="first", default="", metavar="DATE", help="the campaign's first day without it"
    )
    rehearse.add_argument("--to", dest="last", default="", metavar="DATE", help="the day it closes on without it")
    rehearse.add_argument("--format", dest="form", choices=("text", "csv", "ics"), default="text")
    rehearse.add_argument("--org", default="", metavar="NAME", help="only what this org gets, with the full texts")
    rehearse.add_argument("--reporting", default="0", metavar="SHARE", help="what if so many orgs report all: 50%%")


def _add_records(commands: Commands) -> None:
    backup = _with_config(
        commands, "backup", keeping.backup, "database and files in one verified ZIP; the bot may run meanwhile"
    )
    backup.add_argument("--out", type=Path, required=True, help="a file that ends in .zip; it is replaced")
    restore = _with_config(commands, "restore", keeping.restore, "bring a backup back; the bot must not run")
    restore.add_argument("--from", dest="source", type=Path, required=True, help="a file that `backup` wrote")
    restore.add_argument("--replace", action="store_true", help="move an SQLite database that is there aside")
    export = _with_config(commands, "export", keeping.export, "the ledger as a workbook")
    export.add_argument("--out", type=Path, required=True, help="a file that ends in .xlsx; it is replaced")
    imported = _with_config(
        commands, "import-roster", keeping.import_roster, "what new roster files would change; with --apply, change it"
    )
    imported.add_argument("--roster", type=Path, required=True, help="CSV or .xlsx, columns as in roster.csv")
    imported.add_argument("--people", type=Path, required=True, help="CSV or .xlsx, columns as in people.csv")
    imported.add_argument("--apply", action="store_true", help="do it; without this nothing is written")
    imported.add_argument("--close-missing", action="store_true", help="orgs that are not in the file owe nothing more")
    purge = _with_config(
        commands, "purge", keeping.purge, "what is known about people and should go; with --apply, let it go"
    )
    purge.add_argument("--apply", action="store_true", help="do it, from 90 days after the campaign's end on")


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser("demo", help="the bot with a stand-in platform, on this machine")
    demo.add_argument("--port", type=_port, default=8000, help="of the page; the bot takes the next one")
    demo.add_argument("--data", type=Path, default=Path("data/demo"), help="where it keeps its database and keys")
    demo.add_argument("--fresh", action="store_true", help="forget what the last demo left there")
    demo.set_defaults(run=demonstrating.demo)


def _add_read(commands: Commands) -> None:
    read = commands.add_parser("read", help="what the bot would understand, as JSON")
    read.add_argument("--campaign", type=Path, help="the Hunan example without it")
    read.add_argument("--explain", action="store_true", help="say in words why each number was read as it was")
    what = read.add_mutually_exclusive_group(required=True)
    what.add_argument("--jsonl", type=Path, help="a file with one object a line: id, text")
    what.add_argument("text", nargs="?")
    read.set_defaults(run=reading.read)


def _port(word: str) -> int:
    if not word.isdigit() or not 1 <= int(word) <= 65534:
        raise argparse.ArgumentTypeError(f"{word!r} is no port: write a number from 1 to 65534")
    return int(word)


if __name__ == "__main__":
    sys.exit(main())
