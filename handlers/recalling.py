"""撤回通知: takes back a 催报 or 通知 that has gone to people's phones, for as long as the platform lets us."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.broadcast import which, whose
from handlers.codes import offer
from models import outbox, sendings, settings
from models.messages import Reply
from models.people import Role

WITHIN = timedelta(hours=24)  # as the platform's /message/recall allows


@route(
    "recall-sending",
    words=("撤回通知", "撤回催报", "撤回群发", "撤回 通知", "撤回 催报"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("撤回通知", "撤回通知 2"),
    help="撤回通知：24小时内收回最近一次催报或通知",
)
def recall_sending(ctx: Context, match: Match) -> Reply:
    """Show which sending would be taken back, from how many, and hand out the code that does it."""
    number = which(match.rest, "撤回通知")
    found = sendings.recent(ctx.session, person_ids=whose(ctx), limit=1, skip=number - 1)
    if not found:
        return Reply(wording.nothing_to_recall(), outcome="refused")
    sending = sendings.load(ctx.session, found[0])
    refused = _refused(ctx, sending)
    return refused or offer(ctx, "recall-sending", {"inbox": found[0]}, wording.recall_shown(ctx.campaign, sending))


def do_recall_sending(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Stop what still waits and take back what has gone."""
    inbox_id = payload["inbox"]
    sending = sendings.load(ctx.session, inbox_id)
    refused = _refused(ctx, sending)
    if refused:
        return refused
    stopped, unsure = sendings.stop(ctx.session, inbox_id, ctx.now)
    drafts = sendings.recalls(ctx.session, inbox_id, ctx.now, ctx.wall - WITHIN)
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    settings.put(ctx.session, f"{sendings.RECALL}:{inbox_id}", ctx.now.isoformat())
    people = sending.count(sendings.Outcome.SENT, sendings.Outcome.UNCERTAIN)
    ctx.audit("recall-sending", "notices", ctx.known.orgs(Role.ADMIN)[0].id, after={"people": people})
    return Reply(wording.sending_recalled(people, stopped + unsure), outcome="recalled")


def _refused(ctx: Context, sending: sendings.Sending) -> Reply | None:
    if sendings.recalled(ctx.session, sending.inbox_id):
        return Reply(wording.sending_recalled_already(), outcome="refused")
    gone = sending.count(sendings.Outcome.SENT, sendings.Outcome.UNCERTAIN)
    if gone and not sendings.recalls(ctx.session, sending.inbox_id, ctx.now, ctx.wall - WITHIN):
        return Reply(wording.sending_too_old(), outcome="refused")
    if not gone and not sending.count(sendings.Outcome.WAITING):
        return Reply(wording.nothing_to_recall(), outcome="refused")
    return None
