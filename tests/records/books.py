"""A ledger to export, and the workbook read back."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook
from sqlalchemy import select

from bot.render.ledger_book import ledger_book
from models import records
from models.audit import note
from models.campaign import loader
from models.campaign.definition import Campaign
from models.inbox import Inbox
from models.ledger import Entry, Line, Report, ReportKind, record
from models.people import Org, Person
from models.session import Database
from tests.store.delivering import START

DAY = date(2021, 5, 11)


@dataclass
class Ledger:
    """Writes reports as the handlers do: inbox row, report, audit row."""

    db: Database
    campaign: Campaign = field(default_factory=lambda: loader.load(loader.HUNAN))
    _keys: itertools.count[int] = field(default_factory=itertools.count)

    def people(self, *orgs: tuple[str, str, str | None]) -> None:
        """Add orgs (name, kind, parent) and one person."""
        with self.db.begin() as session:
            for position, (name, kind, parent) in enumerate(orgs, 1):
                above = session.scalars(select(Org.id).where(Org.name == parent)).first()
                session.add(Org(name=name, kind=kind, parent_id=above, aliases=[], position=position))
                session.flush()
            session.add(Person(name="王芳", active=True, created_at=START))

    def report(
        self,
        org: str,
        lines: Sequence[Line],
        text: str = "原话",
        *,
        kind: ReportKind = ReportKind.REPORT,
        cancels: Sequence[int] = (),
        about: int | None = None,
        minutes: int = 0,
    ) -> int:
        """Enter a report; returns its number. cancels: numbers of reports whose entries it takes out."""
        with self.db.begin() as session:
            found = session.scalars(select(Org).where(Org.name == org)).one()
            at = START + timedelta(minutes=minutes)
            row = Inbox(
                channel="wecom_app",
                key=str(next(self._keys)),
                trace_id="t",
                sender_ref="w",
                person_id=1,
                kind="text",
                text=text,
                received_at=at,
            )
            session.add(row)
            session.flush()
            ids = session.scalars(select(Entry.id).where(Entry.report_id.in_(cancels))).all() if cancels else []
            made = record(
                session,
                org_id=found.id,
                person_id=1,
                inbox_id=row.id,
                kind=kind,
                made_at=at,
                text=text,
                lines=lines,
                cancels=ids,
                about_id=about,
            )
            after = {f"{each.indicator}/{each.part}".rstrip("/"): str(each.stated) for each in lines}
            subject = f"report:{about or made.id}"
            note(session, kind.value, subject, at, person_id=1, org_id=found.id, inbox_id=row.id, after=after)
            return made.id

    def book(self, roots: Sequence[str] | None = None, shot: records.Snapshot | None = None) -> bytes:
        """Make the workbook of now, or of a snapshot."""
        with self.db.read() as session:
            return ledger_book(session, self.campaign, shot or self.shot(roots))

    def shot(self, roots: Sequence[str] | None = None) -> records.Snapshot:
        """Take a snapshot of now."""
        with self.db.read() as session:
            ids = None
            if roots is not None:
                ids = list(session.scalars(select(Org.id).where(Org.name.in_(roots))))
            return records.snapshot(session, START + timedelta(days=1), ids)

    def newest(self) -> int:
        """Return the newest report's number."""
        with self.db.read() as session:
            return session.scalars(select(Report.id).order_by(Report.id.desc())).first() or 0


def line(indicator: str, value: str, part: str = "", **more: Any) -> Line:
    """Make a line of one figure."""
    return Line(indicator, Decimal(value), Decimal(more.pop("stated", value)), DAY, part, **more)


def sheets(data: bytes) -> Mapping[str, list[list[Any]]]:
    """Read a workbook back: the cells of each sheet."""
    book = load_workbook(io.BytesIO(data))
    return {sheet.title: [list(row) for row in sheet.iter_rows()] for sheet in book.worksheets}


def values(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Return what stands in the cells, without the empty ones at the end."""
    found = [[cell.value for cell in row] for row in rows]
    for row in found:
        while row and row[-1] is None:
            row.pop()
    return found
