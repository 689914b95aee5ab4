"""Photos and links beside reports: whose they are, which report they belong to, and who else has sent the same.

Nothing is fetched here. A photo is a row that bot/media.py downloads after the commit; a link is kept as written, in
canonical form, and nobody ever follows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers import wording
from handlers.base import REPORTERS, Context, Match, route
from handlers.reading.values import Verdict
from handlers.shared_evidence import warn_shared
from models import files, outbox
from models.errors import UserError
from models.files import Photo, PhotoState, Shared
from models.ledger import Report
from models.links import FoundLink, blanked, find_links, same
from models.messages import Draft, InboundKind, Recipient, Reply, StoredFile, Text
from models.people import Org, Person

MOST_PHOTOS = 60  # of one person in 24 hours: more is a mistake or mischief (decided by us 2026-11-24)
SHOWN_PHOTOS = 6  # sent to who asks for the evidence of a report
MEDIA_REF = 300  # characters
_NUMBER = re.compile(r"^#?\s*(\d{1,9})\s*(?:号)?$")


@dataclass
class Beside:
    """What an answer to a report says of photos and links."""

    notes: list[str] = field(default_factory=list)  # one for each figure, mostly empty
    more: list[str] = field(default_factory=list)  # lines of their own


def said_at(ctx: Context) -> datetime:
    """Return when the inbound was sent: the platform's word, since a photo and its report may overtake each other."""
    return ctx.inbound.sent_at or ctx.wall


# ----- beside a report


def beside_report(ctx: Context, org: Org, report_id: int, text: str, figures: Sequence[str]) -> Beside:
    """Keep the links of a report's text, and take in the photos and links that were sent shortly before.

    text:    as written; it may come a second time, with the answer to a question about it.
    figures: the figures entered, as written in the text, in the order of the answer's lines.
    """
    beside = Beside([""] * len(figures))
    counts = [0] * (len(figures) + 1)
    earlier: list[int] = []
    adopted = _adopt(ctx, org, report_id)
    for found in find_links(text):
        known = files.known_link(ctx.session, org.id, found.url)
        if known is None:
            counts[_figure_beside(text, found.start, figures)] += 1
            _keep_link(ctx, org, report_id, found)
        elif text == ctx.inbound.text and known.report_id not in (None, report_id):
            earlier.append(known.report_id or 0)
    for index, count in enumerate(counts[:-1]):
        if count:
            beside.notes[index] = f"，{wording.links_kept(count)}"
    if counts[-1]:
        beside.more.append(wording.links_kept(counts[-1]))
    if earlier:
        beside.more.append(wording.links_known(sorted(set(earlier))))
    if any(adopted):
        beside.more.append(wording.evidence_adopted(*adopted))
    return beside


def _figure_beside(text: str, start: int, figures: Sequence[str]) -> int:
    """Return the index of the figure that a link follows most closely, else of the next one; their number for none."""
    before = [text.rfind(written, 0, start) if written else -1 for written in figures]
    if max(before, default=-1) >= 0:
        return before.index(max(before))
    behind = [place for written in figures if written and (place := text.find(written, start)) >= 0]
    return [text.find(written, start) for written in figures].index(min(behind)) if behind else len(figures)


def _keep_link(ctx: Context, org: Org | None, report_id: int | None, found: FoundLink) -> None:
    link = files.add_link(
        ctx.session,
        found,
        inbox_id=ctx.inbox_id,
        person_id=ctx.known.person.id,
        org_id=org.id if org else None,
        report_id=report_id,
        sent_at=said_at(ctx),
        made_at=ctx.now,
    )
    subject = f"report:{report_id}" if report_id else f"link:{link.id}"
    ctx.audit("evidence", subject, org.id if org else None, after={"link": link.url})
    if org:
        _warn(ctx, files.shared_link(ctx.session, link.same), org.id)


