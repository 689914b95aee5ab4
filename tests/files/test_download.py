"""Downloading a file over HTTP: bounded in bytes and in time, refusals told from files, one new token."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
from flask import Flask, Response

from bot.channels import http
from bot.channels.base import Reaction, SendError
from bot.standin.faults import Fault
from models.files import PhotoState
from tests.files.conftest import World
from tests.files.samples import JPG
from tests.files.test_photos import GET, asked, fail, only
from tests.serving import serving

LIMIT = 1000


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Return the address of a server that answers in every bad way."""
    app = Flask("bad")

    def drip() -> Iterator[bytes]:
        for _ in range(60):
            yield b"x"
            time.sleep(0.05)

    app.add_url_rule("/good", "good", lambda: Response(b"x" * LIMIT, content_type="image/png"))
    app.add_url_rule("/big", "big", lambda: Response(b"x" * (LIMIT + 1), content_type="image/png"))
    app.add_url_rule("/endless", "endless", lambda: Response(iter([b"x" * 600] * 10), content_type="image/png"))
    app.add_url_rule("/drip", "drip", lambda: Response(drip(), content_type="image/png"))
    app.add_url_rule("/json", "json", lambda: Response('{"errcode":40007,"errmsg":"no"}', mimetype="application/json"))
    app.add_url_rule("/fine", "fine", lambda: Response('{"errcode":0}', mimetype="application/json"))
    app.add_url_rule("/away", "away", lambda: Response("", 302, {"Location": "/good"}))
    app.add_url_rule("/broken", "broken", lambda: Response("", 503))
    with serving(app) as address:
        yield address


def fetch(url: str) -> bytes:
    """Download with the limits of these tests."""
    with requests.Session() as session:
        session.trust_env = False
        return http.download(session, url, limit=LIMIT, timeout=(1, 1), seconds=0.5)


def test_good(base: str) -> None:
    """A file of just the limit comes whole."""
    assert fetch(f"{base}/good") == b"x" * LIMIT


@pytest.mark.parametrize("path", ["big", "endless"])
def test_too_big(base: str, path: str) -> None:
    """More than the limit is refused, announced or not."""
    with pytest.raises(http.TooBigError):
        fetch(f"{base}/{path}")


@pytest.mark.parametrize(
    ("path", "reaction"),
    [
        ("drip", Reaction.NOT_SENT),
        ("json", Reaction.BUG),
        ("fine", Reaction.NOT_SENT),
        ("away", Reaction.ALERT),
        ("broken", Reaction.NOT_SENT),
    ],
)
def test_refused(base: str, path: str, reaction: Reaction) -> None:
    """What drips is given up, a refusal is read, a redirection is not followed."""
    started = time.monotonic()
    with pytest.raises(SendError) as refused:
        fetch(f"{base}/{path}")
    assert refused.value.reaction is reaction
    assert time.monotonic() - started < 2


def test_nobody_there() -> None:
    """Without a server it is not sent, to be tried again."""
    with pytest.raises(SendError) as refused:
        fetch("http://127.0.0.1:9/x")
    assert refused.value.reaction is Reaction.NOT_SENT


def test_a_new_token(world: World) -> None:
    """A refused token is renewed once, and the download made again at once."""
    fail(world, Fault(errcode=42001))
    world.photo("wang", JPG)
    world.engine.drain_all()
    assert only(world).state is PhotoState.STORED
    assert asked(world).count(GET) == 2
