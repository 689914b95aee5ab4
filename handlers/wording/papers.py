"""Papers and workbooks that are sent as files."""

from __future__ import annotations

import re

from models.campaign.definition import Campaign

_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')  # what file systems refuse


def paper_file(name: str, ending: str) -> str:
    """Name a file."""
    return f"{_NOT_IN_NAMES.sub('', name)[:60]}.{ending}"


def paper_follows(name: str, number: int | None = None) -> str:
    """Say that a file is on its way, and what its figures are: those of an issue, or of the ledger now."""
    figures = f"数字与已发布的第{number}期完全一致" if number else "用的是现在台账里的数，请核对补充后使用"
    return f"“{name}”随后发给您，只有您能看到。{figures}。"


def weekly_name(campaign: Campaign, org: str) -> str:
    """Name the weekly brief."""
    return f"{campaign.short_name}周报-{org}"


def draft_name(campaign: Campaign, org: str) -> str:
    """Name the draft of the summary."""
    return f"{campaign.short_name}总结初稿-{org}"


def publish_first(title: str, number: int | None, command: str) -> str:
    """Say that there is no such issue to make a paper of."""
    what = f"{title}没有第{number}期" if number is not None else f"{title}还没有发布过"
    return f"{what}，写不出公文和表格。先回“发布 {command}”。"


def recalled_no_paper(title: str, number: int, command: str) -> str:
    """Say that a recalled issue makes no paper."""
    return f"{title}第{number}期已撤回，不能再出公文和表格。请先回“发布 {command}”发新的一期。"
