"""The demo clock over HTTP: read it, and push it on. Exists only with a [clock] in the config, for this machine only.

A push goes from event to event: at each one what is due is fired and sent before the clock moves on, so that a week
that is skipped in a second leaves the same notices behind as a week that was waited for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, jsonify, request

from models.demo_clock import StoredClock

WAIT_SECONDS = 10.0  # for the notices of one event to be sent
PUSH_SECONDS = 45.0  # for a whole push; then the clock jumps the rest of the way
LONGEST = timedelta(days=400)
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Desk:
    """What the clock's page works with."""

    clock: StoredClock
    zone: ZoneInfo
    next_due: Callable[[datetime], tuple[datetime, str] | None]
    tick: Callable[[], object]
    idle: Callable[[], bool]
    _one: threading.Lock = field(default_factory=threading.Lock)  # a second push waits, or it would outrun the first

    def push(self, target: datetime) -> None:
        """Move the clock to a moment, by way of everything that falls due before."""
        with self._one:
            until = time.monotonic() + PUSH_SECONDS
            while time.monotonic() < until:
                due = self.next_due(self.clock.now())
                if due is None or due[0] > target:
                    break
                self._settle(due[0])
            self._settle(target)

    def shown(self) -> dict[str, object]:
        """Return what the clock shows and what comes next."""
        now = self.clock.now()
        due = self.next_due(now)
        return {
            "now": now.astimezone(self.zone).isoformat(timespec="seconds"),
            "zone": str(self.zone),
            "next": {"at": due[0].astimezone(self.zone).isoformat(timespec="seconds"), "what": due[1]} if due else None,
        }

    def _settle(self, moment: datetime) -> None:
        self.clock.move(max(moment, self.clock.now()))
        self.tick()
        until = time.monotonic() + WAIT_SECONDS
        while not self.idle() and time.monotonic() < until:
            time.sleep(0.02)


def blueprint(desk: Desk) -> Blueprint:
    """Make the routes."""
    routes = Blueprint("clock", __name__)
    routes.before_request(only_local)

    @routes.get("/clock")
    def show() -> Response:
        return jsonify(desk.shown())

    @routes.post("/clock")
    def push() -> Response:
        target = _target(desk, request.get_json())
        if target is not None:
            desk.push(target)
        return jsonify(desk.shown())

    return routes


def only_local() -> None:
    """The peer must be this machine, not a proxy on it, and a page of another site must not reach us by name."""
    peer = ip_address(request.remote_addr or "0.0.0.0").is_loopback
    named = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    if not peer or request.headers.get("X-Forwarded-For") or named not in LOCAL_NAMES:
        abort(403)


def _target(desk: Desk, wish: object) -> datetime | None:
    """Return where to, or None when nothing comes next. Anything but the two forms is a 400."""
    now = desk.clock.now()
    if wish == {"to": "next"}:
        due = desk.next_due(now)
        return due[0] if due else None
    seconds = wish.get("advance_seconds") if isinstance(wish, dict) and len(wish) == 1 else None
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= LONGEST.total_seconds():
        abort(400)
    return now + timedelta(seconds=seconds)
