"""A place where an engine works for the tests: work to be done by channel, and a diary of what was done by whom."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, update
from sqlalchemy.orm import Session

from bot.engine.cluster import ClusterEngine, Timing
from bot.engine.local import LocalEngine
from models.engine import Engine
from models.session import Database, wake_later

QUICK = Timing(poll=0.1, tick=1, rescue=1, heartbeat=0.3, dead=1.2, again=0.2)
TABLES = MetaData()
WORK = Table(
    "contract_work",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("done_by", Integer),
)
DIARY = Table(
    "contract_diary",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("what", String(20), nullable=False),  # tick, begin, done, end
    Column("channel", String(20), nullable=False),
    Column("pid", Integer, nullable=False),
)
SLOT = Table("contract_slot", TABLES, Column("at", Integer, primary_key=True, autoincrement=False))


def make(db: Database, *, beat_seconds: float = 0.1, timing: Timing = QUICK) -> Engine:
    """Return the engine for a database, hooked in."""
    on_sqlite = db.engine.dialect.name == "sqlite"
    engine: Engine = LocalEngine(beat_seconds) if on_sqlite else ClusterEngine(db.engine, timing)
    db.before_commit, db.after_commit = engine.before_commit, engine.after_commit
    return engine


@dataclass
class Doer:
    """What an engine runs: does the work of a channel, and writes down each step."""

    db: Database
    engine: Engine
    hold: float = 0.0  # seconds that a drain takes
    failures: int = 0  # drains that fail before one goes well
    gate: threading.Event = field(default_factory=threading.Event)  # ends the holding

    def tick(self) -> None:
        """Fire the occurrence of this moment, and sweep."""
        with self.db.begin() as session:
            note(session, "tick")
            at = int(time.time())
            if session.scalar(select(SLOT.c.at).where(SLOT.c.at == at)) is None:
                session.execute(insert(SLOT).values(at=at))
        with self.db.read() as session:
            undone = set(session.scalars(select(WORK.c.channel).where(WORK.c.done_by.is_(None)).distinct()))
        self.engine.wake(undone)

    def drain(self, channel: str) -> None:
        """Do what is to be done on a channel."""
        with self.db.begin() as session:
            note(session, "begin", channel)
        self.gate.wait(self.hold)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("a drain that fails")
        undone = (WORK.c.channel == channel, WORK.c.done_by.is_(None))
        with self.db.begin() as session:
            for _ in session.execute(update(WORK).where(*undone).values(done_by=os.getpid()).returning(WORK.c.id)):
                note(session, "done", channel)
            note(session, "end", channel)


def note(session: Session, what: str, channel: str = "") -> None:
    """Write a line into the diary."""
    session.execute(insert(DIARY).values(what=what, channel=channel, pid=os.getpid()))


def give(db: Database, *channels: str, wait: float = 0.0, fail: bool = False) -> None:
    """Write work for channels in one transaction, which may last a while and may fail."""
    with db.begin() as session:
        for channel in channels:
            session.execute(insert(WORK).values(channel=channel))
        wake_later(session, channels)
        session.flush()
        time.sleep(wait)
        if fail:
            raise RuntimeError("a transaction that fails")


def diary(db: Database, what: str | None = None, channel: str | None = None) -> list[tuple[str, str, int]]:
    """Return lines of the diary: what, channel, pid."""
    with db.read() as session:
        rows = session.execute(select(DIARY.c.what, DIARY.c.channel, DIARY.c.pid).order_by(DIARY.c.id))
        return [tuple(row) for row in rows if what in (None, row.what) and channel in (None, row.channel)]


def undone(db: Database) -> int:
    """Count the work that nobody has done."""
    with db.read() as session:
        return len(session.execute(select(WORK.c.id).where(WORK.c.done_by.is_(None))).all())


def until(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()