def _adopt(ctx: Context, org: Org, report_id: int) -> tuple[int, int]:
    """Give the report what its sender has sent within the window without one. Returns how many photos and links."""
    person_id, sent_at = ctx.known.person.id, said_at(ctx)
    photos = [p for p in files.loose_photos(ctx.session, person_id, sent_at) if p.org_id in (None, org.id)]
    links = [each for each in files.loose_links(ctx.session, person_id, sent_at) if each.org_id in (None, org.id)]
    fresh_photos = [photo for photo in photos if photo.org_id is None]
    fresh_links = [link for link in links if link.org_id is None]
    for photo in photos:
        photo.org_id, photo.report_id = org.id, report_id
    for link in links:
        link.org_id, link.report_id = org.id, report_id
    ctx.session.flush()
    if photos or links:
        after = {"photos": [photo.id for photo in photos], "links": [link.url for link in links]}
        ctx.audit("evidence", f"report:{report_id}", org.id, after=after)
    for photo in fresh_photos:
        if photo.sha256:
            _warn(ctx, files.shared_photo(ctx.session, photo.sha256), org.id)
    for link in fresh_links:
        _warn(ctx, files.shared_link(ctx.session, link.same), org.id)
    return len(photos), len(links)


# ----- by themselves


def is_photo(ctx: Context, match: Match) -> bool:
    """Tell whether it is a photo of somebody who reports. Others get the answer to what is no text."""
    return ctx.inbound.kind is InboundKind.IMAGE


@route(
    "photo",
    roles=REPORTERS,
    examples=("[图片]",),
    help="发照片：作为您30分钟内上一条上报的佐证（可发可不发）",
    accepts=is_photo,
    refusal="viewer-cannot-report",
)
def take_photo(ctx: Context, match: Match) -> Reply:
    """Take a photo as evidence of the sender's last report within the window, else keep it for the next one."""
    person_id, sent_at = ctx.known.person.id, said_at(ctx)
    recent, org_id = _goes_with(ctx)
    if not 0 < len(ctx.inbound.media_ref) <= MEDIA_REF:
        raise UserError("photo-without-file")
    if files.photos_since(ctx.session, person_id, sent_at - timedelta(days=1)) >= MOST_PHOTOS:
        raise UserError("too-many-photos", most=MOST_PHOTOS)
    photo = files.add_photo(
        ctx.session,
        inbox_id=ctx.inbox_id,
        person_id=person_id,
        org_id=org_id,
        report_id=recent.report_id if recent else None,
        media_ref=ctx.inbound.media_ref,
        sent_at=sent_at,
        made_at=ctx.now,
        wall=ctx.wall,
    )
    subject = f"report:{recent.report_id}" if recent else f"photo:{photo.id}"
    ctx.audit("evidence", subject, org_id, after={"photo": photo.id})
    if recent is None:
        loose = len(files.loose_photos(ctx.session, person_id, sent_at))
        return Reply(wording.photo_waits(ctx.campaign, loose), outcome="kept")
    count = files.photos_since(ctx.session, person_id, sent_at - timedelta(days=1), recent.report_id)
    return Reply(wording.photo_taken(recent.report_id, count), outcome="kept")


def _goes_with(ctx: Context) -> tuple[files.Recent | None, int | None]:
    """Return the sender's last report within the window, and the org that is meant if there can be but one.

    Raises UserError("no-org") for who reports for none.
    """
    orgs = ctx.own_orgs()
    if not orgs:
        raise UserError("no-org")
    recent = files.recent_report(ctx.session, ctx.known.person.id, ctx.scope(*REPORTERS), said_at(ctx))
    return recent, recent.org_id if recent else orgs[0].id if len(orgs) == 1 else None


def is_link(ctx: Context, match: Match) -> bool:
    """Tell whether a message holds a link and, apart from it, nothing that could be a figure."""
    if ctx.inbound.kind not in (InboundKind.TEXT, InboundKind.LINK):
        return False
    if not find_links(ctx.inbound.text):
        return False
    return ctx.reader.read(ctx.inbound.text, ctx.today).verdict in (Verdict.NOTHING, Verdict.CHAT)


