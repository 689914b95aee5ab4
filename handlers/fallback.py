"""The answer to what was not understood, and to what is no text."""

from __future__ import annotations

import re

from handlers import form, template, wording
from handlers.base import Context, Match, route
from handlers.reading.values import Verdict
from models import drafts, inbox
from models.messages import InboundKind, Reply

NOT_COUNTED = "not-counted:"  # outcome of what was read and left alone; the verdict follows
_SHORT_ANSWER = re.compile(r"^(是|是的|对|否|不是|不|\d{1,2})$")


@route("not-understood", examples=("今天天气不错",), unlisted="it is what no command took")
def not_understood(ctx: Context, match: Match) -> Reply:
    """Say why nothing was counted and what would be; what waits for an answer is asked again."""
    reading = ctx.reader.read(ctx.inbound.text, ctx.today)
    verdict = reading.verdict
    outcome = f"{NOT_COUNTED}{verdict.value}"
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    if asked is not None and asked.expires_at > ctx.wall and asked.prompt and asked.kind != "suggestion":
        return Reply(f"{wording.nothing_entered()}{wording.still_asking(asked.prompt)}", outcome=outcome)
    waiting = form.waiting(ctx)
    if waiting:
        return Reply(f"{wording.nothing_entered()}{wording.form_waiting(waiting)}", outcome=outcome)
    if _SHORT_ANSWER.match(match.text):
        return Reply(wording.no_question(ctx.campaign), outcome="nothing-asked")
    if template.is_blank(ctx, ctx.inbound.text):
        return Reply(wording.template_is_blank(), outcome=outcome)
    text = {
        Verdict.QUESTION: wording.looks_like_question(),
        Verdict.PLAN: wording.looks_like_plan(),
        Verdict.CHAT: wording.chat_once(),
    }.get(verdict)
    if reading.withdraws:
        return Reply(wording.looks_like_undo(), outcome=outcome)
    if verdict is Verdict.CHAT and any(character.isdigit() for character in ctx.inbound.text):
        text = None  # there is a number in it: say how to write one
    if text is None:  # what the bot can do is said once, not every time
        again = inbox.previous_outcome(ctx.session, ctx.inbox_id, ctx.inbound).startswith(NOT_COUNTED)
        text = wording.not_counted_again() if again else wording.not_understood(ctx.campaign)
    return Reply(text, outcome=outcome)


@route("not-text", examples=("[语音]",), unlisted="it answers what is no text")
def not_text(ctx: Context, match: Match) -> Reply:
    """Answer a picture, a voice message and the like. Events that need no answer get an empty one."""
    kind = ctx.inbound.kind
    if kind is InboundKind.EVENT:
        if ctx.inbound.text == "subscribe" and ctx.sender:
            return Reply(wording.hello(ctx.campaign, ctx.sender.person.name), outcome="greeted")
        return Reply("", outcome="event")
    return Reply(wording.not_text(kind.value), outcome="not-text")
