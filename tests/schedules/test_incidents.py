"""Incidents: opened once, told once when they begin and once when they are over, by a channel that works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.typing import EventDict

from bot import outgoing
from bot.channels.base import Reaction, SendError, refused
from bot.delivery import Delivery
from bot.filestore import FileStore
from bot.incidents import Incidents
from bot.silence import HALF_HOURS
from handlers import wording
from models import inbox, outbox
from models.amendments import Effective
from models.clock import SettableClock
from models.messages import Content, Draft, Inbound, InboundKind, Picture, Recipient, TableText, Text
from models.state import state
from tests.render.charts import MATRICES, TRENDS
from tests.render.tables import HUNAN
from tests.schedules.world import World, at
from tests.store.delivering import FakeChannel

Make = Callable[..., World]


WALL = datetime(2026, 11, 24, tzinfo=UTC)


class Site:
    """What one process holds, wired as bot/app.py does; the wall clock is shared."""

    def __init__(self, world: World, folder: Path, wall: SettableClock, robot: bool = False, per_day: int = 0) -> None:
        self.app, self.robot = FakeChannel(per_day=per_day), FakeChannel("robot:office", users=1, repeats=False)
        effective = Effective(world.campaign)
        groups = ["robot:office"] if robot else []
        self.incidents = Incidents(world.db, effective, world.clock, wall, groups, lambda session: per_day)
        parts = partial(
            outgoing.parts,
            zone=ZoneInfo("Asia/Shanghai"),
            store=FileStore(folder),
            make=partial(outgoing.make_file, world.db, effective),
            tell=self.incidents.picture_broken,
            drawn=self.incidents.picture_drawn,
        )
        self.delivery = Delivery(world.db, [self.app, self.robot], world.clock, wall, parts)
        self.world, self.wall = world, wall

    def run(self, seconds: float = 0) -> None:
        """Let real time pass, look, and send."""
        self.wall.advance(timedelta(seconds=seconds))
        self.world.clock.advance(timedelta(seconds=seconds))
        self.delivery.drain("wecom_app")
        self.incidents.watch()
        self.delivery.drain("wecom_app")
        self.delivery.drain("robot:office")

    def alerts(self) -> list[tuple[str, str]]:
        """List what was really told of incidents: by which channel, the first words."""
        sent = [n for n in self.world.notices("alert") if n.status is outbox.Status.SENT]
        return [(n.channel, n.content["text"][:12]) for n in sent]

    def shown(self) -> list[str]:
        """Return what 状态 says about incidents."""
        with self.world.db.read() as session:
            found = state(session, self.world.campaign, self.world.clock.now())
        return wording.incident_lines(self.world.campaign, found.incidents)


def desk(world: World, folder: Path) -> tuple[Delivery, FakeChannel]:
    """Make a delivery of one process."""
    site = Site(world, folder, SettableClock(WALL))
    return site.delivery, site.app


@pytest.fixture
def site(make_world: Make, tmp_path: Path) -> Site:
    """Return a process with a robot, on a working morning."""
    return Site(make_world("05-14 10:02"), tmp_path, SettableClock(WALL), robot=True)


def write(world: World, *contents: Content) -> None:
    """Write notices to a liaison."""
    with world.session() as session:
        now = world.clock.now()
        drafts = [Draft(Recipient("wecom_app", "u2"), content, "rule", now) for content in contents]
        outbox.add(session, drafts, now)


def test_without_a_font(
    make_world: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logs: list[EventDict]
) -> None:
    """Texts go out, a matrix and a trend as text in place of their picture, and two processes tell the admins once."""
    monkeypatch.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
    world = make_world("05-14 10:02")
    one, first = desk(world, tmp_path)
    other, second = desk(world, tmp_path)
    write(world, TableText(HUNAN), Picture(HUNAN), Picture(MATRICES["14"]))
    one.drain("wecom_app")
    write(world, Picture(TRENDS["month"]), Picture(HUNAN))
    other.drain("wecom_app")
    said = [(refs[0], text.splitlines()[0][:16]) for text, refs, _ in first.calls + second.calls]
    assert sorted(said) == [
        ("admin", "【异常】画不出图，排名和进度暂时"),
        ("u2", "万人关注率排名 第3期"),
        ("u2", "反诈宣传月任务进度（市州）"),
        ("u2", "宣传手册每日发放情况（全部单位）"),
    ]
    failed = [notice.reason for notice in world.notices("rule") if notice.status is outbox.Status.FAILED]
    assert len(failed) == 2
    assert all("noto-cjk-sans-otc" in reason for reason in failed)
    assert [entry["event"] for entry in logs].count("picture-broken") == 4


def test_a_picture_that_can_be_drawn_again(make_world: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pictures fail and for however long, it is told once, and once when one could be drawn."""
    world = make_world("05-14 10:02")
    site = Site(world, tmp_path, SettableClock(WALL))
    with monkeypatch.context() as broken:
        broken.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
        for moment in ("05-14 10:02", "05-15 10:02"):
            world.to(moment)
            write(world, Picture(HUNAN))
            site.run()
    assert site.alerts() == [("wecom_app", "【异常】画不出图，排名和")]
    assert site.shown()[0] == "· 异常：画不出图，排名和进度暂时只发文字，数字不受影响（5月14日 10:02起）"
    write(world, Picture(HUNAN))
    site.run()
    assert site.app.calls[-2][0] == "[picture]"
    assert site.alerts()[1:] == [("wecom_app", "【已恢复】又能画图了（出")]
    write(world, Picture(HUNAN))
    site.run()
    assert len(site.alerts()) == 2


