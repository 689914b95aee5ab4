"""The callback address over HTTP: statuses, uniform refusals, replies, and a database that cannot take it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.test import TestResponse

from bot.channels.wecom_app import BODY_BYTES, WecomApp
from bot.channels.wecom_crypto import Envelope
from bot.standin import Platform
from bot.web import callbacks, site
from models.clock import SystemClock
from models.messages import Inbound
from tests.serving import serving
from tests.wire.conftest import AES_KEY, AGENT_ID, CORP_ID, TOKEN, at
from tests.wire.sealing import NOW, encrypt, envelope, message, sign

GOOD = encrypt(message("<Content>hi</Content>"))
PATH = "/wecom/callback"


class Answerer:
    """Answers as the test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.heard: list[Inbound] = []
        self.answer: Callable[[Inbound], str | None] = lambda inbound: f"{inbound.text}!"

    def handle(self, inbound: Inbound) -> str | None:
        """Answer one inbound."""
        self.heard.append(inbound)
        return self.answer(inbound)


@pytest.fixture
def answerer() -> Answerer:
    """Return what stands in the router's place."""
    return Answerer()


@pytest.fixture
def client(answerer: Answerer) -> FlaskClient:
    """Return a client of the site at the moment at which the callbacks are made."""
    clock = at(NOW)
    app = WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, clock), AGENT_ID, None, clock)  # type: ignore[arg-type]
    return site.make([callbacks.blueprint(app, answerer)]).test_client()


def post(client: FlaskClient, body: bytes | None = None, query: dict[str, str] | None = None) -> TestResponse:
    """Post a callback, by default a good one."""
    return client.post(
        PATH, data=envelope(GOOD) if body is None else body, query_string=sign(GOOD) if query is None else query
    )


def test_url_check(client: FlaskClient) -> None:
    """The echo comes back bare: no quotes, no newline."""
    sealed = encrypt("1616140317555161061")
    response = client.get(PATH, query_string={**sign(sealed), "echostr": sealed})
    assert (response.status_code, response.data) == (200, b"1616140317555161061")


def test_a_message_is_answered(client: FlaskClient, answerer: Answerer) -> None:
    """A message gets an encrypted reply as XML."""
    response = post(client)
    assert response.status_code == 200
    assert response.content_type.startswith("text/xml")
    assert b"<MsgSignature>" in response.data
    assert [inbound.text for inbound in answerer.heard] == ["hi"]


@pytest.mark.parametrize("answer", [None, ""])
def test_nothing_to_say(client: FlaskClient, answerer: Answerer, answer: str | None) -> None:
    """An inbound without an answer gets an empty 200."""
    answerer.answer = lambda inbound: answer
    response = post(client)
    assert (response.status_code, response.data) == (200, b"")


REFUSALS = {
    "unsigned": ({}, None, 403),
    "wrong signature": ({**sign(GOOD), "msg_signature": "0" * 40}, None, 403),
    "too old": (sign(GOOD, NOW - 601), None, 403),
    "from the future": (sign(GOOD, NOW + 601), None, 403),
    "another token": (sign(GOOD, token="another"), None, 403),
    "another corp": (sign(encrypt(message(), "wwother")), envelope(encrypt(message(), "wwother")), 403),
    "another agent": (None, envelope(GOOD, agent_id=7), 403),
    "not XML": (None, b"hello", 400),
    "undecryptable": (sign("AAAA"), envelope("AAAA"), 400),
    "empty": (None, b"", 400),
    "too big": (None, b" " * (BODY_BYTES + 1), 413),
    "far too big": (None, b" " * (10 * BODY_BYTES), 413),
}


@pytest.mark.parametrize(("query", "body", "status"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(
    client: FlaskClient, answerer: Answerer, query: dict[str, str] | None, body: bytes | None, status: int
) -> None:
    """What is refused has its status, the same empty body as all others, and reaches nobody."""
    response = post(client, body, query)
    assert (response.status_code, response.data) == (status, b"")
    assert answerer.heard == []


@pytest.mark.parametrize("query", [{}, {"echostr": "x"}, {**sign("x"), "echostr": "y"}, sign("")])
def test_url_check_refused(client: FlaskClient, query: dict[str, str]) -> None:
    """A URL check without a right signature is a 403, and one of nothing is a 400 at most."""
    response = client.get(PATH, query_string=query)
    assert response.status_code in (400, 403)
    assert response.data == b""


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("INSERT", {}, Exception("database is locked")),
        DatabaseError("INSERT", {}, Exception("database disk image is malformed")),
        PoolTimeout("QueuePool limit reached"),
        RuntimeError("a bug"),
    ],
)
def test_what_cannot_be_taken_is_not_acknowledged(client: FlaskClient, answerer: Answerer, error: Exception) -> None:
    """When the database cannot take an inbound the answer is 503, so that the platform sends it again."""

    def fail(_inbound: Inbound) -> str | None:
        raise error

    answerer.answer = fail
    response = post(client)
    assert (response.status_code, response.data) == (503, b"")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(client: FlaskClient, method: str) -> None:
    """Nothing else than GET and POST is served."""
    assert client.open(PATH, method=method).status_code == 405


def test_headers_on_everything(client: FlaskClient) -> None:
    """Answers, refusals and pages that do not exist carry the security headers, and none is kept by a cache."""
    for response in (post(client), post(client, b""), client.get("/nowhere")):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"


def test_the_platform_is_content(platform: Platform, answerer: Answerer) -> None:
    """Over real HTTP the platform accepts the URL check and shows the reply to the member."""
    clock = SystemClock()
    app = WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, clock), AGENT_ID, None, clock)  # type: ignore[arg-type]
    with serving(site.make([callbacks.blueprint(app, answerer)])) as base:
        platform.callback_url = base + PATH
        platform.verify_url()
        delivery = platform.say("ZhangSan", "发放手册500册 ]]> &lt;")
        assert (delivery.reply, delivery.problem) == ("发放手册500册 ]]> &lt;!", "")
        answerer.answer = lambda inbound: None
        assert platform.say("lisi", "quiet").reply is None


def test_the_platform_sends_again(platform: Platform, answerer: Answerer) -> None:
    """What was answered with 503 comes again with the same key, and is answered then."""

    def fail_once(inbound: Inbound) -> str | None:
        if len(answerer.heard) < 2:
            raise OperationalError("INSERT", {}, Exception("locked"))
        return "taken"

    answerer.answer = fail_once
    clock = SystemClock()
    app = WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, clock), AGENT_ID, None, clock)  # type: ignore[arg-type]
    with serving(site.make([callbacks.blueprint(app, answerer)])) as base:
        platform.callback_url = base + PATH
        started = time.monotonic()
        delivery = platform.say("ZhangSan", "hi")
    assert (delivery.statuses, delivery.reply) == ((503, 200), "taken")
    assert time.monotonic() - started < 4
    assert answerer.heard[0].key == answerer.heard[1].key
