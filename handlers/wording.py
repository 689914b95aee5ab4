"""Every sentence that the bot answers with. Plain short Chinese, no jargon; digits grouped; one thing a line.

Handlers decide what is said, this page how. Names of indicators, duties and examples come from the campaign file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from models.campaign.definition import Campaign, Duty, DutyKind, IndicatorKind
from models.duties import DutyState, Standing
from models.figures import grouped
from models.ledger import Line
from models.messages import RankTable
from models.people import Role

WEEKDAYS = "一二三四五六日"
ROLE_NAMES = {Role.LIAISON: "联络员", Role.ADMIN: "管理员", Role.VIEWER: "查看员"}
SHORTEST_LIST = 40  # names that an answer lists before it says how many more there are


# --- small parts ---------------------------------------------------------------------------------------------


def day_words(day: date) -> str:
    """Write a date: 5月12日."""
    return f"{day.month}月{day.day}日"


def moment_words(campaign: Campaign, moment: datetime) -> str:
    """Write a moment: 5月12日 09:10, in the campaign's zone."""
    local = moment.astimezone(campaign.tz)
    return f"{day_words(local.date())} {local:%H:%M}"


def label(campaign: Campaign, indicator: str, part: str = "") -> str:
    """Name a figure as people do: 进社区, 抖音关注, 宣传手册."""
    definition = campaign.indicators[indicator]
    if not part:
        return definition.name
    phrases = definition.named_by.get(part)
    if phrases:
        return phrases[0]
    return f"{part}{definition.needs[0]}" if definition.needs else f"{definition.name}（{part}）"


def amount(campaign: Campaign, indicator: str, value: Decimal) -> str:
    """Write a figure with its measure: 3,000册."""
    return f"{grouped(value)}{campaign.indicators[indicator].measure}"


def names_list(names: Sequence[str], limit: int = SHORTEST_LIST) -> str:
    """Join names; beyond the limit say how many more there are."""
    shown = "、".join(names[:limit])
    return f"{shown} 等{len(names)}家" if len(names) > limit else shown


# --- reporting -----------------------------------------------------------------------------------------------


def recorded_head(number: int, org: str, days: Sequence[date]) -> str:
    """Open the answer to a report."""
    return f"已记录 #{number} {org} {'、'.join(day_words(day) for day in days)}".rstrip()


def flow_line(campaign: Campaign, line: Line, total: Decimal) -> str:
    """Say what a flow has got: 宣传手册 +3,000册（约），累计12,500册. A running total says all three numbers."""
    name = label(campaign, line.indicator, line.part)
    approx = "（约）" if line.approx else ""
    if line.cumulative:
        before = grouped(line.stated - line.value)
        sign = "+" if line.value >= 0 else ""
        return f"{name} 累计{grouped(line.stated)}{approx}，已记{before}，本次{sign}{grouped(line.value)}"
    added = amount(campaign, line.indicator, line.value)
    return f"{name} +{added}{approx}，累计{amount(campaign, line.indicator, total)}"


def level_line(campaign: Campaign, line: Line, before: Decimal | None) -> str:
    """Say what a level reads now, and what it read before."""
    approx = "（约）" if line.approx else ""
    was = "" if before is None else f"，上次{grouped(before)}"
    return f"{label(campaign, line.indicator, line.part)} {amount(campaign, line.indicator, line.stated)}{approx}{was}"


def pledge_line(duty: Duty) -> str:
    """Say that the word of a duty was taken down."""
    return f"{duty.name}：{duty.pledge[0]}，已记"


def document_line(duty: Duty) -> str:
    """Say that a document was stated as sent."""
    return f"{duty.name}：已登记为已报送"


def still_owed(campaign: Campaign, states: Iterable[DutyState]) -> list[str]:
    """Say in one line what an org still owes: the most urgent, and how many more. [] when nothing."""
    open_states = sorted((s for s in states if s.standing.open), key=lambda s: s.due_at)
    if not open_states:
        return []
    others = f"；另有{len(open_states) - 1}项，回“我的”查看" if len(open_states) > 1 else ""
    return [f"还差：{owed_words(campaign, open_states[0])}{others}"]


