"""The engine of several processes and machines: Procrastinate, on the PostgreSQL that holds everything else.

A drain is a job that is written in the transaction of the notices it is for, on the same connection: it is there when
they are, and gone when they are rolled back. Jobs of one channel have one lock, so that one worker drains it at a time.
There is no queueing lock on that way (a conflict would break off the caller's transaction, and a wake could be lost),
no notification (a worker that listens ends when the server restarts) and no retry (a job that waits for one would hold
back its channel): the tick, every few seconds by whichever worker is first, wakes what a lost wake left behind.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.logs import get_logger

DRAIN, TICK = "drain", "tick"  # names of jobs, in the database
SIDE_JOBS = 3  # threads beside one for each channel: the tick, the pulse, one spare
CONNECTIONS = 4  # of the worker itself, beside those of the drains
AWAY_SECONDS = 5.0  # for which a connection is waited for, before everything is begun anew
GRACE_SECONDS = 10.0  # for which a stop waits for jobs that run
PULSE_SECONDS = 5.0
SILENT_SECONDS = 30.0  # without a pulse for so long it is not alive
KEPT_HOURS = 7 * 24  # for which failed jobs are kept; others go when they end

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds between what a worker does. With these a killed one is made good within 50 s, its calls within 80 s."""

    poll: float = 1.0  # looks for jobs
    tick: int = 15  # divides 60; by the first of all workers
    rescue: int = 15  # divides 60; by the first of all workers
    heartbeat: float = 10.0
    dead: float = 30.0  # without a heartbeat for so long the jobs of a worker are run again
    again: float = 1.0  # before a worker that broke off is begun anew


