"""Notices, and a channel that does what the test says: an edge of our own, so that a fake is allowed here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.channels.base import Capabilities, Outgoing, Reaction, SendError, SendResult
from bot.claims import Unwanted
from bot.delivery import Delivery
from models import outbox
from models.channel_state import Limit
from models.clock import SettableClock
from models.messages import Content, Draft, Recipient, Text
from models.outbox import Attempt, Lane, Notice
from models.session import Database

START = datetime(2021, 5, 11, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SILENCE = SendError(Reaction.UNCERTAIN, "no answer")
UNREACHED = SendError(Reaction.NOT_SENT, "connection refused")
Answer = Callable[["FakeChannel", Outgoing, Sequence[str]], SendResult]


def accept(_channel: FakeChannel, _content: Outgoing, _refs: Sequence[str]) -> SendResult:
    """Take it."""
    return SendResult("ref")


class FakeChannel:
    """Answers with the next scripted answer, and takes everything when there is none left."""

    def __init__(
        self,
        name: str = "wecom_app",
        *,
        users: int = 1000,
        repeats: bool = True,
        limit: Limit | None = None,
        per_user: tuple[Limit, ...] = (),
        per_day: int = 0,
        per_account: int = 0,
    ) -> None:
        self._name = name
        self._can = Capabilities(users, repeats, limit, per_user, per_day, per_account)
        self._lock = threading.Lock()
        self.script: list[Answer | Exception] = []
        self.calls: list[tuple[str, tuple[str, ...], bool]] = []

    @property
    def name(self) -> str:
        """Return its name."""
        return self._name

    @property
    def can(self) -> Capabilities:
        """Return what it can."""
        return self._can

    def send(self, content: Outgoing, user_refs: Sequence[str], *, duplicate_check: bool = False) -> SendResult:
        """Note the call and answer as scripted."""
        with self._lock:
            self.calls.append((getattr(content, "text", "[picture]"), tuple(user_refs), duplicate_check))
            answer = self.script.pop(0) if self.script else accept
        if isinstance(answer, Exception):
            raise answer
        return answer(self, content, user_refs)


class Desk:
    """A delivery with its clocks and one channel."""

    def __init__(self, db: Database, channel: FakeChannel | None = None, unwanted: Unwanted | None = None) -> None:
        self.db = db
        self.channel = channel or FakeChannel()
        self.clock = SettableClock(START)
        self.wall = SettableClock(datetime(2026, 11, 24, tzinfo=UTC))
        self.delivery = self.another(unwanted)

    def another(self, unwanted: Unwanted | None = None, channel: FakeChannel | None = None) -> Delivery:
        """Return a delivery as another process would have it."""
        return Delivery(
            self.db,
            [channel or self.channel],
            self.clock,
            self.wall,
            _parts,
            unwanted or (lambda session, notices: {}),
        )

    def write(
        self,
        *users: str,
        text: str = "hello",
        lane: Lane = Lane.BULK,
        not_before: datetime = START,
        expires_at: datetime | None = None,
        channel: str | None = None,
    ) -> None:
        """Write one notice for each user ("" for a group)."""
        drafts = [
            Draft(Recipient(channel or self.channel.name, user), Text(text), "rule", not_before, expires_at)
            for user in users
        ]
        with self.db.begin() as session:
            outbox.add(session, drafts, self.clock.now(), lane=lane)

    def drain(self) -> datetime | None:
        """Drain the channel."""
        return self.delivery.drain(self.channel.name)

    def pass_seconds(self, seconds: float) -> None:
        """Let real time pass."""
        self.wall.advance(timedelta(seconds=seconds))

    def notices(self) -> list[Notice]:
        """Return all notices by id."""
        with self.db.read() as session:
            return list(session.scalars(select(Notice).order_by(Notice.id)))

    def statuses(self) -> list[str]:
        """Return the status of each notice."""
        return [notice.status.value for notice in self.notices()]

    def attempts(self) -> list[tuple[int, str, int | None]]:
        """Return (notice, outcome, code) of each attempt, in order."""
        with self.db.read() as session:
            return [(a.notice_id, a.outcome, a.code) for a in session.scalars(select(Attempt).order_by(Attempt.id))]


def _parts(content: Content) -> list[Outgoing]:
    assert isinstance(content, Text)
    if content.text == "broken":
        raise ValueError("cannot be drawn")
    return [Text(piece) for piece in content.text.split("|")]
