"""停用 and 启用: a person may act no more, or again. What was reported stays as it is.

Switching off ends every role; switching on gives back exactly those that ended with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.people import rights
from models import outbox
from models.errors import UserError
from models.messages import Reply
from models.people import Membership, Person, Role
from models.roles import Held, end, held_by, held_in


@route(
    "switch-off",
    words=("停用",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("停用 张三",),
    help="停用 姓名：这个人不能再用，报过的数都留着",
    accepts=rights.is_about_names,
)
def switch_off(ctx: Context, match: Match) -> Reply:
    """Show whom it means and what he loses, and hand out the code."""
    if not match.rest:
        raise UserError("name-a-person", example="停用 张三")
    person = rights.find_person(ctx, match.rest)
    held = _roles_to_end(ctx, person)
    without = _left_without(ctx, held)
    shown = wording.switch_off_preview(
        person.name, rights.all_words(held), without, oneself=person.id == ctx.known.person.id
    )
    return offer(ctx, "switch-off", {"person_id": person.id, "roles": rights.ids(held)}, shown)


def do_switch_off(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Switch off, when the roles are still those that were shown."""
    person = ctx.session.get_one(Person, payload["person_id"], populate_existing=True)
    held = _roles_to_end(ctx, person)
    rights.same_still(held, payload)
    before = rights.as_json(held)
    org_id = held[0].org.id
    end(ctx.session, [each.membership for each in held], ctx.now)
    person.active, person.default_org_id = False, None
    outbox.withdraw(ctx.session, person.id, "switched off", ctx.now)
    ctx.audit("switch-off", f"person:{person.id}", org_id, before={"roles": before}, after={"active": False})
    return Reply(wording.switched_off(person.name, _left_without(ctx, held)), outcome="switched-off")


def _roles_to_end(ctx: Context, person: Person) -> list[Held]:
    if not person.active:
        raise UserError("already-off", name=person.name)
    held = held_by(ctx.session, [person.id])
    if not held:
        raise UserError("no-role", name=person.name)
    rights.check_roles(ctx, held)
    rights.keep_an_admin(ctx, person, held)
    return held


def _left_without(ctx: Context, ending: list[Held]) -> list[str]:
    """Return the orgs that have no liaison once some roles have ended."""
    leaving = {each.membership.id for each in ending}
    orgs = {each.org.id: each.org.name for each in ending if each.role is Role.LIAISON}
    staying = {
        each.org.id
        for each in held_in(ctx.session, orgs)
        if each.role is Role.LIAISON and each.membership.id not in leaving
    }
    return [name for org_id, name in orgs.items() if org_id not in staying]


@route(
    "switch-on",
    words=("启用",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("启用 张三",),
    help="启用 姓名：恢复停用的人和他停用时的角色",
    accepts=rights.is_about_names,
)
def switch_on(ctx: Context, match: Match) -> Reply:
    """Show which roles come back, and hand out the code."""
    if not match.rest:
        raise UserError("name-a-person", example="启用 张三")
    person = rights.find_person(ctx, match.rest, switched_off=True)
    held = _roles_to_give_back(ctx, person)
    shown = wording.switch_on_preview(person.name, rights.all_words(held))
    return offer(ctx, "switch-on", {"person_id": person.id, "roles": rights.ids(held)}, shown)


def do_switch_on(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Switch on, when the roles are still those that were shown."""
    person = ctx.session.get_one(Person, payload["person_id"], populate_existing=True)
    held = _roles_to_give_back(ctx, person)
    rights.same_still(held, payload)
    person.active = True
    for each in held:
        each.membership.ended_at, each.membership.since_at = None, ctx.now
    ctx.session.flush()
    after = {"active": True, "roles": rights.as_json(held)}
    ctx.audit("switch-on", f"person:{person.id}", held[0].org.id, before={"active": False}, after=after)
    words = rights.all_words(held)
    rights.tell(ctx, person, wording.you_are_on_again(person.name, words))
    return Reply(wording.switched_on(person.name, words), outcome="switched-on")


def _roles_to_give_back(ctx: Context, person: Person) -> list[Held]:
    """Return the roles that ended together last: those that the switching off ended."""
    if person.active:
        raise UserError("already-on", name=person.name)
    former = held_by(ctx.session, [person.id], ended=True)
    moments = [_ended(each.membership) for each in former]
    held = [each for each, moment in zip(former, moments, strict=True) if moment == max(moments)]
    rights.check_roles(ctx, held)
    return held


def _ended(membership: Membership) -> str:
    return membership.ended_at.isoformat() if membership.ended_at else ""
