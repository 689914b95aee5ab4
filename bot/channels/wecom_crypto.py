"""The envelope of WeCom callbacks: signature, freshness, AES, and who it is for. Each refusal has its HTTP status.

The cipher is wechatpy's (decisions 8). Around it: a constant-time comparison, an age limit, strict base64, and the
frame of the plaintext checked to the last byte; wechatpy does none of these.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto

from models.clock import Clock

FRESH = timedelta(minutes=10)  # decisions 15; both ways, since the machines' clocks differ
BLOCK = 32  # bytes of PKCS#7 padding at most (page 90968)
HEAD = 20  # 16 random bytes and 4 of length
QUERY = ("msg_signature", "timestamp", "nonce")
QUERY_LIMIT = 128  # characters of one value; the platform sends far fewer


class Refused(Exception):  # noqa: N818  # what happened to a callback, not a failure of ours
    """A callback that is not taken. status is what the caller sees, reason is for the log only."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Envelope:
    """The keys of one app."""

    corp_id: str
    token: str
    encoding_aes_key: str
    wall: Clock

    def open(self, query: Mapping[str, str], sealed: str) -> str:
        """Verify and decrypt what a callback carries. Raises Refused with 403 or 400."""
        signature, timestamp, nonce = self._signed(query)
        if not hmac.compare_digest(self.signature(timestamp, nonce, sealed), signature.encode()):
            raise Refused(403, "wrong signature")
        self._check_age(timestamp)
        message, receiver = _unframed(self._decrypted(sealed))
        if not hmac.compare_digest(receiver, self.corp_id.encode()):
            raise Refused(403, "meant for another corp")
        try:
            return message.decode()
        except UnicodeDecodeError:
            raise Refused(400, "the message is not UTF-8") from None

    def seal(self, message: str) -> str:
        """Encrypt and sign a passive reply; returns the XML to answer with."""
        nonce = str(secrets.randbelow(10**10))
        crypto = WeChatCrypto(self.token, self.encoding_aes_key, self.corp_id)
        return str(crypto.encrypt_message(message, nonce, str(int(self.wall.now().timestamp()))))

    def signature(self, timestamp: str, nonce: str, sealed: str) -> bytes:
        """Return the hex SHA-1 over the sorted parts."""
        parts = sorted((self.token, timestamp, nonce, sealed))
        return hashlib.sha1("".join(parts).encode(errors="replace"), usedforsecurity=False).hexdigest().encode()

    def _signed(self, query: Mapping[str, str]) -> tuple[str, str, str]:
        values = [query.get(name, "") for name in QUERY]
        if not all(values) or any(len(value) > QUERY_LIMIT or not value.isascii() for value in values):
            raise Refused(403, "not signed")
        return values[0], values[1], values[2]

    def _check_age(self, timestamp: str) -> None:
        if not timestamp.isdigit() or len(timestamp) > 12:
            raise Refused(403, "a timestamp that is none")
        if abs(self.wall.now().timestamp() - int(timestamp)) > FRESH.total_seconds():
            raise Refused(403, "too old, or from the future")

    def _decrypted(self, sealed: str) -> bytes:
        try:
            raw = base64.b64decode(sealed, validate=True)
            key = base64.b64decode(self.encoding_aes_key + "=")
            plain: bytes = PrpCrypto(key).cipher.decrypt(raw)
        except (binascii.Error, ValueError):
            raise Refused(400, "not decryptable") from None
        return plain


def _unframed(plain: bytes) -> tuple[bytes, bytes]:
    """Split the plaintext into message and receiver. Raises Refused."""
    padding = plain[-1] if plain else 0
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding or len(plain) < HEAD + padding:
        raise Refused(400, "bad padding")
    (length,) = struct.unpack(">I", plain[16:HEAD])
    content = plain[HEAD:-padding]
    if length > len(content):
        raise Refused(400, "bad length")
    return content[:length], content[length:]
