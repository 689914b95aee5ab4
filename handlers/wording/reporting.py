"""What a report is answered with: the echo, what is still owed, how to put a mistake right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from handlers.wording.words import amount, day_words, label, owed_words
from models.campaign.definition import Campaign, Duty
from models.duties import DutyState
from models.figures import grouped
from models.ledger import Line


def closed_meanwhile(campaign: Campaign) -> str:
    """Say that an answer came after the campaign had closed, and that nothing was entered."""
    closed = day_words(campaign.closes_on)
    return f"{campaign.short_name}已于{closed}结束，不再收数，这一条没有记。需要补报请联系{campaign.office}的管理员。"


def after_closing(campaign: Campaign) -> str:
    """Tell an admin of the office that he adds something after closing, and for which day."""
    closed = day_words(campaign.closes_on)
    return f"活动已于{closed}结束，这是补记；没写日期的记到{closed}。"


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
        said = f"{grouped(line.stated)}{approx}，已记 {before}，本次 {sign}{grouped(line.value)}"
        if line.since:  # 本周累计: what it adds up to in all is another number
            return f"{name} {day_words(line.since)}起累计 {said}，共{grouped(total)}"
        return f"{name} 累计 {said}"
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
