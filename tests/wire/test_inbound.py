"""From callback to value: every message type and event of the platform, and what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bot.channels.wecom_app import BODY_BYTES, WecomApp
from bot.channels.wecom_crypto import Envelope, Refused
from models.messages import Inbound, InboundKind
from tests.wire.conftest import AES_KEY, AGENT_ID, CORP_ID, TOKEN, at
from tests.wire.sealing import NOW, callback, encrypt, envelope, message, sign

NO_ID = ""


@pytest.fixture(scope="module")
def app() -> WecomApp:
    """Return the channel at the moment at which the callbacks are made."""
    clock = at(NOW)
    return WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, clock), AGENT_ID, None, clock)  # type: ignore[arg-type]


def received(app: WecomApp, plain: str) -> Inbound:
    """Return the inbound that a message becomes."""
    return app.receive(*callback(plain))


MESSAGES = {
    "text": (
        message("<Content><![CDATA[发放宣传手册500册 & more]]></Content>"),
        (InboundKind.TEXT, "发放宣传手册500册 & more", "", ""),
    ),
    "text with lines and blanks": (
        message("<Content><![CDATA[ a\n b ]]></Content>"),
        (InboundKind.TEXT, " a\n b ", "", ""),
    ),
    "empty text": (message("<Content></Content>"), (InboundKind.TEXT, "", "", "")),
    "cdata in pieces": (
        message("<Content><![CDATA[a]]]]><![CDATA[>b]]></Content>"),
        (InboundKind.TEXT, "a]]>b", "", ""),
    ),
    "image": (
        message("<PicUrl>http://p/1</PicUrl><MediaId>m-1</MediaId>", kind="image"),
        (InboundKind.IMAGE, "", "m-1", ""),
    ),
    "voice": (message("<MediaId>m-2</MediaId><Format>amr</Format>", kind="voice"), (InboundKind.VOICE, "", "m-2", "")),
    "video": (
        message("<MediaId>m-3</MediaId><ThumbMediaId>t</ThumbMediaId>", kind="video"),
        (InboundKind.VIDEO, "", "m-3", ""),
    ),
    "file": (
        message("<MediaId>m-4</MediaId><FileName>总结.docx</FileName>", kind="file"),
        (InboundKind.FILE, "", "m-4", ""),
    ),
    "location": (
        message("<Location_X>28.2</Location_X><Label>五一广场</Label>", kind="location"),
        (InboundKind.LOCATION, "", "", ""),
    ),
    "link": (message("<Title>t</Title><Url>http://x</Url>", kind="link"), (InboundKind.LINK, "http://x", "", "")),
    "a type of tomorrow": (message("<Hologram>h</Hologram>", kind="hologram"), (InboundKind.UNKNOWN, "", "", "")),
}


@pytest.mark.parametrize(("plain", "expected"), MESSAGES.values(), ids=MESSAGES)
def test_messages(app: WecomApp, plain: str, expected: tuple[InboundKind, str, str, str]) -> None:
    """Each message type becomes an inbound with its MsgId, sender and moment."""
    inbound = received(app, plain)
    assert (inbound.kind, inbound.text, inbound.media_ref, inbound.event_key) == expected
    assert (inbound.channel, inbound.key, inbound.sender_ref) == ("wecom_app", "7", "ZhangSan")
    assert inbound.sent_at == datetime.fromtimestamp(NOW, UTC)


EVENTS = {
    "subscribe": ("<Event>subscribe</Event>", ""),
    "enter_agent": ("<Event>enter_agent</Event><EventKey></EventKey>", ""),
    "click": ("<Event>click</Event><EventKey>menu-1</EventKey>", "menu-1"),
    "LOCATION": ("<Event>LOCATION</Event><Latitude>28.2</Latitude><Longitude>112.9</Longitude>", ""),
    "scancode_push": (
        "<Event>scancode_push</Event><EventKey>k</EventKey><ScanCodeInfo><ScanType>qr</ScanType></ScanCodeInfo>",
        "k",
    ),
    "pic_sysphoto": (
        "<Event>pic_sysphoto</Event><EventKey>k</EventKey><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>x"
        "</PicMd5Sum></item></PicList></SendPicsInfo>",
        "k",
    ),
    "template_card_event": (
        "<Event>template_card_event</Event><EventKey>b</EventKey><TaskId>t</TaskId><SelectedItems><SelectedItem>"
        "<QuestionKey>q</QuestionKey><OptionIds><OptionId>1</OptionId></OptionIds></SelectedItem></SelectedItems>",
        "b",
    ),
    "change_contact": ("<Event>change_contact</Event><ChangeType>delete_user</ChangeType><UserID>x</UserID>", ""),
    "batch_job_result": ("<Event>batch_job_result</Event><BatchJob><JobId>1</JobId></BatchJob>", ""),
}


@pytest.mark.parametrize(("name", "inner", "event_key"), [(name, *each) for name, each in EVENTS.items()], ids=EVENTS)
def test_events(app: WecomApp, name: str, inner: str, event_key: str) -> None:
    """Each event becomes an inbound with its name as text and a key that stands for the MsgId it lacks."""
    inbound = received(app, message(inner, kind="event", msg_id=NO_ID, sender="sys" if "contact" in name else "u"))
    assert (inbound.kind, inbound.text, inbound.event_key) == (InboundKind.EVENT, name, event_key)
    assert inbound.key.startswith("event:")
    assert len(inbound.key) <= 200


def test_events_of_one_second_differ(app: WecomApp) -> None:
    """Two buttons that are pressed in the same second have two keys, and one that is repeated has one."""
    first, second, again = (
        received(app, message(f"<Event>click</Event><EventKey>{key}</EventKey>", kind="event", msg_id=NO_ID)).key
        for key in ("a", "b", "a")
    )
    assert first == again != second


@pytest.mark.parametrize("msg_id", ["", "<MsgId>0</MsgId>", "<MsgId></MsgId>"])
def test_messages_without_an_id_differ(app: WecomApp, msg_id: str) -> None:
    """A message without a usable MsgId is told apart by its content: id 0 must not swallow all that follow."""
    keys = {received(app, message(f"<Content>{text}</Content>", msg_id=msg_id)).key for text in ("a", "b", "a")}
    assert len(keys) == 2


@pytest.mark.parametrize("created", ["", "soon", "9" * 40, "-1"])
def test_odd_moments(app: WecomApp, created: str) -> None:
    """A CreateTime that is none costs the moment, not the message."""
    plain = message("<Content>hi</Content>").replace(f"<CreateTime>{NOW}", f"<CreateTime>{created}")
    assert received(app, plain).sent_at is None


REFUSED_INSIDE = {
    "not XML": ("hello", 400),
    "half": ("<xml><FromUserName>a</FromUserName>", 400),
    "empty": ("", 400),
    "JSON": ('{"FromUserName": "a"}', 400),
    "another root": ("<msg><FromUserName>a</FromUserName><MsgType>text</MsgType></msg>", 400),
    "two roots": (message() + message(), 400),
    "DOCTYPE": ("<!DOCTYPE xml>" + message(), 400),
    "entity": ('<!DOCTYPE xml [<!ENTITY a "b">]>' + message("<Content>&a;</Content>"), 400),
    "unknown entity": (message("<Content>&b;</Content>"), 400),
    "sender twice": (message("<FromUserName>b</FromUserName>"), 400),
    "sender nested": ("<xml><FromUserName><a>b</a></FromUserName><MsgType>text</MsgType></xml>", 400),
    "type nested": ("<xml><FromUserName>a</FromUserName><MsgType><t/></MsgType></xml>", 400),
    "no sender": ("<xml><MsgType>text</MsgType></xml>", 400),
    "empty sender": (message(sender="  "), 400),
    "long sender": (message(sender="x" * 65), 400),
    "no type": ("<xml><FromUserName>a</FromUserName></xml>", 400),
    "too deep": (message("<a>" * 9 + "</a>" * 9), 400),
    "NUL": (message("<Content>a\0b</Content>"), 400),
    "another corp": (message().replace(f"[{CORP_ID}]", "[wwother]"), 403),
    "another agent": (message().replace(f"<AgentID>{AGENT_ID}", "<AgentID>9"), 403),
}


@pytest.mark.parametrize(("plain", "status"), REFUSED_INSIDE.values(), ids=REFUSED_INSIDE)
def test_refused_inside(app: WecomApp, plain: str, status: int) -> None:
    """What cannot come from the platform is refused although it is sealed and signed."""
    with pytest.raises(Refused) as refusal:
        received(app, plain)
    assert refusal.value.status == status


GOOD = encrypt(message("<Content>hi</Content>"))
REFUSED_OUTSIDE: dict[str, tuple[Callable[[], bytes], int]] = {
    "not XML": (lambda: b"hello", 400),
    "JSON": (lambda: b'{"encrypt": "x"}', 400),
    "empty": (lambda: b"", 400),
    "not UTF-8": (lambda: b"\xff\xfe<xml/>", 400),
    "nothing encrypted": (lambda: b"<xml><ToUserName>x</ToUserName></xml>", 400),
    "encrypted twice": (lambda: envelope(GOOD).replace(b"</xml>", b"<Encrypt>x</Encrypt></xml>"), 400),
    "DOCTYPE": (lambda: b"<!DOCTYPE xml>" + envelope(GOOD), 400),
    "bomb": (
        lambda: b'<!DOCTYPE b [<!ENTITY a "xxxxxxxx"><!ENTITY c "&a;&a;&a;">]><xml><Encrypt>&c;</Encrypt></xml>',
        400,
    ),
    "external entity": (
        lambda: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
        400,
    ),
    "UTF-16 by its label": (lambda: b'<?xml version="1.0" encoding="utf-16"?>' + b"\x00<", 400),
    "thousands of levels": (lambda: b"<a>" * 20000, 400),
    "wrong signature": (lambda: envelope(GOOD[:-4] + "AAAA"), 403),
    "another corp outside": (lambda: envelope(GOOD, "wwother"), 403),
    "another agent outside": (lambda: envelope(GOOD, agent_id=9), 403),
    "one byte too many": (lambda: envelope(GOOD).ljust(BODY_BYTES + 1), 413),
}


@pytest.mark.parametrize(("body", "status"), REFUSED_OUTSIDE.values(), ids=REFUSED_OUTSIDE)
def test_refused_outside(app: WecomApp, body: Callable[[], bytes], status: int) -> None:
    """What is wrong with the envelope itself is refused with its status."""
    with pytest.raises(Refused) as refusal:
        app.receive(sign(GOOD), body())
    assert refusal.value.status == status


def test_a_body_of_the_full_size_is_taken(app: WecomApp) -> None:
    """A body of exactly 64 KiB is read."""
    assert app.receive(sign(GOOD), envelope(GOOD).ljust(BODY_BYTES)).text == "hi"


def test_no_agent_in_the_envelope(app: WecomApp) -> None:
    """Some callbacks come without AgentID; that is no reason to refuse them."""
    body = envelope(GOOD, agent_id="")
    assert app.receive(sign(GOOD), body).text == "hi"
