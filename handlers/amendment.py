"""Corrections that name no indicator, applied to the figure of the sender's newest report that they fit.

By the old number, the measure word, or because there is only one figure. When several fit the person picks one; when
none does, the answer shows what there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from handlers import wording
from handlers.amendment_shapes import Amendment, Figure, read_amendment
from handlers.base import REPORTERS, Context, Match, route
from handlers.correction import answers_question, apply, command_rest, line_again
from handlers.short_answers import choice, factor, is_no
from models import drafts
from models.drafts import Question
from models.errors import UserError
from models.ledger import Entry, first_of, recent_figures
from models.messages import Reply
from models.people import Org


def amends(ctx: Context, match: Match) -> bool:
    """Tell whether a text corrects without naming what.

    While a figure is asked for, 应该是560 answers that question and corrects nothing.
    """
    if answers_question(ctx, match):
        return False
    return _amendment(ctx, match) is not None


def _amendment(ctx: Context, match: Match) -> Amendment | None:
    rest = command_rest(match.text)
    measures = {word for indicator in ctx.campaign.indicators.values() for word in indicator.measures}
    found = read_amendment(match.text if rest is None else rest, measures, bare=rest is not None)
    if found is None or ctx.reader.read(ctx.inbound.text, ctx.today).found:
        return None
    return found


@route(
    "amend",
    roles=REPORTERS,
    examples=("不是50条是15条", "刚才写错了，是12条"),
    unlisted="said beside 更正",
    accepts=amends,
    refusal="viewer-cannot-report",
)
def amend(ctx: Context, match: Match) -> Reply:
    """Correct the one figure of the sender's newest report that a text means, or ask which.

    What was corrected before counts as the same report, the correction first. With the old number it may stand in an
    older report of the sender as well.
    """
    amendment = _amendment(ctx, match)
    assert amendment is not None  # amends() has seen it
    newest = recent_figures(ctx.session, ctx.known.person.id, ctx.scope(*REPORTERS))
    if not newest:
        raise UserError("nothing-to-amend", example=wording.example_report(ctx.campaign))
    for family in newest if amendment.old else newest[:1]:
        last = max(entry.report_id for entry in family)
        for entries in ([entry for entry in family if entry.report_id == last], family):
            fitting = [entry for entry in entries if _fits(ctx, amendment, entry)]
            if len(fitting) == 1:
                return _amend_entry(ctx, amendment, fitting[0], ctx.inbound.text)
            if fitting:
                return _ask_which_entry(ctx, amendment, fitting)
    family = newest[0]
    shown = [wording.entry_words(ctx.campaign, line_again(entry)) for entry in family]
    raise UserError(
        "nothing-that-fits",
        number=first_of(ctx.session, family[0].report_id),
        wanted=(amendment.old or amendment.new).as_written,
        shown=shown,
        example=wording.correction_example(ctx.campaign, line_again(family[0])),
    )


def _fits(ctx: Context, amendment: Amendment, entry: Entry) -> bool:
    indicator = ctx.campaign.indicators[entry.indicator]
    if factor(indicator, amendment.new.measure) is None:
        return False
    if amendment.old is None:
        return True
    times = factor(indicator, amendment.old.measure or amendment.new.measure)
    return times is not None and entry.stated == amendment.old.value * times


def _amend_entry(ctx: Context, amendment: Amendment, entry: Entry, text: str) -> Reply:
    indicator, new = ctx.campaign.indicators[entry.indicator], amendment.new
    value = new.value * (factor(indicator, new.measure or (amendment.old.measure if amendment.old else "")) or 1)
    if amendment.by:
        value = entry.stated + amendment.by * value
    if value < 0:
        raise UserError("less-than-nothing", shown=wording.entry_words(ctx.campaign, line_again(entry)))
    line = replace(line_again(entry), value=value, stated=value, approx=new.approx, as_written=new.as_written)
    return apply(ctx, ctx.session.get_one(Org, entry.org_id), [(line, entry)], text)


def _ask_which_entry(ctx: Context, amendment: Amendment, entries: Sequence[Entry]) -> Reply:
    shown = [wording.entry_words(ctx.campaign, line_again(entry)) for entry in entries]
    prompt = wording.ask_which_entry(first_of(ctx.session, entries[0].report_id), shown)
    figures = {"new": _figure_to_json(amendment.new), "old": amendment.old and _figure_to_json(amendment.old)}
    payload = {**figures, "by": amendment.by, "entries": [entry.id for entry in entries], "prompt": prompt}
    payload["text"] = ctx.inbound.text
    drafts.ask(ctx.session, ctx.known.person.id, "which-entry", payload, ctx.wall, ctx.inbox_id)
    return Reply(prompt, outcome="asked")


def answer_which_entry(ctx: Context, asked: Question, text: str) -> Reply:
    """Apply the correction to the figure that was picked."""
    payload, picked = asked.payload, choice(text)
    if is_no(text):
        drafts.close(ctx.session, asked, "dropped", ctx.wall)
        return Reply(wording.nothing_changed(), outcome="dropped")
    if picked is None or picked > len(payload["entries"]):
        return Reply(wording.question_reask(asked.prompt), outcome="asked")
    if not drafts.close(ctx.session, asked, "answered", ctx.wall):
        return Reply(wording.answered_elsewhere(), outcome="repeat")
    entry = ctx.session.get_one(Entry, payload["entries"][picked - 1])
    if entry.org_id not in ctx.scope(*REPORTERS):
        raise UserError("no-such-report", number=entry.report_id)
    old = payload["old"] and _figure_from_json(payload["old"])
    amendment = Amendment(_figure_from_json(payload["new"]), old, payload["by"])
    return _amend_entry(ctx, amendment, entry, payload["text"])


def _figure_to_json(figure: Figure) -> dict[str, Any]:
    return {**asdict(figure), "value": str(figure.value)}


def _figure_from_json(data: dict[str, Any]) -> Figure:
    return Figure(**{**data, "value": Decimal(data["value"])})
