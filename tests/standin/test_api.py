"""The platform's API: tokens, sending to members, media, contacts; field names, limits and codes."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bot.standin import Platform
from tests.standin.api_client import Api
from tests.standin.conftest import AGENT_ID, Turned

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def api(platform: Platform) -> Api:
    """Return a client with a good token."""
    return Api(platform)


def test_token(api: Api) -> None:
    """A token lives 7200 s, and asking again gives the same one."""
    again = api.gettoken()

    assert again == {"errcode": 0, "errmsg": "ok", "access_token": api.token, "expires_in": 7200}


def test_token_runs_out(api: Api, now: Turned) -> None:
    """An old token is refused with 42001, and gettoken gives a new one."""
    now.seconds += 7201

    assert api.send("ZhangSan")["errcode"] == 42001
    assert api.gettoken()["access_token"] != api.token


@pytest.mark.parametrize(
    ("corpid", "secret", "errcode"),
    [("ww-other", "s3cret-of-the-app", 40013), ("wx5823bf96d3bd56c7", "no", 40001), ("wx5823bf96d3bd56c7", "", 41004)],
)
def test_wrong_credentials(api: Api, corpid: str, secret: str, errcode: int) -> None:
    """Wrong corp id, wrong secret and no secret have their own codes."""
    assert api.gettoken(corpid, secret)["errcode"] == errcode


def test_token_errors(api: Api, platform: Platform) -> None:
    """No token is 41001, an unknown or revoked one 40014, an expired one 42001."""
    assert api.get("getcallbackip")["errcode"] == 41001
    assert api.get("getcallbackip", access_token="nonsense")["errcode"] == 40014
    assert api.get("getcallbackip", access_token=api.token)["ip_list"] == ["127.0.0.1"]
    platform.tokens.expire()
    assert api.get("getcallbackip", access_token=api.token)["errcode"] == 42001
    platform.tokens.revoke()
    assert api.get("getcallbackip", access_token=api.token)["errcode"] == 40014


def test_send(api: Api, platform: Platform) -> None:
    """A text goes to the members named, without regard to case, and into the log."""
    answer = api.send("zhangsan|li.si", "今日尚有2个单位未报")

    assert answer["errcode"] == 0
    assert "invaliduser" not in answer
    (accepted,) = platform.accepted
    assert accepted.recipients == ("ZhangSan", "li.si")
    assert accepted.shown == accepted.recipients
    assert (accepted.channel, accepted.kind, accepted.content) == ("app", "text", "今日尚有2个单位未报")
    assert accepted.msgid == answer["msgid"]
    assert [bubble.via for bubble in platform.bubbles("li.si")] == ["应用消息"]


def test_partial(api: Api, platform: Platform) -> None:
    """Unknown members come back lower-cased while the others get the message."""
    platform.world.unlicensed.add("li.si")

    answer = api.send("ZhangSan|NoBody|Gone|li.si")

    assert answer["errcode"] == 0
    assert answer["invaliduser"] == "nobody|gone"
    assert answer["unlicenseduser"] == "li.si"
    assert platform.accepted[0].shown == ("ZhangSan",)
    assert platform.accepted[0].dropped == {"li.si": "unlicensed"}


def test_everybody(api: Api, platform: Platform) -> None:
    """@all reaches every member."""
    api.send("@all")

    assert len(platform.accepted[0].shown) == 3


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"touser": "nobody"}, 81013),
        ({"touser": ""}, 82001),
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40032),
        ({"agentid": 7}, 301002),
        ({"agentid": "x"}, 40056),
        ({"msgtype": "poem"}, 40008),
        ({"text": {"content": "  "}}, 44004),
        ({"text": "x"}, 40058),
        ({"msgtype": "markdown", "markdown": {"content": "好" * 683}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "gone"}}, 40007),
        ({"msgtype": "news", "news": {"articles": [{"title": "a"}] * 9}}, 45008),
        ({"msgtype": "textcard", "textcard": {"title": "a"}}, 40058),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": 14401}, 40058),
    ],
)
def test_refused(api: Api, platform: Platform, change: dict[str, Any], errcode: int) -> None:
    """A wrong request is refused with its code and leaves no trace in the log."""
    assert api.send(**{"touser": "ZhangSan", **change})["errcode"] == errcode
    assert platform.accepted == ()


def test_not_json(api: Api) -> None:
    """A body that is not JSON is 47001; the wrong method is 43002."""
    url = f"{api.base}message/send?access_token={api.token}"

    assert requests.post(url, data=b"{", timeout=5).json()["errcode"] == 47001
    assert requests.get(url, timeout=5).json()["errcode"] == 43002


def test_long_text_is_cut(api: Api, platform: Platform) -> None:
    """A text over 2048 bytes is cut in silence on a character boundary."""
    assert api.send("ZhangSan", "好" * 700)["errcode"] == 0
    assert platform.bubbles("ZhangSan")[0].text == "好" * 682


def test_duplicate_check(api: Api, platform: Platform, now: Turned) -> None:
    """The same content to the same people is shown once inside the interval, when both sends asked for the check."""
    first = api.send("ZhangSan", "提醒", enable_duplicate_check=1, duplicate_check_interval=600)
    again = api.send("ZhangSan", "提醒", enable_duplicate_check=1, duplicate_check_interval=600)
    other = api.send("ZhangSan", "另一条", enable_duplicate_check=1)
    now.seconds += 601
    later = api.send("ZhangSan", "提醒", enable_duplicate_check=1)

    assert {each["errcode"] for each in (first, again, other, later)} == {0}
    assert [dict(each.dropped) for each in platform.accepted] == [{}, {"ZhangSan": "duplicate"}, {}, {}]
    assert len(platform.bubbles("ZhangSan")) == 3


def test_member_limit(api: Api, platform: Platform, now: Turned) -> None:
    """The 31st message to a member inside a minute is dropped without an error."""
    for n in range(31):
        assert api.send("ZhangSan|wangwu" if n == 30 else "ZhangSan", f"第{n}条")["errcode"] == 0
    assert platform.accepted[30].dropped == {"ZhangSan": "rate"}
    assert platform.accepted[30].shown == ("wangwu",)

    now.seconds += 60
    api.send("ZhangSan", "又可以了")
    assert platform.accepted[31].shown == ("ZhangSan",)


def test_recall(api: Api, platform: Platform, now: Turned) -> None:
    """A message can be taken back for 24 hours, by its msgid."""
    msgid = api.send("ZhangSan", "通报")["msgid"]

    assert api.post("message/recall", {"msgid": "1"}, access_token=api.token)["errcode"] == 40058
    assert api.post("message/recall", {"msgid": msgid}, access_token=api.token)["errcode"] == 0
    assert platform.bubbles("ZhangSan")[0].recalled
    now.seconds += 86401
    late = api.post("message/recall", {"msgid": msgid}, access_token=api.gettoken()["access_token"])
    assert late["errcode"] == 40058


def test_media(api: Api, platform: Platform, now: Turned) -> None:
    """An uploaded picture can be sent and fetched for three days."""
    answer = api.post("media/upload", files={"media": ("榜.png", PNG)}, access_token=api.token, type="image")
    media_id = answer["media_id"]

    assert answer["type"] == "image"
    assert answer["created_at"] == str(int(now.seconds))
    sent = api.send("ZhangSan", msgtype="image", image={"media_id": media_id})
    assert sent["errcode"] == 0
    assert platform.media_bytes(platform.bubbles("ZhangSan")[0].media_id) == PNG
    query = {"access_token": api.token, "media_id": media_id}
    assert requests.get(api.base + "media/get", params=query, timeout=5).content == PNG
    now.seconds += 3 * 86400
    query["access_token"] = api.gettoken()["access_token"]
    assert requests.get(api.base + "media/get", params=query, timeout=5).json()["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("poem", PNG, 40004),
        ("image", b"12345", 44001),
        ("image", b"GIF89a" + b"x" * 40, 40005),
        ("voice", b"x" * (2 * 1024 * 1024 + 1), 45001),
    ],
)
def test_media_refused(api: Api, kind: str, content: bytes, errcode: int) -> None:
    """A wrong type, an empty file, a picture that is none and a file too big are refused."""
    answer = api.post("media/upload", files={"media": ("x", content)}, access_token=api.token, type=kind)

    assert answer["errcode"] == errcode


def test_media_missing(api: Api) -> None:
    """An upload without the field "media" is 41005."""
    assert api.post("media/upload", access_token=api.token, type="file")["errcode"] == 41005


def test_user(api: Api) -> None:
    """A member is found by his userid without regard to case; an unknown one is 60111."""
    member = api.get("user/get", access_token=api.token, userid="ZHANGSAN")

    assert (member["userid"], member["name"], member["position"]) == ("ZhangSan", "张三", "长沙市公安局 联络员")
    assert api.get("user/get", access_token=api.token, userid="x")["errcode"] == 60111


def test_other_kinds_of_message(api: Api, platform: Platform) -> None:
    """Markdown, cards and news are taken and shown with what they say."""
    card = {"title": "排名", "description": "第3期", "url": "https://example.org"}
    api.send("ZhangSan", msgtype="markdown", markdown={"content": "**排名**"})
    api.send("ZhangSan", msgtype="textcard", textcard=card)
    api.send("ZhangSan", msgtype="news", news={"articles": [card]})
    api.send("ZhangSan", msgtype="template_card", template_card={"main_title": {"title": "请确认"}})

    assert [bubble.kind for bubble in platform.bubbles("ZhangSan")] == ["markdown", "card", "card", "card"]
    assert platform.bubbles("ZhangSan")[3].text == "请确认"


def test_secrets_are_masked(api: Api, platform: Platform) -> None:
    """The raw exchanges hold neither the secret nor the token."""
    api.send("ZhangSan")

    kept = repr(platform.exchanges.since())
    assert "message/send?access_token=***" in kept
    assert api.token not in kept
    assert "s3cret-of-the-app" not in kept


def test_agent_id_as_text(api: Api) -> None:
    """An agentid in quotes is taken, as on the platform."""
    assert api.send("ZhangSan", agentid=str(AGENT_ID))["errcode"] == 0
