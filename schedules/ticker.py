"""Looks what is due and takes it up: each occurrence once, together with its notices, in one transaction.

Called by bot's engine at least once a minute, from any thread and from any number of processes; running it twice is
harmless. It sends nothing: notices are written to the outbox, and the engine is woken by their commit.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.amendments import Effective
from models.campaign.definition import Campaign, RuleKind
from models.clock import Clock
from models.occurrences import Fate
from models.outbox import Notice, Status
from models.quiet import held, release
from models.reminding import SNOOZE
from models.session import Database
from schedules import ahead, claims, jobs, wording
from schedules.claims import Claimed
from schedules.late import Verdict, decide
from schedules.rules import Firing, Key, plan

ATTEMPTS = 3  # to work out what firings write while nothing changes that they depend on

log = structlog.get_logger("schedules")


class _Planned:
    """A campaign as it is at a moment, laid out."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.firings = plan(campaign)
        self.moments = [firing.scheduled_at for firing in self.firings]
        self.rules = {(f.rule_key, f.version): f.rule.amended.since for f in self.firings}

    def upto(self, now: datetime) -> tuple[Firing, ...]:
        """Return what is scheduled up to a moment, that moment included."""
        return self.firings[: bisect_right(self.moments, now)]


class Ticker:
    """Fires the rules of one campaign. Keeps in memory only what the database says already.

    effective: the campaign with what admins change while it runs; looked at anew at each tick, and once more in the
    transaction that fires, so that what was planned before a change dies quietly.
    """

    def __init__(self, campaign: Campaign, db: Database, clock: Clock, effective: Effective | None = None) -> None:
        self.db = db
        self.clock = clock
        self.effective = effective or Effective(campaign)
        self._planned = _Planned(campaign)
        self._marks: dict[tuple[str, int], datetime] = {}  # from when each rule counts
        self._settled: set[Key] = set()  # firings that need no further look
        self._looked_at: datetime | None = None
        self._one = threading.Lock()

    def start(self) -> None:
        """Note that from now on the rules count. Call it when the process starts; tick() does it if nobody did."""
        with self._one:
            self._begin(self.clock.now())

    def tick(self) -> int:
        """Take up everything scheduled up to now that nobody has. Returns how many occurrences this call settled.

        What was missed is judged by late.decide(). A rule that fails is logged, leaves nothing behind and is tried
        again at the next tick; the others go on. Costs one small query when nothing is due.
        Raises what the database raises when it cannot be read at all.
        """
        with self._one:
            now = self.clock.now()
            self._begin(now)
            waiting = self._waiting(now)
            if not waiting:
                return 0
            verdicts = decide(waiting, now, self._newest(now))
            return self._skip([v for v in verdicts if not v.fires], now) + self._fire(verdicts, now)

    def next_due(self, now: datetime) -> tuple[datetime, str] | None:
        """Return the next moment at which something happens after `now`, and its Chinese name; None at the end.

        That is the next firing, or the release of a notice that waits for its moment, whichever comes first.
        """
        with self.db.read() as session:
            planned = self._follow(session)
            waits = session.scalars(
                select(Notice)
                .where(Notice.status == Status.WAITING, Notice.not_before > now)
                .order_by(Notice.not_before, Notice.id)
                .limit(1)
            ).first()
            held_at, name = (waits.not_before, _held_name(planned.campaign, waits)) if waits else (None, "")
        firing = next(iter(planned.firings[bisect_right(planned.moments, now) :]), None)
        if held_at is not None and (firing is None or held_at < firing.scheduled_at):
            return held_at, name
        return (firing.scheduled_at, wording.event_name(firing, now)) if firing else None

    def _follow(self, session: Session) -> _Planned:
        """Return the plan of the campaign as it is now; laid out again when admins have changed something."""
        planned, campaign = self._planned, self.effective.campaign(session)
        return planned if planned.campaign is campaign else _Planned(campaign)

    def _begin(self, now: datetime) -> None:
        with self.db.read() as session:
            self._planned = planned = self._follow(session)
        if not planned.rules.keys() <= self._marks.keys() or any(mark > now for mark in self._marks.values()):
            with self.db.begin() as session:
                self._marks = claims.count_from(session, planned.rules, now)
        if self._looked_at is not None and now < self._looked_at:
            self._settled.clear()  # the clock was set back: what it skipped while it ran ahead may come round again
        self._looked_at = now

    def _waiting(self, now: datetime) -> list[Firing]:
        """List the firings up to now that nobody has taken up, oldest first."""
        due = [firing for firing in self._due(now) if firing.key not in self._settled]
        if not due:
            return []
        with self.db.read() as session:
            self._settled |= claims.settled(session, due[0].scheduled_at, now, now)
        return [firing for firing in due if firing.key not in self._settled]

    def _due(self, now: datetime) -> list[Firing]:
        upto = self._planned.upto(now)
        return [f for f in upto if (mark := self._marks.get((f.rule_key, f.version))) and f.scheduled_at >= mark]

    def _newest(self, now: datetime) -> dict[tuple[str, int], datetime]:
        return {(firing.rule_key, firing.version): firing.scheduled_at for firing in self._due(now)}

    def _skip(self, verdicts: Sequence[Verdict], now: datetime) -> int:
        """Record what is skipped, with its reason, and tell the admins once of what nothing newer makes good."""
        if not verdicts:
            return 0
        with self.db.begin() as session:
            if self._overtaken(session):
                return 0
            won = [v for v in verdicts if claims.take(session, v.firing, now, Fate.SKIPPED, v.reason)]
            outbox.add(session, jobs.missed.summary(session, self._planned.campaign, won, now), now)
        self._settled |= {verdict.firing.key for verdict in verdicts}
        for verdict in won:
            log.warning("rule-skipped", **_named(verdict.firing), reason=verdict.reason)
        return len(won)

    def _fire(self, verdicts: Sequence[Verdict], now: datetime) -> int:
        """Fire the reminders of this tick together, so that each person gets one message, and the rest one by one."""
        firing = [verdict.firing for verdict in verdicts if verdict.fires]
        reminders = [one for one in firing if one.rule.kind is RuleKind.REMIND]
        count = 0
        if reminders:
            fired = self._together(reminders, now)
            if fired is None and len(reminders) > 1:
                fired = sum(self._together([one], now) or 0 for one in reminders)
            count += fired or 0
        for one in firing:
            if one.rule.kind is not RuleKind.REMIND:
                count += self._together([one], now) or 0
        return count

    def _together(self, firings: Sequence[Firing], now: datetime) -> int | None:
        """Claim firings and write their notices in one transaction. Returns how many were won, None when it failed."""
        try:
            won, counts = self._take_up(firings, now)
        except Exception:  # a rule that fails must not stop the others; the log holds the trace, the next tick retries
            event = "rule-failed" if len(firings) == 1 else "rules-tried-apart"
            log.exception(event, **_named(firings[0]), together=len(firings))
            return None
        for claimed in won:
            log.info(
                "rule-fired",
                trace_id=claimed.trace_id,
                **_named(claimed.firing),
                notices=counts[claimed.firing.key],
            )
        return len(won)

    def _take_up(self, firings: Sequence[Firing], now: datetime) -> tuple[list[Claimed], Mapping[Key, int]]:
        """Work out what firings write, then claim them and write it. Returns what was won, and notices by firing.

        What is outdated by then is worked out anew, in the end within the transaction; so is what another process has
        won a part of.
        """
        campaign = self._planned.campaign
        for attempt in range(1, ATTEMPTS + 1):
            with self.db.read() as session:
                found = ahead.look(session, campaign, firings, now)
            with self.db.begin() as session:
                if self._overtaken(session):
                    return [], {}
                fresh = not found.outdated(session)
                if not fresh and attempt < ATTEMPTS:
                    continue
                taken = [claims.take(session, firing, now, Fate.FIRED) for firing in firings]
                won = [claimed for claimed in taken if claimed]
                if won and (not fresh or len(won) < len(firings)):
                    found = ahead.look(session, campaign, [claimed.firing for claimed in won], now)
                counts = ahead.write(session, campaign, won, found, now) if won else {}
            break
        self._settled |= {firing.key for firing in firings}
        return won, counts

    def _overtaken(self, session: Session) -> bool:
        """Tell whether admins have changed something since what is to fire was planned: the next tick plans anew."""
        return self.effective.campaign(session) is not self._planned.campaign


def _named(firing: Firing) -> dict[str, object]:
    return {"rule": firing.rule_key, "version": firing.version, "scheduled_at": firing.scheduled_at.isoformat()}


def _held_name(campaign: Campaign, notice: Notice) -> str:
    """Name what a notice is that waits for its moment."""
    rule = campaign.rules.get(notice.rule)
    if notice.rule == SNOOZE:
        return wording.PUT_OFF
    if rule and rule.kind is RuleKind.RANKING and notice.not_before > release(campaign, notice.created_at):
        return wording.asks_again(rule)
    return wording.HELD_NOTICES if held(campaign, notice.created_at) else wording.LATER_NOTICES
