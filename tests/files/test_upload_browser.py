"""The upload page in a real Chromium at the width of a phone: it fits, it tells, it hands in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.filetypes import DOCUMENT_BYTES
from tests.browsing import PHONE, SEEN, page_of
from tests.files.conftest import World
from tests.files.samples import docx

pytestmark = SEEN


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Return a page; what the browser complains about fails the test, but for the status of a refusal."""
    complaints: list[str] = []
    with page_of(chromium, PHONE, complaints) as page:
        yield page
    assert [each for each in complaints if "the server responded with a status of 4" not in each] == []


def write(folder: Path, name: str, content: bytes) -> Path:
    """Put a file where the browser can pick it."""
    path = folder / name
    path.write_bytes(content)
    return path


def fits(page: Page) -> bool:
    """Tell whether nothing sticks out at the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_hand_in(page: Page, world: World, tmp_path: Path) -> None:
    """One sees what is asked, picks a file, hands it in, and gets the number; going back shows that it is done."""
    address = world.base + world.link()
    page.goto(address)
    expect(page.locator("h1")).to_have_text("上传宣传月工作总结")
    assert fits(page)
    shot(page, "form")
    page.set_input_files("#file", write(tmp_path, "长沙市公安局反诈宣传月工作总结（最终稿第三次修改）.docx", docx()))
    expect(page.locator("#picked")).to_contain_text("最终稿")
    assert fits(page)
    page.locator("#send").click()
    expect(page.locator("h1")).to_have_text("已收到")
    expect(page.locator("main")).to_contain_text("编号 #1")
    assert fits(page)
    shot(page, "done")
    page.goto(address)
    expect(page.locator("h1")).to_have_text("这个链接已经用过了")
    shot(page, "used")


def test_wrong_file_then_right_one(page: Page, world: World, tmp_path: Path) -> None:
    """A wrong file is refused in place, and the next one goes by the same link."""
    page.goto(world.base + world.link())
    page.locator("#send").click()
    assert page.locator("#file:invalid").count() == 1
    page.set_input_files("#file", write(tmp_path, "总结.docx", b"MZ"))
    page.locator("#send").click()
    expect(page.locator("#problem")).to_contain_text("内容不是")
    shot(page, "wrong")
    page.set_input_files("#file", write(tmp_path, "对.docx", docx()))
    expect(page.locator("#problem")).to_be_hidden()
    page.locator("#send").click()
    expect(page.locator("h1")).to_have_text("已收到")


def test_too_big_is_said_before_it_is_sent(page: Page, world: World, tmp_path: Path) -> None:
    """A file that is too big is not sent at all."""
    page.goto(world.base + world.link())
    page.set_input_files("#file", write(tmp_path, "big.pdf", b"%PDF-" + b"0" * DOCUMENT_BYTES))
    expect(page.locator("#problem")).to_contain_text("超过20MB")
    with_requests: list[str] = []
    page.on("request", lambda request: with_requests.append(request.method))
    page.locator("#send").click()
    expect(page.locator("#problem")).to_be_visible()
    assert with_requests == []


def test_without_script(chromium: Browser, world: World, tmp_path: Path) -> None:
    """The form works without script too."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(world.base + world.link())
    page.set_input_files("#file", write(tmp_path, "对.docx", docx()))
    page.locator("#send").click()
    expect(page.locator("h1")).to_have_text("已收到")
    context.close()


def shot(page: Page, name: str) -> None:
    """Keep a picture for who wants to look: set UPLOAD_SHOTS to a folder."""
    import os

    if os.environ.get("UPLOAD_SHOTS"):
        page.screenshot(path=f"{os.environ['UPLOAD_SHOTS']}/{name}.png", full_page=True)
