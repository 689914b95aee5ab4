"""Disks that fill up and files that are damaged: seen, said, nothing half done; a full one needs nothing but space."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from bot import logs
from bot.__main__ import main
from bot.storage import Damaged, check_sound
from tests.chaos.desk import Start, fill, small_disk, until_refused, well_again
from tests.contract.site import until
from tests.postgres import TEMPLATE, Postgres

PAGE = 4096


def test_a_full_disk(start: Start, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told before it is full; then red, and what comes is refused and not kept; with space all is green, nothing twice.

    Nothing is restarted. The platform hands over what was refused a few times only: 状态 says so afterwards.
    """
    monkeypatch.setattr("bot.incidents.SETTLE", timedelta(0))
    with small_disk(tmp_path / "small", "12m") as disk:
        shutil.copy(str(make_url(sqlite_url).database), disk / "bot.db")
        office = start(f"sqlite:///{disk}/bot.db")
        assert office.say()[0].statuses == (200,)
        office.tell("before")
        assert until(office.sent)
        assert (office.health(), "磁盘" in office.state()) == ((200, "ok"), False)

        fill(disk / "ballast", leave=400_000)
        assert until(lambda: "· 异常：服务器的磁盘快满了，满了就收不下填报" in office.state())
        assert office.health() == (200, "ok")
        assert until(office.sent)

        fill(disk / "ballast")
        refused = until_refused(office)
        before = office.kept()
        assert office.health() == (503, "full")
        assert [each.statuses for each in office.again([each.xml for each in refused])] == [(503,)] * len(refused)
        assert (office.kept(), office.health()) == (before, (503, "full"))

        (disk / "ballast").unlink()
        assert until(lambda: office.health() == (200, "ok"))
        well_again(office, refused, before)
        assert until(lambda: "· 已恢复：又收得下填报了，其间没有得到回复的请再发一次" in office.state())
        office.bot.stop()


@contextmanager
def small_database(postgres: Postgres) -> Iterator[tuple[str, Path]]:
    """Make a migrated database on a small disk of its own, and take both away."""
    place = Path(tempfile.mkdtemp(prefix="bot-small-"))  # another user's server must reach it
    place.chmod(0o755)
    with (
        small_disk(place / "disk", "40m") as disk,
        psycopg.connect(postgres.url("postgres").replace("+psycopg", ""), autocommit=True) as server,
    ):
        (data,) = server.execute("SHOW data_directory").fetchone() or ("",)
        os.chown(disk, Path(data).stat().st_uid, Path(data).stat().st_gid)
        server.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
        server.execute(f"CREATE DATABASE small TEMPLATE {TEMPLATE} TABLESPACE small")
        try:
            yield "small", disk
        finally:
            server.execute("DROP DATABASE small WITH (FORCE)")
            server.execute("DROP TABLESPACE small")
    shutil.rmtree(place)


@pytest.mark.postgres
def test_a_full_disk_of_postgres(start: Start, postgres: Postgres) -> None:
    """The same where the disk is the database server's: red and refused, and green again by itself."""
    with small_database(postgres) as (name, disk):
        office = start(postgres.url(name))
        assert office.say()[0].statuses == (200,)
        fill(disk / "ballast")
        refused = until_refused(office)
        before = office.kept()
        assert office.health() == (503, "full")
        assert [each.statuses for each in office.again([each.xml for each in refused])] == [(503,)] * len(refused)
        (disk / "ballast").unlink()
        assert until(lambda: office.health() == (200, "ok"))
        well_again(office, refused, before)
        office.bot.stop()


def test_writes_that_fail(start: Start, sqlite_url: str) -> None:
    """When the system refuses a write in the middle (here by a limit), the inbound is not acknowledged; then it is."""
    office = start(sqlite_url)
    assert office.say()[0].statuses == (200,)
    wal = Path(f"{make_url(sqlite_url).database}-wal")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 1, limits[1]))
        refused = until_refused(office)
        before = office.kept()
        assert office.health()[0] == 503
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert until(lambda: office.health() == (200, "ok"))
    well_again(office, refused, before)


