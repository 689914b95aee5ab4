"""任命 and 免去: giving a role and taking it, each with a code.

The admin of an org gives liaisons and viewers to it and to the orgs under it; admins are made and unmade by the office
(decisions 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import wording
from handlers.base import Context, Match, find_org, route
from handlers.codes import offer
from handlers.people import rights
from models import outbox
from models.errors import UserError
from models.messages import Reply
from models.people import Org, Person, Role
from models.roles import Held, end, grant, held_by


@route(
    "appoint",
    words=("任命",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("任命 李四 管理员", "任命 李四 候补联络员 {org}"),
    help="任命 姓名 角色 单位：联络员、候补联络员、查看员、管理员",
    accepts=rights.is_about_names,
)
def appoint(ctx: Context, match: Match) -> Reply:
    """Show who gets which role where, and hand out the code."""
    names, role, backup = rights.split_role(match.rest)
    if not names or role is None or any(word in wording.ROLE_WORDS for word in names):
        raise UserError("appoint-how")
    person = rights.find_person(ctx, names[0])
    org = _org(ctx, person, " ".join(names[1:]), wording.role_of("", role, backup))
    has = _check(ctx, person, org, role, backup)
    shown = wording.appoint_preview(person.name, wording.role_of(org.name, role, backup), rights.all_words(has))
    payload = {"person_id": person.id, "org_id": org.id, "role": role.value, "backup": backup}
    return offer(ctx, "appoint", payload, shown)


def do_appoint(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Give the role that was shown."""
    person = ctx.session.get_one(Person, payload["person_id"], populate_existing=True)
    org, role, backup = ctx.session.get_one(Org, payload["org_id"]), Role(payload["role"]), payload["backup"]
    before = rights.as_json(_check(ctx, person, org, role, backup))
    grant(ctx.session, person.id, org.id, role, ctx.now, backup=backup)
    after = {"org": org.name, "role": role.value, "backup": backup}
    ctx.audit("appoint", f"person:{person.id}", org.id, before={"roles": before}, after=after)
    words = wording.role_of(org.name, role, backup)
    rights.tell(ctx, person, wording.you_are_appointed(person.name, words))
    return Reply(wording.appointed(person.name, words), outcome="appointed")


def _org(ctx: Context, person: Person, name: str, role: str) -> Org:
    """Return the org that is named, else the only one that the person has a role in."""
    if name:
        return find_org(ctx, name, prefer=ctx.scope(Role.ADMIN))
    orgs = {each.org.id: each.org for each in held_by(ctx.session, [person.id])}
    if len(orgs) != 1:
        names = [org.name for org in (*orgs.values(), *ctx.known.orgs(Role.ADMIN))]
        raise UserError("name-the-org", name=person.name, example=f"任命 {person.name} {role} {names[0]}")
    return next(iter(orgs.values()))


def _check(ctx: Context, person: Person, org: Org, role: Role, backup: bool) -> list[Held]:
    """Return the roles that the person has; raise UserError for what may not be or is already."""
    if not person.active:
        raise UserError("is-off", name=person.name)
    if role is Role.ADMIN:
        rights.check_admin_role(ctx)
    rights.check_org(ctx, org)
    has = held_by(ctx.session, [person.id])
    if any(h.org.id == org.id and h.role is role and h.membership.backup is backup for h in has):
        raise UserError("has-role", name=person.name, role=wording.role_of(org.name, role, backup))
    return has


@route(
    "dismiss",
    words=("免去",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("免去 李四 管理员",),
    help="免去 姓名 角色：收回一个角色，其他角色不变",
    accepts=rights.is_about_names,
)
def dismiss(ctx: Context, match: Match) -> Reply:
    """Show which role ends, and hand out the code."""
    names, role, _ = rights.split_role(match.rest)
    if not names:
        raise UserError("dismiss-how")
    person = rights.find_person(ctx, names[0])
    held = _role_to_end(ctx, person, role, " ".join(names[1:]))
    _may_end(ctx, person, held)
    payload = {"person_id": person.id, "roles": rights.ids([held])}
    left = [each for each in held_by(ctx.session, [person.id]) if each.membership.id != held.membership.id]
    return offer(
        ctx,
        "dismiss",
        payload,
        wording.dismiss_preview(person.name, rights.role_words(held), rights.all_words(left)),
    )


def do_dismiss(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """End the role that was shown, if it has not ended already."""
    person = ctx.session.get_one(Person, payload["person_id"], populate_existing=True)
    held = [each for each in held_by(ctx.session, [person.id]) if each.membership.id in payload["roles"]]
    rights.same_still(held, payload)
    _may_end(ctx, person, held[0])
    words, org = rights.role_words(held[0]), held[0].org
    before = {"roles": rights.as_json(held)}
    end(ctx.session, [held[0].membership], ctx.now)
    if not any(each.org.id == org.id for each in held_by(ctx.session, [person.id])):
        outbox.withdraw(ctx.session, person.id, "dismissed", ctx.now, org_ids=[org.id])
    if person.default_org_id == org.id:
        person.default_org_id = None
    ctx.audit("dismiss", f"person:{person.id}", org.id, before=before, after={"roles": []})
    rights.tell(ctx, person, wording.you_are_dismissed(person.name, words, ctx.campaign.office))
    return Reply(wording.dismissed(person.name, words), outcome="dismissed")


def _may_end(ctx: Context, person: Person, held: Held) -> None:
    rights.check_roles(ctx, [held])
    rights.keep_an_admin(ctx, person, [held])


def _role_to_end(ctx: Context, person: Person, role: Role | None, org_name: str) -> Held:
    """Return the one role that is meant. Raises UserError("no-role") or ("which-role")."""
    held = held_by(ctx.session, [person.id])
    if not held:
        raise UserError("no-role", name=person.name)
    org = find_org(ctx, org_name, {each.org.id for each in held}) if org_name else None
    fitting = [h for h in held if (role is None or h.role is role) and (org is None or h.org.id == org.id)]
    scope = ctx.scope(Role.ADMIN)
    fitting = [h for h in fitting if h.org.id in scope] or fitting
    if not fitting:
        raise UserError("not-this-role", name=person.name, held=rights.all_words(held))
    if len(fitting) > 1:
        last = fitting[-1]
        example = f"免去 {person.name} {wording.ROLE_NAMES[last.role]} {last.org.name}"
        raise UserError("which-role", name=person.name, held=rights.all_words(fitting), example=example)
    return fitting[0]
