"""Inbound to answer: drop repeats, identify, match, run one handler, all in one transaction (decisions 1).

The answer is stored with the inbound; a repeat of the same key gets the same words and does nothing. What does not
fit the passive reply, or comes too late for it, is written as notices in that same transaction. A handler that refuses
or fails takes its transaction with it, and a second one keeps the answer alone: no savepoint for the many that do not.
On SQLite messages that come together share a transaction, each in a savepoint.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from bot.together import Together
from handlers import pace, wording
from handlers.base import Context, Match, Route, tidy
from handlers.linkless import LinklessReader
from handlers.routes import NOT_TEXT, ROUTES, UNKNOWN_SENDER
from handlers.which_name import refuse
from models import inbox, outbox
from models.amendments import Effective
from models.campaign.definition import Campaign
from models.clock import Clock
from models.errors import UserError
from models.glance import look
from models.lengths import TEXT_BYTES, split
from models.messages import Content, Draft, Inbound, InboundKind, Recipient, Reply, Text
from models.session import Database

log = structlog.get_logger()

PASSIVE_SECONDS = 4.0  # after 5 s the platform hangs up and sends again
AGAIN_SECONDS = 1.0  # a connection that is lost later than that leaves no time for a second try
# not acknowledged: the platform sends again
DATABASE_TROUBLE = (OperationalError, InterfaceError, InternalError, PoolTimeout)
_COUNTED = frozenset(route.name for route in ROUTES if pace.limited(route))
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without I O 0 1, which people misread


def new_code() -> str:
    """Make a confirmation code of 4 digits."""
    return f"{secrets.randbelow(10_000):04}"


def new_invitation() -> str:
    """Make an invitation code of 6 letters and digits."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(6))


class _Failed(Exception):  # noqa: N818  # not an error by itself: it ends the transaction
    """A route refused, or failed: its name, and the UserError if it was one."""

    def __init__(self, route: str, error: UserError | None) -> None:
        super().__init__(route)
        self.route = route
        self.error = error

    def answer(self, ctx: Context) -> tuple[str, Reply]:
        """Return the route and what to say."""
        if self.error is None:
            return self.route, Reply(wording.failed(), outcome="failed")
        return self.route, refuse(ctx, self.error)


class _StatementError(Exception):
    """A statement of one inbound is at fault, not the database: the others must not be refused with it."""


@dataclass(frozen=True)
class _Task:
    """An inbound to answer."""

    inbound: Inbound
    trace_id: str
    started: float  # time.monotonic()

    def waited(self) -> float:
        """Return for how many seconds its sender has waited."""
        return time.monotonic() - self.started


