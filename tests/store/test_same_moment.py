"""Many threads on the real database do at the same moment what may be done only once, or must be counted each time."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from bot import router
from bot.app import Bot, build
from bot.config import load_all
from bot.together import _Place
from handlers.base import Context, Match, route
from handlers.routes import ROUTES
from models import audit
from models.audit import AuditRow
from models.forms import Form
from models.inbox import Inbox
from models.messages import Inbound, InboundKind, Reply
from tests import installing
from tests.engine import ManualEngine

NUMBERS = itertools.count(1)
NOWHERE = "http://127.0.0.1:9/"


def _wrong(ctx: Context, match: Match) -> Reply:
    ctx.session.execute(sql("SELECT nothing FROM nowhere"))
    return Reply("")


WRONG = route("wrong", words=("wrong",))(_wrong)


@pytest.fixture
def bot(tmp_path: Path, database_url: str) -> Iterator[Bot]:
    """Return a bot that is asked in this process."""
    bot = make(tmp_path, database_url)
    yield bot
    bot.stop()


def make(tmp_path: Path, database_url: str) -> Bot:
    """Build a bot in a folder."""
    (tmp_path / "people.csv").write_text(installing.PEOPLE, encoding="utf-8")
    robot = f"{NOWHERE}webhook/send?key={installing.ROBOT_KEY}"
    config = installing.write_config(
        tmp_path, installing.OURS, NOWHERE, robot, database=database_url, more=installing.CLOCK
    )
    bot = build(load_all(config, {}), engine=ManualEngine())
    bot.prepare()
    return bot


def say(bot: Bot, who: str, text: str) -> str:
    """Send one message; returns the answer."""
    return bot.router.handle(Inbound("wecom_app", f"m{next(NUMBERS)}", who, InboundKind.TEXT, text)) or ""


def at_once(bot: Bot, said: list[tuple[str, str]]) -> list[str]:
    """Send messages at the same moment; returns the answers."""
    start = threading.Barrier(len(said))

    def one(each: tuple[str, str]) -> str:
        start.wait(10)
        return say(bot, *each)

    with ThreadPoolExecutor(len(said)) as pool:
        return list(pool.map(one, said))


def failed(bot: Bot) -> list[str]:
    """List what broke a handler."""
    with bot.db.read() as session:
        assert audit.verify(session) is None
        return list(session.scalars(select(Inbox.text).where(Inbox.outcome == "failed")))


def test_every_wrong_code_counts(bot: Bot) -> None:
    """Who tries many codes at the same moment is locked after the fifth all the same, known or not."""
    for who, word in (("WangFang", "确认 {:04}"), ("eve", "绑定 AAAA{:02} 某人")):
        answers = at_once(bot, [(who, word.format(number)) for number in range(8)])
        assert sum("15分钟后再试" in answer for answer in answers) == 4
    assert failed(bot) == []
    with bot.db.read() as session:
        noted = Counter(session.scalars(select(AuditRow.action).where(AuditRow.action.like("code-%"))))
    assert noted == {"code-wrong": 8, "code-locked": 2}


def test_of_several_who_take_a_report_back_one_does(bot: Bot) -> None:
    """The others are told that it is done, not that something broke."""
    number = re.findall(r"#\d+", say(bot, "WangFang", "今天发放宣传手册500册"))[0]
    answers = at_once(bot, [(who, f"撤销 {number}") for who in ("WangFang", "liqiang", "WangFang", "liqiang")])
    assert failed(bot) == []
    done = [answer for answer in answers if answer.startswith("已撤销")]
    assert len(done) == 1
    assert all("没有重复操作" in answer for answer in answers if answer not in done)


def test_of_two_taps_one_opens_a_form(bot: Bot) -> None:
    """A message that is sent twice under two numbers does not leave two forms open."""
    at_once(bot, [("WangFang", "填报")] * 4)
    with bot.db.read() as session:
        assert session.scalar(select(func.count(Form.id)).where(Form.closed_at.is_(None))) == 1


def test_a_statement_that_fails_spoils_no_others(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a group whose one message makes a wrong statement the others are answered; that one comes again."""
    bot = make(tmp_path, sqlite_url)
    monkeypatch.setattr(router, "ROUTES", (WRONG, *ROUTES))
    said = ["今天发放宣传手册500册", "wrong", "今天悬挂横幅12条"]
    places: list[_Place[router._Task, str | None]] = [
        _Place(router._Task(Inbound("wecom_app", text, "WangFang", InboundKind.TEXT, text), text, time.monotonic()))
        for text in said
    ]
    assert bot.router._together is not None
    bot.router._together._work(places)
    assert [isinstance(place.error, OperationalError) for place in places] == [False, True, False]
    assert ["已记录" in (place.outcome or "") for place in places] == [True, False, True]
    with bot.db.read() as session:
        assert session.scalar(select(func.count(Inbox.id))) == 2
    bot.stop()
