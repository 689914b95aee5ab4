"""The ledger read back for people: every figure with where it came from and what became of it.

Queries only. The ledger and the audit are append only, so that a moment is two numbers: the newest report and the
newest change. A Snapshot taken when somebody asks gives the same workbook whenever it is made (decisions 1).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Executable, and_, func, select
from sqlalchemy.orm import Session, aliased

from models import audit
from models.audit import AuditRow
from models.inbox import Inbox
from models.ledger import Cancellation, Entry, Fact, Report, ReportKind, replaced_by
from models.people import Org, Person, descendants

CHUNK = 1000  # rows fetched at a time, and ids in one IN: SQLite takes 32,766 parameters


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a workbook shows: the figures and changes up to a moment, of everybody or of some orgs and those below."""

    as_of: datetime  # campaign time
    reports: int  # newest report number
    changes: int  # newest id in the audit
    roots: tuple[int, ...] | None = None  # None: everybody, and what concerns no org

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON, for the outbox."""
        roots = None if self.roots is None else list(self.roots)
        return {"as_of": self.as_of.isoformat(), "reports": self.reports, "changes": self.changes, "roots": roots}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Snapshot:
        """Read it back."""
        roots = None if data["roots"] is None else tuple(data["roots"])
        return cls(datetime.fromisoformat(data["as_of"]), data["reports"], data["changes"], roots)


@dataclass(frozen=True, slots=True)
class Record:
    """One figure of the ledger with everything that a line about it shows."""

    entry_id: int
    number: int  # of its report
    kind: ReportKind
    about: int | None  # the report that its report changed
    org_id: int
    org: str
    person: str
    made_at: datetime
    day: date
    indicator: str
    part: str
    value: Decimal
    stated: Decimal
    cumulative: bool
    approx: bool
    as_written: str
    text: str
    ended_by: int | None  # the report that cancelled it; None: it counts
    ended_kind: ReportKind | None

    @property
    def fact(self) -> Fact:
        """Return it as rules and rankings see a figure."""
        return Fact(self.org_id, self.indicator, self.part, self.value, self.day, self.made_at, self.entry_id)


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the audit with the message that caused it."""

    row: AuditRow
    text: str  # as written; empty when no message caused it


@dataclass(frozen=True, slots=True)
class Step:
    """One report in the life of another: what it entered and what it took out."""

    report: Report
    person: str
    message: str  # what was sent; differs from the report's text when it answered a question
    entered: Sequence[Entry]
    ended: Sequence[Entry]


def snapshot(session: Session, now: datetime, roots: Sequence[int] | None = None) -> Snapshot:
    """Take down where ledger and audit stand now."""
    reports = session.scalar(select(func.max(Report.id))) or 0
    return Snapshot(now, reports, audit.newest_id(session), None if roots is None else tuple(roots))


def within(session: Session, shot: Snapshot) -> set[int] | None:
    """Return the ids of the orgs that a snapshot shows; None for all."""
    return None if shot.roots is None else descendants(session, shot.roots)


def count(session: Session, org_ids: Collection[int] | None) -> int:
    """Count the figures of some orgs, cancelled ones too."""
    rows = session.execute(select(Entry.org_id, func.count()).group_by(Entry.org_id)).all()
    return sum(number for org_id, number in rows if org_ids is None or org_id in org_ids)


def records(session: Session, shot: Snapshot) -> Iterator[Record]:
    """Walk through the ledger, oldest first, as it stood at the snapshot."""
    org_ids = within(session, shot)
    for row in session.execute(_records(shot), execution_options={"yield_per": CHUNK}):
        record = Record(*row)
        if org_ids is None or record.org_id in org_ids:
            yield record


