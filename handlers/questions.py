"""Short answers to what the bot has asked: 是, 否, 1 2 3, or a number. Any process can take them from the database."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route, tidy
from handlers.entering import Item, ask_first, enter, line_from_json, tail
from handlers.lines import Books, settle
from handlers.reading.numerals import scan
from handlers.report import book
from models import drafts
from models.campaign.definition import Indicator
from models.drafts import LIFE, Question
from models.ledger import Line
from models.messages import Reply
from models.people import Org, Role

_YES = re.compile(r"^(是|是的|对|对的|没错|确认|嗯|y|yes)$", re.IGNORECASE)
_NO = re.compile(r"^(否|不|不是|不对|都不是|算了|取消|不记|没有|还没有|n|no)$", re.IGNORECASE)
_CHOICE = re.compile(r"^(?:选|第)?([1-9])(?:个|项)?$")
_SHORT = 12  # characters: a longer text is a message of its own


def is_short_answer(ctx: Context, match: Match) -> bool:
    """Tell whether a text may be the answer to the sender's open question."""
    text = match.text
    if len(text) > _SHORT or ctx.sender is None:
        return False
    if drafts.open_question(ctx.session, ctx.sender.person.id) is None:
        return False
    return bool(_YES.match(text) or _NO.match(text) or _CHOICE.match(text)) or bare_number(text) is not None


def bare_number(text: str) -> tuple[Decimal, str, bool] | None:
    """Return (number, measure word behind it, approx) when a text is one number and nothing else, else None."""
    numerals = scan(text)
    if len(numerals) != 1 or numerals[0].start != 0 or numerals[0].value is None:
        return None
    measure = text[numerals[0].end :].strip()
    if len(measure) > 2 or re.search(r"[\d，,。]", measure):
        return None
    return numerals[0].value, measure, numerals[0].approx


@route("answer", roles=(Role.LIAISON, Role.ADMIN), examples=("是", "2"), accepts=is_short_answer)
def answer_question(ctx: Context, match: Match) -> Reply:
    """Take the answer to the open question; of two answers at once one wins."""
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    if asked is None:
        return Reply(wording.no_question(), outcome="nothing-asked")
    if asked.expires_at <= ctx.wall:
        drafts.close(ctx.session, asked, "expired", ctx.wall)
        return Reply(wording.question_expired(int(LIFE.total_seconds() // 60)), outcome="expired")
    if asked.kind == "which-org":
        return _answer_org(ctx, asked, match.text)
    return _answer_figure(ctx, asked, match.text)


def _answer_org(ctx: Context, asked: Question, text: str) -> Reply:
    org_ids = asked.payload["org_ids"]
    choice = _CHOICE.match(text)
    if _NO.match(text):
        drafts.close(ctx.session, asked, "dropped", ctx.wall)
        return Reply(wording.question_dropped(), outcome="dropped")
    allowed = {org.id for org in ctx.own_orgs()}
    if not choice or int(choice[1]) > len(org_ids) or org_ids[int(choice[1]) - 1] not in allowed:
        names = [ctx.session.get_one(Org, org_id).name for org_id in org_ids]
        return Reply(wording.question_reask(wording.ask_which_org(names)), outcome="asked")
    if not drafts.close(ctx.session, asked, "answered", ctx.wall):
        return Reply(wording.answered_elsewhere(), outcome="repeat")
    org = ctx.session.get_one(Org, org_ids[int(choice[1]) - 1])
    written = asked.payload["text"]
    return book(ctx, org, written, ctx.reader.read(written, ctx.today))


def _answer_figure(ctx: Context, asked: Question, text: str) -> Reply:
    payload = asked.payload
    item: Item = payload["items"][0]
    org = ctx.session.get_one(Org, payload["org_id"])
    if org.id not in ctx.scope(Role.LIAISON, Role.ADMIN):
        drafts.close(ctx.session, asked, "dropped", ctx.wall)
        return Reply(wording.no_question(), outcome="refused")
    dropped = bool(_NO.match(text))
    line = None if dropped else chosen_line(ctx, item, text)
    statement = [] if dropped or not (item.get("duty") and _YES.match(text)) else [item["duty"]]
    if not dropped and line is None and not statement:
        return Reply(wording.question_reask(item["prompt"]), outcome="asked")
    if not drafts.close(ctx.session, asked, "dropped" if dropped else "answered", ctx.wall):
        return Reply(wording.answered_elsewhere(), outcome="repeat")
    answer = [wording.question_dropped()] if dropped else _enter_answer(ctx, org, payload, line, statement)
    answer += ask_first(ctx, org, payload["text"], payload["items"][1:])
    return Reply("\n".join(answer), outcome="dropped" if dropped else "recorded")


def _enter_answer(
    ctx: Context, org: Org, payload: dict[str, Any], line: Line | None, statements: list[str]
) -> list[str]:
    books = Books(ctx, org)
    taken = [books.take(settle(books, line))] if line is not None else []  # reports that came in between count
    return enter(ctx, org, taken, text=payload["text"], statements=statements) + tail(ctx, org, taken)


def chosen_line(ctx: Context, item: Item, text: str) -> Line | None:
    """Return the line that an answer picks or puts right; None when the answer does not fit the question."""
    options = [line_from_json(option["line"]) for option in item.get("options", [])]
    if not options:
        return None
    choice = _CHOICE.match(text)
    if item["mode"] == "choice":
        return options[int(choice[1]) - 1] if choice and int(choice[1]) <= len(options) else None
    if _YES.match(text) and item["mode"] == "yesno":
        line = options[0]
        return replace(line, day=ctx.today) if item["why"] == "future-day" else line
    return _with_number(ctx, options[0], text)


def _with_number(ctx: Context, line: Line, text: str) -> Line | None:
    number = bare_number(tidy(text))
    if number is None:
        return None
    value, measure, approx = number
    factor = _factor(ctx.campaign.indicators[line.indicator], measure)
    if factor is None:
        return None
    stated = value * factor
    return replace(line, value=stated, stated=stated, approx=approx, as_written=text)


def _factor(indicator: Indicator, measure: str) -> Decimal | None:
    return indicator.measures.get(measure) if measure else Decimal(1)
