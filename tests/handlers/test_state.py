"""状态 where no transcript goes: channels in trouble, old backlog, a year without a calendar, lives of all kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handlers import wording
from models.beats import Beat
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.occurrences import Fate
from models.outbox import Status
from models.state import Life, State, Unsent
from models.withdrawn import Why

NOW = datetime(2021, 5, 20, 2, 12, tzinfo=UTC)  # 10:12 in Changsha
WALL = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """The Hunan campaign."""
    return load(HUNAN)


def state(workers: tuple[Beat, ...] = (), oldest: Unsent | None = None, held: int = 0, gap: int | None = None) -> State:
    """Return a state of the tenth day."""
    return State(workers, int(oldest is not None), held, oldest, (), (), 10, 21, gap)


def beat(seconds: float, troubles: dict[str, str] | None = None, blocked: tuple[str, ...] = ()) -> Beat:
    """Return a sign of life of so many seconds ago."""
    at = WALL - timedelta(seconds=seconds)
    return Beat(f"host:{seconds}", at, at, at, troubles or {}, blocked)


def idle(beaten: float, began: float) -> Beat:
    """Return a process that lives and has never looked what is due: others do."""
    return Beat("host:0", WALL - timedelta(seconds=beaten), WALL - timedelta(seconds=began), None, {}, ())


@pytest.mark.parametrize(
    ("workers", "said"),
    [
        ((), "没有。提醒和通知现在发不出去，请技术人员检查后台程序"),
        ((beat(3),), "正常，刚刚"),
        ((beat(75),), "正常，1分钟前"),
        ((beat(3), beat(20)), "正常，刚刚，2个程序在工作"),
        ((beat(3), beat(3600)), "正常，刚刚，另有1个没有回音"),
        ((idle(3, 20),), "正常，刚刚"),
        ((idle(3, 600),), "后台程序在，但不再看到点的提醒，最后一次在10分钟前。请技术人员检查后台程序"),
        ((idle(3, 600), beat(30)), "正常，刚刚，2个程序在工作"),
        ((beat(91),), "停了，最后一次在1分钟前。提醒和通知现在发不出去，请技术人员检查后台程序"),
        ((beat(60 * 60 * 30),), "停了，最后一次在30小时前。提醒和通知现在发不出去，请技术人员检查后台程序"),
    ],
)
def test_the_heart(workers: tuple[Beat, ...], said: str) -> None:
    """The line says who ticks, and what follows when nobody does."""
    assert wording.heart_line(workers, WALL) == f"· 心跳：{said}"


@pytest.mark.parametrize(
    ("minutes", "held", "said"),
    [
        (0, 0, "1条，最久的5月20日 10:12该发（企业微信应用，刚到时间）"),
        (95, 0, "1条，最久的5月20日 08:37该发（企业微信应用，已等1小时）"),
        (60 * 24 * 3, 7, "1条，最久的5月17日 10:12该发（企业微信应用，已等3天）；另有7条还没到时间"),
    ],
)
def test_the_oldest_unsent_notice(campaign: Campaign, minutes: int, held: int, said: str) -> None:
    """Of what waits the oldest is named with its channel and age."""
    found = state(oldest=Unsent(NOW - timedelta(minutes=minutes), "wecom_app", "welcome"), held=held)
    assert wording.backlog_line(campaign, found, NOW) == f"· 待发：{said}"


def test_channels_in_trouble(campaign: Campaign) -> None:
    """A blocked channel calls for an operator, a resting one comes back by itself; reasons are told in Chinese."""
    troubles = {"wecom_app": "alert: not allow to access from your ip (60020)", "robot:office": "wait: busy (45009)"}
    found = state((beat(3, troubles, ("wecom_app",)),))
    assert wording.channel_lines(campaign, found) == [
        "· 通道：群“宣传月工作群”暂停，稍后自动再试（超过平台的发送次数，代码45009）",
        "· 通道：企业微信应用发不出去，请技术人员处理（服务器地址不在应用的可信IP里，代码60020）",
    ]


def test_what_a_dead_worker_knew_is_forgotten(campaign: Campaign) -> None:
    """The channels are those of the workers that are alive."""
    found = state((beat(3), beat(3600, {"robot:office": "new (93000)"}, ("robot:office",))))
    assert (wording.channel_lines(campaign, found), found.blocked) == (["· 通道：正常"], [])


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("busy: system busy (-1)", "平台说系统忙，代码-1"),
        ("uncertain: ConnectTimeout", "连不上平台"),
        ("something new", "原因见日志"),
    ],
)
def test_reasons_that_have_no_words(why: str, said: str) -> None:
    """What is not known by its code says at least where to look."""
    assert wording.trouble_words(why) == said


def test_a_year_without_a_calendar(campaign: Campaign) -> None:
    """Admins read which year counts as Monday to Friday."""
    line = wording.calendar_line(state(gap=2027), NOW.date())
    assert line == "· 工作日：2027年放假安排还没有收录，先按周一至周五算"


@pytest.mark.parametrize(
    ("fate", "late", "notices", "by_status", "said"),
    [
        (Fate.FIRED, 0, 3, {Status.SENT: 3}, "已发3条"),
        (Fate.FIRED, 0, 4, {Status.SENT: 1, Why.PAUSED: 2, Why.LEFT: 1}, "已发1条，因暂停没发2条，换了人没发1条"),
        (Fate.FIRED, 0, 1200, {Status.SENT: 1100, Status.WAITING: 100}, "已发1,100条，等着发100条"),
        (Fate.FIRED, 0, 2, {Status.FAILED: 1, Status.UNCERTAIN: 1}, "没发成1条，没有回音1条"),
        (Fate.FIRED, 0, 2, {Why.ANSWERED: 1, Status.EXPIRED: 1}, "过时没发1条，已报取消1条"),
        (Fate.FIRED, 0, 3, {Status.SENT: 1}, "已发1条，并入同时的提醒2条"),
        (Fate.FIRED, 0, 0, {}, "没有要通知的人"),
        (Fate.FIRED, 90, 1, {Status.SENT: 1}, "已发1条，5月20日 10:42补的"),
        (Fate.SKIPPED, 90, 0, {}, "没有发：截止时间已过，不再提醒"),
    ],
)
def test_a_firing_tells_its_life(
    campaign: Campaign, fate: Fate, late: int, notices: int, by_status: dict[Status | Why, int], said: str
) -> None:
    """Due, taken up, sent, waiting, failed, or let go and why."""
    due = NOW - timedelta(minutes=60)
    reason = "截止时间已过，不再提醒" if fate is Fate.SKIPPED else ""
    withdrawn = {key: count for key, count in by_status.items() if isinstance(key, Why)}
    ended = {key: count for key, count in by_status.items() if isinstance(key, Status)}
    ended |= {Status.CANCELLED: sum(withdrawn.values())} if withdrawn else {}
    one = Life("welcome", due, due + timedelta(minutes=late), fate, reason, notices, ended, withdrawn)
    assert wording.life_line(campaign, one) == f"5月20日 09:12（{said}）"


@pytest.mark.parametrize(("name", "said"), [("robot:office", "群“宣传月工作群”"), ("robot:x", "群“x”")])
def test_groups_are_called_as_people_call_them(campaign: Campaign, name: str, said: str) -> None:
    """A group of the campaign file has its name, another one its key."""
    found = state((beat(3, {name: "new (1)"}),))
    assert wording.channel_lines(campaign, found)[0].startswith(f"· 通道：{said}")
