"""Evidence and documents: photos and links beside reports, and the files that a duty asks for.

Only what is known about them stands here; the bytes lie on disk by their SHA-256 (bot/filestore.py). A photo is a row
before it is a file: the inbound's transaction writes it, and it is downloaded after the commit (bot/media.py).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, and_, bindparam, exists, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.inbox import Inbox
from models.ledger import Entry, Report, ReportKind, counts, last_report
from models.links import FoundLink, same
from models.session import is_absent, wake_later

MEDIA = "media"  # the pseudo-channel whose drain downloads photos
WINDOW = timedelta(minutes=30)  # how long photos and links belong to a report; product.md, real time


class PhotoState(Enum):
    """The life of a photo."""

    WAITING = "waiting"  # to be downloaded
    STORED = "stored"
    FAILED = "failed"  # it will never be; reason says why


class Photo(Base):
    """A photo that a person sent. Without a report it is loose: the next report within the window takes it."""

    __tablename__ = "photo"
    __table_args__ = (
        Index("ix_photo_state", "state", "next_try_at"),
        Index("ix_photo_loose", "person_id", "report_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"), index=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)
    media_ref: Mapped[str] = mapped_column(String(300))  # the platform keeps it for 3 days
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    state: Mapped[PhotoState] = mapped_column(default=PhotoState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time; grows with each claim, as a lease
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(8), default="")  # jpg, png
    size: Mapped[int] = mapped_column(default=0)  # bytes
    reason: Mapped[str] = mapped_column(String(200), default="")


class Link(Base):
    """A link that a person sent, in canonical form. Loose like a photo while it has no report."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_loose", "person_id", "report_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    org_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"), index=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"), index=True)
    url: Mapped[str] = mapped_column(String(500))
    same: Mapped[str] = mapped_column(String(500), index=True)  # what two links of one thing share
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time


class Document(Base):
    """A version of a file that a duty asks for. It holds while its report does: undoing that takes it back."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_duty_org", "duty", "org_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), unique=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    duty: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]  # of this duty of this org, from 1 on, withdrawn ones included
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))  # for people; never a path
    kind: Mapped[str] = mapped_column(String(8))  # docx, pdf, txt, jpg, png
    size: Mapped[int]  # bytes
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time


@dataclass(frozen=True, slots=True)
class Recent:
    """The report that a photo or link belongs to."""

    report_id: int  # the number that people know: of a correction, that of what it corrects
    org_id: int


def recent_report(session: Session, person_id: int, org_ids: Collection[int], sent_at: datetime) -> Recent | None:
    """Return the person's last report for these orgs if it was sent within the window before sent_at, or None."""
    report = last_report(session, person_id, org_ids)
    if report is None:
        return None
    reported_at = session.scalar(select(Inbox.sent_at).where(Inbox.id == report.inbox_id))
    if reported_at is None or sent_at - reported_at > WINDOW:
        return None
    known = report.about_id if report.kind is ReportKind.CORRECTION and report.about_id else report.id
    return Recent(known, report.org_id)


def add_photo(
    session: Session,
    *,
    inbox_id: int,
    person_id: int,
    org_id: int | None,
    report_id: int | None,
    media_ref: str,
    sent_at: datetime,
    made_at: datetime,
    wall: datetime,
) -> Photo:
    """Write down a photo that is to be downloaded; the engine is told when the transaction commits."""
    photo = Photo(
        inbox_id=inbox_id,
        person_id=person_id,
        org_id=org_id,
        report_id=report_id,
        media_ref=media_ref,
        sent_at=sent_at,
        made_at=made_at,
        state=PhotoState.WAITING,
        next_try_at=wall,
    )
    session.add(photo)
    session.flush()
    wake_later(session, {MEDIA})
    return photo


def photos_since(session: Session, person_id: int, since: datetime, report_id: int | None = None) -> int:
    """Count the photos that a person sent since then (transport time), of one report or of all."""
    query = select(func.count(Photo.id)).where(Photo.person_id == person_id, Photo.sent_at >= since)
    if report_id is not None:
        query = query.where(Photo.report_id == report_id)
    return session.scalar(query) or 0


_LOOSE_PHOTOS = (
    select(Photo)
    .where(Photo.person_id == bindparam("person_id"), Photo.report_id.is_(None), Photo.sent_at >= bindparam("since"))
    .where(Photo.state != PhotoState.FAILED)
    .order_by(Photo.id)
)
_LOOSE_LINKS = (
    select(Link)
    .where(Link.person_id == bindparam("person_id"), Link.report_id.is_(None), Link.sent_at >= bindparam("since"))
    .order_by(Link.id)
)


def loose_photos(session: Session, person_id: int, sent_at: datetime) -> Sequence[Photo]:
    """Return the photos of the window before sent_at that belong to no report yet, and have not failed."""
    if is_absent(session, Photo, person_id):
        return []
    return session.scalars(_LOOSE_PHOTOS, {"person_id": person_id, "since": sent_at - WINDOW}).all()


def loose_links(session: Session, person_id: int, sent_at: datetime) -> Sequence[Link]:
    """Return the links of the window before sent_at that belong to no report yet."""
    if is_absent(session, Link, person_id):
        return []
    return session.scalars(_LOOSE_LINKS, {"person_id": person_id, "since": sent_at - WINDOW}).all()


