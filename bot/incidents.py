"""What only an operator can put right, or should know: noticed, told once when it begins and once when it is over.

Looked at with every tick, from what all processes have written down; the log has a line for each beginning and end.
Telling must never cost what was to be sent: when it fails, the log line stays. Decided by us 2026-11-24: it is over
when it has been well for SETTLE; one kind is told at most once an hour, whatever comes and goes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.logs import get_logger, scrub
from bot.signs import APP_KINDS, PICTURE, Sign, signs
from bot.storage import WAS_FULL, Storage
from handlers import wording
from models import incidents, outbox
from models.amendments import Effective
from models.audience import WECOM_APP, office, recipient
from models.clock import Clock
from models.incidents import RULE, Incident
from models.messages import Draft, Recipient, Text
from models.outbox import Lane
from models.quiet import release
from models.session import Database

SETTLE = timedelta(seconds=60)  # transport time for which it must have been well
QUIET = timedelta(hours=1)  # between two tellings of one kind
WORTH_TELLING = timedelta(minutes=5)  # one that nobody could be told of is told afterwards when it lasted so long

log = get_logger(__name__)


class Incidents:
    """Notices and tells. Any number of processes may hold one on the same database."""

    def __init__(
        self,
        db: Database,
        effective: Effective,
        clock: Clock,
        wall: Clock,
        groups: Sequence[str] = (),
        day_limit: Callable[[Session], int] = lambda session: 0,
        storage: Storage | None = None,
    ) -> None:
        """groups: channels of the robots. day_limit: of the app, in person-messages; 0: there is none."""
        self._db = db
        self._effective = effective
        self._clock = clock
        self._wall = wall
        self._groups = groups
        self._day_limit = day_limit
        self._storage = storage
        self._picture_is_broken = True  # until looked at

    def watch(self) -> None:
        """Open what has begun and close what is over."""
        now, wall = self._clock.now(), self._wall.now()
        with self._db.read() as session:
            campaign, limit = self._effective.campaign(session), self._day_limit(session)
            found = {sign.key: sign for sign in signs(session, campaign, now, wall, limit)}
            open_ones = incidents.opened(session)
        if self._storage:
            self._note_full(self._storage)
            found |= {sign.key: sign for sign in self._storage.signs()}
        self._picture_is_broken = any(one.kind == PICTURE for one in open_ones)
        for key in found.keys() - {one.open_key for one in open_ones}:
            self._open(found[key], found)
        for one in open_ones:
            if one.open_key in found:
                if one.well_since:
                    self._mark(one, None)
            elif one.kind != PICTURE:
                self._over(one)

    def picture_broken(self, reason: str) -> None:
        """Note that a picture could not be drawn, and why."""
        log.error("picture-broken", reason=scrub(reason))
        self._picture_is_broken = True
        try:
            self._open(Sign(PICTURE, "", scrub(reason)), {})
        except SQLAlchemyError as error:
            log.error("incident-not-told", incident=PICTURE, problem=scrub(str(error)))

    def picture_drawn(self) -> None:
        """Note that a picture could be drawn: nothing is wrong any more."""
        if not self._picture_is_broken:
            return
        try:
            with self._db.read() as session:
                open_ones = [one for one in incidents.opened(session) if one.kind == PICTURE]
            for one in open_ones:
                self._close(one)
            self._picture_is_broken = False
        except SQLAlchemyError as error:
            log.error("incident-not-told", incident=PICTURE, problem=scrub(str(error)))

    def _note_full(self, storage: Storage) -> None:
        """Write down afterwards that nothing could be written for a while; it is told when it is over."""
        since = storage.failed_since
        if since is None:
            return
        now, wall = self._clock.now(), self._wall.now()
        with self._db.begin() as session:
            incidents.open_one(
                session, WAS_FULL, "", "writes have failed", now - max(wall - since, timedelta(0)), since
            )
        storage.noted()
        log.info("incident-opened", incident=WAS_FULL, channel="", detail="noted afterwards")

    def _open(self, sign: Sign, others: dict[str, Sign]) -> None:
        now, wall = self._clock.now(), self._wall.now()
        with self._db.begin() as session:
            one = incidents.open_one(session, sign.kind, sign.channel, sign.detail, now, wall)
            if one is None:
                return
            way = self._way_out(one, others)
            if way and not incidents.told_lately(session, one, wall, QUIET):
                campaign = self._effective.campaign(session)
                by_group = way != WECOM_APP
                self._tell(session, one, way, wording.incident_opened(campaign, one, by_group=by_group))
                one.told_by = way
        log.error("incident-opened", incident=sign.kind, channel=sign.channel, detail=sign.detail)

    def _over(self, one: Incident) -> None:
        """Close what has been well long enough; the first look that finds it well only notes since when."""
        wall = self._wall.now()
        if one.well_since is None or one.well_since > wall:
            self._mark(one, wall)
        elif wall - one.well_since >= SETTLE:
            self._close(one)

    def _mark(self, one: Incident, well: datetime | None) -> None:
        with self._db.begin() as session:
            session.get_one(Incident, one.id).well_since = well

    def _close(self, incident: Incident) -> None:
        now, wall = self._clock.now(), self._wall.now()
        with self._db.begin() as session:
            one = session.get_one(Incident, incident.id)
            if not incidents.close(session, one, now):
                return
            session.refresh(one)
            unheard = outbox.call_off(session, one.trace_id, "over before it could be told", now)
            campaign = self._effective.campaign(session)
            if one.told_by and not unheard:
                by_group = one.told_by != WECOM_APP
                self._tell(session, one, one.told_by, wording.incident_closed(campaign, one, by_group=by_group))
            elif wall - one.began_at >= WORTH_TELLING and not incidents.told_lately(session, one, wall, QUIET):
                self._tell(session, one, WECOM_APP, wording.incident_closed(campaign, one, by_group=False))
        log.info("incident-closed", incident=incident.kind, channel=incident.channel)

    def _way_out(self, one: Incident, others: dict[str, Sign]) -> str:
        """Return a channel that works: the app, or a group when the app is out; empty: none, 状态 has to do."""
        bad = {sign.channel for sign in others.values() if sign.kind in APP_KINDS}
        if WECOM_APP not in bad:
            return WECOM_APP
        if one.channel != WECOM_APP or one.kind == "unreachable":
            return ""
        return next((group for group in self._groups if group not in bad), "")

    def _tell(self, session: Session, one: Incident, way: str, text: str) -> None:
        now = self._clock.now()
        campaign = self._effective.campaign(session)
        who = [Recipient(way, "")]
        if way == WECOM_APP:
            who = [recipient(admin) for admin in office(session, campaign).admins()]
        at = release(campaign, now)
        drafts = [Draft(each, Text(text), RULE, at) for each in who]
        outbox.add(session, drafts, now, trace_id=one.trace_id, lane=Lane.ANSWER)
        one.told_at = self._wall.now()