def owed_words(campaign: Campaign, state: DutyState) -> str:
    """Say what is missing of one duty and until when."""
    due = state.due_at.astimezone(campaign.tz)
    until = f"{day_words(due.date())}{due:%H:%M}前"
    if state.standing is Standing.OVERDUE:
        until = f"{day_words(due.date())}已到期"
    return f"{state.duty.name}{_gap(campaign, state)}（{until}）"


def _gap(campaign: Campaign, state: DutyState) -> str:
    if state.pledge_missing:
        return f"，还缺一句“{state.duty.pledge[0]}”"
    if state.duty.kind is DutyKind.DOCUMENT or not state.duty.indicator or not state.have:
        return ""
    missing = state.need - state.have
    return f"，还差{amount(campaign, state.duty.indicator, missing)}" if missing > 0 else ""


def correction_example(campaign: Campaign, line: Line) -> str:
    """Write what to send to put a figure right, with the shortest name that it goes by: 手册 3200."""
    definition = campaign.indicators[line.indicator]
    shorter = [word for word in definition.synonyms if word in definition.name]
    name = label(campaign, line.indicator, line.part) if line.part else min(shorter or [definition.name], key=len)
    return f"{name} {line.stated.normalize():f}"


def mistake_hint(example: str) -> str:
    """Close the answer to a report: how to put it right."""
    return f"有误请回“更正 {example}”或“撤销”" if example else "有误请回“撤销”"


def unplaced(fragments: Sequence[str]) -> str:
    """Name the numbers that could not be placed."""
    quoted = "、".join(f"“{fragment}”" for fragment in fragments)
    return f"没看懂 {quoted} 指什么，这部分没有记。请写成“手册500册”这样再发一次"


def held_head(count: int) -> str:
    """Announce what was not entered yet."""
    return "还有1项要问一下，问清才记：" if count == 1 else f"还有{count}项要问一下，问清才记："


def nothing_entered() -> str:
    """Say that a message left the ledger as it was."""
    return "这条没有记数。"


def kept_uncounted() -> str:
    """Close the answer to a stranger who wrote something."""
    return "您发的内容已留存，加入以前不计入任何单位。"


# --- doubt ---------------------------------------------------------------------------------------------------


def ask_implausible(campaign: Campaign, line: Line, usual: Decimal | None) -> str:
    """Ask about a figure that is far from what this org usually reports."""
    compared = f"，以往单次最多{grouped(usual)}" if usual is not None else "，比通常多很多"
    name = label(campaign, line.indicator, line.part)
    return (
        f"{name} {amount(campaign, line.indicator, line.stated)}{compared}。"
        "确实是这个数请回“是”，不记请回“否”，写错了直接回正确的数"
    )


def ask_falling(campaign: Campaign, line: Line, total: Decimal | None) -> str:
    """Ask about a running total below what is on record."""
    name = label(campaign, line.indicator, line.part)
    return (
        f"{name}累计{grouped(line.stated)}，比已记的{grouped(total or Decimal(0))}还少。"
        "按这个数改低请回“是”，不改请回“否”，写错了直接回正确的累计数"
    )


def ask_future(campaign: Campaign, line: Line) -> str:
    """Ask about a figure dated after today."""
    name = label(campaign, line.indicator, line.part)
    return f"{name}写的是{day_words(line.day)}，这一天还没到。算作今天的请回“是”，不记请回“否”"


def ask_early(campaign: Campaign, line: Line) -> str:
    """Ask about a figure dated before reports are taken."""
    name = label(campaign, line.indicator, line.part)
    return (
        f"{name}写的是{day_words(line.day)}，早于{day_words(campaign.reports_from)}（开始统计日）。"
        "仍要记入请回“是”，不记请回“否”"
    )


