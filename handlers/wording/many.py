"""What an admin does with many orgs at once: 催报, 通知, what became of them, and reports for several orgs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from handlers.lines import Taken
from handlers.wording.words import amount, day_words, label, moment_words, names_list
from models.campaign.definition import Campaign, Duty, IndicatorKind
from models.figures import grouped
from models.ledger import Line
from models.messages import Content, Text
from models.reminding import CHASE
from models.sendings import Outcome, Sending, Told

NAMED_FIRST = 5  # recipients whom the preview of a 通知 names
NAMES_SHOWN = 40  # orgs that the preview of a 催报 names before it only counts
QUOTED = 30  # characters of a text by which 发送情况 names it


def text_of(content: Content) -> str:
    """Return the words of a text."""
    return content.text if isinstance(content, Text) else ""


def leaves_at(campaign: Campaign, at: datetime, now: datetime) -> str:
    """Say when notices leave."""
    if at <= now:
        return "马上发出。"
    quiet = f"现在是免打扰时间（{campaign.quiet.start}至{campaign.quiet.end}），"
    waits = (at - now).total_seconds() > 600  # less is only off the full hour
    local = at.astimezone(campaign.tz)
    return f"{quiet}{moment_words(campaign, at)}发出。" if waits else f"{local:%H:%M}发出。"


# ----- 催报


def chase_head(people: int, orgs: int) -> str:
    """Open the preview of a chase."""
    return f"将提醒{orgs}家单位的{people}位联系人："


def chase_names(groups: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Name the orgs that are chased, by group; very many are only counted."""
    if sum(len(names) for _, names in groups) <= NAMES_SHOWN:
        return [f"{group}：{'、'.join(names)}" for group, names in groups]
    return ["、".join(f"{group}{len(names)}家" for group, names in groups)]


def chase_text(text: str, kinds: int) -> list[str]:
    """Show the text; when not everybody owes the same, say so."""
    head = "内容：" if kinds == 1 else f"每人只提醒自己还差的，共{kinds}种内容，其中一种："
    return [head, "———", text, "———"]


def chase_left_out(
    reminded: Sequence[str], full: Sequence[str], unreachable: Sequence[str], campaign: Campaign, again: str
) -> list[str]:
    """Say who is not chased and why."""
    lines = []
    if reminded:
        lines.append(f"今天已提醒过、不再发的{len(reminded)}家：{names_list(reminded, 10)}（一定要再发请回“{again}”）")
    if full:
        lines.append(f"今天已收满{campaign.quiet.daily_cap}条提醒、不再发的{len(full)}家：{names_list(full, 10)}")
    if unreachable:
        lines.append(
            f"还没有人登记、发不到的{len(unreachable)}家：{names_list(unreachable, 10)}（请用“邀请 单位”取邀请码）"
        )
    return lines


def chase_nobody() -> str:
    """Say that there is nobody left to chase."""
    return "没有需要提醒的人，什么都没有发。"


def nobody_to_chase(duties: Sequence[str]) -> str:
    """Say that everybody has answered."""
    which = duties[0] if len(duties) == 1 else "各项任务"
    return f"{which}：全部已报，不用催。"


def chase_sent(people: int, orgs: int, when: str) -> str:
    """Say that a chase is on its way."""
    return f"已催报{orgs}家单位，共{people}人，{when}发出前报了的会自动取消。"


def chase_not_sent() -> str:
    """Say that a confirmed chase had nobody left."""
    return "这次没有发出提醒。"


def chase_changes(answered: Sequence[str], reminded: Sequence[str], by: tuple[str, int]) -> list[str]:
    """Say what has changed since a chase was shown. by: who chased meanwhile and how many minutes ago."""
    lines = []
    if answered:
        lines.append(f"预览之后已报、不用再催的{len(answered)}家：{names_list(answered, 10)}")
    if reminded:
        name, minutes = by
        ago = f"{minutes}分钟前" if minutes else "刚刚"
        who = f"{name}{ago}已经催过" if name else "今天已提醒过"
        lines.append(f"{who}、没有重复发的{len(reminded)}家：{names_list(reminded, 10)}")
    return lines


# ----- 通知


def broadcast_example() -> str:
    """Give an example of the words of a 通知."""
    return "5月20日前请补齐数据"


