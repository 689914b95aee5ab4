"""同上周: last week's figures of an org as a proposal, booked for this week only after 是."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from handlers import wording
from handlers.base import REPORTERS, Context, Match, route
from handlers.choosing import own_org
from handlers.entering import Item, ask_first, enter, held_item, line_from_json, line_to_json, tail
from handlers.lines import Books, sort
from handlers.report import pledge_item, pledge_missing, within_campaign
from handlers.short_answers import is_no, is_yes
from models import drafts
from models.campaign.definition import IndicatorKind
from models.campaign.periods import last_week, this_week
from models.drafts import Question
from models.ledger import DUTY, NOTHING, Entry, Line, counts, statement_of
from models.messages import Reply
from models.people import Org

_SAME = re.compile(
    r"^(?:本周|这周|我们|数据|数字|情况|的|和|也|,|，)*(?:(?:同|跟|和|与|照)(?:上周|上星期|上个星期|上个?礼拜)"
    r"(?:的|数据|数字|情况|上报)*(?:一样|相同|一致|不变|没变|没变化)?|上周(?:数据|数字)?(?:不变|照旧|照抄|照报))$"
)


def means_same_week(ctx: Context, match: Match) -> bool:
    """Tell whether a text reports the same as last week and nothing else."""
    return bool(_SAME.match(match.text))


@route(
    "same-week",
    roles=REPORTERS,
    examples=("同上周",),
    help="同上周：照抄上周的数；零报告：本周没有",
    accepts=means_same_week,
    refusal="viewer-cannot-report",
)
def same_as_last_week(ctx: Context, match: Match) -> Reply:
    """Propose last week's figures for this week."""
    within_campaign(ctx)
    org = own_org(ctx, "same-week")
    return org if isinstance(org, Reply) else propose(ctx, org)


def propose(ctx: Context, org: Org) -> Reply:
    """Show what an org reported last week, and ask whether it holds for this week too."""
    span = last_week(ctx.campaign, ctx.today)
    lines = _figures(ctx, org, span[0], span[1])
    if not lines:
        if statement_of(ctx.session, org.id, NOTHING, *span) is not None:
            return Reply(wording.same_week_zero(org.name, span), outcome="nothing-to-copy")
        return Reply(wording.same_week_nothing(ctx.campaign, org.name, span), outcome="nothing-to-copy")
    already = bool(_figures(ctx, org, *this_week(ctx.campaign, ctx.today)))
    prompt = wording.same_week_ask(ctx.campaign, org.name, span, lines, already)
    payload = {
        "org_id": org.id,
        "text": ctx.inbound.text,
        "lines": [line_to_json(line) for line in lines],
        "prompt": prompt,
    }
    drafts.ask(ctx.session, ctx.known.person.id, "same-week", payload, ctx.wall, ctx.inbox_id)
    return Reply(prompt, outcome="asked")


def _figures(ctx: Context, org: Org, first: date, last: date) -> list[Line]:
    """Return the figures of some days, in file order: flows summed, of a level the newest reading; dated today."""
    entries = ctx.session.scalars(
        select(Entry)
        .where(Entry.org_id == org.id, Entry.day.between(first, last), counts())
        .where(Entry.indicator != NOTHING, ~Entry.indicator.startswith(DUTY))
        .order_by(Entry.day, Entry.id)
    )
    values: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        key = (entry.indicator, entry.part)
        level = ctx.campaign.indicators[entry.indicator].kind is IndicatorKind.LEVEL
        values[key] = entry.value if level else values.get(key, Decimal(0)) + entry.value
    order = list(ctx.campaign.indicators)
    return [
        Line(indicator, value, value, ctx.today, part)
        for (indicator, part), value in sorted(values.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
        if value > 0
    ]


def answer_same_week(ctx: Context, asked: Question, text: str) -> Reply:
    """Book what was proposed, dated today; a pledge is asked for again, since nobody can have given it yet."""
    if is_no(text):
        drafts.close(ctx.session, asked, "dropped", ctx.wall)
        return Reply(wording.question_dropped(), outcome="dropped")
    if not is_yes(text):
        return Reply(wording.question_reask(asked.prompt), outcome="asked")
    if not drafts.close(ctx.session, asked, "answered", ctx.wall):
        return Reply(wording.answered_elsewhere(), outcome="repeat")
    payload = asked.payload
    org = ctx.session.get_one(Org, payload["org_id"])
    if org.id not in ctx.scope(*REPORTERS):
        return Reply(wording.no_question(ctx.campaign), outcome="refused")
    lines = [replace(line_from_json(data), day=ctx.today) for data in payload["lines"]]
    found = sort(Books(ctx, org), lines)
    answer = enter(ctx, org, found.clean, text=payload["text"])
    items: list[Item] = [held_item(ctx, held) for held in found.held]
    for key, duty in ctx.campaign.duties_of(org.kind).items():
        reported = any(taken.line.indicator == duty.indicator for taken in found.clean)
        if duty.pledge and reported and pledge_missing(ctx, org, key, ctx.today):
            items.append(pledge_item(ctx, key, ctx.today))
    answer += tail(ctx, org, found.clean) if answer else []
    answer += ask_first(ctx, org, payload["text"], items)
    return Reply("\n".join(answer), outcome="recorded")
