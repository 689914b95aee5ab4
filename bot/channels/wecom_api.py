"""WeCom's server API: one token per app (tokens.py), one forced refresh per failed call, timeouts everywhere.

Not wechatpy's client: its token retry has no end, and gettoken has no timeout (platform reference 7.2).
Used by the app's channel and by whoever looks members up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from bot.channels import http
from bot.channels.base import Reaction, SendError
from bot.channels.tokens import SharedToken, Tokens
from bot.logs import get_logger
from models.clock import Clock

log = get_logger(__name__)
Answer = TypeVar("Answer")


class WecomApi:
    """The calls of one app. Safe from several threads."""

    def __init__(
        self,
        corp_id: str,
        secret: str,
        api_base: str,
        wall: Clock,
        timeout: tuple[float, float],
        shared: SharedToken | None = None,
    ) -> None:
        self._credentials = {"corpid": corp_id, "corpsecret": secret}
        self._base = api_base
        self._timeout = timeout
        self._local = threading.local()
        self._tokens = Tokens(self._gettoken, wall, shared)

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Read something, e.g. get("user/get", userid=...). Raises SendError."""
        return self._with_token("GET", path, params=params)

    def post(self, path: str, body: dict[str, Any], *, sends: bool = False) -> dict[str, Any]:
        """Send JSON. sends: whether people see it, so that silence is uncertain. Raises SendError."""
        return self._with_token("POST", path, sends=sends, json=body)

    def upload(self, kind: str, name: str, content: bytes, mime: str) -> str:
        """Upload a file for 3 days and return its media id. Raises SendError."""
        answer = self._with_token("POST", "media/upload", params={"type": kind}, files={"media": (name, content, mime)})
        media_id = answer.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise SendError(Reaction.NOT_SENT, "media/upload answered without a media id")
        return media_id

    def download(self, media_id: str, limit: int) -> bytes:
        """Fetch what a member sent, at most `limit` bytes. Raises SendError; http.TooBigError when it is more."""
        params = {"media_id": media_id}
        url = self._base + "media/get"

        def call(token: str) -> bytes:
            return http.download(
                self._http, url, limit=limit, timeout=self._timeout, params={**params, "access_token": token}
            )

        return self._retrying("media/get", call)

    def _with_token(self, method: str, path: str, *, sends: bool = False, **options: Any) -> dict[str, Any]:
        return self._retrying(path, lambda token: self._call(method, path, token, sends, options))

    def _retrying(self, path: str, call: Callable[[str], Answer]) -> Answer:
        """Make a call with the token; a refused token is renewed once."""
        token = self._tokens.get()
        try:
            return call(token)
        except SendError as error:
            if error.reaction is not Reaction.REFRESH:
                raise
        log.info("token-refused", path=path)
        token = self._tokens.replace(token)
        try:
            return call(token)
        except SendError as error:
            if error.reaction is not Reaction.REFRESH:
                raise
            again = SendError(Reaction.ALERT, "a fresh token is refused too", error.code)
        raise again

    def _call(self, method: str, path: str, token: str, sends: bool, options: dict[str, Any]) -> dict[str, Any]:
        params = {**options.get("params", {}), "access_token": token}
        rest = {key: value for key, value in options.items() if key != "params"}
        url = self._base + path
        return http.call(self._http, method, url, sends=sends, timeout=self._timeout, params=params, **rest)

    def _gettoken(self) -> dict[str, Any]:
        url = self._base + "gettoken"
        return http.call(self._http, "GET", url, sends=False, timeout=self._timeout, params=self._credentials)

    @property
    def _http(self) -> requests.Session:
        """Return this thread's session: a session is not made to be shared."""
        if not hasattr(self._local, "session"):
            self._local.session = http.session_for(self._base)
        session: requests.Session = self._local.session
        return session
