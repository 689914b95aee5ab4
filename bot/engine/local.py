"""The engine of one process: APScheduler for the beat, a few threads for the drains, a bell after each commit.

Nothing is stored here, so nothing can be lost or doubled: each beat asks what is due and what can be sent. On SQLite
a file lock keeps it the only worker; several machines need PostgreSQL and the cluster adapter.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from apscheduler.executors.pool import ThreadPoolExecutor as BeatThreads
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from bot.logs import get_logger
from models.clock import SystemClock
from models.errors import BotError

BEAT_SECONDS = 2.0
THREADS = 4  # channels that are drained at the same time
SILENT_SECONDS = 30.0  # without a beat for so long it is not alive

log = get_logger(__name__)


class AlreadyRunning(BotError):  # noqa: N818  # tells what is, not what broke
    """Another process works on this database. The text is for the operator."""

    exit_code = 2


class WorkerLock:
    """Held by the one process that works on an SQLite file; the system frees it when the process dies."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._handle: int | None = None

    def take(self) -> None:
        """Take the lock. Raises AlreadyRunning."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise AlreadyRunning(
                f"another process works on this SQLite database (lock {self._path}); "
                "stop it first, or use PostgreSQL for several"
            ) from None
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        self._handle = handle

    def free(self) -> None:
        """Let others have it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class LocalEngine:
    """models.engine.Engine within one process."""

    def __init__(self, beat_seconds: float = BEAT_SECONDS, threads: int = THREADS) -> None:
        self._beat_seconds = beat_seconds
        self._scheduler = BackgroundScheduler(timezone="UTC", executors={"default": BeatThreads(2)})
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="drain")
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._beating = 0
        self._draining: dict[str, bool] = {}  # channel -> asked for again meanwhile
        self._running: set[Future[None]] = set()
        self._beaten_at: float | None = None
        self._stopped = False
        self._tick: Callable[[], object] = lambda: None
        self._drain: Callable[[str], object] = lambda channel: None
        self._pulse: Callable[[], object] = lambda: None

    def before_commit(self, session: Session, channels: set[str]) -> None:
        """Nothing to store: the beat finds what a lost ring leaves behind."""

    def after_commit(self, channels: set[str]) -> None:
        """Drain these channels at once."""
        self.wake(channels)

    def wake(self, channels: set[str]) -> None:
        """Drain these channels at once, or again when one is drained at this moment."""
        for channel in channels:
            self._wake(channel)

    def start(
        self,
        tick: Callable[[], object],
        drain: Callable[[str], object],
        channels: list[str],
        pulse: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin to beat."""
        self._tick, self._drain, self._pulse = tick, drain, pulse
        self._scheduler.add_job(
            self._beat,
            "interval",
            seconds=self._beat_seconds,
            id="beat",
            coalesce=True,
            max_instances=2,  # a nudge during a beat is a beat of its own; the ticker lets one in at a time
            misfire_grace_time=None,
        )
        self._beaten_at = time.monotonic()
        self._scheduler.start()
        self.nudge()

    def nudge(self) -> None:
        """Beat as soon as possible."""
        if self._scheduler.running:  # not a job of its own: APScheduler fails when it ends one while shutting down
            self._scheduler.modify_job("beat", next_run_time=SystemClock().now())

    def stop(self, seconds: float = 15.0) -> None:
        """Stop beating, and wait so long for the beat and the drains that are under way."""
        until = time.monotonic() + seconds
        with self._lock:
            self._stopped = True
            self._draining = dict.fromkeys(self._draining, False)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._ended.wait_for(lambda: not self._beating, max(0.0, until - time.monotonic()))
        for future in list(self._running):
            if not future.cancelled():
                _wait(future, until)

    def problem(self) -> str | None:
        """Return what is wrong, or None."""
        if self._beaten_at is None or self._stopped:
            return "not running"
        silent = time.monotonic() - self._beaten_at
        return f"no beat for {silent:.0f} s" if silent > max(SILENT_SECONDS, 5 * self._beat_seconds) else None

    def _beat(self) -> None:
        """Look what is due. Whatever fails is logged and tried again at the next beat."""
        with self._lock:
            if self._stopped:
                return
            self._beating += 1
        try:
            self._tick()
            self._pulse()
            self._beaten_at = time.monotonic()
        except Exception:
            log.exception("beat-failed")
        finally:
            with self._lock:
                self._beating -= 1
                self._ended.notify_all()

    def _wake(self, channel: str) -> None:
        with self._lock:
            if self._stopped or self._scheduler.state == 0:
                return
            if channel in self._draining:
                self._draining[channel] = True  # what was committed after its last look waits for this
                return
            self._draining[channel] = False
            self._submit(channel)

    def _submit(self, channel: str) -> None:
        future = self._pool.submit(self._run, channel)
        self._running.add(future)
        future.add_done_callback(self._running.discard)

    def _run(self, channel: str) -> None:
        try:
            self._drain(channel)
        except Exception:
            log.exception("drain-failed", channel=channel)
        with self._lock:
            again = self._draining.pop(channel, False) and not self._stopped
            if again:
                self._draining[channel] = False
                self._submit(channel)


def _wait(future: Future[None], until: float) -> None:
    try:
        future.result(timeout=max(0.0, until - time.monotonic()))
    except TimeoutError:
        log.warning("drain-left-running")
