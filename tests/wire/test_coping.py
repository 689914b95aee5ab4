"""Each fault that the platform can have: the right reaction, the right end, nobody told twice, and the truth kept.

Over real HTTP to the stand-in, with short time-outs; only the clock is turned by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.channels.group_robot import GroupRobot
from bot.channels.wecom_app import WecomApp
from bot.delivery import Delivery
from bot.standin import Platform
from bot.standin.switches import SWITCHES
from models import outbox
from models.clock import SettableClock
from models.messages import Draft, Recipient, Text
from models.outbox import Notice
from models.session import Database, connect

START = datetime(2021, 5, 11, 1, 0, tzinfo=UTC)
PEOPLE = ("ZhangSan", "lisi")


class Site:
    """A delivery to the stand-in's app and group."""

    def __init__(self, db: Database, platform: Platform, app: WecomApp, robot: GroupRobot, wall: SettableClock) -> None:
        self.db, self.platform, self.wall = db, platform, wall
        self.delivery = Delivery(db, [app, robot], SettableClock(START), wall, lambda content: [content])  # type: ignore[list-item]
        self.channels = (app.name, robot.name)

    def write(self, words: str) -> None:
        """Write the same to two people, and to the group."""
        to = [Recipient("wecom_app", user) for user in PEOPLE] + [Recipient("robot:office", "")]
        with self.db.begin() as session:
            outbox.add(session, [Draft(each, Text(words), "rule", START) for each in to], START)

    def run(self, seconds: float = 0) -> None:
        """Let time pass, and send."""
        self.wall.advance(timedelta(seconds=seconds))
        for name in self.channels:
            self.delivery.drain(name)

    def end(self) -> list[str]:
        """Run until nothing more happens; return what became of each: two people, then the group."""
        for _ in range(12):
            self.run(70)
        with self.db.read() as session:
            notices = session.scalars(select(Notice).order_by(Notice.id)).all()
            return [notice.status.value for notice in notices]

    def seen(self) -> Counter[str]:
        """Count what each person and the group really saw."""
        told = [user for each in self.platform.accepted for user in each.shown]
        return Counter(told)

    def calls(self, path: str) -> int:
        """Count the calls of a path."""
        return sum(path in each.path for each in self.platform.exchanges.since(0))


@pytest.fixture
def site(sqlite_url: str, platform: Platform, app: WecomApp, robot: GroupRobot, wall: SettableClock) -> Iterator[Site]:
    """Return a delivery whose token is fetched already."""
    db = Database(connect(sqlite_url))
    app.api.get("getcallbackip")
    yield Site(db, platform, app, robot, wall)
    platform.world.stopping.set()  # late answers need not be waited for
    db.dispose()


@dataclass(frozen=True)
class Case:
    """A fault, and what must come of one text to two people and the group."""

    key: str
    times: int | None
    became: tuple[str, str, str]
    app_calls: int  # message/send
    robot_calls: int
    seen: int = 1  # by each person whose notice is sent
    group_seen: int = 1


CASES = (
    Case("no-answer", 2, ("sent", "sent", "uncertain"), 2, 1, group_seen=0),
    Case("dropped-reply", 2, ("sent", "sent", "uncertain"), 2, 1),
    Case("http-502", 2, ("sent", "sent", "uncertain"), 2, 1, group_seen=0),
    Case("half-json", 2, ("sent", "sent", "uncertain"), 2, 1, group_seen=0),
    Case("busy", 4, ("sent", "sent", "sent"), 3, 3),
    Case("busy", None, ("failed", "failed", "failed"), 3, 3, seen=0, group_seen=0),
    Case("limit", 2, ("sent", "sent", "sent"), 2, 2),
    Case("token", 1, ("sent", "sent", "sent"), 2, 1),
    Case("ip", 3, ("sent", "sent", "sent"), 4, 1),
    Case("robot", 3, ("sent", "sent", "sent"), 1, 4),
    Case("robot", None, ("sent", "sent", "waiting"), 1, 12, group_seen=0),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.key}-{case.times or 'stays'}")
