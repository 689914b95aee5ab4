"""Every sentence that the clock says. Figures and dates come in, Chinese goes out; nothing is decided here.

Tone (decisions 7): 通知, 提示, 催办; says what is owed, until when and how to answer in one line, demands no answer at
once, names no person. Texts stay under the platform's 2048 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from models.campaign.definition import Campaign, Cycle, Duty, DutyKind, Rule
from models.campaign.periods import Period, localise
from models.duties import DutyState, Standing
from models.figures import grouped

ANNOUNCED, REMINDED, CHASED = "通知", "提示", "催办"  # the three tones, soft to firm
EXAMPLES = 3  # how many duties a reminder shows an example for
SOON = timedelta(days=7)  # the brief tells duties due by then in full (decided by us 2026-11-24)
LIMIT = 2000  # bytes of a text: the platform cuts at 2048 without a word
NAMED = 12  # orgs that a line names before it says how many more there are

# Why an occurrence was skipped. Admins read these.
SUPERSEDED = "同一规则已有更近的一次，只发最近的"
PAST_DEADLINE = "截止时间已过，不再提醒"
NOT_SENT_LATE = "错过了时间，这类提醒不补发"
# Why a notice was withdrawn before it left.
NO_LONGER_OWED = "已不需要报，提醒取消"
HELD_NOTICES = "夜间暂存的通知发出"  # shown as the next event of the demo


def too_late(lateness: timedelta, limit_hours: int) -> str:
    """Say why a firing was not made up for."""
    return f"晚了{grouped(Decimal(int(lateness.total_seconds() // 3600)))}小时，超过{limit_hours}小时不再补发"


def silenced(campaign: Campaign, met_at: datetime | None) -> str:
    """Say why a waiting reminder was withdrawn: 5月20日14:03已报，催报取消."""
    return f"{moment(campaign, met_at)}已报，催报取消" if met_at else NO_LONGER_OWED


def day(on: date) -> str:
    """Write a date: 5月28日."""
    return f"{on.month}月{on.day}日"


def moment(campaign: Campaign, at: datetime) -> str:
    """Write a moment on the campaign's clock: 5月28日18:00."""
    local = localise(campaign, at)
    return f"{day(local.date())}{local:%H:%M}"


def span(period: Period) -> str:
    """Write the days of a period: 5月17日至23日, 5月31日至6月6日, 5月31日."""
    if period.start == period.end:
        return day(period.start)
    end = f"{period.end.day}日" if period.start.month == period.end.month else day(period.end)
    return f"{day(period.start)}至{end}"


def until(campaign: Campaign, due_at: datetime, at: datetime) -> str:
    """Write a deadline as it looks from `at`: 今天18:00截止, 5月28日18:00截止（还有3天）, 5月28日18:00已截止."""
    due = localise(campaign, due_at)
    if due <= at:
        return f"{moment(campaign, due_at)}已截止"
    days = (due.date() - campaign.local_day(at)).days
    if days <= 1:
        return f"{'明天' if days else '今天'}{due:%H:%M}截止"
    return f"{moment(campaign, due_at)}截止（还有{days}天）"


def reminder(campaign: Campaign, rule: Rule, states: Sequence[DutyState], at: datetime) -> str:
    """Word a reminder of one or several duties of one person, in the order given."""
    level = _level(rule, states)
    head = f"【{campaign.short_name}】{level}：{_filled(rule, states, campaign, at)}"
    if len(states) == 1:
        asking = "" if level == ANNOUNCED or _begun(states[0]) else "还没报"
        line = f"{_owed(campaign, states[0], at, asking)}{'，方便时请补上' if level == CHASED else ''}。"
        return fitted([f"{head}{line}", how(campaign, states)])
    named = len({state.org.id for state in states}) > 1
    orgs = [f"{state.org.name} " if named else "" for state in states]
    lines = [
        f"{n}. {org}{_owed(campaign, state, at)}" for n, (org, state) in enumerate(zip(orgs, states, strict=True), 1)
    ]
    first = f"{head}有{len(states)}项还没报齐："
    return fitted([first, *lines], how(campaign, states), more="还有{}项，回“我的”看全部")


def _level(rule: Rule, states: Sequence[DutyState]) -> str:
    if all(state.standing is Standing.OVERDUE for state in states):
        return CHASED
    return ANNOUNCED if rule.to == "all" else REMINDED


def _filled(rule: Rule, states: Sequence[DutyState], campaign: Campaign, at: datetime) -> str:
    if not rule.text:
        return ""
    orgs = "、".join(dict.fromkeys(state.org.name for state in states))
    name = "、".join(dict.fromkeys(state.duty.name for state in states))
    return rule.text.format(name=name, org=orgs, due=until(campaign, states[0].due_at, at)).strip() + "\n"


