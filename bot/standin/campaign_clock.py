"""The bot's demo clock, seen from the page: read it, push it on, and stamp bubbles with what it shows.

The stand-in has no campaign time of its own. A bot without a demo clock has no /clock, and then nothing is stamped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import requests

from bot.standin.feed import Feed

FRESH = 5.0  # s of real time that a reading is trusted for stamping
READ_SECONDS = 2.0
PUSH_SECONDS = 60.0  # a day's worth of notices may have to be written first
STAMP_SECONDS = 0.5
CALENDAR_SECONDS = 30.0  # the bot plays the rest of the campaign first

Answer = TypeVar("Answer")


class ClockError(Exception):
    """The bot did not answer, or with something that is not a clock."""


@dataclass(frozen=True)
class Reading:
    """What the clock showed at an instant of real time."""

    now: datetime
    zone: str
    next_at: str  # ISO 8601, empty when nothing is planned
    next_what: str
    read_at: float  # time.monotonic()
    speed: float = 1.0  # campaign seconds a real second

    def shown(self, instant: float) -> datetime:
        """Return what it shows at another instant."""
        return self.now + timedelta(seconds=(instant - self.read_at) * self.speed)


class CampaignClock:
    """The clock of one bot. Thread-safe."""

    def __init__(self, bot_base: str, feed: Feed) -> None:
        self._base = bot_base.rstrip("/")
        self._feed = feed
        self._lock = threading.Lock()
        self._last: Reading | None = None
        self._tried_at = 0.0
        self._pushes = 0  # under way: the clock leaps from event to event, and a reading is old at once

    def read(self, seconds: float = READ_SECONDS) -> Reading:
        """Ask the bot. Raises ClockError."""
        return self._learn(self._call("GET", None, seconds), pushed=False)

    def push(self, command: dict[str, object]) -> Reading:
        """Move it on; what arrives meanwhile is stamped with what the clock shows on its way. Raises ClockError."""
        before = self._feed.last_id
        with self._lock:
            self._pushes += 1
        try:
            reading = self._learn(self._call("POST", command, PUSH_SECONDS), pushed=True)
        finally:
            with self._lock:
                self._pushes -= 1
        self._feed.stamp_blank(before, reading.now.isoformat(timespec="seconds"))
        return reading

    def stamp(self) -> str:
        """Return the campaign time now, ISO 8601; empty when the bot does not tell."""
        now = time.monotonic()
        with self._lock:
            last, due = self._last, self._pushes > 0 or now - self._tried_at > FRESH
            if due:
                self._tried_at = now
        if due:
            try:
                last = self.read(STAMP_SECONDS)
            except ClockError:
                return ""
        return last.shown(time.monotonic()).isoformat(timespec="seconds") if last else ""

    def days(self) -> dict[str, Any]:
        """Ask the bot for the campaign's days with their events, as it tells them. Raises ClockError."""
        return self._answer("GET", "/calendar", None, CALENDAR_SECONDS, _days)

    def coping(self) -> dict[str, Any]:
        """Ask the bot what it did about what could not be sent, as it tells it. Raises ClockError."""
        return self._answer("GET", "/coping", None, READ_SECONDS, _object)

    def _learn(self, reading: Reading, *, pushed: bool) -> Reading:
        with self._lock:
            last = self._last
            passed = reading.read_at - last.read_at if last else 0.0
            if last and passed > 0.5 and not pushed and not self._pushes:
                speed = (reading.now - last.now).total_seconds() / passed
                reading = replace(reading, speed=speed if 0 <= speed < 1e5 else last.speed)
            elif last:
                reading = replace(reading, speed=last.speed)
            self._last, self._tried_at = reading, reading.read_at
            return reading

    def _call(self, method: str, command: dict[str, object] | None, seconds: float) -> Reading:
        return self._answer(method, "/clock", command, seconds, _reading)

    def _answer(
        self, method: str, path: str, command: dict[str, object] | None, seconds: float, read: Callable[[Any], Answer]
    ) -> Answer:
        try:
            with requests.Session() as http:
                http.trust_env = False
                response = http.request(method, self._base + path, json=command, timeout=seconds, allow_redirects=False)
            if response.status_code != 200:
                raise ClockError(f"status {response.status_code}")
            return read(response.json())
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise ClockError(type(error).__name__) from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("no object")
    return value


def _days(value: Any) -> dict[str, Any]:
    return {"title": str(value["title"]), "today": str(value["today"]), "days": list(value["days"])}


def _reading(value: Any) -> Reading:
    now = datetime.fromisoformat(value["now"])
    if now.tzinfo is None:
        raise ValueError("a time without zone")
    following = value.get("next") or {}
    return Reading(
        now, str(value.get("zone", "")), str(following.get("at", "")), str(following.get("what", "")), time.monotonic()
    )
