"""Who may do what with people, the last admin, two at once, and what a text says about its sender."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from models import outbox
from models.campaign.loader import HUNAN, load
from models.clock import SettableClock
from models.messages import Draft, Recipient, Text
from models.outbox import Notice
from models.session import Database, connect
from tests.handlers.people import STRANGER, World

NOON = datetime(2021, 5, 12, 1, 12, tzinfo=UTC)
SENDERS = {"stranger": STRANGER, "viewer": "sunning", "liaison": "zhangsan", "city": "chengang", "office": "liqiang"}
REFUSED = ("只有管理员能用", "还没有登记", "只有省联席办的管理员能办", "不归您管", "不在您管的单位里", "不用设默认")
EVERYBODY = {"viewer", "liaison", "city", "office"}

# Each command and who gets further than a refusal; the others get one that says who may.
COMMANDS = [
    ("名单", EVERYBODY),
    ("名单 长沙", EVERYBODY),
    ("名单 株洲", {"office"}),
    ("同意 1", {"city", "office"}),
    ("不同意 1", {"city", "office"}),
    ("停用 李四", {"city", "office"}),
    ("停用 周敏", {"office"}),
    ("停用 陈刚", {"office"}),
    ("启用 李四", {"city", "office"}),
    ("任命 李四 查看员", {"city", "office"}),
    ("任命 李四 候补联络员 岳麓区", {"city", "office"}),
    ("任命 李四 联络员 株洲", {"office"}),
    ("任命 李四 管理员", {"office"}),
    ("免去 李四 联络员", {"city", "office"}),
    ("免去 陈刚 管理员", {"office"}),
    ("免去 周敏 联络员", {"office"}),
    ("交接 张三 李四", {"city", "office"}),
    ("交接 周敏 李四", {"office"}),
    ("邀请 岳麓区", {"city", "office"}),
    ("邀请 岳麓区 管理员", {"office"}),
    ("邀请 株洲", {"office"}),
]
CASES = [(text, role, role in allowed) for text, allowed in COMMANDS for role in SENDERS]


@pytest.fixture
def world(sqlite_url: str) -> World:
    """The small world on SQLite."""
    return World(Database(connect(sqlite_url)), load(HUNAN), SettableClock(NOON))


@pytest.mark.parametrize(("text", "role", "allowed"), CASES)
def test_every_command_in_every_role(world: World, text: str, role: str, allowed: bool) -> None:
    """A command in the wrong role is refused, says who may, and changes nothing; nothing changes without a code."""
    world.say("joiner", "我是 岳麓区 钱进")
    before = world.roles()
    answer = world.say(SENDERS[role], text)
    refused = any(words in answer for words in REFUSED)
    assert refused is not allowed, answer
    if not allowed or not text.startswith("同意"):
        assert world.roles() == before
    if refused:
        assert "管理员" in answer
        assert "确认" not in answer.replace("管理员确认后", "")


@pytest.mark.parametrize("sender", ["stranger", "viewer", "liaison"])
@pytest.mark.parametrize(
    "text",
    [
        "我是管理员",
        "我是省联席办的管理员李强",
        "我是 省联席办 李强，停用 陈刚",
        "我是管理员，任命 张三 管理员",
        "李强：停用 陈刚",
        "以管理员身份 停用 陈刚",
        "管理员 停用 陈刚",
        "[李强] 同意 1",
        "同意 1",
        "确认 1000",
        "wecom_userid=liqiang 停用 陈刚",
        "<xml><FromUserName>liqiang</FromUserName></xml>",
        "停用 陈刚\n确认 1000",
    ],
)
def test_a_text_makes_nobody_else(world: World, sender: str, text: str) -> None:
    """Whatever a text says about its sender, no role changes and no code is given out or works."""
    world.say("joiner", "我是 岳麓区 钱进")
    world.say("liqiang", "停用 陈刚")  # a code that only he may use
    before = world.roles()
    answer = world.say(SENDERS[sender], text)
    assert "10分钟内回" not in answer
    assert world.roles() == before


def test_the_office_keeps_an_admin(world: World) -> None:
    """The last admin of the office can be neither switched off nor dismissed, by himself or by a code of before."""
    shown = world.say("duty", "停用 李强")
    assert "已停用" in world.confirm("liqiang", "停用 值班员")
    assert "已停用" in world.say(
        "duty", f"确认 {shown.partition('确认 ')[2][:4]}"
    )  # who is switched off confirms nothing
    for text in ("停用 李强", "免去 李强 管理员", "免去 李强"):
        assert "最后一位管理员" in world.say("liqiang", text)
    assert ("李强", "admin", 1, False, True) in world.roles()


def test_two_admins_who_switch_each_other_off(db: Database) -> None:
    """On either database one of the two stays, even when both codes come at the same moment."""
    world = World(db, load(HUNAN), SettableClock(NOON))
    codes = [
        world.say(account, text).partition("回“确认 ")[2][:4]
        for account, text in (("liqiang", "停用 值班员"), ("duty", "停用 李强"))
    ]
    answers = _at_once(world, [("liqiang", f"确认 {codes[0]}"), ("duty", f"确认 {codes[1]}")])
    admins = [role for role in world.roles() if role[1] == "admin" and role[2] == 1 and role[4]]
    assert len(admins) == 1, answers
    assert sum(answer.startswith("已停用") for answer in answers) == 1


def test_two_admins_who_agree_at_once(db: Database) -> None:
    """One 同意 lets the account in, the other is told who was first; the person is there once."""
    world = World(db, load(HUNAN), SettableClock(NOON))
    world.say("joiner", "我是 岳麓区 钱进")
    answers = _at_once(world, [("liqiang", "同意 1"), ("chengang", "同意 1"), ("duty", "不同意 1")])
    assert sum(answer.startswith(("已同意", "已回绝")) for answer in answers) == 1, answers
    assert sum("没有重复办理" in answer for answer in answers) == 2, answers
    joined = [role for role in world.roles() if role[0] == "钱进"]
    assert len(joined) == sum(answer.startswith("已同意") for answer in answers)
    assert sum(action in ("accept", "decline") for action in world.audited()) == 1


def _at_once(world: World, said: list[tuple[str, str]]) -> list[str]:
    answers = [""] * len(said)
    barrier = threading.Barrier(len(said))

    def speak(number: int) -> None:
        barrier.wait()
        answers[number] = world.say(*said[number])

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(len(said))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_every_change_is_audited(world: World) -> None:
    """Each change of a role leaves one row, in an unbroken chain; what is refused leaves none."""
    start = len(world.audited())
    world.say("joiner", "我是 岳麓区 钱进")
    world.say("chengang", "同意 1")
    for text in ("任命 李四 查看员", "免去 李四 查看员", "交接 张三 钱进", "停用 钱进", "启用 钱进"):
        world.confirm("chengang", text)
    world.say("zhangsan", "停用 李四")
    assert world.audited()[start:] == [
        "claim",
        "accept",
        "appoint",
        "dismiss",
        "hand-over",
        "switch-off",
        "switch-on",
    ]


def test_switching_on_gives_back_only_what_the_switching_off_took(world: World) -> None:
    """A role that was taken before stays taken."""
    world.confirm("chengang", "任命 李四 查看员")
    world.confirm("chengang", "免去 李四 查看员")
    world.clock.set(datetime(2021, 5, 13, 1, 12, tzinfo=UTC))
    world.confirm("chengang", "停用 李四")
    world.confirm("chengang", "启用 李四")
    mine = [(role, backup) for name, role, _, backup, live in world.roles() if name == "李四" and live]
    assert mine == [("liaison", True)]


def test_what_waits_for_somebody_is_withdrawn(world: World) -> None:
    """A reminder that quiet hours hold does not reach who was switched off or has handed over in the meantime."""
    people = {name: number for number, name in enumerate(("李强", "值班员", "陈刚", "张三", "李四"), 1)}
    with world.db.begin() as session:
        drafts = [
            Draft(Recipient("wecom_app", name, people[name], 2), Text("快到期了"), "due", world.clock.now())
            for name in ("张三", "李四", "陈刚")
        ]
        outbox.add(session, drafts, world.clock.now())
    assert "已交接" in world.confirm("chengang", "交接 张三 李四")
    assert "已停用" in world.confirm("chengang", "停用 李四")
    with world.db.read() as session:
        due = session.scalars(select(Notice).where(Notice.rule == "due").order_by(Notice.id)).all()
    assert [notice.status.value for notice in due] == ["cancelled", "cancelled", "waiting"]


def test_an_invitation_ends_with_the_rights_of_who_gave_it(world: World) -> None:
    """A code of an admin who was switched off lets nobody in."""
    code = world.say("chengang", "邀请 岳麓区").partition("邀请码：")[2][:6]
    assert "已停用" in world.confirm("liqiang", "停用 陈刚")
    assert "这个码不对" in world.say("joiner", f"绑定 {code} 钱进")
