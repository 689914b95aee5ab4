"""Which duties and which orgs the words behind a command mean: 未报 短信 长沙, 催报 运营商, 通知 长沙及下属.

A word is a duty, a kind of org, an org, or what stands under an org. What is called so exactly wins over a part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from handlers.base import Context, find_named, find_org
from handlers.names import orgs_called
from models.errors import UserError
from models.people import Org, descendants

_BELOW = re.compile(r"^(.{2,}?)([及和与含]?)(?:其)?(?:所辖|下属|下级|辖下|下辖)(?:的)?(?:各)?(?:单位|机构|县区|区县)?$")


@dataclass(frozen=True, slots=True)
class Target:
    """Some orgs, and what people call them."""

    name: str
    org_ids: frozenset[int]  # within the sender's scope
    org: Org | None = None  # the one org that was named; what is under it is not in org_ids unless that was said
    whole: bool = True  # False: of this kind there are others that the sender may not act on


@dataclass(frozen=True, slots=True)
class Asked:
    """What the words behind a command ask for. None: nothing was said about it."""

    duties: tuple[str, ...] | None
    target: Target | None


def asked(ctx: Context, rest: str, scope: set[int]) -> Asked:
    """Read the words behind 进度, 未报, 催报. Raises UserError("no-such-duty-or-org") and those of find_org()."""
    duties: list[str] = []
    targets: list[Target] = []
    for word in re.split(r"[\s、，,;；]+", rest.strip()):
        if not word:
            continue
        key = _duty_called(ctx, word)
        target = None if key else find_kind(ctx, word, scope)
        if key is None and target is None and not orgs_called(ctx.session, word):
            key = find_named(_duty_names(ctx), word)
        if key is not None:
            duties.append(key)
        else:
            targets.append(target or _org_target(ctx, word, scope))
    return Asked(tuple(dict.fromkeys(duties)) or None, joined(targets) if targets else None)


def joined(targets: Iterable[Target]) -> Target:
    """Return several targets as one."""
    every = list(targets)
    if len(every) == 1:
        return every[0]
    names = "、".join(target.name for target in every)
    return Target(names, frozenset().union(*(t.org_ids for t in every)), whole=all(t.whole for t in every))


def find_kind(ctx: Context, word: str, scope: set[int]) -> Target | None:
    """Return the orgs of a kind within a scope, or None when the word names no kind."""
    key = next((k for k, kind in ctx.campaign.kinds.items() if word in (kind.name, *kind.names)), None)
    if key is None or orgs_called(ctx.session, word):  # 省联席办 is a kind's word and an org's name: the org
        return None
    every = set(ctx.session.scalars(select(Org.id).where(Org.kind == key)))
    return Target(ctx.campaign.kinds[key].name, frozenset(every & scope), whole=every <= scope)


def find_org_target(ctx: Context, word: str, scope: set[int]) -> Target:
    """Return an org within a scope, alone, or with what is under it (长沙及下属), or only that (长沙下属).

    Raises UserError("not-your-org"), UserError("nobody-below") and those of find_org().
    """
    below = None if orgs_called(ctx.session, word) else _BELOW.match(word)
    org = find_org(ctx, below[1] if below else word, prefer=scope)
    if org.id not in scope:
        raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.known.orgs()])
    if below is None:
        return Target(org.name, frozenset({org.id}), org)
    under = (descendants(ctx.session, [org.id]) - {org.id}) & scope
    if not under:
        raise UserError("nobody-below", name=org.name)
    return Target(f"{org.name}{below[2] and '及'}下属", frozenset(under | ({org.id} if below[2] else set())))


def with_below(ctx: Context, target: Target, scope: set[int]) -> frozenset[int]:
    """Return the orgs of a target; of a single org also those under it."""
    if target.org is None:
        return target.org_ids
    return frozenset(descendants(ctx.session, target.org_ids) & scope)


def _org_target(ctx: Context, word: str, scope: set[int]) -> Target:
    try:
        return find_org_target(ctx, word, scope)
    except UserError as error:
        if error.code != "no-such-org":
            raise
        names = [known[-1] for known in _duty_names(ctx).values()]
        kinds = [kind.name for kind in ctx.campaign.kinds.values()]
        raise UserError("no-such-duty-or-org", name=word, names=names, kinds=kinds) from None


def _duty_names(ctx: Context) -> dict[str, tuple[str, ...]]:
    return {key: (duty.name, *duty.names) for key, duty in ctx.campaign.duties.items()}


def _duty_called(ctx: Context, word: str) -> str | None:
    return next((key for key, names in _duty_names(ctx).items() if word in names), None)
