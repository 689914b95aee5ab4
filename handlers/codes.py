"""Handing out and trying codes. Wrong ones are counted by account; after five the account waits (decisions 15)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from handlers import wording
from handlers.base import Context
from models import confirmations
from models.messages import Content, Reply

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
    if locked is not None:
        return Reply(wording.locked(math.ceil((locked - ctx.wall).total_seconds() / 60)), outcome="refused")
    return Reply(wrong, outcome="refused")
