"""总结 and 上传: a link for handing in a document that a duty asks for; for admins who has handed in, and the file.

The bytes come by the upload page (bot/web/upload.py), which calls take_document() in its own transaction. An upload is
an inbound like any other: its key is the link's nonce, so that the same link books once whatever comes twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import wording
from handlers.base import EVERYBODY, REPORTERS, Context, Match, find_named, find_org, route
from handlers.wording.evidence import DocumentWords
from models import files, inbox, outbox, signed_links
from models.answered import settle
from models.audit import note
from models.campaign.definition import Campaign, Duty, DutyKind
from models.duties import states
from models.errors import UserError
from models.files import Document
from models.ledger import DUTY, Entry, Line, Report, ReportKind, counts, record
from models.messages import Draft, Inbound, InboundKind, Recipient, Reply, StoredFile, Text
from models.people import Identity, Membership, Org, Person, Role, descendants
from models.signed_links import SignedLink

PURPOSE = "upload"
CHANNEL = "upload"  # of the inbounds that uploads are
PATH = "/upload/"  # of the page, behind the public address
_VERSION = re.compile(r"\s*第?\s*([1-9]\d{0,2})\s*版$")
_NO_REQUEST = re.compile(r"[\d已没未?？，,。]|怎么|如何|模板|范文")


def asks_for_document(ctx: Context, match: Match) -> bool:
    """Tell whether at most a name follows the word: 总结 已报送 and 总结：发放手册500册 are reports."""
    rest = _VERSION.sub("", match.rest)
    return len(rest) <= 20 and not _NO_REQUEST.search(rest)


@route(
    "document",
    words=("总结", "交总结", "传总结", "上传总结", "报总结", "报送总结", "提交总结", "工作总结", "上传", "上传文件"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("总结", "总结 长沙"),
    help="总结：拿链接上传工作总结；总结 单位：取一家的",
    accepts=asks_for_document,
)
def document(ctx: Context, match: Match) -> Reply:
    """Hand out an upload link to who reports for the org; others see who has handed in, or get the file."""
    name, version = _split(match.rest)
    key, name = _duty(ctx, name)
    own = ctx.known.orgs(Role.LIAISON)
    hands_in = match.text.startswith(("上传", "交", "传", "报", "提交"))
    if name:
        org = find_org(ctx, name)
        if org.id not in ctx.scope(*EVERYBODY):
            raise UserError("not-your-org", name=org.name, own=[each.name for each in ctx.known.orgs()])
        reports_for = org.id in ctx.scope(Role.LIAISON) or (hands_in and org.id in ctx.scope(Role.ADMIN))
        return _offer_link(ctx, org, key) if reports_for and version is None else _fetch(ctx, org, key, version)
    if own or hands_in:
        return _offer_link(ctx, _own_org(ctx, own or ctx.own_orgs(), key), key)
    return _list(ctx, key)


def _split(rest: str) -> tuple[str, int | None]:
    version = _VERSION.search(rest)
    return (rest[: version.start()].strip(), int(version[1])) if version else (rest, None)


def _duty(ctx: Context, rest: str) -> tuple[str, str]:
    """Return the document that is meant and what of the text is left: with several its name stands in the text."""
    wanted = {key: duty for key, duty in ctx.campaign.duties.items() if duty.kind is DutyKind.DOCUMENT}
    if not wanted:
        raise UserError("no-documents", name=ctx.campaign.short_name)
    first, _, left = rest.partition(" ")
    named = find_named({key: (duty.name, *duty.names) for key, duty in wanted.items()}, first) if first else None
    if named:
        return named, left.strip()
    return next(iter(wanted)), rest


def _own_org(ctx: Context, orgs: list[Org], key: str) -> Org:
    """Return the org that a person hands in for: the only one that owes it, else the one chosen by default."""
    if not orgs:
        raise UserError("not-allowed", roles=REPORTERS)
    owing = [org for org in orgs if org.kind in ctx.campaign.duties[key].audience] or orgs
    chosen = [org for org in owing if org.id == ctx.known.person.default_org_id]
    if len(owing) > 1 and not chosen:
        word = ctx.campaign.duties[key].names[0] if ctx.campaign.duties[key].names else "上传"
        names = [org.name for org in owing]
        raise UserError("which-hands-in", names=names, example=f"{word} {owing[0].name}")
    return (chosen or owing)[0]


def _offer_link(ctx: Context, org: Org, key: str) -> Reply:
    campaign, duty = ctx.campaign, ctx.campaign.duties[key]
    state = next(iter(states(ctx.session, campaign, ctx.now, org_ids=[org.id], duties=[key])), None)
    if state is None:
        raise UserError("document-not-owed", org=org.name, name=duty.name)
    _within(campaign, ctx.now)
    if not ctx.public_url:
        return Reply(wording.no_uploads(campaign, duty), outcome="refused")
    signed = signed_links.link(PURPOSE, org.id, ctx.known.person.id, key, ctx.wall)
    url = f"{ctx.public_url}{PATH}{signed_links.token(ctx.session, signed)}"
    ctx.audit("upload-link", f"duty:{key}", org.id, after={"until": signed.expires_at.isoformat()})
    minutes = int(signed_links.LIFE.total_seconds() // 60)
    due = wording.until_words(campaign, state.due_at, ctx.now)
    return Reply(wording.upload_link(duty, org.name, url, minutes, due, _before(ctx, org, key)), outcome="link-given")


def _within(campaign: Campaign, now: datetime) -> None:
    if campaign.local_day(now) > campaign.closes_on:
        day = wording.day_words(campaign.closes_on)
        raise UserError("campaign-closed", name=campaign.short_name, day=day)


def _before(ctx: Context, org: Org, key: str) -> str:
    versions = files.documents(ctx.session, key, [org.id])
    if versions:
        return wording.uploaded_before(versions[-1].report_id, versions[-1].name, versions[-1].version)
    stated = _stated(ctx.session, org.id, key)
    return wording.stated_before(stated) if stated else ""


def _stated(session: Session, org_id: int, key: str) -> int | None:
    """Return the number of the report by which an org said last that the duty is done, or None."""
    return session.scalar(
        select(Entry.report_id)
        .where(Entry.org_id == org_id, Entry.indicator == DUTY + key, counts())
        .order_by(Entry.id.desc())
        .limit(1)
    )


# ----- what others see


def _fetch(ctx: Context, org: Org, key: str, version: int | None) -> Reply:
    duty = ctx.campaign.duties[key]
    versions = files.documents(ctx.session, key, [org.id])
    if not versions:
        return Reply(wording.no_document(org.name, duty, _stated(ctx.session, org.id, key)), outcome="shown")
    wanted = [each for each in versions if version in (None, each.version)]
    if not wanted:
        numbers = [each.version for each in versions]
        return Reply(wording.no_such_version(org.name, duty, version or 0, numbers), outcome="refused")
    found = wanted[-1]
    person = ctx.session.get_one(Person, found.person_id).name
    words = DocumentWords(found.report_id, found.version, found.name, found.size, person, found.made_at)
    others = [each.version for each in versions if each is not found]
    text = wording.document_told(ctx.campaign, org.name, duty, words, others)
    return Reply(text, more=(StoredFile(found.sha256, found.name),), outcome="shown")


def _list(ctx: Context, key: str) -> Reply:
    duty, scope = ctx.campaign.duties[key], ctx.scope(*EVERYBODY)
    newest = {each.org_id: each for each in files.documents(ctx.session, key, scope)}
    rows: list[str] = []
    stated: list[str] = []
    missing: list[str] = []
    for state in states(ctx.session, ctx.campaign, ctx.now, org_ids=scope, duties=[key]):
        found = newest.get(state.org.id)
        if found:
            rows.append(
                wording.document_row(
                    ctx.campaign, state.org.name, found.report_id, found.name, found.version, found.made_at
                )
            )
        else:
            (stated if state.standing.met else missing if state.standing.counted else []).append(state.org.name)
    return Reply(wording.documents_list(duty, rows, stated, missing, Role.ADMIN in ctx.known.roles), outcome="shown")


# ----- handing in


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that was checked and kept."""

    sha256: str
    name: str  # as shown, with the ending of what it is
    kind: str
    size: int  # bytes