class ClusterEngine:
    """models.engine.Engine on PostgreSQL. Any number of processes may have one; those that start it work."""

    def __init__(self, database: Database, timing: Timing | None = None) -> None:
        self._database = database
        self._timing = timing or Timing()
        self._jobs = App(connector=SyncPsycopgConnector())  # never opened: it writes on connections of ours
        self._loop: asyncio.AbstractEventLoop | None = None
        self._working: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._pulse: Callable[[], object] = lambda: None
        self._seen = 0.0
        self._stopped = False

    def before_commit(self, session: Session, channels: set[str]) -> None:
        """Write a drain for each channel into the running transaction."""
        self._defer(session.connection(), channels)

    def after_commit(self, channels: set[str]) -> None:
        """Nothing to do: the drains have been committed with the rest, and workers look for them."""

    def wake(self, channels: set[str]) -> None:
        """Write a drain for each channel that has none waiting."""
        if not channels:
            return
        waiting = text("SELECT lock FROM procrastinate_jobs WHERE status = 'todo' AND lock = ANY(:locks)")
        with self._database.begin() as connection:
            locks = [_lock(channel) for channel in channels]
            found = set(connection.scalars(waiting, {"locks": locks}))
            self._defer(connection, {channel for channel in channels if _lock(channel) not in found})

    def start(
        self,
        tick: Callable[[], object],
        drain: Callable[[str], object],
        channels: list[str],
        pulse: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin to work, in threads of its own."""
        self._pulse, self._seen = pulse, time.monotonic()
        app, threads = self._app(tick, drain), len(channels) + SIDE_JOBS
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="job"))
        self._working = self._loop.create_task(self._work(app, threads))
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        """Have some worker tick at its next look."""
        try:
            with self._database.begin() as connection, _ours():
                job = self._jobs.configure_task(TICK, queueing_lock=TICK, connection=_raw(connection))
                job.defer(timestamp=int(time.time()))
        except AlreadyEnqueued:  # one is waiting already; this transaction holds nothing else
            return

    def stop(self, seconds: float = 15.0) -> None:
        """Take no new job, and wait so long for those that run; what is left is rescued by another worker."""
        first, self._stopped = not self._stopped, True
        if self._thread is None or self._loop is None or self._working is None:
            return
        if first and self._thread.is_alive():  # once: a second time would not wait for what runs
            self._loop.call_soon_threadsafe(self._working.cancel)
        self._thread.join(seconds)
        if self._thread.is_alive():
            log.warning("drain-left-running")

    def problem(self) -> str | None:
        """Return what is wrong, or None."""
        if self._thread is None or self._stopped or not self._thread.is_alive():
            return "not running"
        silent = time.monotonic() - self._seen
        return f"no beat for {silent:.0f} s" if silent > SILENT_SECONDS else None

    def _defer(self, connection: Connection, channels: set[str]) -> None:
        for channel in sorted(channels):
            with _ours():
                job = self._jobs.configure_task(DRAIN, lock=_lock(channel), connection=_raw(connection))
                job.defer(channel=channel)

    def _app(self, tick: Callable[[], object], drain: Callable[[str], object]) -> App:
        """Make what a worker runs. Neither tick nor rescue has a lock: that of a killed one would stop them all."""
        app = App(connector=PsycopgConnector())
        app.job_manager = _Manager(app.connector)

        @app.task(name=DRAIN)
        def run_drain(channel: str) -> None:
            drain(channel)

        @app.periodic(cron=_every(self._timing.tick), periodic_id=TICK)
        @app.task(name=TICK, queueing_lock=TICK)
        def run_tick(timestamp: int) -> None:
            tick()

        @app.periodic(cron=_every(self._timing.rescue), periodic_id="rescue")
        @app.task(name="rescue", queueing_lock="rescue")
        async def run_rescue(timestamp: int) -> None:
            await _rescue(app.job_manager, self._timing.dead)

        @app.periodic(cron="17 * * * *", periodic_id="tidy")
        @app.task(name="tidy", queueing_lock="tidy")
        async def run_tidy(timestamp: int) -> None:
            await app.job_manager.delete_old_jobs(KEPT_HOURS, include_failed=True, include_aborted=True)

        return app

    def _run(self) -> None:
        """Be the thread of the event loop. Jobs that outlast a stop are not waited for."""
        assert self._loop is not None
        assert self._working is not None
        try:
            self._loop.run_until_complete(self._working)
        except asyncio.CancelledError:
            log.debug("engine-stopped")
        finally:
            self._loop.close()  # also tells its threads to end when they are done

    async def _work(self, app: App, threads: int) -> None:
        """Work until cancelled. A worker that ends is begun anew: it does so when the database was away."""
        beating = asyncio.create_task(self._beat())
        try:
            while not self._stopped:
                try:
                    await self._work_once(app, threads)
                except Exception as error:
                    log.error("engine-broke-off", problem=type(error).__name__)
                if not self._stopped:
                    await asyncio.sleep(self._timing.again)
        finally:
            beating.cancel()

    async def _work_once(self, app: App, threads: int) -> None:
        """Work until the worker ends: cancelled, it does so when its jobs have."""
        settings = {  # so that what a sleeping worker has locked does not hold up the others
            "lock_timeout": AWAY_SECONDS,
            "statement_timeout": 2 * AWAY_SECONDS,
            "idle_in_transaction_session_timeout": self._timing.dead / 3,
        }
        options = " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in settings.items())
        arguments = {**_arguments(self._database), "connect_timeout": int(AWAY_SECONDS), "options": options}
        pool = AsyncConnectionPool(
            kwargs=arguments,
            min_size=1,
            max_size=CONNECTIONS,
            timeout=AWAY_SECONDS,
            check=AsyncConnectionPool.check_connection,
            open=False,
        )
        try:
            await pool.open(wait=True, timeout=AWAY_SECONDS)
            connector = PsycopgConnector()
            await connector.open_async(pool)
            with app.replace_connector(connector):
                await app.run_worker_async(
                    concurrency=threads,
                    fetch_job_polling_interval=self._timing.poll,
                    listen_notify=False,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    update_heartbeat_interval=self._timing.heartbeat,
                    stalled_worker_timeout=self._timing.dead,
                )
        finally:
            await pool.close(timeout=AWAY_SECONDS)

    async def _beat(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._pulse)
                self._seen = time.monotonic()
            except Exception as error:
                log.error("pulse-failed", problem=type(error).__name__)
            await asyncio.sleep(PULSE_SECONDS)


class _Manager(JobManager):
    """Ends only jobs that are still its worker's own, and waits a little for the database to write that down."""

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Finish a job, so that its channel is free. Raises ConnectorException when the database stays away.

        A worker that slept so long that another one runs its job leaves it alone.
        """
        until = time.monotonic() + GRACE_SECONDS - 2
        while True:
            try:
                if await self._is_own(job):
                    return await super().finish_job(job, status, delete_job)
                log.warning("job-lost", job=job.id, task=job.task_name)
                return None
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.OperationalError) or time.monotonic() > until:
                    raise
            await asyncio.sleep(0.2)

    async def _is_own(self, job: Job) -> bool:
        query = "SELECT worker_id FROM procrastinate_jobs WHERE id = %(job_id)s AND status = 'doing'"
        found = await self.connector.execute_query_all_async(query, job_id=job.id)
        return bool(found) and found[0]["worker_id"] == job.worker_id


async def _rescue(manager: JobManager, dead: float) -> None:
    """Have the drains of dead workers run again. Their ticks come by themselves."""
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=dead):
        try:
            if job.task_name == DRAIN:
                await manager.retry_job(job)
            else:
                await manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException:  # its worker was only slow and has ended it, or another one was quicker
            log.info("rescue-not-needed", job=job.id)
        else:
            log.warning("job-rescued", job=job.id, task=job.task_name)


@contextmanager
def _ours() -> Iterator[None]:
    """Raise the library's errors of the database as SQLAlchemy's, which everybody here knows how to take."""
    try:
        yield
    except ConnectorException as error:
        cause = error.__cause__ or error
        raise OperationalError("a job", None, cause) from cause


def _lock(channel: str) -> str:
    return f"{DRAIN}:{channel}"


def _every(seconds: int) -> str:
    return f"* * * * * */{seconds}"


def _raw(connection: Connection) -> Any:
    """Return psycopg's connection under a connection of SQLAlchemy."""
    return connection.connection.driver_connection


def _arguments(database: Database) -> dict[str, Any]:
    """Return what psycopg needs to connect to the same database."""
    _, arguments = database.dialect.create_connect_args(database.url)
    return dict(arguments)
