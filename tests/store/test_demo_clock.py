"""The demo clock: anchored in the database, the same for all processes, moved for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models import demo_clock
from models.clock import SettableClock
from models.demo_clock import StoredClock
from models.session import Database

PLAYED = datetime(2021, 5, 11, 0, 50, tzinfo=UTC)


def test_it_runs_from_its_start(db: Database) -> None:
    """It begins where the config says and runs at its speed."""
    wall = SettableClock(datetime(2026, 11, 24, tzinfo=UTC))
    clock = StoredClock(db, wall, PLAYED, 60.0)
    assert clock.now() == PLAYED
    wall.advance(timedelta(seconds=10))
    assert clock.now() == PLAYED + timedelta(minutes=10)


def test_a_restart_goes_on(db: Database) -> None:
    """A process that starts later reads the same time, whatever start its config has by then."""
    wall = SettableClock(datetime(2026, 11, 24, tzinfo=UTC))
    StoredClock(db, wall, PLAYED, 1.0).now()
    wall.advance(timedelta(hours=3))
    assert StoredClock(db, wall, PLAYED - timedelta(days=99), 5.0).now() == PLAYED + timedelta(hours=3)


def test_moved_for_all(db: Database, monkeypatch) -> None:  # type: ignore[no-untyped-def]  # a pytest fixture
    """A move is seen by the process that made it at once, and by others when they look again."""
    wall = SettableClock(datetime(2026, 11, 24, tzinfo=UTC))
    mine, other = StoredClock(db, wall, PLAYED, 1.0), StoredClock(db, wall, PLAYED, 1.0)
    assert mine.now() == other.now() == PLAYED
    target = PLAYED + timedelta(days=2)
    mine.move(target)
    assert mine.now() == target
    monkeypatch.setattr(demo_clock, "FRESH_SECONDS", 0.0)
    assert other.now() == target
    wall.advance(timedelta(seconds=5))
    assert mine.now() == other.now() == target + timedelta(seconds=5)


def test_without_the_database_it_goes_on(db: Database, monkeypatch) -> None:  # type: ignore[no-untyped-def]  # a pytest fixture
    """While the database is away it shows what it knew."""
    wall = SettableClock(datetime(2026, 11, 24, tzinfo=UTC))
    clock = StoredClock(db, wall, PLAYED, 1.0)
    clock.now()
    monkeypatch.setattr(demo_clock, "FRESH_SECONDS", 0.0)
    from sqlalchemy.exc import OperationalError

    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(db, "read", away)
    assert clock.now() == PLAYED