def ask_pledge(duty: Duty) -> str:
    """Ask for the word that a duty needs beside its figure."""
    return f"{duty.name}：这次{duty.pledge[0]}了吗？是的话回“是”，还没有请回“否”"


def ask_which_org(names: Sequence[str]) -> str:
    """Ask a person of several orgs which one a report is for."""
    return "这条算哪个单位的？\n" + numbered(names) + "\n回数字即可"


def numbered(labels: Sequence[str]) -> str:
    """Write options: 1 宣传手册."""
    return "\n".join(f"{number} {label}" for number, label in enumerate(labels, 1))


def choice_tail(count: int) -> str:
    """Say how to choose."""
    return f"回1到{count}选一个，都不是请回“否”" if count > 1 else "对请回“是”，不对请回“否”"


def question_dropped() -> str:
    """Answer 否."""
    return "好的，这一项没有记。"


def question_expired(minutes: int) -> str:
    """Answer a short answer that came too late."""
    return f"刚才的问题已过{minutes}分钟，这一项没有记。请把数字重新发一次。"


def question_reask(prompt: str) -> str:
    """Answer a short answer that does not fit the question."""
    return f"没看懂这个回答。{prompt}"


def no_question() -> str:
    """Answer 是 or 1 when nothing was asked."""
    return "现在没有等您回答的问题。直接发数字就能上报，例如“手册500册，横幅20条”。"


def answered_elsewhere() -> str:
    """Answer the second of two answers to one question."""
    return "这个问题刚才已经回答过了，没有重复记。"


# --- correcting ----------------------------------------------------------------------------------------------


def undone(number: int, changes: Sequence[str]) -> str:
    """Say what an undo took out."""
    return "\n".join([f"已撤销 #{number}", *changes])


def undone_correction(number: int, changes: Sequence[str]) -> str:
    """Say that a correction was taken back."""
    return "\n".join([f"已撤销对 #{number} 的更正", *changes])


def restored_line(campaign: Campaign, before: Line, now: Line, total: Decimal | None) -> str:
    """Say to what a figure went back by the undo of a correction."""
    name = label(campaign, now.indicator, now.part)
    old, new = amount(campaign, before.indicator, before.stated), amount(campaign, now.indicator, now.stated)
    back = f"{name}由{old}恢复为{new}"
    return back if total is None else f"{back}，累计{amount(campaign, now.indicator, total)}"


def undone_nothing() -> str:
    """Say that an explicit nothing was taken back."""
    return "“没有新增”的登记已取消"


def undone_line(campaign: Campaign, indicator: str, part: str, value: Decimal, now_total: Decimal | None) -> str:
    """Say what one figure became by an undo."""
    name = label(campaign, indicator, part)
    if campaign.indicators[indicator].kind is IndicatorKind.LEVEL:
        left = "，现在没有记录" if now_total is None else f"，恢复为{amount(campaign, indicator, now_total)}"
        return f"{name} {grouped(value)}已取消{left}"
    total = amount(campaign, indicator, now_total or Decimal(0))
    sign = "-" if value >= 0 else "+"
    return f"{name} {sign}{amount(campaign, indicator, abs(value))}，累计{total}"


def undone_statement(duty: Duty) -> str:
    """Say that the statement of a duty was taken back."""
    return f"{duty.name}：登记已取消"


def corrected(number: int, org: str, changes: Sequence[str]) -> str:
    """Say what a correction changed."""
    return "\n".join([f"已更正 #{number} {org}", *changes])


def corrected_line(campaign: Campaign, line: Line, before: Decimal, total: Decimal | None) -> str:
    """Say from what to what, and the total it leads to."""
    name = label(campaign, line.indicator, line.part)
    old, new = amount(campaign, line.indicator, before), amount(campaign, line.indicator, line.stated)
    tail = "" if total is None else f"，累计{amount(campaign, line.indicator, total)}"
    return f"{name}由{old}改为{new}{tail}"


