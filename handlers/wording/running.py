"""What admins of the office change while the campaign runs: pauses and times of rules. Deadlines: extending.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from handlers.wording.form import rule_times
from handlers.wording.words import WEEKDAYS, day_words, moment_words
from models.campaign.definition import Campaign, Rule

FEW_NAMES = 6  # names that a line holds in full
NEXT = 5  # moments that a line holds


@dataclass(frozen=True, slots=True)
class Coming:
    """A firing to come, with the reason of its day."""

    at: datetime
    day: date
    planned_on: date
    why: str  # what the planned day is, when it was moved: 周六
    ahead: int | None  # days before the deadline, as planned


def weekday(day: date) -> str:
    """Name the weekday: 周六."""
    return f"周{WEEKDAYS[day.weekday()]}"


def holiday() -> str:
    """Name a day off by law."""
    return "放假"


def rest_day() -> str:
    """Name a day off by the campaign file."""
    return "休息日"


def moment_and_weekday(campaign: Campaign, moment: datetime) -> str:
    """Write a moment with its weekday: 5月21日（周五）09:12."""
    local = moment.astimezone(campaign.tz)
    return f"{day_words(local.date())}（{weekday(local.date())}）{local:%H:%M}"


def rules_named(names: Sequence[str], *, everything: bool = False) -> str:
    """Name rules: all (and the briefs, which a pause of all leaves alone), few by name, many by their number."""
    named = "".join(f"“{name}”" for name in names) if len(names) <= FEW_NAMES else f"{len(names)}条规则"
    if everything:
        return f"全部规则和{named}" if names else "全部规则（早报除外）"
    return named


def pause_until(campaign: Campaign, until: datetime | None) -> str:
    """Write until when: 到5月20日（当天也不发）, 到5月20日 12:00; empty without an end."""
    if until is None:
        return ""
    local = until.astimezone(campaign.tz)
    if local.time() == time(0):
        return f"到{day_words((local - timedelta(days=1)).date())}（当天也不发）"
    return f"到{moment_words(campaign, local)}"


def pauses(campaign: Campaign, paused: Sequence[tuple[str, datetime | None]]) -> str:
    """List what is paused, and how to pause and to go on."""
    how = "要暂停请回“暂停 规则名”或“暂停 全部”，后面可以加“到 日期”。规则名见“规则”。"
    if not paused:
        return f"现在没有暂停的规则。\n{how}"
    ends: dict[str, list[str]] = {}
    for name, end in paused:
        ends.setdefault(pause_until(campaign, end) or "恢复前都不发", []).append(
            name or rules_named([], everything=True)
        )
    lines = [f"{end}：{'、'.join(names)}" for end, names in ends.items()]
    return "\n".join(["已暂停的：", *lines, "要接着发请回“恢复 规则名”或“恢复 全部”。"])


def resume_example(name: str) -> str:
    """Write how to take up a rule again; all without a name."""
    return f"恢复 {name or '全部'}"


def pause_preview(
    campaign: Campaign, name: str, until: str, silent: Sequence[tuple[datetime, str]], waiting: int, put_off: int
) -> list[str]:
    """Say what falls silent, what would have gone meanwhile, and what goes on. put_off: by their readers."""
    lines = [f"将暂停{name}{'，' + until if until else '，直到您恢复'}。"]
    if silent:
        shown = "、".join(f"{moment_words(campaign, at)} {name}" for at, name in silent[:3])
        more = f"等{len(silent)}次" if len(silent) > 3 else ""
        lines.append(f"这期间不发：{shown}{more}。以后也不补发。")
    else:
        lines.append("这期间本来就没有要发的。")
    if waiting:
        lines.append(f"已经排队、还没发出的{waiting}条也不发。")
    if put_off:
        lines.append(f"联络员自己推迟的{put_off}条提醒，到时没恢复也不发。")
    lines.append("填报、查询、催报和机器人的回答都照常。")
    return lines


def paused(name: str, until: str) -> str:
    """Say that rules are paused, and how to undo it."""
    return f"已暂停{name}{'，' + until if until else ''}。\n要接着发请回“恢复 全部”，或“恢复”加规则名。"


def rules_resume_preview(
    campaign: Campaign, name: str, coming: Sequence[tuple[datetime, str]], skipped: int
) -> list[str]:
    """Say what goes on and when it speaks next."""
    lines = [f"将恢复{name}。"]
    if coming:
        at, rule = coming[0]
        lines.append(f"下一次：{moment_and_weekday(campaign, at)} {rule}。")
    else:
        lines.append("到活动结束没有要发的了。")
    if skipped:
        lines.append(f"暂停期间没发的{skipped}次不补发。")
    return lines


def rules_resumed(name: str) -> str:
    """Say that rules speak again."""
    return f"已恢复{name}。暂停期间没发的不补发；急的请用“催报”。"


def paused_state(campaign: Campaign, end: datetime | None) -> str:
    """Say that a rule is paused."""
    return f"暂停{pause_until(campaign, end)}".removesuffix("（当天也不发）")


def retimed_state() -> str:
    """Say that a rule has other times than the file."""
    return "时间改过"


def outdated_state() -> str:
    """Say that an edit in chat has lost against a newer file."""
    return "以前在这里改的时间不再算，活动文件后来改过"


def all_rules(campaign: Campaign, lines: Sequence[tuple[int, Rule, datetime | None, Sequence[str]]]) -> str:
    """List the rules with their next dates; those that are over in one line."""
    shown = []
    for number, rule, at, states in lines:
        if at is not None or states:
            when = _short_at(campaign, at) if at else "不再发"
            shown.append(f"{number} {rule.name}：{when}{_states(states)}")
    over = [str(number) for number, _, at, states in lines if at is None and not states]
    if over:
        shown.append(f"已发完的：{'、'.join(over)}")
    return "\n".join(["规则和下一次发的时间：", *shown, "看一条请回“规则 编号”。"])


def _states(states: Sequence[str]) -> str:
    return f"（{'，'.join(states)}）" if states else ""


def _short_at(campaign: Campaign, at: datetime) -> str:
    local = at.astimezone(campaign.tz)
    return f"{local.month}.{local.day} {local:%H:%M}"


def one_rule(
    campaign: Campaign, number: int, rule: Rule, states: Sequence[str], dates: Sequence[Coming], total: int
) -> str:
    """Explain one rule: when, why, its next dates, and how to change it."""
    head = f"{number} {rule.name}{_states(states)}"
    how = f"要改请回“{retime_example(number, rule)}”；要停请回“暂停 {number}”。"
    lines = [head, f"什么时候：{rule_times(campaign, rule)}"]
    if rule.source:
        lines.append(f"来由：{rule.source}")
    return "\n".join([*lines, *retime_dates(campaign, dates, total), how])


def retime_example(number: int, rule: Rule) -> str:
    """Write an example of a change that fits a rule."""
    if rule.before:
        return f"改规则 {number} 提前 5天,2天,当天 10:12"
    if rule.weekly:
        return f"改规则 {number} 周三 10:12"
    if rule.on:
        return f"改规则 {number} {rule.on.at.month}月{rule.on.at.day}日 10:12"
    return f"改规则 {number} 时间 10:12"


def retime_head(name: str, before: str, now: str) -> str:
    """Say from which times to which."""
    return f"“{name}”\n原来：{before}\n改为：{now}"


def retime_dates(campaign: Campaign, dates: Sequence[Coming], total: int) -> list[str]:
    """List the next dates, each with the reason of a shift."""
    if not dates:
        return ["到活动结束不会再发。"]
    more = f"（到活动结束共{total}次）：" if total > len(dates) else "，之后没有了："
    return [f"接下来{len(dates)}次{more}", *(_date_line(campaign, each) for each in dates)]


def _date_line(campaign: Campaign, coming: Coming) -> str:
    words = moment_and_weekday(campaign, coming.at)
    notes = []
    if coming.ahead is not None:
        notes.append(f"到期前{coming.ahead}天" if coming.ahead else "到期当天")
    if coming.why:
        way = "提前" if coming.day < coming.planned_on else "推后"
        notes.append(f"{day_words(coming.planned_on)}{'是' if coming.why[0] == '周' else ''}{coming.why}，{way}")
    return f"{words}{'：' if notes else ''}{'；'.join(notes)}"


def held_back(campaign: Campaign, leaves: datetime, *, quiet: bool) -> str:
    """Say that a push leaves later than its time, and why."""
    local = leaves.astimezone(campaign.tz)
    if quiet:
        span = f"{campaign.quiet.start}到{campaign.quiet.end}"
        return f"注意：{span}是免打扰时间，会等到{local:%H:%M}才发出。"
    return f"注意：整点和半点群发拥挤，实际{local:%H:%M}发出。"


def never_in_time(campaign: Campaign, leaves: datetime) -> str:
    """Say that what is held back until then says nothing any more."""
    return f"注意：推到{moment_and_weekday(campaign, leaves)}时已过截止时间，等于不发。请换个时间。"


def still_paused(name: str) -> str:
    """Say that a change does not end a pause."""
    return f"注意：“{name}”现在是暂停的，改了也要恢复以后才发。"


def rule_changed(campaign: Campaign, rule: Rule, next_at: datetime | None, *, back: bool) -> str:
    """Say that a rule has other times, and how to undo it."""
    follows = f"下一次{moment_and_weekday(campaign, next_at)}。" if next_at else "到活动结束不会再发。"
    head = f"已{'恢复' if back else '修改'}“{rule.name}”：{rule_times(campaign, rule)}。{follows}"
    return head if back else f"{head}\n要改回请回“恢复规则 {rule.name}”。"


def changed_rules(names: Sequence[str]) -> str:
    """List the rules that have other times than the file."""
    if not names:
        return "现在没有改过的规则，都按原定时间发。要改请先回“规则”看编号。"
    return f"改过的规则：{'、'.join(names)}。\n要改回请回“恢复规则 {names[0]}”。"
