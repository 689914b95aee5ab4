"""Plays a campaign ahead of time: the real ticker, jobs and last looks on a scratch database, from event to event.

Nothing is decided or worded here: what the rules write is what the bot would write. This only moves the clock, lets
every notice leave at the moment it may, and tells what left. No real database and no platform is touched.
Called by bot's `rehearse` and by the calendar of the demo page.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from models.base import Base
from models.campaign.definition import Campaign
from models.campaign.periods import deadlines, periods
from models.clock import SettableClock
from models.errors import BotError
from models.occurrences import Fate, Occurrence
from models.outbox import Notice, Status
from models.people import Org, Person
from models.session import Database
from schedules.last_look import look_again
from schedules.rules import Firing, Key, plan
from schedules.ticker import Ticker

ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)
AFTERWARDS = 2 * ONE_DAY  # what quiet hours or the cap hold back on the last day still leaves

Rows = Mapping[type[Base], Sequence[Mapping[str, Any]]]  # table -> rows, in the order in which they must be written


class RuleFailed(BotError):  # noqa: N818  # tells what was seen
    """A rule did not fire in a rehearsal, as it would not in earnest."""


@dataclass(frozen=True, slots=True)
class Going:
    """One notice as it would leave."""

    at: datetime  # aware, UTC
    channel: str  # wecom_app, or robot:<group>
    user_ref: str  # empty for a group
    org: str  # empty for a group
    person: str  # empty for a group
    rule: str  # its key, or what stands for one
    content: Mapping[str, Any]  # as stored in the outbox; equal contents are one object
    firing: Firing | None  # what caused it


@dataclass(frozen=True, slots=True)
class Played:
    """What a rehearsal has come to."""

    campaign: Campaign
    going: tuple[Going, ...]  # in the order in which they would leave
    fired: Mapping[Firing, int]  # how many notices concern each firing: those that others carry for it included
    dropped: int  # notices that lose their sense before they could leave


class Reports(Protocol):
    """What the orgs report meanwhile."""

    @property
    def moments(self) -> Sequence[datetime]:
        """Return when reports come in, oldest first, each once."""

    def rows(self, after: datetime, upto: datetime) -> Rows:
        """Return what is to be written for the reports of (after, upto]."""


class Stage:
    """A scratch database with a campaign's orgs and people in it, and a clock. Single thread only."""

    def __init__(self, campaign: Campaign, db: Database, start: datetime, reports: Reports | None = None) -> None:
        """start: aware; what is planned earlier does not fire."""
        self.campaign = campaign
        self._db = db
        self._clock = SettableClock(start.astimezone(UTC))
        self._reports = reports
        self._start = self._told_until = start
        self._plan = plan(campaign)
        self._moments = [firing.scheduled_at for firing in self._plan]
        told = reports.moments if reports else ()
        self._turns = sorted({*self._moments, *told, *_turning_points(campaign)})
        self._ticker = Ticker(campaign, db, self._clock)

    def play(self, until: datetime) -> None:
        """Step through every event up to a moment."""
        self._ticker.start()
        self._step(self._clock.now())
        while (moment := self._next()) is not None and moment <= until:
            self._clock.set(moment)
            self._step(moment)

    def played(self) -> Played:
        """Tell what has left so far. Raises RuleFailed when a rule that should have fired did not."""
        by_key = {firing.key: firing for firing in self._plan}
        with self._db.read() as session:
            every = session.scalars(select(Occurrence)).all()
            self._check({(row.rule, row.version, row.scheduled_at) for row in every})
            occurrences = [row for row in every if row.fate is Fate.FIRED]
            caused: dict[int | None, Firing | None] = {
                row.id: by_key.get((row.rule, row.version, row.scheduled_at)) for row in occurrences
            }
            fired = {firing: row.notices for row in occurrences if (firing := caused[row.id])}
            withdrawn = Notice.status.in_((Status.CANCELLED, Status.EXPIRED))
            dropped = session.scalar(select(func.count(Notice.id)).where(withdrawn)) or 0
            return Played(self.campaign, tuple(_going(session, caused)), fired, dropped)

    def _check(self, settled: Collection[Key]) -> None:
        """The ticker logs a rule that fails and goes on with the others; here that must not pass for silence."""
        now = self._clock.now()
        for firing in self._plan:
            since = firing.rule.amended.since or self._start
            if max(self._start, since) <= firing.scheduled_at <= now and firing.key not in settled:
                raise RuleFailed(f"the rule {firing.rule_key} failed on {firing.day}; the log says why")

    def _next(self) -> datetime | None:
        """Return the next moment at which something fires or may leave; None when nothing is left."""
        now = self._clock.now()
        position = bisect_right(self._moments, now)
        planned = self._moments[position] if position < len(self._moments) else None
        with self._db.read() as session:
            held = session.scalar(select(func.min(Notice.not_before)).where(Notice.status == Status.WAITING))
        return min(filter(None, (planned, held)), default=None)

    def _step(self, moment: datetime) -> None:
        self._report(moment)
        self._ticker.tick()
        self._let_go(moment)

    def _report(self, moment: datetime) -> None:
        """Write the reports that have come in since the last event."""
        written = self._reports.rows(self._told_until, moment) if self._reports else {}
        self._told_until = moment
        if not any(written.values()):
            return
        with self._db.begin() as session:
            for table, rows in written.items():
                session.execute(insert(table), rows)

    def _let_go(self, moment: datetime) -> None:
        """Let everything leave that may, up to the next moment at which anything could look different.

        Delivery looks at every notice once more as it leaves. Here that is spared those that leave before such a
        moment: nothing can have become of them since they were written.
        """
        position = bisect_right(self._turns, moment)
        limit = self._turns[position] if position < len(self._turns) else moment + ONE_MINUTE
        due = (Notice.status == Status.WAITING, Notice.not_before < limit)
        with self._db.begin() as session:
            _change(session, (*due, Notice.expires_at <= Notice.not_before), status=Status.EXPIRED)
            waited = session.scalars(select(Notice).where(*due, Notice.created_at < moment).order_by(Notice.id)).all()
            reasons = look_again(session, self.campaign, waited, moment) if waited else {}
            for notice in waited:
                if notice.id in reasons:
                    notice.status, notice.reason, notice.settled_at = Status.CANCELLED, reasons[notice.id], moment
            session.flush()
            _change(session, due, status=Status.SENT, settled_at=Notice.not_before)


