"""帮助: what the sender may say, with examples from the live campaign."""

from __future__ import annotations

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, route
from models.messages import Reply


@route(
    "help",
    words=("帮助", "help", "?", "？", "怎么用", "怎么用?", "用法", "菜单", "使用说明"),
    roles=EVERYBODY,
    examples=("帮助",),
    help="帮助：看这份说明",
)
def show_help(ctx: Context, match: Match) -> Reply:
    """List the commands that the sender's roles allow."""
    from handlers.routes import ROUTES  # the list holds this very route

    lines = [entry.help for entry in ROUTES if entry.help and ctx.known.roles & set(entry.roles)]
    return Reply(wording.help_text(ctx.campaign, lines))
