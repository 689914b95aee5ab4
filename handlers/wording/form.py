"""The guided form, the template, the same as last week, the reasons of a reminder, suggestions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from handlers.wording.words import (
    WEEKDAYS,
    amount,
    day_words,
    example_report,
    label,
    moment_words,
    numbered,
    owed_words,
    week_words,
)
from models.campaign.definition import Campaign, Cycle, DutyKind, Indicator, Rule, RuleKind
from models.campaign.periods import WEEKDAYS as DAYS
from models.duties import DutyState, Standing
from models.ledger import DUTY, NOTHING, Line
from models.reminder_words import ADMINS, BACKUP, SUPERIOR

_OURS = re.compile(r" ?\d{4}-\d\d-\d\d（decided by us）")  # kept for the auditors of the file

WHAT_FOR: Mapping[str, str] = {"form": "给哪个单位填报？", "same-week": "照抄哪个单位上周的数？"}


def form_head(org: str, items: int) -> str:
    """Open a form."""
    return f"填报 {org}，还差{items}项。\n没有的回“跳过”，先不填了回“结束”，以后回“继续”接着填。"


def form_goes_on(org: str) -> str:
    """Take a form up where it stopped."""
    return f"接着填报 {org}。"


def form_nothing_owed(campaign: Campaign, org: str) -> str:
    """Answer 填报 where nothing is owed."""
    return f"{org}没有还差的任务，不用填报。做了别的直接发数字，例如“{example_report(campaign)}”。"


def form_question_first(prompt: str) -> str:
    """Put the question that was open before the form."""
    return f"先答完刚才的问题：{prompt}"


def form_ask(campaign: Campaign, state: DutyState, number: int, items: int, *, pledge: bool) -> str:
    """Ask for one item. pledge: the item is the word beside the figure."""
    head = f"{number}/{items} {_item(campaign, state)}"
    if not state.standing.open:
        return f"{head}\n这一项已经报齐。没有变化回“跳过”，又有新的回数字。"
    if pledge:
        return f"{head}\n{state.duty.pledge[0]}了吗？是就回“是”，还没有回“跳过”。"
    if state.duty.kind is DutyKind.DOCUMENT:
        return f"{head}\n交了吗？交了回“是”，还没交回“跳过”。"
    indicator = campaign.indicators[state.duty.indicator or ""]
    if state.duty.kind is DutyKind.SHARE:
        need = amount(campaign, state.duty.indicator or "", state.need)
        return f"{head}\n{indicator.name}现在一共多少{indicator.measure}？应有{need}，回现有的数。"
    return f"{head}\n{indicator.name}多少{indicator.measure}？回数字就行。"


def _item(campaign: Campaign, state: DutyState) -> str:
    week = week_words(state.period.start, state.period.end) if state.duty.cycle is Cycle.WEEKLY else ""
    words = owed_words(campaign, state) if state.standing.open else state.duty.name
    return words.replace(state.duty.name, f"{state.duty.name}{week}", 1)


def form_wants_number(indicator: Indicator) -> str:
    """Answer what is no figure of the indicator that is asked for."""
    return f"这一项要一个数，按“{indicator.measure}”算，例如“1{indicator.measure}”。"


def form_wants_yes() -> str:
    """Answer a number where yes or no is asked."""
    return "这一项请回“是”或“跳过”。"


def form_skipped() -> str:
    """Answer 跳过."""
    return "这一项先空着。"


def form_skipped_today() -> str:
    """Answer 今天没有."""
    return "这一项先空着。整周没有请回“零报告”。"


def form_kept() -> str:
    """Answer 跳过 at an item that is met already."""
    return "这一项不变。"


def form_first_item() -> str:
    """Answer 上一步 at the first item."""
    return "这已经是第一项了。"


def form_ask_more(campaign: Campaign) -> str:
    """Ask for anything else."""
    return f"还有别的数字吗？有就直接发，例如“{example_report(campaign)}”；没有回“结束”。"


def form_more_by_name(campaign: Campaign) -> str:
    """Answer a bare number where anything may come."""
    return f"请写明是什么、多少，例如“{example_report(campaign)}”。没有别的了回“结束”。"


def form_none() -> str:
    """Answer a step without a form."""
    return "现在没有在填报。要一项一项填，回“填报”。"


def form_expired() -> str:
    """Answer what came to a form that has grown old."""
    return "填报已经放了24小时以上，刚才这条没有记。要接着填回“继续”。"


def form_waiting(prompt: str) -> str:
    """Remind of the form."""
    return f"填报还在等您：\n{prompt}"


def form_booked_line(number: int, parts: Sequence[str]) -> str:
    """Write one report of a form: #5 新闻发布会3场、宣传手册500册."""
    return f"#{number} {'、'.join(parts)}"


