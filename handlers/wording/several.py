"""What reports for other orgs are answered with: the table to confirm, what is left out and why, what was booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from handlers.lines import Taken
from handlers.wording.reporting import correction_example
from handlers.wording.words import amount, day_words, label, names_list
from models.campaign.definition import Campaign, Duty, IndicatorKind
from models.figures import grouped
from models.ledger import Line

_STARTS = 30  # characters of figures without an org that are quoted


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
    if kind == "late-day":
        return f"{figure}写的是{day_words(line.day)}，晚于活动最后一天{day_words(campaign.last_day)}"
    return f"{figure}比通常多很多" + (f"，以往单次最多{grouped(usual)}" if usual is not None else "")


def report_again(campaign: Campaign, org: str, line: Line, day: date | None) -> str:
    """Give the command that reports a doubtful figure on its own, with all that it stated."""
    said = (day_words(day) if day else "") + ("累计" if line.cumulative else "")
    return f"代报 {org} {said}{correction_example(campaign, line)}"


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
    return f"开头的“{words[:_STARTS]}{'…' if len(words) > _STARTS else ''}”没有写单位，没有记"


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
