"""The page's JSON: who may use it, news, the clock that is passed on to the bot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from bot.standin import Platform, TryLine
from tests.standin.api_client import Api
from tests.standin.conftest import make_platform
from tests.standin.echo_bot import EchoBot

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
OURS = {"X-Standin": "1"}


@pytest.fixture
def shown(bot: EchoBot) -> Iterator[Platform]:
    """Start a platform whose page shows the bot's clock."""
    platform = make_platform(retry_pause=0.05, callback_url=bot.callback_url)
    platform.start(bot_base=bot.base, try_lines=[TryLine("ZhangSan", "我的")], title="演示")
    yield platform
    platform.stop()


def get(platform: Platform, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{platform.base_url}/{path}", headers=headers, timeout=5)


def post(platform: Platform, path: str, body: Any, **headers: str) -> requests.Response:
    return requests.post(f"{platform.base_url}/standin/{path}", json=body, headers={**OURS, **headers}, timeout=5)


def test_start(shown: Platform) -> None:
    """The page learns who can be played, which lines to try, and no robot key."""
    answer = get(shown, "standin/start")

    assert [each["name"] for each in answer.json()["personas"]] == ["张三", "李四", "王五"]
    assert answer.json()["groups"] == [{"chat": "group-1", "name": "全省工作群"}]
    assert answer.json()["try_lines"] == [{"userid": "ZhangSan", "text": "我的"}]
    assert "693a91f6" not in answer.text


def test_say_and_news(shown: Platform) -> None:
    """What is said through the page goes to the bot, and the news hold both bubbles with the campaign's time."""
    assert post(shown, "say", {"userid": "ZhangSan", "text": "我的"}).json()["ok"]

    news = get(shown, "standin/state?since=0").json()
    assert [(each["text"], each["state"]) for each in news["bubbles"]] == [("我的", "sent"), ("收到：我的", "sent")]
    assert news["bubbles"][0]["campaign_at"].startswith("2021-05-11T08:5")
    assert get(shown, f"standin/state?since={news['version']}").json()["bubbles"] == []


def test_photo(shown: Platform, bot: EchoBot) -> None:
    """A picture sent through the page reaches the bot and can be looked at."""
    url = f"{shown.base_url}/standin/photo?userid=ZhangSan"
    requests.post(url, data=PNG, headers=OURS, timeout=5)

    answer = get(shown, f"standin/media/{bot.heard[0]['MediaId']}")
    assert answer.content == PNG
    assert answer.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("say", {"userid": "nobody", "text": "x"}),
        ("say", {"userid": "ZhangSan", "text": " "}),
        ("say", ["x"]),
        ("clock", {"advance_seconds": -1}),
        ("clock", {"to": "yesterday"}),
    ],
)
def test_bad_requests(shown: Platform, bot: EchoBot, path: str, body: Any) -> None:
    """A request that makes no sense is 400 and reaches no bot."""
    assert post(shown, path, body).status_code == 400
    assert bot.heard == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Standin": "0"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_strangers_cannot_act(shown: Platform, bot: EchoBot, headers: dict[str, str]) -> None:
    """A POST from another page, without our header or under another host name, is refused."""
    assert post(shown, "say", {"userid": "ZhangSan", "text": "x"}, **headers).status_code == 403
    assert bot.heard == []


def test_strangers_cannot_read(shown: Platform) -> None:
    """Under another host name nothing can be read, so DNS rebinding gains nothing."""
    assert get(shown, "standin/state", Host="evil.example:80").status_code == 403
    assert get(shown, "", Host=f"localhost:{shown.port}").status_code == 200


@pytest.mark.parametrize("path", ["", "standin/start", "standin/static/page.js", "standin/state"])
def test_security_headers(shown: Platform, path: str) -> None:
    """Every answer of the page carries the policy and forbids sniffing and referrers."""
    headers = get(shown, path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self'; img-src 'self' data: blob:")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_static_files_only(shown: Platform) -> None:
    """Nothing outside of the folder of static files is served."""
    assert get(shown, "standin/static/%2e%2e/platform.py").status_code == 404


def test_clock(shown: Platform) -> None:
    """The bot's clock is shown and pushed on through the stand-in."""
    assert get(shown, "standin/clock").json()["clock"]["now"] == "2021-05-11T08:50:00+08:00"

    pushed = post(shown, "clock", {"advance_seconds": 3600}).json()["clock"]
    assert pushed["now"] == "2021-05-11T09:50:00+08:00"
    assert pushed["next"]["what"] == "每周短信任务：通知三家运营商"
    assert post(shown, "clock", {"to": "next"}).json()["clock"]["now"] == "2021-05-11T10:03:00+08:00"


def test_notices_of_a_push(shown: Platform, bot: EchoBot) -> None:
    """What arrives while the clock is pushed stands at the time it was pushed to."""
    get(shown, "standin/clock")
    bot.on_clock = lambda: Api(shown).send("ZhangSan", "明天截止") and None

    post(shown, "clock", {"advance_seconds": 86400})

    assert shown.bubbles("ZhangSan")[0].campaign_at == "2021-05-12T08:50:00+08:00"


def test_bot_without_clock(shown: Platform, bot: EchoBot) -> None:
    """A bot that does not answer for its clock makes an empty clock, not an error."""
    bot.clock_works = False

    assert get(shown, "standin/clock").json() == {"clock": None}
    assert post(shown, "clock", {"to": "next"}).json() == {"clock": None}
    assert post(shown, "say", {"userid": "ZhangSan", "text": "我的"}).json()["ok"]


def test_news_are_waited_for(shown: Platform) -> None:
    """A request for news is held open until there is one, and no longer than asked."""
    news = get(shown, "standin/state?since=0").json()

    again = get(shown, f"standin/state?boot={news['boot']}&since={news['version']}&wait=0.1")
    assert again.elapsed.total_seconds() >= 0.1


def test_exchanges(shown: Platform) -> None:
    """The raw exchanges can be read on from any point."""
    post(shown, "say", {"userid": "ZhangSan", "text": "我的"})

    first = get(shown, "standin/exchanges").json()["exchanges"]
    assert [each["path"] for each in first] == ["/wecom/callback"]
    assert get(shown, f"standin/exchanges?since={first[-1]['id']}").json()["exchanges"] == []
