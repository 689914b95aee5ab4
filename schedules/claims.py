"""Which firings are taken up, and since when each rule counts. The database knows it, so a restart loses nothing.

An occurrence is claimed by its scheduled moment; the database's constraint decides between processes. There is no
high-water mark to lose or to run ahead: what has no occurrence has not happened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import settings
from models.occurrences import Fate, Occurrence, claim
from schedules.late import ON_TIME
from schedules.rules import Firing, Key

SINCE = "since:"  # setting: since:<rule>@<version>, the moment from which its firings count


@dataclass(frozen=True, slots=True)
class Claimed:
    """A firing that this process has won, in the transaction that is open."""

    firing: Firing
    occurrence_id: int

    @property
    def trace_id(self) -> str:
        """Return an id for logs and notices, the same wherever and whenever it fires."""
        rule, version, at = self.firing.key
        return hashlib.blake2s(f"{rule}@{version}@{at.isoformat()}".encode(), digest_size=8).hexdigest()


def take(session: Session, firing: Firing, now: datetime, fate: Fate, reason: str = "") -> Claimed | None:
    """Claim a firing in the running transaction; None when somebody has it already.

    A skip that a clock running ahead wrote down does not stand: when the firing comes round after all, it is taken
    over, also late. Whatever fired stays fired.
    """
    occurrence = claim(session, *firing.key, now, fate, reason)
    if occurrence is not None:
        return Claimed(firing, occurrence.id)
    return _take_over(session, firing, now) if fate is Fate.FIRED else None


def _take_over(session: Session, firing: Firing, now: datetime) -> Claimed | None:
    """Win a firing whose skip was written by a clock ahead; a late one only from one that was far ahead.

    The clocks of two machines differ by seconds: the slower one must not fire what the other has just superseded.
    """
    rule, version, scheduled_at = firing.key
    ahead = now if now - scheduled_at <= ON_TIME else now + ON_TIME
    mine = (
        Occurrence.rule == rule,
        Occurrence.version == version,
        Occurrence.scheduled_at == scheduled_at,
    )
    won = session.execute(
        update(Occurrence)
        .where(*mine, Occurrence.fate == Fate.SKIPPED, Occurrence.claimed_at > ahead)
        .values(fate=Fate.FIRED, reason="", claimed_at=now)
    )
    if not won.rowcount:  # type: ignore[attr-defined]  # a CursorResult, not typed as one
        return None
    return Claimed(firing, session.scalars(select(Occurrence.id).where(*mine)).one())


def note_notices(session: Session, claimed: Claimed, count: int) -> None:
    """Write down how many notices an occurrence wrote."""
    session.execute(update(Occurrence).where(Occurrence.id == claimed.occurrence_id).values(notices=count))


def settled(session: Session, start: datetime, end: datetime, now: datetime) -> set[Key]:
    """Return the keys scheduled in [start, end] that are taken up; without skips that a clock running ahead wrote."""
    rows = session.execute(
        select(Occurrence.rule, Occurrence.version, Occurrence.scheduled_at).where(
            Occurrence.scheduled_at.between(start, end),
            (Occurrence.fate == Fate.FIRED) | (Occurrence.claimed_at <= now),
        )
    ).all()
    return {(rule, version, at) for rule, version, at in rows}


def first_seen(session: Session) -> datetime | None:
    """Return the moment from which the first rule that was ever seen counts: since when the bot runs here, or None."""
    known = session.scalars(select(settings.Setting.value).where(settings.Setting.key.startswith(SINCE)))
    return min((datetime.fromisoformat(value) for value in known), default=None)


def count_from(
    session: Session, rules: Mapping[tuple[str, int], datetime | None], now: datetime
) -> dict[tuple[str, int], datetime]:
    """Return from when each (rule, version) counts, and note `now` for those seen for the first time.

    What was planned before its rule was first seen never fires: neither on a first start in mid-campaign, nor when a
    raised version says that an edit must not fire again what has fired. A mark in the future (a clock that ran ahead)
    is brought back to `now`, but not before what an older version has fired. Decided by us 2026-11-24.

    rules: the moment of the edit in chat by which a version came to be, which whoever sees it first may see later; else
    None.
    """
    known = {
        row.key: datetime.fromisoformat(row.value)
        for row in session.scalars(select(settings.Setting).where(settings.Setting.key.startswith(SINCE)))
    }
    marks: dict[tuple[str, int], datetime] = {}
    for (rule, version), since in rules.items():
        key = f"{SINCE}{rule}@{version}"
        mark = known.get(key)
        if mark is None:
            mark = datetime.fromisoformat(settings.keep(session, key, min(now, since or now).isoformat()))
        if mark > now:
            mark = min(mark, max(now, _after_older(session, rule, version)))
            settings.put(session, key, mark.isoformat())
        marks[rule, version] = mark
    return marks


def _after_older(session: Session, rule: str, version: int) -> datetime:
    """Return the moment after the newest one for which an older version of a rule has fired."""
    older = (Occurrence.rule == rule, Occurrence.version < version, Occurrence.fate == Fate.FIRED)
    last = session.scalar(select(func.max(Occurrence.scheduled_at)).where(*older))
    return last + timedelta(microseconds=1) if last else datetime.min.replace(tzinfo=UTC)
