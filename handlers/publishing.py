"""发布: a ranking goes to its group only after a one-time code, frozen under an issue number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.ranking import find_ranking, is_empty, may_publish
from models import outbox
from models.errors import UserError
from models.messages import Draft, Picture, Recipient, Reply, TableText, table_from_json, table_to_json
from models.people import Role
from models.rankings import current, last_issue, publish


@route(
    "publish",
    words=("发布",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("发布 {ranking}",),
    help="发布 排名名称：预览后凭确认码发到群里",
)
def publish_ranking(ctx: Context, match: Match) -> Reply:
    """Show what would be published and hand out the code that does it. The code is bound to the figures shown."""
    if not may_publish(ctx):
        raise UserError("not-your-org", name=ctx.campaign.office, own=[org.name for org in ctx.known.orgs(Role.ADMIN)])
    if not match.rest:
        names = [ranking.names[0] if ranking.names else ranking.name for ranking in ctx.campaign.rankings.values()]
        waiting = [key for key, ranking in ctx.campaign.rankings.items() if ranking.approval == "required"]
        example = names[list(ctx.campaign.rankings).index(waiting[0])] if waiting else names[0]
        raise UserError("name-a-ranking", example=example, names=names)
    key = find_ranking(ctx.campaign, match.rest)
    table = current(ctx.session, ctx.campaign, key, ctx.now)
    if is_empty(table):
        return Reply(wording.empty_ranking(table.title), outcome="refused")
    ranked = sum(row.rank is not None for row in table.rows)
    number = (table.since or 0) + 1
    group = ctx.campaign.rankings[key].group
    text = wording.publish_preview(table.title, group, number, ranked, len(table.rows) - ranked)
    return offer(ctx, "publish", {"table": table_to_json(table)}, text, more=(Picture(table),))


def do_publish(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Publish the table that was shown, unless another issue has come in between."""
    table = table_from_json(payload["table"])
    if not may_publish(ctx):
        raise UserError("not-allowed", roles=(Role.ADMIN,))
    newest = last_issue(ctx.session, table.ranking)
    if (newest.number if newest else None) != table.since:
        return Reply(wording.superseded(table.title), outcome="refused")
    if current(ctx.session, ctx.campaign, table.ranking, ctx.now).rows != table.rows:
        return Reply(wording.figures_changed(table.title), outcome="refused")
    issue = publish(ctx.session, table, ctx.now, person_id=ctx.known.person.id)
    ctx.audit("publish", f"ranking:{table.ranking}", after={"number": issue.number})
    group = ctx.campaign.rankings[table.ranking].group
    recipient = Recipient(f"robot:{group}")
    contents = (TableText(issue), Picture(issue))
    drafts = [Draft(recipient, content, f"publish:{table.ranking}", ctx.now) for content in contents]
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    return Reply(wording.published(issue.title, issue.number or 0, group), outcome="published")