@route(
    "link",
    roles=REPORTERS,
    examples=("https://v.douyin.com/abc/",),
    unlisted="a link goes with a report, which the head of 帮助 shows",
    accepts=is_link,
    refusal="viewer-cannot-report",
)
def take_link(ctx: Context, match: Match) -> Reply:
    """Keep a link that came without a figure: beside the last report within the window, else for the next one."""
    recent, org_id = _goes_with(ctx)
    org = None if org_id is None else ctx.session.get_one(Org, org_id)
    waiting = {each.same for each in files.loose_links(ctx.session, ctx.known.person.id, said_at(ctx))}
    kept, earlier = 0, []
    for found in find_links(ctx.inbound.text):
        known = files.known_link(ctx.session, org.id, found.url) if org else None
        if known and known.report_id:
            earlier.append(known.report_id)
        elif same(found.url) not in waiting:
            _keep_link(ctx, org, recent.report_id if recent else None, found)
            kept += 1
    lines = [wording.links_known(sorted(set(earlier)))] if earlier else []
    if recent and kept:
        lines.append(wording.link_taken(recent.report_id, kept))
        if any(char.isdigit() for char in blanked(ctx.inbound.text)):
            lines.append(wording.nothing_entered())
    elif kept or not earlier:
        lines.append(wording.link_waits(ctx.campaign, kept))
    return Reply("\n".join(lines), outcome="kept")


# ----- what admins see


def asks_for_evidence(ctx: Context, match: Match) -> bool:
    """Tell whether only a number follows: 照片 3张 is no such question."""
    return not match.rest or bool(_NUMBER.match(match.rest))


@route(
    "evidence",
    words=("佐证", "照片", "图片"),
    takes_rest=True,
    accepts=asks_for_evidence,
    roles=REPORTERS,
    examples=("佐证 #12",),
    help="佐证 #号：看一条上报的照片和链接",
)
def show_evidence(ctx: Context, match: Match) -> Reply:
    """Send the photos and links of a report of the sender's orgs; without a number of his own last one."""
    scope = ctx.scope(*REPORTERS)
    if match.rest:
        number = _NUMBER.match(match.rest)
        report = ctx.session.get(Report, int(number[1])) if number else None
        if report is None or report.org_id not in scope:
            raise UserError("no-such-report", number=number[1] if number else match.rest)
        report_id = report.id
    else:
        recent = files.recent_report(ctx.session, ctx.known.person.id, scope, said_at(ctx))
        if recent is None:
            raise UserError("evidence-of-what")
        report_id = recent.report_id
    photos, links = files.evidence_of(ctx.session, report_id)
    stored = [photo for photo in photos if photo.state is PhotoState.STORED and photo.sha256]
    counts = {state: sum(photo.state is state for photo in photos) for state in PhotoState}
    text = wording.evidence_list(
        report_id,
        len(stored),
        counts[PhotoState.WAITING],
        counts[PhotoState.FAILED],
        min(len(stored), SHOWN_PHOTOS),
        [link.url for link in links],
    )
    return Reply(text, more=tuple(_shown(photo) for photo in stored[:SHOWN_PHOTOS]), outcome="shown")


def _shown(photo: Photo) -> StoredFile:
    return StoredFile(photo.sha256 or "", f"photo-{photo.id}.{photo.kind}", image=True)


def _warn(ctx: Context, shared: Shared, org_id: int) -> None:
    warn_shared(
        ctx.session,
        ctx.campaign,
        shared,
        org_id,
        channel=ctx.inbound.channel,
        now=ctx.now,
        inbox_id=ctx.inbox_id,
        trace_id=ctx.trace_id,
    )


# ----- after the download


def photo_failed(session: Session, photo: Photo, code: str, *, channel: str, user_ref: str, now: datetime) -> None:
    """Tell the sender that a photo could not be kept, and what to do; once, as an answer."""
    person = session.get_one(Person, photo.person_id)
    text = Text(wording.photo_failed(photo.report_id, code))
    draft = Draft(Recipient(channel, user_ref, person.id, photo.org_id), text, "answer", now)
    outbox.add(session, [draft], now, inbox_id=photo.inbox_id, lane=outbox.Lane.ANSWER)
