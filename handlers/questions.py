"""Short answers to what the bot has asked: 是, 否, 1 2 3, or a number. Any process can take them from the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from handlers import amendment, form, same_week, suggestions, which_name, wording
from handlers.base import EVERYBODY, Context, Match, route, tidy
from handlers.entering import Item, ask_first, enter, line_from_json, tail
from handlers.lines import Books, fits, settle
from handlers.report import book
from handlers.short_answers import LONGEST, bare_number, choice, factor, is_no, is_yes
from models import drafts
from models.drafts import LIFE, Question
from models.ledger import Line
from models.messages import Reply
from models.people import Org, Role


def is_short_answer(ctx: Context, match: Match) -> bool:
    """Tell whether a text may be the answer to the sender's open question."""
    text = match.text
    if len(text) > LONGEST or ctx.sender is None:
        return False
    asked = drafts.open_question(ctx.session, ctx.sender.person.id)
    if asked is None:
        return False
    if asked.kind == "suggestion":  # a number after it is meant for something else
        return asked.expires_at > ctx.wall and (is_yes(text) or is_no(text))
    return is_yes(text) or is_no(text) or choice(text) is not None or bare_number(text) is not None


@route(
    "answer",
    roles=EVERYBODY,
    examples=("是", "2"),
    unlisted="each question says how to answer it",
    accepts=is_short_answer,
)
def answer_question(ctx: Context, match: Match) -> Reply:
    """Take the answer to the open question; of two answers at once one wins."""
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    if asked is None:
        return Reply(wording.no_question(ctx.campaign), outcome="nothing-asked")
    if asked.expires_at <= ctx.wall:
        drafts.close(ctx.session, asked, "expired", ctx.wall)
        say = wording.command_expired if asked.kind == which_name.KIND else wording.question_expired
        late = Reply(say(int(LIFE.total_seconds() // 60)), outcome="expired")
        return form.go_on(ctx, late)
    if ctx.closed and not ctx.runs_office and asked.kind in BOOKS and not is_no(match.text):
        drafts.close(ctx.session, asked, "closed", ctx.wall)
        return Reply(wording.closed_meanwhile(ctx.campaign), outcome="refused")
    return form.go_on(ctx, ANSWERS[asked.kind](ctx, asked, match.text))


def _answer_org(ctx: Context, asked: Question, text: str) -> Reply:
    org_ids = asked.payload["org_ids"]
    picked = choice(text) or 0
    if is_no(text):
        if drafts.close(ctx.session, asked, "dropped", ctx.wall):
            _note_answer(ctx, asked, text=asked.payload.get("text", ""), answer=text)
        return Reply(wording.question_dropped(), outcome="dropped")
    allowed = {org.id for org in ctx.own_orgs()}
    if not 0 < picked <= len(org_ids) or org_ids[picked - 1] not in allowed:
        return Reply(wording.question_reask(asked.prompt), outcome="asked")
    if not drafts.close(ctx.session, asked, "answered", ctx.wall):
        return Reply(wording.answered_elsewhere(), outcome="repeat")
    org = ctx.session.get_one(Org, org_ids[picked - 1])
    if asked.payload.get("then"):
        return THEN[asked.payload["then"]](ctx, org)
    written = asked.payload["text"]
    _note_answer(ctx, asked, org.id, text=written, org=org.name)
    return book(ctx, org, written, ctx.reader.read(written, ctx.today))


def _answer_figure(ctx: Context, asked: Question, text: str) -> Reply:
    payload = asked.payload
    item: Item = payload["items"][0]
    org = ctx.session.get_one(Org, payload["org_id"])
    if org.id not in ctx.scope(Role.LIAISON, Role.ADMIN):
        drafts.close(ctx.session, asked, "dropped", ctx.wall)
        return Reply(wording.no_question(ctx.campaign), outcome="refused")
    dropped = is_no(text)
    line = None if dropped else chosen_line(ctx, item, text)
    statement = [] if dropped or not (item.get("duty") and is_yes(text)) else [item["duty"]]
    if not dropped and line is None and not statement:
        return Reply(wording.question_reask(item["prompt"]), outcome="asked")
    if not drafts.close(ctx.session, asked, "dropped" if dropped else "answered", ctx.wall):
        return Reply(wording.answered_elsewhere(), outcome="repeat")
    _note_answer(ctx, asked, org.id, asked=item["prompt"], answer=text)
    answer = [wording.question_dropped()] if dropped else _enter_answer(ctx, org, payload, line, statement)
    answer += ask_first(ctx, org, payload["text"], payload["items"][1:])
    return Reply("\n".join(answer), outcome="dropped" if dropped else "recorded")


def _note_answer(ctx: Context, question: Question, org_id: int | None = None, **told: str) -> None:
    """Note in the audit who said what to which question: a figure may count on the strength of it."""
    ctx.audit("answer", f"question:{question.id}", org_id, after=told)


def _enter_answer(
    ctx: Context, org: Org, payload: dict[str, Any], line: Line | None, statements: list[str]
) -> list[str]:
    books = Books(ctx, org)
    taken = [books.take(settle(books, line))] if line is not None else []  # reports that came in between count
    day = payload["items"][0].get("day")
    stated_on = {key: date.fromisoformat(day) for key in statements} if day else None
    text = payload["items"][0].get("text", payload["text"])
    answer = enter(ctx, org, taken, text=text, statements=statements, stated_on=stated_on)
    return answer if form.is_running(ctx) else answer + tail(ctx, org, taken)


def chosen_line(ctx: Context, item: Item, text: str) -> Line | None:
    """Return the line that an answer picks or puts right; None when the answer does not fit the question."""
    options = [line_from_json(option["line"]) for option in item.get("options", [])]
    if not options:
        return None
    picked = choice(text)
    if item["mode"] == "choice":
        return options[picked - 1] if picked and picked <= len(options) else None
    if is_yes(text) and item["mode"] == "yesno":
        line = options[0]
        return replace(line, day=ctx.today) if item["why"] == "future-day" else line
    if item["mode"] == "yesno" and (picked is not None or item["why"] in ("future-day", "early-day", "late-day")):
        return None  # 1 is no figure where 是 or 否 was asked, and a day is not settled by a number
    return _with_number(ctx, options[0], text)


def _with_number(ctx: Context, line: Line, text: str) -> Line | None:
    number = bare_number(tidy(text))
    if number is None:
        return None
    value, measure, approx = number
    times = factor(ctx.campaign.indicators[line.indicator], measure)
    if times is None:
        return None
    stated = value * times
    if not fits(stated):
        return None
    return replace(line, value=stated, stated=stated, approx=approx, as_written=text)


# What an answer does, by the kind of the question.
ANSWERS: Mapping[str, Callable[[Context, Question, str], Reply]] = {
    "figures": _answer_figure,
    "which-org": _answer_org,
    "which-entry": amendment.answer_which_entry,
    "same-week": same_week.answer_same_week,
    "suggestion": suggestions.answer_suggestion,
    which_name.KIND: which_name.answer_name,
}

BOOKS = ("figures", "which-org", "which-entry", "same-week")  # kinds whose answer may change the ledger

# What goes on for the org that was picked, where that is not the booking of a report.
THEN: Mapping[str, Callable[[Context, Org], Reply]] = {
    "form": form.start_for,
    "same-week": same_week.propose,
}
