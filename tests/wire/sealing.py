"""Seal callbacks as the platform does, or nearly as it does, for the tests of what is refused."""

from __future__ import annotations

import hashlib

from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto

from tests.wire.conftest import AES_KEY, AGENT_ID, CORP_ID, TOKEN

NOW = 1_800_000_000


def sign(sealed: str, timestamp: int | str = NOW, nonce: str = "n1", token: str = TOKEN) -> dict[str, str]:
    """Return the query that goes with a sealed text."""
    parts = "".join(sorted((token, str(timestamp), nonce, sealed)))
    signature = hashlib.sha1(parts.encode(), usedforsecurity=False).hexdigest()
    return {"msg_signature": signature, "timestamp": str(timestamp), "nonce": nonce}


def encrypt(message: str, corp_id: str = CORP_ID) -> str:
    """Encrypt a message for a corp."""
    crypto = WeChatCrypto(TOKEN, AES_KEY, corp_id)
    return PrpCrypto(crypto.key).encrypt(message, corp_id).decode()


def envelope(sealed: str, corp_id: str = CORP_ID, agent_id: object = AGENT_ID) -> bytes:
    """Build the body around a sealed text."""
    return (
        f"<xml><ToUserName><![CDATA[{corp_id}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt>"
        f"<AgentID><![CDATA[{agent_id}]]></AgentID></xml>"
    ).encode()


def message(inner: str = "", *, kind: str = "text", msg_id: str = "<MsgId>7</MsgId>", sender: str = "ZhangSan") -> str:
    """Build the XML of a message or an event."""
    return (
        f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName><FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>{NOW}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>{inner}{msg_id}"
        f"<AgentID>{AGENT_ID}</AgentID></xml>"
    )


def callback(plain: str) -> tuple[dict[str, str], bytes]:
    """Seal and sign a message; returns query and body."""
    sealed = encrypt(plain)
    return sign(sealed), envelope(sealed)