def broadcast_text(campaign: Campaign, org: str, text: str) -> str:
    """Write an admin's words as people get them: who speaks stands in front."""
    return f"【{campaign.short_name}】{org}通知：\n{text}"


def broadcast_preview(target: str, first: Sequence[tuple[str, str]], count: int, text: str, pieces: int) -> list[str]:
    """Show whom a 通知 reaches and what it says. first: name and org of the first recipients."""
    names = "、".join(f"{name}（{org}）" for name, org in first)
    more = "等" if count > len(first) else ""
    long = f"（较长，分{pieces}条发）" if pieces > 1 else ""
    return [f"将通知{target}共{count}人：{names}{more}", f"内容{long}：", "———", text, "———"]


def broadcast_idle(idle: Sequence[str]) -> list[str]:
    """Name the orgs that cannot be reached."""
    return [f"还没有人登记、收不到的{len(idle)}家：{names_list(idle, 10)}"] if idle else []


def broadcast_nobody(target: str, idle: Sequence[str]) -> str:
    """Say that nobody would get a 通知."""
    return "\n".join([f"{target}：没有可以通知的人，什么都没有发。", *broadcast_idle(idle)])


def broadcast_sent(count: int, gone: int, when: str) -> str:
    """Say that a 通知 is on its way."""
    left = f"预览之后有{gone}人已不在这些单位，没有发。" if gone else ""
    return f"已安排通知{count}人，{when}{left}"


def sending_hint() -> str:
    """Say how to look after a sending."""
    return "看送达请回“发送情况”，停下没发出的请回“停止发送”。"


# ----- 发送情况, 停止发送

_REFUSED = {
    0: "账号不在应用的可见范围内",
    40003: "通讯录里没有这个账号",
    40031: "通讯录里没有这个账号",
    60111: "通讯录里没有这个账号",
    81013: "账号不在应用的可见范围内",
    45009: "超过平台的发送次数",
    45033: "超过平台的发送次数",
    45002: "内容超过平台的长度",
}


def no_sending(back: int) -> str:
    """Say that there was no sending."""
    return "还没有发过催报或通知。" if back == 1 else f"没有往前第{back}次的发送。"


def _title(campaign: Campaign, sending: Sending) -> str:
    what = "催报" if sending.rule == CHASE else "通知"
    words = sending.text.split("\n", 1)[-1] if sending.rule != CHASE else sending.text.partition("：")[2]
    words = words.replace("\n", " ").strip()
    quoted = f"{words[:QUOTED]}…" if len(words) > QUOTED else words
    return f"{what} {moment_words(campaign, sending.at)} {sending.by}发，共{len(sending.told)}人\n“{quoted}”"


def sending_lines(campaign: Campaign, sending: Sending, now: datetime) -> list[str]:
    """Tell what became of a sending, each outcome with its number."""
    lines = [_title(campaign, sending), f"已发出{sending.count(Outcome.SENT)}人"]
    failed = [each for each in sending.told if each.outcome is Outcome.FAILED]
    for reason in dict.fromkeys(_reason(each) for each in failed):
        lines.append(_people("没发成", [each for each in failed if _reason(each) == reason], f"，{reason}"))
    for outcome, words in (
        (Outcome.UNCERTAIN, "平台没有答复、可能已收到"),
        (Outcome.EXPIRED, "过了时间没有发"),
        (Outcome.ANSWERED, "已报送、提醒取消"),
        (Outcome.LEFT, "已不负责、没有发"),
        (Outcome.STOPPED, "已停止"),
    ):
        some = [each for each in sending.told if each.outcome is outcome]
        if some:
            lines.append(_people(words, some))
    waiting = [each for each in sending.told if each.outcome is Outcome.WAITING]
    if waiting:
        first = min(each.not_before for each in waiting)
        when = f"，{moment_words(campaign, first)}起发" if first > now else "，正在发"
        lines.append(f"还在等{len(waiting)}人{when}；停下请回“停止发送”")
    return lines


def _people(words: str, told: Sequence[Told], tail: str = "") -> str:
    names = "、".join(f"{each.person}（{each.org}）" if each.org else each.person for each in told[:NAMED_FIRST])
    return f"{words}{len(told)}人：{names}{'等' if len(told) > NAMED_FIRST else ''}{tail}"


