"""Whether what is written can stay: the disk below database and files, and the pages of an SQLite file.

A disk that fills up is seen before it is full, and told (bot/incidents.py). When a write has failed for want of space
the process says so in /healthz and tries a small write with each look, so that it is well again by itself. A damaged
SQLite file is never written to again: every transaction that would write is refused until a backup is brought back;
so with a file that was moved away or replaced under the bot, until it is back.
What is damaged is marked in a file beside it, so that whoever finds it out, the running bot or `backup`, stops both.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.logs import get_logger
from bot.signs import Sign
from models import settings
from models.clock import Clock
from models.errors import BotError
from models.session import Database

DAMAGED, FULL, UNWRITABLE, GONE = "damaged", "full", "not writable", "gone"  # as /healthz says it
SQLITE: Mapping[int, str] = {  # primary result code -> what is wrong
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: UNWRITABLE,
    sqlite3.SQLITE_READONLY: UNWRITABLE,
}
POSTGRES: Mapping[str, str] = {"53100": FULL, "58030": UNWRITABLE}  # SQLSTATE
LOW_BYTES, LOW_SHARE = 256 * 2**20, 0.05  # the smaller of both: below it the admins are told (decided 2026-11-24)
NONE_BYTES, NONE_SHARE = 2**20, 0.01  # the smaller of both: below it nothing is begun any more
MARKER = ".damaged.txt"  # behind the name of the database; a copy that somebody puts aside is not called so
LOW, WAS_FULL = "disk", "full"  # kinds of incidents
PROBE, PROBE_LENGTH = "probe", 32_768  # a setting that is written to see whether writing works, more than a report has

log = get_logger(__name__)


class Damaged(BotError):  # noqa: N818  # tells what is, not what broke
    """An SQLite file is not whole. The text says what to do."""

    exit_code = 2


class NotWritable(BotError):  # noqa: N818  # tells what is, not what broke
    """The database's file may not be written to. The text is for the operator."""

    exit_code = 2


