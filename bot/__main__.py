"""The command line: serve, work, demo, migrate, check, read, rehearse, backup, restore, export, import-roster,
purge.

What a person can cause is one line on stderr. Exit codes: 0 done, 1 failed while running, 2 wrong usage or
configuration. Imports stand inside the commands, so that `read` does not wait for a web server. The only module outside
of the tests that knows the stand-in platform.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import BotError, ConfigError

if TYPE_CHECKING:
    from bot.config import Config

DONE, FAILED, WRONG = 0, 1, 2
OTHER_PORT = 8610  # for a second demo
BATCH_SECONDS = 60.0  # how long a command that works alone waits for the database


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    args = _parser().parse_args(argv)
    os.umask(0o077)  # databases, logs and keys hold what is nobody else's business on this machine
    try:
        return int(args.run(args))
    except ConfigError as error:
        return _say(str(error), WRONG)
    except BotError as error:
        return _say(str(error), getattr(error, "exit_code", FAILED))
    except KeyboardInterrupt:
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the last flush does not complain
        return FAILED
    except OSError as error:
        return _say(f"{error.filename or 'file'}: {error.strerror or error}", FAILED)
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "alembic"):
            raise
        return _say(f"the database cannot be used: {str(error).splitlines()[0]}", FAILED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="A WeCom bot for a campaign's reports.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="webhook and pages, with scheduler and delivery")
    serve.add_argument("--config", type=Path, required=True)
    serve.add_argument("--port", type=_port, help="instead of the one in the config")
    serve.add_argument("--no-work", action="store_true", help="leave scheduler and delivery to `work`")
    serve.set_defaults(run=_serve)
    for name, run, told in (
        ("work", _work, "scheduler and delivery only"),
        ("migrate", _migrate, "bring the database to the newest schema"),
        ("check", _check, "validate config, campaign, roster and people"),
    ):
        command = commands.add_parser(name, help=told)
        command.add_argument("--config", type=Path, required=True)
        command.set_defaults(run=run)
        if run is _check:
            command.add_argument("--words", action="store_true", help="list words that hide in longer ones")
    rehearse = commands.add_parser("rehearse", help="every notice that would go out if nobody reported")
    rehearse.add_argument("--config", type=Path, required=True)
    rehearse.add_argument(
        "--from", dest="first", default="", metavar="DATE", help="the campaign's first day without it"
    )
    rehearse.add_argument("--to", dest="last", default="", metavar="DATE", help="the day it closes on without it")
    rehearse.add_argument("--format", dest="form", choices=("text", "csv", "ics"), default="text")
    rehearse.add_argument("--org", default="", metavar="NAME", help="only what this org gets, with the full texts")
    rehearse.add_argument("--reporting", default="0", metavar="SHARE", help="what if so many orgs report all: 50%%")
    rehearse.set_defaults(run=_rehearse)
    saved = commands.add_parser("backup", help="database and files in one verified ZIP; the bot may run meanwhile")
    saved.add_argument("--config", type=Path, required=True)
    saved.add_argument("--out", type=Path, required=True, help="a file that ends in .zip; it is replaced")
    saved.set_defaults(run=_backup)
    brought = commands.add_parser("restore", help="bring a backup back; the bot must not run")
    brought.add_argument("--config", type=Path, required=True)
    brought.add_argument("--from", dest="source", type=Path, required=True, help="a file that `backup` wrote")
    brought.add_argument("--replace", action="store_true", help="move an SQLite database that is there aside")
    brought.set_defaults(run=_restore)
    export = commands.add_parser("export", help="the ledger as a workbook")
    export.add_argument("--config", type=Path, required=True)
    export.add_argument("--out", type=Path, required=True, help="a file that ends in .xlsx; it is replaced")
    export.set_defaults(run=_export)
    imported = commands.add_parser("import-roster", help="what new roster files would change; with --apply, change it")
    imported.add_argument("--config", type=Path, required=True)
    imported.add_argument("--roster", type=Path, required=True, help="CSV or .xlsx, columns as in roster.csv")
    imported.add_argument("--people", type=Path, required=True, help="CSV or .xlsx, columns as in people.csv")
    imported.add_argument("--apply", action="store_true", help="do it; without this nothing is written")
    imported.add_argument("--close-missing", action="store_true", help="orgs that are not in the file owe nothing more")
    imported.set_defaults(run=_import_roster)
    purge = commands.add_parser("purge", help="what is known about people and should go; with --apply, let it go")
    purge.add_argument("--config", type=Path, required=True)
    purge.add_argument("--apply", action="store_true", help="do it, from 90 days after the campaign's end on")
    purge.set_defaults(run=_purge)
    demo = commands.add_parser("demo", help="the bot with a stand-in platform, on this machine")
    demo.add_argument("--port", type=_port, default=8000, help="of the page; the bot takes the next one")
    demo.add_argument("--data", type=Path, default=Path("data/demo"), help="where it keeps its database and keys")
    demo.add_argument("--fresh", action="store_true", help="forget what the last demo left there")
    demo.set_defaults(run=_demo)
    read = commands.add_parser("read", help="what the bot would understand, as JSON")
    read.add_argument("--campaign", type=Path, help="the Hunan example without it")
    read.add_argument("--explain", action="store_true", help="say in words why each number was read as it was")
    what = read.add_mutually_exclusive_group(required=True)
    what.add_argument("--jsonl", type=Path, help="a file with one object a line: id, text")
    what.add_argument("text", nargs="?")
    read.set_defaults(run=_read)
    return parser


def _port(word: str) -> int:
    if not word.isdigit() or not 1 <= int(word) <= 65534:
        raise argparse.ArgumentTypeError(f"{word!r} is no port: write a number from 1 to 65534")
    return int(word)


def _say(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code


def _serve(args: argparse.Namespace) -> int:
    from bot import app, config, logs, server

    loaded = _ready(args.config)
    lock = None if args.no_work else app.worker_lock(loaded.config)
    if lock:
        lock.take()  # only to say here, in one line, that it is taken; the child process takes it for itself
        lock.free()
    for warning in config.warnings(loaded):
        logs.get_logger("bot").warning("look-at-this", what=warning)
    server.serve(loaded.path, loaded.config, args.port, work=not args.no_work)
    return DONE


def _work(args: argparse.Namespace) -> int:
    from bot import app, worker

    worker.run(app.build(_ready(args.config)))
    return DONE


def _ready(path: Path):  # type: ignore[no-untyped-def]  # Loaded; not imported here, so that `read` starts fast
    """Load everything and look at the schema, so that what is wrong is said in one line before anything starts."""
    from bot import app, config, logs, storage
    from models.session import Database, connect

    logs.configure()
    loaded = config.load_all(path)
    logs.keep_secret(loaded.config.secrets())
    app.check_writable(loaded.config)
    storage.check_sound(loaded.config.database_url)
    db = Database(connect(loaded.config.database_url))
    try:
        app.check_schema(db, path)
    finally:
        db.dispose()
    return loaded


def _migrate(args: argparse.Namespace) -> int:
    from bot import app, config, storage
    from models.migrations import run
    from models.session import connect

    url = config.load(args.config).database_url
    storage.check_sound(url)
    engine = connect(url, busy_seconds=BATCH_SECONDS)
    try:
        changed = app.migrate(engine)
    finally:
        engine.dispose()
    print(f"{'migrated to' if changed else 'already at'} revision {run.newest()}")
    return DONE


def _check(args: argparse.Namespace) -> int:
    from bot import config
    from models.campaign.checks_reading import shadows

    loaded = config.load_all(args.config)
    for warning in config.warnings(loaded):
        print(f"warning: {warning}", file=sys.stderr)
    if schema := _schema_missing(loaded.config, args.config):
        print(f"warning: {schema}", file=sys.stderr)
    if broken := _pictures_broken():
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


def _pictures_broken() -> str | None:
    from bot.render import RenderError
    from bot.render.png import usable_font

    try:
        usable_font()
    except RenderError as error:
        return f"pictures cannot be drawn, rankings would go out as text alone: {error}"
    return None


def _schema_missing(config: Config, path: Path) -> str | None:
    """Look at a PostgreSQL; an SQLite file would be made by the look."""
    from sqlalchemy.exc import SQLAlchemyError

    from bot import app
    from models.session import Database, connect

    if config.on_sqlite:
        return None
    db = Database(connect(config.database_url))
    try:
        app.check_schema(db, path)
    except BotError as error:
        return str(error)
    except SQLAlchemyError as error:
        return f"the database cannot be reached ({type(error).__name__})"
    finally:
        db.dispose()
    return None


def _rehearse(args: argparse.Namespace) -> int:
    from bot import config, logs
    from bot.rehearsal import Wish, rehearse

    logs.configure("ERROR")
    loaded = config.load_all(args.config)
    for piece in rehearse(loaded, Wish(args.first, args.last, args.form, args.org, args.reporting)):
        sys.stdout.write(piece)
    return DONE


def _backup(args: argparse.Namespace) -> int:
    from bot import config, logs
    from bot.backup import backup
    from models.clock import SystemClock

    logs.configure("WARNING")
    if args.out.suffix.lower() != ".zip" or not args.out.parent.is_dir():
        return _say(f"--out {args.out}: write the path of a file that ends in .zip, in a folder that exists", WRONG)
    loaded = config.load(args.config)
    made = backup(loaded.database_url, loaded.files.dir, args.out, SystemClock().now())
    print(f"wrote {args.out}: {made.rows} rows and {made.files} files, verified, revision {made.revision}")
    return DONE


def _restore(args: argparse.Namespace) -> int:
    from bot import app, config, logs
    from bot.backup import restore

    logs.configure("WARNING")
    if not args.source.is_file():
        return _say(f"--from {args.source}: there is no such file", WRONG)
    loaded = config.load(args.config)
    lock = app.worker_lock(loaded)
    if lock:
        lock.take()
    try:
        made = restore(args.source, loaded.database_url, loaded.files.dir, replace=args.replace)
    finally:
        if lock:
            lock.free()
    print(f"restored {made.rows} rows and {made.files} files, verified, revision {made.revision}")
    return DONE


def _export(args: argparse.Namespace) -> int:
    from bot import app, config
    from bot.render import RenderError
    from bot.render.ledger_book import ledger_book
    from models import records
    from models.campaign import loader
    from models.clock import SystemClock
    from models.session import Database, connect

    if args.out.suffix.lower() != ".xlsx" or not args.out.parent.is_dir():
        return _say(f"--out {args.out}: write the path of a file that ends in .xlsx, in a folder that exists", WRONG)
    loaded = config.load(args.config)
    campaign = loader.load(loaded.campaign.file)
    db = Database(connect(loaded.database_url, busy_seconds=BATCH_SECONDS))
    try:
        app.check_schema(db, args.config)
        now = app.campaign_clock(loaded, db, SystemClock()).now()
        with db.read() as session:
            shot = records.snapshot(session, now)
            data, figures = ledger_book(session, campaign, shot), records.count(session, None)
    except RenderError as error:
        return _say(str(error), FAILED)
    finally:
        db.dispose()
    partial = args.out.with_name(f".{args.out.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(args.out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        return _say(f"{args.out}: cannot be written ({(error.strerror or 'trouble').lower()})", FAILED)
    print(f"wrote {args.out}: {figures} figures up to #{shot.reports}, {shot.changes} changes")
    return DONE


def _import_roster(args: argparse.Namespace) -> int:
    from bot import app, config, roster_files
    from bot.channels.wecom_app import NAME
    from models import roster_import
    from models.campaign import loader
    from models.clock import SystemClock
    from models.session import Database, connect

    loaded = config.load(args.config)
    campaign = loader.load(loaded.campaign.file)
    roster = roster_files.read(campaign, args.roster, args.people)
    db = Database(connect(loaded.database_url, busy_seconds=BATCH_SECONDS))
    try:
        app.check_schema(db, args.config)
        now = app.campaign_clock(loaded, db, SystemClock()).now()
        today = campaign.local_day(now)
        with db.begin() if args.apply else db.read() as session:
            plan = roster_import.plan(session, roster, NAME, today)
            if args.apply:
                closing = today if args.close_missing else None
                roster_import.apply(session, plan, NAME, now, close_missing=closing)
    finally:
        db.dispose()
    for line in roster_files.report(plan, close_missing=args.close_missing):
        print(line)
    print(f"{roster_files.counts(plan)}. {'Done.' if args.apply else 'Nothing was written; --apply does it.'}")
    return DONE


def _purge(args: argparse.Namespace) -> int:
    from bot import app, config, purging
    from bot.filestore import FileStore
    from models.amendments import Effective
    from models.campaign import loader
    from models.clock import SystemClock
    from models.session import Database, connect

    loaded = config.load(args.config)
    campaign = loader.load(loaded.campaign.file)
    db = Database(connect(loaded.database_url, busy_seconds=BATCH_SECONDS))
    try:
        app.check_schema(db, args.config)
        clock = app.campaign_clock(loaded, db, SystemClock())
        keeper = purging.Keeper(db, Effective(campaign).campaign, clock, FileStore(loaded.files.dir))
        due, gone = purging.command(keeper, apply=args.apply)
    finally:
        db.dispose()
    if gone is None:
        return _say(f"not before {due.date()}: 90 days after the campaign closes; nothing was purged", FAILED)
    for name, count in sorted({**gone.rows, "audit": gone.audit_rows}.items()):
        print(f"{name}: {count} rows")
    told = "Done." if args.apply else f"Nothing was purged; --apply does it, from {due.date()} on."
    print(f"{gone.total} rows and {len(gone.files)} files. {told}")
    return DONE


def _read(args: argparse.Namespace) -> int:
    from handlers.linkless import LinklessReader
    from handlers.reading.contract import to_contract_json
    from handlers.reading.explain import explain
    from models.campaign import loader

    campaign = loader.load(args.campaign or loader.HUNAN)
    reader = LinklessReader(campaign)
    if args.jsonl is None and args.explain:
        print("\n".join(explain(reader.read(args.text), args.text, campaign)) or "no number in it")
        return DONE
    if args.jsonl is None:
        print(json.dumps(to_contract_json(reader.read(args.text), campaign), ensure_ascii=False))
        return DONE
    try:
        lines = args.jsonl.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return _say(f"{args.jsonl}: cannot be read ({error})", WRONG)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            told = {"id": case["id"], **to_contract_json(reader.read(str(case["text"])), campaign)}
        except (ValueError, KeyError, TypeError):
            return _say(f'{args.jsonl}: line {number}: not like {{"id": ..., "text": "..."}}', WRONG)
        print(json.dumps(told, ensure_ascii=False))
    return DONE


def _demo(args: argparse.Namespace) -> int:
    from bot import config, demo, logs, server
    from bot.standin import Member, Persona, Platform, TryLine, serve
    from models.migrations import run
    from models.session import connect

    logs.configure("WARNING")
    try:
        for port in (args.port, args.port + 1):
            server.must_be_free("127.0.0.1", port)
    except server.PortTaken as error:
        return _say(f"{error}; another demo may run; stop it or use PORT={OTHER_PORT}", FAILED)
    if args.fresh:
        demo.forget(args.data)
    made = demo.keys(args.data)
    loaded = config.load_all(demo.write_config(args.data, made, args.port), environ={})
    engine = connect(loaded.config.database_url)
    run.upgrade(engine)
    engine.dispose()
    faces = [Persona(userid, name, label) for userid, name, label in demo.faces(loaded.roster)]
    platform = Platform(
        corp_id=made.corp_id,
        agent_id=demo.AGENT_ID,
        secret=made.secret,
        token=made.token,
        encoding_aes_key=made.encoding_aes_key,
        robots={made.robot: loaded.campaign.groups.get(demo.GROUP, demo.GROUP)},
        members=[Member(each.wecom_userid, each.name, each.org) for each in loaded.roster.people if each.wecom_userid],
        callback_url=f"http://127.0.0.1:{args.port + 1}/wecom/callback",
        limited=False,
    )
    children: list[demo.Child] = []
    ending, died = threading.Event(), threading.Event()

    def watch(child: demo.Child) -> None:
        child.wait()
        if not ending.is_set():
            died.set()
            signal.raise_signal(signal.SIGTERM)

    def start() -> None:
        child = demo.Child(loaded.path, args.port + 1)
        children.append(child)
        child.wait_ready()
        threading.Thread(target=watch, args=(child,), daemon=True).start()
        print(f"The demo is at http://127.0.0.1:{args.port}/ - stop it with Ctrl-C.", flush=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # serve() hears the first; those that follow must not cut its end short
    try:
        serve(
            platform,
            args.port,
            personas=faces,
            try_lines=[TryLine(face.userid, line) for face, line in zip(faces, demo.TRY_LINES, strict=False)],
            bot_base=f"http://127.0.0.1:{args.port + 1}",
            title=loaded.campaign.name,
            on_start=start,
        )
    finally:
        ending.set()
        for child in children:
            child.stop()
    return _say(f"the bot has ended; see the end of {children[0].log}", FAILED) if died.is_set() else DONE


if __name__ == "__main__":
    sys.exit(main())
