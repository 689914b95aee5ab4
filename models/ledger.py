"""What was reported: append only. A correction is a new report that cancels entries of an older one.

An entry counts while no cancellation names it. The cancellation's key is the entry, so two people who undo the same
entry at once cannot both succeed. Totals are queries over the entries that count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, bindparam, event, exists, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.base import Base, Figure, UtcDateTime, as_read
from models.errors import UserError
from models.session import new_or_nothing

DUTY = "duty:"  # indicator of an entry that states a duty as done (a pledge, a document), value 1

MANY = 500  # orgs; above, a query reads those of all: it can name only so many

NOTHING = "nothing"  # indicator of an entry that says there is nothing to report, value 0


class ReportKind(Enum):
    """What a message did to the ledger."""

    REPORT = "report"
    CORRECTION = "correction"  # replaces entries
    UNDO = "undo"  # cancels entries, and brings back what a correction had replaced
    STATEMENT = "statement"  # says that a duty is done, or that there is nothing to report


class Report(Base):
    """What one message added. Its id is the number that people see (#1027)."""

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id"), index=True)
    kind: Mapped[ReportKind]
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    text: Mapped[str] = mapped_column(Text)  # as written
    about_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)  # the report it changes


class Entry(Base):
    """One figure of a report."""

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))
    indicator: Mapped[str] = mapped_column(String(60))
    part: Mapped[str] = mapped_column(String(40), default="")  # dimension value, e.g. 社区
    value: Mapped[Decimal] = mapped_column(Figure)  # what it adds (flow) or reads (level), in base measure
    stated: Mapped[Decimal] = mapped_column(Figure)  # as stated; differs from value for a running total
    cumulative: Mapped[bool] = mapped_column(default=False)
    since: Mapped[date | None]  # first day of a running total that is not the campaign's: 本周累计
    approx: Mapped[bool] = mapped_column(default=False)
    day: Mapped[date]  # the day it belongs to, in the campaign's zone
    as_written: Mapped[str] = mapped_column(String(200), default="")


Index("ix_entry_org_indicator_day", Entry.org_id, Entry.indicator, Entry.day)


class Cancellation(Base):
    """Says that an entry counts no more."""

    __tablename__ = "cancellation"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)  # the report that says so


