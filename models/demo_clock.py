"""The campaign's clock of a demo: anchored in the database, so that a restart goes on and all processes agree."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from models import settings
from models.clock import AnchoredClock, Clock
from models.session import Database

KEY = "clock"
FRESH_SECONDS = 1.0  # how long a reading of the anchor is trusted: another process may have moved it


class StoredClock:
    """A clock that starts where the config says, runs at its speed, and can be moved on."""

    def __init__(self, db: Database, wall: Clock, start: datetime, speed: float) -> None:
        """Nothing is read yet; the anchor is made by the first process that needs it."""
        self._db = db
        self._wall = wall
        self._start = start
        self._speed = speed
        self._lock = threading.Lock()
        self._anchored: AnchoredClock | None = None
        self._read_at = 0.0

    def now(self) -> datetime:
        """Return the campaign's moment."""
        return self._clock().now()

    def move(self, moment: datetime) -> None:
        """Put the clock at an aware moment, for all processes; this one sees it at once, others within a second."""
        anchor = {
            "since": self._wall.now().isoformat(),
            "shows": moment.astimezone(UTC).isoformat(),
            "speed": self._speed,
        }
        with self._db.begin() as session:
            settings.put(session, KEY, anchor)
        with self._lock:
            self._keep(anchor)

    def _clock(self) -> AnchoredClock:
        with self._lock:
            if self._anchored is not None and time.monotonic() - self._read_at < FRESH_SECONDS:
                return self._anchored
            try:
                return self._keep(self._stored())
            except SQLAlchemyError:
                if self._anchored is None:
                    raise
                return self._anchored  # the database is away: what we know still holds

    def _stored(self) -> dict[str, object]:
        with self._db.read() as session:
            anchor = settings.get(session, KEY)
        if anchor is None:
            first = {"since": self._wall.now().isoformat(), "shows": self._start.isoformat(), "speed": self._speed}
            with self._db.begin() as session:
                anchor = settings.keep(session, KEY, first)
        return dict(anchor)

    def _keep(self, anchor: dict[str, object]) -> AnchoredClock:
        since, shows = (datetime.fromisoformat(str(anchor[name])).astimezone(UTC) for name in ("since", "shows"))
        self._anchored = AnchoredClock(since, shows, float(str(anchor["speed"])), self._wall)
        self._read_at = time.monotonic()
        return self._anchored