# --- status --------------------------------------------------------------------------------------------------


def mine(campaign: Campaign, org: str, now: datetime, figures: Sequence[str], states: Sequence[DutyState]) -> list[str]:
    """Write what an org has reported and still owes."""
    local = now.astimezone(campaign.tz)
    lines = [f"{org} {day_words(local.date())} 周{WEEKDAYS[local.weekday()]}"]
    lines += ["【已报】", *figures] if figures else ["【已报】还没有数字"]
    open_states = sorted((s for s in states if s.standing.open), key=lambda s: s.due_at)
    owed = [owed_words(campaign, state) for state in open_states]
    lines += ["【还差】", *owed] if owed else ["【还差】没有，都报齐了"]
    done = [state.duty.name for state in states if state.standing in (Standing.DONE, Standing.DONE_LATE)]
    if done:
        lines += ["【已完成】" + "、".join(dict.fromkeys(done))]
    return lines


def total_line(campaign: Campaign, indicator: str, part: str, value: Decimal) -> str:
    """Write one total: 宣传手册 12,500册."""
    return f"{label(campaign, indicator, part)} {amount(campaign, indicator, value)}"


def progress_head(campaign: Campaign, now: datetime) -> str:
    """Open the overview of all duties."""
    return f"进度 {moment_words(campaign, now)}"


def progress_line(name: str, done: int, of: int) -> str:
    """Write how many orgs have met a duty."""
    return f"{name}：{done}/{of}家完成" if done < of else f"{name}：{of}家全部完成"


def progress_hint(short_name: str) -> str:
    """Say how to see who is missing."""
    return f"看名单请回“未报 {short_name}”"


def missing_head(duty: str, period: str, missing: int, of: int) -> str:
    """Open the list of who still owes a duty."""
    return f"{duty}{period}：{missing}/{of}家未报"


def nobody_missing(duty: str) -> str:
    """Say that everybody has met a duty."""
    return f"{duty}：全部已报"


def week_words(start: date, end: date) -> str:
    """Name a campaign week by its days."""
    return f"（{start.month}.{start.day}至{end.month}.{end.day}）"


# --- rankings ------------------------------------------------------------------------------------------------


def ranking_short(table: RankTable, own: Sequence[str], campaign: Campaign, top: int = 3) -> str:
    """Write a ranking for one reader: the top, and where the own orgs stand."""
    number = f"第{table.number}期" if table.number else "预览（未发布）"
    lines = [f"{table.title} {number}", f"数据截至{moment_words(campaign, table.as_of)}"]
    for row in table.rows:
        if row.rank is not None and (row.rank <= top or row.org in own):
            value = grouped(row.value, table.decimals) if row.value is not None else ""
            lines.append(f"{row.rank}. {row.org} {value}{table.unit}{moved_words(row.moved)}{_marks(row.marks)}")
    unranked = [row.org for row in table.rows if row.rank is None]
    if unranked:
        lines.append(f"未报{len(unranked)}家" + ("：" + names_list(unranked, 20)))
    return "\n".join(lines)


def moved_words(moved: int | None) -> str:
    """Write a movement: ▲2, ▼1, or nothing."""
    if not moved:
        return ""
    return f" ▲{moved}" if moved > 0 else f" ▼{-moved}"


def _marks(marks: Sequence[str]) -> str:
    return f"（{'、'.join(marks)}）" if marks else ""


def no_issue_yet(name: str) -> str:
    """Say that a ranking was not published yet."""
    return f"{name}还没有发布过。发布后回“排名”就能看到。"


def preview_is_following(name: str) -> str:
    """Answer an admin who asks for a ranking."""
    return f"{name}预览图随后发给您，只有您能看到。"


def empty_ranking(name: str) -> str:
    """Say that nobody has reported anything for a ranking."""
    return f"{name}：还没有单位报数，排不出来。"


