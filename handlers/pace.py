"""How many commands a minute one account may give: a program that runs wild must not keep the bot from the others.

Reports, corrections, answers to a question, 填报 and codes are never held back: nothing that counts is lost, and wrong
codes have a lock of their own. The measure is the real time at which the platform says that a message was sent.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from handlers.base import Context, Route
from models.errors import UserError
from models.inbox import Inbox

WINDOW = timedelta(minutes=1)
MOST = 60  # a minute; nobody types one a second (decided by us 2026-11-24; the security reference has 20)
FREE = ("undo", "form", "form-step", "report-for", "confirm", "bind", "stop", "snooze-undo", "leave-end")


def limited(route: Route) -> bool:
    """Tell whether a route is a command that is counted."""
    return bool(route.words) and route.name not in FREE


def check(ctx: Context, route: Route, names: frozenset[str], most: int = MOST) -> None:
    """Refuse a command when the account has given too many within the last minute. names: of the routes that count.

    Raises UserError("too-many-commands").
    """
    if not limited(route):
        return
    recent = ctx.session.execute(
        select(Inbox.route, Inbox.sent_at)
        .where(Inbox.sender_ref == ctx.inbound.sender_ref, Inbox.channel == ctx.inbound.channel)
        .where(Inbox.id < ctx.inbox_id)
        .order_by(Inbox.id.desc())
        .limit(2 * most)
    )
    since = ctx.wall - WINDOW
    if sum(name in names and sent_at is not None and sent_at > since for name, sent_at in recent) >= most:
        raise UserError("too-many-commands", most=most)
