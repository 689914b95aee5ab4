"""我是 and 同意: a stranger asks to join, an admin of the org's tree says yes or no.

What a stranger writes gives nothing: it only makes a request, always for a liaison, which admins see with its number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, find_org, route
from handlers.binding import bind_account, keep_stranger, settle_stranger, welcome_text
from handlers.names import folded, org_names
from handlers.people import rights
from handlers.which_name import refuse
from models import joining, outbox
from models.errors import UserError
from models.joining import ACCEPTED, DECLINED, WAITING, JoinRequest
from models.messages import Draft, Recipient, Reply, Text
from models.people import Identity, Org, Person, Role
from models.quiet import release
from models.roles import held_by, nearest_admins

A_DAY = timedelta(hours=24)
MOST_A_DAY = 3  # requests of one account: each of them rings an admin (decided by us 2026-11-24)
_LEAD = re.compile(r"^(?:您好|你好)?[,，。!！\s]*(?:我是|我叫)[\s:：,，]*")
_NAME = re.compile(r"^[\u4e00-\u9fffA-Za-z·]{2,20}$")
_ROLE = re.compile(r"(?:候补)?(?:联络员|管理员|查看员|负责人|工作人员)$")


def claims(ctx: Context, match: Match) -> bool:
    """Tell whether a text begins with 我是."""
    return bool(_LEAD.match(match.text))


@route("claim", examples=("我是 {org} 张三",), unlisted="strangers are told how", accepts=claims)
def claim(ctx: Context, match: Match) -> Reply:
    """Keep a stranger's request to join and tell the nearest admins, once."""
    keep_stranger(ctx)
    try:
        org, name = _parts(ctx, match.text)
    except UserError as error:  # answered here: the account stays in the admins' list
        refused = refuse(ctx, error)
        return replace(refused, text=f"{refused.text}\n{wording.kept_uncounted()}")
    channel, user_ref = ctx.inbound.channel, ctx.inbound.sender_ref.casefold()
    waiting = joining.waiting_of(ctx.session, channel, user_ref)
    where, admins = nearest_admins(ctx.session, org)
    if waiting is not None and (waiting.org_id, waiting.name) == (org.id, name):
        return Reply(wording.claim_waits(name, org.name, where.name), outcome="repeat")
    if joining.made_since(ctx.session, channel, user_ref, ctx.wall - A_DAY) >= MOST_A_DAY:
        return Reply(wording.claim_too_often(MOST_A_DAY, where.name), outcome="refused")
    request = JoinRequest(
        channel=channel,
        user_ref=user_ref,
        name=name,
        org_id=org.id,
        made_at=ctx.now,
        asked_at=ctx.wall,
        outcome=WAITING,
    )
    joining.claim(ctx.session, request)
    ctx.audit("claim", f"request:{request.id}", org.id, after={"name": name, "account": user_ref})
    text = wording.claim_notice(request.id, name, org.name, user_ref, _remarks(ctx, request))
    at = release(ctx.campaign, ctx.now)
    drafts = [
        Draft(Recipient(each.channel, each.user_ref, each.person_id), Text(text), "join-request", at) for each in admins
    ]
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    return Reply(wording.claimed(name, org.name, where.name), outcome="claimed")


def _parts(ctx: Context, text: str) -> tuple[Org, str]:
    """Read org and name out of 我是 长沙市公安局 张三, 我是长沙市公安局的张三, 我是张三，长沙的联络员.

    Raises UserError("claim-how") and those of find_org().
    """
    rest = _LEAD.sub("", text)
    words = [_ROLE.sub("", word) for word in re.split(r"[\s,，、:：;；。的]+", rest)]
    words = [word.removeprefix("是") for word in words if word.removeprefix("是")]
    if len(words) == 1:
        words = _split(ctx, words[0])
    if len(words) < 2 or len(rest) > rights.LONGEST:
        raise UserError("claim-how")
    names = org_names(ctx.session)
    *first, name = words
    if names.exact(folded(name)) and not names.exact(folded("".join(first))):
        name, *first = words
    if not _NAME.match(name) or names.exact(folded(name)):
        raise UserError("claim-how")
    return find_org(ctx, "".join(first)), name


def _split(ctx: Context, word: str) -> list[str]:
    """Split 长沙市公安局张三 behind the longest name of an org that it begins with."""
    names = org_names(ctx.session)
    for end in range(len(word) - 2, 1, -1):
        if names.exact(folded(word[:end])):
            return [word[:end], word[end:]]
    return [word]