def fact_words(campaign: Campaign, indicator: str, part: str, stated: Decimal) -> str:
    """Write a figure or statement in short: 宣传手册500册, 宣传月工作总结已登记."""
    if indicator.startswith(DUTY):
        duty = campaign.duties[indicator.removeprefix(DUTY)]
        return f"{duty.name}：{duty.pledge[0] if duty.pledge else '已报送'}"
    if indicator == NOTHING:
        return "没有新增"
    return f"{label(campaign, indicator, part)}{amount(campaign, indicator, stated)}"


def entry_words(campaign: Campaign, line: Line) -> str:
    """Write a figure of the ledger in short."""
    return fact_words(campaign, line.indicator, line.part, line.stated)


def form_summary(
    campaign: Campaign, org: str, booked: Sequence[str], owed: Sequence[DutyState], *, stopped: bool
) -> str:
    """Close a form: what was booked, what is still owed."""
    lines = [f"填报结束 {org}"]
    lines += ["【这次记了】", *booked] if booked else ["这次没有记数。"]
    lines += ["【还差】", *(owed_words(campaign, state) for state in owed)] if owed else ["任务都报齐了，谢谢。"]
    if booked:
        lines.append("有误请回“撤销 #号”，或“更正”后面写明哪一项、多少。")
    if stopped and owed:
        lines.append("要接着填回“继续”。")
    return "\n".join(lines)


def template(lines: Sequence[str]) -> str:
    """Hand out the text to fill in. Nothing in it may read as a figure."""
    return "\n".join(["复制这段文字，在冒号后面填数，发回来就行。空着的不记，可以留着。", *lines])


def template_line(name: str, measure: str) -> str:
    """Write one line to fill in."""
    return f"{name}： {measure}"


def template_is_blank() -> str:
    """Answer a template that came back without a figure."""
    return "模板里还没有填数，没有记。在冒号后面填上数字再发一次就行。"


def same_week_ask(campaign: Campaign, org: str, span: tuple[date, date], lines: Sequence[Line], already: bool) -> str:
    """Show last week's figures and ask whether they hold for this week."""
    shown = [entry_words(campaign, line) for line in lines]
    again = ["这周已经报过数，这些会再加上去。"] if already else []
    head = f"{org}上周{week_words(*span)}报的是："
    tail = "这周也是这些请回“是”，不记请回“否”；有变化就直接发这周的数。"
    return "\n".join([head, *shown, *again, tail])


def same_week_nothing(campaign: Campaign, org: str, span: tuple[date, date]) -> str:
    """Say that there is nothing to copy."""
    return f"{org}上周{week_words(*span)}没有报过数，没有可以照抄的。直接发这周的数，例如“{example_report(campaign)}”。"


def same_week_zero(org: str, span: tuple[date, date]) -> str:
    """Say that last week was an explicit nothing."""
    return f"{org}上周{week_words(*span)}登记的是没有新增。这周也没有的话，请回“本周无”。"


def zero_noted(number: int, org: str, week: tuple[date, date], owed: Sequence[str]) -> str:
    """Answer an explicit nothing: it counts as an answer, and what it cannot replace is said."""
    lines = [f"已登记 #{number} {org} 本周{week_words(*week)}没有新增，算已答复。"]
    if owed:
        lines += owed
        lines.append(
            "这些任务要办了才算完成，零报告不能代替。"
            if "；" in owed[0]
            else "这项任务要办了才算完成，零报告不能代替。"
        )
    return "\n".join([*lines, "以后有了直接发数字；登记错了请回“撤销”。"])


def zero_again(number: int, org: str) -> str:
    """Answer an explicit nothing that stands already."""
    return f"{org}本周没有新增已经登记过了（#{number}），不用再发。登记错了请回“撤销 #{number}”。"


def zero_needless(number: int, org: str, parts: Sequence[str]) -> str:
    """Answer an explicit nothing of a week in which a figure was reported."""
    shown = "、".join(parts[:3]) + (f"等{len(parts)}项" if len(parts) > 3 else "")
    return f"{org}本周已报 #{number}（{shown}），不用零报告，这条没有记。报错了请回“撤销 #{number}”。"


def ask_which_entry(number: int, shown: Sequence[str]) -> str:
    """Ask which figure of a report a correction means."""
    return f"改 #{number} 的哪一项？\n{numbered(shown)}\n回1到{len(shown)}选一个，都不改请回“否”"


def nothing_changed() -> str:
    """Answer 否 to a correction."""
    return "好的，没有改。"


