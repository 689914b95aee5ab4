"""A whole bot with a stand-in platform, a manual engine and clocks of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from bot.app import Bot, build
from bot.config import load_all
from bot.standin import Delivery, Member, Platform
from models.clock import SettableClock, SystemClock
from models.people import Identity, Membership, Org, Person, Role
from tests.chat import Served, Wall
from tests.engine import ManualEngine
from tests.test_transcripts import AES_KEY, AGENT_ID, KEYS, ROBOT, write_config

START = datetime(2021, 5, 12, 8, 40, tzinfo=UTC)
CITY, OTHER = "长沙市公安局", "株洲市公安局"


@dataclass
class World:
    """What a test works with."""

    bot: Bot
    platform: Platform
    engine: ManualEngine
    clock: SettableClock
    wall: Wall
    files: Path
    base: str

    @property
    def page(self) -> FlaskClient:
        """Return a browser without cookies."""
        return self.bot.flask.test_client(use_cookies=False)

    def admit(self, userid: str, name: str, org_name: str, role: Role = Role.LIAISON) -> None:
        """Let somebody in."""
        self.platform.add_member(Member(userid, name))
        with self.bot.db.begin() as session:
            person = Person(name=name, active=True, created_at=self.clock.now())
            session.add(person)
            session.flush()
            org = session.scalars(select(Org).where(Org.name == org_name)).one()
            session.add(Identity(person_id=person.id, channel="wecom_app", user_ref=userid.casefold()))
            session.add(Membership(person_id=person.id, org_id=org.id, role=role, since_at=self.clock.now()))

    def say(self, userid: str, text: str) -> str:
        """Say something; returns the answer."""
        return self.answer(self.platform.say(userid, text))

    def photo(self, userid: str, content: bytes) -> str:
        """Send a photo without downloading it; returns the answer."""
        return self.answer(self.platform.send_image(userid, content))

    def answer(self, delivery: Delivery) -> str:
        """Return the answer of a delivery that was taken."""
        assert delivery.ok, delivery.statuses
        return delivery.reply or ""

    def link(self, userid: str = "wang", text: str = "总结") -> str:
        """Ask for an upload link; returns its path."""
        said = self.say(userid, text)
        found = [line for line in said.splitlines() if line.startswith("http://bot.example/")]
        assert found, said
        return found[0].removeprefix("http://bot.example")

    def told(self, userid: str) -> list[str]:
        """Return the texts that were pushed to somebody, after all drains."""
        self.engine.drain_all()
        return [each.content for each in self.platform.accepted if userid in each.shown and each.kind == "text"]


Make = Callable[..., World]


@pytest.fixture
def make(tmp_path: Path, sqlite_url: str) -> Iterator[Make]:
    """Return a maker of worlds; changes are replacements in the config's text."""
    wall = Wall()
    platform = Platform(
        **KEYS,
        encoding_aes_key=AES_KEY,
        agent_id=AGENT_ID,
        robots={ROBOT: "office"},
        now=lambda: wall.now().timestamp(),
    )
    platform.retry_pause = 0.05
    platform.start()
    stop: list[Callable[[], None]] = [platform.stop]

    def made(*changes: tuple[str, str], timeout: tuple[float, float] = (2.0, 2.0)) -> World:
        path = write_config(tmp_path, platform)
        for old, new in changes:
            assert old in path.read_text(encoding="utf-8")
            path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        clock, engine = SettableClock(START), ManualEngine()
        bot = build(load_all(path, {}), clock=clock, wall=wall, engine=engine, timeout=timeout)
        bot.start()
        served = Served(bot)
        platform.callback_url = f"{served.base}/wecom/callback"
        stop[:0] = [served.stop, bot.stop]
        world = World(bot, platform, engine, clock, wall, bot.config.files.dir, served.base)
        world.admit("wang", "王芳", CITY)
        return world

    yield made
    for each in stop:
        each()


@pytest.fixture
def world(make: Make) -> World:
    """Return a world with one liaison."""
    return make()


def now() -> datetime:
    """Return the machine's moment."""
    return SystemClock().now()
