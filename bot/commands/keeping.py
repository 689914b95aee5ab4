"""backup, restore, export, import-roster, purge: what is done to the records while the bot may run."""

from __future__ import annotations

import argparse
import os

from bot.commands.base import DONE, FAILED, WRONG, opened, say


def backup(args: argparse.Namespace) -> int:
    """Write database and files into one verified ZIP."""
    from bot import backup as saving
    from bot import config, logs
    from models.clock import SystemClock

    logs.configure("WARNING")
    if args.out.suffix.lower() != ".zip" or not args.out.parent.is_dir():
        return say(f"--out {args.out}: write the path of a file that ends in .zip, in a folder that exists", WRONG)
    loaded = config.load(args.config)
    made = saving.backup(loaded.database_url, loaded.files.dir, args.out, SystemClock().now())
    print(f"wrote {args.out}: {made.rows} rows and {made.files} files, verified, revision {made.revision}")
    return DONE


def restore(args: argparse.Namespace) -> int:
    """Bring a backup back; refused while a bot works on the database."""
    from bot import backup as saving
    from bot import config, logs, opening

    logs.configure("WARNING")
    if not args.source.is_file():
        return say(f"--from {args.source}: there is no such file", WRONG)
    loaded = config.load(args.config)
    lock = opening.worker_lock(loaded)
    if lock:
        lock.take()
    try:
        made = saving.restore(args.source, loaded.database_url, loaded.files.dir, replace=args.replace)
    finally:
        if lock:
            lock.free()
    print(f"restored {made.rows} rows and {made.files} files, verified, revision {made.revision}")
    if made.aside:
        print(f"the database that was there is now {made.aside}; delete it when nothing of it is missed")
    return DONE


def export(args: argparse.Namespace) -> int:
    """Write the ledger as a workbook, whole or not at all."""
    from bot.render import RenderError
    from bot.render.ledger_book import ledger_book
    from models import records

    if args.out.suffix.lower() != ".xlsx" or not args.out.parent.is_dir():
        return say(f"--out {args.out}: write the path of a file that ends in .xlsx, in a folder that exists", WRONG)
    try:
        with opened(args.config) as work, work.db.read() as session:
            shot = records.snapshot(session, work.clock.now())
            data, figures = ledger_book(session, work.campaign, shot), records.count(session, None)
    except RenderError as error:
        return say(str(error), FAILED)
    partial = args.out.with_name(f".{args.out.name}.{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(args.out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        return say(f"{args.out}: cannot be written ({(error.strerror or 'trouble').lower()})", FAILED)
    print(f"wrote {args.out}: {figures} figures up to #{shot.reports}, {shot.changes} changes")
    return DONE


def import_roster(args: argparse.Namespace) -> int:
    """Say what new roster files would change, and change it if told to."""
    from bot import roster_files
    from bot.channels.wecom_app import NAME
    from models import roster_import, roster_sync

    with opened(args.config) as work:
        roster = roster_files.read(work.campaign, args.roster, args.people)
        own = roster_files.of_config(work.config)
        now = work.clock.now()
        today = work.campaign.local_day(now)
        with work.db.begin() if args.apply else work.db.read() as session:
            plan = roster_import.plan(session, roster, NAME, today)
            if args.apply:
                closing = today if args.close_missing else None
                roster_import.apply(session, plan, NAME, now, close_missing=closing)
                if own:
                    roster_sync.settle(session, own)  # or the next start would turn back what was brought in here
    for line in roster_files.report(plan, close_missing=args.close_missing):
        print(line)
    if own and not roster_sync.same(own, roster):
        print(roster_files.differing(work.config))
    print(f"{roster_files.counts(plan)}. {'Done.' if args.apply else 'Nothing was written; --apply does it.'}")
    return DONE


def purge(args: argparse.Namespace) -> int:
    """Say what is known about people and should go, and let it go if told to."""
    from bot import purging
    from bot.filestore import FileStore
    from models.amendments import Effective

    with opened(args.config) as work:
        effective = Effective(work.campaign).campaign
        keeper = purging.Keeper(work.db, effective, work.clock, FileStore(work.config.files.dir))
        due, gone = purging.command(keeper, apply=args.apply)
    if gone is None:
        return say(f"not before {due.date()}: 90 days after the campaign closes; nothing was purged", FAILED)
    for name, count in sorted({**gone.rows, "audit": gone.audit_rows}.items()):
        print(f"{name}: {count} rows")
    told = "Done." if args.apply else f"Nothing was purged; --apply does it, from {due.date()} on."
    print(f"{gone.total} rows and {len(gone.files)} files. {told}")
    return DONE
