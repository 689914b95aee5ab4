"""Backup and restore: whole while the bot writes, refused when damaged, the same on both databases."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select

from bot.backup import DATABASE, FILES, MANIFEST, BackupError, NotMigrated, backup, restore
from bot.filestore import FileStore
from models import audit, settings
from models.ledger import Entry
from models.migrations.run import NewerSchema
from models.people import Org
from models.session import Database, connect
from tests.postgres import Postgres
from tests.schedules.world import World, at

NOW = datetime(2021, 5, 14, 2, tzinfo=UTC)


@pytest.fixture
def world(db: Database, database_url: str) -> Iterator[World]:
    """A province with reports and audited changes, on each database."""
    from models.campaign.loader import HUNAN, load

    world = World(load(HUNAN), database_url, "05-14 08:00")
    world.report("长沙:handbook=5000.5@05-13; 株洲:handbook=800@05-13")
    with world.session() as session:
        session.add(Org(id=900, name="上级", kind="office", code="", parent_id=None))
        audit.note(session, "publish", "ranking:handouts", world.clock.now(), after={"number": 1, "names": "长沙"})
        audit.note(session, "drop", "ranking:handouts", world.clock.now())
        session.flush()
        low = session.scalars(select(Org).where(Org.name == "长沙市公安局")).one()
        low.parent_id = 900  # a superior with the higher id
    yield world
    world.db.dispose()


def told(url: str) -> tuple[list[object], ...]:
    """What a database holds, as far as people see it."""
    db = Database(connect(url))
    with db.read() as session:
        figures = session.execute(select(Entry.org_id, Entry.indicator, Entry.value, Entry.day).order_by(Entry.id))
        orgs = session.execute(select(Org.id, Org.name, Org.parent_id).order_by(Org.id))
        found = ([*map(tuple, figures)], [*map(tuple, orgs)], [audit.verify(session), audit.head(session)])
    db.dispose()
    return found


def fresh(world: World, postgres: Postgres | None, folder: Path) -> str:
    """Return the URL of an empty database of the same kind."""
    return postgres.url(postgres.fresh()) if postgres else f"sqlite:///{folder / 'restored.db'}"


def test_what_is_restored_is_what_was_there(
    world: World, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Figures to the digit, the tree, the audit's chain and the files; and new rows get new numbers."""
    store, target = FileStore(tmp_path / "files"), tmp_path / "bot.zip"
    digest = store.keep(b"a photo")
    before = told(database_url)
    made = backup(database_url, tmp_path / "files", target, NOW)
    assert made.files == 1
    on_postgres = make_url(database_url).get_backend_name() != "sqlite"
    server: Postgres | None = request.getfixturevalue("postgres") if on_postgres else None
    other = fresh(world, server, tmp_path)
    again = restore(target, other, tmp_path / "again")
    assert again == made
    assert told(other) == before
    assert FileStore(tmp_path / "again").read(digest) == b"a photo"
    db = Database(connect(other))
    with db.begin() as session:
        session.add(Org(name="新单位", kind="city", code="", parent_id=None))
        audit.note(session, "publish", "ranking:handouts", at("05-14 09:00"))
    db.dispose()
    if server:
        server.drop(str(make_url(other).database))


def test_a_backup_crosses_from_sqlite_to_postgresql(tmp_path: Path, sqlite_url: str, postgres: Postgres) -> None:
    """An office that outgrows SQLite takes everything along."""
    from models.campaign.loader import HUNAN, load

    world = World(load(HUNAN), sqlite_url, "05-14 08:00")
    world.report("长沙:handbook=5000@05-13")
    world.db.dispose()
    backup(sqlite_url, tmp_path / "none", tmp_path / "bot.zip", NOW)
    name = postgres.fresh()
    restore(tmp_path / "bot.zip", postgres.url(name), tmp_path / "none")
    assert told(postgres.url(name)) == told(sqlite_url)
    with pytest.raises(BackupError, match="not empty"):
        restore(tmp_path / "bot.zip", postgres.url(name), tmp_path / "none")
    postgres.drop(name)


