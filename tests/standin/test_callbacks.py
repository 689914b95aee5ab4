"""Callbacks to the bot: sealed, retried, answered, over real HTTP with wechatpy on the other side."""

from __future__ import annotations

import re

import pytest

from bot.standin import Platform, VerificationError
from tests.standin.conftest import AGENT_ID, CORP_ID
from tests.standin.echo_bot import EchoBot

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def test_text_round_trip(live: Platform, echo: EchoBot) -> None:
    """A text reaches the bot with the platform's fields, and its passive reply is shown to the member."""
    delivery = live.say("ZhangSan", "今天手册3000余册\n横幅20条 ]]> <b>&")

    assert delivery.ok
    assert delivery.statuses == (200,)
    assert delivery.reply == "收到：今天手册3000余册\n横幅20条 ]]> <b>&"
    heard = echo.heard[0]
    assert heard["ToUserName"] == CORP_ID
    assert heard["FromUserName"] == "ZhangSan"
    assert heard["MsgType"] == "text"
    assert heard["Content"] == "今天手册3000余册\n横幅20条 ]]> <b>&"
    assert heard["MsgId"] == delivery.msg_ref
    assert heard["AgentID"] == str(AGENT_ID)


def test_conversation(live: Platform, echo: EchoBot) -> None:
    """What a member typed and what was answered stand in his conversation, and nobody else's."""
    live.say("zhangsan", "我的")

    said, answered = live.bubbles("ZhangSan")
    assert (said.incoming, said.text, said.state, said.who) == (True, "我的", "sent", "张三")
    assert (answered.incoming, answered.text, answered.via) == (False, "收到：我的", "被动回复")
    assert live.bubbles("wangwu") == ()


def test_retries_on_refusal(live: Platform, echo: EchoBot) -> None:
    """An answer other than 200 is retried with the same MsgId until the bot takes it."""
    echo.fail(503)
    echo.fail(500)

    delivery = live.say("ZhangSan", "帮助")

    assert delivery.statuses == (503, 500, 200)
    assert {heard["MsgId"] for heard in echo.heard} == {delivery.msg_ref}
    assert len({query["nonce"] for query in echo.queries}) == 3
    assert delivery.ok


def test_gives_up_after_three_retries(live: Platform, echo: EchoBot) -> None:
    """After the first try and three retries the bubble is marked failed, with what happened."""
    for _ in range(4):
        echo.fail(503)

    delivery = live.say("ZhangSan", "帮助")

    assert delivery.statuses == (503, 503, 503, 503)
    assert not delivery.ok
    (bubble,) = live.bubbles("ZhangSan")
    assert (bubble.state, bubble.note) == ("failed", "机器人没有收下，回了 HTTP 503（试了 4 次）")


def test_no_answer_in_time(live: Platform, echo: EchoBot) -> None:
    """A bot that answers too late counts as silent and is asked again."""
    live.answer_seconds = 0.3
    echo.slow(0.6)

    delivery = live.say("ZhangSan", "帮助")

    assert delivery.statuses == (None, 200)
    assert delivery.tries[0].problem == "no answer in time"


def test_unreachable_bot(live: Platform) -> None:
    """A bot that is not there makes a failed bubble, not an error."""
    live.callback_url = "http://127.0.0.1:9/wecom/callback"

    delivery = live.say("ZhangSan", "帮助")

    assert delivery.statuses == (None,) * 4
    assert live.bubbles("ZhangSan")[0].state == "failed"


def test_repeat_of_the_same_callback(live: Platform, echo: EchoBot) -> None:
    """A delivery can be repeated under its MsgId; its second reply is not shown again."""
    first = live.say("ZhangSan", "手册 20")

    again = live.deliver(first.xml)

    assert again.msg_ref == first.msg_ref
    assert again.reply == first.reply
    assert [heard["MsgId"] for heard in echo.heard] == [first.msg_ref] * 2
    assert len(live.bubbles("ZhangSan")) == 2


def test_lost_answer(live: Platform, echo: EchoBot) -> None:
    """A fault on "callback" loses the bot's answer, so that the platform asks again."""
    live.fault("callback", drop=True)

    delivery = live.say("ZhangSan", "手册 20")

    assert delivery.statuses == (None, 200)
    assert len(echo.heard) == 2
    assert len(live.bubbles("ZhangSan")) == 2


@pytest.mark.parametrize("spoil", [{"signature": "0" * 40}, {"signature": "x"}])
def test_wrong_signature(live: Platform, echo: EchoBot, spoil: dict[str, str]) -> None:
    """A raw delivery can carry a wrong signature, once only."""
    delivery = live.deliver(live.text_xml("ZhangSan", "手册 20"), retries=0, **spoil)

    assert delivery.statuses == (403,)
    assert echo.heard == []