def _reason(told: Told) -> str:
    if told.code is None:
        return "原因不明，请技术人员看日志"
    if told.code == 0 and "licence" in told.reason:
        return "没有开通企业微信的账号许可"
    return _REFUSED.get(told.code, f"平台拒绝（代码{told.code}）")


def sending_before(back: int) -> str:
    """Say how to see the sending before."""
    return f"再往前一次请回“发送情况 {back}”"


def nothing_to_stop() -> str:
    """Say that nothing waits."""
    return "没有还在等着发的催报或通知。已经发出的收不回来。"


def stopped(campaign: Campaign, sending: Sending) -> list[str]:
    """Say what was stopped, and what could not be."""
    lines = [f"已停止：{_title(campaign, sending)}", f"不再发{sending.count(Outcome.STOPPED)}人"]
    sent, unsure = sending.count(Outcome.SENT), sending.count(Outcome.UNCERTAIN)
    going = sending.count(Outcome.WAITING)
    if sent:
        lines.append(f"已经发出{sent}人，收不回来")
    if unsure:
        lines.append(f"可能已收到{unsure}人")
    if going:
        lines.append(f"正在发{going}人，停不下来")
    return lines


# ----- 代报, lists of several orgs

Row = tuple[str, Sequence[Taken], Sequence[str], bool, Sequence[str]]  # org, figures, duties, nothing, doubts


def plan_table(campaign: Campaign, today: date, rows: Sequence[Row]) -> list[str]:
    """Write what would be booked for whom, and what it adds up to."""
    lines = [f"将代报{len(rows)}家，请核对："]
    for number, (org, taken, duties, nothing, doubts) in enumerate(rows, 1):
        parts = [_planned(campaign, today, each) for each in taken]
        parts += [f"{campaign.duties[key].name}：登记完成" for key in duties]
        parts += ["本期没有新增"] if nothing else []
        lines.append(f"{f'{number}. ' if len(rows) > 1 else ''}{org}：{'，'.join(parts)}")
        lines += [f"  请特别核对：{words}" for words in doubts]
    totals: dict[tuple[str, str], Decimal] = {}
    for _, taken, *_rest in rows:
        for each in taken:
            if campaign.indicators[each.line.indicator].kind is IndicatorKind.FLOW:
                key = each.line.indicator, each.line.part
                totals[key] = totals.get(key, Decimal(0)) + each.line.value
    if len(rows) > 1 and totals:
        lines.append(
            "合计：" + "，".join(f"{label(campaign, *key)}{amount(campaign, key[0], v)}" for key, v in totals.items())
        )
    return lines


def _planned(campaign: Campaign, today: date, taken: Taken) -> str:
    line = taken.line
    name, approx = label(campaign, line.indicator, line.part), "（约）" if line.approx else ""
    day = "" if line.day == today else f"（{day_words(line.day)}）"
    if line.cumulative:
        return (
            f"{name}累计{grouped(line.stated)}{approx}，本次{'+' if line.value >= 0 else ''}{grouped(line.value)}{day}"
        )
    return f"{name}{amount(campaign, line.indicator, line.stated)}{approx}{day}"


def left_out(
    foreign: Sequence[str], unknown: Sequence[str], unclear: Sequence[tuple[str, Sequence[str]]], own: Sequence[str]
) -> list[str]:
    """Name the lines of a list that are not booked because of their org."""
    lines = []
    if foreign:
        lines.append(
            f"不归您报、没有记的{len(foreign)}家：{names_list(foreign, 15)}（您可以报的是：{names_list(own, 5)}）"
        )
    if unknown:
        lines.append(f"没认出是哪家、没有记的{len(unknown)}行：{'、'.join(f'“{name}”' for name in unknown[:15])}")
    for name, options in unclear:
        lines.append(f"“{name}”对得上好几家、没有记：{'、'.join(options)}。请写全称")
    return lines


def doubts_head(*, single: bool) -> str:
    """Open the list of what is doubtful and left out."""
    return "以下拿不准，这次不记：" if single else "以下拿不准，这次不记，弄清后请单独代报："


def doubt_line(org: str, words: str) -> str:
    """Say what of an org is doubtful."""
    return f"· {org}：{words}"


