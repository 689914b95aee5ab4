"""名单: who is who in an org or in everything that the sender may see; for admins also who wants to come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, find_org, route
from handlers.people import rights
from handlers.people.joining import request_lines
from models import joining
from models.errors import UserError
from models.messages import Reply
from models.people import Identity, Org, Person, Role, Stranger, descendants
from models.roles import Held, active_holders, held_in

IN_FULL = 8  # orgs whose people are named one by one; of more the numbers are given (decided by us 2026-11-24)
MOST_STRANGERS = 5


@route(
    "people",
    words=("名单", "人员名单", "联络员名单"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("名单", "名单 {org}"),
    help="名单：谁在管；名单 单位：看一家",
    accepts=rights.is_about_names,
)
def show_people(ctx: Context, match: Match) -> Reply:
    """List the people of one org with those under it, or of the sender's own."""
    scope = ctx.scope(*EVERYBODY)
    if match.rest:
        tops = [find_org(ctx, match.rest, prefer=scope)]
        if tops[0].id not in scope:
            raise UserError("not-your-org", name=tops[0].name, own=[own.name for own in ctx.known.orgs()])
    else:
        tops = _tops(ctx.known.orgs(), ctx)
    blocks = [block for top in tops for block in _tree(ctx, top)]
    blocks += _asking(ctx) if not match.rest else []
    return Reply("\n".join(blocks), outcome="shown")


def _tops(orgs: Sequence[Org], ctx: Context) -> list[Org]:
    """Leave out orgs that stand under another of the sender's."""
    below = {org.id: descendants(ctx.session, [org.id]) - {org.id} for org in orgs}
    return [org for org in orgs if not any(org.id in others for others in below.values())]


def _tree(ctx: Context, top: Org) -> list[str]:
    """Write one org with its people; those below it in full when they are few, else in numbers."""
    under = descendants(ctx.session, [top.id]) - {top.id}
    lines = _org(ctx, top, held_in(ctx.session, [top.id], ended=True))
    if len(under) < IN_FULL:
        orgs = ctx.session.scalars(select(Org).where(Org.id.in_(under)).order_by(Org.position, Org.id)).all()
        for org in orgs:
            lines += _org(ctx, org, held_in(ctx.session, [org.id], ended=True))
        return lines
    holders = active_holders(ctx.session)
    liaisons = {org_id for _, org_id, role in holders if role is Role.LIAISON}
    rows = ctx.session.execute(select(Org.id, Org.name).order_by(Org.position, Org.id)).all()
    without = [name for org_id, name in rows if org_id in under and org_id not in liaisons]
    total = len({person_id for person_id, org_id, _ in holders if org_id in under})
    first = next(name for org_id, name in rows if org_id in under)
    return [*lines, wording.people_below(len(under), total, without, first)]


def _org(ctx: Context, org: Org, held: Sequence[Held]) -> list[str]:
    live = [each for each in held if each.live]
    by_person: dict[int, list[Held]] = {}
    for each in live:
        by_person.setdefault(each.person.id, []).append(each)
    named = [
        wording.person_line(roles[0].person.name, [(each.role, each.membership.backup) for each in roles])
        for roles in by_person.values()
    ]
    off = sorted({each.person.name for each in held if not each.person.active}) if _manages(ctx, org) else []
    return wording.people_of(org.name, named, off, manages=_manages(ctx, org))


def _manages(ctx: Context, org: Org) -> bool:
    return org.id in ctx.scope(Role.ADMIN)


def _asking(ctx: Context) -> list[str]:
    """List who wants to come in, for an admin; accounts that said nothing of the kind, for the office."""
    if Role.ADMIN not in ctx.known.roles:
        return []
    waiting = joining.waiting(ctx.session, ctx.scope(Role.ADMIN))
    lines = wording.requests_waiting(request_lines(ctx, waiting))
    if rights.runs_office(ctx):
        lines += wording.strangers(ctx.campaign, _strangers(ctx), MOST_STRANGERS)
    return lines


def _strangers(ctx: Context) -> list[tuple[str, str, datetime]]:
    """Return (account, name of the person that it was, when it last wrote) of who belongs to nobody, newest first."""
    asking = select(joining.JoinRequest.user_ref).where(joining.JoinRequest.outcome == joining.WAITING)
    rows = ctx.session.execute(
        select(Stranger.user_ref, Person.name, Stranger.last_at)
        .outerjoin(Identity, (Identity.channel == Stranger.channel) & (Identity.user_ref == Stranger.user_ref))
        .outerjoin(Person, Person.id == Identity.person_id)
        .where(Stranger.settled_at.is_(None), Stranger.user_ref.not_in(asking))
        .order_by(Stranger.last_at.desc(), Stranger.id.desc())
    ).all()
    return [(account, name or "", last_at) for account, name, last_at in rows]
