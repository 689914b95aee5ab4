"""GET /healthz: whether database, scheduler and delivery are alive, for a supervisor or a load balancer."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.logs import get_logger
from models.session import Database

OK = "ok"
Check = Callable[[], str | None]  # what is wrong in a few words without detail, or None

log = get_logger(__name__)


def blueprint(db: Database, scheduler: Check, delivery: Check) -> Blueprint:
    """Make the route. scheduler and delivery are asked only while the database answers."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def health() -> tuple[Response, int]:
        checks = {"database": _database(db)}
        for name, check in (("scheduler", scheduler), ("delivery", delivery)):
            try:
                checks[name] = check() or OK if checks["database"] == OK else "unknown"
            except SQLAlchemyError:
                checks[name] = "unknown"
        alive = all(word == OK for word in checks.values())
        return jsonify(status=OK if alive else "trouble", **checks), 200 if alive else 503

    return routes


def _database(db: Database) -> str:
    try:
        with db.read() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        log.error("database-away", problem=type(error).__name__)
        return "away"
    return OK
