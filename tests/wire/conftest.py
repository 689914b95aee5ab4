"""A stand-in platform, and the bot's channels that talk to it over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.group_robot import GroupRobot
from bot.channels.wecom_api import WecomApi
from bot.channels.wecom_app import WecomApp
from bot.channels.wecom_crypto import Envelope
from bot.standin import Member, Platform
from models.clock import SettableClock, SystemClock
from tests.installing import AES_KEY, AGENT_ID, CORP_ID, ROBOT_KEY, SECRET, TOKEN

TIMEOUT = (1.0, 0.4)  # seconds; the platform's delays in these tests are longer


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Return a running platform with three members and one robot."""
    platform = Platform(
        corp_id=CORP_ID,
        agent_id=AGENT_ID,
        secret=SECRET,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        robots={ROBOT_KEY: "office"},
        members=[Member("ZhangSan", "张三"), Member("lisi", "李四"), Member("wangwu", "王五")],
        retry_pause=0.05,
    )
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def wall() -> SettableClock:
    """Return the real clock of the bot, which stands until the test turns it."""
    return SettableClock(SystemClock().now())


@pytest.fixture
def api(platform: Platform, wall: SettableClock) -> WecomApi:
    """Return the app's API layer."""
    return WecomApi(CORP_ID, SECRET, platform.api_base, wall, TIMEOUT)


@pytest.fixture
def app(api: WecomApi, wall: SettableClock) -> WecomApp:
    """Return the app's channel."""
    return WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, wall), AGENT_ID, api, wall)


@pytest.fixture
def robot(platform: Platform) -> GroupRobot:
    """Return the channel of the group."""
    return GroupRobot("office", platform.webhook_url(ROBOT_KEY), TIMEOUT)


def at(seconds: int) -> SettableClock:
    """Return a clock that stands at a moment given in seconds since the epoch."""
    return SettableClock(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