def test_a_backup_under_load_holds_whole_transactions(tmp_path: Path, sqlite_url: str) -> None:
    """Two rows written together are both in it or neither, and none that were committed before it began is missing."""
    db = Database(connect(sqlite_url))
    written, stop = 0, threading.Event()

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            with db.begin() as session:
                settings.put(session, f"a{written}", "1")
                settings.put(session, f"b{written}", "1")
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while written < 20:
            pass
        sure = written
        backup(sqlite_url, tmp_path / "none", tmp_path / "bot.zip", NOW)
    finally:
        stop.set()
        writer.join()
    restore(tmp_path / "bot.zip", f"sqlite:///{tmp_path}/restored.db", tmp_path / "none")
    restored = Database(connect(f"sqlite:///{tmp_path}/restored.db"))
    with restored.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(settings.Setting).where(settings.Setting.key.like(each)))
            for each in ("a%", "b%")
        ]
    restored.dispose()
    db.dispose()
    assert counts[0] == counts[1] >= sure


def test_what_is_there_is_never_overwritten_by_mistake(tmp_path: Path, sqlite_url: str) -> None:
    """A database that is there is refused; with replace it is moved aside, and can be had back."""
    backup(sqlite_url, tmp_path / "none", tmp_path / "bot.zip", NOW)
    path = Path(str(make_url(sqlite_url).database))
    with pytest.raises(BackupError, match="is there already"):
        restore(tmp_path / "bot.zip", sqlite_url, tmp_path / "none")
    restore(tmp_path / "bot.zip", sqlite_url, tmp_path / "none", replace=True)
    assert path.with_name(f"{path.name}.before-1").is_file()
    assert told(sqlite_url)


@pytest.mark.parametrize("moved", [False, True])
def test_a_log_without_its_database_does_not_reach_the_restored_one(
    tmp_path: Path, sqlite_url: str, moved: bool
) -> None:
    """When the database was deleted, or moved by a restore that was killed, its log goes aside too."""
    backup(sqlite_url, tmp_path / "none", tmp_path / "bot.zip", NOW)
    path = Path(str(make_url(sqlite_url).database))
    log = path.with_name(f"{path.name}-wal")
    living = Database(connect(sqlite_url))
    with living.begin() as session:
        settings.put(session, "written", "after the backup")
    shutil.copy(log, tmp_path / "kept")
    living.dispose()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    if moved:
        path.rename(path.with_name(f"{path.name}.before-1"))
    else:
        path.unlink()
    shutil.copy(tmp_path / "kept", log)
    restore(tmp_path / "bot.zip", sqlite_url, tmp_path / "none")
    restored = Database(connect(sqlite_url))
    with restored.read() as session:
        assert settings.get(session, "written") is None
    restored.dispose()
    assert path.with_name(f"{path.name}.before-1-wal").is_file()


