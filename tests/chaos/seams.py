"""Patches the bot of this process so that it passes its trap at every step. Nothing of it is in the product."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import urllib3.connection
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler

from bot import app, outgoing, router
from bot.channels import tokens
from bot.channels.base import Outgoing
from bot.channels.group_robot import GroupRobot
from bot.channels.wecom_app import WecomApp
from bot.claims import Claims
from models.messages import Content, Text
from models.session import Database
from schedules import claims as firings
from schedules import ticker
from tests.chaos.traps import Trap

CUT = "‖"  # in a text: it takes one call before it and one after it, as a long ranking takes several pictures

_place = threading.local()


def _where() -> str:
    return getattr(_place, "name", "")


@contextmanager
def _in(name: str) -> Iterator[None]:
    outer, _place.name = _where(), name
    try:
        yield
    finally:
        _place.name = outer


def _wrap(
    owner: Any, name: str, *, place: str = "", before: Callable[[], None] | None = None, after: Any = None
) -> None:
    """Replace a function by one that passes a step before and after it; `after` gets what it returned."""
    inner = getattr(owner, name)

    @functools.wraps(inner)
    def outer(*args: Any, **options: Any) -> Any:
        with _in(place or _where()):
            if before:
                before()
            result = inner(*args, **options)
            if after:
                after(result)
            return result

    setattr(owner, name, outer)


def install(trap: Trap) -> None:
    """Patch everything; once in a process, before the bot is built."""
    passed = trap.passed
    _transactions(trap)
    _wrap(WecomApp, "receive", before=lambda: passed("unverified"), after=lambda _: passed("verified"))
    _wrap(router.inbox, "take", after=lambda row: passed("inserted") if row else None)
    _wrap(router.Router, "_store", after=lambda _: passed("handled"))
    _wrap(router.Router, "handle", place="intake", after=lambda _: passed("committed"))
    _wrap(WSGIRequestHandler, "run_wsgi", after=lambda _: passed("answered"))

    _wrap(Claims, "claim", place="claim", after=lambda batch: passed("claimed") if _holds(batch) else None)
    for channel in (WecomApp, GroupRobot):
        _wrap(channel, "send", place="call", before=lambda: passed("calling"), after=lambda _: passed("told"))
    _wrap(tokens.Tokens, "_fetched", place="token")
    _wrap(tokens.SharedToken, "keep", before=lambda: passed("token-fetched"))
    _wrap(urllib3.connection.HTTPConnection, "getresponse", before=lambda: _unanswered(trap))
    for name in ("note_sent", "note_failed"):
        _wrap(Claims, name, place="outcome", after=lambda _: passed("outcome-committed"))
    _wrap(Claims, "note_part", place="part", after=lambda _: passed("part-noted"))

    _wrap(ticker.Ticker, "_together", place="tick")
    _wrap(firings, "take", after=lambda claimed: passed("taken") if claimed and _where() == "tick" else None)
    _wrap(ticker.outbox, "add", after=lambda _: passed("noticed") if _where() == "tick" else None)
    outgoing.parts = functools.partial(_parts, outgoing.parts)


def install_on(bot: app.Bot, trap: Trap) -> None:
    """Patch what belongs to one bot."""
    woken = bot.db.after_commit

    def wake(channels: set[str]) -> None:
        if _where() == "tick":
            trap.passed("unwoken")
        woken(channels)

    bot.db.after_commit = wake
    event.listen(bot.db.engine, "commit", lambda connection: _committing(trap))


def _transactions(trap: Trap) -> None:
    original = Database.begin

    @contextmanager
    def begin(self: Database, *args: Any, **options: Any) -> Iterator[Session]:
        with original(self, *args, **options) as session:
            if _where() in ("claim", "tick"):
                session.connection()  # or it begins only with the first statement
                trap.passed(f"{_where()}-begun")
            yield session
            if _where() == "outcome":
                session.flush()
                trap.passed("outcome-written")

    Database.begin = begin  # type: ignore[method-assign]  # a seam


def _committing(trap: Trap) -> None:
    step = {"intake": "committing", "claim": "claim-committing", "outcome": "outcome-committing"}.get(_where())
    if _where() == "tick":
        step = "tick-committing"
    if step:
        trap.passed(step, within=True)


def _holds(batch: object) -> bool:
    return bool(getattr(batch, "claims", None))


def _unanswered(trap: Trap) -> None:
    if _where() == "call":
        trap.passed("unanswered")


def _parts(inner: Callable[..., list[Outgoing]], content: Content, *args: Any, **options: Any) -> list[Outgoing]:
    if isinstance(content, Text) and CUT in content.text:
        return [Text(piece) for piece in content.text.split(CUT)]
    return inner(content, *args, **options)
