"""为什么: how a message was read, number by number: bound, skipped or asked about, each with its reason."""

from __future__ import annotations

import re

from sqlalchemy import select

from handlers import wording
from handlers.base import REPORTERS, Context, Match, route
from handlers.reading.explain import explain
from models.errors import UserError
from models.inbox import Inbox
from models.ledger import Report
from models.messages import Reply

_NUMBER = re.compile(r"^#?\s*(\d{1,9})$")
_READ_ROUTES = ("report", "correct", "not-understood")  # of what was read as a message, not obeyed as a command


@route(
    "explain",
    words=("为什么", "为啥"),
    takes_rest=True,
    roles=REPORTERS,
    examples=("为什么", "为什么 #12", "为什么 手册500册，计划再发300册"),
    help="为什么：逐个说明上一条里的数字怎么读的；为什么 #号：看某一条",
)
def show_explanation(ctx: Context, match: Match) -> Reply:
    """Explain the sender's last message, a report by its number within the sender's orgs, or the text that follows."""
    text = _text(ctx, match.rest)
    lines = explain(ctx.reader.read(text, ctx.today), text, ctx.campaign)
    return Reply(wording.explanation(text, lines), outcome="shown")


def _text(ctx: Context, rest: str) -> str:
    number = _NUMBER.match(rest)
    if number:
        report = ctx.session.get(Report, int(number[1]))
        if report is None or report.org_id not in ctx.scope(*REPORTERS):
            raise UserError("no-such-report", number=number[1])
        return report.text
    if rest:
        return rest
    last = ctx.session.scalar(
        select(Inbox.text)
        .where(Inbox.person_id == ctx.known.person.id, Inbox.id < ctx.inbox_id, Inbox.route.in_(_READ_ROUTES))
        .order_by(Inbox.id.desc())
        .limit(1)
    )
    if last is None:
        raise UserError("nothing-to-explain")
    return last
