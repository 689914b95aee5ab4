"""默认: which of several orgs a person reports for when a message names none."""

from __future__ import annotations

from handlers import wording
from handlers.base import REPORTERS, Context, Match, find_org, route
from handlers.people.rights import is_about_names
from models.errors import UserError
from models.messages import Reply

_NONE = ("取消", "不要", "无", "清除", "没有")


@route(
    "default",
    words=("默认", "默认单位"),
    takes_rest=True,
    roles=REPORTERS,
    examples=("默认 {org}", "默认 取消"),
    help="默认 单位：管几家时不写单位就算这家",
    accepts=is_about_names,
)
def set_default(ctx: Context, match: Match) -> Reply:
    """Set, show or drop the org that reports go to without asking."""
    orgs, person = ctx.own_orgs(), ctx.known.person
    names = [org.name for org in orgs]
    before = ctx.default_org()
    if len(orgs) < 2:
        return Reply(wording.default_not_needed(names), outcome="shown")
    if not match.rest:
        return Reply(wording.default_shown(before.name if before else "", names), outcome="shown")
    chosen = None
    if match.rest not in _NONE:
        found = find_org(ctx, match.rest, prefer={org.id for org in orgs})
        chosen = next((org for org in orgs if org.id == found.id), None)
        if chosen is None:
            raise UserError("not-your-own", name=found.name, own=names)
    if (chosen.id if chosen else None) == (before.id if before else None):
        return Reply(wording.default_unchanged(before.name if before else ""), outcome="repeat")
    person.default_org_id = chosen.id if chosen else None
    ctx.session.flush()
    ctx.audit(
        "default",
        f"person:{person.id}",
        chosen.id if chosen else None,
        before={"org": before.name if before else None},
        after={"org": chosen.name if chosen else None},
    )
    return Reply(wording.default_set(chosen.name) if chosen else wording.default_dropped(names), outcome="default")
