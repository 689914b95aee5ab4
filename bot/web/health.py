"""GET /healthz: whether database, scheduler and delivery are alive, for a supervisor or a load balancer.

Beside that verdict stand the facts that 状态 tells the admins, for a monitor: no names, no accounts, no texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.logs import get_logger
from models.campaign.definition import Campaign
from models.clock import Clock
from models.session import Database
from models.state import Life, State, state

OK = "ok"
Check = Callable[[], str | None]  # what is wrong in a few words without detail, or None

log = get_logger(__name__)


class Facts:
    """Tells how the bot is, as values for JSON."""

    def __init__(self, db: Database, campaign: Callable[[Session], Campaign], clock: Clock, wall: Clock) -> None:
        self._db, self._campaign, self._clock, self._wall = db, campaign, clock, wall

    def __call__(self) -> dict[str, Any]:
        """Read them; raises SQLAlchemyError when the database is away."""
        now, wall = self._clock.now(), self._wall.now()
        with self._db.read() as session:
            campaign = self._campaign(session)
            found = state(session, campaign, now)
        return {
            "workers": {
                _short(beat.worker): {"beat_seconds": _ago(wall, beat.at), "tick_seconds": _ago(wall, beat.ticked_at)}
                for beat in found.workers
            },
            "last_tick_seconds": _ago(wall, found.ticked_at),
            "backlog": found.backlog,
            "held": found.held,
            "oldest_unsent": _oldest(found, now.timestamp()),
            "blocked": found.blocked,
            "resting": sorted(found.troubles),
            "incidents": [
                {"kind": one.kind, "channel": one.channel, "since": one.opened_at.isoformat()}
                for one in found.incidents
                if one.closed_at is None
            ],
            "campaign": {"key": campaign.key, "now": now.isoformat(), "day": found.day, "days": found.days},
            "calendar_missing": found.calendar_gap,
            "next": [{"rule": one.rule_key, "at": one.scheduled_at.isoformat()} for one in found.following],
            "last": [_life(one) for one in found.lives],
        }


def _ago(now: datetime, then: datetime | None) -> int | None:
    return round((now - then).total_seconds()) if then else None


def _short(worker: str) -> str:
    """Name a process without its host."""
    return hashlib.blake2s(worker.encode(), digest_size=4).hexdigest()


def _oldest(found: State, now: float) -> dict[str, Any] | None:
    if found.oldest is None:
        return None
    seconds = round(now - found.oldest.due_at.timestamp())  # of campaign time
    return {"seconds": seconds, "channel": found.oldest.channel, "rule": found.oldest.rule}


def _life(one: Life) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "due": one.scheduled_at.isoformat(),
        "claimed": one.claimed_at.isoformat(),
        "fate": one.fate.value,
        "notices": {status.value: count for status, count in one.by_status.items()},
    }


def blueprint(
    db: Database,
    scheduler: Check,
    delivery: Check,
    facts: Callable[[], dict[str, Any]] = dict,
    storage: Check = lambda: None,
) -> Blueprint:
    """Make the route. All others are asked only while the database answers; storage says whether it can be written."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def health() -> tuple[Response, int]:
        database = _database(db)
        answers = database == OK
        checks = {"database": (storage() or OK) if answers else database}
        for name, check in (("scheduler", scheduler), ("delivery", delivery)):
            try:
                checks[name] = check() or OK if answers else "unknown"
            except SQLAlchemyError:
                checks[name] = "unknown"
        alive = all(word == OK for word in checks.values())
        more = _facts(facts) if answers else {}
        return jsonify(status=OK if alive else "trouble", **checks, **more), 200 if alive else 503

    return routes


def _facts(facts: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Read the facts; without them the verdict still stands."""
    try:
        return facts()
    except SQLAlchemyError as error:
        log.error("facts-unread", problem=type(error).__name__)
        return {}


def _database(db: Database) -> str:
    try:
        with db.read() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.error("database-away", problem=type(error).__name__)
        return "away"
    return OK
