"""The faults that the page can switch on: how long each lasts, and what the platform then does."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests

from bot.standin import Platform
from bot.standin.switches import SWITCHES
from tests.standin.api_client import Api
from tests.standin.conftest import Turned
from tests.standin.echo_bot import EchoBot

OURS = {"X-Standin": "1"}


def turn(platform: Platform, **wish: object) -> requests.Response:
    """Ask as the page does."""
    return requests.post(f"{platform.base_url}/standin/faults", json=wish, headers=OURS, timeout=5)


def shown(platform: Platform) -> dict[str, Any]:
    """Return the switches that are on, by key."""
    answer = requests.get(f"{platform.base_url}/standin/faults", timeout=5).json()
    return {each["key"]: each for each in answer["faults"] if each["on"]}


def test_every_fault_is_listed_and_off(platform: Platform) -> None:
    """The page gets every switch, with what it does and what to expect, and without a bot it says so."""
    answer = requests.get(f"{platform.base_url}/standin/faults", timeout=5).json()
    assert [each["key"] for each in answer["faults"]] == [switch.key for switch in SWITCHES]
    assert all(each["what"] and each["copes"] and not each["on"] for each in answer["faults"])
    assert answer["bot"] is None


def test_so_many_times(platform: Platform) -> None:
    """A switch for two calls is counted over all paths, shows what is left, and is off after them."""
    api = Api(platform)
    assert turn(platform, key="limit", on=True, times=2).status_code == 200
    assert api.send("ZhangSan")["errcode"] == 45009
    assert shown(platform)["limit"]["times"] == 1
    assert api.send("ZhangSan")["errcode"] == 45009
    assert shown(platform) == {}
    assert api.send("ZhangSan")["errcode"] == 0


def test_so_long(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """A switch for a minute shows its seconds and is off by itself; a state of the platform too."""
    api = Api(platform)
    at = [1000.0]
    monkeypatch.setattr("bot.standin.faults.time.monotonic", lambda: at[0])
    turn(platform, key="busy", on=True, seconds=60)
    turn(platform, key="hidden", on=True, seconds=60, userid="zhangsan")
    at[0] += 59
    assert {key: each["seconds"] for key, each in shown(platform).items()} == {"busy": 1, "hidden": 1}
    assert shown(platform)["hidden"]["who"] == "张三"
    assert api.send("li.si")["errcode"] == -1
    at[0] += 2
    assert shown(platform) == {}
    assert api.send("ZhangSan")["errcode"] == 0


def test_until_switched_off(platform: Platform) -> None:
    """Without a length it lasts; switched on twice it is one; off is off, twice too."""
    api = Api(platform)
    for on in (True, True):
        turn(platform, key="ip", on=on)
    assert [api.send("ZhangSan")["errcode"] for _ in range(3)] == [60020] * 3
    for _ in range(2):
        turn(platform, key="ip", on=False)
    assert api.send("ZhangSan")["errcode"] == 0


@pytest.mark.parametrize(
    "wish",
    [
        {"key": "no-such", "on": True},
        {"on": True},
        {"key": "busy"},
        {"key": "busy", "on": True, "times": 0},
        {"key": "busy", "on": True, "times": True},
        {"key": "busy", "on": True, "seconds": 99_999},
        {"key": "hidden", "on": True, "userid": "nobody"},
        {"key": ["busy"], "on": True},
    ],
)
def test_nonsense_switches_nothing(platform: Platform, wish: dict[str, object]) -> None:
    """What is no wish is a 400, and nothing is on."""
    assert turn(platform, **wish).status_code == 400
    assert shown(platform) == {}


def test_a_rival_rotates_the_token(platform: Platform, now: Turned) -> None:
    """While somebody else holds the secret too, a token of ten seconds is refused, and a new one works as long."""
    api = Api(platform)
    api.send("ZhangSan")
    platform.switch("rival")
    now.seconds += 11
    assert api.send("ZhangSan")["errcode"] == 40014
    fresh = Api(platform)
    assert fresh.send("ZhangSan")["errcode"] == 0
    platform.switch("rival", on=False)
    now.seconds += 11
    assert fresh.send("ZhangSan")["errcode"] == 0


def test_a_secret_that_was_reset(platform: Platform) -> None:
    """The token in hand dies with the secret, and there is no new one."""
    api = Api(platform)
    platform.switch("secret")
    assert api.send("ZhangSan")["errcode"] == 40014
    answer = requests.get(f"{api.base}gettoken?corpid=c&corpsecret=s", timeout=5).json()
    assert answer["errcode"] == 40001


def test_a_member_out_of_scope(platform: Platform) -> None:
    """Who is out of scope comes back in invaliduser; alone he makes the call fail."""
    api = Api(platform)
    platform.switch("hidden", userid="ZhangSan")
    assert api.send("ZhangSan|li.si")["invaliduser"] == "zhangsan"
    assert api.send("ZhangSan")["errcode"] == 81013
    assert [each.shown for each in platform.accepted] == [("li.si",)]


def test_a_callback_twice(live: Platform, echo: EchoBot) -> None:
    """One message reaches the bot twice with the same MsgId, and the member sees one answer."""
    live.switch("callback-twice", times=1)
    live.say("ZhangSan", "手册20册")
    assert [each["MsgId"] for each in echo.heard] == [echo.heard[0]["MsgId"]] * 2
    assert [bubble.text for bubble in live.bubbles("ZhangSan")] == ["手册20册", "收到：手册20册"]


def test_callbacks_out_of_order(live: Platform, echo: EchoBot) -> None:
    """What was said first arrives second; alone it arrives all the same."""
    live.fault("callback", behind=True, delay=5.0, times=None)
    first = threading.Thread(target=live.say, args=("ZhangSan", "first"))
    first.start()
    live.wait_until(lambda: len(live.bubbles("ZhangSan")) == 1)
    live.wait_until(lambda: live._caller._held_back)  # the second one must come while the first is held
    live.say("li.si", "second")
    first.join()
    assert [each["Content"] for each in echo.heard] == ["second", "first"]
    live.clear_faults()
    live.fault("callback", behind=True, delay=0.1)
    live.say("ZhangSan", "alone")
    assert echo.heard[-1]["Content"] == "alone"