def test_the_bot_copes(site: Site, case: Case) -> None:
    """Right reaction, right end, nobody sees it twice, and what is called sent was seen by each."""
    site.platform.switch(case.key, times=case.times)
    site.write("hello")
    assert tuple(site.end()) == case.became
    assert site.seen() == +Counter(ZhangSan=case.seen, lisi=case.seen, office=case.group_seen)
    site.platform.world.stopping.set()  # a call that nobody answered stands among the exchanges when it is over
    made = (case.app_calls, case.robot_calls)
    assert site.platform.wait_until(lambda: (site.calls("message/send"), site.calls("webhook/send")) == made, 2)


def test_slow_is_no_trouble(site: Site) -> None:
    """An answer that comes late but in time is an answer."""
    site.platform.fault("message/send", delay=0.2)
    site.write("hello")
    assert site.end() == ["sent"] * 3
    assert site.calls("message/send") == 1


def test_a_person_out_of_scope_costs_nobody_else(site: Site) -> None:
    """Who is out of the app's scope has failed with the reason; the other one of the same call has it."""
    site.platform.switch("hidden", userid="ZhangSan")
    site.write("hello")
    assert site.end() == ["failed", "sent", "sent"]
    with site.db.read() as session:
        assert session.get_one(Notice, 1).reason == "not in the app's scope"
    assert site.seen() == Counter(lisi=1, office=1)


def test_a_second_holder_of_the_secret(site: Site) -> None:
    """Whoever rotates the token from under us costs one refresh each time, and no message."""
    site.platform.tokens.rival_seconds = 0.0
    site.write("first")
    site.platform.tokens.revoke()
    site.platform.tokens.rival_seconds = None
    site.run()
    site.platform.tokens.revoke()
    site.write("second")
    assert site.end() == ["sent"] * 6
    assert site.calls("gettoken") == 3
    assert site.seen() == Counter(ZhangSan=2, lisi=2, office=2)


def test_a_wrong_secret_is_tried_once_a_minute(site: Site) -> None:
    """A secret that was reset stops the app: one try a minute, since more get our address banned; then all goes out."""
    site.platform.switch("secret")
    site.write("hello")
    for _ in range(30):
        site.run(2)
    assert site.calls("gettoken") - 1 <= 2
    assert site.delivery.blocked() == ["wecom_app"]
    site.platform.switch("secret", on=False)
    assert site.end() == ["sent"] * 3
    assert site.seen() == Counter(ZhangSan=1, lisi=1, office=1)


def test_while_the_app_is_out_the_group_goes_on(site: Site) -> None:
    """What blocks one channel holds up no other: the group's message is there at once."""
    site.platform.switch("ip")
    site.write("hello")
    site.run()
    assert site.seen() == Counter(office=1)
    assert site.delivery.due_channels() == []


def test_what_the_platform_would_drop_is_not_sent(site: Site) -> None:
    """Of forty texts to one person in a minute the platform drops none, since we send only what it lets through."""
    with site.db.begin() as session:
        drafts = [Draft(Recipient("wecom_app", "lisi"), Text(f"n {n}"), "rule", START) for n in range(40)]
        outbox.add(session, drafts, START)
    site.run()
    assert len(site.platform.accepted) == 27
    site.platform.world.now = lambda: site.wall.now().timestamp()
    assert site.end() == ["sent"] * 40
    assert [each.dropped for each in site.platform.accepted if each.dropped] == []
    assert len({each.content for each in site.platform.accepted}) == 40


def test_every_fault_of_sending_has_its_case() -> None:
    """No switch of the page that concerns sending is without a test here."""
    elsewhere = {"slow", "hidden", "rival", "secret"}
    sending = {switch.key for switch in SWITCHES if not switch.key.startswith("callback-")}
    assert sending == {case.key for case in CASES} | elsewhere
