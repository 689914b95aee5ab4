"""The database: engine, transactions, and insert-if-new.

SQLite: WAL, synchronous=FULL, BEGIN IMMEDIATE for writers (a read that later writes in a plain BEGIN fails at once).
PostgreSQL: a connection that was idle is tried first, so that a restarted server costs no request.
"""

from __future__ import annotations

import select
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import dml as pg_dml
from sqlalchemy.dialects.sqlite import dml as sqlite_dml
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from models.base import Base

IDLE_SECONDS = 45.0  # PostgreSQL lets go of what a process locked that sleeps, or is gone, in a transaction
IDLE_PING_SECONDS = 0.5  # a connection that was idle for longer is tried before it is used
BUSY_SECONDS = 3.5  # how long a write waits for the database: the callback must be refused within 4 s
SCRATCH_KIB = 262_144  # of a scratch database that stay in memory


def connect(url: str, busy_seconds: float = BUSY_SECONDS, connections: int = 20) -> Engine:
    """Make the engine for a database URL (sqlite:///path or postgresql+psycopg://...). Makes SQLite's folder.

    connections: at most so many at once; with one for each thread nobody waits for one on top of busy_seconds.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        settings = {"statement_timeout": busy_seconds, "lock_timeout": busy_seconds}
        settings["idle_in_transaction_session_timeout"] = IDLE_SECONDS * busy_seconds / BUSY_SECONDS
        options = " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in settings.items())
        engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=connections,  # all are kept: to make one costs more than a message
            max_overflow=0,
            pool_timeout=busy_seconds,
            connect_args={
                "connect_timeout": max(2, int(busy_seconds)),
                "tcp_user_timeout": int(busy_seconds * 1000),  # a server that vanished is noticed like one that refuses
                "options": options,
            },
        )
        for moment in ("connect", "checkin"):
            event.listen(engine, moment, _note_use)
        event.listen(engine, "checkout", _ping_idle)
        return engine
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,  # errors are logged, and parameters are what people wrote
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        execution_options={"busy_seconds": busy_seconds},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=busy_seconds,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used"] = time.monotonic()


def _ping_idle(connection: Any, record: Any, _proxy: Any) -> None:
    """Try a connection that was idle: the server may have been restarted, which must cost no request.

    One that was used a moment ago is tried only when the server has sent something by itself, as it does when it cuts
    the line: to ask each time is one way there and back for nothing.
    """
    idle = time.monotonic() - record.info.get("used", 0.0) > IDLE_PING_SECONDS
    line = select.poll()
    line.register(connection, select.POLLIN)
    if idle or line.poll(0):
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as error:
            raise DisconnectionError from error  # the pool makes a new one in its place


def scratch() -> Engine:
    """Make an empty database of this process alone, for what is tried out and thrown away. Single thread only.

    SQLite keeps it in memory and takes to a nameless file when it grows; it is gone when the engine is disposed.
    """
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect("", check_same_thread=False),
        poolclass=StaticPool,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_scratch)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _prepare_scratch(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", f"cache_size=-{SCRATCH_KIB}"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we send BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    options = connection.get_execution_options()
    seconds = getattr(_left, "seconds", None)  # less than the whole when the turn has taken some of it
    connection.exec_driver_sql(
        f"PRAGMA busy_timeout = {int(1000 * (options['busy_seconds'] if seconds is None else seconds))}"
    )
    connection.exec_driver_sql("BEGIN" if options.get("reading", False) else "BEGIN IMMEDIATE")


_left = threading.local()  # seconds that the transaction of this thread may still wait for the database


class _Turn:
    """Lets the writers of this process into SQLite one after the other.

    SQLite lets those who wait sleep and try again, up to a tenth of a second each time; a lock wakes them at once.
    Who waits too long goes on and is told by SQLite itself. What a thread has waited here it does not wait there once
    more: when somebody holds the database, everybody is refused in time. A thread that writes within its own write
    (there is none) would wait for itself as long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()

    @contextmanager
    def take(self, waited: float) -> Iterator[None]:
        """Wait for the turn and have it until the block ends. waited: seconds that were waited before."""
        until = time.monotonic() + self._seconds - waited
        held = self._lock.acquire(timeout=max(0.0, until - time.monotonic()))
        _left.seconds = max(0.0, until - time.monotonic())
        try:
            yield
        finally:
            _left.seconds = None
            if held:
                self._lock.release()


