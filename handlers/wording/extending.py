"""Deadlines that admins of the office put off, for everybody or for some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.wording.running import FEW_NAMES, NEXT, moment_and_weekday, weekday
from handlers.wording.words import day_words, moment_words, names_list, week_words
from models.campaign.definition import Campaign, Cycle, Duty
from models.campaign.periods import Period


@dataclass(frozen=True, slots=True)
class Extension:
    """A deadline that is not where the file has it."""

    duty: Duty
    period: Period
    due_at: datetime
    filed_at: datetime
    orgs: tuple[str, ...] = ()  # who has it alone; empty: everybody


def everybody() -> str:
    """Name all orgs."""
    return "全体"


def duty_and_week(duty: Duty, period: Period) -> str:
    """Name a duty, with its week."""
    return duty.name + (week_words(period.start, period.end) if duty.cycle is Cycle.WEEKLY else "")


def extensions(campaign: Campaign, known: Sequence[Extension]) -> str:
    """List the deadlines that were put elsewhere, and how to change one."""
    how = "要延期请回“延期 任务 到 日期”，只延一家在任务后面加单位。"
    if not known:
        return f"现在没有延期的任务，截止时间都按原定的。\n{how}"
    lines = [
        f"{names_list(each.orgs, FEW_NAMES) + '：' if each.orgs else ''}{duty_and_week(each.duty, each.period)}"
        f"延到{moment_words(campaign, each.due_at)}（原定{moment_words(campaign, each.filed_at)}）"
        for each in known
    ]
    return "\n".join(["已延期的：", *lines, f"要改回请回“取消延期 任务”，单独延的加单位。{how}"])


def extension_head(
    campaign: Campaign, duty: Duty, period: Period, old: datetime, new: datetime, target: str, names: Sequence[str]
) -> str:
    """Say which deadline moves from when to when, for whom."""
    whom = f"只对{names_list(names, FEW_NAMES)}" if target else f"对全体{len(names)}家"
    moves = f"{moment_words(campaign, old)}改到{moment_words(campaign, new)}"
    return f"{duty_and_week(duty, period)}：截止时间{whom}由{moves}。"


def extension_counts(*, still: int, excused: int, no_longer: int, in_time: int, overdue: int, late: int) -> list[str]:
    """Say how many are concerned, and for how many it changes how they stand."""
    nobody = f"这些单位都已经报了或免报（{excused}家）。" if excused else "这些单位都已经报了。"
    lines = [f"其中还没报的{still}家。" if still else nobody]
    if no_longer:
        lines.append(f"已经逾期的{no_longer}家不再算逾期。")
    if in_time:
        lines.append(f"逾期补上的{in_time}家改算按时。")
    if overdue:
        lines.append(f"没报的{overdue}家马上就算逾期。")
    if late:
        lines.append(f"按时报的{late}家改算逾期补上。")
    return ["".join(lines)]


def extension_moves(
    campaign: Campaign,
    before: Sequence[datetime],
    chases: Sequence[datetime],
    lists: Sequence[datetime],
    *,
    has_before: bool,
) -> list[str]:
    """Say when reminders, chases and lists go now."""
    parts = []
    if before:
        parts.append(f"到期前提醒：{'、'.join(moment_and_weekday(campaign, each) for each in before[:NEXT])}。")
    elif has_before:
        parts.append("新的截止时间前没有到期前提醒了，需要的话请用“催报”。")
    if chases:
        parts.append(f"逾期催办从{moment_and_weekday(campaign, chases[0])}起。")
    if lists:
        parts.append(f"未完成名单改到{moment_and_weekday(campaign, lists[0])}。")
    return parts


def extension_notes(campaign: Campaign, duty: Duty, due: datetime) -> list[str]:
    """Say what an admin might overlook."""
    notes = []
    day = due.astimezone(campaign.tz).date()
    if day.weekday() >= 5:
        notes.append(f"注意：{day_words(day)}是{weekday(day)}。")
    if duty.cycle is Cycle.WEEKLY:
        notes.append("数字还是按日期算哪一周，补报请写上日期。")
    return notes


def extension_paused() -> str:
    """Say that what moves is paused."""
    return "注意：这项任务有规则现在是暂停的，恢复以后才发。"


def extension_told(campaign: Campaign, duty: Duty, period: Period, due: datetime) -> str:
    """Word what an admin might tell everybody."""
    return f"{duty_and_week(duty, period)}延到{moment_words(campaign, due)}截止"


def extension_tell(example: str) -> str:
    """Say that nobody is told by this."""
    return f"延期本身不群发。要告诉大家，确认后再回“{example}”。"


def extended(campaign: Campaign, duty: Duty, period: Period, whom: str, due: datetime, org: str) -> str:
    """Say that a deadline was moved, and how to undo it."""
    short = duty.names[0] if duty.names else duty.name
    undo = f"取消延期 {short} {org}".strip()
    done = f"已延期：{whom}的{duty_and_week(duty, period)}延到{moment_words(campaign, due)}截止，提醒和催办跟着变。"
    return f"{done}\n要改回请回“{undo}”。"


def taken_back(campaign: Campaign, duty: Duty, period: Period, whom: str, due: datetime) -> str:
    """Say that a deadline stands where it stood before."""
    when = moment_words(campaign, due)
    return f"已取消延期：{whom}的{duty_and_week(duty, period)}改回{when}截止，提醒和催办跟着变。"