def publish_preview(name: str, group: str, number: int, ranked: int, unranked: int, code: str) -> str:
    """Show what publishing will do and which code does it."""
    return (
        f"将把{name}第{number}期发到群“{group}”，上榜{ranked}家，未报{unranked}家。预览图随后发给您。\n"
        f"确认请在10分钟内回“确认 {code}”，不发就不用回。"
    )


def published(name: str, number: int, group: str) -> str:
    """Say that an issue is out."""
    return f"{name}第{number}期已定稿，正在发到群“{group}”。以后的更正不影响本期。"


def superseded(name: str) -> str:
    """Answer a code for a preview that another issue has overtaken."""
    return f"{name}在您预览之后又发布过新的一期，这次没有发。请重新发“发布”看最新预览。"


# --- joining -------------------------------------------------------------------------------------------------


def how_to_join(short_name: str) -> str:
    """Tell a stranger how to join."""
    return (
        f"您好，这里是{short_name}报送助手。您还没有登记为联络员。\n"
        "请向本单位或上级的管理员要一个邀请码，然后发“绑定 邀请码”，例如“绑定 A7K9Q2”。"
    )


def invitation(org: str, role: Role, code: str, hours: int) -> str:
    """Hand an admin a code to pass on."""
    return (
        f"{org}{ROLE_NAMES[role]}的邀请码：{code}\n"
        f"请转给本人，让他在这里发“绑定 {code} 姓名”。{hours}小时内有效，只能用一次。"
    )


def welcome(campaign: Campaign, name: str, org: str, role: Role, owed: Sequence[str]) -> str:
    """Greet a person who has joined."""
    lines = [f"{name}您好，已登记为{org}的{ROLE_NAMES[role]}。"]
    if role is not Role.VIEWER:
        lines += [f"做了什么直接发数字，例如“{example_report(campaign)}”。", *owed]
    return "\n".join([*lines, "回“帮助”看全部用法。"])


def already_bound(org: str) -> str:
    """Answer a code for an org that the person belongs to already."""
    return f"您已经是{org}的人了，不用再绑定。邀请码没有用掉。"


def wrong_code() -> str:
    """Answer a code that is wrong, used or too old. The three look the same to whoever guesses."""
    return "这个码不对、已用过或已过期。请向发码的管理员再要一个。"


def wrong_confirmation() -> str:
    """Answer a confirmation code that does nothing."""
    return "确认码不对、已用过或已过10分钟，什么都没有发生。请重新发命令，会给您新的确认码。"


def locked(minutes: int) -> str:
    """Answer an account that has tried too many codes."""
    return f"错误次数太多，请{minutes}分钟后再试。"


# --- help, and what was not understood ------------------------------------------------------------------------


def example_report(campaign: Campaign) -> str:
    """Build an example from the campaign's own indicators."""
    hints = [indicator.hint for indicator in campaign.indicators.values() if indicator.hint]
    return "，".join(hints[:3])


def help_text(campaign: Campaign, lines: Sequence[str]) -> str:
    """Write 帮助."""
    head = f"{campaign.short_name}报送助手。直接发数字就能上报，例如“{example_report(campaign)}”。也可以发："
    return "\n".join([head, *lines])


def not_understood(campaign: Campaign) -> str:
    """Say what the bot can do, once."""
    return (
        f"这条没有记数。报数请写明是什么、多少，例如“{example_report(campaign)}”；"
        "看自己报了什么回“我的”，其他用法回“帮助”。"
    )


def looks_like_question() -> str:
    """Answer a question about figures."""
    return "这像是在提问，没有记数。看已报和还差什么回“我的”，看用法回“帮助”。"


def looks_like_plan() -> str:
    """Answer a plan."""
    return "这像是计划或目标，没有记数。做完以后把实际数字发来就行。"


def still_asking(prompt: str) -> str:
    """Remind of the question that is still open."""
    return f"刚才那一项还在等您回答：{prompt}"


