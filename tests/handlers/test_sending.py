"""催报 and 通知: who may, two at once, what people typed, and the truth about what was sent."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from handlers.broadcast import harmless
from models.campaign.loader import HUNAN, load
from models.clock import SettableClock
from models.inbox import Inbox
from models.messages import Draft, Recipient, Text
from models.outbox import Notice, Status, add
from models.people import Person
from models.reminding import CHASE, URGENT
from models.sendings import Outcome, outcome
from models.session import Database
from models.withdrawn import STOPPED
from tests.handlers.people import World

NOON = datetime(2021, 5, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def world(db: Database) -> World:
    """Return the small world, once on each kind of database."""
    return World(db, load(HUNAN), SettableClock(NOON))


def code_of(answer: str) -> str:
    """Return the code that an answer hands out."""
    return answer.partition("回“确认 ")[2][:4]


def test_of_two_chases_at_once_one_goes(world: World) -> None:
    """Two admins confirm the same chase in the same moment: each liaison is reminded once, the other admin is told."""
    codes = {name: code_of(world.say(name, "催报 总结")) for name in ("liqiang", "duty")}
    answers: list[str] = []
    barrier = threading.Barrier(2)

    def confirm(name: str) -> None:
        barrier.wait()
        answers.append(world.say(name, f"确认 {codes[name]}"))

    threads = [threading.Thread(target=confirm, args=(name,)) for name in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer[:3] for answer in answers) == ["已催报", "这次没"]
    assert any("刚刚已经催过" in answer for answer in answers)
    with world.db.read() as session:
        told = session.scalars(select(Notice.person_id).where(Notice.rule == CHASE)).all()
    assert len(told) == len(set(told)) == 2  # Changsha's and Zhuzhou's liaison; the backup is not bothered


def test_an_urgent_chase_passes_the_cap_once(world: World) -> None:
    """A liaison who has had his three reminders today gets one urgent one at night, and no second."""
    world.clock.set(datetime(2021, 5, 28, 14, 0, tzinfo=UTC))  # 22:00 there, four hours after the deadline
    with world.db.begin() as session:
        person = session.scalars(select(Person).where(Person.name == "周敏")).one()
        for number in range(3):
            draft = Draft(Recipient("wecom_app", "zhoumin", person.id), Text(str(number)), CHASE, world.clock.now())
            add(session, [draft], world.clock.now())
    assert "今天已收满3条提醒" in world.say("liqiang", "催报 总结 株洲")
    assert "马上发出" in world.confirm("liqiang", "催报 总结 株洲 加急")
    assert "今天已加急催过" in world.say("liqiang", "催报 总结 株洲 加急")
    with world.db.read() as session:
        sent = session.scalars(select(Notice).where(Notice.rule == URGENT)).all()
        assert [(notice.user_ref, notice.not_before) for notice in sent] == [("zhoumin", world.clock.now())]
    assert world.audited()[-1] == "chase-urgent"


@pytest.mark.parametrize(
    ("account", "text", "words"),
    [
        ("zhangsan", "催报", "只有管理员能用"),
        ("sunning", "通知 全体 你好", "只有管理员能用"),
        ("chengang", "通知 全体 你好", "只有省联席办的管理员能发"),
        ("chengang", "通知 株洲 你好", "不归您管"),
        ("chengang", "通知 长沙、株洲 你好", "不归您管"),
        ("chengang", "催报 总结 株洲", "不归您管"),
        ("zhangsan", "停止发送", "只有管理员能用"),
        ("zhangsan", "发送情况", "只有管理员能用"),
        ("zhoumin", "代报 长沙 手册1", "不归您管"),
        ("chengang", "代报 株洲 手册1", "不归您管"),
        ("sunning", "代报 长沙 手册1", "不能报数"),
    ],
)
def test_who_may_not(world: World, account: str, text: str, words: str) -> None:
    """A refused command says who may do it, and writes nothing."""
    assert words in world.say(account, text)
    with world.db.read() as session:
        assert session.scalars(select(Notice)).all() == []


def test_a_right_that_was_lost_stops_the_code(world: World) -> None:
    """Who is no admin any more when he confirms sends nothing."""
    code = code_of(world.say("chengang", "通知 长沙及下属 明天检查"))
    assert code
    world.confirm("liqiang", "免去 陈刚 管理员")
    world.say("chengang", f"确认 {code}")
    with world.db.read() as session:
        assert session.scalars(select(Notice).where(Notice.rule == "broadcast")).all() == []


def test_only_ones_own_sending_is_stopped(world: World) -> None:
    """A city's admin cannot stop what the office sends; the office can stop what a city sends."""
    world.clock.set(datetime(2021, 5, 12, 14, 0, tzinfo=UTC))  # 22:00 there: held until the morning
    assert "人" in world.confirm("liqiang", "通知 长沙 明天开会")
    assert "没有还在等着发的" in world.say("chengang", "停止发送")
    assert "不再发" in world.say("liqiang", "停止发送")
    with world.db.read() as session:
        notices = session.scalars(select(Notice).where(Notice.rule == "broadcast")).all()
        assert {(notice.status, notice.reason) for notice in notices} == {(Status.CANCELLED, STOPPED)}
        assert session.scalars(select(Inbox.outcome).where(Inbox.text == "停止发送")).all() == ["refused", "stopped"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ('<a href="http://x.example/">点这里</a>', "点这里（http://x.example/）"),
        ("<A HREF='http://x.example/' target=_blank>点\n这里</A>", "点\n这里（http://x.example/）"),
        ("<a href=http://x.example>点</a >", "点（http://x.example）"),
        ('<a href="http://x.example">没有关上', '＜a href="http://x.example">没有关上'),
        ("3<5，手册<500册", "3<5，手册<500册"),
        ("看 https://x.example/a?b=1&c=2", "看 https://x.example/a?b=1&c=2"),
    ],
)
def test_no_tag_stays_a_tag(typed: str, shown: str) -> None:
    """What the platform would show as a link with other words loses its disguise; plain text stays as it is."""
    assert harmless(typed) == shown


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (Status.CANCELLED, "5月12日09:14已报，催报取消", Outcome.ANSWERED),
        (Status.CANCELLED, STOPPED, Outcome.STOPPED),
        (Status.CANCELLED, "switched off", Outcome.LEFT),
        (Status.SENDING, "", Outcome.WAITING),
        (Status.UNCERTAIN, "", Outcome.UNCERTAIN),
        (Status.EXPIRED, "its moment passed", Outcome.EXPIRED),
        (Status.FAILED, "81013", Outcome.FAILED),
    ],
)
def test_an_outcome_is_told_as_it_is(status: Status, reason: str, expected: Outcome) -> None:
    """A withdrawn notice is not called sent, and it is said why it was withdrawn."""
    assert outcome(Notice(status=status, reason=reason)) is expected