class Router:
    """Answers inbounds. One for a process; safe to call from many threads.

    campaign:  of the file; it says what words mean. effective: the same with what admins have changed while it runs.
    """

    def __init__(
        self,
        db: Database,
        campaign: Campaign,
        clock: Clock,
        wall: Clock,
        *,
        new_code: Callable[[], str] = new_code,
        new_invitation: Callable[[], str] = new_invitation,
        public_url: str = "",
        effective: Effective | None = None,
    ) -> None:
        self.db = db
        self.effective = effective or Effective(campaign)
        self.clock = clock
        self.wall = wall
        self.reader = LinklessReader(campaign)
        self.new_code = new_code
        self.new_invitation = new_invitation
        self.public_url = public_url
        self.commands_a_minute = pace.MOST
        self._together: Together[_Task, str | None] | None = None
        if db.engine.dialect.name == "sqlite":  # PostgreSQL lets many write, and shares their commits by itself
            self._together = Together(self._answer_several, self._answer_one, DATABASE_TROUBLE, db.busy_seconds)

    def handle(self, inbound: Inbound) -> str | None:
        """Answer an inbound once; return the passive reply, or None for an empty answer.

        Raises one of DATABASE_TROUBLE, or TooLongError, when the database cannot take it: nothing is acknowledged then.
        """
        task = _Task(inbound, secrets.token_hex(8), time.monotonic())
        return self._answer_one(task) if self._together is None else self._together(task)

    def _answer_one(self, task: _Task) -> str | None:
        """Answer in a transaction of its own; when the handler refuses or fails, in a second one."""
        try:
            return self._once(task)
        except DBAPIError as error:  # of a cut connection; its key tells whether it was taken all the same
            if not error.connection_invalidated or task.waited() > AGAIN_SECONDS:
                raise
            log.warning("connection-lost", trace_id=task.trace_id)
            return self._once(task)

    def _once(self, task: _Task) -> str | None:
        try:
            with self.db.begin(task.waited()) as session:
                return self._take(session, task)
        except _Failed as failed:
            with self.db.begin(task.waited()) as session:
                return self._take(session, task, failed)

    def _answer_several(self, tasks: Sequence[_Task]) -> list[str | None]:
        """Answer several in one transaction, each in a savepoint. Raises _StatementError when one has spoiled it."""
        try:
            return self._answer_each(tasks)
        except DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_ERROR or isinstance(error, InterfaceError):
                raise _StatementError from error
            raise

    def _answer_each(self, tasks: Sequence[_Task]) -> list[str | None]:
        answers = []
        with self.db.begin(max(task.waited() for task in tasks)) as session:
            for task in tasks:
                try:
                    with session.begin_nested():
                        answers.append(self._take(session, task))
                except _Failed as failed:
                    with session.begin_nested():
                        answers.append(self._take(session, task, failed))
                session.expunge_all()  # each reads anew what those before it have written
        return answers

    def _take(self, session: Session, task: _Task, failed: _Failed | None = None) -> str | None:
        """Answer one; with what failed, only say so."""
        inbound = task.inbound
        with structlog.contextvars.bound_contextvars(trace_id=task.trace_id):
            now = self.clock.now()
            inbox_id = inbox.take(session, inbound, task.trace_id, now)
            if inbox_id is None:
                return self._repeat(session, inbound)
            ctx = self._context(session, inbound, inbox_id, task.trace_id, now)
            route, reply = self._answer(ctx) if failed is None else failed.answer(ctx)
            passive = self._store(ctx, reply, late=task.waited() > PASSIVE_SECONDS)
            person_id = ctx.sender.person.id if ctx.sender else None
            inbox.settle(
                session, inbox_id, person_id=person_id, route=route, outcome=reply.outcome, answer={"text": passive}
            )
            log.info("inbound-answered", route=route, outcome=reply.outcome, kind=inbound.kind.value, inbox_id=inbox_id)
        return passive

    def _context(self, session: Session, inbound: Inbound, inbox_id: int, trace_id: str, now: datetime) -> Context:
        sender = look(session, inbound.channel, inbound.sender_ref, now)
        return Context(
            session=session,
            campaign=self.effective.campaign(session),
            reader=self.reader,
            inbound=inbound,
            inbox_id=inbox_id,
            trace_id=trace_id,
            now=now,
            wall=self.wall.now(),
            sender=sender,
            new_code=self.new_code,
            new_invitation=self.new_invitation,
            public_url=self.public_url,
        )

    def _repeat(self, session: Session, inbound: Inbound) -> str | None:
        known = inbox.find(session, inbound.channel, inbound.key)
        log.info("inbound-repeated", key=inbound.key)
        return known.answer.get("text") if known and known.answer else None

    def _answer(self, ctx: Context) -> tuple[str, Reply]:
        """Run the first route that matches. Raises _Failed when it refuses or fails: what it wrote must go."""
        name = ""
        try:
            route, match = self._match(ctx)
            name = route.name
            if ctx.sender and not ctx.sender.roles & set(route.roles):
                raise UserError(route.refusal, roles=route.roles)
            pace.check(ctx, route, _COUNTED, self.commands_a_minute)
            reply = route.run(ctx, match)
            ctx.session.flush()  # what the database refuses belongs to the handler
        except UserError as error:
            log.info("refused", code=error.code, route=name)
            raise _Failed(name, error) from None
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            log.exception("handler-failed", route=name)
            raise _Failed(name, None) from error
        return name, reply

    def _match(self, ctx: Context) -> tuple[Route, Match]:
        text = tidy(ctx.inbound.text)
        if ctx.inbound.kind is not InboundKind.TEXT:
            routes = NOT_TEXT if ctx.sender else UNKNOWN_SENDER[-1:]
        else:
            routes = ROUTES if ctx.sender else UNKNOWN_SENDER
        for route in routes:
            match = route.match(text)
            if match is not None and route.accepts(ctx, match):
                return route, match
        raise LookupError("the last route takes everything")

    def _store(self, ctx: Context, reply: Reply, *, late: bool) -> str | None:
        """Return the passive reply; what it cannot carry becomes notices to the sender."""
        first, *others = split(reply.text, TEXT_BYTES) if reply.text else [""]
        more: list[Content] = [Text(part) for part in others] + list(reply.more)
        if late and first:
            more.insert(0, Text(first))
            first = ""
        person_id = ctx.sender.person.id if ctx.sender else None
        recipient = Recipient(ctx.inbound.channel, ctx.inbound.sender_ref, person_id)
        drafts = [Draft(recipient, content, "answer", ctx.now) for content in more]
        if drafts:
            outbox.add(
                ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id, lane=outbox.Lane.ANSWER
            )
        return first or None
