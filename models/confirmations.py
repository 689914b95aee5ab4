"""One-time codes: what many will see, or what changes others' figures, is shown first and done only with its code.

A code is bound to one person and exactly one action, lives 10 minutes (decisions 14) and works once. Five wrong codes
of one account lock it for 15 minutes (decisions 15). Codes are kept as hashes. All times here are transport time.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.people import CodeGuard

LIFE = timedelta(minutes=10)
LOCK = timedelta(minutes=15)
WRONG_LIMIT = 5


class Confirmation(Base):
    """An action that waits for its code."""

    __tablename__ = "confirmation"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    action: Mapped[dict[str, Any]] = mapped_column(JSON)  # {"do": ..., and what it needs}
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def digest(code: str) -> str:
    """Return the hash under which a code is kept."""
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()


def offer(session: Session, person_id: int, action: dict[str, Any], code: str, wall: datetime) -> None:
    """Bind a fresh code to an action; older open codes of the person die, so that a code never means two things."""
    session.execute(
        update(Confirmation)
        .where(Confirmation.person_id == person_id, Confirmation.used_at.is_(None))
        .values(used_at=wall)
    )
    session.add(
        Confirmation(person_id=person_id, code_hash=digest(code), action=action, asked_at=wall, expires_at=wall + LIFE)
    )
    session.flush()


def redeem(session: Session, person_id: int, code: str, wall: datetime) -> dict[str, Any] | None:
    """Use a code up and return its action; None when it is wrong, used, somebody else's or older than 10 minutes."""
    found = session.scalar(
        select(Confirmation).where(
            Confirmation.person_id == person_id,
            Confirmation.code_hash == digest(code),
            Confirmation.used_at.is_(None),
            Confirmation.expires_at > wall,
        )
    )
    if found is None:
        return None
    used = session.execute(
        update(Confirmation).where(Confirmation.id == found.id, Confirmation.used_at.is_(None)).values(used_at=wall)
    )
    return found.action if used.rowcount else None  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def locked_until(session: Session, account: str, wall: datetime) -> datetime | None:
    """Return until when an account may try no code, or None."""
    guard = session.get(CodeGuard, account)
    return guard.locked_until if guard and guard.locked_until and guard.locked_until > wall else None


def note_wrong(session: Session, account: str, wall: datetime) -> datetime | None:
    """Count a wrong code; returns until when the account is locked now, or None."""
    guard = session.get(CodeGuard, account) or CodeGuard(account=account, wrong=0)
    guard.wrong += 1
    if guard.wrong >= WRONG_LIMIT:
        guard.wrong, guard.locked_until = 0, wall + LOCK
    session.add(guard)
    session.flush()
    return guard.locked_until if guard.locked_until and guard.locked_until > wall else None


def note_right(session: Session, account: str) -> None:
    """Forget the wrong codes of an account."""
    guard = session.get(CodeGuard, account)
    if guard:
        guard.wrong = 0
