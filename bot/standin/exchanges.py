"""The raw exchanges with the bot, for people who want to see the protocol. Secrets are masked here, once."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from bot.standin.values import Exchange

KEPT = 500
LONGEST = 20_000  # characters kept of one text

_SECRET_QUERY = re.compile(r"\b(access_token|corpsecret|key)=[^&\s]+")
_SECRET_FIELDS = ("access_token",)
_BULKY_FIELDS = ("base64",)


class Exchanges:
    """The last exchanges, newest last. Thread-safe."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._kept: deque[Exchange] = deque(maxlen=KEPT)

    def add(self, *, path: str, sent: str, answered: str, **values: Any) -> None:
        """Keep one; the values are those of Exchange without id and at."""
        exchange = Exchange(
            id=next(self._ids),
            at=self._now(),
            path=mask(path),
            sent=_cut(sent),
            answered=_cut(answered),
            **values,
        )
        with self._lock:
            self._kept.append(exchange)

    def since(self, exchange_id: int = 0) -> tuple[Exchange, ...]:
        """Return those after the given id, oldest first."""
        with self._lock:
            return tuple(each for each in self._kept if each.id > exchange_id)


def mask(path: str) -> str:
    """Hide secrets in a query."""
    return _SECRET_QUERY.sub(r"\1=***", path)


def pretty_json(text: str) -> str:
    """Lay JSON out for reading, without secrets and without base64; what does not parse stays as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # nested too deep to be read
        return text
    return json.dumps(_masked(value), ensure_ascii=False, indent=2)


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _masked_field(name, each) for name, each in value.items()}


def _masked_field(name: str, value: Any) -> Any:
    if name in _SECRET_FIELDS and isinstance(value, str):
        return "***"
    if name in _BULKY_FIELDS and isinstance(value, str):
        return f"({len(value)} characters of base64)"
    return _masked(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
