"""Access tokens of the app: issued, reused while they live, expired or revoked on demand."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

from bot.standin.codes import ApiError

TOKEN_LIFE = 7200.0  # s, what gettoken promises (page 91039)


class Tokens:
    """One app's tokens. Thread-safe."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.life = TOKEN_LIFE
        self.issued = 0  # how many different tokens were given out
        self.rival_seconds: float | None = None  # a second holder of the secret rotates a token of this age
        self._given_at = 0.0  # when the current one was first given out
        self._now = now
        self._lock = threading.Lock()
        self._expires: dict[str, float] = {}
        self._current = ""

    def issue(self) -> tuple[str, int]:
        """Return the token and the seconds it still lives; the same token while it is valid."""
        with self._lock:
            now = self._now()
            if self._expires.get(self._current, 0.0) <= now:
                self._current = secrets.token_urlsafe(48)
                self._expires[self._current] = now + self.life
                self.issued += 1
                self._given_at = now
            return self._current, max(1, round(self._expires[self._current] - now))

    def check(self, token: str) -> None:
        """Raise ApiError unless the token is good now."""
        if not token:
            raise ApiError(41001)
        with self._lock:
            if self.rival_seconds is not None and self._now() - self._given_at >= self.rival_seconds:
                self._expires.clear()
            expires = self._expires.get(token)
            if expires is None:
                raise ApiError(40014)
            if expires <= self._now():
                raise ApiError(42001)

    def expire(self) -> None:
        """Let every token given out so far be too old (42001)."""
        with self._lock:
            self._expires = dict.fromkeys(self._expires, 0.0)

    def revoke(self) -> None:
        """Forget every token given out so far (40014), as when a second holder rotates it."""
        with self._lock:
            self._expires.clear()