def _owed(campaign: Campaign, state: DutyState, at: datetime, asking: str = "") -> str:
    name = duty_name(state.duty, state.period)
    return f"{name}{asking}，{until(campaign, state.due_at, at)}{_so_far(campaign, state)}"


def _begun(state: DutyState) -> bool:
    return state.pledge_missing or state.have > 0


def duty_name(duty: Duty, period: Period) -> str:
    """Name a duty, with its days when it comes back each week."""
    return f"{duty.name}（{span(period)}）" if duty.cycle is Cycle.WEEKLY else duty.name


def _so_far(campaign: Campaign, state: DutyState) -> str:
    """Say what is there already, so that nobody reports it twice."""
    if state.pledge_missing:
        return f"，数字已收到，还差一句“{state.duty.pledge[0]}”"
    if not 0 < state.have < state.need or state.duty.indicator is None:
        return ""
    measure = campaign.indicators[state.duty.indicator].measure
    return f"，已报{grouped(state.have)}{measure}，还差{grouped(state.need - state.have)}{measure}"


def how(campaign: Campaign, states: Sequence[DutyState]) -> str:
    """Say in one line how to answer; an example for the first few of the duties."""
    if all(state.pledge_missing for state in states):
        return f"属实的话，直接回“{states[0].duty.pledge[0]}”就行。"
    figures = [_example(campaign, state) for state in states if state.duty.kind is not DutyKind.DOCUMENT]
    documents = [statement(state.duty) for state in states if state.duty.kind is DutyKind.DOCUMENT]
    parts = []
    if figures:
        parts.append(f"办了直接回复即可，例如“{'，'.join(list(dict.fromkeys(figures))[:EXAMPLES])}”。")
    if documents:
        parts.append(f"交了回一句“{'”“'.join(dict.fromkeys(documents))}”就行。")
    return "".join(parts) + "已报的不用再回。"


def statement(duty: Duty) -> str:
    """Return the sentence by which a liaison says that a document was handed in: 总结已报送."""
    return f"{_short(duty)}已报送"


def _short(duty: Duty) -> str:
    return duty.names[0] if duty.names else duty.name


def _example(campaign: Campaign, state: DutyState) -> str:
    if state.pledge_missing:
        return state.duty.pledge[0]
    indicator = campaign.indicators[state.duty.indicator or ""]
    return indicator.hint or f"{indicator.name}1{indicator.measure}"


def notice(campaign: Campaign, text: str, org: str) -> str:
    """Word a fixed notice to one org. {org} is the org, {name} the campaign, {due} its last day."""
    filled = text.format(org=org, name=campaign.short_name, due=day(campaign.last_day))
    return f"【{campaign.short_name}】通知\n{filled.strip()}"


def missing_list(campaign: Campaign, states: Sequence[DutyState]) -> str:
    """List to the admins who failed one duty in one period. states: all orgs that owed it, at least one."""
    duty, period = states[0].duty, states[0].period
    groups = {
        "还没完成": [s for s in states if s.standing.open and not s.pledge_missing],
        f"报了数，没说“{duty.pledge[0] if duty.pledge else ''}”": [s for s in states if s.pledge_missing],
        "逾期补上": [s for s in states if s.standing is Standing.DONE_LATE],
    }
    title = f"【{campaign.short_name}】{duty_name(duty, period)}"
    if not any(groups.values()):
        return f"{title}：{len(states)}家都按时完成了。"
    done = sum(state.standing is Standing.DONE for state in states)
    lines = [f"{label}{len(found)}家：{names(s.org.name for s in found)}" for label, found in groups.items() if found]
    return fitted([f"{title}，{len(states)}家中{done}家按时完成", *lines], f"最新情况回“未报 {_short(duty)}”。")


def preview(campaign: Campaign, title: str, command: str) -> str:
    """Tell the admins that a ranking waits for them, and how to publish it. command: its name in chat."""
    return f"【{campaign.short_name}】{title}排好了，等审定，还没有发到群里。要发布，回“发布 {command}”。"


def no_data(campaign: Campaign, title: str, example: str) -> str:
    """Tell the admins that there is nothing to rank."""
    return f"【{campaign.short_name}】{title}：本期暂无数据，没有发到群里。各单位报来“{example}”这样的数字后就能排。"


@dataclass(frozen=True, slots=True)
class DutyCount:
    """How one duty stands in one period, over all orgs."""

    duty: Duty
    period: Period
    due_at: datetime
    done: int
    late: int  # done after the deadline
    missing: tuple[str, ...]  # orgs that still owe it


@dataclass(frozen=True, slots=True)
class Brief:
    """What the morning brief and the wrap-up tell."""

    since: date  # the previous working day, or the campaign's first
    reports: int  # since then
    reporters: int  # orgs that sent them
    waiting: int  # figures that wait for an answer of who sent them
    duties: tuple[DutyCount, ...]
    unjoined: tuple[str, ...]  # orgs that owe something and that nobody has joined
    sent: int
    unsent: int  # refused, uncertain, or expired before they could go
    following: tuple[datetime, str] | None  # the next thing that the clock does
    calendar_gap: int | None = None  # a year whose working days are not published yet


