"""The access token of an app, shared by all processes: the platform counts how often it is fetched.

Whoever finds it ended or refused takes a short lease and fetches; the others wait for what he writes. The token is
sealed by its user: nothing in this table opens anything. All moments are of transport time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, or_, select, update
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.session import insert_new


class AccessToken(Base):
    """The token of one app."""

    __tablename__ = "access_token"

    app: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)  # grows with every token
    sealed: Mapped[str] = mapped_column(LongText, default="")
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it is to be renewed
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # somebody is fetching


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands in the database."""

    version: int
    sealed: str
    ends_at: datetime | None


def find(session: Session, app: str) -> Kept:
    """Return what stands; version 0 when there is nothing yet."""
    row = session.execute(
        select(AccessToken.version, AccessToken.sealed, AccessToken.ends_at).where(AccessToken.app == app)
    ).first()
    return Kept(*row) if row else Kept(0, "", None)


def lease(session: Session, app: str, version: int, now: datetime, until: datetime) -> bool:
    """Take the lease on fetching what follows a version. Of several who try, one gets it."""
    insert_new(session, AccessToken, {"app": app}, ["app"])
    free = or_(
        AccessToken.leased_until.is_(None),
        AccessToken.leased_until <= now,
        AccessToken.leased_until > until,  # of a clock that has been set back since
    )
    return _changed(session, app, version, free, leased_until=until)


def keep(session: Session, app: str, version: int, sealed: str, ends_at: datetime) -> bool:
    """Store what follows a version, and end any lease on it; False when somebody else was quicker."""
    return _changed(session, app, version, version=version + 1, sealed=sealed, ends_at=ends_at, leased_until=None)


def give_up(session: Session, app: str, version: int) -> None:
    """End the lease: it could not be fetched."""
    _changed(session, app, version, leased_until=None)


def _changed(session: Session, app: str, seen: int, *where: object, **values: object) -> bool:
    result = session.execute(
        update(AccessToken)
        .where(AccessToken.app == app, AccessToken.version == seen, *where)  # type: ignore[arg-type]
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one
