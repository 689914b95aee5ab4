"""The platform's error codes that the stand-in answers, and the exception that carries one.

Numbers as in the platform's list of global error codes (page 90313); the texts are only hints there too.
"""

from __future__ import annotations

TEXTS = {
    -1: "system busy",
    40001: "invalid credential",
    40004: "invalid media type",
    40005: "invalid file type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40032: "invalid userid list size",
    40056: "invalid agentid",
    40058: "invalid Request Parameter",
    41001: "access_token missing",
    41004: "corpsecret missing",
    41005: "media data missing",
    42001: "access_token expired",
    43002: "require POST method",
    44001: "empty media data",
    44004: "content is empty",
    45001: "media size out of limit",
    45002: "content size out of limit",
    45008: "article count out of limit",
    45009: "api freq out of limit",
    47001: "data format error",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    81013: "user & party & tag all invalid",
    82001: "no recipient",
    93000: "invalid webhook url",
    301002: "agent not allowed to use this access_token",
    301019: "media md5 mismatch",
}


class ApiError(Exception):
    """The platform refuses a call; the answer is still HTTP 200."""

    def __init__(self, errcode: int, detail: str = "") -> None:
        text = TEXTS.get(errcode, "error")
        self.errcode = errcode
        self.errmsg = f"{text}: {detail}" if detail else text
        super().__init__(f"{errcode} {self.errmsg}")
