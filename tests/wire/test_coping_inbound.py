"""Callbacks that come twice, late, or out of order: each report counts once, for whoever said it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from bot import router
from bot.app import Bot
from bot.standin import Platform
from models import audit
from models.inbox import Inbox
from models.ledger import Entry, Report
from tests.installing import install, make_platform
from tests.wire.test_app import count, running


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Return a running platform."""
    platform = make_platform()
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def bot(tmp_path: Path, platform: Platform, sqlite_url: str) -> Iterator[Bot]:
    """Return a bot that the platform calls."""
    with running(install(tmp_path, platform, sqlite_url), platform, work=False) as (bot, _):
        yield bot


@pytest.mark.parametrize("key", ["callback-lost", "callback-twice"])
def test_a_repeat_counts_once(bot: Bot, platform: Platform, key: str) -> None:
    """Whether the answer got lost or the platform says it twice, there is one report and one answer to see."""
    platform.switch(key, times=1)
    delivery = platform.say("WangFang", "今天发放宣传手册500册")
    assert delivery.ok
    assert (count(bot.db, Inbox), count(bot.db, Report), count(bot.db, Entry)) == (1, 1, 1)
    answers = [bubble for bubble in platform.bubbles("WangFang") if not bubble.incoming]
    assert len(answers) == 1
    assert "已记录 #1" in answers[0].text
    asked = [each for each in platform.exchanges.since() if each.to_bot and each.method == "POST"]
    assert len(asked) == 2


def test_out_of_order_each_keeps_his_own(bot: Bot, platform: Platform) -> None:
    """Of two people's reports the later one comes first; both stand, each for who said it, at what he said."""
    platform.fault("callback", behind=True, delay=5.0)
    first = threading.Thread(target=platform.say, args=("WangFang", "今天发放宣传手册500册"))
    first.start()
    platform.wait_until(lambda: platform._caller._held_back)
    platform.say("zhaoliu", "今天发放宣传手册70册")
    first.join()
    with bot.db.read() as session:
        rows = session.execute(
            select(Inbox.sender_ref, Entry.value)
            .join(Report, Report.inbox_id == Inbox.id)
            .join(Entry, Entry.report_id == Report.id)
            .order_by(Inbox.id)
        ).all()
    assert [(row.sender_ref, int(row.value)) for row in rows] == [("zhaoliu", 70), ("WangFang", 500)]


def test_a_crowd_is_answered_each_for_himself(bot: Bot, platform: Platform) -> None:
    """Of many who write at once everybody gets his own answer: what stands, what is refused, what is asked back."""
    said = {
        "WangFang": ["今天发放宣传手册500册", "撤销 #9999", "今天悬挂横幅12条"],
        "zhaoliu": ["今天发放宣传手册70册", "我的", "手册大约几百册"],
    }
    words = [(user, text) for user, texts in said.items() for text in texts] * 3
    with ThreadPoolExecutor(len(words)) as pool:
        sent = list(pool.map(lambda each: platform.say(*each), words))
    assert all(each.ok for each in sent)
    with bot.db.read() as session:
        rows = session.execute(select(Inbox.sender_ref, Inbox.text, Inbox.outcome, Inbox.answer)).all()
        figures = session.execute(
            select(Inbox.sender_ref, Entry.indicator, Entry.value)
            .join(Report, Report.inbox_id == Inbox.id)
            .join(Entry, Entry.report_id == Report.id)
        ).all()
        assert audit.verify(session) is None
    assert len(rows) == len(words)
    outcomes = {(row.text, row.outcome) for row in rows}
    assert ("今天发放宣传手册500册", "recorded") in outcomes
    assert ("撤销 #9999", "refused") in outcomes
    assert all(row.answer["text"] for row in rows)
    assert Counter(figures) == {
        ("WangFang", "handbook", 500): 3,
        ("WangFang", "banner", 12): 3,
        ("zhaoliu", "handbook", 70): 3,
    }


def test_an_answer_that_comes_late(bot: Bot, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the platform will have hung up the answer goes as a message of its own, once, and the figure counts once."""
    monkeypatch.setattr(router, "PASSIVE_SECONDS", -1.0)
    delivery = platform.say("WangFang", "今天发放宣传手册500册")
    assert delivery.ok
    assert delivery.reply is None
    bot.drain("wecom_app")
    bot.drain("wecom_app")
    answers = [bubble for bubble in platform.bubbles("WangFang") if not bubble.incoming]
    assert ["已记录 #1" in each.text for each in answers] == [True]
    assert (count(bot.db, Inbox), count(bot.db, Entry)) == (1, 1)
