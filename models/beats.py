"""When each process that works last looked what is due, and what it could not send. One row a process, in settings.

Written by bot's tick, read by 状态, the morning brief and /healthz: also by a process that does no work itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import settings
from models.settings import Setting

BEAT = "beat:"  # setting: beat:<worker>
KEPT = timedelta(minutes=30)  # a process that has not been heard of for so long is forgotten by those that live
ALIVE = timedelta(seconds=90)  # without a beat for so long it counts as dead (decided by us 2026-11-24)


@dataclass(frozen=True, slots=True)
class Beat:
    """The last sign of life of one process."""

    worker: str  # host:pid
    at: datetime  # transport time
    since: datetime  # transport time at which it began
    ticked_at: datetime | None  # transport time at which it last looked what is due; None: others do
    troubles: Mapping[str, str]  # channel -> why it rests
    blocked: tuple[str, ...]  # channels that only an operator can bring back


def note(
    session: Session,
    worker: str,
    wall: datetime,
    troubles: Mapping[str, str] = {},
    blocked: Collection[str] = (),
    ticked_at: datetime | None = None,
) -> None:
    """Note that a process is alive, and forget those long silent. wall, ticked_at: transport time."""
    known = settings.get(session, _key(worker))
    value = {
        "at": wall.timestamp(),
        "since": known["since"] if known else wall.timestamp(),
        "ticked": ticked_at.timestamp() if ticked_at else None,
        "troubles": dict(troubles),
        "blocked": sorted(blocked),
    }
    settings.put(session, _key(worker), value)
    silent = [beat.worker for beat in beats(session) if wall - beat.at > KEPT]
    if silent:
        session.execute(delete(Setting).where(Setting.key.in_([_key(each) for each in silent])))


def forget(session: Session, worker: str) -> None:
    """Note that a process has ended as it should."""
    session.execute(delete(Setting).where(Setting.key == _key(worker)))


def beats(session: Session) -> list[Beat]:
    """List the processes that are heard of, the last heard first."""
    rows = session.execute(select(Setting.key, Setting.value).where(Setting.key.startswith(BEAT))).all()
    found = [
        Beat(
            row.key.removeprefix(BEAT),
            datetime.fromtimestamp(row.value["at"], UTC),
            datetime.fromtimestamp(row.value["since"], UTC),
            datetime.fromtimestamp(row.value["ticked"], UTC) if row.value["ticked"] else None,
            row.value["troubles"],
            tuple(row.value["blocked"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda beat: beat.at, reverse=True)


def last_tick(heard: Sequence[Beat]) -> datetime | None:
    """Return when a worker last looked what is due; before the first look, when the oldest that lives began."""
    ticks = [beat.ticked_at for beat in heard if beat.ticked_at]
    return max(ticks, default=min((beat.since for beat in heard), default=None))


def _key(worker: str) -> str:
    return f"{BEAT}{worker}"[:60]
