"""What every channel offers, and what every refusal or silence of a platform means for the notice.

A channel raises SendError or returns a SendResult; only delivery turns them into a status. The table CODES is part 6
of the platform reference as data: what is not in it is uncertain, since we cannot know what the platform did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from models.channel_state import Limit
from models.errors import BotError
from models.messages import Markdown, Recall, Text


class Reaction(Enum):
    """What to do about a send that did not succeed."""

    NOT_SENT = "not-sent"  # surely not sent, our side or the way there: try again, patiently
    UNCERTAIN = "uncertain"  # it may have arrived: repeat only where the platform weeds out repeats
    BUSY = "busy"  # the platform is busy: a few more tries
    WAIT = "wait"  # a limit: the whole channel waits for the window, no try is used up
    REFRESH = "refresh"  # the token: one new one and one more try, inside the API layer
    RECIPIENT = "recipient"  # this recipient cannot get it: final for him, no matter for others
    BUG = "bug"  # our request is wrong: final, and somebody must look at it
    ALERT = "alert"  # only an operator can help: the channel pauses, no try is used up


@dataclass(frozen=True, slots=True)
class Code:
    """One error code of the platform."""

    reaction: Reaction
    meaning: str


CODES: Mapping[int, Code] = {
    -1: Code(Reaction.BUSY, "system busy"),
    40001: Code(Reaction.ALERT, "wrong secret, or the app is disabled"),
    40003: Code(Reaction.RECIPIENT, "unknown user"),
    40007: Code(Reaction.BUG, "media id unknown or older than 3 days"),  # uploaded again once, before it counts
    40008: Code(Reaction.BUG, "unknown message type"),
    40013: Code(Reaction.ALERT, "wrong corp id"),
    40014: Code(Reaction.REFRESH, "token invalid"),
    40031: Code(Reaction.RECIPIENT, "bad list of users"),
    40032: Code(Reaction.BUG, "more than 1000 users in a call"),
    40035: Code(Reaction.BUG, "bad parameters"),
    40056: Code(Reaction.ALERT, "wrong agent id"),
    40057: Code(Reaction.ALERT, "the check of the callback address failed"),
    40058: Code(Reaction.BUG, "bad parameter"),
    41001: Code(Reaction.BUG, "no token in the request"),
    41004: Code(Reaction.BUG, "no secret in the request"),
    42001: Code(Reaction.REFRESH, "token expired"),
    43004: Code(Reaction.RECIPIENT, "the member follows neither app nor plugin"),
    44001: Code(Reaction.BUG, "empty file"),
    44004: Code(Reaction.BUG, "empty text"),
    45001: Code(Reaction.BUG, "file too big"),
    45002: Code(Reaction.BUG, "text too long"),
    45008: Code(Reaction.BUG, "too many articles"),
    45009: Code(Reaction.WAIT, "limit reached"),
    45011: Code(Reaction.WAIT, "too many calls this minute"),
    45033: Code(Reaction.BUSY, "too many calls at once"),
    46004: Code(Reaction.RECIPIENT, "unknown user"),
    47001: Code(Reaction.BUG, "bad JSON"),
    48001: Code(Reaction.ALERT, "the app may not use this interface"),
    48002: Code(Reaction.ALERT, "the app may not use this interface"),
    48004: Code(Reaction.ALERT, "the interface was taken from the app"),
    48006: Code(Reaction.ALERT, "the app may not use this interface any more this month"),
    48009: Code(Reaction.ALERT, "the secret of contacts is used from a new address"),
    50001: Code(Reaction.ALERT, "the domain is not among the app's trusted ones"),
    50002: Code(Reaction.RECIPIENT, "member outside the app's scope"),
    50003: Code(Reaction.ALERT, "the app is disabled"),
    60011: Code(Reaction.RECIPIENT, "member outside the app's scope"),
    60020: Code(Reaction.ALERT, "our address is not among the app's trusted ones"),
    60111: Code(Reaction.RECIPIENT, "unknown user"),
    60123: Code(Reaction.RECIPIENT, "unknown department"),
    81013: Code(Reaction.RECIPIENT, "no recipient of the call is valid"),
    82001: Code(Reaction.BUG, "no recipient"),
    82002: Code(Reaction.BUG, "more than 100 departments in a call"),
    82003: Code(Reaction.BUG, "more than 100 tags in a call"),
    85002: Code(Reaction.BUG, "forbidden words"),
    86001: Code(Reaction.RECIPIENT, "bad chat id"),
    86003: Code(Reaction.RECIPIENT, "unknown chat"),
    86006: Code(Reaction.BUG, "too few or too many members in a chat"),
    86008: Code(Reaction.RECIPIENT, "another app's chat"),
    86216: Code(Reaction.BUG, "a bad member in a chat"),
    93000: Code(Reaction.ALERT, "the robot's key is wrong, or the robot was removed"),
    93004: Code(Reaction.ALERT, "the robot is disabled"),
    93008: Code(Reaction.ALERT, "the robot is not in the group"),
    301002: Code(Reaction.ALERT, "the agent id does not belong to this token"),
    830002: Code(Reaction.BUG, "a file of more than 20 MB, which we never take"),
}


class SendError(BotError):
    """A call to a platform that did not succeed. The text is scrubbed of secrets and never chained to the original."""

    def __init__(self, reaction: Reaction, detail: str, code: int | None = None) -> None:
        super().__init__(f"{reaction.value}: {detail}" + (f" ({code})" if code is not None else ""))
        self.reaction = reaction
        self.detail = detail
        self.code = code


def refused(code: int, message: str = "") -> SendError:
    """Return the error for an errcode. The platform's message is kept for people; decisions hang on the code alone."""
    known = CODES.get(code)
    if known is None:
        return SendError(Reaction.UNCERTAIN, f"unknown code; {message}".rstrip("; "), code)
    return SendError(known.reaction, f"{known.meaning}; {message}".rstrip("; "), code)


@dataclass(frozen=True, slots=True)
class Image:
    """A drawn picture, ready to go."""

    png: bytes  # PNG, or JPEG for a photo
    name: str = "picture.png"
    mime: str = "image/png"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, ready to go."""

    content: bytes
    name: str


Outgoing = Text | Markdown | Image | Attachment | Recall


@dataclass(frozen=True, slots=True)
class SendResult:
    """A call that was accepted. Accepted is not the same as reached: who is in `missed` did not get it, and why."""

    platform_ref: str = ""  # for recall, where the platform gives one
    missed: Mapping[str, str] = field(default_factory=dict)  # user_ref, casefolded -> reason


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry."""

    users_per_call: int  # 1 for a group
    repeats_safely: bool  # the platform weeds out an identical call, so that an unanswered one may be repeated
    limit: Limit | None = None  # calls beyond it are refused, or dropped without a word
    per_user: tuple[Limit, ...] = ()  # messages to one user; those beyond it are dropped without a word
    per_day: int = 0  # person-messages of the platform's day; 0: not known
    per_account: int = 0  # the same for each account that the platform counts; 0: it counts none


class Channel(Protocol):
    """One way out. Called by one drain at a time."""

    @property
    def name(self) -> str:
        """Return the name that notices carry: wecom_app, or robot:<group>."""

    @property
    def can(self) -> Capabilities:
        """Return what it can carry."""

    def send(self, content: Outgoing, user_refs: Sequence[str], *, duplicate_check: bool = False) -> SendResult:
        """Send to some users (none for a group) in one call. Texts must fit: see models/lengths.py.

        duplicate_check: let the platform weed out a repeat of the same content to the same users.
        Raises SendError.
        """