def held_words(campaign: Campaign, kind: str, line: Line, usual: Decimal | None) -> str:
    """Say shortly why a figure is doubtful."""
    figure = f"{label(campaign, line.indicator, line.part)}{amount(campaign, line.indicator, line.stated)}"
    if kind == "falling-total":
        return f"{figure}是累计数，比已记的{grouped(usual or Decimal(0))}还少"
    if kind == "future-day":
        return f"{figure}写的是{day_words(line.day)}，这一天还没到"
    if kind == "early-day":
        return f"{figure}写的是{day_words(line.day)}，早于开始统计的{day_words(campaign.reports_from)}"
    return f"{figure}比通常多很多" + (f"，以往单次最多{grouped(usual)}" if usual is not None else "")


def alone_instead(words: str, command: str) -> str:
    """Say how to book a doubtful figure all the same."""
    return f"{words}；属实请单独发“{command}”"


def said_twice(campaign: Campaign, line: Line, before: Decimal) -> str:
    """Say that a list gives one org two figures for one thing."""
    name = label(campaign, line.indicator, line.part)
    if line.stated == before:
        return f"{name}{amount(campaign, line.indicator, before)}写了两遍，不知是不是重复"
    return f"{name}写了{grouped(before)}和{grouped(line.stated)}两个数"


def same_again(campaign: Campaign, line: Line, number: int) -> str:
    """Say that an org has reported the same today."""
    figure = f"{label(campaign, line.indicator, line.part)}{amount(campaign, line.indicator, line.stated)}"
    return f"{figure}今天 #{number} 已经报过，可能重复"


def unread(words: str) -> str:
    """Say that a number could not be placed."""
    return f"“{words}”拿不准是什么、多少"


def no_figures() -> str:
    """Say that a line holds no figures."""
    return "没有看到可以记的数"


def pledge_wanted(duty: Duty) -> str:
    """Say that a figure alone does not meet a duty."""
    return f"只有数，没有“{duty.pledge[0]}”这句话，{duty.name}还不算完成"


def named_twice(org: str, lines: Sequence[int]) -> str:
    """Point out that a list names an org more than once."""
    return f"注意：{org}在第{'、'.join(map(str, lines))}行写了{len(lines)}次"


def total_differs(campaign: Campaign, indicator: str, part: str, total: Decimal, added: Decimal) -> str:
    """Point out that the line of totals does not fit."""
    name = label(campaign, indicator, part)
    return f"注意：合计写的{name}{amount(campaign, indicator, total)}，各行相加是{amount(campaign, indicator, added)}"


def loose_figures(text: str) -> str:
    """Say that figures before the first org belong to nobody."""
    words = text.replace("\n", " ")
    return f"开头的“{words[:QUOTED]}{'…' if len(words) > QUOTED else ''}”没有写单位，没有记"


def own_instead(org: str) -> str:
    """Say how to report places of one's own org that are called like orgs below it."""
    return f"如果这是{org}自己的数，不用确认，请在每条最前面写上“{org}”重发"


def nothing_for_others() -> str:
    """Say that nothing was booked."""
    return "这次什么都没有记。"


def others_owed(org: str, count: int) -> str:
    """Say to who reports for an org how much it still owes."""
    return f"{org}还差{count}项，回“进度 {org}”查看" if count else f"{org}都报齐了"


def others_mistake(org: str, example: str, number: int) -> str:
    """Say to who reports for an org how to put a mistake right."""
    return f"有误请回“更正 {org} {example}”或“撤销 #{number}”"


def no_longer_yours(org: str) -> str:
    """Say that an org was left out since the sender may not report for it any more."""
    return f"{org}现在不归您报，没有记"


def reported_meanwhile(org: str, number: int) -> str:
    """Say that an org was left out since it has reported after the preview."""
    return f"{org}在预览之后有新的上报 #{number}，怕重复，没有记；仍要记请重新代报"


def booked_head(count: int) -> str:
    """Open the answer to a confirmed list."""
    return f"已代报{count}家："


def booked_row(answer: Sequence[str]) -> str:
    """Write the answer to one org's report as one line."""
    head = answer[0].split("\n")[0].removeprefix("已记录 ").removeprefix("已登记 ")  # of a nothing the rest is advice
    return f"{head}：{'；'.join(answer[1:])}" if len(answer) > 1 else head


def booked_tail() -> str:
    """Say how to put a booked list right."""
    return "有误请回“撤销 #号”，一家一条"
