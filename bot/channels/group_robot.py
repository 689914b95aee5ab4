"""The channel of a group robot: text, markdown and pictures into one ordinary group, at most 20 a minute.

The address holds the robot's key, a secret. A robot call is never repeated after silence: its platform weeds out no
repeats, and a group that sees the same ranking twice asks which one holds (decisions 4).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from bot.channels import http
from bot.channels.base import Attachment, Capabilities, Image, Outgoing, Reaction, SendError, SendResult
from models.channel_state import Limit
from models.messages import Markdown, Recall, Text

LIMIT = Limit(20, 60.0)  # of one robot (page 99110)
PREFIX = "robot:"


class GroupRobot:
    """The robot of one group."""

    def __init__(self, group: str, webhook: str, timeout: tuple[float, float], *, limited: bool = True) -> None:
        """limited: False in a demo, as for the app."""
        self._name = PREFIX + group
        self._webhook = webhook
        self._timeout = timeout
        self._limit = LIMIT if limited else None

    @property
    def name(self) -> str:
        """Return the name that notices carry: robot:<group>."""
        return self._name

    @property
    def can(self) -> Capabilities:
        """One group a call, twenty calls a minute; no repeat is safe."""
        return Capabilities(users_per_call=1, repeats_safely=False, limit=self._limit)

    def send(self, content: Outgoing, user_refs: Sequence[str] = (), *, duplicate_check: bool = False) -> SendResult:
        """Say something in the group; there are no users to name and no duplicate check. Raises SendError."""
        if isinstance(content, (Attachment, Recall)):
            raise SendError(Reaction.BUG, "a robot sends no files and takes nothing back")
        with http.session_for(self._webhook, keep_alive=False) as session:
            http.call(session, "POST", self._webhook, sends=True, timeout=self._timeout, json=_body(content))
        return SendResult()


def _body(content: Text | Markdown | Image) -> dict[str, Any]:
    if isinstance(content, Image):
        md5 = hashlib.md5(content.png, usedforsecurity=False).hexdigest()
        image = {"base64": base64.b64encode(content.png).decode(), "md5": md5}
        return {"msgtype": "image", "image": image}
    kind = "markdown" if isinstance(content, Markdown) else "text"
    return {"msgtype": kind, kind: {"content": content.text}}
