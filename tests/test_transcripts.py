"""Conversations: each transcript is played against a bot of its own, through one stand-in platform.

That every route has one is seen to by sharing.py: the conversations are played by several processes.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import app, router
from bot.config import load_all
from bot.standin import Platform
from models.campaign.loader import HUNAN
from models.clock import SettableClock
from models.inbox import Inbox
from tests import chat, installing, sharing
from tests.engine import ManualEngine

KEYS = {"corp_id": "ww1234567890abcdef", "secret": "secret-of-the-tests", "token": "TokenOfTheTests"}
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
AGENT_ID = 1000002
ROBOT = "11111111-2222-3333-4444-555555555555"
APART = itertools.count()


class Real:
    """Real time for the platform, moved on together with the bot's."""

    wall = chat.Wall()

    def __call__(self) -> float:
        return self.wall.now().timestamp()


@pytest.fixture(scope="session")
def real() -> Real:
    """Return the clock of the platform."""
    return Real()


@pytest.fixture(scope="session")
def platform(real: Real) -> Iterator[Platform]:
    """Return the platform of this session."""
    standin = Platform(**KEYS, encoding_aes_key=AES_KEY, agent_id=AGENT_ID, robots={ROBOT: "office"}, now=real)
    standin.retry_pause = 0.05
    standin.start()
    yield standin
    standin.stop()


def write_config(folder: Path, platform: Platform, changes: Sequence[str] = ()) -> Path:
    """Write a config for a fresh bot: the Hunan campaign and roster, and one admin whom nobody plays.

    changes: lines such as "[rankings.handouts] second_approver = true", put below that header of the campaign file.
    """
    campaign = HUNAN.read_text(encoding="utf-8")
    for change in changes:
        header, line = change.split("] ", 1)
        assert f"{header}]\n" in campaign, change
        campaign = campaign.replace(f"{header}]\n", f"{header}]\n{line}\n")
    (folder / "campaign.toml").write_text(campaign, encoding="utf-8")
    (folder / "people.csv").write_text(
        "name,org,role,wecom_userid\n值班员,省联席办,admin,duty_officer\n", encoding="utf-8"
    )
    return installing.write_config(
        folder,
        installing.Keys(**KEYS, aes_key=AES_KEY),
        platform.api_base,
        platform.webhook_url(ROBOT),
        campaign=folder / "campaign.toml",
        more='[server]\npublic_url = "http://bot.example"\n',
    )


@pytest.mark.parametrize("path", chat.files(), ids=chat.name)
def test_conversation(
    path: Path,
    tmp_path: Path,
    sqlite_template: Path,
    platform: Platform,
    real: Real,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bot says what the transcript says, no more and no less, and the ledger holds what it should."""
    monkeypatch.setattr(router, "PASSIVE_SECONDS", 60.0)  # a disk that is busy with other tests changes no words
    transcript = chat.parse(path)
    shutil.copy(sqlite_template, tmp_path / "bot.db")
    real.wall = chat.Wall()
    real.wall.offset = next(APART) * timedelta(minutes=2)  # the platform's limits are of a minute, and it is shared
    clock, engine = SettableClock(transcript.start), ManualEngine()
    codes, invitations = itertools.count(4821), iter(["A7K9Q2", "B8M4R3", "C9N5S4"])
    bot = app.build(
        load_all(write_config(tmp_path, platform, transcript.changes)),
        clock=clock,
        wall=real.wall,
        engine=engine,
        new_code=lambda: str(next(codes)),
        new_invitation=lambda: next(invitations),
    )
    bot.start()
    served = chat.Served(bot)
    platform.callback_url = f"{served.base}/wecom/callback"
    try:
        lines = chat.Player(transcript, bot, engine, platform, clock, real.wall).play()
        with bot.db.read() as session:
            sharing.note_conversation(chat.name(path), session.scalars(select(Inbox.route).distinct()))
    finally:
        served.stop()
        bot.stop()
    written = "\n".join(lines) + "\n"
    if request.config.getoption("--rewrite-transcripts"):
        path.write_text(written, encoding="utf-8")
    assert written.splitlines() == path.read_text(encoding="utf-8").splitlines()


def test_every_transcript_says_what_it_is_about() -> None:
    """A transcript names its subject, and the source of the rule it shows."""
    for path in chat.files():
        head = "\n".join(chat.parse(path).head)
        assert "题目: " in head, path
        assert "依据: " in head, path
