"""The plain values of the stand-in platform: who is there, what was said, what was delivered.

All are frozen; a bubble that changes (sent, failed, recalled) is replaced by a new one with the same id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

NOTHING: Mapping[str, str] = MappingProxyType({})

PASSIVE_REPLY = "被动回复"
APP_PUSH = "应用消息"
ROBOT_PUSH = "群机器人"
TYPED = ""

BubbleState = Literal["pending", "sent", "failed"]


@dataclass(frozen=True)
class Member:
    """A member of the corp who can see the app."""

    userid: str  # as the platform stores it; compared without case
    name: str
    title: str = ""  # the position that user/get answers


@dataclass(frozen=True)
class Persona:
    """A member whom the page offers to be."""

    userid: str
    name: str
    label: str  # what he is here, e.g. 长沙市公安局 联络员
    avatar_colour: str = ""  # #rrggbb; empty: the page picks a quiet one


@dataclass(frozen=True)
class TryLine:
    """A line that the page offers on the first visit."""

    userid: str  # who should say it
    text: str


@dataclass(frozen=True)
class Group:
    """An ordinary group chat with one robot in it."""

    key: str  # the robot's key: a secret
    name: str
    chat: str  # how the page calls it, since the key is not for showing


@dataclass(frozen=True)
class Bubble:
    """One thing in a conversation, as the people in it see it."""

    id: int
    chat: str  # the member's userid, or Group.chat
    at: float  # real time, seconds since the epoch
    incoming: bool  # typed by the member (towards the bot), not shown by the bot
    who: str  # display name of who said it
    kind: str  # text, markdown, image, file, card, event
    text: str
    via: str = TYPED
    media_id: str = ""
    msg_ref: str = ""  # MsgId of a callback, or the msgid that message/send answered
    campaign_at: str = ""  # what the bot's demo clock showed, ISO 8601; empty without such a clock
    state: BubbleState = "sent"
    note: str = ""  # what happened, in Chinese, when it failed
    recalled: bool = False
    version: int = 0  # grows with every change in the feed


@dataclass(frozen=True)
class Accepted:
    """One send that the platform answered with errcode 0."""

    at: float  # real time, seconds since the epoch
    kind: str  # the msgtype
    channel: str  # "app", or the robot's key
    recipients: tuple[str, ...]  # userids as stored; for a robot the group's name
    content: str  # the text, or the media_id, or the title of a card
    msgid: str = ""  # for recall; robots get none
    invalid: tuple[str, ...] = ()  # asked for but unknown, lower-cased as the platform answers them
    dropped: Mapping[str, str] = field(default_factory=lambda: NOTHING)  # userid -> duplicate, rate, unlicensed

    @property
    def shown(self) -> tuple[str, ...]:
        """Return the recipients who really saw it, in the order of the call."""
        return tuple(each for each in self.recipients if each not in self.dropped)


@dataclass(frozen=True)
class Try:
    """One attempt to hand a callback to the bot."""

    status: int | None  # HTTP status; None when there was no answer
    seconds: float
    problem: str = ""  # why there was no usable answer, in English


@dataclass(frozen=True)
class Delivery:
    """What became of one callback: every try, and the passive reply if there was one."""

    xml: str  # the decrypted XML that was sent; deliver() it again for a repeat with the same MsgId
    tries: tuple[Try, ...]
    elapsed: float
    msg_ref: str = ""  # MsgId; empty for an event
    reply: str | None = None  # text as the member sees it; None: nothing was answered
    reply_kind: str = ""
    reply_xml: str = ""
    problem: str = ""  # empty when the bot answered 200 with nothing or with a valid reply
    bubble_id: int = 0  # the bubble in the conversation; 0 for a raw delivery

    @property
    def ok(self) -> bool:
        """Say whether the bot took it: 200, and a reply that is valid or absent."""
        return bool(self.tries) and self.tries[-1].status == 200 and not self.problem

    @property
    def statuses(self) -> tuple[int | None, ...]:
        """Return the HTTP status of each try, None for no answer."""
        return tuple(each.status for each in self.tries)


@dataclass(frozen=True)
class Exchange:
    """One HTTP exchange, kept for the page's drawer of raw exchanges; secrets are masked."""

    id: int
    at: float
    to_bot: bool  # the platform called the bot, not the other way round
    method: str
    path: str
    status: int | None  # None: no answer
    ms: int
    sent: str  # what the caller said, decrypted and laid out
    sent_wire: str  # the same as it crossed the wire, when that was encrypted
    answered: str
    answered_wire: str
    note: str = ""
