"""What is wrong with the bot's ways in and out: one row an incident, opened once and closed by itself.

Who looks and tells is bot/incidents.py; 状态 and /healthz read. Of several processes one opens and one closes: a unique
column decides. No personal data.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, func, or_, select, update
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.session import insert_new

RULE = "alert"  # stands in for a rule's key with what admins are told of incidents
TRACE = "incident:"  # and their trace id


class Incident(Base):
    """One incident."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # see handlers/wording/incidents.py
    channel: Mapped[str] = mapped_column(String(60))  # empty: of no channel
    open_key: Mapped[str | None] = mapped_column(String(81), unique=True)  # kind:channel while it is open
    detail: Mapped[str] = mapped_column(LongText)  # as delivery noted it, scrubbed
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time of opened_at
    well_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time; it closes when that lasts
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time at which people were last told
    told_by: Mapped[str] = mapped_column(String(60), default="")  # the channel by which its opening was told

    @property
    def trace_id(self) -> str:
        """Return the trace id of what people are told of it."""
        return f"{TRACE}{self.id}"


def opened(session: Session) -> list[Incident]:
    """List the open ones, oldest first."""
    return list(session.scalars(select(Incident).where(Incident.closed_at.is_(None)).order_by(Incident.id)))


def lately(session: Session, since: datetime) -> list[Incident]:
    """List those that are open, or were closed since a moment of campaign time, oldest first."""
    wanted = or_(Incident.closed_at.is_(None), Incident.closed_at >= since)
    return list(session.scalars(select(Incident).where(wanted).order_by(Incident.id)))


def open_one(session: Session, kind: str, channel: str, detail: str, now: datetime, wall: datetime) -> Incident | None:
    """Open an incident; None when it is open already. now: campaign time; wall: transport time."""
    key = f"{kind}:{channel}"
    values = {
        "kind": kind,
        "channel": channel,
        "open_key": key,
        "detail": detail,
        "opened_at": now,
        "began_at": wall,
        "told_by": "",
    }
    if not insert_new(session, Incident, values, ["open_key"]):
        return None
    return session.scalars(select(Incident).where(Incident.open_key == key)).one()


def close(session: Session, incident: Incident, now: datetime) -> bool:
    """Close an incident; False when another process has. now: campaign time."""
    done = session.execute(
        update(Incident)
        .where(Incident.id == incident.id, Incident.closed_at.is_(None))
        .values(closed_at=now, open_key=None)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def told_lately(session: Session, incident: Incident, wall: datetime, quiet: timedelta) -> bool:
    """Tell whether people have heard of another one of this kind a short while ago. wall: transport time."""
    same = (Incident.kind == incident.kind, Incident.channel == incident.channel, Incident.id != incident.id)
    last = session.scalar(select(func.max(Incident.told_at)).where(*same))
    return last is not None and wall - last < quiet