def brief(campaign: Campaign, facts: Brief, at: datetime) -> str:
    """Word the morning brief to the admins."""
    today = campaign.local_day(at)
    number, total = (today - campaign.first_day).days + 1, (campaign.last_day - campaign.first_day).days + 1
    which = f"第{number}天，共{total}天" if today <= campaign.last_day else f"{day(campaign.last_day)}已结束，收尾中"
    head = f"【{campaign.short_name}】早报 {day(today)}（{which}）"
    got = f"收到{facts.reporters}家单位{facts.reports}次报送" if facts.reports else "还没有单位报送"
    lines = [head, f"{day(facts.since)}以来{got}。{_waiting(facts)}"]
    lines += [_count_line(campaign, count, at) for count in facts.duties if count.due_at - at <= SOON]
    later = [f"{_short(c.duty)}{len(c.missing)}家" for c in facts.duties if c.due_at - at > SOON and c.missing]
    if later:
        lines.append(f"· 一周以后到期、还没报齐的：{'、'.join(later)}")
    if facts.following:
        lines.append(f"接下来：{moment(campaign, facts.following[0])} {facts.following[1]}")
    if facts.calendar_gap:
        lines.append(f"{facts.calendar_gap}年放假安排还没有收录，先按周一至周五算工作日。")
    return fitted([*lines, *_joining(facts)], _health(facts))


def wrap_up(campaign: Campaign, facts: Brief) -> str:
    """Word the end of the campaign to the admins."""
    head = f"【{campaign.short_name}】收尾小结（{span(Period('', 0, campaign.first_day, campaign.last_day))}）"
    got = f"共收到{facts.reporters}家单位{grouped(Decimal(facts.reports))}次报送。{_waiting(facts)}"
    lines = [head, got, *(_final_line(count) for count in facts.duties)]
    end = f"逾期的还会提醒到{day(campaign.closes_on)}，之后不再主动发消息，报送仍然能记。"
    return fitted([*lines, *_joining(facts)], _health(facts), end)


def _waiting(facts: Brief) -> str:
    return f"{facts.waiting}条数字在等对方确认。" if facts.waiting else ""


def _count_line(campaign: Campaign, count: DutyCount, at: datetime) -> str:
    due = until(campaign, count.due_at, at)
    whole = count.done + count.late + len(count.missing)
    if not count.missing:
        return f"· {duty_name(count.duty, count.period)}：{whole}家都完成了"
    done = f"{count.done + count.late}家完成，"
    few = f"（{names(count.missing)}）" if len(count.missing) <= 3 else ""
    return f"· {duty_name(count.duty, count.period)}：{done}{len(count.missing)}家还没有{few}，{due}"


def _final_line(count: DutyCount) -> str:
    parts = [f"按时{count.done}家"]
    parts += [f"逾期补上{count.late}家"] if count.late else []
    parts += [f"没完成{len(count.missing)}家（{names(count.missing)}）"] if count.missing else []
    return f"· {duty_name(count.duty, count.period)}：{'，'.join(parts)}"


def _joining(facts: Brief) -> list[str]:
    if not facts.unjoined:
        return []
    return [f"还没有人绑定，提醒发不到：{names(facts.unjoined)}（回“邀请 单位名”取邀请码）"]


def _health(facts: Brief) -> str:
    trouble = f"，{facts.unsent}条没发成" if facts.unsent else ""
    return f"机器人正常，{day(facts.since)}以来发出{facts.sent}条通知{trouble}。"


def late_summary(campaign: Campaign, skipped: Sequence[tuple[datetime, str, str]]) -> str:
    """Tell the admins what was missed and not made up for. skipped: scheduled moment, the rule's name, the reason."""
    lines = [f"{moment(campaign, at)} {name}：{reason}" for at, name, reason in skipped]
    return fitted([f"【{campaign.short_name}】机器人停过一阵，这{len(lines)}件没有补发：", *lines], more="还有{}件")


def names(orgs: Iterable[str]) -> str:
    """Write a list of orgs, the first dozen by name."""
    every = list(orgs)
    return "、".join(every) if len(every) <= NAMED else f"{'、'.join(every[:NAMED])}等{len(every)}家"


def fitted(lines: Sequence[str], *tail: str, more: str = "另有{}行没有列出") -> str:
    """Join lines so that the text fits; the first line and the tail always stay, `more` counts what was left out."""
    for kept in range(len(lines), 0, -1):
        left = [more.format(len(lines) - kept)] if kept < len(lines) else []
        text = "\n".join([*lines[:kept], *left, *tail])
        if len(text.encode()) <= LIMIT:
            return text
    return text.encode()[:LIMIT].decode(errors="ignore")
