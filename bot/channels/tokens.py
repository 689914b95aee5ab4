"""An app's access token: one fetch for all threads and processes, kept until shortly before it ends."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy.exc import SQLAlchemyError

from bot.channels.base import Reaction, SendError
from bot.logs import get_logger
from models import access_tokens
from models.clock import Clock
from models.session import Database

EARLY = timedelta(minutes=5)  # a token is renewed so long before it ends
LONGEST = timedelta(hours=3)  # no token lives so long: one that seems to is of a clock since set back
REFUSED_FOR = timedelta(minutes=1)  # after a refused secret no new try: repeated ones get our address banned for 1 h
LEASE = timedelta(seconds=20)  # longer than one fetch; one whose process died is taken over after it
WAIT_SECONDS = 5.0  # for another process's fetch, before we fetch ourselves
LOOK_SECONDS = 0.1

log = get_logger(__name__)


class SharedToken:
    """The token as all processes see it. It is sealed with the app's secret, so that a backup opens nothing."""

    def __init__(self, db: Database, corp_id: str, secret: str, wall: Clock) -> None:
        self._db = db
        self._app = hashlib.sha256(f"{corp_id}\0{secret}".encode()).hexdigest()[:32]
        key = hashlib.sha256(f"access token\0{corp_id}\0{secret}".encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._wall = wall
        self._seen = 0  # the version that we found ended, and follow with our own
        self._leased = False  # whether the others wait for us

    def other_than(self, stale: str) -> tuple[str, datetime] | None:
        """Return a good token that another process has fetched, and when it is to be renewed.

        None: it is ours to fetch, and the others wait meanwhile; also when the database is away.
        """
        give_up_at = time.monotonic() + WAIT_SECONDS
        try:
            while True:
                with self._db.read() as session:
                    kept = access_tokens.find(session, self._app)
                token, now = self._open(kept.sealed), self._wall.now()
                if token and token != stale and kept.ends_at and now < kept.ends_at <= now + LONGEST:
                    return token, kept.ends_at
                self._seen, self._leased = kept.version, self._lease(kept.version, now)
                if self._leased or time.monotonic() > give_up_at:
                    return None
                time.sleep(LOOK_SECONDS)
        except SQLAlchemyError as error:
            log.warning("token-not-shared", problem=type(error).__name__)
            return None

    def keep(self, token: str, ends_at: datetime) -> None:
        """Let the others have what we fetched."""
        sealed = self._fernet.encrypt(token.encode()).decode()
        try:
            with self._db.begin() as session:
                access_tokens.keep(session, self._app, self._seen, sealed, ends_at)
        except SQLAlchemyError as error:
            log.warning("token-not-shared", problem=type(error).__name__)

    def give_up(self) -> None:
        """Let another one try: we could not fetch it."""
        if not self._leased:
            return
        try:
            with self._db.begin() as session:
                access_tokens.give_up(session, self._app, self._seen)
        except SQLAlchemyError as error:
            log.warning("token-not-shared", problem=type(error).__name__)

    def _lease(self, version: int, now: datetime) -> bool:
        with self._db.begin() as session:
            return access_tokens.lease(session, self._app, version, now, now + LEASE)

    def _open(self, sealed: str) -> str:
        try:
            return self._fernet.decrypt(sealed).decode() if sealed else ""
        except InvalidToken:
            return ""


class Tokens:
    """The app's access token in one process: fetched by one thread at a time."""

    def __init__(self, fetch: Callable[[], dict[str, Any]], wall: Clock, shared: SharedToken | None = None) -> None:
        self._fetch = fetch
        self._wall = wall
        self._shared = shared
        self._lock = threading.Lock()
        self._token = ""
        self._until: datetime | None = None
        self._refusal: tuple[datetime, SendError] | None = None

    def get(self) -> str:
        """Return a token that should work. Raises SendError."""
        with self._lock:
            if self._token and self._until is not None and self._wall.now() < self._until:
                return self._token
            return self._renew("")

    def replace(self, stale: str) -> str:
        """Return another token than this one, fetched anew unless somebody else has just done so."""
        with self._lock:
            if self._token and self._token != stale:
                return self._token
            return self._renew(stale)

    def _renew(self, stale: str) -> str:
        if self._refusal and self._wall.now() < self._refusal[0]:
            raise SendError(self._refusal[1].reaction, self._refusal[1].detail, self._refusal[1].code)
        self._token, self._until = "", None
        found = self._shared.other_than(stale) if self._shared else None
        self._token, self._until = found or self._fetched()
        return self._token

    def _fetched(self) -> tuple[str, datetime]:
        try:
            answer = self._fetch()
            token, life = answer.get("access_token"), answer.get("expires_in", 7200)
            if not isinstance(token, str) or not token or not isinstance(life, int):
                raise SendError(Reaction.NOT_SENT, "gettoken answered without a token")
        except SendError as error:
            if error.reaction is Reaction.ALERT:
                self._refusal = (self._wall.now() + REFUSED_FOR, error)
            if self._shared:
                self._shared.give_up()
            raise
        self._refusal = None
        until = self._wall.now() + max(timedelta(seconds=life) - EARLY, timedelta(seconds=life / 2))
        log.info("token-fetched", seconds=life)
        if self._shared:
            self._shared.keep(token, until)
        return token, until
