"""The base of all stores: transactions, wakes, exact figures, aware times, insert-if-new, on both databases."""

from __future__ import annotations

import sqlite3
import threading
import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from models import outbox, settings
from models.base import FIGURE_LIMIT
from models.ledger import Entry, Report, ReportKind
from models.messages import Draft, Recipient, Text
from models.occurrences import Fate, Occurrence, claim
from models.outbox import Notice, Status
from models.people import Org, Person
from models.session import Database, connect, insert_new, sqlite_warning
from tests.store.delivering import START


def add_entry(db: Database, *values: Decimal) -> None:
    """Enter figures of one report."""
    with db.begin() as session:
        org = Org(name="长沙市公安局", kind="city")
        person = Person(name="王芳", created_at=START)
        session.add_all([org, person])
        session.flush()
        session.execute(
            text(
                "INSERT INTO inbox (channel, key, trace_id, sender_ref, kind, text, received_at, outcome, route)"
                " VALUES ('c', 'k', 't', 's', 'text', '', '2021-05-11 00:00:00', 'open', '')"
            )
        )
        report = Report(org_id=org.id, person_id=person.id, inbox_id=1, kind=ReportKind.REPORT, made_at=START, text="t")
        session.add(report)
        session.flush()
        for value in values:
            session.add(
                Entry(
                    report_id=report.id,
                    org_id=org.id,
                    indicator="saved",
                    value=value,
                    stated=value,
                    day=date(2021, 5, 11),
                )
            )


def add_and_fail(db: Database, drafts: list[Draft]) -> None:
    """Write notices into a transaction that then breaks off."""
    with db.begin() as session:
        outbox.add(session, drafts, START)
        raise RuntimeError


def test_figures_are_exact(db: Database) -> None:
    """Tenths add up exactly, in SQL too, and come back without trailing zeros."""
    add_entry(db, *[Decimal("0.1")] * 10, Decimal("30.50"))
    with db.read() as session:
        total = session.scalar(select(func.sum(Entry.value)))
        last = session.scalars(select(Entry.value).order_by(Entry.id.desc())).first()
    assert total == Decimal("31.5")
    assert isinstance(total, Decimal)
    assert str(last) == "30.5"
    assert str(Decimal("30")) == "30"


def test_figures_that_fit(db: Database) -> None:
    """The largest and the smallest figure survive; a whole one is written without an exponent."""
    values = [FIGURE_LIMIT - Decimal("0.000001"), Decimal("0.000001"), Decimal("-5"), Decimal("1E+3")]
    add_entry(db, *values)
    with db.read() as session:
        found = list(session.scalars(select(Entry.value).order_by(Entry.id)))
    assert found == values
    assert str(found[3]) == "1000"


@pytest.mark.parametrize("value", ["0.0000001", "1e12", "NaN", "Infinity", "-1e13"])
def test_figures_that_do_not_fit(db: Database, value: str) -> None:
    """A figure that cannot be kept exactly is refused instead of rounded."""
    with pytest.raises(Exception, match="figure"):
        add_entry(db, Decimal(value))


def test_times_are_utc(db: Database) -> None:
    """A moment of Shanghai comes back as the same moment, aware, in UTC; comparisons hold across zones."""
    shanghai = timezone(timedelta(hours=8))
    moment = datetime(2021, 5, 11, 0, 10, 30, 123456, tzinfo=shanghai)
    with db.begin() as session:
        session.add(Person(name="王芳", created_at=moment))
    with db.read() as session:
        person = session.scalars(select(Person)).one()
        later = session.scalar(select(Person.id).where(Person.created_at < moment + timedelta(seconds=1)))
    assert person.created_at == moment
    assert person.created_at.tzinfo is UTC
    assert later == person.id


def test_naive_times_are_refused(db: Database) -> None:
    """A moment without a zone has lost what day it is: it is not stored."""
    with pytest.raises(Exception, match="naive"), db.begin() as session:
        session.add(Person(name="王芳", created_at=datetime(2021, 5, 11)))  # noqa: DTZ001  # the mistake under test


def test_enums_are_words(db: Database) -> None:
    """An enum is stored as its word and comes back as itself."""
    with db.begin() as session:
        claim(session, "rule", 1, START, START, Fate.SKIPPED, "too late")
    with db.read() as session:
        assert session.scalar(text("SELECT fate FROM occurrence")) == "skipped"
        assert session.scalars(select(Occurrence)).one().fate is Fate.SKIPPED


