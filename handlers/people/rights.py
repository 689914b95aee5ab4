"""Whom a command means, who may do it, and the one rule that no command breaks: the office keeps an admin.

An admin acts on the people of his org and of those under it; what touches the role of admin belongs to the admins of
the office that runs the campaign (decisions 14).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from handlers import wording
from handlers.base import Context, Match
from handlers.names import MOST_OPTIONS, AmbiguityError, choice_key, folded, matching_names
from models import outbox
from models.errors import UserError
from models.messages import Draft, Recipient, Text
from models.people import Membership, Org, Person, Role
from models.quiet import release
from models.roles import Held, accounts_of, held_by, nearest_admins, other_admins

LONGEST = 60  # characters of a command about people


def is_about_names(ctx: Context, match: Match) -> bool:
    """Tell whether what follows a command may be names: 停用 张三, but not 停用 涉诈电话卡30张."""
    rest = match.rest
    return len(rest) <= LONGEST and "\n" not in rest and not any(character.isdigit() for character in rest)


def office(ctx: Context) -> Org:
    """Return the org that runs the campaign."""
    return ctx.session.scalars(select(Org).where(Org.name == ctx.campaign.office)).one()


def runs_office(ctx: Context) -> bool:
    """Tell whether the sender is an admin of the office."""
    return any(org.name == ctx.campaign.office for org in ctx.known.orgs(Role.ADMIN))


def check_org(ctx: Context, org: Org) -> None:
    """Raise UserError("ask-admins-of") when an org is not under the sender as admin; it says who may."""
    if org.id not in ctx.scope(Role.ADMIN):
        who, _ = nearest_admins(ctx.session, org)
        raise UserError("ask-admins-of", name=org.name, who=who.name)


def check_roles(ctx: Context, held: Iterable[Held]) -> None:
    """Raise UserError when the sender may not touch one of some roles: outside his orgs, or of an admin."""
    scope = ctx.scope(Role.ADMIN)
    for each in held:
        if each.org.id not in scope:
            who, _ = nearest_admins(ctx.session, each.org)
            raise UserError("role-elsewhere", name=each.person.name, role=role_words(each), who=who.name)
    if any(each.role is Role.ADMIN for each in held):
        check_admin_role(ctx)


def check_admin_role(ctx: Context) -> None:
    """Raise UserError("office-only") unless the sender may give and take the role of admin (decisions 14)."""
    if not runs_office(ctx):
        raise UserError("office-only")


def keep_an_admin(ctx: Context, person: Person, held: Iterable[Held]) -> None:
    """Raise UserError("last-admin") when the office would be left without one by the end of some roles."""
    top = office(ctx)
    if any(each.role is Role.ADMIN and each.org.id == top.id for each in held) and not other_admins(
        ctx.session, top.id, person.id
    ):
        raise UserError("last-admin", name=person.name)


def find_person(ctx: Context, name: str, *, switched_off: bool = False) -> Person:
    """Return the person of the sender's orgs that a name means, those who may act (or may not) before the others.

    Raises UserError("no-such-person"), ("not-your-person"), or AmbiguityError("which-person").
    """
    scope = ctx.scope(Role.ADMIN)
    known = _known(ctx, scope, name) or _known(ctx, scope)
    picked = ctx.chosen.get(choice_key("person", name))
    if picked is not None and picked in _known(ctx, scope):
        return ctx.session.get_one(Person, picked)
    fitting = matching_names(known, folded(name)) if name else []
    if not fitting:
        raise _unknown(ctx, name)
    acting = {each.person.id for each in held_by(ctx.session, fitting)} if len(fitting) <= 500 else set(fitting)
    found = [key for key in fitting if (key not in acting) is switched_off] or fitting
    if len(found) > 1:
        options = _labels(ctx, found[:MOST_OPTIONS])
        raise AmbiguityError(ctx, "which-person", choice_key("person", name), name, options, len(found))
    return ctx.session.get_one(Person, found[0])


def known_names(ctx: Context) -> dict[int, str]:
    """Return id -> name of everybody who has or had a role under the sender as admin."""
    return _known(ctx, ctx.scope(Role.ADMIN))


def _known(ctx: Context, scope: set[int], name: str | None = None) -> dict[int, str]:
    """Return id -> name of everybody who has or had a role in the scope; only those of a name when one is given."""
    query = select(Person.id, Person.name, Membership.org_id).join(Membership, Membership.person_id == Person.id)
    if name is not None:
        query = query.where(Person.name == name)
    rows = ctx.session.execute(query.order_by(Person.id)).all()
    return {person_id: called for person_id, called, org_id in rows if org_id in scope}


def _unknown(ctx: Context, name: str) -> UserError:
    elsewhere = ctx.session.scalars(select(Person.id).where(Person.name == name, Person.active)).all()
    held = held_by(ctx.session, elsewhere)
    if held:
        who, _ = nearest_admins(ctx.session, held[0].org)
        return UserError("not-your-person", name=name, who=who.name)
    return UserError("no-such-person", name=name)


def _labels(ctx: Context, person_ids: Sequence[int]) -> list[tuple[int, str]]:
    roles: dict[int, list[Held]] = {}
    for each in held_by(ctx.session, person_ids, ended=True):
        roles.setdefault(each.person.id, []).append(each)
    labels = []
    for person_id in person_ids:
        live = [each for each in roles[person_id] if each.live]
        labels.append((person_id, wording.person_label(roles[person_id][0].person.name, all_words(live))))
    return labels


def role_words(held: Held) -> str:
    """Write a role: 长沙市公安局候补联络员."""
    return wording.role_of(held.org.name, held.role, held.membership.backup)


def all_words(held: Iterable[Held]) -> list[str]:
    """Write roles."""
    return [role_words(each) for each in held]


def as_json(held: Iterable[Held]) -> list[dict[str, Any]]:
    """Write roles for the audit."""
    return [{"org": h.org.name, "role": h.role.value, "backup": h.membership.backup} for h in held]


def same_still(held: Iterable[Held], payload: Mapping[str, Any]) -> None:
    """Raise UserError("changed-meanwhile") unless the roles are those that were shown when the code was given out."""
    if [each.membership.id for each in held] != payload["roles"]:
        raise UserError("changed-meanwhile")


def ids(held: Iterable[Held]) -> list[int]:
    """Return what a code is bound to: exactly these roles."""
    return [each.membership.id for each in held]


def tell(ctx: Context, person: Person, text: str) -> None:
    """Tell somebody else what has become of his roles, outside quiet hours; not the sender, who has his answer."""
    if person.id == ctx.known.person.id:
        return
    at = release(ctx.campaign, ctx.now)
    drafts = [
        Draft(Recipient(account.channel, account.user_ref, person.id), Text(text), "role", at)
        for account in accounts_of(ctx.session, person.id)
    ]
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)


_ROLE = re.compile(
    r"(?:的|为|作|当)?(?:(?P<backup>候补|备用|后备)(?:联络员)?|联络员(?P<after>[（(]?候补[)）]?)?|(?P<other>管理员|查看员))"
)


def split_role(text: str) -> tuple[list[str], Role | None, bool]:
    """Split 李四 长沙市公安局 候补联络员 into its names, the role and whether it is a backup's. No role: None."""
    found = _ROLE.search(text)
    role = None if found is None else wording.ROLE_WORDS.get(found["other"] or "", Role.LIAISON)
    backup = bool(found and (found["backup"] or found["after"]))
    rest = text if found is None else f"{text[: found.start()]} {text[found.end() :]}"
    words = [word.removesuffix("为") if len(word) > 2 else word for word in re.split(r"[\s,，、:：]+", rest) if word]
    words = [*words[:1], *(re.sub(r"^(?:为|做|当|任)|的$", "", word) for word in words[1:])]
    return [word for word in words if word], role, backup
