"""What only an operator can put right, told once a day to the admins of the office; the log has every case.

Called by delivery's part of the bot, outside any transaction. Telling must never cost what was to be sent: when it
fails, the log line stays.
"""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from bot.logs import get_logger, scrub
from handlers import wording
from models import outbox
from models.amendments import Effective
from models.audience import audience, recipient
from models.clock import Clock
from models.messages import Draft, Text
from models.quiet import release
from models.session import Database, insert_new
from models.settings import Setting

RULE = "alert"
PICTURE = "picture-broken"

log = get_logger(__name__)


class Incidents:
    """Tells people of incidents. Any number of processes may hold one on the same database."""

    def __init__(self, db: Database, effective: Effective, clock: Clock) -> None:
        self._db = db
        self._effective = effective
        self._clock = clock

    def picture_broken(self, reason: str) -> None:
        """Note that a picture could not be drawn, and why; the admins hear it with the first one of a day."""
        log.error(PICTURE, reason=scrub(reason))
        try:
            self._tell(PICTURE, wording.picture_broken(scrub(reason)))
        except SQLAlchemyError as error:
            log.error("incident-not-told", incident=PICTURE, problem=scrub(str(error)))

    def _tell(self, incident: str, text: str) -> None:
        now = self._clock.now()
        with self._db.begin() as session:
            campaign = self._effective.campaign(session)
            key = f"incident:{incident}:{campaign.local_day(now)}"
            if not insert_new(session, Setting, {"key": key, "value": now.isoformat()}, ["key"]):
                return
            admins = audience(session, campaign).admins()
            at = release(campaign, now)
            drafts = [Draft(recipient(one), Text(text), RULE, at) for one in admins]
            outbox.add(session, drafts, now)
