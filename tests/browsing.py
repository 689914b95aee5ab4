"""A real Chromium for the tests of pages, at the sizes of a phone and a desktop. A pytest plugin."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
SEEN = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the pages are not seen"),
]  # the marks of a test that needs it


@contextmanager
def browser() -> Iterator[Browser]:
    """Run one browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start one browser for all tests of a module."""
    with browser() as found:
        yield found


@contextmanager
def page_of(chromium: Browser, size: dict[str, int], complaints: list[str]) -> Iterator[Page]:
    """Open an empty page at a size and note down what the browser complains about."""
    page = chromium.new_page(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.context.close()
    page.close()
