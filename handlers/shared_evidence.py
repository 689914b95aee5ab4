"""The same photo or link from several orgs: told to the admins once, and listed by 重复照片. Nobody is judged by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from handlers import wording
from handlers.base import Context, Match, find_org, route
from models import files, outbox
from models.campaign.definition import Campaign
from models.errors import UserError
from models.files import Shared
from models.messages import Content, Draft, Recipient, Reply, StoredFile, Text
from models.people import Contact, Org, Role, all_orgs, contacts, descendants
from models.quiet import release


@route(
    "shared-evidence",
    words=("重复", "重复照片", "重复图片", "重复链接", "重复佐证"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("重复照片",),
    help="重复照片：看哪些单位发了同样的照片或链接",
)
def show_shared(ctx: Context, match: Match) -> Reply:
    """List what several orgs have sent alike, among the orgs that the admin acts on."""
    scope = ctx.scope(Role.ADMIN)
    wanted = find_org(ctx, match.rest) if match.rest else None
    if wanted and wanted.id not in scope:
        raise UserError("not-your-org", name=wanted.name, own=[own.name for own in ctx.known.orgs(Role.ADMIN)])
    names = {org.id: org.name for org in all_orgs(ctx.session)}
    lines = []
    for shared in files.all_shared(ctx.session, scope):
        senders = [(names[org_id], report_id) for org_id, report_id in shared.senders if org_id in scope]
        if wanted is None or wanted.id in dict(shared.senders):
            lines.append(wording.shared_line(shared.what, shared.url, senders))
    return Reply(wording.shared_list(lines), outcome="shown")


def warn_shared(
    session: Session,
    campaign: Campaign,
    shared: Shared,
    org_id: int,
    *,
    channel: str,
    now: datetime,
    inbox_id: int,
    trace_id: str = "",
) -> int:
    """Tell the admins of all orgs concerned that an org has sent what another had sent before. Returns how many.

    org_id: the org whose evidence has just come in. Only its first of this thing is told; quiet hours hold it.
    """
    if len(shared.senders) < 2 or files.times_sent(session, shared, org_id) != 1:
        return 0
    concerned = {sender for sender, _ in shared.senders}
    admins: dict[str, Contact] = {}
    reach: dict[int, set[int]] = {}
    for contact in contacts(session, channel):
        if contact.role is Role.ADMIN:
            if contact.org_id not in reach:
                reach[contact.org_id] = descendants(session, [contact.org_id])
            if concerned <= reach[contact.org_id]:
                admins.setdefault(contact.user_ref, contact)
    senders = [(session.get_one(Org, sender).name, report_id) for sender, report_id in shared.senders]
    contents: list[Content] = [Text(wording.shared_notice(shared.what, shared.url, senders))]
    if shared.what == "photo":
        contents.append(StoredFile(shared.key, f"photo.{shared.kind}", image=True))
    drafts = [
        Draft(
            Recipient(channel, contact.user_ref, contact.person_id, contact.org_id),
            content,
            "shared-evidence",
            release(campaign, now),
        )
        for content in contents
        for contact in admins.values()
    ]
    return outbox.add(session, drafts, now, inbox_id=inbox_id, trace_id=trace_id) if drafts else 0
