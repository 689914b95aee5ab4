"""When a name fits several orgs or persons: the command is kept, the sender picks a number, and it goes on.

The kept text runs again through the routes, with every check it would meet if it were typed now; only what the name
means is settled beforehand. A question that was waiting comes back afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from handlers import wording
from handlers.base import Context, tidy
from handlers.names import AmbiguityError
from handlers.short_answers import choice, is_no, is_yes
from models import drafts
from models.drafts import Question
from models.errors import UserError
from models.messages import Reply

KIND = "which-name"


def refuse(ctx: Context, error: UserError) -> Reply:
    """Word what cannot be done; a name that fits several becomes a numbered choice."""
    if isinstance(error, AmbiguityError) and error.options and ctx.sender is not None:
        return _ask(ctx, error)
    return Reply(wording.user_error(ctx.campaign, error.code, error.fields), outcome="refused")


def _ask(ctx: Context, error: AmbiguityError) -> Reply:
    person_id = ctx.known.person.id
    prompt = wording.ask_which_name(error.code, error.name, [label for _, label in error.options])
    payload: dict[str, Any] = {
        "prompt": prompt,
        "text": error.text,
        "key": error.key,
        "ids": [key for key, _ in error.options],
        "chosen": error.chosen,
        "waiting": _waiting(ctx, person_id),
    }
    drafts.ask(ctx.session, person_id, KIND, payload, ctx.wall, ctx.inbox_id)
    return Reply(prompt, outcome="asked")


def _waiting(ctx: Context, person_id: int) -> int | None:
    """Return the id of the question that this one pushes aside; it is asked again afterwards."""
    asked = drafts.last_question(ctx.session, person_id)
    if asked is not None and asked.kind == KIND:  # the command goes on to a second name
        waiting: int | None = asked.payload.get("waiting")
        return waiting
    if asked is None or asked.closed_at is not None or asked.kind == "suggestion":
        return None
    return asked.id


def answer_name(ctx: Context, asked: Question, text: str) -> Reply:
    """Take the number and run the kept command with what it stands for."""
    ids = asked.payload["ids"]
    picked = 1 if is_yes(text) and len(ids) == 1 else choice(text) or 0
    if is_no(text):
        drafts.close(ctx.session, asked, "dropped", ctx.wall)
        return _back(ctx, asked, Reply(wording.command_dropped(), outcome="dropped"))
    if not 0 < picked <= len(ids):
        return Reply(wording.question_reask(asked.prompt), outcome="asked")
    if not drafts.close(ctx.session, asked, "answered", ctx.wall):
        return Reply(wording.command_answered(), outcome="repeat")
    chosen = {**asked.payload["chosen"], asked.payload["key"]: ids[picked - 1]}
    again = replace(ctx, inbound=replace(ctx.inbound, text=asked.payload["text"]), chosen=chosen)
    try:
        with ctx.session.begin_nested():
            reply = run_again(again)
    except AmbiguityError:
        raise  # the router asks what the next name means
    except UserError as error:
        reply = refuse(again, error)
    return _back(ctx, asked, reply)


def run_again(ctx: Context) -> Reply:
    """Run a text through the routes once more, as if it had just been typed."""
    from handlers.routes import ROUTES  # the list holds the caller

    text = tidy(ctx.inbound.text)
    for entry in ROUTES:
        match = entry.match(text)
        if match is not None and entry.accepts(ctx, match):
            if not ctx.known.roles & set(entry.roles):
                raise UserError(entry.refusal, roles=entry.roles)
            return entry.run(ctx, match)
    raise LookupError("the last route takes everything")


def _back(ctx: Context, asked: Question, reply: Reply) -> Reply:
    """Return to the question that was pushed aside."""
    waiting = asked.payload.get("waiting")
    question = drafts.reopen(ctx.session, waiting, ctx.wall) if waiting else None
    if question is None or not question.prompt:
        return reply
    return replace(reply, text=f"{reply.text}\n{wording.still_asking(question.prompt)}")
