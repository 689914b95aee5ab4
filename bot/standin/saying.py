"""What a member does in his client, turned into the XML of the platform (pages 90239 and 90240)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.standin import callback_xml
from bot.standin.callback_xml import Nested
from bot.standin.values import Member


@dataclass(frozen=True)
class Sender:
    """The values that every callback of a member carries."""

    corp_id: str
    agent_id: int
    member: Member
    created_at: int  # s since the epoch, real time

    def inbound(self, kind: str, ref: str, values: Nested) -> str:
        """Build a message: it has a MsgId."""
        return callback_xml.build({**self._head(kind), **values, "MsgId": int(ref), "AgentID": self.agent_id})

    def event(self, name: str, values: Nested) -> str:
        """Build an event: it has none."""
        return callback_xml.build({**self._head("event"), "Event": name, "AgentID": self.agent_id, **values})

    def _head(self, kind: str) -> Nested:
        return {
            "ToUserName": self.corp_id,
            "FromUserName": self.member.userid,
            "CreateTime": self.created_at,
            "MsgType": kind,
        }


@dataclass(frozen=True)
class Utterance:
    """One thing a member sends, with how it looks in his own conversation."""

    kind: str  # MsgType
    values: Nested
    bubble_kind: str
    bubble_text: str
    media_id: str = ""


def text(content: str) -> Utterance:
    """Say something."""
    return Utterance("text", {"Content": content}, "text", content)


def image(media_id: str, url: str) -> Utterance:
    """Send a picture."""
    return Utterance("image", {"PicUrl": url, "MediaId": media_id}, "image", "", media_id)


def voice(media_id: str, form: str = "amr") -> Utterance:
    """Send a voice message."""
    return Utterance("voice", {"MediaId": media_id, "Format": form}, "file", "[语音]", media_id)


def file(media_id: str, name: str) -> Utterance:
    """Send a file; not in the platform's list of types, but Tencent's own plugin expects it."""
    return Utterance("file", {"MediaId": media_id, "FileName": name}, "file", name, media_id)


def location(latitude: str, longitude: str, label: str) -> Utterance:
    """Send a place."""
    values: Nested = {
        "Location_X": latitude,
        "Location_Y": longitude,
        "Scale": 15,
        "Label": label,
        "AppType": "wxwork",
    }
    return Utterance("location", values, "text", f"[位置] {label}")


def link(title: str, description: str, url: str) -> Utterance:
    """Send a link card."""
    values: Nested = {"Title": title, "Description": description, "Url": url, "PicUrl": ""}
    return Utterance("link", values, "card", f"{title}\n{url}")
