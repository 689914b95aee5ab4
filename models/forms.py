"""The guided form of a person: which org it is for, what it has asked, what it asks now.

What is owed is not kept here but derived from the ledger at each step, so that a figure that somebody else reports in
the meantime is not asked for again. It lives beside the questions of drafts.py: a doubt that comes up inside a form is
a question of its own, and the form goes on when that is answered. Times are transport time: a demo clock that jumps a
week does not end a form.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, String, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.ledger import Report
from models.session import is_absent

LIFE = timedelta(hours=24)  # without an answer; decided by us 2026-11-24


class Form(Base):
    """One form of one person. At most one of a person is open."""

    __tablename__ = "form"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))
    after_report_id: Mapped[int] = mapped_column(default=0)  # newer reports of this person are what the form booked
    asked: Mapped[list[str]] = mapped_column(JSON, default=list)  # items in the order asked; the last one is open
    passed: Mapped[list[str]] = mapped_column(JSON, default=list)  # items that were skipped
    items: Mapped[int] = mapped_column(default=0)  # how many there were at the start: 2/6
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # moved on with every answer
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(20), default="")  # finished, stopped, replaced

    @property
    def current(self) -> str:
        """Return the item that is asked; empty when nothing is."""
        return self.asked[-1] if self.asked else ""


def start(session: Session, person_id: int, org_id: int, items: int, wall: datetime) -> Form:
    """Open a form; one that was open is closed as replaced."""
    session.execute(
        update(Form)
        .where(Form.person_id == person_id, Form.closed_at.is_(None))
        .values(closed_at=wall, outcome="replaced")
    )
    newest = session.scalar(select(func.max(Report.id))) or 0
    form = Form(
        person_id=person_id,
        org_id=org_id,
        after_report_id=newest,
        asked=[],
        passed=[],
        items=items,
        opened_at=wall,
        expires_at=wall + LIFE,
    )
    session.add(form)
    session.flush()
    return form


_OPEN = (
    select(Form)
    .where(Form.person_id == bindparam("person_id"), Form.closed_at.is_(None))
    .order_by(Form.id.desc())
    .limit(1)
)


def open_form(session: Session, person_id: int) -> Form | None:
    """Return the form that is open, too old or not: the caller tells an old one from none."""
    if is_absent(session, Form, person_id):
        return None
    return session.scalar(_OPEN, {"person_id": person_id})


def last_form(session: Session, person_id: int) -> Form | None:
    """Return the newest form of a person, open or closed."""
    return session.scalar(select(Form).where(Form.person_id == person_id).order_by(Form.id.desc()).limit(1))


def ask(session: Session, form: Form, item: str, wall: datetime) -> None:
    """Note the item that is asked now. The lists are replaced, not changed: JSON columns see only that."""
    if form.current != item:
        form.asked = [*form.asked, item]
    touch(session, form, wall)


def step_back(session: Session, form: Form, wall: datetime) -> bool:
    """Go back to the item asked before. Returns whether there was one."""
    if len(form.asked) < 2:
        return False
    form.asked = form.asked[:-1]
    form.passed = [item for item in form.passed if item != form.current]
    touch(session, form, wall)
    return True


def skip(session: Session, form: Form, wall: datetime) -> None:
    """Leave out the item that is asked."""
    form.passed = [*form.passed, form.current]
    touch(session, form, wall)


def touch(session: Session, form: Form, wall: datetime) -> None:
    """Let a form live on."""
    form.expires_at = wall + LIFE
    session.flush()


def close(session: Session, form: Form, outcome: str, wall: datetime) -> None:
    """Close a form."""
    form.closed_at, form.outcome = wall, outcome
    session.flush()


def reopen(session: Session, form: Form, wall: datetime) -> None:
    """Take a stopped form up again; what was skipped is asked again."""
    kept = [item for item in form.asked if item not in form.passed and item != form.current]
    form.asked, form.passed, form.closed_at, form.outcome = kept, [], None, ""
    touch(session, form, wall)


def booked(session: Session, form: Form) -> list[int]:
    """List the numbers of the reports that came in through a form, oldest first."""
    query = select(Report.id).where(
        Report.person_id == form.person_id, Report.org_id == form.org_id, Report.id > form.after_report_id
    )
    return list(session.scalars(query.order_by(Report.id)))