class Database:
    """Hands out transactions. on_commit is called after a commit with the channels that got new notices."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.before_commit: Callable[[Session, set[str]], None] = lambda session, channels: None
        self.after_commit: Callable[[set[str]], None] = lambda channels: None
        self._turn: _Turn | None = None
        self.busy_seconds: float = engine.get_execution_options().get("busy_seconds", BUSY_SECONDS)
        if engine.dialect.name == "sqlite":
            self._turn = _Turn(self.busy_seconds)
        self._writing = sessionmaker(engine, expire_on_commit=False)
        self._reading = sessionmaker(engine.execution_options(reading=True), expire_on_commit=False)

    @contextmanager
    def begin(self, waited: float = 0.0) -> Iterator[Session]:
        """Open one writing transaction: commits at the end, rolls back on any error.

        waited: seconds that its caller has waited before; SQLite is waited for so much less.
        """
        with self._writing() as session:
            with self._turn.take(waited) if self._turn else nullcontext(), session.begin():
                yield session
                woken = channels_to_wake(session)
                if woken:
                    self.before_commit(session, woken)
            if woken:
                self.after_commit(woken)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open one reading transaction: nothing in it is kept."""
        with self._reading() as session:  # closing rolls back, and unlike rollback() leaves what was read usable
            yield session

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def wake_later(session: Session, channels: Iterable[str]) -> None:
    """Note that these channels have new notices; the engine is told when the transaction commits."""
    session.info.setdefault("wake", set()).update(channels)


def channels_to_wake(session: Session) -> set[str]:
    """Return the channels noted by wake_later() in this transaction."""
    channels: set[str] = session.info.get("wake", set())
    return channels


_ABSENT = "absent"  # of a session: {(table, whose)}


def note_absent(session: Session, table: type[Base], whose: int | None = None) -> None:
    """Note for this transaction that a table has nothing open, of a person or at all, when one look has shown it."""
    session.info.setdefault(_ABSENT, set()).add((table, whose))


def is_absent(session: Session, table: type[Base], whose: int | None = None) -> bool:
    """Tell whether it was noted that there is nothing, and nothing has been written to the table since."""
    return (table, whose) in session.info.get(_ABSENT, ())


def no_longer_absent(session: Session, tables: Collection[type[Base]]) -> None:
    """Forget for some tables that nothing was there; the session does so for what it writes itself."""
    noted = session.info.get(_ABSENT)
    if noted:
        session.info[_ABSENT] = {each for each in noted if each[0] not in tables}


@event.listens_for(Session, "after_flush")
def _look_again(session: Session, _context: object) -> None:
    no_longer_absent(session, {type(row) for row in (*session.new, *session.dirty)})


def sqlite_warning() -> str | None:
    """Say whether this SQLite can lose commits in a rare race of checkpoint and WAL reset (decisions 9)."""
    version = sqlite3.sqlite_version_info
    safe = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if safe or version < (3, 7, 0):
        return None
    return (
        f"SQLite {sqlite3.sqlite_version} has a rare race that can lose commits when the WAL is reset; "
        "use 3.51.3 or newer, or PostgreSQL"
    )


def insert_new(session: Session, table: type[Base], values: dict[str, Any], unique: list[str]) -> bool:
    """Insert a row unless its unique columns are taken. Returns whether it was inserted: the constraint decides."""
    # The row comes back only when it was inserted; rowcount of such a statement is -1 on PostgreSQL.
    statement = new_or_nothing(session, table, values, unique).returning(getattr(table, unique[0]))
    return session.execute(statement).first() is not None


def new_or_nothing(
    session: Session, table: type[Base], values: dict[str, Any] | list[dict[str, Any]], unique: list[str]
) -> sqlite_dml.Insert | pg_dml.Insert:
    """Return the statement that inserts a row, or several, unless its unique columns are taken."""
    insert = sqlite_dml.insert if session.get_bind().dialect.name == "sqlite" else pg_dml.insert
    return insert(table).values(values).on_conflict_do_nothing(index_elements=unique)