def _records(shot: Snapshot) -> Executable:
    ending = aliased(Report)
    return (
        select(
            Entry.id,
            Report.id,
            Report.kind,
            Report.about_id,
            Entry.org_id,
            Org.name,
            Person.name,
            Report.made_at,
            Entry.day,
            Entry.indicator,
            Entry.part,
            Entry.value,
            Entry.stated,
            Entry.cumulative,
            Entry.approx,
            Entry.as_written,
            Report.text,
            Cancellation.report_id,
            ending.kind,
        )
        .join(Report, Report.id == Entry.report_id)
        .join(Org, Org.id == Entry.org_id)
        .join(Person, Person.id == Report.person_id)
        .outerjoin(Cancellation, and_(Cancellation.entry_id == Entry.id, Cancellation.report_id <= shot.reports))
        .outerjoin(ending, ending.id == Cancellation.report_id)
        .where(Report.id <= shot.reports)
        .order_by(Entry.id)
    )


def changes(session: Session, shot: Snapshot) -> Iterator[Change]:
    """Walk through the audit, oldest first, up to the snapshot."""
    org_ids = within(session, shot)
    last = 0
    while True:
        chunk = session.execute(
            select(AuditRow, Inbox.text)
            .outerjoin(Inbox, Inbox.id == AuditRow.inbox_id)
            .where(AuditRow.id > last, AuditRow.id <= shot.changes)
            .order_by(AuditRow.id)
            .limit(CHUNK)
        ).all()
        for row, text in chunk:
            last = row.id
            if org_ids is None or row.org_id in org_ids:
                yield Change(row, text or "")
            session.expunge(row)  # a long walk must not stay in memory
        if len(chunk) < CHUNK:
            return


def with_texts(session: Session, rows: Sequence[AuditRow]) -> list[Change]:
    """Put beside each change the message that caused it."""
    ids = {row.inbox_id for row in rows if row.inbox_id is not None}
    found = session.execute(select(Inbox.id, Inbox.text).where(Inbox.id.in_(ids))).all() if ids else []
    texts = {found_id: text or "" for found_id, text in found}
    return [Change(row, texts.get(row.inbox_id or 0, "")) for row in rows]


def story(session: Session, number: int) -> list[Step]:
    """Return the life of a report, oldest first: itself, and whatever changed it, and whatever changed that.

    For a correction or an undo it is the life of what it changed. Empty when there is no such report.
    """
    first = session.get(Report, number)
    while first is not None and first.about_id is not None:
        first = session.get_one(Report, first.about_id)
    if first is None:
        return []
    found, newest = {first.id}, {first.id}
    while newest:
        about = set(session.scalars(select(Report.id).where(Report.about_id.in_(newest))))
        ending = set(
            session.scalars(
                select(Cancellation.report_id)
                .join(Entry, Entry.id == Cancellation.entry_id)
                .where(Entry.report_id.in_(newest))
            )
        )
        newest = (about | ending) - found
        found |= newest
    rows = session.execute(
        select(Report, Person.name, Inbox.text)
        .join(Person, Person.id == Report.person_id)
        .join(Inbox, Inbox.id == Report.inbox_id)
        .where(Report.id.in_(found))
        .order_by(Report.id)
    ).all()
    return [_step(session, report, person, text) for report, person, text in rows]


def _step(session: Session, report: Report, person: str, message: str) -> Step:
    entered = session.scalars(select(Entry).where(Entry.report_id == report.id).order_by(Entry.id)).all()
    return Step(report, person, message, entered, replaced_by(session, report.id))


def standing(session: Session, steps: Iterable[Step]) -> list[Entry]:
    """Return the figures of a story that count now."""
    entries = [entry for step in steps for entry in step.entered]
    ids = [entry.id for entry in entries]
    ended = set(session.scalars(select(Cancellation.entry_id).where(Cancellation.entry_id.in_(ids))))
    return [entry for entry in entries if entry.id not in ended]


@dataclass(frozen=True, slots=True)
class Names:
    """How orgs and people are called."""

    orgs: Mapping[int, str]
    people: Mapping[int, str]


def names(session: Session) -> Names:
    """Return the names of all orgs and people."""
    orgs = {row.id: row.name for row in session.execute(select(Org.id, Org.name))}
    people = {row.id: row.name for row in session.execute(select(Person.id, Person.name))}
    return Names(orgs, people)
