"""The envelope of callbacks against the published vectors, and against what must be refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from wechatpy.crypto.base import WeChatCipher
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.channels.wecom_app import WecomApp
from bot.channels.wecom_crypto import Envelope, Refused
from models.clock import SettableClock
from models.messages import Inbound, InboundKind
from tests.wire.conftest import AES_KEY, CORP_ID, TOKEN, at
from tests.wire.sealing import NOW, encrypt, sign
from tests.wire.vectors import GETS, POSTS, V6, Vector


def opener(vector: Vector) -> Envelope:
    """Return the envelope of a vector at the moment it was sealed."""
    return Envelope(vector.corp_id, vector.token, vector.key, SettableClock(vector.moment))


def app_for(vector: Vector, agent_id: int) -> WecomApp:
    """Return the channel of a vector; its API is not called."""
    return WecomApp(opener(vector), agent_id, None, SettableClock(vector.moment))  # type: ignore[arg-type]


@pytest.mark.parametrize("vector", GETS.values(), ids=GETS)
def test_published_url_checks(vector: Vector) -> None:
    """The echo of each published URL check comes out as published."""
    assert app_for(vector, 1).verify_url({**vector.query, "echostr": vector.sealed}) == vector.plain


@pytest.mark.parametrize("vector", GETS.values(), ids=GETS)
def test_near_misses_of_url_checks(vector: Vector) -> None:
    """One digit of the nonce, a plus read as a blank, or another corp: each is a 403."""
    envelope = opener(vector)
    wrong = [
        (envelope, {**vector.query, "nonce": vector.nonce[:-1] + "x"}, vector.sealed),
        (replace(envelope, corp_id="wwother"), vector.query, vector.sealed),
        (envelope, vector.query, vector.sealed.replace("+", " ") if "+" in vector.sealed else vector.sealed + " "),
        (envelope, {**vector.query, "msg_signature": vector.signature.upper()}, vector.sealed),
    ]
    for opened, query, sealed in wrong:
        with pytest.raises(Refused) as refusal:
            opened.open(query, sealed)
        assert refusal.value.status == 403


@pytest.mark.parametrize(
    ("name", "agent_id", "expected"),
    [
        ("V2 official", 218, ("4561255354251345929", "mycreate", "hello")),
        ("V3 official", 1000002, ("1456453720", "ChenJiaShun", "你好")),
    ],
)
def test_published_messages(name: str, agent_id: int, expected: tuple[str, str, str]) -> None:
    """Each published message comes out as an inbound with its MsgId as key."""
    vector = POSTS[name]
    body = f"<xml><ToUserName>{vector.corp_id}</ToUserName><Encrypt>{vector.sealed}</Encrypt></xml>".encode()
    inbound = app_for(vector, agent_id).receive(vector.query, body)
    assert (inbound.key, inbound.sender_ref, inbound.text) == expected
    assert inbound.kind is InboundKind.TEXT


def test_fixed_random_vector() -> None:
    """The vector with fixed random bytes opens under a signature of our own."""
    query = sign(V6.sealed, V6.timestamp, V6.nonce, V6.token)
    assert opener(V6).open(query, V6.sealed) == V6.plain


def test_reply_round_trip() -> None:
    """A reply with a CDATA end, an ampersand and characters that XML cannot hold is opened by wechatpy as it was."""
    vector = GETS["V3 official"]
    inbound = Inbound("wecom_app", "1", "ChenJiaShun", InboundKind.TEXT)
    sealed = ElementTree.fromstring(app_for(vector, 1).encode(inbound, "好]]>&<b>\x00\x0b完"))
    fields = {child.tag: child.text or "" for child in sealed}
    assert set(fields) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}
    crypto = WeChatCrypto(vector.token, vector.key, vector.corp_id)
    plain = crypto.decrypt_message(fields, fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"])
    reply = {child.tag: child.text for child in ElementTree.fromstring(plain)}
    assert reply["Content"] == "好]]>&<b>完"
    assert (reply["ToUserName"], reply["FromUserName"]) == ("ChenJiaShun", vector.corp_id)
    assert (reply["MsgType"], reply["CreateTime"]) == ("text", vector.timestamp)


def test_long_reply_is_cut_between_characters() -> None:
    """A reply of more than 2048 bytes is cut by us, between characters, since the platform would cut it silently."""
    vector = GETS["V3 official"]
    inbound = Inbound("wecom_app", "1", "ChenJiaShun", InboundKind.TEXT)
    sealed = ElementTree.fromstring(app_for(vector, 1).encode(inbound, "好" * 1000))
    fields = {child.tag: child.text or "" for child in sealed}
    plain = WeChatCrypto(vector.token, vector.key, vector.corp_id).decrypt_message(
        fields, fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
    )
    assert ElementTree.fromstring(plain).findtext("Content") == "好" * 682


@pytest.mark.parametrize(("minutes", "taken"), [(-11, False), (-9, True), (0, True), (9, True), (11, False)])
def test_freshness(minutes: int, taken: bool) -> None:
    """A timestamp may be ten minutes off, either way, and no more."""
    envelope = Envelope(CORP_ID, TOKEN, AES_KEY, SettableClock(at(NOW).now() + timedelta(minutes=minutes)))
    sealed = encrypt("hello")
    if taken:
        assert envelope.open(sign(sealed), sealed) == "hello"
    else:
        with pytest.raises(Refused) as refusal:
            envelope.open(sign(sealed), sealed)
        assert refusal.value.status == 403


def _framed(frame: bytes) -> str:
    """Encrypt a plaintext frame of whole blocks as it stands, without the padding that belongs there."""
    assert len(frame) % 16 == 0
    crypto = WeChatCrypto(TOKEN, AES_KEY, CORP_ID)
    return base64.b64encode(WeChatCipher(crypto.key).encrypt(frame)).decode()


HEAD = b"0123456789abcdef"
BROKEN = {
    "not base64": "*" * 64,
    "no whole blocks": base64.b64encode(b"x" * 33).decode(),
    "random blocks": base64.b64encode(b"\x07" * 64).decode(),
    "empty": "",
    "padding 0": _framed(HEAD + b"\0" * 16),
    "padding not equal": _framed(HEAD + b"\0\0\0\0" + b"x" * 10 + b"\x01\x02"),
    "padding 33": _framed(HEAD + b"\x21" * 48),
    "length beyond the end": _framed(HEAD + b"\0\0\xff\xff" + b"x" * 11 + b"\x01"),
    "not UTF-8": _framed(HEAD + b"\0\0\0\x01" + b"\xff" + CORP_ID.encode() + b"\x09" * 9),
}


@pytest.mark.parametrize("sealed", BROKEN.values(), ids=BROKEN)
def test_undecryptable(sealed: str) -> None:
    """What is signed rightly but cannot be decrypted is a 400."""
    with pytest.raises(Refused) as refusal:
        Envelope(CORP_ID, TOKEN, AES_KEY, at(NOW)).open(sign(sealed), sealed)
    assert refusal.value.status == 400


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", [None, "", "é", "1" * 200])
def test_unsigned(missing: str, value: str | None) -> None:
    """A query without one of its three parts, or with an absurd one, is a 403."""
    sealed = encrypt("hello")
    query = {key: each for key, each in sign(sealed).items() if key != missing}
    if value is not None:
        query[missing] = value
    with pytest.raises(Refused) as refusal:
        Envelope(CORP_ID, TOKEN, AES_KEY, at(NOW)).open(query, sealed)
    assert refusal.value.status == 403


@pytest.mark.parametrize("timestamp", ["-5", "1e9", "１８０００００００００", "0x10", "9" * 30])
def test_odd_timestamps(timestamp: str) -> None:
    """A timestamp that is no plain number is a 403, also when it is signed."""
    sealed = encrypt("hello")
    with pytest.raises(Refused) as refusal:
        Envelope(CORP_ID, TOKEN, AES_KEY, at(NOW)).open(sign(sealed, timestamp), sealed)
    assert refusal.value.status == 403


def test_another_apps_message() -> None:
    """A message that was encrypted for another corp under the same keys is a 403."""
    sealed = encrypt("hello", "ww-another-corp")
    with pytest.raises(Refused) as refusal:
        Envelope(CORP_ID, TOKEN, AES_KEY, at(NOW)).open(sign(sealed), sealed)
    assert refusal.value.status == 403
