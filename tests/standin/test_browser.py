"""The page in a real Chromium, on a phone and on a desktop, with a tiny bot behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Response
from playwright.sync_api import Browser, Page, expect

from bot.standin import Persona, Platform, TryLine
from tests.browsing import DESKTOP, PHONE, SEEN, page_of
from tests.standin.api_client import Api
from tests.standin.conftest import make_platform
from tests.standin.echo_bot import EchoBot

PERSONAS = [
    Persona("ZhangSan", "张三", "长沙市公安局 联络员"),
    Persona("li.si", "李四", "湖南移动 联络员"),
    Persona("wangwu", "王五", "省联席办 管理员"),
]
LINES = [TryLine("li.si", "本周短信已覆盖全部用户"), TryLine("wangwu", "进度"), TryLine("ZhangSan", "我的")]

pytestmark = SEEN


@pytest.fixture
def shown(bot: EchoBot) -> Iterator[Platform]:
    """Start a platform with its page."""
    platform = make_platform(retry_pause=0.05, callback_url=bot.callback_url)
    start(platform, bot)
    yield platform
    platform.stop()


def start(platform: Platform, bot: EchoBot, port: int = 0) -> None:
    platform.start(port, personas=PERSONAS, try_lines=LINES, bot_base=bot.base, title="演示")


@pytest.fixture
def visit(chromium: Browser, shown: Platform) -> Iterator[Callable[[dict[str, int]], Page]]:
    """Open the page at a size; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    with ExitStack() as pages:

        def opened(size: dict[str, int]) -> Page:
            page = pages.enter_context(page_of(chromium, size, complaints))
            page.goto(shown.base_url)
            expect(page.locator("#who-name")).to_have_text("张三")
            return page

        yield opened
    assert [each for each in complaints if "net::ERR_" not in each] == []  # a server that is away is not our fault


Visit = Callable[[dict[str, int]], Page]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_talk(visit: Visit, bot: EchoBot, size: dict[str, int]) -> None:
    """One types lines with Shift+Enter, sends with Enter, and sees both bubbles with the campaign's time."""
    page = visit(size)

    page.locator("#input").fill("手册20册")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("横幅3条")
    page.keyboard.press("Enter")

    expect(page.locator(".row.own .bubble")).to_have_text("手册20册\n横幅3条")
    expect(page.locator(".row.other .bubble")).to_have_text("收到：手册20册\n横幅3条")
    expect(page.locator(".when")).to_contain_text("5月11日 周二 08:5")
    expect(page.locator("#input")).to_be_empty()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_markup_stays_text(visit: Visit) -> None:
    """What looks like HTML is shown as it was written."""
    page = visit(DESKTOP)

    page.locator("#input").fill("<img src=x onerror=alert(1)> <b>粗</b>")
    page.keyboard.press("Enter")

    expect(page.locator(".row.other .bubble")).to_have_text("收到：<img src=x onerror=alert(1)> <b>粗</b>")
    assert page.locator(".bubble b, .bubble img").count() == 0


def test_failed_bubble(visit: Visit, bot: EchoBot) -> None:
    """A line that the bot refuses four times gets a red mark with what happened."""
    bot.script.extend([lambda: Response("", status=503)] * 4)
    page = visit(PHONE)

    page.locator("#input").fill("手册20册")
    page.keyboard.press("Enter")

    expect(page.locator(".row.own .failed")).to_be_visible()
    expect(page.locator(".note.bad")).to_have_text("机器人没有收下，回了 HTTP 503（试了 4 次）")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_first_visit(visit: Visit, size: dict[str, int]) -> None:
    """Three lines are offered; one click switches to the person and fills the input; closed they stay away."""
    page = visit(size)
    expect(page.locator(".chip")).to_have_count(3)

    page.locator(".chip").first.click()
    expect(page.locator("#who-name")).to_have_text("李四")
    expect(page.locator("#input")).to_have_value("本周短信已覆盖全部用户")
    expect(page.locator("#input")).to_be_focused()

    page.locator("#try-close").click()
    page.reload()
    expect(page.locator("#who-name")).to_have_text("李四")
    expect(page.locator("#try")).to_be_hidden()


def test_unread_and_switch(visit: Visit, shown: Platform) -> None:
    """A notice to somebody else is counted until one looks; the group can only be read."""
    page = visit(PHONE)
    Api(shown).send("li.si", "本周短信还没有报")
    expect(page.locator("#who-unread")).to_have_text("1")

    page.locator("#open-people").click()
    person = page.locator(".person", has_text="李四")
    expect(person).to_contain_text("本周短信还没有报")
    person.click()
    expect(page.locator(".row.other .bubble")).to_have_text("本周短信还没有报")
    expect(page.locator("#who-unread")).to_be_hidden()

    page.locator("#open-people").click()
    page.locator(".person", has_text="全省工作群").click()
    expect(page.locator("#composer")).to_be_hidden()
    expect(page.locator(".empty")).to_contain_text("群里还没有消息")


def test_clock(visit: Visit, shown: Platform, bot: EchoBot) -> None:
    """Pushing the clock shows the new time and says where notices arrived; without an answer it says so."""
    bot.on_clock = lambda: Api(shown).send("li.si", "请发短信") and None
    page = visit(DESKTOP)
    expect(page.locator("#clock-time")).to_have_text("08:50")
    expect(page.locator("#clock-day")).to_have_text("2021年5月11日 周二")

    page.get_by_role("button", name="+1天").click()
    expect(page.locator("#clock-day")).to_have_text("2021年5月12日 周三")
    page.locator("#arrivals button", has_text="李四 1条").click()
    expect(page.locator(".row.other .bubble")).to_have_text("请发短信")

    bot.clock_works = False
    page.get_by_role("button", name="+1小时").click()
    expect(page.locator("#arrivals")).to_contain_text("机器人没有回应")


def test_raw_exchanges(visit: Visit, shown: Platform) -> None:
    """The drawer lists the exchanges, newest first, decrypted and as they crossed the wire."""
    page = visit(DESKTOP)
    page.locator("#input").fill("我的")
    page.keyboard.press("Enter")
    expect(page.locator(".row.other")).to_be_visible()
    page.locator("#open-raw").click()

    page.locator(".raw summary", has_text="POST /wecom/callback").click()
    expect(page.locator(".raw pre").first).to_contain_text("<Content><![CDATA[我的]]></Content>")
    expect(page.locator(".raw pre").nth(1)).to_contain_text("<Encrypt>")
    page.keyboard.press("Escape")
    expect(page.locator("#raw")).to_be_hidden()


def test_server_restart(visit: Visit, shown: Platform, bot: EchoBot) -> None:
    """The page says when the server is away, and goes on by itself when it is back."""
    page, port = visit(DESKTOP), shown.port
    shown.stop()
    expect(page.locator("#offline")).to_be_visible()

    start(shown, bot, port)
    expect(page.locator("#offline")).to_be_hidden()
    shown.say("ZhangSan", "回来了")
    expect(page.locator(".row.own .bubble")).to_have_text("回来了")