def known_link(session: Session, org_id: int, url: str) -> Link | None:
    """Return the first link of an org that shows the same as this one and stands beside a report, or None."""
    return session.scalar(
        select(Link)
        .where(Link.org_id == org_id, Link.same == same(url), Link.report_id.is_not(None))
        .order_by(Link.id)
        .limit(1)
    )


def add_link(
    session: Session,
    found: FoundLink,
    *,
    inbox_id: int,
    person_id: int,
    org_id: int | None,
    report_id: int | None,
    sent_at: datetime,
    made_at: datetime,
) -> Link:
    """Keep a link."""
    link = Link(
        inbox_id=inbox_id,
        person_id=person_id,
        org_id=org_id,
        report_id=report_id,
        url=found.url,
        same=same(found.url),
        sent_at=sent_at,
        made_at=made_at,
    )
    session.add(link)
    session.flush()
    return link


def evidence_of(session: Session, report_id: int) -> tuple[Sequence[Photo], Sequence[Link]]:
    """Return the photos and links of a report, oldest first."""
    photos = session.scalars(select(Photo).where(Photo.report_id == report_id).order_by(Photo.id)).all()
    links = session.scalars(select(Link).where(Link.report_id == report_id).order_by(Link.id)).all()
    return photos, links


@dataclass(frozen=True, slots=True)
class Shared:
    """One thing that several orgs have sent as evidence."""

    what: str  # photo or link
    key: str  # SHA-256, or the canonical link
    url: str  # of a link
    kind: str  # of a photo: jpg, png
    senders: tuple[tuple[int, int | None], ...]  # (org id, report id), the first of each org, oldest first


def shared_photo(session: Session, sha256: str) -> Shared:
    """Return who has sent a photo, by its bytes."""
    rows = session.scalars(
        select(Photo).where(Photo.sha256 == sha256, Photo.org_id.is_not(None)).order_by(Photo.id)
    ).all()
    firsts: dict[int, int | None] = {}
    for row in rows:
        firsts.setdefault(row.org_id or 0, row.report_id)
    return Shared("photo", sha256, "", rows[0].kind if rows else "", tuple(firsts.items()))


def shared_link(session: Session, key: str) -> Shared:
    """Return who has sent a link, in any of its spellings."""
    rows = session.scalars(select(Link).where(Link.same == key, Link.org_id.is_not(None)).order_by(Link.id)).all()
    firsts: dict[int, int | None] = {}
    for row in rows:
        firsts.setdefault(row.org_id or 0, row.report_id)
    return Shared("link", key, rows[0].url if rows else "", "", tuple(firsts.items()))


def times_sent(session: Session, shared: Shared, org_id: int) -> int:
    """Count how often an org has sent this."""
    table, column = (Photo, Photo.sha256) if shared.what == "photo" else (Link, Link.same)
    return session.scalar(select(func.count(table.id)).where(column == shared.key, table.org_id == org_id)) or 0


def all_shared(session: Session, org_ids: Collection[int]) -> list[Shared]:
    """List what at least two of these orgs have sent alike: photos, then links, oldest first."""
    photo_keys = session.execute(
        select(Photo.sha256)
        .where(Photo.org_id.in_(org_ids), Photo.sha256.is_not(None))
        .group_by(Photo.sha256)
        .having(func.count(func.distinct(Photo.org_id)) > 1)
        .order_by(func.min(Photo.id))
    ).scalars()
    link_keys = session.execute(
        select(Link.same)
        .where(Link.org_id.in_(org_ids))
        .group_by(Link.same)
        .having(func.count(func.distinct(Link.org_id)) > 1)
        .order_by(func.min(Link.id))
    ).scalars()
    found = [shared_photo(session, key) for key in photo_keys if key]
    return found + [shared_link(session, key) for key in link_keys]


def claim_photo(session: Session, wall: datetime, lease: timedelta) -> Photo | None:
    """Take the photo that is due first for so long; None when none is due, or somebody else was quicker."""
    due = select(Photo).where(_due(wall)).order_by(Photo.next_try_at, Photo.id).limit(1)
    photo = session.scalar(due)
    if photo is None:
        return None
    won = session.execute(
        update(Photo)
        .where(Photo.id == photo.id, _due(wall))
        .values(next_try_at=wall + lease, tries=Photo.tries + 1)
        .execution_options(synchronize_session=False)
    )
    session.expire(photo)
    return photo if won.rowcount else None  # type: ignore[attr-defined]  # a CursorResult, not typed as one


def photo_is_due(session: Session, wall: datetime) -> bool:
    """Tell whether a photo is to be downloaded now."""
    return bool(session.scalar(select(exists().where(_due(wall)))))


def _due(wall: datetime) -> ColumnElement[bool]:
    return and_(Photo.state == PhotoState.WAITING, Photo.next_try_at <= wall)


def documents(session: Session, duty: str, org_ids: Collection[int]) -> Sequence[Document]:
    """Return the versions that hold (their reports were not undone), by org, oldest first."""
    holds = exists().where(Entry.report_id == Report.id, counts())
    return session.scalars(
        select(Document)
        .join(Report, Report.id == Document.report_id)
        .where(Document.duty == duty, Document.org_id.in_(org_ids), holds)
        .order_by(Document.org_id, Document.version)
    ).all()


def next_version(session: Session, duty: str, org_id: int) -> int:
    """Return the number of the next version; withdrawn ones keep theirs."""
    newest = session.scalar(select(func.max(Document.version)).where(Document.duty == duty, Document.org_id == org_id))
    return (newest or 0) + 1