def _change(session: Session, which: Sequence[ColumnElement[bool]], **values: object) -> None:
    session.execute(update(Notice).where(*which).values(**values).execution_options(synchronize_session=False))


def _going(session: Session, caused: Mapping[int | None, Firing | None]) -> Iterator[Going]:
    orgs: dict[int | None, str] = {row.id: row.name for row in session.execute(select(Org.id, Org.name))}
    people: dict[int | None, str] = {row.id: row.name for row in session.execute(select(Person.id, Person.name))}
    each_once = select(Notice.content_hash, Notice.content).group_by(Notice.content_hash)
    contents = {row.content_hash: row.content for row in session.execute(each_once)}
    left = (
        select(
            Notice.settled_at,
            Notice.channel,
            Notice.user_ref,
            Notice.org_id,
            Notice.person_id,
            Notice.rule,
            Notice.content_hash,
            Notice.occurrence_id,
        )
        .where(Notice.status == Status.SENT)
        .order_by(Notice.settled_at, Notice.id)
    )
    for at, channel, ref, org, person, rule, content, cause in session.execute(left):
        name = people.get(person, "")
        assert at is not None  # what has left has left at some time
        yield Going(at, channel, ref, orgs.get(org, ""), name, rule, contents[content], caused.get(cause))


def _turning_points(campaign: Campaign) -> Iterator[datetime]:
    """Yield when a duty may stand differently or a text say something else: midnights, deadlines, changes of rules."""
    day = campaign.first_day
    while day <= campaign.closes_on + AFTERWARDS + ONE_DAY:
        yield datetime.combine(day, time(0), tzinfo=campaign.tz).astimezone(UTC)
        day += ONE_DAY
    for duty in campaign.duties.values():
        for period in periods(campaign, duty):
            for due_at in deadlines(campaign, duty, period):
                yield from (due_at.astimezone(UTC), due_at.astimezone(UTC) + ONE_MINUTE)
    for rule in campaign.rules.values():
        ends = (moment for pause in rule.amended.pauses for moment in (pause.start, pause.end))
        yield from (moment.astimezone(UTC) for moment in (*ends, rule.amended.since) if moment is not None)
