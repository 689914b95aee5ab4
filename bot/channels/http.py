"""One HTTP call to a platform, and what its failure means. The only place that knows what requests raises.

URLs hold tokens and keys, and every exception of requests holds the URL: nothing of it leaves this module unscrubbed.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProxyError

from bot.channels.base import Reaction, SendError, refused
from bot.logs import scrub

TIMEOUT = (3.05, 10.0)  # seconds to connect, and between bytes of the answer
DOWNLOAD_SECONDS = 60.0  # for a whole file, however slowly it drips
JSON_TYPES = ("application/json", "text/plain")  # of a refusal
CHUNK = 64 * 1024
DETAIL = 200  # characters of a platform's words that are kept
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def session_for(url: str, *, keep_alive: bool = True) -> requests.Session:
    """Make a session for a host. Without keep_alive no call can die of a connection that the host closed meanwhile."""
    session = requests.Session()
    session.trust_env = urlsplit(url).hostname not in LOOPBACK  # a proxy must not see what goes to this machine
    if not keep_alive:
        session.headers["Connection"] = "close"
    return session


def call(
    session: requests.Session,
    method: str,
    url: str,
    *,
    sends: bool,
    timeout: tuple[float, float] = TIMEOUT,
    **options: Any,
) -> dict[str, Any]:
    """Make one call and return its answer, a JSON object with errcode 0.

    sends: whether the call may put something before a person. Only then is silence uncertain; otherwise not sent.
    Raises SendError, scrubbed and without the original.
    """
    failure: SendError | None = None
    response = None
    try:
        response = session.request(method, url, timeout=timeout, allow_redirects=False, **options)
    except exceptions.RequestException as error:
        failure = _unreached(error, sends)
    if response is None:
        raise failure or SendError(Reaction.UNCERTAIN, "no answer")
    return _read(response, sends)


class TooBigError(SendError):
    """A file is bigger than we take."""

    def __init__(self, limit: int) -> None:
        super().__init__(Reaction.BUG, f"more than {limit} bytes")


def download(
    session: requests.Session,
    url: str,
    *,
    limit: int,
    timeout: tuple[float, float] = TIMEOUT,
    seconds: float = DOWNLOAD_SECONDS,
    **options: Any,
) -> bytes:
    """Fetch a file of at most `limit` bytes; what is longer is not read to its end.

    The platform refuses with JSON under status 200. Raises SendError (never uncertain: nobody sees it), TooBigError.
    """
    failure: SendError | None = None
    try:
        with session.get(url, timeout=timeout, allow_redirects=False, stream=True, **options) as response:
            if response.status_code != 200 or response.headers.get("Content-Type", "").startswith(JSON_TYPES):
                _read(response, sends=False)
                raise SendError(Reaction.NOT_SENT, "JSON instead of a file")
            return _body(response, limit, time.monotonic() + seconds)
    except exceptions.RequestException as error:
        failure = _unreached(error, sends=False)
    raise failure


def _body(response: requests.Response, limit: int, until: float) -> bytes:
    declared = response.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooBigError(limit)
    body = bytearray()
    for chunk in response.iter_content(CHUNK):
        body += chunk
        if len(body) > limit:
            raise TooBigError(limit)
        if time.monotonic() > until:
            raise SendError(Reaction.NOT_SENT, "the file came too slowly")
    return bytes(body)


def _unreached(error: exceptions.RequestException, sends: bool) -> SendError:
    detail = scrub(f"{type(error).__name__}: {error}")[:DETAIL]
    return SendError(Reaction.NOT_SENT if not sends or _never_left(error) else Reaction.UNCERTAIN, detail)


def _never_left(error: exceptions.RequestException) -> bool:
    """Tell whether the request cannot have reached the platform: no name, no connection, no handshake."""
    if isinstance(error, exceptions.ConnectTimeout | exceptions.SSLError | exceptions.ProxyError):
        return True
    if isinstance(error, exceptions.InvalidURL | exceptions.MissingSchema | exceptions.InvalidSchema):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | NameResolutionError | ProxyError)


def _read(response: requests.Response, sends: bool) -> dict[str, Any]:
    unclear = Reaction.UNCERTAIN if sends else Reaction.NOT_SENT
    if response.status_code == 429:
        raise SendError(Reaction.WAIT, "HTTP 429")
    if 300 <= response.status_code < 500:
        raise SendError(Reaction.ALERT, f"HTTP {response.status_code}: is the address in the config right?")
    if response.status_code != 200:
        raise SendError(unclear, f"HTTP {response.status_code}")
    try:
        answer = json.loads(response.content.decode())
    except ValueError:
        answer = None
    code = answer.get("errcode", None if sends else 0) if isinstance(answer, dict) else None
    if not isinstance(answer, dict) or not isinstance(code, int) or isinstance(code, bool):
        raise SendError(unclear, "an answer that is none")
    if code != 0:
        raise _refusal(code, answer, sends)
    return answer


def _refusal(code: int, answer: dict[str, Any], sends: bool) -> SendError:
    error = refused(code, scrub(str(answer.get("errmsg", "")))[:DETAIL])
    if error.reaction is Reaction.UNCERTAIN and not sends:
        return SendError(Reaction.NOT_SENT, error.detail, code)
    return error