def reason_head(count: int) -> str:
    """Open 为什么催我."""
    return "最近一次提醒是这样来的：" if count == 1 else f"最近{count}次提醒是这样来的："


def reason_block(at: str, rule: str, when: str, source: str, items: Sequence[str]) -> str:
    """Explain one reminder."""
    lines = [f"· {at} {rule}"]
    lines += [f"  为：{item}" for item in items]
    if when:
        lines.append(f"  时间：{when}")
    if source:
        lines.append(f"  依据：{_OURS.sub('', source)}")
    return "\n".join(lines)


def reason_item(name: str, now: str) -> str:
    """Say what a reminder asked for, and how that stands now."""
    return f"{name}——现在{now}"


_ASKED_TO = {BACKUP: "（联络员还没报，请您协助）", SUPERIOR: "（下属单位，请您督促）", ADMINS: "（转办名单）"}


def reason_for(org: str, name: str, rung: str) -> str:
    """Name what a reminder asked for; for what another org or person owes also why the reader was asked."""
    return f"{org} {name}{_ASKED_TO.get(rung, '')}" if org else name


def reason_more(count: int) -> str:
    """Say that a reminder was about more."""
    return f"另有{count}项"


def reason_snoozed() -> str:
    """Name a reminder that its reader had put off."""
    return "您自己推迟到这时的提醒"


def reason_none(org: str) -> str:
    """Say that nobody was reminded."""
    return f"还没有给您发过提醒（{org}）。"


def reason_owed(owed: Sequence[str], more: int) -> list[str]:
    """Say what is missing now."""
    return ["现在还差：", *owed, *([f"另有{more}项，回“我的”查看"] if more else [])]


def reason_end(example: str) -> str:
    """Say how the reminders end."""
    return f"报了就不再提醒，例如回“{example}”；想一项一项填回“填报”。"


def reason_all_done() -> str:
    """Say that no more reminders will come."""
    return "现在都报齐了，不会再提醒。"


def suggest(command: str) -> str:
    """Ask whether a command was meant."""
    return f"没有这个命令。您是想发“{command}”吗？是就回“是”，不是不用回。"


def suggest_only(command: str) -> str:
    """Point to a command that is not run on a yes."""
    return f"没有这个命令，什么都没有做。您是想发“{command}”吗？是的话请照这样重新发一遍。"


def suggestion_dropped() -> str:
    """Answer a no to a suggestion."""
    return "好的，什么都没有做。回“帮助”看用法。"


def standing_words(campaign: Campaign, state: DutyState | None) -> str:
    """Say how one duty stands now: 还没报, 已报3场还差1场, 已报齐."""
    if state is None:
        return "不用报了"
    if not state.asked:
        return "已报齐，不再提醒" if state.standing.met else "不用报了，不再提醒"
    if state.pledge_missing:
        return f"数字已收到，还缺一句“{state.duty.pledge[0]}”"
    if state.have and state.duty.indicator:
        return f"报了{amount(campaign, state.duty.indicator, state.have)}，还没报齐"
    return "还没报"


def rule_times(campaign: Campaign, rule: Rule) -> str:
    """Say when a rule speaks, as its line in the campaign file has it."""
    to = "，只发给还没报的" if rule.kind is RuleKind.REMIND and rule.to == "missing" else ""
    if rule.before:
        days = [str(days) for days in rule.before.days if days]
        parts = [f"到期前{'、'.join(days)}天"] if days else []
        parts += ["当天" if days else "到期当天"] if 0 in rule.before.days else []
        return f"{'和'.join(parts)}{rule.before.at}{to}"
    if rule.overdue:
        return f"到期以后每个工作日{rule.overdue.at}{to}"
    if rule.weekly:
        return f"每周{WEEKDAYS[DAYS.index(rule.weekly.weekday)]}{rule.weekly.at}{to}"
    if rule.daily:
        return f"每{'个工作日' if rule.daily.workdays_only else '天'}{rule.daily.at}{to}"
    return f"{moment_words(campaign, rule.on.at)}{to}" if rule.on else ""


def how_to_meet(campaign: Campaign, state: DutyState) -> str:
    """Write what to send to meet a duty."""
    duty = state.duty
    day = day_words(state.period.end) if duty.cycle is Cycle.WEEKLY and state.standing is Standing.OVERDUE else ""
    if state.pledge_missing and not day:
        return duty.pledge[0]
    if duty.kind is DutyKind.DOCUMENT:
        return f"{duty.names[0] if duty.names else duty.name}已报送"
    indicator = campaign.indicators[duty.indicator or ""]
    return day + (indicator.hint or f"{indicator.name}1{indicator.measure}")
