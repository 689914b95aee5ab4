"""Backup and restore: the database as of one moment and the files that people sent, in one verified ZIP.

The database stands in it as an SQLite file, whatever it came from: taken with SQLite's own online backup, or copied
from PostgreSQL in one snapshot (copying.py). So a backup can be looked into anywhere, and restored into either. Copying
the database file by hand loses what is in the WAL (reliability.md fact 11). Called by the command line.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from bot import copying, storage
from bot.filestore import SHA256
from bot.logs import get_logger
from models import audit
from models.errors import BotError
from models.migrations import run as migrations
from models.session import Database, connect

DATABASE, MANIFEST, FILES = "database.db", "manifest.json", "files/"
FOREIGN = "not a backup of this bot"
BUSY_SECONDS = 60.0
VOUCHED = ("revision", "database_sha256")  # of the manifest: without them a backup is none
UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
LEFT_SECONDS = 24 * 3600.0  # after which a working folder is of a command that was killed

log = get_logger(__name__)


class BackupError(BotError):
    """A backup cannot be made, is not whole, or must not be restored there. The text is for the operator."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds."""

    rows: int
    files: int
    revision: str
    aside: Path | None = None  # where a restore has put the SQLite file that was there


class NotMigrated(BotError):  # noqa: N818  # tells what is, not what broke
    """The database has no schema of ours, or an old one. The text is for the operator."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__("the database has an old schema, or none; run: python -m bot migrate, with the same --config")


def backup(url: str, files: Path, target: Path, now: datetime) -> Made:
    """Write a backup to `target`, replacing it when all is verified.

    Raises BackupError, OSError, NotMigrated, NewerSchema.

    files: [files] dir; a file that somebody damaged on disk is left out and logged.
    """
    _tidy(target.parent, ".backup-")
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
        copy = Path(folder) / DATABASE
        try:
            _take(url, copy)
            counts, revision = _verified(copy)
        except (BackupError, sqlite3.DatabaseError, DatabaseError) as error:
            _blame(url)
            if isinstance(error, sqlite3.DatabaseError):
                raise BackupError(f"the database cannot be used: {error}") from None
            raise
        partial = Path(folder) / target.name
        kept = 0
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as pack:
            pack.write(copy, DATABASE)
            for name, path in _whole_files(files):
                pack.write(path, FILES + name, compress_type=zipfile.ZIP_STORED)
                kept += 1
            manifest = {
                "made_at": now.isoformat(),
                "revision": revision,
                "database_sha256": _sha256(copy),
                "rows": counts,
                "files": kept,
            }
            pack.writestr(MANIFEST, json.dumps(manifest, indent=1))
        opened(partial).close()
        with partial.open("rb") as done:
            os.fsync(done.fileno())
        partial.replace(target)
    _sync(target.parent)
    return Made(sum(counts.values()), kept, revision)


def restore(source: Path, url: str, files: Path, *, replace: bool = False) -> Made:
    """Bring a backup back. Raises BackupError, OSError; nothing is changed unless the backup is whole.

    An SQLite file that is there is refused, or with `replace` moved aside under a new name. A PostgreSQL database must
    be empty. A backup of an older version is brought to the newest schema.
    """
    _tidy(_near(url, source), ".restore-")
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=_near(url, source)) as folder:
        copy = Path(folder) / DATABASE
        with opened(source) as pack:
            manifest = _manifest(pack, source)
            migrations.must_be_known(manifest["revision"], f"{source}: the backup")
            with pack.open(DATABASE) as stored, copy.open("wb") as out:
                shutil.copyfileobj(stored, out)
            if _sha256(copy) != manifest["database_sha256"]:
                raise BackupError(f"{source}: the database in it has changed since it was made")
            kept = sum(1 for _ in _files_in(pack))  # each is looked at before anything is put back
            try:
                counts, revision = _verified(copy, upgrade=True)
            except (DatabaseError, sqlite3.DatabaseError) as error:
                what = getattr(error, "orig", error)
                raise BackupError(f"{source}: the database in it cannot be read ({what})") from None
            aside = _put(copy, url, replace=replace)
            _put_files(pack, files)
    return Made(sum(counts.values()), kept, revision, aside)


def opened(source: Path) -> zipfile.ZipFile:
    """Open a backup and check every part of it. Raises BackupError."""
    try:
        pack = zipfile.ZipFile(source)
    except UNREADABLE as error:
        _must_be_content(error)
        with source.open("rb") as file:
            cut = file.read(2) == b"PK"  # a ZIP's list of parts stands at its end
        what = "not whole (its end is missing); copy it again, or take another one" if cut else f"{FOREIGN} (no ZIP)"
        raise BackupError(f"{source}: {what}") from None
    if not {DATABASE, MANIFEST} <= set(pack.namelist()):
        pack.close()
        raise BackupError(f"{source}: {FOREIGN} (no {DATABASE} and {MANIFEST} in it)")
    broken: str | None = "a part"
    try:
        broken = pack.testzip()
    except UNREADABLE as error:
        _must_be_content(error)
    if broken is not None:
        pack.close()
        raise BackupError(f"{source}: not whole ({broken} is damaged); copy it again, or take another one")
    return pack


def _must_be_content(error: Exception) -> None:
    """Raise an error of the disk on; a place before the file's begin is one of what stands in the file."""
    if isinstance(error, OSError) and error.errno != errno.EINVAL:
        raise error


