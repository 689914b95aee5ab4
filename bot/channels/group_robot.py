"""The channel of a group robot: text, markdown and pictures into one ordinary group, at most 20 a minute.

The address holds the robot's key, a secret. A robot call is never repeated after silence: its platform weeds out no
repeats, and a group that sees the same ranking twice asks which one holds (decisions 4).
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from bot.channels import http
from bot.channels.base import Attachment, Capabilities, Image, Outgoing, Reaction, SendError, SendResult
from models.messages import Markdown, Text

CALLS, SECONDS = 20, 60.0  # of one robot (page 99110)
SLACK = 1.0  # seconds that their window may lie off ours
PREFIX = "robot:"


class Window:
    """A sliding window over real time: how long until one more call is allowed."""

    def __init__(self, calls: int = CALLS, seconds: float = SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._seconds = seconds + SLACK
        self._now = now
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()

    def take(self) -> None:
        """Note a call that is being made."""
        with self._lock:
            self._taken.append(self._now())

    def ready_in(self) -> float:
        """Return the seconds until one more call fits; 0 is now."""
        with self._lock:
            now = self._now()
            while self._taken and self._taken[0] <= now - self._seconds:
                self._taken.popleft()
            if len(self._taken) < self._calls:
                return 0.0
            return self._taken[-self._calls] + self._seconds - now


class GroupRobot:
    """The robot of one group."""

    def __init__(self, group: str, webhook: str, timeout: tuple[float, float], window: Window | None = None) -> None:
        self._name = PREFIX + group
        self._webhook = webhook
        self._timeout = timeout
        self._window = window or Window()

    @property
    def name(self) -> str:
        """Return the name that notices carry: robot:<group>."""
        return self._name

    @property
    def can(self) -> Capabilities:
        """One group a call; no repeat is safe."""
        return Capabilities(users_per_call=1, repeats_safely=False)

    def ready_in(self) -> float:
        """Return the seconds until the robot may speak again."""
        return self._window.ready_in()

    def send(self, content: Outgoing, user_refs: Sequence[str] = (), *, duplicate_check: bool = False) -> SendResult:
        """Say something in the group; there are no users to name and no duplicate check. Raises SendError."""
        if isinstance(content, Attachment):
            raise SendError(Reaction.BUG, "files do not go to groups")
        self._window.take()
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