def _remarks(ctx: Context, request: JoinRequest) -> list[str]:
    """Say what an admin should know before he says yes: the name is known already, the account was switched off."""
    former = ctx.session.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.channel == request.channel, Identity.user_ref == request.user_ref)
    )
    remarks = []
    if former is not None:
        remarks.append(wording.remark_former(former.name, active=former.active))
    same = ctx.session.scalars(select(Person.id).where(Person.name == request.name)).all()
    others = held_by(ctx.session, [person_id for person_id in same if former is None or person_id != former.id])
    if others:
        remarks.append(wording.remark_same_name(request.name, rights.all_words(others)[:3]))
    return remarks


@route(
    "accept",
    words=("同意",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("同意 3",),
    help="同意 3：同意3号加入申请；不同意 3：不同意",
)
def accept(ctx: Context, match: Match) -> Reply:
    """Let the account of a request in, as a liaison; of two admins at once one wins."""
    request = _settle(ctx, match.rest, ACCEPTED)
    if isinstance(request, Reply):
        return request
    org = ctx.session.get_one(Org, request.org_id)
    person = bind_account(ctx, request.channel, request.user_ref, request.name, org, Role.LIAISON)
    joined = {"role": Role.LIAISON.value, "name": person.name, "request": request.id}
    ctx.audit("accept", f"person:{person.id}", org.id, after=joined)
    _answer_stranger(ctx, request, welcome_text(ctx, person.name, org, Role.LIAISON), person.id)
    return Reply(wording.accepted(request.id, person.name, org.name), outcome="accepted")


@route(
    "decline",
    words=("不同意", "拒绝"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("不同意 3",),
    unlisted="同意 names it",
)
def decline(ctx: Context, match: Match) -> Reply:
    """Turn a request down; the account is told, and may ask again."""
    request = _settle(ctx, match.rest, DECLINED)
    if isinstance(request, Reply):
        return request
    org = ctx.session.get_one(Org, request.org_id)
    ctx.audit("decline", f"request:{request.id}", org.id, after={"name": request.name, "account": request.user_ref})
    who, _ = nearest_admins(ctx.session, org)
    _answer_stranger(ctx, request, wording.claim_declined(request.name, org.name, who.name))
    return Reply(wording.declined(request.id, request.name, org.name), outcome="declined")


def _settle(ctx: Context, rest: str, outcome: str) -> JoinRequest | Reply:
    """Decide the request that a number means, or return the answer that says why there is nothing to decide."""
    request = _request(ctx, rest)
    if isinstance(request, Reply):
        return request
    if not joining.settle(ctx.session, request.id, outcome, ctx.known.person.id, ctx.now):
        return _settled_already(ctx, request)
    settle_stranger(ctx, request.channel, request.user_ref)
    return request


def _request(ctx: Context, rest: str) -> JoinRequest | Reply:
    """Return the open request that a number means, or the answer that says why there is none."""
    number = re.match(r"^#?\s*(\d{1,9})\s*号?$", rest)
    if number is None:
        waiting = joining.waiting(ctx.session, ctx.scope(Role.ADMIN))
        return Reply(wording.which_request(ctx.campaign, request_lines(ctx, waiting)), outcome="shown")
    request = ctx.session.get(JoinRequest, int(number[1]), populate_existing=True)
    if request is None:
        raise UserError("no-such-request", number=number[1])
    rights.check_org(ctx, ctx.session.get_one(Org, request.org_id))
    return request if request.outcome == WAITING else _settled_already(ctx, request)


def _settled_already(ctx: Context, request: JoinRequest) -> Reply:
    """Say who was first."""
    ctx.session.refresh(request)
    by = ctx.session.get(Person, request.settled_by_id) if request.settled_by_id else None
    return Reply(wording.settled_already(request, by.name if by else ""), outcome="repeat")


def request_lines(ctx: Context, waiting: Sequence[JoinRequest]) -> list[str]:
    """Write requests for the admins' list."""
    return [wording.request_line(ctx.campaign, each, ctx.session.get_one(Org, each.org_id).name) for each in waiting]


def _answer_stranger(ctx: Context, request: JoinRequest, text: str, person_id: int | None = None) -> None:
    """Tell the account of a request what became of it: it waits for that, so quiet hours do not hold it."""
    draft = Draft(Recipient(request.channel, request.user_ref, person_id), Text(text), "join-request", ctx.now)
    outbox.add(ctx.session, [draft], ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)


@route("claim-known", roles=EVERYBODY, examples=("我是 管理员",), unlisted="it changes nothing", accepts=claims)
def claim_known(ctx: Context, match: Match) -> Reply:
    """Tell somebody who has joined what he is registered as: what a text says about its sender counts nowhere."""
    held = held_by(ctx.session, [ctx.known.person.id])
    who, _ = nearest_admins(ctx.session, held[0].org)
    return Reply(wording.known_as(ctx.known.person.name, rights.all_words(held), who.name), outcome="shown")