class Storage:
    """Watches what one process writes. Built once for its database."""

    def __init__(self, db: Database, folders: Sequence[Path], wall: Clock) -> None:
        """folders: of the files that people send; the one of an SQLite database is known."""
        self._db, self._wall = db, wall
        self._file = sqlite_file(db.engine.url.render_as_string(hide_password=False))
        self._folders = [*([self._file.parent] if self._file else []), *folders]
        self._lock = threading.Lock()
        self._trouble: str | None = None
        self._opened: tuple[int, int] | None = None  # device and inode of the file that is written to
        self._gone = False
        self._since: datetime | None = None  # transport time of the first write that failed, until it is noted
        event.listen(db.engine, "handle_error", self._failed, retval=True)
        if self._file:
            event.listen(db.engine, "begin", self._keep_out, insert=True)

    def problem(self) -> str | None:
        """Return what keeps the database from being written to, or None. After a failed write it tries a small one."""
        if self._is_damaged():
            return DAMAGED
        if self._is_gone():
            return GONE
        room = all(free >= min(NONE_BYTES, total * NONE_SHARE) for free, total, _ in self._room())
        if self._trouble and room and self._probe():
            log.info("storage-well", was=self._trouble)
            self._trouble = None
        return self._trouble or (None if room else FULL)

    @property
    def known(self) -> str | None:
        """Return the same as of the last look."""
        return GONE if self._gone else self._trouble

    def signs(self) -> Iterator[Sign]:
        """List what an operator should know of the disk while there is room to write it down."""
        for free, total, folder in self._room():
            if free < min(LOW_BYTES, total * LOW_SHARE):
                yield Sign(LOW, "", f"{free >> 20} MB of {total >> 20} MB free in {folder}")
                return

    @property
    def failed_since(self) -> datetime | None:
        """Return since when writes failed, until that is noted; transport time."""
        return self._since

    def noted(self) -> None:
        """Forget the past: it is written down."""
        self._since = None

    def _failed(self, context: ExceptionContext) -> BaseException | None:
        """Judge an error of the database. What is damaged is raised as trouble of the database, never as an answer."""
        error = context.original_exception
        what = _kind(error)
        if what == DAMAGED and self._file:
            self._note_damage(str(error))
            return OperationalError("the database is damaged", None, error)
        if what in (FULL, UNWRITABLE):
            with self._lock:
                if self._trouble is None:
                    log.error("storage-trouble", problem=what, detail=str(error))
                self._trouble = self._trouble or what
                self._since = self._since or self._wall.now()
        return None

    def _is_damaged(self) -> bool:
        if self._trouble != DAMAGED and self._file and _marker(self._file).exists():
            self._note_damage("it is marked so")
        return self._trouble == DAMAGED

    def _is_gone(self) -> bool:
        """Tell whether the file was moved away, deleted or replaced: what is still written would be lost with us."""
        if self._file is None:
            return False
        try:
            there = self._file.stat()
        except FileNotFoundError:
            gone = self._opened is not None
        else:
            self._opened = self._opened or (there.st_dev, there.st_ino)
            gone = self._opened != (there.st_dev, there.st_ino)
        if gone and not self._gone:
            log.error("database-gone", file=str(self._file), do="put the file back where it was, or restart the bot")
        self._gone = gone
        return gone

    def _note_damage(self, what: str) -> None:
        assert self._file
        with self._lock:
            if self._trouble == DAMAGED:
                return
            self._trouble = DAMAGED
        mark(self._file, what)
        log.error("database-damaged", what=what, do=advice(self._file, what))

    def _keep_out(self, connection: Connection) -> None:
        """Refuse a transaction that would write into a damaged file, or one that is not in its place."""
        what = GONE if self._gone else self._trouble
        if what in (DAMAGED, GONE) and not connection.get_execution_options().get("reading", False):
            raise OperationalError(f"the database is {what}", None, sqlite3.DatabaseError(what))

    def _probe(self) -> bool:
        try:
            for length in (PROBE_LENGTH, 0):
                with self._db.begin() as session:
                    settings.put(session, PROBE, secrets.token_hex(length))  # PostgreSQL would shrink what repeats
        except SQLAlchemyError:
            return False
        return True

    def _room(self) -> Iterator[tuple[int, int, Path]]:
        """List for each folder its free and all bytes; a disk that does not tell is left out."""
        for folder in self._folders:
            there = next((each for each in (folder, *folder.parents) if each.exists()), None)
            with suppress(OSError):
                usage = shutil.disk_usage(there or folder)
                if usage.total:
                    yield usage.free, usage.total, folder


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None for another one."""
    parsed = make_url(url)
    return Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None


def not_there(file: Path) -> str | None:
    """Say what to do when there is no file of an SQLite database, or when it could not even be made; None with one."""
    if file.is_file():
        return None
    if file.exists():
        return f"{file} is a folder; write the path of a file"
    near = next((each for each in file.parents if each.exists()), file.parent)
    if not near.is_dir() or not os.access(near, os.W_OK | os.X_OK):
        return f"{file} cannot be made, {near} is no folder that this user may write into; write another path"
    return f"there is no database {file} yet; run: python -m bot migrate, with the same --config"


def is_sqlite(file: Path) -> bool:
    """Tell whether a file begins like an SQLite database; an empty one becomes one."""
    try:
        with file.open("rb") as opened:
            return opened.read(16) in (b"", b"SQLite format 3\0")
    except OSError:
        return False


def check_writable(url: str) -> None:
    """Raise NotWritable for an SQLite file that is there and that this process may only read."""
    file = sqlite_file(url)
    if file and file.exists() and not os.access(file, os.W_OK):
        raise NotWritable(f"{file}: not writable; give the file and its folder to the user that the bot runs as")


def check_sound(url: str) -> None:
    """Look through an SQLite file before anything writes into it. Raises Damaged.

    quick_check reads every page: 200 MB take 0.2 s from memory, 2 s from a slow disk. What is marked as damaged is
    checked in full, with its indexes (1.3 s for 200 MB); when it has been mended the mark goes.
    """
    file = sqlite_file(url)
    if file is None or not file.is_file():
        return
    marked = _marker(file).exists()
    what = damage(file, full=marked)
    if what is not None:
        mark(file, what)
        raise Damaged(advice(file, what))
    if marked:
        _marker(file).unlink(missing_ok=True)
        log.info("damage-mended", file=str(file))


def forgetful(engine: Engine) -> str | None:
    """Say which settings of a PostgreSQL let what was answered be lost when it is killed, or None."""
    with engine.connect() as connection:
        found = [
            name
            for name in ("fsync", "full_page_writes", "synchronous_commit")
            if connection.scalar(text("SELECT current_setting(:name)"), {"name": name}) == "off"
        ]
    return f"PostgreSQL has {', '.join(found)} off: reports that were answered can be lost with it" if found else None


def damage(file: Path, *, full: bool) -> str | None:
    """Return what is wrong with the pages of an SQLite file; None also when it cannot be opened: that is said later."""
    check = "integrity_check" if full else "quick_check"
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = str(connection.execute(f"PRAGMA {check}(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error) if _kind(error) == DAMAGED else None
    return None if found == "ok" else " ".join(found.split())


def mark(file: Path, what: str) -> None:
    """Leave word beside an SQLite file that it is damaged; on a disk that takes nothing, nobody is told."""
    with suppress(OSError):
        _marker(file).write_text(advice(file, what) + "\n", encoding="utf-8")


def advice(file: Path, what: str) -> str:
    """Say in one line what to do about a damaged file."""
    return (
        f"the database cannot be used: {file} is damaged ({what}); nothing more is written into it. Stop the bot and "
        "bring the last backup back: python -m bot restore --config CONFIG --from BACKUP.zip --replace"
    )


def _marker(file: Path) -> Path:
    return file.with_name(file.name + MARKER)


def _kind(error: BaseException | None) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return SQLITE.get(code & 0xFF)
    return POSTGRES.get(str(getattr(error, "sqlstate", "")))
