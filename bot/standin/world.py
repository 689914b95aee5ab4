"""What the stand-in knows: the corp, its members and groups, and the stores that all parts share."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from bot.standin.exchanges import Exchanges
from bot.standin.faults import Faults
from bot.standin.feed import Feed
from bot.standin.limits import MEMBER_LIMITS, ROBOT_LIMITS, DuplicateCheck, SlidingWindows
from bot.standin.media import MediaStore
from bot.standin.tokens import Tokens
from bot.standin.values import Group, Member


class World:
    """The shared state. Its stores are thread-safe; sending holds the lock so that counters are exact."""

    def __init__(
        self,
        corp_id: str,
        agent_id: int,
        secret: str,
        app_name: str,
        robots: Mapping[str, str],
        members: Iterable[Member],
        now: Callable[[], float],
        *,
        limited: bool = True,
    ) -> None:
        self.corp_id = corp_id
        self.agent_id = agent_id
        self.secret = secret
        self.app_name = app_name  # how the bot is called in conversations
        self.now = now
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.members = {member.userid.lower(): member for member in members}
        self.groups = {key: Group(key, name, f"group-{n}") for n, (key, name) in enumerate(robots.items(), 1)}
        self.unlicensed: set[str] = set()  # userids, lower case, whom message/send names in unlicenseduser
        self.tokens = Tokens(now)
        self.media = MediaStore(now)
        self.feed = Feed(now)
        self.exchanges = Exchanges(now)
        self.faults = Faults()
        self.states: dict[str, float | None] = {}  # switches that are no fault: key -> time.monotonic() of their end
        self.hidden: frozenset[str] = frozenset()  # userids, lower case, out of the app's scope for sends
        self.member_windows = SlidingWindows(MEMBER_LIMITS if limited else ())
        self.robot_windows = SlidingWindows(ROBOT_LIMITS if limited else ())
        self.duplicates = DuplicateCheck()
        # A bot keeps the ids it has seen in its database, so ours must not start over with the process.
        self._refs = itertools.count(time.time_ns() // 1000)

    def member(self, userid: str) -> Member | None:
        """Find a member; the platform compares userids without case."""
        return self.members.get(userid.lower())

    def next_ref(self) -> str:
        """Return a new MsgId or msgid, never given before."""
        return str(next(self._refs))
