"""Reminders that are put off: until when, why not later, how to take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.wording.words import moment_words, owed_words
from models.campaign.definition import Campaign
from models.duties import DutyState

_NAMED = 3  # things owed that an answer names


def snoozed(campaign: Campaign, at: datetime, names: Sequence[str], notes: Sequence[str]) -> str:
    """Say when the one reminder comes and what it will be about."""
    return "\n".join(
        [
            f"好的，{moment_words(campaign, at)}再提醒您：{few_names(names)}。",
            *notes,
            "在那之前的提醒并到那一次；报了就不再提醒。不推迟了，回“取消推迟”。",
        ]
    )


def few_names(names: Sequence[str]) -> str:
    """Name a few things that are owed: 总结、发布会、投稿等6项."""
    every = list(dict.fromkeys(names))
    return "、".join(every[:_NAMED]) + (f"等{len(every)}项" if len(every) > _NAMED else "")


def snoozed_already(campaign: Campaign, at: datetime) -> str:
    """Say that reminders are put off to that very moment already."""
    return f"已经推迟到{moment_words(campaign, at)}，没有变化。不推迟了，回“取消推迟”。"


def snooze_out_of_quiet(campaign: Campaign) -> str:
    """Say that a moment in quiet hours was moved."""
    return f"{campaign.quiet.start}至{campaign.quiet.end}不打扰，所以往后挪到早上。"


def snooze_before_deadline(campaign: Campaign, name: str, due_at: datetime) -> str:
    """Say that a moment was moved before a deadline."""
    return f"{name}{moment_words(campaign, due_at)}截止，所以提前到截止之前。"


def snooze_at_most(days: int) -> str:
    """Say that a moment was too far away."""
    return f"最多推迟{days}个工作日，所以提前了。"


def snooze_used_up(names: Sequence[str], most: int) -> str:
    """Say what cannot be put off any more."""
    return f"{few_names(names)}已推迟过{most}次，照常提醒。"


def snooze_paused(names: Sequence[str]) -> str:
    """Say what is not reminded of then, since its rules are paused."""
    return f"{few_names(names)}的提醒由管理员暂停着，那时不发。"


def snooze_replaces(campaign: Campaign, at: datetime) -> str:
    """Say that an earlier wish was replaced."""
    return f"原来推迟到{moment_words(campaign, at)}的作废。"


def nothing_to_snooze() -> str:
    """Say that nothing is owed."""
    return "现在没有要报的，不会再提醒您，不用推迟。"


def snooze_undone(campaign: Campaign, owed: Sequence[DutyState], *, paused: bool) -> str:
    """Say that reminders come as usual again, and what they are about; paused: when they are taken up again."""
    lines = [owed_words(campaign, state) for state in owed[:_NAMED]]
    more = [f"另有{len(owed) - _NAMED}项，回“我的”查看"] if len(owed) > _NAMED else []
    return "\n".join(
        [
            "已取消推迟。提醒由管理员暂停着，恢复以后照旧。" if paused else "已取消推迟，提醒照旧。",
            *(["还差：", *lines, *more] if lines else []),
        ]
    )


def snooze_released(campaign: Campaign, at: datetime, now: datetime) -> str:
    """Say that what was held back comes now."""
    when = "马上" if at <= now else moment_words(campaign, at)
    return f"已取消推迟，这段时间攒下的提醒{when}发给您。"


def snooze_line(campaign: Campaign, at: datetime, *, paused: bool) -> str:
    """Show in 我的 that reminders are put off; paused: nothing comes then as things stand."""
    if paused:
        return f"【提醒】已推迟到{moment_words(campaign, at)}，但管理员暂停了提醒，到时没恢复就不发"
    return f"【提醒】已推迟到{moment_words(campaign, at)}（不推迟了回“取消推迟”）"
