"""Group robots: what they may send, and 20 a minute."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest

from bot.standin import Platform
from tests.standin.api_client import Api
from tests.standin.conftest import ROBOT, Turned

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def api(platform: Platform) -> Api:
    """Return a client."""
    return Api(platform)


def test_text(api: Api, platform: Platform) -> None:
    """A text stands in the group, with the names of those it mentions."""
    body = {"msgtype": "text", "text": {"content": "排名已出", "mentioned_list": ["zhangsan", "@all"]}}

    assert api.robot(ROBOT, body) == {"errcode": 0, "errmsg": "ok"}
    (bubble,) = platform.group_bubbles(ROBOT)
    assert bubble.text == "排名已出\n@张三 @所有人"
    assert bubble.via == "群机器人"
    assert platform.accepted[0].recipients == ("全省工作群",)
    assert platform.accepted[0].channel == ROBOT


def test_picture(api: Api, platform: Platform) -> None:
    """A picture in base64 with its md5 can be fetched back byte for byte."""
    image = {"base64": base64.b64encode(PNG).decode(), "md5": hashlib.md5(PNG).hexdigest()}

    assert api.robot(ROBOT, {"msgtype": "image", "image": image})["errcode"] == 0
    assert platform.media_bytes(platform.group_bubbles(ROBOT)[0].media_id) == PNG


def test_file(api: Api, platform: Platform) -> None:
    """A file is uploaded for one robot and only that one sends it."""
    media_id = api.post("webhook/upload_media", files={"media": ("通报.docx", b"docx" * 9)}, key=ROBOT, type="file")

    body = {"msgtype": "file", "file": {"media_id": media_id["media_id"]}}
    assert api.robot(ROBOT, body)["errcode"] == 0
    assert platform.group_bubbles(ROBOT)[0].text == "通报.docx"
    assert api.send("ZhangSan", **body)["errcode"] == 40007


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {"content": "好" * 683}}, 45002),
        ({"msgtype": "markdown", "markdown": {"content": "好" * 1366}}, 40058),
        ({"msgtype": "markdown_v2"}, 40058),
        ({"msgtype": "poem"}, 40008),
        ({"msgtype": "image", "image": {"base64": "!", "md5": ""}}, 40058),
        ({"msgtype": "image", "image": {"base64": "", "md5": ""}}, 44001),
        ({"msgtype": "image", "image": {"base64": base64.b64encode(PNG).decode(), "md5": "0" * 32}}, 301019),
        ({"msgtype": "image", "image": {"base64": base64.b64encode(b"GIF89a" * 9).decode(), "md5": ""}}, 40005),
        ({"msgtype": "image", "image": {"base64": base64.b64encode(b"x" * 2097153).decode(), "md5": ""}}, 45001),
    ],
)
def test_refused(api: Api, platform: Platform, body: dict[str, Any], errcode: int) -> None:
    """A wrong message is refused with its code and shown to nobody."""
    assert api.robot(ROBOT, body)["errcode"] == errcode
    assert platform.group_bubbles(ROBOT) == ()


def test_bad_key(api: Api) -> None:
    """An unknown key is 93000, for files too."""
    assert api.robot("no", {"msgtype": "text", "text": {"content": "x"}})["errcode"] == 93000
    assert (
        api.post("webhook/upload_media", files={"media": ("x", b"123456")}, key="no", type="file")["errcode"] == 93000
    )


def test_twenty_a_minute(api: Api, platform: Platform, now: Turned) -> None:
    """The 21st message inside a minute is refused with 45009; a minute later it goes."""
    body = {"msgtype": "markdown", "markdown": {"content": '第<font color="info">1</font>名'}}

    assert [api.robot(ROBOT, body)["errcode"] for _ in range(21)] == [0] * 20 + [45009]
    now.seconds += 60
    assert api.robot(ROBOT, body)["errcode"] == 0
    assert len(platform.accepted) == 21
