"""交接: what somebody does as a liaison goes to somebody else. Reports and history stay where they are.

Roles of admin and viewer do not move: they hang on the person, not on the work.
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
from models.people import Person, Role
from models.roles import Held, end, grant, held_by


@route(
    "hand-over",
    words=("交接",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("交接 张三 李四",),
    help="交接 张三 李四：张三的联络员工作交给李四",
    accepts=rights.is_about_names,
)
def hand_over(ctx: Context, match: Match) -> Reply:
    """Show what moves from whom to whom, and hand out the code."""
    names = [word for word in rights.split_role(match.rest)[0] if word not in ("给", "交给", "和", "到")]
    if len(names) < 2:
        raise UserError("hand-over-how")
    giver, taker = rights.find_person(ctx, names[0]), rights.find_person(ctx, names[1])
    held = _moving(ctx, giver, taker, " ".join(names[2:]))
    words = rights.all_words(held)
    others = [each for each in held_by(ctx.session, [giver.id]) if each.role is Role.ADMIN]
    shown = wording.hand_over_preview(giver.name, taker.name, words, rights.all_words(others))
    payload = {"giver_id": giver.id, "taker_id": taker.id, "roles": rights.ids(held)}
    return offer(ctx, "hand-over", payload, shown)


def do_hand_over(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Move the roles that were shown."""
    giver = ctx.session.get_one(Person, payload["giver_id"], populate_existing=True)
    taker = ctx.session.get_one(Person, payload["taker_id"], populate_existing=True)
    held = [each for each in _moving(ctx, giver, taker, "") if each.membership.id in payload["roles"]]
    rights.same_still(held, payload)
    words = rights.all_words(held)
    for each in held:
        _move(ctx, each, taker)
    rights.tell(ctx, taker, wording.you_take_over(taker.name, giver.name, words))
    rights.tell(ctx, giver, wording.you_handed_over(giver.name, taker.name, words))
    return Reply(wording.handed_over(giver.name, taker.name, words), outcome="handed-over")


def _move(ctx: Context, held: Held, taker: Person) -> None:
    """End one role and give it to the taker; who is main liaison already does not become a backup by it."""
    giver, backup = held.person, held.membership.backup
    has = [h for h in held_by(ctx.session, [taker.id]) if h.org.id == held.org.id and h.role is Role.LIAISON]
    if backup and has:
        backup = has[0].membership.backup
    grant(ctx.session, taker.id, held.org.id, Role.LIAISON, ctx.now, backup=backup)
    end(ctx.session, [held.membership], ctx.now)
    outbox.withdraw(ctx.session, giver.id, "handed over", ctx.now, org_ids=[held.org.id])
    if giver.default_org_id == held.org.id:
        giver.default_org_id = None
    ctx.audit(
        "hand-over",
        f"person:{giver.id}",
        held.org.id,
        before={"liaison": giver.name, "backup": held.membership.backup},
        after={"liaison": taker.name, "person_id": taker.id, "backup": backup},
    )


def _moving(ctx: Context, giver: Person, taker: Person, org_name: str) -> list[Held]:
    """Return the roles that move: of one org, or all that the giver has as a liaison."""
    if giver.id == taker.id:
        raise UserError("hand-over-self", name=giver.name)
    if not taker.active:
        raise UserError("is-off", name=taker.name)
    held = [each for each in held_by(ctx.session, [giver.id]) if each.role is Role.LIAISON]
    if not held:
        raise UserError("no-liaison", name=giver.name)
    if org_name:
        org = find_org(ctx, org_name, {each.org.id for each in held})
        held = [each for each in held if each.org.id == org.id]
    else:
        scope = ctx.scope(Role.ADMIN)
        held = [each for each in held if each.org.id in scope] or held
    rights.check_roles(ctx, held)
    return held