def test_at_night_it_waits(make_world: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody can put right before the morning is told in the morning."""
    monkeypatch.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
    world = make_world("05-14 22:15")
    delivery, channel = desk(world, tmp_path)
    write(world, Picture(MATRICES["14"]))
    delivery.drain("wecom_app")
    assert [refs[0] for _, refs, _ in channel.calls] == ["u2"]
    (alert,) = world.notices("alert")
    assert alert.not_before == datetime(2021, 5, 15, 0, 3, tzinfo=UTC)


# ----- channels


def text(site: Site, channel: str = "wecom_app", words: str = "hello") -> None:
    """Write a text to a liaison, or to the group."""
    with site.world.session() as session:
        now = site.world.clock.now()
        user = "u2" if channel == "wecom_app" else ""
        outbox.add(session, [Draft(Recipient(channel, user), Text(words), "rule", now)], now)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (60020, "服务器的地址不在应用的可信IP里（60020），企业微信应用的消息发不出去"),
        (40001, "平台不认应用的密钥，企业微信应用的消息发不出去"),
        (48002, "平台不收企业微信应用的消息"),
    ],
)
def test_an_app_that_is_out_is_told_in_the_group(site: Site, code: int, said: str, logs: list[EventDict]) -> None:
    """While the app carries nothing the group hears of it once, and once when it is over; 状态 and the log say why."""
    site.app.script = [refused(code)] * 5
    text(site)
    for _ in range(5):
        site.run(61)
    assert site.alerts() == [("robot:office", "【提醒】机器人暂时发不出")]
    assert site.shown()[0] == f"· 异常：{said}（5月14日 10:03起）"
    assert site.shown()[1].startswith("  处理：")
    for _ in range(4):
        site.run(61)
    assert site.alerts() == [("robot:office", "【提醒】机器人暂时发不出"), ("robot:office", "【已恢复】机器人能发个人")]
    assert site.shown() == ["· 已恢复：企业微信应用又能发消息了（出错：5月14日 10:03至10:09，共6分钟）"]
    assert [notice.status.value for notice in site.world.notices("rule")] == ["sent"]
    assert [e["event"] for e in logs if e["event"].startswith("incident-")] == ["incident-opened", "incident-closed"]


def test_a_robot_that_was_removed_is_told_to_the_admins(site: Site) -> None:
    """A group that the robot has left is told to the admins by the app, with what to do; then that it is back."""
    site.robot.script = [refused(93000)] * 2
    text(site, "robot:office")
    site.run()
    site.run(61)
    (told,) = site.world.notices("alert")
    assert (told.user_ref, told.content["text"]) == (
        "admin",
        "【异常】群“宣传月工作群”的机器人失效了，或被移出了群，排名等群消息发不出去。\n"
        "请技术人员处理：在群里重新添加机器人，把新地址写进配置，改好后重启。\n"
        "没发出的消息留着，恢复后补发；好了会再告诉您，回“状态”随时能看。",
    )
    for _ in range(3):
        site.run(61)
    assert [words for _, words in site.alerts()] == ["【异常】群“宣传月工作群", "【已恢复】群“宣传月工作"]


def test_two_processes_tell_once(site: Site, tmp_path: Path) -> None:
    """Of two processes that see the same one opens, and one closes."""
    other = Site(site.world, tmp_path, site.wall, robot=True)
    site.robot.script = [refused(93000)]
    text(site, "robot:office")
    site.run()
    for _ in range(4):
        other.incidents.watch()
        site.run(61)
        other.incidents.watch()
    site.run()
    assert len(site.alerts()) == 2


def test_what_comes_and_goes_is_no_storm(site: Site) -> None:
    """A robot that fails every few minutes is told once an hour; each time has its row and its line in the log."""
    for _ in range(5):
        site.robot.script = [refused(93000)]
        text(site, "robot:office")
        for _ in range(5):
            site.run(61)
    assert len(site.alerts()) == 2
    assert site.shown()[0].startswith("· 已恢复：群“宣传月工作群”又能发消息了")
    assert site.shown()[1] == "  一天内还有4次异常，都已恢复"


def test_without_any_way_out_it_is_told_afterwards(make_world: Make, tmp_path: Path) -> None:
    """With the app out and no group nobody can be told; when it is over the admins hear from when to when."""
    site = Site(make_world("05-14 10:02"), tmp_path, SettableClock(WALL))
    site.app.script = [refused(60020)] * 6
    text(site)
    for _ in range(10):
        site.run(61)
    (told,) = site.world.notices("alert")
    assert told.content["text"] == (
        "【已恢复】企业微信应用又能发消息了（出错：5月14日 10:03至10:10，共7分钟）。"
        "原因：服务器的地址不在应用的可信IP里（60020），企业微信应用的消息发不出去。"
        "没发出的消息正在补发，过了时间的不再发。"
    )


def test_over_before_it_could_be_told(make_world: Make, tmp_path: Path) -> None:
    """What began and ended in quiet hours wakes nobody, and nobody hears in the morning of what is over."""
    site = Site(make_world("05-14 23:15"), tmp_path, SettableClock(WALL), robot=True)
    site.app.script = [refused(60020)]
    text(site)
    for _ in range(4):
        site.run(61)
    site.world.clock.set(at("05-15 09:00"))
    site.run()
    assert site.alerts() == []
    assert [n.status.value for n in site.world.notices("alert")] == ["cancelled"]


def test_a_platform_out_of_reach(site: Site) -> None:
    """After four tries in vain, about a minute, it is an incident; it ends with the first call that gets through."""
    site.app.script = [SendError(Reaction.NOT_SENT, "connection refused")] * 5
    text(site)
    for _ in range(5):
        site.run(150)
    assert site.shown()[0] == "· 异常：连不上企业微信平台，企业微信应用的消息在重试（5月14日 10:12起）"
    for _ in range(8):
        site.run(150)
    assert site.shown()[0].startswith("· 已恢复：企业微信应用又能发消息了")


def test_a_limit_met_once_is_no_incident(site: Site) -> None:
    """One minute's limit is waited out without a word; one that stays is an incident."""
    site.app.script = [refused(45009)]
    text(site)
    site.run()
    assert site.shown() == []
    site.run(61)
    site.app.script = [refused(45009)] * 2
    text(site, words="more")
    site.run(1)
    site.run(61)
    assert site.shown() == ["· 异常：企业微信应用一再超过平台的发送次数，消息推迟发出（5月14日 10:04起）"]


def test_busy_until_we_gave_up(site: Site) -> None:
    """A platform that was busy three times in a row has cost a notice: the admins hear it."""
    site.app.script = [refused(-1)] * 3
    text(site)
    for _ in range(4):
        site.run(40)
    assert site.alerts() == [("wecom_app", "【异常】企业微信平台一直")]
    site.world.clock.advance(timedelta(minutes=31))
    site.run(1)
    site.run(61)
    assert site.alerts()[1:] == [("wecom_app", "【已恢复】企业微信平台不")]


def test_the_day_of_the_account_is_nearly_used_up(make_world: Make, tmp_path: Path) -> None:
    """At four fifths of the day's person-messages the admins hear it; the next day it is over."""
    site = Site(make_world("05-14 10:02"), tmp_path, SettableClock(WALL), per_day=20)
    for number in range(15):
        text(site, words=f"n {number}")
    site.run()
    assert site.shown() == []
    text(site, words="n 15")
    site.run()
    assert site.shown()[0].startswith("· 异常：今天企业微信应用的消息已用到平台每日限额的八成")
    site.run(24 * 3600)
    site.run(61)
    assert [words for _, words in site.alerts()] == ["【异常】今天企业微信应用", "【已恢复】企业微信应用的"]


def heard(site: Site) -> None:
    """Let somebody write to the bot now."""
    with site.world.session() as session:
        said = Inbound("wecom_app", f"k{site.wall.now()}", "u2", InboundKind.TEXT, "hi", sent_at=site.wall.now())
        inbox.take(session, said, "t", site.world.clock.now())


def test_nobody_heard_for_a_working_day(site: Site) -> None:
    """Nobody writes for a working day though many were written to: the callbacks may not reach us. One word ends it."""
    heard(site)
    site.run(8 * 3600)
    for number in range(20):
        text(site, words=f"n {number}")
    site.run(60)
    assert site.shown()[0].startswith("· 异常：上班时间很久没有收到任何人的消息，可能是平台的回调到不了机器人")
    for _ in range(3):  # into the Sunday, when silence says nothing: still nobody was heard
        site.run(13 * 3600)
    assert site.shown()[0].startswith("· 异常：上班时间很久没有")
    heard(site)
    site.run(1)
    site.run(61)
    assert [words for _, words in site.alerts()] == ["【异常】上班时间很久没有", "【已恢复】又收到消息了（"]


def work_days(site: Site, *days: str, every: int) -> None:
    """Let somebody write every so many half hours of some working days."""
    with site.world.session() as session:
        for day in days:
            for number, hour in enumerate(HALF_HOURS):
                if number % every == 0:
                    moment = at(f"{day} {int(hour):02}:{int(hour % 1 * 60):02}")
                    said = Inbound("wecom_app", f"{moment}", "u2", InboundKind.TEXT, "hi", sent_at=WALL)
                    inbox.take(session, said, "t", moment)


@pytest.mark.parametrize(("every", "hours"), [(1, 2), (2, 5), (3, None)])
def test_nobody_heard_where_people_usually_write(
    make_world: Make, tmp_path: Path, every: int, hours: int | None
) -> None:
    """Where somebody writes every half hour two hours of work say it, every hour five; every third tells nothing yet.

    Only while notices go out, and the hours at noon do not count.
    """
    site = Site(make_world("05-14 09:00"), tmp_path, SettableClock(WALL), robot=True)
    work_days(site, "05-10", "05-11", "05-12", "05-13", every=every)
    heard(site)
    found = None
    for hour in range(1, 8):  # to 16:00
        text(site, words=f"n {hour}") if hour > 1 or every > 1 else None
        site.run(3600)
        if found is None and site.shown():
            found = len([half for half in HALF_HOURS if half >= 9 and half + 0.5 <= 9 + hour]) / 2
    assert found == hours
    if hours:
        heard(site)
        site.run(1)
        site.run(61)
        assert site.shown()[0].startswith("· 已恢复：又收到消息了")


@pytest.mark.parametrize("moment", ["05-10 09:02", "06-01 09:02"])
def test_silence_outside_the_campaign_means_nothing(make_world: Make, tmp_path: Path, moment: str) -> None:
    """Nobody answers what was written to many on the day before the campaign, or on the one after it."""
    site = Site(make_world(moment), tmp_path, SettableClock(WALL))
    heard(site)
    site.run(8 * 3600)
    for number in range(20):
        text(site, words=f"n {number}")
    site.run(60)
    assert site.shown() == []


@pytest.mark.parametrize("moment", ["06-01 16:00", "05-15 16:00"])
def test_silence_that_means_nothing(make_world: Make, tmp_path: Path, moment: str) -> None:
    """After the campaign's last day nobody need write, and on a Saturday neither, however busy the days before were."""
    site = Site(make_world(moment), tmp_path, SettableClock(WALL))
    days = ("05-27", "05-28", "05-31") if moment.startswith("06") else ("05-12", "05-13", "05-14")
    work_days(site, *days, every=1)
    text(site)
    site.run(60)
    assert site.shown() == []


def test_silence_on_a_rest_day_means_nothing(make_world: Make, tmp_path: Path) -> None:
    """On a Saturday nobody need write."""
    site = Site(make_world("05-15 10:02"), tmp_path, SettableClock(WALL))
    heard(site)
    site.run(8 * 3600)
    for number in range(20):
        text(site, words=f"n {number}")
    site.run(60)
    assert site.shown() == []


@pytest.mark.parametrize(("code", "said"), [(60011, "有人不在应用的可见范围里"), (85002, "有消息含平台禁止的词")])
def test_what_costs_a_notice_and_can_be_put_right(site: Site, code: int, said: str) -> None:
    """A notice that failed for something an admin can put right is told once, however many follow."""
    for number in range(3):
        site.app.script = [refused(code)]
        text(site, words=f"n {number}")
        site.run(5)
    assert len(site.alerts()) == 1
    assert said in site.shown()[0]
