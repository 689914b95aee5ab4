"""What was doubtful is asked about, and any process takes the short answer from the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.router import Router
from models.campaign.loader import HUNAN, load
from models.clock import SettableClock
from models.messages import Inbound, InboundKind
from models.people import Identity, Membership, Org, Person, Role
from models.session import Database

NOW = datetime(2021, 5, 12, 8, 30, tzinfo=UTC)
CAMPAIGN = load(HUNAN)
Say = Callable[[str, int], str]


@pytest.fixture
def say(db: Database) -> Say:
    """Return what says something, so many minutes on, to a process that has just started, and gives its answer."""
    with db.begin() as session:
        org = Org(name="长沙市公安局", kind="city", headcount=14200, population=10_000_000, aliases=["长沙"])
        person = Person(name="王芳", active=True, created_at=NOW)
        session.add_all([org, person])
        session.flush()
        session.add(Identity(person_id=person.id, channel="wecom_app", user_ref="wangfang"))
        session.add(Membership(person_id=person.id, org_id=org.id, role=Role.LIAISON, since_at=NOW))

    def _say(text: str, minutes: int) -> str:
        router = Router(db, CAMPAIGN, SettableClock(NOW), SettableClock(NOW + timedelta(minutes=minutes)))
        return router.handle(Inbound("wecom_app", f"{minutes}", "wangfang", InboundKind.TEXT, text)) or ""

    return _say


@pytest.mark.parametrize(
    ("text", "asked", "answer", "entered"),
    [
        ("手册300000册", "比通常多很多", "是", "宣传手册 +300,000册"),
        ("手册300000册", "比通常多很多", "3000", "宣传手册 +3,000册"),
        ("民警关注99999人", "比通常多很多", "否", "没有记"),
        ("手册发了三四百本", "是个范围", "350", "宣传手册 +350册"),
        ("横幅若干", "具体是多少", "12", "横幅标语 +12条"),
        ("手册上午20本，下午30本，合计60本", "对不上", "2", "宣传手册 +50册"),
        ("手册发了5箱", "合多少册", "200", "宣传手册 +200册"),
        ("印了手册900本", "印的还是发的", "600", "宣传手册 +600册"),
        ("大喇叭36个", "按“次”报", "3", "广播 +3次"),
        ("走访商铺80家", "哪个场所", "3", "进单位 +80次"),
        ("8个社区每个社区挂了2条横幅", "是不是16条", "是", "横幅标语 +16条"),
        ("抖音涨粉500", "现在的总数", "1.2万", "抖音关注 12,000人"),
        ("影院3家，映前放映40场", "以哪个为准", "1", "影院映前 +3家"),
        ("今天发了300", "哪一项", "1", "宣传手册 +300册"),
        ("5月20日横幅30条", "还没到", "是", "横幅标语 +30条"),
        ("4月20日手册100册", "早于5月1日", "否", "没有记"),
    ],
)
def test_each_doubt_is_settled_by_a_short_answer(say: Say, text: str, asked: str, answer: str, entered: str) -> None:
    """One process asks, another one enters what was answered, and the question is closed."""
    assert asked in say(text, 1)
    assert entered in say(answer, 30)
    assert "现在没有等您回答的问题" in say("是", 31)


def test_a_falling_total_is_asked_about(say: Say) -> None:
    """A running total adds the difference; a lower one waits for its yes."""
    assert "宣传手册 +12,500册" in say("手册12500册", 1)
    assert "宣传手册 累计 13,000，已记 12,500，本次 +500" in say("手册累计1.3万册", 2)
    assert "比已记的13,000还少" in say("手册累计9000册", 3)
    assert "宣传手册 累计 9,000，已记 13,000，本次 -4,000" in say("是", 4)


def test_a_question_lives_for_half_an_hour(say: Say) -> None:
    """An answer after 30 minutes enters nothing and says so."""
    assert "是个范围" in say("手册发了三四百本", 1)
    assert "已过30分钟，这一项没有记" in say("350", 31)
