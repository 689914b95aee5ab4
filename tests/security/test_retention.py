"""What is known about people: what the data map says is all there is, and goes when it says (S18, S19)."""

from __future__ import annotations

import enum
import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Date, Enum, Integer, String, Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from bot.__main__ import main
from bot.copying import count_on
from bot.filestore import FileStore
from bot.purging import Keeper, forget_journal
from models import audit, retention, settings
from models.audit import AuditRow, Checkpoint
from models.base import Figure, UtcDateTime
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.clock import SettableClock
from models.files import Document
from models.ledger import Report
from models.migrations import run
from models.outbox import Notice
from models.people import Identity, Person
from models.session import Database, connect
from tests.handlers.people import World
from tests.installing import CLOCK, install, make_platform

DATA_MAP = Path(__file__).parents[2] / "docs" / "data.md"
LINE = re.compile(r"^\| `(\w+)` \| ([\w, ]+) \| [^|]+ \| (goes|blanked|stays|six months) \|$", re.MULTILINE)
MADE = datetime(2021, 5, 12, 1, 0, tzinfo=UTC)
CLOSED = datetime(2021, 9, 3, 1, 0, tzinfo=UTC)  # a day after the purge is due: 4 June and 90 days
NOON = datetime(2021, 5, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def campaign() -> Campaign:
    """The campaign that closes on 4 June 2021."""
    return load(HUNAN)


def mapped() -> dict[str, dict[str, str]]:
    """Return table -> column -> what becomes of it, as docs/data.md says."""
    found: dict[str, dict[str, str]] = {}
    for table, columns, then in LINE.findall(DATA_MAP.read_text(encoding="utf-8")):
        for column in columns.split(", "):
            assert column not in found.setdefault(table, {}), f"{table}.{column} stands there twice"
            found[table][column] = then
    return found


def test_s19_the_data_map_is_the_database() -> None:
    """docs/data.md names every column of every table, and none that does not exist."""
    tables = run.metadata().tables
    assert {name: set(columns) for name, columns in mapped().items()} == {
        name: set(table.columns.keys()) for name, table in tables.items()
    }


def test_s19_no_column_for_more_than_the_least() -> None:
    """There is nowhere to keep a phone number, an e-mail address, a password, an ID number or where somebody was."""
    forbidden = re.compile(
        r"phone|mobile|mail|password|gender|birth|avatar|id_card|latitude|longitude|location|address"
    )
    columns = [f"{table}.{column}" for table, each in mapped().items() for column in each]
    assert [name for name in columns if forbidden.search(name)] == []


def plant(table: Table, column: Any) -> Any:
    """Return a value for a column that can be found again where the column can hold it."""
    kind = column.type
    if (column.primary_key and isinstance(kind, Integer)) or column.foreign_keys:
        return 1
    if isinstance(kind, Enum):
        return next(iter(kind.enum_class)) if kind.enum_class and issubclass(kind.enum_class, enum.Enum) else "x"
    if isinstance(kind, String):
        room = kind.length or 60
        return f"PLANT{table.name}{column.name}".replace("_", "")[:room]
    for types, value in (
        (JSON, {"kind": "text", "text": f"PLANT{table.name}{column.name}".replace("_", "")}),
        (UtcDateTime, MADE),
        (Date, date(2021, 5, 12)),
        (Boolean, True),
        (Figure, Decimal(1)),
        (Integer, 1),
    ):
        if isinstance(kind, types):
            return value
    raise AssertionError(f"no value for {table.name}.{column.name}")


def fill(db: Database) -> None:
    """Put one row with planted values into every table that people's data can be in."""
    with db.engine.begin() as connection:
        for table in run.metadata().sorted_tables:
            if table.name == "audit_checkpoint":  # the database refuses one that nothing stands behind
                continue
            row = {column.name: plant(table, column) for column in table.columns}
            if table.name == "org":
                row["parent_id"] = None
            if table.name in ("photo", "document"):
                row["sha256"] = ("a" if table.name == "photo" else "b") * 64
            connection.execute(insert(table), row)
        if db.engine.dialect.name == "postgresql":
            count_on(connection)


def test_s19_a_purge_leaves_what_the_map_says(db: Database, campaign: Campaign, tmp_path: Path) -> None:
    """On both databases: what goes is gone, what is blanked is blank, what stays stays; on SQLite down to the bytes."""
    fill(db)
    with db.begin() as session:
        gone = retention.purge(session, campaign, CLOSED)
    forget_journal(db, gone)
    assert gone.files == {"a" * 64, "b" * 64}
    held = ""
    with db.engine.connect() as connection:
        for name, columns in mapped().items():
            table = run.metadata().tables[name]
            rows = connection.execute(select(table)).mappings().all()
            held += str(rows)
            for column, then in columns.items():
                if then == "goes":
                    assert rows == [], name
                elif rows and "PLANT" in str(plant(table, table.columns[column])):
                    values = [str(row[column]) for row in rows]
                    assert any("PLANT" in value for value in values) is (then in ("stays", "six months")), column
    wanted = [f"PLANT{n}{c}".replace("_", "") for n, cs in mapped().items() for c, t in cs.items() if t in DOOMED]
    assert [each for each in wanted if each in held] == []
    if db.engine.dialect.name == "sqlite":
        raw = b"".join(path.read_bytes() for path in tmp_path.glob("bot.db*"))
        assert [each for each in wanted if each.encode() in raw] == []
        assert b"PLANTreporttext" in raw
    with db.begin() as session:
        again = retention.purge(session, campaign, CLOSED + timedelta(days=1))
    assert (again.total, again.files) == (0, frozenset())


DOOMED = ("goes", "blanked")


class Place:
    """A campaign with reports in it, and what purges it."""

    def __init__(self, db: Database, campaign: Campaign, folder: Path) -> None:
        self.db, self.campaign = db, campaign
        self.clock = SettableClock(NOON)
        self.world = World(db, campaign, self.clock)
        self.store = FileStore(folder / "files")
        self.kept = self.store.keep(b"a summary with a name in it")
        assert "已记录" in self.world.say("zhangsan", "今天发放手册300册，由张三记录")
        self.world.say("joiner", "我是 岳麓区 钱进")
        with db.begin() as session:
            report = session.scalars(select(Report)).one()
            session.add(
                Document(
                    report_id=report.id, org_id=report.org_id, person_id=report.person_id, duty="summary", version=1,
                    sha256=self.kept, name="张三的总结.docx", kind="docx", size=27, made_at=NOON,
                )
            )  # fmt: skip
            settings.keep(session, "since:chase@1", NOON.isoformat())
        self.keeper = self.another()

    def another(self) -> Keeper:
        """Return what another process would run."""
        return Keeper(self.db, lambda _: self.campaign, self.clock, self.store)

    def at(self, moment: str) -> None:
        """Put the clock at a moment of Shanghai."""
        self.clock.set(datetime.fromisoformat(f"2021-{moment}+08:00"))

    def look(self) -> dict[str, int]:
        """Return how much is known about people."""
        with self.db.read() as session:
            named = session.scalars(select(Person.name).where(~Person.name.startswith("人员"))).all()
            told = session.scalars(select(Notice).where(Notice.rule == "purge")).all()
            return {
                "names": len(named),
                "accounts": len(session.scalars(select(Identity)).all()),
                "told": len(told),
            }


@pytest.fixture
def place(db: Database, campaign: Campaign, tmp_path: Path) -> Iterator[Place]:
    """A campaign with reports in it."""
    return Place(db, campaign, tmp_path)


def test_s19_the_clock_purges_once_after_a_week_s_warning(place: Place) -> None:
    """Nothing before the day; a week ahead the office's admins are told; then it goes once, whoever looks, audited."""
    place.at("08-26 23:00")
    assert place.keeper.run() is None
    assert place.look() == {"names": 7, "accounts": 7, "told": 0}
    place.at("08-27 09:00")
    for keeper in (place.keeper, place.another()):
        assert keeper.run() is None
    assert place.look()["told"] == 2  # both admins of the office, once each
    with place.db.read() as session:
        said = session.scalars(select(Notice).where(Notice.rule == "purge")).first()
        assert said is not None
        assert "9月3日09:00起清除：姓名、企业微信帐号" in said.content["text"]
    place.at("09-02 09:00")
    assert place.another().run() is None
    place.at("09-03 09:30")
    gone, other = place.keeper.run(), place.another().run()
    assert gone is not None
    assert other is None
    assert gone.files == {place.kept}
    assert place.look() == {"names": 0, "accounts": 0, "told": 2}
    assert place.keeper.run() is None
    place.at("09-04 09:30")
    later = place.keeper.run()
    assert later is not None
    assert later.rows.keys() <= {"notice"}  # what was told in the last day of the first run
    with pytest.raises(FileNotFoundError):
        place.store.read(place.kept)
    assert place.world.audited().count("purge") <= 2
    with place.db.read() as session:
        assert session.scalars(select(Report.text)).one() == "今天发放手册300册，由张三记录"
    assert "已记录" not in place.world.say("zhangsan", "手册5册")


def test_s19_nobody_loses_anything_unannounced(place: Place) -> None:
    """A clock that was far ahead, or a bot that stood still for months, first warns and then waits its week."""
    place.at("12-24 10:00")
    assert place.keeper.run() is None
    place.at("12-30 10:00")
    assert place.another().run() is None
    assert place.look()["names"] == 7
    place.at("12-31 10:01")
    assert place.another().run() is not None
    assert place.look()["names"] == 0


def test_s19_an_old_file_that_is_tried_out_is_not_purged(place: Place) -> None:
    """Where the campaign was over before the bot first ran the clock neither warns nor purges."""
    with place.db.begin() as session:
        session.execute(text("DELETE FROM setting WHERE key LIKE 'since:%'"))
        settings.keep(session, "since:chase@1", datetime(2026, 1, 1, tzinfo=UTC).isoformat())
    place.clock.set(datetime(2026, 2, 1, 4, tzinfo=UTC))
    assert place.keeper.run() is None
    assert place.look() == {"names": 7, "accounts": 7, "told": 0}


def chain(db: Database, months: range) -> None:
    """Write three changes in each month of 2021."""
    with db.begin() as session:
        for month in months:
            for day in (1, 15, 28):
                audit.note(session, "report", "report:1", datetime(2021, month, day, 1, tzinfo=UTC), after={"a": "1"})


def test_s18_the_audit_goes_by_whole_months_after_six(db: Database, campaign: Campaign) -> None:
    """What is older than six months goes from the front, the rest still verifies, and the cut itself is in it."""
    chain(db, range(5, 13))
    with db.begin() as session:
        retention.purge(session, campaign, datetime(2021, 12, 29, tzinfo=UTC))
    with db.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
        assert rows[0].at.astimezone(campaign.tz).date() == date(2021, 6, 1)
        assert [row.action for row in rows[-1:]] == ["audit-cut"]
        assert rows[-1].after == {"until": "2021-06-01"}
        assert audit.verify(session) is None
        assert session.scalars(select(Checkpoint.through_id)).one() == rows[0].id - 1
    with db.begin() as session:
        assert retention.purge(session, campaign, datetime(2021, 12, 30, tzinfo=UTC)).audit_rows == 0
        assert retention.purge(session, campaign, datetime(2022, 1, 29, tzinfo=UTC)).audit_rows == 3
    with db.read() as session:
        assert audit.verify(session) is None


def test_s18_nothing_younger_than_six_months_can_go(db: Database) -> None:
    """The database refuses a checkpoint for what is too young, with a false hash, or that covers everything."""
    chain(db, range(1, 13))
    with db.read() as session:
        hashes = {row.id: row.hash for row in session.scalars(select(AuditRow))}
    newest = max(hashes)
    for through, digest in (
        (newest - 10, hashes[newest - 10]),
        (3, "f" * 64),
        (newest, hashes[newest]),
        (99, "0" * 64),
    ):
        with pytest.raises(DBAPIError, match=audit.REFUSAL), db.begin() as session:
            session.add(Checkpoint(through_id=through, hash=digest, made_at=MADE))
    for statement in ("DELETE FROM audit WHERE id = 1", "UPDATE audit SET action = 'x' WHERE id = 1"):
        with pytest.raises(DBAPIError, match=audit.REFUSAL), db.engine.begin() as connection:
            connection.execute(text(statement))
    with db.begin() as session:
        assert audit.forget(session, datetime(2021, 3, 1, tzinfo=UTC), MADE) == 6
    for statement in (
        "DELETE FROM audit WHERE id = 7",
        "DELETE FROM audit_checkpoint",
        f"UPDATE audit_checkpoint SET through_id = {newest - 1}",
    ):
        with pytest.raises(DBAPIError, match=audit.REFUSAL), db.engine.begin() as connection:
            connection.execute(text(statement))
    with db.read() as session:
        assert audit.verify(session) is None


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET after = 'null' WHERE id = 7", 7),
        ("INSERT INTO audit (id, at, action, subject, hash) VALUES (4, '2021-02-01 00:00:00', 'x', 'x', 'x')", 4),
        ("UPDATE audit_checkpoint SET hash = 'x'", 7),
    ],
)
def test_s18_a_change_behind_a_checkpoint_is_found(sqlite_url: str, statement: str, found: int) -> None:
    """A row changed, or put back, after older rows went breaks the chain where it stands."""
    db = Database(connect(sqlite_url))
    chain(db, range(1, 13))
    with db.begin() as session:
        audit.forget(session, datetime(2021, 3, 1, tzinfo=UTC), MADE)
    with db.read() as session:
        assert audit.verify(session) is None
    with db.engine.begin() as connection:
        for name in ("audit_keep_update", "checkpoint_keep_update"):
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))
    with db.read() as session:
        assert audit.verify(session) == found
    db.dispose()