DAMAGES: dict[str, Callable[[bytearray], object]] = {
    "a page of zeros": lambda pages: pages.__setitem__(slice(10 * PAGE, 11 * PAGE), bytes(PAGE)),
    "its head": lambda pages: pages.__setitem__(slice(0, 16), b"SQLite format 9\0"),
    "cut in half": lambda pages: pages.__delitem__(slice(len(pages) // 2 // PAGE * PAGE, None)),
}


def damage(database: Path, what: Callable[[bytearray], object]) -> None:
    """Spoil a database that nobody has open, everything of it in the one file."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = bytearray(database.read_bytes())
    what(pages)
    database.write_bytes(pages)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_not_started_on(
    name: str,
    start: Start,
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """No command writes into it, a backup leaves the last one alone, all say in one line what to do; it helps."""
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    office = start(sqlite_url)
    assert office.say()[0].statuses == (200,)
    office.bot.stop()
    config, pack = str(tmp_path / "config.toml"), tmp_path / "last.zip"
    backup = ["backup", "--config", config, "--out", str(pack)]
    assert main(backup) == 0
    kept, database = pack.read_bytes(), Path(str(make_url(sqlite_url).database))
    damage(database, DAMAGES[name])
    spoilt = database.read_bytes()
    capfd.readouterr()
    for words, code in ((backup, 1), (["serve", "--config", config], 2), (["work", "--config", config], 2)):
        assert main(words) == code
        said = capfd.readouterr().err.splitlines()
        assert len(said) == 1, said
        assert f"the database cannot be used: {database} is damaged (" in said[0]
        assert "Stop the bot and bring the last backup back: python -m bot restore --config" in said[0]
    for words in (["migrate"], ["purge", "--apply"], ["export", "--out", str(tmp_path / "ledger.xlsx")]):
        assert main([*words, "--config", config]) == 2
    assert (database.read_bytes(), pack.read_bytes()) == (spoilt, kept)
    assert main(["restore", "--config", config, "--from", str(pack), "--replace"]) == 0
    again = start(sqlite_url)
    assert (again.kept(), again.health()) == ((1, 1), (200, "ok"))
    assert again.say()[0].statuses == (200,)
    assert main(backup) == 0


def spoil(database: Path, table: str) -> None:
    """Scribble over the first page of a table of a database that is in use."""
    with closing(sqlite3.connect(database)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with database.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


def content(database: Path) -> list[bytes]:
    """Return all that SQLite has written."""
    return [path.read_bytes() for path in (database, Path(f"{database}-wal")) if path.exists()]


def test_damage_under_a_running_bot(start: Start, sqlite_url: str, tmp_path: Path) -> None:
    """As soon as it meets the damage it is red, says what to do, refuses everything and writes nothing more."""
    office = start(sqlite_url)
    assert office.say()[0].statuses == (200,)
    database = Path(str(make_url(sqlite_url).database))
    office.bot.db.dispose()  # what its connections remember of the pages would hide the damage for a while
    spoil(database, "entry")
    refused = until_refused(office)
    before = content(database)
    assert office.health() == (503, "damaged")
    assert {each.statuses for each in [*office.again([refused[0].xml]), *office.say(4)]} == {(503,)}
    with pytest.raises(OperationalError, match="damaged"):
        office.tell("nobody hears this")
    assert office.health() == (503, "damaged")
    office.bot.stop()
    assert content(database) == before or content(database) == before[:1]  # the log is cleared away when all is closed
    assert "is damaged (database disk image is malformed)" in Path(f"{database}.damaged.txt").read_text(
        encoding="utf-8"
    )


def test_the_file_is_moved_away_under_the_bot(start: Start, sqlite_url: str) -> None:
    """Nothing is taken into a file that is not in its place, or that another one has replaced, until it is back."""
    database = Path(str(make_url(sqlite_url).database))
    aside, other = database.with_name("aside.db"), database.with_name("other.db")
    other.write_bytes(database.read_bytes())
    office = start(sqlite_url)
    assert (office.say()[0].statuses, office.health()) == ((200,), (200, "ok"))
    database.rename(aside)
    assert office.health() == (503, "gone")
    assert office.say()[0].statuses == (503,)
    other.rename(database)
    assert office.health() == (503, "gone")
    database.rename(other)
    aside.rename(database)
    assert office.health() == (200, "ok")
    assert office.say()[0].statuses == (200,)
    office.bot.stop()


def test_a_backup_that_finds_damage_stops_the_bot(
    start: Start, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage in a corner that the bot never looks into is found by the nightly backup, and the bot heeds it.

    Once somebody has mended the file the next start finds it whole and takes the mark away. What an operator has put
    aside under a like name is no mark, and stays.
    """
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    database, config = Path(str(make_url(sqlite_url).database)), tmp_path / "config.toml"
    whole = database.read_bytes()
    aside = Path(f"{database}.damaged")
    aside.write_bytes(whole)
    office = start(sqlite_url)
    spoil(database, "member_call")
    assert (office.say()[0].statuses, office.health()) == ((200,), (200, "ok"))
    assert main(["backup", "--config", str(config), "--out", str(tmp_path / "new.zip")]) == 1
    assert not (tmp_path / "new.zip").exists()
    assert office.health() == (503, "damaged")
    assert office.say()[0].statuses == (503,)
    office.bot.stop()
    with pytest.raises(Damaged, match="is damaged"):
        check_sound(sqlite_url)
    database.write_bytes(whole)
    check_sound(sqlite_url)
    assert not Path(f"{database}.damaged.txt").exists()
    assert aside.read_bytes() == whole
