"""What stands and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from handlers.wording.words import WEEKDAYS, amount, day_words, label, moment_words, owed_words
from models.campaign.definition import Campaign
from models.duties import DutyState, Standing


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
