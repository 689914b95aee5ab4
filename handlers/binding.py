"""Joining: an admin's 邀请 gives a single-use code, the liaison's 绑定 uses it. Strangers are told how."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update

from handlers import wording
from handlers.base import Context, Match, find_org, route
from handlers.codes import try_code
from models import confirmations, joining
from models.duties import states
from models.errors import UserError
from models.messages import InboundKind, Reply
from models.people import Identity, Invitation, Membership, Org, Person, Role, Stranger
from models.roles import end, grant, held_by, nearest_admins
from models.session import insert_new

INVITATION_HOURS = 72  # decided by us 2026-11-24: over a weekend


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
    if len(words) > 1 and words[-1] in wording.ROLE_WORDS:
        role = wording.ROLE_WORDS[words.pop()]
    if not words:
        raise UserError("name-an-org", example="邀请 长沙市公安局")
    scope = ctx.scope(Role.ADMIN)
    org = find_org(ctx, " ".join(words), prefer=scope)
    if org.id not in scope:
        raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.known.orgs(Role.ADMIN)])
    if role is Role.ADMIN and not any(own.name == ctx.campaign.office for own in ctx.known.orgs(Role.ADMIN)):
        raise UserError("office-only")
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
    if not match.rest:  # nothing was tried, so nothing is counted
        return Reply(wording.bind_how(), outcome="refused")
    code, *words = match.rest.split()
    name = words[0][:20] if words else ""
    invited = try_code(ctx, lambda: _redeem(ctx, code), wording.wrong_code())
    return invited if isinstance(invited, Reply) else _join(ctx, invited, name)


def _redeem(ctx: Context, code: str) -> Invitation | None:
    return ctx.session.scalar(
        select(Invitation).where(
            Invitation.code_hash == confirmations.digest(code),
            Invitation.used_at.is_(None),
            Invitation.expires_at > ctx.wall,
            # What an admin handed out ends with his rights.
            exists().where(
                Person.id == Invitation.created_by_id,
                Person.active,
                Membership.person_id == Person.id,
                Membership.role == Role.ADMIN,
                Membership.ended_at.is_(None),
            ),
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
    channel, user_ref = ctx.inbound.channel, ctx.inbound.sender_ref.casefold()
    person = bind_account(ctx, channel, user_ref, name or ctx.inbound.sender_ref, org, invited.role)
    invited.used_by_id = person.id
    invitation = {"role": invited.role.value, "invited_by": invited.created_by_id}
    ctx.audit("join", f"person:{person.id}", org.id, after=invitation)
    settle_stranger(ctx, channel, user_ref)
    return Reply(welcome_text(ctx, person.name, org, invited.role), outcome="joined")


def welcome_text(ctx: Context, name: str, org: Org, role: Role) -> str:
    """Write the greeting of who has just joined."""
    owed = wording.still_owed(ctx.campaign, states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id]))
    return wording.welcome(ctx.campaign, name, org.name, role, owed)


def bind_account(ctx: Context, channel: str, user_ref: str, name: str, org: Org, role: Role) -> Person:
    """Give an account a role; its person is made if there is none, and keeps the name he is known by.

    One who was switched off is active again, since an admin's word says so, but without the roles of before.
    """
    identity = ctx.session.scalar(select(Identity).where(Identity.channel == channel, Identity.user_ref == user_ref))
    if identity is None:
        person = Person(name=name, active=True, created_at=ctx.now)
        ctx.session.add(person)
        ctx.session.flush()
        ctx.session.add(Identity(person_id=person.id, channel=channel, user_ref=user_ref))
    else:
        person = ctx.session.get_one(Person, identity.person_id)
        if not person.active:
            person.active = True
            end(ctx.session, [held.membership for held in held_by(ctx.session, [person.id])], ctx.now)
    grant(ctx.session, person.id, org.id, role, ctx.now)
    return person


def keep_stranger(ctx: Context) -> None:
    """Keep the account in the admins' list of who wrote without belonging to anybody."""
    key = {"channel": ctx.inbound.channel, "user_ref": ctx.inbound.sender_ref.casefold()}
    if not insert_new(ctx.session, Stranger, {**key, "first_at": ctx.now, "last_at": ctx.now}, list(key)):
        _update_stranger(ctx, key["channel"], key["user_ref"], last_at=ctx.now, settled_at=None)


def settle_stranger(ctx: Context, channel: str, user_ref: str) -> None:
    """Take an account off that list, with what it had asked for."""
    _update_stranger(ctx, channel, user_ref, settled_at=ctx.now)
    waiting = joining.waiting_of(ctx.session, channel, user_ref)
    if waiting is not None:
        joining.settle(ctx.session, waiting.id, joining.REPLACED, None, ctx.now)


def _update_stranger(ctx: Context, channel: str, user_ref: str, **values: datetime | None) -> None:
    ctx.session.execute(
        update(Stranger).where(Stranger.channel == channel, Stranger.user_ref == user_ref).values(**values)
    )


@route("stranger", examples=("手册500册",), unlisted="strangers are told how to join")
def tell_how_to_join(ctx: Context, match: Match) -> Reply:
    """Tell a stranger how to join, and keep the account in the admins' list. What was written counts nowhere."""
    if ctx.inbound.kind is InboundKind.EVENT and ctx.inbound.text != "subscribe":
        return Reply("", outcome="event")
    keep_stranger(ctx)
    text = _former(ctx)
    if not text:
        text = wording.how_to_join(ctx.campaign.short_name)
        if ctx.inbound.kind is InboundKind.TEXT and ctx.inbound.text.strip():
            text = f"{text}\n{wording.kept_uncounted()}"
    return Reply(text, outcome="unknown-sender")


def _former(ctx: Context) -> str:
    """Say what happened to who was here before: switched off, or without a role; empty for anybody else."""
    session, inbound = ctx.session, ctx.inbound
    former = session.scalar(
        select(Person)
        .join(Identity, Identity.person_id == Person.id)
        .where(Identity.channel == inbound.channel, Identity.user_ref == inbound.sender_ref.casefold())
    )
    held = held_by(session, [former.id], ended=True) if former else []
    if former is None or not held:
        return ""
    last = max(held, key=lambda each: each.membership.ended_at or each.membership.since_at)
    who, _ = nearest_admins(session, last.org)
    say = wording.no_role_left if former.active else wording.you_are_off
    return say(former.name, who.name)
