"""What only the clock says: fixed notices, lists, briefs. Reminders are worded in models/reminder_words.py.

Figures and dates come in, Chinese goes out; nothing is decided here. Texts stay under the platform's 2048 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from models.campaign.definition import Campaign, Duty, Rule
from models.campaign.firings import Firing
from models.campaign.periods import Period
from models.duties import DutyState, Standing
from models.figures import grouped
from models.messages import About
from models.phrases import LIMIT, channel_name, day, duty_name, fitted, length_words, moment, short_name, span, until
from models.reminding import about

SOON = timedelta(days=7)  # the brief tells duties due by then in full (decided by us 2026-11-24)
FEW = 3  # rules that the brief names
FEWER = (6, 3, 1)  # orgs that a line of the wrap-up names when there is no room for so many
NAMED = 12  # orgs that a line names before it says how many more there are

# Why an occurrence was skipped. Admins read these.
SUPERSEDED = "同一规则已有更近的一次，只发最近的"
PAST_DEADLINE = "截止时间已过，不再提醒"
NOT_SENT_LATE = "错过了时间，这类提醒不补发"
PAUSED = "已暂停"
# What is shown as the next event of the demo when it is no firing.
HELD_NOTICES = "夜间暂存的通知发出"
PUT_OFF = "推迟的提醒发出"
LATER_NOTICES = "暂存的通知发出"


def asks_again(rule: Rule) -> str:
    """Name the reminder that a ranking still waits for a yes."""
    return f"{rule.name}（等审定提醒）"


def event_name(firing: Firing, now: datetime) -> str:
    """Name a firing to come, for the demo's page: its rule, and whether it is paused."""
    paused = firing.rule.amended.paused(firing.scheduled_at, max(now, firing.scheduled_at))
    return f"{firing.rule.name}（{PAUSED}）" if paused else firing.rule.name


