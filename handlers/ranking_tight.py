"""发布关注率, 手册排名, 撤回手册第1期, 关注率怎么算的, 出个通报: rankings and papers as people write them in a hurry.

Only where a ranking follows by its whole name, or nothing but a paper's; a report stays a report.
"""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.base import EVERYBODY, Context, Match, route
from handlers.which_name import run_again
from models.messages import Reply

LONGEST = 60  # characters of a command
_BEFORE = re.compile(r"^(同意发布|先不发布|不发布|发布|撤回|通报|排名表|排名)(\S.*)$")
_BEHIND = re.compile(r"^(?:看看|看|查)?(.+?)的?(通报|排名表|排名)$")
_EXPLAIN = re.compile(
    r"^(?:(.+?)(?:的?排名)?是?(?:怎么|如何)(?:算|计算|排)(?:的|出来的|出的)?|(?:怎么|如何)(?:算|计算)(.+?))[?？]?$"
)
_PAPER = re.compile(
    r"^(?:请|麻烦|帮我|给我|帮忙)*(?:出|写|生成|做|要|发)?(?:一)?(?:个|份|下)?(?:本周|这周|这星期|工作)?的?(通报|周报|简报|总结稿|总结初稿)$"
)
_ISSUE = re.compile(r"^(?:\s*第?\s*(?:\d{1,5}|[一二三四五六七八九十]{1,3})\s*期(?P<reason>[\s:：,，].*)?)?$")


def reads_as_ranking(ctx: Context, match: Match) -> bool:
    """Tell whether a text is such a command but for a blank or the order of words."""
    return _spaced(ctx, match.text) is not None


@route(
    "ranking-tight",
    roles=EVERYBODY,
    examples=("发布关注率", "手册排名"),
    unlisted="as with a blank",
    accepts=reads_as_ranking,
)
def run_ranking_spaced(ctx: Context, match: Match) -> Reply:
    """Run the command as it is written in 帮助."""
    text = _spaced(ctx, match.text)
    assert text is not None  # reads_as_ranking() has seen it
    return run_again(replace(ctx, inbound=replace(ctx.inbound, text=text)))


def _spaced(ctx: Context, text: str) -> str | None:
    if ctx.sender is None or len(text) > LONGEST or "\n" in text:
        return None
    paper = _PAPER.match(text)
    if paper is not None:
        return None if paper[1] == text else paper[1]
    before, behind, explain = _BEFORE.match(text), _BEHIND.match(text), _EXPLAIN.match(text)
    if before is not None and (name := _known_start(ctx, before[2])):
        rest = _ISSUE.match(before[2][len(name) :])
        if rest is not None and (before[1] == "撤回" or not rest["reason"]):
            return f"{before[1]} {name} {before[2][len(name) :]}".strip()
    if behind is not None and _known_start(ctx, behind[1]) == behind[1]:
        return f"{behind[2]} {behind[1]}"
    name = (explain[1] or explain[2]).strip() if explain is not None else ""
    return f"排名怎么算的 {name}" if name and _known_start(ctx, name) == name else None


def _known_start(ctx: Context, text: str) -> str:
    """Return the longest name of a ranking with which a text begins; empty: none."""
    names = [name for ranking in ctx.campaign.rankings.values() for name in (ranking.name, *ranking.names)]
    return max((name for name in names if text.startswith(name)), key=len, default="")
