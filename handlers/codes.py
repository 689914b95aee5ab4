"""Trying a code: wrong ones are counted by account, and after five the account waits (decisions 15)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from handlers import wording
from handlers.base import Context
from models import confirmations
from models.messages import Reply

Found = TypeVar("Found")


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
