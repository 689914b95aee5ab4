"""What firings will write, worked out before the transaction that claims them: with thousands of orgs it takes seconds,
and on SQLite the database is one writer's alone. Called by the ticker.

What people report meanwhile does no harm: the last look before sending knows it. What changes who is told, or what was
told to them already, makes it outdated: people, leave, excuses, an admin's 催报. All of these are noted in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.audit import AuditRow, newest_id
from models.campaign.definition import Campaign, RuleKind
from models.messages import Draft, RankTable
from schedules import claims, jobs
from schedules.claims import Claimed
from schedules.rules import Firing, Key

# Actions that change figures only, or what one person gets: no reminder is another one after them.
HARMLESS = (
    *("report", "report-for", "correct", "undo", "answer", "document", "evidence", "photo-stored"),
    *("upload-link", "export", "invite", "claim", "default", "propose", "publish", "drop", "recall"),
)


@dataclass(frozen=True, slots=True)
class Written:
    """What firings of one kind write, as far as it is known without having claimed them."""

    drafts: Mapping[str, outbox.Prepared]  # by the key of the rule that they go under
    counts: Mapping[Key, int]  # how many concern each firing: its own, or merged into those of another rule
    seen: int  # the newest audit row that was there

    def outdated(self, session: Session) -> bool:
        """Tell whether somebody has changed since what they would say, or to whom."""
        newer = select(AuditRow.id).where(AuditRow.id > self.seen, AuditRow.action.not_in(HARMLESS))
        return session.scalar(newer.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking as it stood; what it is published with is frozen, so that any change makes it outdated."""

    table: RankTable
    seen: int  # the newest audit row that was there

    def outdated(self, session: Session) -> bool:
        """Tell whether anything has changed since, a figure included."""
        return newest_id(session) != self.seen


def look(session: Session, campaign: Campaign, firings: Sequence[Firing], now: datetime) -> Written | Ranked:
    """Work out what firings of one kind will write. Only reads."""
    seen, kind = newest_id(session), firings[0].rule.kind
    if kind is RuleKind.RANKING:
        return Ranked(jobs.ranking.look(session, campaign, firings, now), seen)
    return _written(session, firings, jobs.JOBS[kind](session, campaign, firings, now), now, seen)


def write(
    session: Session, campaign: Campaign, won: Sequence[Claimed], found: Written | Ranked, now: datetime
) -> Mapping[Key, int]:
    """Write what claimed firings write; returns by firing how many notices concern it.

    Of two firings of one rule the first carries the notices of both.
    """
    if isinstance(found, Ranked):
        drafts = jobs.ranking.run(session, campaign, won[0], found.table, now)
        found = _written(session, [won[0].firing], drafts, now, found.seen)
    left = dict(found.drafts)
    for claimed in won:
        mine = left.pop(claimed.firing.rule_key, None)
        if mine is not None:
            mine.written(session, occurrence_id=claimed.occurrence_id, trace_id=claimed.trace_id)
        claims.note_notices(session, claimed, found.counts[claimed.firing.key])
    return found.counts


def _written(session: Session, firings: Sequence[Firing], drafts: Sequence[Draft], now: datetime, seen: int) -> Written:
    dialect = session.get_bind().dialect
    by_rule = {
        key: outbox.prepare(dialect, [draft for draft in drafts if draft.rule == key], now)
        for key in dict.fromkeys(firing.rule_key for firing in firings)
    }
    counts = {firing.key: sum(_concerns(firing, draft) for draft in drafts) for firing in firings}
    return Written(by_rule, counts, seen)


def _concerns(firing: Firing, draft: Draft) -> bool:
    """Tell whether a notice carries something of a firing: its own, or merged into that of another rule."""
    if draft.rule == firing.rule_key:
        return True
    period = firing.period.key if firing.period else None
    return any(about.duty == firing.duty and period in (None, about.period) for about in draft.abouts)