def refuse_link(session: Session, campaign: Campaign, link: SignedLink, now: datetime, wall: datetime) -> str:
    """Return why a link of ours does nothing (any more): used, expired, revoked, closed; empty when it is good.

    A person who was switched off or has lost the org since the link was handed out cannot use it.
    """
    if inbox.find(session, CHANNEL, link.nonce):
        return "used"
    if link.expires_at <= wall:
        return "expired"
    if link.duty not in campaign.duties or not _may_hand_in(session, link):
        return "revoked"
    return "closed" if campaign.local_day(now) > campaign.closes_on else ""


def _may_hand_in(session: Session, link: SignedLink) -> bool:
    person = session.get(Person, link.person_id)
    roots = session.scalars(
        select(Membership.org_id).where(
            Membership.person_id == link.person_id,
            Membership.ended_at.is_(None),
            Membership.role.in_(REPORTERS),
        )
    ).all()
    return bool(person and person.active) and link.org_id in descendants(session, roots)


def _kept(session: Session, link: SignedLink, file: NewFile, report_id: int, now: datetime) -> Document:
    """Write down a file as the newest version of what the duty asks of the org."""
    found = Document(
        report_id=report_id,
        org_id=link.org_id,
        person_id=link.person_id,
        duty=link.duty,
        version=files.next_version(session, link.duty, link.org_id),
        sha256=file.sha256,
        name=file.name,
        kind=file.kind,
        size=file.size,
        made_at=now,
    )
    session.add(found)
    session.flush()
    return found