def not_counted_again() -> str:
    """Say shortly, the second time, that nothing was counted."""
    return "这条也没有记数。"


def own_owed(campaign: Campaign, org: str, states: Sequence[DutyState]) -> str:
    """List what one org still owes."""
    owed = [owed_words(campaign, state) for state in sorted(states, key=lambda s: s.due_at)]
    return "\n".join([f"{org}还差：", *owed]) if owed else f"{org}：都报齐了"


def chat_once() -> str:
    """Answer small talk that needs no answer."""
    return "收到。这条没有数字，没有记数。"


def zero_noted(number: int, org: str) -> str:
    """Answer an explicit nothing."""
    return f"已登记 #{number} {org}：本期没有新增。以后有了直接发数字，登记错了请回“撤销”。"


def not_text(kind: str) -> str:
    """Answer what is no text."""
    answers = {
        "voice": "暂时听不了语音。请用文字发，或者用手机的语音输入转成文字。",
        "image": "图片收到了，但还不能从图片里读数。请把数字打成文字发来。",
        "file": "这里还收不了文件。数字请用文字发来。",
        "location": "位置收到了，这里用不上。报数请直接发文字。",
    }
    return answers.get(kind, "这种消息看不了。请用文字发，例如“手册500册”。回“帮助”看用法。")


def hello(campaign: Campaign, name: str) -> str:
    """Greet a member who has just got the app."""
    return f"{name}您好，这里是{campaign.short_name}报送助手。直接发数字就能上报，回“帮助”看用法。"


def failed() -> str:
    """Apologise for a bug, once."""
    return "抱歉，处理这条消息时出错了，没有记数。已告知技术人员，请稍后再发一次。"


# --- errors that a person can put right -----------------------------------------------------------------------


def user_error(campaign: Campaign, code: str, fields: dict[str, object]) -> str:
    """Word a UserError. Every code that is raised stands here; a test compares."""
    maker = _ERRORS[code]
    return maker.format(**{key: _plain(value) for key, value in fields.items()}, office=campaign.office)


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(ROLE_NAMES[item] if isinstance(item, Role) else str(item) for item in value)
    return str(value)


_ERRORS = {
    "not-allowed": "这个命令只有{roles}能用。需要的话请联系{office}的管理员。",
    "not-your-org": "{name}不归您管，您可以操作的是：{own}。需要的话请联系{office}的管理员。",
    "no-org": "您现在不属于任何可以报数的单位，请联系{office}的管理员。",
    "no-such-org": "没有找到单位“{name}”。请写单位全称或常用简称。",
    "which-org": "“{name}”对得上好几家：{names}。请写全一点再发。",
    "name-an-org": "请写明单位，例如“{example}”。",
    "no-such-duty": "没有叫“{name}”的任务。可以查的有：{names}。",
    "no-such-ranking": "没有叫“{name}”的排名。可以看的有：{names}。",
    "already-changed": "#{number} 刚才已经改过或撤销过了，没有重复操作。回“我的”看现在的数。",
    "nothing-to-undo": "没有可以撤销的上报。",
    "no-such-report": "没有找到 #{number}，或者它不是您单位报的。",
    "already-undone": "#{number} 已经撤销过了，没有重复操作。",
    "correct-what": "请写明改哪一项、改成多少，例如“更正 手册 3200”。",
    "nothing-to-correct": "还没有报过{names}，没有可以更正的。要上报直接发“{example}”。",
    "several-to-correct": "有好几项对得上：{names}。请写明是哪一项，例如“更正 {example}”。",
    "campaign-closed": "{name}已于{day}结束，不再收数。需要补报请联系{office}的管理员。",
    "not-yet-open": "{name}从{day}开始收数。",
    "viewer-cannot-report": "您是查看员，不能报数。报数请联络员发，或请管理员给您换角色。",
}

ERROR_CODES = frozenset(_ERRORS)
