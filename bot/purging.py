"""Once a day, when the campaign is long over: what is known about people goes (models/retention.py), files too.

Called at every tick, from any number of processes; costs nothing until the day has come. A week before, the office's
admins are told, and without that nothing goes: a clock that jumped ahead takes nothing away unannounced. Where the
campaign was over before the bot first ran, somebody tries an old file out, and only the command purges.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.filestore import FileStore
from bot.logs import get_logger
from models import outbox, retention
from models.campaign.definition import Campaign
from models.clock import Clock
from models.messages import Text
from models.retention import Purged
from models.session import Database
from schedules import wording
from schedules.claims import first_seen
from schedules.jobs.telling import tell_admins

HOUR = 3  # of the night: the database is held for a while (decided by us 2026-11-24)
RULE = "purge"  # what the notice to the admins carries in place of a rule

log = get_logger(__name__)


@dataclass
class Keeper:
    """Looks once a day whether something is to be told or to go."""

    db: Database
    effective: Callable[[Session], Campaign]
    clock: Clock
    store: FileStore
    _looked: date | None = field(default=None, init=False)  # the day, in the campaign's zone, of the last look

    def run(self) -> Purged | None:
        """Do what this day asks for. Returns what went, None when it was not the day or another process did it."""
        now = self.clock.now()
        with self.db.read() as session:
            campaign = self.effective(session)
            local = now.astimezone(campaign.tz)
            if (
                local.date() == self._looked
                or local.hour < HOUR
                or now < retention.due_at(campaign) - retention.WARNING
            ):
                return None
            goes_at, began = retention.goes_at(session, campaign), first_seen(session)
        if began is None or campaign.local_day(began) > campaign.closes_on:
            return None
        if goes_at is None:
            self._tell(campaign, now)
        gone = self._purge(campaign, now) if goes_at is not None and now >= goes_at else None
        self._looked = local.date()
        return gone

    def _tell(self, campaign: Campaign, now: datetime) -> None:
        with self.db.begin() as session:
            if not retention.announce(session, campaign, now):
                return
            goes_at = retention.goes_at(session, campaign) or now
            text = Text(wording.purge_ahead(campaign, goes_at))
            outbox.add(session, tell_admins(session, campaign, RULE, [text], now, life=retention.WARNING), now)
        log.info("purge-announced", goes_at=goes_at.isoformat())

    def _purge(self, campaign: Campaign, now: datetime) -> Purged | None:
        with self.db.begin() as session:
            if not retention.take_day(session, campaign, campaign.local_day(now)):
                return None
            gone = retention.purge(session, campaign, now)
            remove_files(self.store, gone)
        forget_journal(self.db, gone)
        log.info("purged", rows=gone.total, files=len(gone.files))
        return gone


def remove_files(store: FileStore, gone: Purged) -> None:
    """Remove the files before the commit: who is killed here finds the rows again, and a file that is gone is no error.

    Raises OSError for a file that cannot be removed: then nothing is committed, and the next day tries again.
    """
    for digest in gone.files:
        store.remove(digest)


def forget_journal(db: Database, gone: Purged) -> None:
    """Let SQLite empty its journal, in which the purged pages still stand as they were."""
    if gone.rows and db.engine.dialect.name == "sqlite":
        connection = db.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


class _AsIfError(Exception):
    """Rolls a dry run back."""


def command(keeper: Keeper, *, apply: bool) -> tuple[datetime, Purged | None]:
    """Purge now if it is time, whoever was told or not; without apply only count. Returns from when, and what goes.

    None: it is not time yet.
    """
    now, gone = keeper.clock.now(), None
    with keeper.db.read() as session:
        campaign = keeper.effective(session)
    due = retention.due_at(campaign)
    try:
        with keeper.db.begin() as session:
            gone = retention.purge(session, campaign, now)
            if not apply or now < due:
                raise _AsIfError
            remove_files(keeper.store, gone)
    except _AsIfError:
        return due, None if apply else gone
    forget_journal(keeper.db, gone)
    return due, gone