def take_document(
    session: Session, campaign: Campaign, link: SignedLink, file: NewFile, now: datetime, wall: datetime, trace_id: str
) -> Document | None:
    """Enter a file that was handed in, in the caller's transaction: report, document, audit, a notice to the sender.

    None when the link was used meanwhile: of two uploads at once one is entered. The link must be good.
    """
    inbound = Inbound(CHANNEL, link.nonce, f"person:{link.person_id}", InboundKind.FILE, file.name, sent_at=wall)
    inbox_id = inbox.take(session, inbound, trace_id, now)
    if inbox_id is None:
        return None
    org, duty = session.get_one(Org, link.org_id), campaign.duties[link.duty]
    report = record(
        session,
        org_id=org.id,
        person_id=link.person_id,
        inbox_id=inbox_id,
        kind=ReportKind.STATEMENT,
        made_at=now,
        text=file.name,
        lines=[Line(DUTY + link.duty, Decimal(1), Decimal(1), campaign.local_day(now))],
    )
    settle(session, campaign, [org.id], now)
    found = _kept(session, link, file, report.id, now)
    after = {"file": file.name, "sha256": file.sha256, "bytes": file.size, "version": found.version}
    note(
        session,
        "document",
        f"report:{report.id}",
        now,
        person_id=link.person_id,
        org_id=org.id,
        inbox_id=inbox_id,
        after=after,
    )
    text = _taken_words(campaign, org, duty, found)
    inbox.settle(
        session,
        inbox_id,
        person_id=link.person_id,
        route="document",
        outcome="recorded",
        answer={"text": text},
    )
    accounts = session.scalars(select(Identity).where(Identity.person_id == link.person_id)).all()
    drafts = [
        Draft(Recipient(each.channel, each.user_ref, link.person_id, org.id), Text(text), "answer", now)
        for each in accounts
    ]
    outbox.add(session, drafts, now, inbox_id=inbox_id, trace_id=trace_id, lane=outbox.Lane.ANSWER)
    return found


def _taken_words(campaign: Campaign, org: Org, duty: Duty, found: Document) -> str:
    day = campaign.local_day(found.made_at)
    return wording.document_taken(found.report_id, org.name, duty, found.name, found.size, found.version, day)


def used_by(session: Session, link: SignedLink) -> Document | None:
    """Return what a used link has handed in, or None."""
    row = inbox.find(session, CHANNEL, link.nonce)
    if row is None:
        return None
    return session.scalar(
        select(Document).join(Report, Report.id == Document.report_id).where(Report.inbox_id == row.id)
    )
