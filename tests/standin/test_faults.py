"""Scripted misbehaviour of the API."""

from __future__ import annotations

import time

import pytest
import requests

from bot.standin import Platform
from tests.standin.api_client import Api


def test_codes_in_order(platform: Platform) -> None:
    """Faults of a path are used in the order of scripting, each as often as said, and then it works again."""
    api = Api(platform)
    platform.fault("message/send", errcode=-1, times=2)
    platform.fault("/cgi-bin/message/send", errcode=45009)

    assert [api.send("ZhangSan")["errcode"] for _ in range(4)] == [-1, -1, 45009, 0]
    assert len(platform.accepted) == 1


def test_status_and_body(platform: Platform) -> None:
    """A fault can be an HTTP status, or any text in the place of JSON."""
    api = Api(platform)
    platform.fault("message/send", status=502)
    platform.fault("message/send", body="<html>维护中</html>")
    url = f"{api.base}message/send?access_token={api.token}"

    assert requests.post(url, json={}, timeout=5).status_code == 502
    assert requests.post(url, json={}, timeout=5).content.decode() == "<html>维护中</html>"


@pytest.mark.parametrize(("accept", "taken"), [(False, 0), (True, 1)])
def test_cut_connection(platform: Platform, accept: bool, taken: int) -> None:
    """A cut connection gives no answer; the message was taken or not, as scripted."""
    api = Api(platform)
    platform.fault("message/send", drop=True, accept=accept)

    with pytest.raises(requests.ConnectionError):
        api.send("ZhangSan")
    assert len(platform.accepted) == taken
    assert platform.exchanges.since()[-1].status is None


def test_late(platform: Platform) -> None:
    """A delay alone makes a right answer late."""
    api = Api(platform)
    platform.fault("message/send", delay=0.2)
    started = time.monotonic()

    assert api.send("ZhangSan")["errcode"] == 0
    assert time.monotonic() - started > 0.2


def test_until_cleared(platform: Platform) -> None:
    """A fault without a number lasts until it is cleared."""
    api = Api(platform)
    platform.fault("message/send", errcode=60020, times=None)

    assert [api.send("ZhangSan")["errcode"] for _ in range(3)] == [60020] * 3
    platform.clear_faults()
    assert api.send("ZhangSan")["errcode"] == 0
