"""Which rules a command means: by number as 规则 shows them, by name or a part of it, by duty, by what they do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from handlers.base import Context, Match
from handlers.headed import is_for_admins
from handlers.people.rights import runs_office
from models.campaign.amended import EVERYTHING
from models.campaign.definition import RuleKind
from models.campaign.firings import duty_of
from models.errors import UserError

ALL_WORDS = ("全部", "所有", "全部规则", "所有规则", "全部提醒", "所有提醒")
KIND_WORDS = {
    "提醒": (RuleKind.REMIND,),
    "催报": (RuleKind.REMIND,),
    "催办": (RuleKind.REMIND,),
    "排名": (RuleKind.RANKING,),
    "名单": (RuleKind.MISSING_LIST,),
    "早报": (RuleKind.BRIEF,),
}
LONGEST = 100  # characters behind a command; more is something else that begins with such a word
_NTH = re.compile(r"^第?(\d{1,3})[条号]?$")  # 第2条
MOST = 8  # rules that a question names


def is_a_command(ctx: Context, match: Match) -> bool:
    """Tell whether what follows a command word may belong to it."""
    return len(match.rest) <= LONGEST and "\n" not in match.rest and is_for_admins(ctx, match)


def for_the_office(ctx: Context) -> None:
    """Raise UserError("office-runs-clock") unless the sender is an admin of the office (decisions 14)."""
    if not runs_office(ctx):
        raise UserError("office-runs-clock")


def numbers(ctx: Context) -> dict[str, int]:
    """Return the number of each rule, as 规则 shows it: the order of the campaign file."""
    return {key: number for number, key in enumerate(ctx.campaign.rules, 1)}


def find_rules(ctx: Context, words: str) -> tuple[str, ...]:
    """Return the rules that words mean; (EVERYTHING,) for all. Raises UserError("no-such-rule"), ("which-rule")."""
    name = fold(words)
    if name in ALL_WORDS:
        return (EVERYTHING,)
    if name in KIND_WORDS:
        return tuple(key for key, rule in ctx.campaign.rules.items() if rule.kind in KIND_WORDS[name])
    exact = _exact(ctx, name)
    if exact:
        return exact
    duty = next((key for key, duty in ctx.campaign.duties.items() if name in (duty.name, *duty.names)), None)
    about = tuple(key for key, rule in ctx.campaign.rules.items() if duty is not None and duty_of(rule) == duty)
    return about or (_one(ctx, words, _close(ctx, name)),)


def split_rule(ctx: Context, text: str) -> tuple[str, str]:
    """Return the rule that a text begins with, and what follows. Raises UserError("no-such-rule"), ("which-rule")."""
    for end in range(len(text), 0, -1):
        if fold(text[:end]) and (exact := _exact(ctx, fold(text[:end]))) and _ends(text, end):
            return exact[0], text[end:].strip(" :,，：")
    several: Sequence[str] = ()
    for head, rest in _heads(text):
        found = _close(ctx, fold(head))
        if len(found) == 1:
            return found[0], rest
        several = several or found
    return _one(ctx, (text.split() or [""])[0], several), ""


def fold(words: str) -> str:
    """Return words without blanks and marks: names are long, and full-width marks are typed in either way."""
    return re.sub(r"[\s:：,，、。“”\"']+", "", unicodedata.normalize("NFKC", words))


def _ends(text: str, end: int) -> bool:
    """Keep a number whole: 1 is no rule in 12 时间, nor in 10:12."""
    return not (text[end - 1].isdigit() and text[end : end + 1].isdigit()) and text[end : end + 1] not in (":", "：")


def _exact(ctx: Context, name: str) -> tuple[str, ...]:
    name = _NTH.sub(r"\1", name)
    if name.isdigit():
        return tuple(key for key, number in numbers(ctx).items() if number == int(name))
    return tuple(key for key, rule in ctx.campaign.rules.items() if name in (fold(rule.name), key))


def _close(ctx: Context, name: str) -> list[str]:
    """List the rules whose name holds a part, else those that hold its characters in this order: 短信周四."""
    if len(name) < 2:
        return []
    names = {key: fold(rule.name) for key, rule in ctx.campaign.rules.items()}
    return [key for key, known in names.items() if name in known] or [
        key for key, known in names.items() if _in_order(name, known)
    ]


def _in_order(name: str, known: str) -> bool:
    rest = iter(known)
    return all(character in rest for character in name)


def _heads(text: str) -> Iterator[tuple[str, str]]:
    words = text.split()
    for count in range(len(words), 0, -1):
        yield "".join(words[:count]), " ".join(words[count:])


def _one(ctx: Context, words: str, found: Sequence[str]) -> str:
    if len(found) == 1:
        return found[0]
    if not found:
        raise UserError("no-such-rule", name=words[:20])
    order = numbers(ctx)
    names = [f"{order[key]} {ctx.campaign.rules[key].name}" for key in found[:MOST]]
    raise UserError("which-rule", name=words[:20], names=names + (["等"] if len(found) > MOST else []))