def test_insert_new(db: Database) -> None:
    """The first insert of a key wins, the second is told so, and a rollback frees the key."""
    with db.begin() as session:
        assert insert_new(session, settings.Setting, {"key": "a", "value": {"n": 1}}, ["key"])
        assert not insert_new(session, settings.Setting, {"key": "a", "value": {"n": 2}}, ["key"])
    with db.begin() as session:
        assert settings.keep(session, "a", {"n": 3}) == {"n": 1}
        settings.put(session, "a", {"n": 4})
        assert settings.get(session, "a") == {"n": 4}


def test_reads_stay_usable(db: Database) -> None:
    """What was read can be used after the transaction, and nothing of it is written."""
    with db.begin() as session:
        session.add(Person(name="王芳", created_at=START))
    with db.read() as session:
        person = session.scalars(select(Person)).one()
        person.name = "changed"
    assert person.created_at == START
    with db.read() as session:
        assert session.scalars(select(Person)).one().name == "王芳"


def test_wakes_after_commit(db: Database) -> None:
    """The engine hears of channels inside the transaction and after its commit, and of nothing after a rollback."""
    heard: list[object] = []
    db.before_commit = lambda session, channels: heard.append(("before", set(channels), session.in_transaction()))
    db.after_commit = lambda channels: heard.append(("after", set(channels)))
    drafts = [Draft(Recipient(channel, "u"), Text("t"), "rule", START) for channel in ("wecom_app", "robot:office")]
    with db.begin() as session:
        outbox.add(session, drafts, START)
    both = {"wecom_app", "robot:office"}
    assert heard == [("before", both, True), ("after", both)]
    with pytest.raises(RuntimeError):
        add_and_fail(db, drafts)
    with db.begin() as session:
        session.add(Person(name="王芳", created_at=START))
    assert len(heard) == 2


def test_long_texts_become_several_notices(db: Database) -> None:
    """A text that no call can carry is written as notices in order, each of at most 2048 bytes, cut at line ends."""
    lines = [f"{number:03} " + "字" * 50 for number in range(40)]
    with db.begin() as session:
        count = outbox.add(session, [Draft(Recipient("wecom_app", "u"), Text("\n".join(lines)), "rule", START)], START)
    with db.read() as session:
        texts = [notice.content["text"] for notice in session.scalars(select(Notice).order_by(Notice.id))]
    assert count == len(texts) == 4
    assert max(len(each.encode()) for each in texts) <= 2048
    assert "\n".join(texts) == "\n".join(lines)


def test_new_notices_wait(db: Database) -> None:
    """A notice begins as waiting, with nothing tried."""
    with db.begin() as session:
        outbox.add(session, [Draft(Recipient("wecom_app", "u"), Text("t"), "rule", START)], START)
    with db.read() as session:
        notice = session.scalars(select(Notice)).one()
    assert (notice.status, notice.tries, notice.claim, notice.abouts) == (Status.WAITING, 0, 0, [])


def test_a_locked_database_is_refused_in_time(sqlite_url: str) -> None:
    """While another process writes, a write waits so long and no longer, then raises."""
    holder, other = Database(connect(sqlite_url)), Database(connect(sqlite_url, busy_seconds=0.3))
    with holder.begin() as session:
        session.add(Person(name="王芳", created_at=START))
        session.flush()
        started = time.monotonic()
        with pytest.raises(OperationalError), other.begin() as second:
            second.add(Person(name="李强", created_at=START))
        assert 0.2 < time.monotonic() - started < 2
        with other.read() as reader:
            assert reader.scalars(select(Person)).all() == []
    holder.dispose()
    other.dispose()


def test_read_then_write_waits(sqlite_url: str) -> None:
    """Two writers that read first take turns; neither fails at once, as in a plain BEGIN."""
    db = Database(connect(sqlite_url, busy_seconds=10))

    def count_up() -> None:
        for _ in range(20):
            with db.begin() as session:
                value = settings.get(session, "n") or 0
                settings.put(session, "n", value + 1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as session:
        assert settings.get(session, "n") == 80
    db.dispose()


def test_sqlite_settings(sqlite_url: str) -> None:
    """Each connection writes ahead and syncs every commit, as decided."""
    db = Database(connect(sqlite_url))
    with db.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
    db.dispose()


def test_sqlite_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions with the WAL-reset race are warned about, repaired ones are not."""
    for version, safe in (((3, 40, 1), False), ((3, 44, 6), True), ((3, 50, 6), False), ((3, 51, 3), True)):
        monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
        assert (sqlite_warning() is None) is safe
