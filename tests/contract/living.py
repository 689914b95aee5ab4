"""A process that works: run as `python -m tests.contract.living URL HOLD STOP`. Says "ready" when it does."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import make_url

from bot import logs, worker
from bot.engine.local import WorkerLock
from models.session import Database, connect
from tests.contract.site import Doer, make


class Living:
    """What bot.worker runs."""

    def __init__(self, url: str, hold: float, stop_seconds: float) -> None:
        self.stop_seconds = stop_seconds
        self.db = Database(connect(url))
        self.engine = make(self.db)
        self.doer = Doer(self.db, self.engine, hold)
        database = make_url(url).database if url.startswith("sqlite") else None
        self.lock = WorkerLock(Path(database)) if database else None

    def start(self) -> None:
        """Work, unless another one does on this SQLite file."""
        if self.lock:
            self.lock.take()
        self.engine.start(self.doer.tick, self.doer.drain, ["a", "b"])
        print("ready", flush=True)

    def stop(self) -> None:
        """End."""
        self.engine.stop(self.stop_seconds)
        self.db.dispose()


if __name__ == "__main__":
    logs.configure("WARNING")
    worker.LINGER_SECONDS = 0.3
    worker.run(Living(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
