"""The channel of a WeCom self-built app: callbacks in, passive replies back, notices out.

receive() turns a verified callback into an Inbound value; what the platform cannot have sent is Refused. It stores
nothing and answers nothing: see bot/web/callbacks.py and bot/router.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.channels import wecom_xml
from bot.channels.base import Attachment, Capabilities, Image, Outgoing, SendError, SendResult
from bot.channels.wecom_api import WecomApi
from bot.channels.wecom_crypto import Envelope, Refused
from models.channel_state import Limit
from models.clock import Clock
from models.lengths import TEXT_BYTES, cut
from models.messages import Inbound, InboundKind, Markdown, Recall

NAME = "wecom_app"
BODY_BYTES = 64 * 1024
USERS = 1000  # of one call (page 90236)
PER_USER = (Limit(30, 60.0), Limit(1000, 3600.0))  # from one app; the excess is dropped without a word (page 90312)
PER_ACCOUNT = 200  # person-messages a day, times the corp's account limit (page 90312)
DUPLICATE_SECONDS = 1800  # how long the platform remembers a call for its duplicate check
MEDIA_LIFE = 2 * 24 * 3600.0  # seconds; the platform keeps media for 3 days
OUTER = ("ToUserName", "AgentID", "Encrypt")
COMMON = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "AgentID")
CONTENT = ("Content", "MediaId", "Event", "EventKey", "TaskId", "ChangeType", "UserID", "Label", "Url")
TEXTS = {"text": "Content", "link": "Url"}  # what of a message is its text; nothing in it is ever fetched
TEXT_TYPES = {kind.value: kind for kind in InboundKind if kind is not InboundKind.UNKNOWN}


class WecomApp:
    """One app of one corp."""

    def __init__(
        self,
        envelope: Envelope,
        agent_id: int,
        api: WecomApi,
        wall: Clock,
        account_limit: int = 0,
        *,
        limited: bool = True,
    ) -> None:
        """account_limit: how many accounts the corp may have; 0: not known, then those that we know are counted.

        limited: False in a demo, whose clock leaps over days in which a limit of real time holds notices back.
        """
        self.api = api
        self._per_user = PER_USER if limited else ()
        self._per_account = PER_ACCOUNT if limited else 0
        self._per_day = self._per_account * account_limit
        self._envelope = envelope
        self._agent_id = agent_id
        self._wall = wall
        self._media: dict[str, tuple[float, str]] = {}  # digest -> (until, media id)

    # ----- in

    def verify_url(self, query: Mapping[str, str]) -> str:
        """Answer the check that the platform makes when the callback address is saved. Raises Refused."""
        return self._envelope.open(query, query.get("echostr", ""))

    def receive(self, query: Mapping[str, str], body: bytes) -> Inbound:
        """Verify, decrypt and decode one callback. Raises Refused with 413, 403 or 400."""
        if len(body) > BODY_BYTES:
            raise Refused(413, "body too big")
        if not all(query.get(name) for name in ("msg_signature", "timestamp", "nonce")):
            raise Refused(403, "not signed")
        outer = self._read(_text_of(body), OUTER)
        if "Encrypt" not in outer:
            raise Refused(400, "nothing encrypted in it")
        message = self._envelope.open(query, outer["Encrypt"].strip())
        self._check_receiver(outer)
        fields = self._read(message, (*COMMON, *CONTENT))
        self._check_receiver(fields)
        return _inbound(fields)

    def encode(self, inbound: Inbound, text: str) -> str:
        """Build the encrypted passive reply to an inbound. The platform cuts what is longer than 2048 bytes."""
        reply = {
            "ToUserName": inbound.sender_ref,
            "FromUserName": self._envelope.corp_id,
            "CreateTime": str(int(self._wall.now().timestamp())),
            "MsgType": "text",
            "Content": cut(text, TEXT_BYTES),
        }
        return self._envelope.seal(wecom_xml.write(reply))

    def _read(self, document: str, known: Sequence[str]) -> dict[str, str]:
        try:
            return wecom_xml.read(document, known)
        except wecom_xml.UnreadableError as error:
            raise Refused(400, str(error)) from None

    def _check_receiver(self, fields: Mapping[str, str]) -> None:
        if fields.get("ToUserName", self._envelope.corp_id) != self._envelope.corp_id:
            raise Refused(403, "for another corp")
        if fields.get("AgentID", "").strip() not in ("", str(self._agent_id)):
            raise Refused(403, "for another app")

    # ----- out

    @property
    def name(self) -> str:
        """Return the name that notices carry."""
        return NAME

    @property
    def can(self) -> Capabilities:
        """Up to 1000 users a call; the duplicate check makes a repeat safe; what is too much we must not send."""
        return Capabilities(
            users_per_call=USERS,
            repeats_safely=True,
            per_user=self._per_user,
            per_day=self._per_day,
            per_account=self._per_account,
        )

    def send(self, content: Outgoing, user_refs: Sequence[str], *, duplicate_check: bool = False) -> SendResult:
        """Send to up to 1000 users in one call. Raises SendError."""
        if isinstance(content, Recall):
            self.api.post("message/recall", {"msgid": content.platform_ref}, sends=False)
            return SendResult()
        head = {"touser": "|".join(user_refs), "agentid": self._agent_id}
        if duplicate_check:
            head |= {"enable_duplicate_check": 1, "duplicate_check_interval": DUPLICATE_SECONDS}
        if isinstance(content, Image):
            return _result(self._send_media(head, "image", content.name, content.png, content.mime), user_refs)
        if isinstance(content, Attachment):
            answer = self._send_media(head, "file", content.name, content.content, "application/octet-stream")
            return _result(answer, user_refs)
        kind = "markdown" if isinstance(content, Markdown) else "text"
        return _result(self._post({**head, "msgtype": kind, kind: {"content": content.text}}), user_refs)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        return self.api.post("message/send", body, sends=True)

    def _send_media(self, head: dict[str, Any], kind: str, name: str, content: bytes, mime: str) -> dict[str, Any]:
        """Send what was uploaded; a media id that the platform no longer knows is made anew once."""
        key = f"{kind}:{name}:{hashlib.sha256(content).hexdigest()}"  # a file is shown under the name of its upload
        for last in (False, True):
            media_id = self._media_id(key) or self._upload(key, kind, name, content, mime)
            try:
                return self._post({**head, "msgtype": kind, kind: {"media_id": media_id}})
            except SendError as error:
                if last or error.code != 40007:
                    raise
            self._media.pop(key, None)
        raise AssertionError("the second try returns or raises")

    def _media_id(self, key: str) -> str:
        now = self._wall.now().timestamp()
        self._media = {each: kept for each, kept in self._media.items() if kept[0] > now}
        return self._media[key][1] if key in self._media else ""

    def _upload(self, key: str, kind: str, name: str, content: bytes, mime: str) -> str:
        media_id = self.api.upload(kind, name, content, mime)
        self._media[key] = (self._wall.now().timestamp() + MEDIA_LIFE, media_id)
        return media_id


def _result(answer: Mapping[str, Any], user_refs: Sequence[str]) -> SendResult:
    """errcode 0 does not mean that everybody got it; the platform hands ids back in lower case."""
    missed: dict[str, str] = {}
    for field, reason in (("invaliduser", "not in the app's scope"), ("unlicenseduser", "has no licence")):
        missed |= {ref.casefold(): reason for ref in str(answer.get(field) or "").split("|") if ref}
    wanted = {ref.casefold() for ref in user_refs}
    return SendResult(str(answer.get("msgid") or ""), {ref: why for ref, why in missed.items() if ref in wanted})


def _text_of(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Refused(400, "not UTF-8") from None


def _inbound(fields: Mapping[str, str]) -> Inbound:
    """Make the value of a decrypted message or event. Raises Refused when nobody is named as sender."""
    sender, kind = fields.get("FromUserName", "").strip(), fields.get("MsgType", "").strip().lower()
    if not 0 < len(sender) <= 64 or not kind:
        raise Refused(400, "no sender or no type")
    event = fields.get("Event", "").strip()
    is_event = kind == InboundKind.EVENT.value
    return Inbound(
        channel=NAME,
        key=_event_key(fields) if is_event else _message_key(fields),
        sender_ref=sender,
        kind=TEXT_TYPES.get(kind, InboundKind.UNKNOWN),
        text=event if is_event else fields.get(TEXTS.get(kind, ""), ""),
        media_ref=fields.get("MediaId", "").strip(),
        event_key=fields.get("EventKey", "").strip(),
        sent_at=_moment(fields.get("CreateTime", "")),
    )


def _message_key(fields: Mapping[str, str]) -> str:
    """Return MsgId as it stands; the documents promise one for every message, and if there is none, the content."""
    ref = fields.get("MsgId", "").strip()
    if ref.strip("0") and len(ref) <= 64:
        return ref
    return "message:" + _digest(fields.get(name, "") for name in (*COMMON, *CONTENT))


def _event_key(fields: Mapping[str, str]) -> str:
    """Events have no MsgId, and two can share a second: what tells them apart goes in too (page 90238, ours)."""
    return "event:" + _digest(fields.get(name, "").strip() for name in (*COMMON, *CONTENT))


def _digest(parts: Any) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _moment(seconds: str) -> datetime | None:
    if not seconds.strip().isdigit() or len(seconds.strip()) > 11:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
