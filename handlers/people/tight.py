"""停用张三, 任命李四为联络员, 名单长沙: the same commands written without a blank.

Only where a name that is known follows at once, so that a report which begins with such a word stays a report.
"""

from __future__ import annotations

import re
from dataclasses import replace

from handlers.base import EVERYBODY, Context, Match, route
from handlers.names import folded, org_names
from handlers.people.rights import is_about_names, known_names
from handlers.which_name import run_again
from models.messages import Reply
from models.people import Role

_COMMAND = re.compile(r"^(停用|启用|任命|免去|交接|名单|默认)(\S.*)$")
_ABOUT_ORGS = ("名单", "默认")


def reads_as_command(ctx: Context, match: Match) -> bool:
    """Tell whether a text is a command about people but for a blank."""
    return _spaced(ctx, match.text) is not None


@route("people-tight", roles=EVERYBODY, examples=("停用张三",), unlisted="as with a blank", accepts=reads_as_command)
def run_spaced(ctx: Context, match: Match) -> Reply:
    """Run the command with the blanks put in; it asks for its own role."""
    text = _spaced(ctx, match.text)
    assert text is not None  # reads_as_command() has seen it
    return run_again(replace(ctx, inbound=replace(ctx.inbound, text=text)))


def _spaced(ctx: Context, text: str) -> str | None:
    found = _COMMAND.match(text)
    if found is None or ctx.sender is None or not is_about_names(ctx, Match(text, found[2])):
        return None
    command, rest = found[1], found[2].strip()
    if command in _ABOUT_ORGS:
        return f"{command} {rest}" if org_names(ctx.session).exact(folded(rest)) else None
    if Role.ADMIN not in ctx.sender.roles:
        return None
    names = set(known_names(ctx).values())
    first = _leading(names, rest)
    if not first:
        return None
    behind = rest[len(first) :].strip()
    second = _leading(names, re.sub(r"^(?:交给|给|和|到)", "", behind)) if command == "交接" else ""
    return f"{command} {first} {second or behind}".strip()


def _leading(names: set[str], text: str) -> str:
    """Return the longest name with which a text begins, or nothing."""
    return max((name for name in names if text.startswith(name)), key=len, default="")
