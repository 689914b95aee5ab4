"""`python -m bot demo` as a visitor sees it: the real bot, the stand-in platform and the page, in a real Chromium."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.standin.switches import SWITCHES
from tests.browsing import DESKTOP, PHONE, SEEN, browser

pytestmark = SEEN
HOME = Path(__file__).parent.parent
PATIENT = 30_000  # ms that an expectation waits; two busy cores are no failure


def free_pair() -> int:
    """Return a port that is free together with the next one."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the demo as `make run` does; returns its address."""
    folder, port = tmp_path_factory.mktemp("demo"), free_pair()
    command = [sys.executable, "-m", "bot", "demo", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert f"http://127.0.0.1:{port}/" in line, line
    yield f"http://127.0.0.1:{port}/"
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert process.wait(30) in (0, 1)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def visitor(demo: str) -> Iterator[Page]:
    """Open the page at desktop width, for the first time."""
    with browser() as chromium:
        page = chromium.new_page(viewport=DESKTOP)  # type: ignore[arg-type]
        page.goto(demo)
        expect.set_options(timeout=PATIENT)
        yield page
        expect.set_options(timeout=None)


def say(page: Page, text: str) -> None:
    """Type and send as the one who is chosen."""
    page.locator("textarea").first.fill(text)
    page.keyboard.press("Enter")


def test_a_first_visitor_reports_and_is_answered(visitor: Page) -> None:
    """One of the three lines to try fills the input; the answer names the number, the org and the totals."""
    visitor.get_by_text("今天发放手册3000余册").first.click()
    visitor.keyboard.press("Enter")
    expect(visitor.locator(".bubble", has_text="已记录 #1 长沙市公安局 5月11日")).to_be_visible()
    expect(visitor.locator(".bubble", has_text="宣传手册 +3,000册（约），累计3,000册")).to_be_visible()


def test_the_clock_brings_reminders_and_the_ranking(visitor: Page) -> None:
    """Pushed on by days, the welcome reaches the liaison and the weekly ranking reaches the group as a picture."""
    say(visitor, "抖音粉丝121000，快手关注3万，微博粉丝22000，视频号关注9000，人民日报客户端关注3800")
    expect(visitor.locator(".bubble", has_text="抖音关注 121,000人")).to_be_visible()
    for day in (12, 13, 14, 15):
        visitor.get_by_role("button", name="+1天").first.click()
        expect(visitor.get_by_text(re.compile(f"2021年5月{day}日")).first).to_be_visible(timeout=30_000)
    expect(visitor.locator(".bubble", has_text="今天开始，到5月31日结束")).to_be_visible()
    visitor.locator(".person", has_text="宣传月工作群").click()
    expect(visitor.locator(".bubble", has_text="万人关注率 第1期")).to_be_visible()
    expect(visitor.locator(".bubble img").first).to_be_visible()


def test_an_admin_sees_the_progress_on_a_phone(visitor: Page, demo: str) -> None:
    """At phone width the page does not scroll sideways, and an admin's 进度 is answered."""
    assert visitor.context.browser is not None
    phone = visitor.context.browser.new_page(viewport=PHONE)
    phone.goto(demo)
    phone.get_by_text("进度", exact=True).first.click()
    phone.keyboard.press("Enter")
    expect(phone.locator(".bubble", has_text="看名单请回")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.close()


def test_the_month_shows_what_was_and_what_comes(visitor: Page, demo: str) -> None:
    """The calendar tells of past days what became of each event, of coming ones to whom it goes and the text."""
    visitor.get_by_role("button", name="看整月安排").click()
    past = visitor.locator(".event.is-sent", has_text="活动启动通知")
    expect(past).to_contain_text(re.compile(r"已发\d+"))
    coming = visitor.locator(".event.is-coming", has_text="总结到期前提醒（提前3天）")
    coming.click()
    expect(visitor.locator("#calendar-detail")).to_contain_text("还没到")
    expect(visitor.locator("#calendar-detail")).to_contain_text("宣传月工作总结还没报，5月28日18:00截止（还有3天）")
    visitor.get_by_role("button", name="关闭整月安排").click()
    assert visitor.context.browser is not None
    phone = visitor.context.browser.new_page(viewport=PHONE)
    phone.goto(demo)
    phone.get_by_role("button", name="看整月安排").click()
    phone.locator(".event.is-coming", has_text="总结到期前提醒（提前3天）").click()
    expect(phone.locator(".day .detail-text")).to_contain_text("交了回一句“总结已报送”就行")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.close()


def test_anybody_can_watch_the_bot_cope(visitor: Page, demo: str) -> None:
    """The drawer cuts the app off; the bot rests, reports it, and says so in 状态, where it still answers."""
    visitor.get_by_role("button", name=re.compile("^故障")).click()
    visitor.get_by_text("直到关闭", exact=True).click()
    visitor.get_by_role("switch", name="地址不可信 60020").click()
    expect(visitor.locator(".fault.on")).to_contain_text("开着")
    visitor.get_by_role("button", name="关闭故障").click()
    expect(visitor.locator("#faults-on")).to_have_text("1")
    visitor.locator(".person", has_text="省联席办 管理员").first.click()
    expect(visitor.locator("#who-label")).to_have_text("省联席办 管理员")
    say(visitor, "通知 湖南移动 今天下午三点开会")
    preview = visitor.locator(".bubble", has_text="今天下午三点开会").filter(has_text=re.compile(r"确认 \d{4}")).last
    say(visitor, re.findall(r"确认 \d{4}", preview.inner_text())[-1])
    expect(visitor.locator(".bubble", has_text=re.compile(r"^确认 \d{4}"))).to_be_visible()
    visitor.get_by_role("button", name=re.compile("^故障")).click()
    expect(visitor.locator("#coping")).to_contain_text("异常：服务器的地址不在应用的可信IP里")
    visitor.locator(".calls summary").click()
    expect(visitor.locator(".call", has_text="没发成，会再试：服务器地址不在应用的可信IP里").first).to_be_visible()
    visitor.get_by_role("button", name="全部关闭").click()
    expect(visitor.locator(".fault.on")).to_have_count(0)
    visitor.get_by_role("button", name="关闭故障").click()
    say(visitor, "状态")
    expect(visitor.locator(".bubble", has_text="· 异常：服务器的地址不在应用的可信IP里")).to_be_visible()
    assert visitor.context.browser is not None
    phone = visitor.context.browser.new_page(viewport=PHONE)
    phone.goto(demo)
    phone.get_by_role("button", name=re.compile("^故障")).click()
    expect(phone.locator(".fault")).to_have_count(len(SWITCHES))
    assert phone.locator(".faults-body").evaluate("body => body.scrollWidth <= innerWidth")
    phone.close()
