"""暂停全部, 延期总结到6月2日, 总结延到6月2日: the same commands as people write them in a hurry.

Only where something known follows at once, and only from admins: a report stays a report.
"""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.base import Context, Match, route
from handlers.running.naming import ALL_WORDS, KIND_WORDS, fold, numbers
from handlers.which_name import run_again
from models.messages import Reply
from models.people import Role

LONGEST = 60  # characters of a command
_COMMAND = re.compile(r"^(取消延期|延期|延长|暂停|恢复规则|恢复|改规则|规则)(\S.*)$")
_LATER = re.compile(r"^(?:请|把|将|给)*(.+?)(?:的?截止(?:时间|日期)?)?(?:延期|延长|延|推迟)(?:到|至)\s*(.+)$")


def reads_as_command(ctx: Context, match: Match) -> bool:
    """Tell whether a text is such a command but for a blank or the order of words."""
    return _spaced(ctx, match.text) is not None


@route(
    "running-tight", roles=(Role.ADMIN,), examples=("暂停全部",), unlisted="as with a blank", accepts=reads_as_command
)
def run_spaced(ctx: Context, match: Match) -> Reply:
    """Run the command as it is written in 帮助."""
    text = _spaced(ctx, match.text)
    assert text is not None  # reads_as_command() has seen it
    return run_again(replace(ctx, inbound=replace(ctx.inbound, text=text)))


def _spaced(ctx: Context, text: str) -> str | None:
    if ctx.sender is None or len(text) > LONGEST or "\n" in text or not ctx.sender.orgs(Role.ADMIN):
        return None
    command = _COMMAND.match(text)
    if command is not None:
        known = _known_start(ctx, command[1], command[2])
        return None if known is None else f"{command[1]} {known} {command[2][len(known) :]}".strip()
    later = _LATER.match(text)
    duty = _known_start(ctx, "延期", later[1]) if later else None
    return f"延期 {duty} {later[1][len(duty) :]} 到 {later[2]}" if later and duty else None


def _known_start(ctx: Context, command: str, rest: str) -> str | None:
    """Return the longest beginning that names what the command is about, as it is written; None: it names nothing."""
    names = {fold(name) for duty in ctx.campaign.duties.values() for name in (duty.name, *duty.names)}
    if "延" not in command:
        rules = {fold(rule.name) for rule in ctx.campaign.rules.values()}
        whole = {*ALL_WORDS, *KIND_WORDS, *names} if command in ("暂停", "恢复") else set()
        names = rules | whole | {str(number) for number in numbers(ctx).values()}
    for end in range(len(rest), 0, -1):
        if fold(rest[:end]) in names and not rest[end : end + 1].isdigit():
            return rest[:end]
    return None
