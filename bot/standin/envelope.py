"""Encryption and signature of callbacks, as the platform does them. The only module that knows wechatpy."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException
from wechatpy.exceptions import InvalidSignatureException

from bot.standin import callback_xml


class BadReplyError(Exception):
    """The bot's answer is not a valid encrypted reply; the text says why."""


@dataclass(frozen=True)
class Sealed:
    """An encrypted text with what travels beside it."""

    encrypted: str
    signature: str
    timestamp: str
    nonce: str

    @property
    def query(self) -> dict[str, str]:
        """Return the query parameters that go with it."""
        return {"msg_signature": self.signature, "timestamp": self.timestamp, "nonce": self.nonce}


class Envelope:
    """Seal what goes to the bot, open what comes back."""

    def __init__(self, corp_id: str, token: str, encoding_aes_key: str) -> None:
        self._crypto = WeChatCrypto(token, encoding_aes_key, corp_id)

    def seal(self, plain: str, timestamp: int, nonce: str = "") -> Sealed:
        """Encrypt and sign; without a nonce a fresh one of digits is made, as the platform's are."""
        nonce = nonce or str(secrets.randbelow(10**10))
        fields = callback_xml.fields(self._crypto.encrypt_message(plain, nonce, str(timestamp)))
        return Sealed(fields["Encrypt"], fields["MsgSignature"], str(timestamp), nonce)

    def open_reply(self, body: str) -> str:
        """Verify and decrypt a passive reply. Raises BadReplyError."""
        try:
            fields = callback_xml.fields(body)
            plain = self._crypto.decrypt_message(
                {"Encrypt": fields["Encrypt"]}, fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"]
            )
        except KeyError as error:
            raise BadReplyError(f"no {error.args[0]} in the reply") from error
        except InvalidSignatureException as error:
            raise BadReplyError("wrong signature") from error
        except InvalidCorpIdException as error:
            raise BadReplyError("wrong corp id inside") from error
        except Exception as error:  # wechatpy lets six other types out of broken ciphertext
            raise BadReplyError(f"not readable ({type(error).__name__})") from error
        return str(plain)