@dataclass(frozen=True, slots=True)
class Line:
    """A figure about to be entered."""

    indicator: str
    value: Decimal
    stated: Decimal
    day: date
    part: str = ""
    cumulative: bool = False
    approx: bool = False
    as_written: str = ""
    since: date | None = None  # first day of a running total that is not the campaign's: 本周累计


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure that counts, as rules and rankings see it."""

    org_id: int
    indicator: str
    part: str
    value: Decimal
    day: date
    made_at: datetime
    entry_id: int
    ended_at: datetime | None = None  # when it was corrected or undone; None: it counts


def counts() -> ColumnElement[bool]:
    """Return the condition that an entry counts."""
    return ~exists().where(Cancellation.entry_id == Entry.id)


# The types of __table__ hide that they are Tables. Rows are written past the unit of work, which costs twice as much.
_NEW_REPORT = Report.__table__.insert().returning(Report.__table__.c.id)  # type: ignore[attr-defined]
_NEW_ENTRIES = Entry.__table__.insert().returning(  # type: ignore[attr-defined]
    Entry.__table__.c.id, sort_by_parameter_order=True
)
_OF_ONE_KNOWN = "facts-of-one"  # of a session: an org and its facts, as long as the transaction cancels none


def record(
    session: Session,
    *,
    org_id: int,
    person_id: int,
    inbox_id: int,
    kind: ReportKind,
    made_at: datetime,
    text: str,
    lines: Iterable[Line] = (),
    cancels: Collection[int] = (),
    about_id: int | None = None,
) -> Report:
    """Append a report with its entries and cancellations. What is returned is not part of the session: read only.

    cancels: ids of entries that count. Raises UserError("already-changed") when one of them was cancelled meanwhile.
    """
    values = {
        "org_id": org_id,
        "person_id": person_id,
        "inbox_id": inbox_id,
        "kind": kind,
        "made_at": made_at,
        "text": text,
        "about_id": about_id,
    }
    session.flush()
    report = Report(id=session.scalar(_NEW_REPORT, values), **values)
    known: tuple[int, list[Fact]] | None = session.info.pop(_OF_ONE_KNOWN, None)
    if cancels:
        known = None
        _cancel(session, report, cancels)
    rows: list[dict[str, Any]] = [
        {**{name: getattr(line, name) for name in Line.__slots__}, "report_id": report.id, "org_id": org_id}
        for line in lines
    ]
    for row in rows:
        row["as_written"] = row["as_written"][:200]
    ids = session.scalars(_NEW_ENTRIES, rows if len(rows) > 1 else rows[0]).all() if rows else []
    if known is not None:
        if known[0] == org_id:
            known[1].extend(
                Fact(org_id, row["indicator"], row["part"], as_read(row["value"]), row["day"], made_at, entry_id)
                for row, entry_id in zip(rows, ids, strict=True)
            )
        session.info[_OF_ONE_KNOWN] = known
    return report


@event.listens_for(Session, "after_soft_rollback")
def _read_again(session: Session, _ended: object) -> None:
    session.info.pop(_OF_ONE_KNOWN, None)


def _cancel(session: Session, report: Report, entry_ids: Collection[int]) -> None:
    """Cancel entries, all or none. Of two at once the second waits for the first, and is told what became of them."""
    rows = [{"entry_id": entry_id, "report_id": report.id} for entry_id in sorted(set(entry_ids))]
    statement = new_or_nothing(session, Cancellation, rows, ["entry_id"]).returning(Cancellation.entry_id)
    if len(session.scalars(statement).all()) < len(rows):
        raise UserError("already-changed", number=report.about_id or 0)


def entries_of(session: Session, report_id: int) -> Sequence[Entry]:
    """Return the entries of a report that still count, as entered."""
    return session.scalars(select(Entry).where(Entry.report_id == report_id, counts()).order_by(Entry.id)).all()


def replaced_by(session: Session, report_id: int) -> Sequence[Entry]:
    """Return the entries that a report has cancelled."""
    return session.scalars(
        select(Entry)
        .join(Cancellation, Cancellation.entry_id == Entry.id)
        .where(Cancellation.report_id == report_id)
        .order_by(Entry.id)
    ).all()


def family(session: Session, report_id: int) -> set[int]:
    """Return the ids of a report and of every correction and undo of it, at any remove."""
    known, newer = {report_id}, {report_id}
    while newer:
        newer = set(session.scalars(select(Report.id).where(Report.about_id.in_(newer)))) - known
        known |= newer
    return known


def last_report(session: Session, person_id: int, org_ids: Collection[int], but: Collection[int] = ()) -> Report | None:
    """Return the newest report of a person for these orgs that has entries that count, or None. but: numbers to pass
    over.
    """
    return session.scalar(
        select(Report)
        .where(
            Report.person_id == person_id,
            Report.org_id.in_(org_ids),
            Report.id.not_in(but),
            exists().where(Entry.report_id == Report.id, counts()),
        )
        .order_by(Report.id.desc())
        .limit(1)
    )


def statement_of(session: Session, org_id: int, indicator: str, first: date, last: date) -> int | None:
    """Return the number of the newest report that states something for these days and counts, or None."""
    return session.scalar(
        select(Entry.report_id)
        .where(Entry.org_id == org_id, Entry.indicator == indicator, Entry.day.between(first, last), counts())
        .order_by(Entry.id.desc())
        .limit(1)
    )


def newest_figures(session: Session, org_id: int, first: date, last: date) -> Sequence[Entry]:
    """Return the figures for these days of the newest report of an org that has any which count; [] without one.

    Its corrections belong to it; statements are no figures.
    """
    within = (
        Entry.org_id == org_id,
        Entry.day.between(first, last),
        Entry.indicator != NOTHING,
        ~Entry.indicator.startswith(DUTY),
        counts(),
    )
    newest = session.scalar(select(Entry.report_id).where(*within).order_by(Entry.report_id.desc()).limit(1))
    if newest is None:
        return []
    numbers = family(session, first_of(session, newest))
    return session.scalars(select(Entry).where(*within, Entry.report_id.in_(numbers)).order_by(Entry.id)).all()


def first_of(session: Session, report_id: int) -> int:
    """Return the number of the report that a chain of corrections began with: the one that people remember."""
    report = session.get_one(Report, report_id)
    while report.kind in (ReportKind.CORRECTION, ReportKind.UNDO) and report.about_id is not None:
        report = session.get_one(Report, report.about_id)
    return report.id


def recent_figures(session: Session, person_id: int, org_ids: Collection[int], limit: int = 400) -> list[list[Entry]]:
    """Return a person's newest figures that count, by the report that they began with, the newest first.

    A report and its corrections are one group. Statements are left out.
    """
    query = (
        select(Entry)
        .join(Report, Report.id == Entry.report_id)
        .where(Report.person_id == person_id, Report.org_id.in_(org_ids), counts())
        .where(Entry.indicator != NOTHING, ~Entry.indicator.startswith(DUTY))
        .order_by(Report.id.desc(), Entry.id)
        .limit(limit)
    )
    families: dict[int, list[Entry]] = {}
    for entry in session.scalars(query):
        families.setdefault(first_of(session, entry.report_id), []).append(entry)
    return list(families.values())


_FACTS = (
    select(Entry.org_id, Entry.indicator, Entry.part, Entry.value, Entry.day, Report.made_at, Entry.id)
    .join(Report, Report.id == Entry.report_id)
    .where(counts())
    .order_by(Entry.id)
)
_OF_ONE = _FACTS.where(Entry.org_id == bindparam("org_id"))


def facts(
    session: Session,
    *,
    org_ids: Collection[int] | None = None,
    indicators: Collection[str] | None = None,
    made_until: datetime | None = None,
) -> list[Fact]:
    """List the figures that count, oldest first.

    made_until: only reports made up to then (campaign time); what was cancelled since stays cancelled.
    Those of one org are read once a transaction, and record() adds to them.
    """
    if org_ids is not None and len(org_ids) == 1 and made_until is None:  # what each inbound asks for
        (org_id,) = org_ids
        known: tuple[int, list[Fact]] | None = session.info.get(_OF_ONE_KNOWN)
        if known is None or known[0] != org_id:
            session.flush()
            known = org_id, [Fact(*row) for row in session.execute(_OF_ONE, {"org_id": org_id})]
            session.info[_OF_ONE_KNOWN] = known
        return [fact for fact in known[1] if indicators is None or fact.indicator in indicators]
    query = _FACTS
    if org_ids is not None:
        query = query.where(Entry.org_id.in_(org_ids))
    if indicators is not None:
        query = query.where(Entry.indicator.in_(indicators))
    if made_until is not None:
        query = query.where(Report.made_at <= made_until)
    return [Fact(*row) for row in session.execute(query)]


def replaced(session: Session, *, org_ids: Collection[int], indicators: Collection[str]) -> list[Fact]:
    """List the figures of some orgs that count no more, with the moment from which they do not; oldest first."""
    ending = aliased(Report)
    query = (
        select(Entry, Report.made_at, ending.made_at)
        .join(Report, Report.id == Entry.report_id)
        .join(Cancellation, Cancellation.entry_id == Entry.id)
        .join(ending, ending.id == Cancellation.report_id)
        .where(Entry.indicator.in_(indicators))
        .order_by(Entry.id)
    )
    if len(org_ids) <= MANY:
        query = query.where(Entry.org_id.in_(org_ids))
    return [
        Fact(e.org_id, e.indicator, e.part, e.value, e.day, made_at, e.id, ended_at)
        for e, made_at, ended_at in session.execute(query).all()
    ]


def latest_readings(readings: Iterable[Fact]) -> dict[tuple[int, str, str], Fact]:
    """Return the newest reading by (org, indicator, part): the latest day wins, then the later entry."""
    newest: dict[tuple[int, str, str], Fact] = {}
    for fact in readings:
        key = (fact.org_id, fact.indicator, fact.part)
        known = newest.get(key)
        if known is None or (fact.day, fact.entry_id) > (known.day, known.entry_id):
            newest[key] = fact
    return newest


def sums(flows: Iterable[Fact]) -> dict[tuple[int, str, str], Decimal]:
    """Return what flows add up to by (org, indicator, part)."""
    totals: dict[tuple[int, str, str], Decimal] = {}
    for fact in flows:
        key = (fact.org_id, fact.indicator, fact.part)
        totals[key] = totals.get(key, Decimal(0)) + fact.value
    return totals
