"""A bot that runs in this process, with a short patience, and is ended after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import structlog

from bot import app
from bot.config import load_all
from bot.engine.local import LocalEngine
from models.session import connect
from tests.chaos.desk import BUSY, Office, Start
from tests.installing import install, make_platform
from tests.serving import serving


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Return what starts a bot on a database; all are ended after the test."""
    monkeypatch.setattr(app, "connect", partial(connect, busy_seconds=BUSY))
    monkeypatch.setattr("bot.channels.tokens.WAIT_SECONDS", 0.5)
    platform = make_platform()
    platform.start()
    ended: list[Callable[[], object]] = []

    def begin(url: str) -> Office:
        loaded = load_all(install(tmp_path, platform, url), {})
        bot = app.build(loaded, engine=LocalEngine(beat_seconds=0.1), timeout=(1.0, 2.0))
        bot.start()
        served = serving(bot.flask)
        platform.callback_url = f"{served.__enter__()}/wecom/callback"
        ended.extend([bot.stop, partial(served.__exit__, None, None, None)])
        return Office(bot, platform)

    with structlog.testing.capture_logs():
        yield begin
        for end in reversed(ended):
            end()
    platform.stop()
