"""Downloads the photos that people have sent: a drain like delivery's, woken after the commit that wrote the photo.

At least once: a photo stays waiting until its bytes are on disk and that is committed. What is fetched is only ever the
platform's media/get with the id that the platform gave; no address out of a message is followed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.channels.base import Reaction, SendError
from bot.channels.http import DOWNLOAD_SECONDS, TooBigError
from bot.filestore import FileStore
from bot.filetypes import PHOTO_BYTES, photo_kind
from bot.logs import get_logger, tracing
from bot.metadata import without_metadata
from handlers import evidence
from handlers.shared_evidence import warn_shared
from models import audit, files
from models.campaign.definition import Campaign
from models.clock import Clock
from models.errors import UserError
from models.files import Photo, PhotoState
from models.inbox import Inbox
from models.session import Database

LEASE = timedelta(seconds=DOWNLOAD_SECONDS + 60)  # longer than one download with its token fetch
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=30)
MEDIA_LIFE = timedelta(days=3)  # the platform forgets it then (page 90254)
FINAL = (Reaction.BUG, Reaction.RECIPIENT)  # asking again brings the same answer

log = get_logger(__name__)


class Source(Protocol):
    """Where photos come from: the platform's API."""

    def download(self, media_id: str, limit: int) -> bytes:
        """Return the bytes. Raises SendError, TooBigError."""


@dataclass(frozen=True, slots=True)
class _Claim:
    photo_id: int
    media_ref: str
    tries: int
    trace_id: str


class MediaDrain:
    """Downloads what waits. Any number of processes may hold one on the same database."""

    def __init__(
        self, db: Database, source: Source, store: FileStore, campaign: Campaign, clock: Clock, wall: Clock
    ) -> None:
        self._db = db
        self._source = source
        self._store = store
        self._campaign = campaign
        self._clock = clock
        self._wall = wall
        self._stopping = threading.Event()

    def drain(self) -> None:
        """Download every photo that is due."""
        while not self._stopping.is_set():
            claim = self._claim()
            if claim is None:
                return
            with tracing(claim.trace_id):
                self._fetch(claim)

    def due(self) -> bool:
        """Tell whether a photo is to be downloaded now."""
        with self._db.read() as session:
            return files.photo_is_due(session, self._wall.now())

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()

    def _claim(self) -> _Claim | None:
        with self._db.read() as session:  # most drains find nothing, and a look needs no writer's lock
            if not files.photo_is_due(session, self._wall.now()):
                return None
        with self._db.begin() as session:
            photo = files.claim_photo(session, self._wall.now(), LEASE)
            if photo is None:
                return None
            trace_id = session.get_one(Inbox, photo.inbox_id).trace_id
            return _Claim(photo.id, photo.media_ref, photo.tries, trace_id)

    def _fetch(self, claim: _Claim) -> None:
        try:
            content = self._source.download(claim.media_ref, PHOTO_BYTES)
            kind = photo_kind(content)
            content = without_metadata(content)  # where it was taken is nobody's business here
        except TooBigError:
            self._fail(claim, "too-big", "more than 10 MB")
        except UserError:
            self._fail(claim, "wrong-type", "neither PNG nor JPEG")
        except SendError as error:
            self._failed(claim, error)
        else:
            try:
                digest = self._store.keep(content)  # before the row says so
            except OSError as error:
                self._later(claim, f"not kept: {error.strerror}")
            else:
                self._stored(claim, digest, kind, len(content))

    def _stored(self, claim: _Claim, digest: str, kind: str, size: int) -> None:
        now = self._clock.now()
        with self._db.begin() as session:
            photo = session.get_one(Photo, claim.photo_id)
            if photo.state is not PhotoState.WAITING:
                return  # somebody else was quicker, after our lease had run out
            photo.state, photo.sha256, photo.kind, photo.size = PhotoState.STORED, digest, kind, size
            session.flush()
            subject = f"report:{photo.report_id}" if photo.report_id else f"photo:{photo.id}"
            audit.note(
                session,
                "photo-stored",
                subject,
                now,
                person_id=photo.person_id,
                org_id=photo.org_id,
                inbox_id=photo.inbox_id,
                after={"photo": photo.id, "sha256": digest, "bytes": size},
            )
            if photo.org_id:
                row = session.get_one(Inbox, photo.inbox_id)
                warn_shared(
                    session,
                    self._campaign,
                    files.shared_photo(session, digest),
                    photo.org_id,
                    channel=row.channel,
                    now=now,
                    inbox_id=row.id,
                    trace_id=row.trace_id,
                )
        log.info("photo-stored", photo=claim.photo_id, size=size, tries=claim.tries)

    def _failed(self, claim: _Claim, error: SendError) -> None:
        """Try again later, as long as the platform may still have it and asking again may help."""
        with self._db.read() as session:
            age = self._wall.now() - session.get_one(Photo, claim.photo_id).sent_at
        if error.reaction in FINAL or age >= MEDIA_LIFE:
            self._fail(claim, "gone", str(error))
        else:
            self._later(claim, str(error))

    def _later(self, claim: _Claim, reason: str) -> None:
        pause = min(FIRST_PAUSE * 2 ** min(claim.tries - 1, 10), LONGEST_PAUSE)
        with self._db.begin() as session:
            photo = session.get_one(Photo, claim.photo_id)
            photo.next_try_at, photo.reason = self._wall.now() + pause, reason[:200]
        log.warning("photo-waits", photo=claim.photo_id, seconds=pause.total_seconds(), reason=reason)

    def _fail(self, claim: _Claim, code: str, reason: str) -> None:
        with self._db.begin() as session:
            photo = session.get_one(Photo, claim.photo_id)
            if photo.state is not PhotoState.WAITING:
                return
            photo.state, photo.reason = PhotoState.FAILED, reason[:200]
            row = session.get_one(Inbox, photo.inbox_id)
            evidence.photo_failed(
                session, photo, code, channel=row.channel, user_ref=row.sender_ref, now=self._clock.now()
            )
        log.warning("photo-failed", photo=claim.photo_id, reason=reason)
