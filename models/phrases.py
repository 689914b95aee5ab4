"""The parts of sentences that reminders share: days, deadlines, names of duties, texts that fit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from models.campaign.definition import Campaign, Cycle, Duty
from models.campaign.periods import Period, localise

LIMIT = 2000  # bytes of a text: the platform cuts at 2048 without a word


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


def duty_name(duty: Duty, period: Period) -> str:
    """Name a duty, with its days when it comes back each week."""
    return f"{duty.name}（{span(period)}）" if duty.cycle is Cycle.WEEKLY else duty.name


def short_name(duty: Duty) -> str:
    """Return the shortest name of a duty that commands take: 总结."""
    return duty.names[0] if duty.names else duty.name


def channel_name(campaign: Campaign, channel: str) -> str:
    """Name a way out as people do: 企业微信应用, 群“…”."""
    if not channel.startswith("robot:"):
        return "企业微信应用"
    group = channel.removeprefix("robot:")
    return f"群“{campaign.groups.get(group, group)}”"


def length_words(length: timedelta) -> str:
    """Write a length of time in its largest unit: 12分钟, 3小时, 2天."""
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes}分钟"
    return f"{minutes // 60}小时" if minutes < 48 * 60 else f"{minutes // (24 * 60)}天"


def fitted(lines: Sequence[str], *tail: str, more: str = "另有{}行没有列出") -> str:
    """Join lines so that the text fits; the first line and the tail always stay, `more` counts what was left out."""
    for kept in range(len(lines), 0, -1):
        left = [more.format(len(lines) - kept)] if kept < len(lines) else []
        text = "\n".join([*lines[:kept], *left, *tail])
        if len(text.encode()) <= LIMIT:
            return text
    return text.encode()[:LIMIT].decode(errors="ignore")