def test_what_a_killed_backup_has_left_is_removed(tmp_path: Path, sqlite_url: str) -> None:
    """A working folder of yesterday goes with the next backup; one that may be in use stays."""
    old, new = tmp_path / ".backup-old", tmp_path / ".backup-new"
    for folder in (old, new):
        folder.mkdir()
    os.utime(old, (0, 0))
    backup(sqlite_url, tmp_path / "none", tmp_path / "bot.zip", NOW)
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("text", "not a backup of this bot"),
        ("cut", "not whole"),
        ("flipped", "not whole"),
        ("no-manifest", "not a backup of this bot"),
        ("file", "is damaged"),
    ],
)
def test_a_damaged_backup_changes_nothing(tmp_path: Path, sqlite_url: str, harm: str, said: str) -> None:
    """Whatever is wrong with it is said, and no database appears."""
    FileStore(tmp_path / "files").keep(b"a photo")
    pack = tmp_path / "bot.zip"
    backup(sqlite_url, tmp_path / "files", pack, NOW)
    data = pack.read_bytes()
    if harm == "text":
        pack.write_text("no backup")
    elif harm == "cut":
        pack.write_bytes(data[: len(data) // 2])
    elif harm == "flipped":
        pack.write_bytes(data[:2000] + bytes([data[2000] ^ 1]) + data[2001:])
    else:
        changed = tmp_path / "changed.zip"
        with zipfile.ZipFile(pack) as old, zipfile.ZipFile(changed, "w") as new:
            for name in old.namelist():
                if harm == "no-manifest" and name.endswith(".json"):
                    continue
                new.writestr(name, b"another photo" if name.startswith(FILES) else old.read(name))
        shutil.move(changed, pack)
    with pytest.raises(BackupError, match=said):
        restore(pack, f"sqlite:///{tmp_path}/restored.db", tmp_path / "again")
    assert harm == "file" or not (tmp_path / "restored.db").exists()


def test_a_name_in_a_backup_never_becomes_a_path(tmp_path: Path, sqlite_url: str) -> None:
    """Only names that are a SHA-256 are unpacked."""
    pack = tmp_path / "bot.zip"
    backup(sqlite_url, tmp_path / "none", pack, NOW)
    with zipfile.ZipFile(pack, "a") as added:
        added.writestr(f"{FILES}../../evil", b"x")
    restore(pack, f"sqlite:///{tmp_path}/restored.db", tmp_path / "again")
    assert not list(tmp_path.glob("**/evil"))


def test_the_backup_says_what_it_holds(tmp_path: Path, sqlite_url: str) -> None:
    """A person can look into it with any tool."""
    backup(sqlite_url, tmp_path / "none", tmp_path / "bot.zip", NOW)
    with zipfile.ZipFile(tmp_path / "bot.zip") as pack:
        manifest = json.loads(pack.read("manifest.json"))
        assert pack.read(DATABASE)[:15] == b"SQLite format 3"
    assert manifest["made_at"] == "2021-05-14T02:00:00+00:00"
    assert manifest["rows"]["org"] == 0


def test_a_newer_version_is_named(tmp_path: Path, sqlite_url: str) -> None:
    """A database, or a backup, of a newer version is neither written into a backup nor restored."""
    pack = tmp_path / "bot.zip"
    backup(sqlite_url, tmp_path / "none", pack, NOW)
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(tmp_path / "newer.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b'"revision": "0', b'"revision": "9') if name == MANIFEST else content)
    with pytest.raises(NewerSchema, match=r"newer\.zip: the backup is of a newer version .*revision 9"):
        restore(tmp_path / "newer.zip", f"sqlite:///{tmp_path}/restored.db", tmp_path / "again")
    assert not (tmp_path / "restored.db").exists()
    engine = connect(sqlite_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(NewerSchema, match="the database is of a newer version"):
        backup(sqlite_url, tmp_path / "none", tmp_path / "second.zip", NOW)
    assert not (tmp_path / "second.zip").exists()


def test_a_database_without_a_schema_wants_migrate(tmp_path: Path) -> None:
    """An SQLite file that was never migrated is not backed up; what to run is said, and no SQL."""
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(NotMigrated, match="run: python -m bot migrate"):
        backup(f"sqlite:///{tmp_path}/empty.db", tmp_path / "none", tmp_path / "bot.zip", NOW)


def test_what_was_there_is_named(tmp_path: Path, sqlite_url: str) -> None:
    """A restore says where the database went that was there; without one, nothing."""
    pack = tmp_path / "bot.zip"
    backup(sqlite_url, tmp_path / "none", pack, NOW)
    url = f"sqlite:///{tmp_path}/restored.db"
    assert restore(pack, url, tmp_path / "again").aside is None
    aside = restore(pack, url, tmp_path / "again", replace=True).aside
    assert aside == tmp_path / "restored.db.before-1"
    assert aside.is_file()
