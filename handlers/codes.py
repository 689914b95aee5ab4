"""Handing out and trying codes. Wrong ones are noted and counted by account: after five it waits, and admins hear.

Source: decisions 15.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from handlers import wording
from handlers.base import Context
from handlers.wording.records import STRANGERS
from models import confirmations, outbox
from models.audience import office, recipient
from models.incidents import RULE
from models.messages import Content, Draft, Reply, Text
from models.quiet import release

Found = TypeVar("Found")


def offer(ctx: Context, do: str, payload: Mapping[str, Any], shown: str, more: tuple[Content, ...] = ()) -> Reply:
    """Show what an action will do and hand out the code that does exactly that, for 10 minutes, once.

    do:      a key of handlers/confirming.py's DO; payload holds all that it needs, as JSON values.
    shown:   what will happen, whom it reaches, how many.
    """
    code = ctx.new_code()
    confirmations.offer(ctx.session, ctx.known.person.id, {**payload, "do": do}, code, ctx.wall)
    return Reply(f"{shown}\n{wording.confirm_with(code)}", more=more, outcome="code-given")


def try_code(ctx: Context, attempt: Callable[[], Found | None], wrong: str) -> Found | Reply:
    """Return what a code stands for, or the refusal to answer with.

    attempt: looks the code up; None means wrong, used, foreign or too old, which all read the same.
    Wrong tries are answered, not raised, so that their count is kept.
    """
    account = f"{ctx.inbound.channel}:{ctx.inbound.sender_ref.casefold()}"
    locked = confirmations.locked_until(ctx.session, account, ctx.wall)
    if locked is None:
        found = attempt()
        if found is not None:
            confirmations.note_right(ctx.session, account)
            return found
        locked = confirmations.note_wrong(ctx.session, account, ctx.wall)
        _note_failure(ctx, locked=locked is not None)
    if locked is not None:
        return Reply(wording.locked(math.ceil((locked - ctx.wall).total_seconds() / 60)), outcome="refused")
    return Reply(wrong, outcome="refused")


def _note_failure(ctx: Context, *, locked: bool) -> None:
    """Note a wrong code in the audit; when it was one too many, let the office's other admins know who tries."""
    person = ctx.sender.person if ctx.sender else None
    account = {} if person else {"account": ctx.inbound.sender_ref}
    action, subject = "code-locked" if locked else "code-wrong", f"person:{person.id}" if person else STRANGERS
    ctx.audit(action, subject, after=account)
    if not locked:
        return
    orgs = [org.name for org in ctx.sender.orgs()] if ctx.sender else []
    text = wording.somebody_guesses(person.name if person else ctx.inbound.sender_ref, orgs)
    drafts = [
        Draft(recipient(admin), Text(text), RULE, not_before=release(ctx.campaign, ctx.now))
        for admin in office(ctx.session, ctx.campaign).admins()
        if person is None or admin.person_id != person.id
    ]
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