def too_late(lateness: timedelta, limit_hours: int) -> str:
    """Say why a firing was not made up for."""
    hours = int(lateness.total_seconds() // 3600)
    return f"晚了{grouped(Decimal(hours))}小时{'多' if hours == limit_hours else ''}，超过{limit_hours}小时不再补发"


def notice(campaign: Campaign, text: str, org: str) -> str:
    """Word a fixed notice to one org. {org} is the org, {name} the campaign, {due} its last day."""
    filled = text.format(org=org, name=campaign.short_name, due=day(campaign.last_day))
    return f"【{campaign.short_name}】通知\n{filled.strip()}"


def missing_list(campaign: Campaign, states: Sequence[DutyState], chased: Mapping[About, str]) -> str:
    """List to the admins who failed one duty in one period.

    states: all orgs that owed it, at least one; some may have been given longer, and have not failed yet.
    chased: of what is still owed what has been done about it.
    """
    duty, period = states[0].duty, states[0].period
    failed = [s for s in states if s.standing is Standing.OVERDUE]
    groups = {
        "还没完成": [s for s in failed if not s.pledge_missing],
        f"报了数，没说“{duty.pledge[0] if duty.pledge else ''}”": [s for s in failed if s.pledge_missing],
        "逾期补上": [s for s in states if s.standing is Standing.DONE_LATE],
        "单独延期、还没到截止": [s for s in states if s.standing is Standing.OWED],
    }
    title = f"【{campaign.short_name}】{duty_name(duty, period)}"
    if not any(groups.values()):
        return f"{title}：{len(states)}家都按时完成了。"
    done = sum(state.standing is Standing.DONE for state in states)
    lines = [f"{label}{len(found)}家：{names(s.org.name for s in found)}" for label, found in groups.items() if found]
    notes = [(s.org.name, chased[about(s)]) for s in states if chased.get(about(s))]
    if notes:
        more = f"等{len(notes)}家" if len(notes) > NAMED else ""
        lines.append(f"催办（到期前的提醒不算）：{'；'.join(f'{name}{note}' for name, note in notes[:NAMED])}{more}")
    return fitted([f"{title}，{len(states)}家中{done}家按时完成", *lines], f"最新情况回“未报 {short_name(duty)}”。")


def preview(campaign: Campaign, title: str, command: str) -> str:
    """Tell the admins that a ranking waits for them, and how to publish it. command: its name in chat."""
    how = f"要发布，回“发布 {command}”；这一期不发，回“不发布 {command}”。"
    return f"【{campaign.short_name}】{title}排名已算好，等审定，还没有发到群里。{how}"


def still_waits(campaign: Campaign, title: str, command: str) -> str:
    """Remind the admins of a ranking that waits for them."""
    how = f"要发布，回“发布 {command}”；这一期不发，回“不发布 {command}”。"
    return f"【{campaign.short_name}】提示：{title}排名还在等审定，没有发到群里。{how}"


def no_data(campaign: Campaign, title: str, example: str) -> str:
    """Tell the admins that there is nothing to rank."""
    return f"【{campaign.short_name}】{title}：本期暂无数据，没有发到群里。各单位报来“{example}”这样的数字后就能排。"


PAPERS = {"weekly": ("周报", "周报"), "closing": ("总结初稿", "总结稿")}  # paper -> its name, the command for it


def paper_file(campaign: Campaign, paper: str, at: datetime) -> str:
    """Name the file of a paper."""
    return f"{campaign.short_name}{PAPERS[paper][0]}-{campaign.local_day(at):%m%d}.docx"


def paper_is_ready(campaign: Campaign, paper: str) -> str:
    """Tell the admins what is coming."""
    name, command = PAPERS[paper]
    return f"【{campaign.short_name}】{name}已按台账写好，随后发给您，请核对补充后使用。要最新的数，回“{command}”。"


@dataclass(frozen=True, slots=True)
class DutyCount:
    """How one duty stands in one period, over all orgs."""

    duty: Duty
    period: Period
    due_at: datetime
    done: int
    late: int  # done after the deadline
    missing: tuple[str, ...]  # orgs that still owe it
    longer: tuple[tuple[str, datetime], ...] = ()  # orgs that owe it and were given longer, until a moment to come


@dataclass(frozen=True, slots=True)
class Bot:
    """How the bot itself is, for the last line of the brief."""

    sent: int  # notices since the brief's first day
    unsent: int  # refused, uncertain, or expired before they could go
    backlog: int  # that might have gone by now
    oldest: timedelta | None  # how long the oldest of them has waited
    blocked: tuple[str, ...]  # channels that only an operator can bring back
    skipped: int  # firings that were let go


@dataclass(frozen=True, slots=True)
class Brief:
    """What the morning brief and the wrap-up tell."""

    since: date  # the previous working day, or the campaign's first
    reports: int  # since then
    reporters: int  # orgs that sent them
    waiting: int  # figures that wait for an answer of who sent them
    duties: tuple[DutyCount, ...]
    unjoined: tuple[str, ...]  # orgs that owe something and that nobody has joined
    bot: Bot | None  # None: a part of the brief, for the admins of one org with others under it
    following: tuple[datetime, str] | None  # the next thing that the clock does
    paused: tuple[str, ...] = ()  # rules that admins have paused
    calendar_gap: int | None = None  # a year whose working days are not published yet
    org: str = ""  # whose part it is


def brief(campaign: Campaign, facts: Brief, at: datetime) -> str:
    """Word the morning brief to the admins."""
    today = campaign.local_day(at)
    number, total = (today - campaign.first_day).days + 1, (campaign.last_day - campaign.first_day).days + 1
    which = f"第{number}天，共{total}天" if today <= campaign.last_day else f"{day(campaign.last_day)}已结束，收尾中"
    head = f"【{campaign.short_name}】早报 {_whose(facts)}{day(today)}（{which}）"
    got = f"收到{facts.reporters}家单位{facts.reports}次报送" if facts.reports else "还没有单位报送"
    lines = [head, f"{day(facts.since)}以来{got}。{_waiting(facts)}"]
    lines += [_count_line(campaign, count, at) for count in facts.duties if count.due_at - at <= SOON]
    owing = [(c, len(c.missing) + len(c.longer)) for c in facts.duties if c.due_at - at > SOON]
    later = [f"{short_name(count.duty)}{owed}家" for count, owed in owing if owed]
    if later:
        lines.append(f"· 一周以后到期、还没报齐的：{'、'.join(later)}")
    if facts.paused:
        shown = "、".join(facts.paused[:FEW]) + (f"等{len(facts.paused)}条规则" if len(facts.paused) > FEW else "")
        lines.append(f"暂停中：{shown}，要接着发请回“恢复 全部”")
    if facts.following:
        lines.append(f"接下来：{moment(campaign, facts.following[0])} {facts.following[1]}")
    if facts.calendar_gap:
        lines.append(f"{facts.calendar_gap}年放假安排还没有收录，先按周一至周五算工作日。")
    return fitted([*lines, *_joining(facts)], *_health(campaign, facts))


def wrap_up(campaign: Campaign, facts: Brief, at: datetime) -> str:
    """Word the end of the campaign to the admins."""
    days = span(Period("", 0, campaign.first_day, campaign.last_day))
    head = f"【{campaign.short_name}】{_whose(facts)}收尾小结（{days}）"
    got = f"共收到{facts.reporters}家单位{grouped(Decimal(facts.reports))}次报送。{_waiting(facts)}"
    end = (
        f"逾期的还会提醒到{day(campaign.closes_on)}，到那天为止报送照记；之后不再主动发消息，也不再收数，"
        f"要补记由{campaign.office}的管理员“代报”。"
    )
    tail = (*_health(campaign, facts), end)
    for most in (NAMED, *FEWER):  # every duty has its line, before some have more names
        lines = [head, got, *(_final_line(campaign, count, at, most) for count in facts.duties), *_joining(facts, most)]
        if len("\n".join([*lines, *tail]).encode()) <= LIMIT:
            break
    return fitted(lines, *tail)


def _whose(facts: Brief) -> str:
    return f"{facts.org}及下属 " if facts.org else ""


def _waiting(facts: Brief) -> str:
    return f"{facts.waiting}条数字在等对方确认。" if facts.waiting else ""


def _count_line(campaign: Campaign, count: DutyCount, at: datetime) -> str:
    due = until(campaign, count.due_at, at)
    done = count.done + count.late
    if not count.missing and not count.longer:
        return f"· {duty_name(count.duty, count.period)}：{done}家都完成了"
    parts = [f"{done}家完成"]
    if count.missing:
        few = f"（{names(count.missing)}）" if len(count.missing) <= 3 else ""
        parts.append(f"{len(count.missing)}家还没有{few}，{due}")
    return f"· {duty_name(count.duty, count.period)}：{'，'.join(parts)}{_longer(campaign, count)}"


def _final_line(campaign: Campaign, count: DutyCount, at: datetime, most: int) -> str:
    parts = [f"按时{count.done}家"]
    parts += [f"逾期补上{count.late}家"] if count.late else []
    if count.missing and count.due_at > at:  # put off beyond the end
        parts = [f"已完成{count.done}家", f"还没报{len(count.missing)}家，{until(campaign, count.due_at, at)}"]
    elif count.missing:
        parts.append(f"没完成{len(count.missing)}家（{names(count.missing, most)}）")
    return f"· {duty_name(count.duty, count.period)}：{'，'.join(parts)}{_longer(campaign, count, most)}"


def _longer(campaign: Campaign, count: DutyCount, most: int = NAMED) -> str:
    """Say who has not reported and was given longer: they are not late."""
    by_day: dict[date, list[str]] = {}
    for org, due_at in sorted(count.longer, key=lambda each: each[1]):
        by_day.setdefault(campaign.local_day(due_at), []).append(org)
    found = "，".join(f"{names(orgs, most)}延到{day(on)}" for on, orgs in by_day.items())
    return f"；另有{found}" if found else ""


def _joining(facts: Brief, most: int = NAMED) -> list[str]:
    if not facts.unjoined:
        return []
    return [f"还没有人绑定，提醒发不到：{names(facts.unjoined, most)}（回“邀请 单位名”取邀请码）"]


def _health(campaign: Campaign, facts: Brief) -> list[str]:
    """Say how the bot is: the heartbeat of the brief."""
    bot = facts.bot
    if bot is None:
        return []
    blocked = "、".join(channel_name(campaign, name) for name in bot.blocked)
    head = f"机器人在运行，但{blocked}发不出去，请技术人员处理" if blocked else "机器人运行正常"
    parts = [f"{day(facts.since)}以来发出{bot.sent}条通知"]
    parts += [f"{bot.unsent}条没发成"] if bot.unsent else []
    parts += [f"{bot.skipped}件到了时间没有发，回“状态”看"] if bot.skipped else []
    if bot.oldest is None:
        waits = "没有积压"
    elif bot.oldest < timedelta(minutes=1):
        waits = f"{bot.backlog}条正在发"
    else:
        waits = f"{bot.backlog}条还没发出去，最久的已等{length_words(bot.oldest)}"
    return [f"{head}：{'，'.join(parts)}；{waits}。"]


def late_summary(campaign: Campaign, skipped: Sequence[tuple[datetime, str, str]]) -> str:
    """Tell the admins what was missed and not made up for. skipped: scheduled moment, the rule's name, the reason."""
    lines = [f"{moment(campaign, at)} {name}：{reason}" for at, name, reason in skipped]
    return fitted([f"【{campaign.short_name}】机器人停过一阵，这{len(lines)}件没有补发：", *lines], more="还有{}件")


def purge_ahead(campaign: Campaign, at: datetime) -> str:
    """Tell the admins that what is known about people goes, and what they may want to do before."""
    return (
        f"【{campaign.short_name}】活动结束已近90天，个人信息将按期清除\n"
        f"{moment(campaign, at)}起清除：姓名、企业微信帐号、聊天原文、图片、链接、上传的文件、加入申请、请假记录。\n"
        "台账的数字和填报原文、已发布的排名保留，填报人改为编号；此后机器人不再认得任何人。\n"
        "需要留存的请在此之前回“导出”，并另存各单位交来的文件。不需要的话不用回复。"
    )


def names(orgs: Iterable[str], most: int = NAMED) -> str:
    """Write a list of orgs, the first dozen by name."""
    every = list(orgs)
    return "、".join(every) if len(every) <= most else f"{'、'.join(every[:most])}等{len(every)}家"
