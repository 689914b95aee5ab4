"""What the bot has asked a person and still waits for: any process can take the answer.

One open question a person: a newer one replaces an older one. Expiry is transport time, so that a demo clock that
jumps a day does not eat the question.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, bindparam, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.session import is_absent

LIFE = timedelta(minutes=30)  # decided by us 2026-11-24, after the issue on reading


class Question(Base):
    """One question to one person."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time
    outcome: Mapped[str] = mapped_column(String(20), default="")  # answered, replaced, expired, dropped

    @property
    def prompt(self) -> str:
        """Return what was asked, to put it again; empty for a kind that does not keep it."""
        items = self.payload.get("items") or [self.payload]
        return str(items[0].get("prompt", ""))


def ask(
    session: Session, person_id: int, kind: str, payload: dict[str, Any], wall: datetime, inbox_id: int | None = None
) -> Question:
    """Put a question to a person; an open one is closed as replaced. wall: transport time."""
    session.execute(
        update(Question)
        .where(Question.person_id == person_id, Question.closed_at.is_(None))
        .values(closed_at=wall, outcome="replaced")
    )
    question = Question(
        person_id=person_id, inbox_id=inbox_id, kind=kind, payload=payload, asked_at=wall, expires_at=wall + LIFE
    )
    session.add(question)
    session.flush()
    return question


_OPEN = (
    select(Question)
    .where(Question.person_id == bindparam("person_id"), Question.closed_at.is_(None))
    .order_by(Question.id.desc())
    .limit(1)
)


def open_question(session: Session, person_id: int) -> Question | None:
    """Return the newest question that is not closed, expired or not: the caller tells an expired one from none."""
    if is_absent(session, Question, person_id):
        return None
    return session.scalar(_OPEN, {"person_id": person_id})


def last_question(session: Session, person_id: int) -> Question | None:
    """Return the newest question to a person, open or closed."""
    return session.scalar(select(Question).where(Question.person_id == person_id).order_by(Question.id.desc()).limit(1))


def close(session: Session, question: Question, outcome: str, wall: datetime) -> bool:
    """Close a question. Returns whether it was still open: of two answers at once, one wins."""
    result = session.execute(
        update(Question)
        .where(Question.id == question.id, Question.closed_at.is_(None))
        .values(closed_at=wall, outcome=outcome)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def reopen(session: Session, question_id: int, wall: datetime) -> Question | None:
    """Open a question again that another one replaced, unless it has expired or a newer one waits.

    wall: transport time.

    Returns it, or None.
    """
    question = session.get(Question, question_id, populate_existing=True)
    if question is None or question.outcome != "replaced" or question.expires_at <= wall:
        return None
    if open_question(session, question.person_id) is not None:
        return None
    question.closed_at, question.outcome = None, ""
    session.flush()
    return question