def test_own_timestamp_nonce_and_msgid(live: Platform, echo: EchoBot) -> None:
    """A raw delivery can carry a timestamp, a nonce and a MsgId of the test's choice."""
    live.deliver(live.text_xml("ZhangSan", "手册 20"), msg_id="77", timestamp=1409659813, nonce="1372623149")

    assert echo.heard[0]["MsgId"] == "77"
    assert echo.queries[0]["timestamp"] == "1409659813"
    assert echo.queries[0]["nonce"] == "1372623149"


def test_empty_answer(live: Platform, echo: EchoBot) -> None:
    """An empty 200 is a good answer without a reply."""
    echo.answer = lambda _: None

    delivery = live.say("ZhangSan", "好的")

    assert delivery.ok
    assert delivery.reply is None
    assert len(live.bubbles("ZhangSan")) == 1


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("您好", "bad reply: not readable (ValueError)"),
        ("<xml><Encrypt>x</Encrypt></xml>", "bad reply: no MsgSignature in the reply"),
        (
            "<xml><Encrypt>x</Encrypt><MsgSignature>y</MsgSignature><TimeStamp>1</TimeStamp><Nonce>2</Nonce></xml>",
            "bad reply: wrong signature",
        ),
    ],
)
def test_bad_reply(live: Platform, echo: EchoBot, body: str, problem: str) -> None:
    """A reply that is not sealed and signed is not shown, and the delivery says why."""
    echo.say(body)

    delivery = live.say("ZhangSan", "帮助")

    assert delivery.problem == problem
    assert [bubble.state for bubble in live.bubbles("ZhangSan")] == ["failed"]


def test_long_reply_is_cut(live: Platform, echo: EchoBot) -> None:
    """A passive text over 2048 bytes is cut in silence on a character boundary."""
    echo.answer = lambda _: "好" * 800

    assert live.say("ZhangSan", "帮助").reply == "好" * 682


def test_event_has_no_msgid(live: Platform, echo: EchoBot) -> None:
    """An event carries its name and key and no MsgId."""
    live.send_event("ZhangSan", "click", "help")

    assert echo.heard[0]["Event"] == "click"
    assert echo.heard[0]["EventKey"] == "help"
    assert "MsgId" not in echo.heard[0]


def test_other_kinds(live: Platform, echo: EchoBot) -> None:
    """Pictures, voice, files, places and links arrive with the fields of their kind."""
    live.send_image("ZhangSan", PNG)
    live.send_voice("ZhangSan", b"#!AMR\n")
    live.send_file("ZhangSan", b"content", "总结.docx")
    live.send_location("ZhangSan", "28.2", "112.9", "五一广场")
    live.send_link("ZhangSan", "短视频", "https://v.douyin.com/abc/")

    image, voice, file, place, link = echo.heard
    assert live.media_bytes(image["MediaId"]) == PNG
    assert image["PicUrl"].startswith("http://127.0.0.1:")
    assert voice["Format"] == "amr"
    assert file["FileName"] == "总结.docx"
    assert (place["Location_X"], place["Label"]) == ("28.2", "五一广场")
    assert link["Url"] == "https://v.douyin.com/abc/"
    assert [bubble.kind for bubble in live.bubbles("ZhangSan") if bubble.incoming] == [
        "image",
        "file",
        "file",
        "text",
        "card",
    ]


def test_verification(live: Platform, echo: EchoBot) -> None:
    """The URL check is passed by a bot that echoes the decrypted number, and by no other."""
    assert re.fullmatch(r"\d+", live.verify_url())

    live.callback_url = f"{echo.base}/clock"
    with pytest.raises(VerificationError):
        live.verify_url()


def test_raw_exchange(live: Platform, echo: EchoBot) -> None:
    """An exchange keeps both sides decrypted and as they crossed the wire."""
    live.say("ZhangSan", "我的")

    (exchange,) = live.exchanges.since()
    assert exchange.to_bot
    assert exchange.path == "/wecom/callback"
    assert exchange.status == 200
    assert "<![CDATA[我的]]>" in exchange.sent
    assert "<Encrypt>" in exchange.sent_wire
    assert "收到：我的" in exchange.answered
    assert "<Encrypt>" in exchange.answered_wire


def test_stranger_cannot_write(live: Platform) -> None:
    """Only a member can say something."""
    with pytest.raises(ValueError, match="no such member"):
        live.say("nobody", "你好")
