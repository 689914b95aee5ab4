"""周报：手册200册: a report may begin with a word that is also a command; its figures are not lost to the command."""

from __future__ import annotations

import re

from handlers.base import Context, Match
from handlers.reading.values import Verdict
from models.people import Role

ISSUED = ("通报", "通报稿", "排名表", "排名表格", "排名", "排行", "排行榜", "发布", "不发布", "撤回")  # take an issue
MOST_ISSUES = 100  # of one ranking in a campaign
_BARE = re.compile(r"^[\d.,]+$")  # without a measure word
_COUNTS = (Verdict.REPORT, Verdict.HELD)


def is_no_report(ctx: Context, match: Match) -> bool:
    """Tell whether what follows a command word is no report by itself, so that the command is meant."""
    if not reads_as_report(ctx, match.rest):
        return True
    figures = ctx.reader.read(match.rest, ctx.today).found
    head = match.text[: len(match.text) - len(match.rest)].rstrip()
    bare = any(_BARE.match(each.as_written) for each in figures)
    if bare and not head.endswith(":"):
        return True  # 通报 手册 2: the second issue, no two of them
    if bare and head.rstrip(":") in ISSUED and len(figures) == 1 and figures[0].value <= MOST_ISSUES:
        return True  # 通报：手册2, too; 周报：手册2 cannot mean that
    return ctx.reader.read(ctx.inbound.text, ctx.today).verdict not in _COUNTS


def is_for_admins(ctx: Context, match: Match) -> bool:
    """Tell the same of a command whose words may hold figures: an admin's is always meant."""
    return ctx.sender is None or Role.ADMIN in ctx.sender.roles or is_no_report(ctx, match)


def reads_as_report(ctx: Context, text: str) -> bool:
    """Tell whether a text is figures and nothing else."""
    if not any(character.isnumeric() for character in text):
        return False
    reading = ctx.reader.read(text, ctx.today)
    return reading.verdict is Verdict.REPORT and not reading.unplaced and not reading.doubts
