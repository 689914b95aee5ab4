"""Joining: an admin's 邀请 gives a single-use code, the liaison's 绑定 uses it. Strangers are told how."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from handlers import wording
from handlers.base import Context, Match, find_org, route
from handlers.codes import try_code
from models import confirmations
from models.duties import states
from models.errors import UserError
from models.messages import InboundKind, Reply
from models.people import Identity, Invitation, Membership, Org, Person, Role, Stranger
from models.session import insert_new

INVITATION_HOURS = 72  # decided by us 2026-11-24: over a weekend
_ROLE_WORDS = {name: role for role, name in wording.ROLE_NAMES.items()}


@route(
    "invite",
    words=("邀请",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("邀请 长沙市公安局", "邀请 长沙市公安局 管理员"),
    help="邀请 单位：给新联络员一个邀请码",
)
def invite(ctx: Context, match: Match) -> Reply:
    """Make a single-use code for an org under the admin; 管理员 or 查看员 behind it asks for that role."""
    words = match.rest.split()
    role = Role.LIAISON
    if len(words) > 1 and words[-1] in _ROLE_WORDS:
        role = _ROLE_WORDS[words.pop()]
    if not words:
        raise UserError("name-an-org", example="邀请 长沙市公安局")
    scope = ctx.scope(Role.ADMIN)
    org = find_org(ctx, " ".join(words))
    if org.id not in scope:
        raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.known.orgs(Role.ADMIN)])
    code = ctx.new_invitation()
    ctx.audit("invite", f"org:{org.id}", org.id, after={"role": role.value})
    ctx.session.add(
        Invitation(
            code_hash=confirmations.digest(code),
            org_id=org.id,
            role=role,
            created_by_id=ctx.known.person.id,
            created_at=ctx.wall,
            expires_at=ctx.wall + timedelta(hours=INVITATION_HOURS),
        )
    )
    return Reply(wording.invitation(org.name, role, code, INVITATION_HOURS), outcome="invited")


@route(
    "bind",
    words=("绑定",),
    takes_rest=True,
    examples=("绑定 A7K9Q2 张三",),
    help="绑定 邀请码 姓名：登记到一个单位",
)
def bind(ctx: Context, match: Match) -> Reply:
    """Bind the sender's account to the org of a code. The code decides the org and the role, never the text."""
    code, *words = match.rest.split() or [""]
    name = words[0][:20] if words else ""
    invited = try_code(ctx, lambda: _redeem(ctx, code), wording.wrong_code())
    return invited if isinstance(invited, Reply) else _join(ctx, invited, name)


def _redeem(ctx: Context, code: str) -> Invitation | None:
    return ctx.session.scalar(
        select(Invitation).where(
            Invitation.code_hash == confirmations.digest(code),
            Invitation.used_at.is_(None),
            Invitation.expires_at > ctx.wall,
        )
    )


def _join(ctx: Context, invited: Invitation, name: str) -> Reply:
    session = ctx.session
    org = session.get_one(Org, invited.org_id)
    known = ctx.sender
    if known and any(role is invited.role and own.id == org.id for role, own, _ in known.memberships):
        return Reply(wording.already_bound(org.name), outcome="refused")
    won = session.execute(
        update(Invitation).where(Invitation.id == invited.id, Invitation.used_at.is_(None)).values(used_at=ctx.wall)
    )
    if not won.rowcount:  # type: ignore[attr-defined]  # a CursorResult, not typed as one
        return Reply(wording.wrong_code(), outcome="refused")
    person = known.person if known else _person(ctx, name or ctx.inbound.sender_ref)
    invited.used_by_id = person.id
    _grant(ctx, person, org, invited.role)
    invitation = {"role": invited.role.value, "invited_by": invited.created_by_id}
    ctx.audit("join", f"person:{person.id}", org.id, after=invitation)
    session.execute(
        update(Stranger)
        .where(Stranger.channel == ctx.inbound.channel, Stranger.user_ref == ctx.inbound.sender_ref.casefold())
        .values(settled_at=ctx.now)
    )
    owed = wording.still_owed(ctx.campaign, states(session, ctx.campaign, ctx.now, org_ids=[org.id]))
    return Reply(wording.welcome(ctx.campaign, person.name, org.name, invited.role, owed), outcome="joined")


def _person(ctx: Context, name: str) -> Person:
    """Return the person of this account, made if there is none.

    One who was switched off is active again, since an admin's code says so, but without the roles of before.
    """
    identity = ctx.session.scalar(
        select(Identity).where(
            Identity.channel == ctx.inbound.channel, Identity.user_ref == ctx.inbound.sender_ref.casefold()
        )
    )
    if identity:
        person = ctx.session.get_one(Person, identity.person_id)
        person.active = True
        ctx.session.execute(
            update(Membership)
            .where(Membership.person_id == person.id, Membership.ended_at.is_(None))
            .values(ended_at=ctx.now)
        )
        return person
    person = Person(name=name, active=True, created_at=ctx.now)
    ctx.session.add(person)
    ctx.session.flush()
    ctx.session.add(
        Identity(person_id=person.id, channel=ctx.inbound.channel, user_ref=ctx.inbound.sender_ref.casefold())
    )
    return person


def _grant(ctx: Context, person: Person, org: Org, role: Role) -> None:
    former = ctx.session.scalar(
        select(Membership).where(
            Membership.person_id == person.id, Membership.org_id == org.id, Membership.role == role
        )
    )
    if former:
        former.ended_at, former.since_at = None, ctx.now
    else:
        ctx.session.add(
            Membership(person_id=person.id, org_id=org.id, role=role, backup=False, since_at=ctx.now, ended_at=None)
        )
    ctx.session.flush()


@route("stranger", examples=("手册500册",))
def tell_how_to_join(ctx: Context, match: Match) -> Reply:
    """Tell a stranger how to join, and keep the account in the admins' list. What was written counts nowhere."""
    if ctx.inbound.kind is InboundKind.EVENT and ctx.inbound.text != "subscribe":
        return Reply("", outcome="event")
    key = {"channel": ctx.inbound.channel, "user_ref": ctx.inbound.sender_ref.casefold()}
    if not insert_new(ctx.session, Stranger, {**key, "first_at": ctx.now, "last_at": ctx.now}, list(key)):
        ctx.session.execute(
            update(Stranger)
            .where(Stranger.channel == key["channel"], Stranger.user_ref == key["user_ref"])
            .values(last_at=ctx.now, settled_at=None)
        )
    lines = [wording.how_to_join(ctx.campaign.short_name)]
    if ctx.inbound.kind is InboundKind.TEXT and ctx.inbound.text.strip():
        lines.append(wording.kept_uncounted())
    return Reply("\n".join(lines), outcome="unknown-sender")
