"""A platform and a tiny bot that echoes, both real servers that talk the real protocol to each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from wechatpy.enterprise.crypto import WeChatCrypto

from bot.standin import Member, Platform
from tests.standin.echo_bot import EchoBot

CORP_ID = "wx5823bf96d3bd56c7"
TOKEN = "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
AGENT_ID = 1000002
SECRET = "s3cret-of-the-app"
ROBOT = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
MEMBERS = (
    Member("ZhangSan", "张三", "长沙市公安局 联络员"),
    Member("li.si", "李四", "湖南移动 联络员"),
    Member("wangwu", "王五", "省联席办 管理员"),
)


class Turned:
    """A time that the test turns."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Turned:
    """Return the platform's time, which stands until the test turns it."""
    return Turned()


@pytest.fixture
def platform(now: Turned) -> Iterator[Platform]:
    """Start a platform whose time stands still."""
    platform = make_platform(now=now)
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def live() -> Iterator[Platform]:
    """Start a platform in real time, with short retries."""
    platform = make_platform(retry_pause=0.05)
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def bot() -> Iterator[EchoBot]:
    """Return a bot with a demo clock, which no platform calls yet."""
    bot = EchoBot(WeChatCrypto(TOKEN, AES_KEY, CORP_ID))
    yield bot
    bot.stop()


@pytest.fixture
def echo(live: Platform, bot: EchoBot) -> EchoBot:
    """Return a bot that the live platform calls."""
    live.callback_url = bot.callback_url
    return bot


def make_platform(**values: object) -> Platform:
    """Make the platform of these tests, not started."""
    return Platform(
        corp_id=CORP_ID,
        agent_id=AGENT_ID,
        secret=SECRET,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        robots={ROBOT: "全省工作群"},
        members=MEMBERS,
        **values,  # type: ignore[arg-type]
    )