def test_s19_the_command_counts_first(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`purge` says what would go and from when; --apply before the day is refused, after it the people are gone."""
    platform = make_platform()
    platform.start()
    config = install(tmp_path, platform)
    platform.stop()
    db = Database(connect(sqlite_url))
    Place(db, load(HUNAN), tmp_path)
    capsys.readouterr()
    mask = os.umask(0)
    try:
        assert main(["purge", "--config", str(config), "--apply"]) == 1
        early = capsys.readouterr()
        assert early.out == ""
        assert early.err == "not before 2021-09-03: 90 days after the campaign closes; nothing was purged\n"
        config.write_text(config.read_text(encoding="utf-8").replace(CLOCK, ""), encoding="utf-8")
        assert main(["purge", "--config", str(config)]) == 0
        counted = capsys.readouterr().out
        assert "person: 7 rows" in counted.splitlines()
        assert "Nothing was purged; --apply does it, from 2021-09-03 on." in counted
        with db.read() as session:
            assert len(session.scalars(select(Identity)).all()) == 7
        assert main(["purge", "--config", str(config), "--apply"]) == 0
        assert "Done." in capsys.readouterr().out
    finally:
        os.umask(mask)
    with db.read() as session:
        assert session.scalars(select(Identity)).all() == []
    db.dispose()
