"""审计 and 谁改过: who changed what, when, and what was written. Reads only."""

from __future__ import annotations

import re

from handlers import wording
from handlers.base import REPORTERS, Context, Match, find_org, route
from models import audit, records
from models.errors import UserError
from models.ledger import Report, last_report
from models.messages import Reply
from models.people import Org, Role, descendants

SHOWN = 20  # changes of one answer
_NUMBER = re.compile(r"^(?:#|第|编号|号)?\s*(\d{1,9})\s*(?:号|条)?$")


@route(
    "audit",
    words=("审计", "改动记录"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("审计 长沙", "审计"),
    help="审计 单位：最近谁改了什么",
)
def show_audit(ctx: Context, match: Match) -> Reply:
    """List the newest changes of an org and those under it, or of all that the admin may act on."""
    scope, own = ctx.scope(Role.ADMIN), ctx.known.orgs(Role.ADMIN)
    name, within = wording.all_orgs_words(), ""
    top = any(org.name == ctx.campaign.office for org in own)
    if match.rest:
        org = find_org(ctx, match.rest)
        if org.id not in scope:
            raise UserError("not-your-org", name=org.name, own=[each.name for each in own])
        scope, name, within = descendants(ctx.session, [org.id]), org.name, org.name
        top = org.name == ctx.campaign.office
    rows = audit.about(ctx.session, org_ids=scope, general=top, limit=SHOWN + 1)
    if not rows:
        return Reply(wording.audit_empty(name), outcome="shown")
    changes = records.with_texts(ctx.session, rows[:SHOWN])
    names = records.names(ctx.session)
    lines = [wording.change_line(ctx.campaign, names, change, within) for change in changes]
    tail = [wording.audit_tail()] if len(rows) > SHOWN else []
    return Reply("\n".join([wording.audit_head(name, len(lines)), *lines, *tail]), outcome="shown")


@route(
    "history",
    words=("谁改过", "谁改了", "谁改的"),
    takes_rest=True,
    roles=REPORTERS,
    examples=("谁改过 #12",),
    help="谁改过 #号：一条上报的来历和改动",
)
def show_history(ctx: Context, match: Match) -> Reply:
    """Tell the life of a report within the sender's orgs: as reported, corrected, undone, each with its words."""
    scope = ctx.scope(*REPORTERS)
    number = _NUMBER.match(match.rest)
    if not number:
        newest = last_report(ctx.session, ctx.known.person.id, scope)
        raise UserError("which-report", example=f"谁改过 #{newest.id if newest else 12}")
    report = ctx.session.get(Report, int(number[1]))
    if report is None or report.org_id not in scope:
        raise UserError("no-such-report", number=number[1])
    steps = records.story(ctx.session, report.id)
    org = ctx.session.get_one(Org, report.org_id)
    now = records.standing(ctx.session, steps)
    return Reply(wording.history(ctx.campaign, org.name, steps, now), outcome="shown")