def _manifest(pack: zipfile.ZipFile, source: Path) -> dict[str, str]:
    """Read what a backup says of itself. Raises BackupError."""
    found: object = None
    with suppress(ValueError, RecursionError):
        found = json.loads(pack.read(MANIFEST))
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in VOUCHED):
        raise BackupError(f"{source}: {FOREIGN} ({MANIFEST} does not say what is in it)")
    return {key: found[key] for key in VOUCHED}


def _take(url: str, copy: Path) -> None:
    """Write the database as of one moment into a new SQLite file."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or not Path(parsed.database).is_file():
            raise BackupError(f"{parsed.database}: there is no such database (database.url of the config)")
        with (
            closing(sqlite3.connect(f"file:{parsed.database}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return
    engine = connect(url, busy_seconds=BUSY_SECONDS)
    try:
        if not migrations.is_current(engine):
            raise NotMigrated
        copying.to_sqlite(engine, copy)
    finally:
        engine.dispose()


def _blame(url: str) -> None:
    """Raise BackupError when it is the database itself that is damaged, and mark it: the bot stops writing into it."""
    file = storage.sqlite_file(url)
    what = storage.damage(file, full=True) if file and file.is_file() else None
    if file and what is not None:
        storage.mark(file, what)
        raise BackupError(f"{storage.advice(file, what)}. The backups that are there stay as they are") from None


def _verified(copy: Path, *, upgrade: bool = False) -> tuple[dict[str, int], str]:
    """Check a copy: its pages, what its rows point to, and the chain of the audit. Returns rows by table, revision."""
    engine = connect(f"sqlite:///{copy}")
    try:
        if upgrade:
            migrations.upgrade(engine)
        with engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if found != "ok" or dangling is not None:
                what = found if found != "ok" else "rows point to what is not there"
                raise BackupError(f"the copy is damaged: {what}")
            counts = copying.counts(connection)
        revision = migrations.revision(engine)
        migrations.must_be_known(revision)
        if revision is None:
            raise NotMigrated
        with Database(engine).read() as session:
            wrong = audit.verify(session)
        if wrong is not None:
            raise BackupError(f"the copy is damaged: the audit does not fit from row {wrong} on")
        return counts, revision
    finally:
        engine.dispose()
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # everything in the one file


def _put(copy: Path, url: str, *, replace: bool) -> Path | None:
    """Put the restored database in its place. Returns where the SQLite file is now that was there."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        target = Path(parsed.database or "")
        if target.exists() and not replace:
            raise BackupError(f"{target}: is there already; --replace moves it aside and restores")
        aside = _aside(target)
        with copy.open("rb") as done:
            os.fsync(done.fileno())
        copy.chmod(0o600)
        copy.replace(target)
        _sync(target.parent)
        return aside
    engine = connect(url, busy_seconds=BUSY_SECONDS)
    try:
        migrations.upgrade(engine)
        if not copying.from_sqlite(copy, engine):
            raise BackupError("the PostgreSQL database is not empty; name an empty one in the config")
    finally:
        engine.dispose()
    return None


def _aside(target: Path) -> Path | None:
    """Move an SQLite database and what belongs to it to names that nobody uses.

    Also its log alone, when the database went without it: SQLite would write what stands in it into the restored one.
    Returns where the database itself went, None without one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    number = next(n for n in range(1, 10_000) if not target.with_name(f"{target.name}.before-{n}").exists())
    if not target.exists() and number > 1 and not target.with_name(f"{target.name}.before-{number - 1}-wal").exists():
        number -= 1  # a restore that was killed has moved the database and not yet its log
    there = target.exists()
    for ending in ("", "-wal", "-shm", storage.MARKER):
        part = target.with_name(target.name + ending)
        if part.exists():
            part.replace(target.with_name(f"{target.name}.before-{number}{ending}"))
    moved = target.with_name(f"{target.name}.before-{number}")
    return moved if there else None


def _whole_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*/*")) if folder.is_dir() else ():
        if not SHA256.fullmatch(path.name):
            continue
        if _sha256(path) == path.name:
            yield path.name, path
        else:
            log.error("file-damaged", file=path.name)


def _files_in(pack: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """List the files in a backup. Their names are checked, so that none becomes another path. Raises BackupError."""
    for entry in pack.namelist():
        name = entry.removeprefix(FILES)
        if not entry.startswith(FILES) or not SHA256.fullmatch(name):
            continue
        content = pack.read(entry)
        if hashlib.sha256(content).hexdigest() != name:
            raise BackupError(f"the file {name} in the backup is damaged")
        yield name, content


def _put_files(pack: zipfile.ZipFile, folder: Path) -> None:
    """Put back the files."""
    for name, content in _files_in(pack):
        target = folder / name[:2] / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = target.with_name(f".{name}.restored")
        partial.write_bytes(content)
        partial.chmod(0o600)
        partial.replace(target)


def _near(url: str, source: Path) -> Path:
    """Return a folder on the disk where the database will be, so that it is moved there in one step."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return source.parent
    folder = Path(parsed.database).parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tidy(folder: Path, prefix: str) -> None:
    """Remove what commands that were killed have left: each holds a whole database."""
    for left in folder.glob(f"{prefix}*"):
        if left.is_dir() and time.time() - left.stat().st_mtime > LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
            log.info("left-over-removed", folder=left.name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
