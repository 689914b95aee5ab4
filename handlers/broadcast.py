"""通知: an admin's own words to many, shown first and sent with a one-time code; 发送情况 and 停止发送 afterwards.

通知 全体, and kinds of which not all stand under the sender, belong to the admins of the office (decisions 14).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.targets import Target, find_kind, find_org_target, joined
from models import channel_state, outbox, sendings
from models.audience import WECOM_APP, audience, recipient
from models.errors import UserError
from models.lengths import split
from models.messages import Draft, Reply, Text
from models.people import Contact, Org, Role, all_orgs
from models.quiet import release
from models.sendings import BROADCAST
from models.spreading import spread

EVERYONE = ("全体", "所有人", "所有单位", "全部", "各单位", "大家")
LIFE = timedelta(hours=24)  # an admin's words are of their day (decided by us 2026-11-24)
_PARTS = re.compile(r"^\s*(?:通知|群发)[\s:：,，]*(\S+?)(?:[\s:：]+(.*))?$", re.DOTALL)
_LINK = re.compile(r"<\s*a\b[^>]*?href\s*=\s*[\"']?([^\"'\s>]*)[^>]*>(.*?)<\s*/\s*a\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<(?=\s*/?\s*[A-Za-z])")
_NUMBER = re.compile(r"^第?(\d{1,3})[条次]?$")


@route(
    "broadcast",
    words=("通知", "群发"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("通知 全体 内容", "通知 {org} 内容"),
    help="通知 全体或类别或单位 内容：先预览再凭确认码发",
)
def broadcast(ctx: Context, match: Match) -> Reply:
    """Show the head count and the very text, and hand out the code that sends it."""
    parts = _PARTS.match(ctx.inbound.text)  # the words as typed: the tidied text has other punctuation
    if parts is None or not (parts[2] or "").strip():
        raise UserError("notify-what", example=f"通知 全体 {wording.broadcast_example()}")
    target = _target(ctx, parts[1])
    told, idle = _recipients(ctx, target)
    if not told:
        return Reply(wording.broadcast_nobody(target.name, idle), outcome="refused")
    text = wording.broadcast_text(ctx.campaign, ctx.known.orgs(Role.ADMIN)[0].name, harmless(parts[2].strip()))
    at = release(ctx.campaign, ctx.now)
    shown = wording.broadcast_preview(
        target.name,
        [(each.name, _name_of(ctx, each)) for each in told[: wording.NAMED_FIRST]],
        len(told),
        text,
        len(split(text)),
    )
    lines = [*shown, *wording.broadcast_idle(idle)]
    if at > ctx.now:
        lines.append(wording.leaves_at(ctx.campaign, at, ctx.now))
    payload = {"target": target.name, "text": text, "persons": [each.person_id for each in told]}
    payload["orgs"] = sorted(target.org_ids)
    return offer(ctx, "broadcast", payload, "\n".join(lines))


def _name_of(ctx: Context, contact: Contact) -> str:
    return ctx.session.get_one(Org, contact.org_id).name


def harmless(text: str) -> str:
    """Take the markup out of what people typed.

    An app's text shows <a href="...">words</a> as words that lead elsewhere: anybody could put a foreign address
    behind the bot's own word. The words and the address are both shown instead, and no other tag stays a tag.
    """
    shown = _LINK.sub(lambda link: f"{link[2].strip()}（{link[1]}）" if link[1] else link[2], text)
    return _TAG.sub("＜", shown)


def _target(ctx: Context, words: str) -> Target:
    """Return whom the first word means. Raises UserError."""
    scope = ctx.scope(Role.ADMIN)
    top = any(org.name == ctx.campaign.office for org in ctx.known.orgs(Role.ADMIN))
    own = ctx.known.orgs(Role.ADMIN)[0].name
    if words in EVERYONE:
        if not top:
            raise UserError("office-notifies-all", own=own)
        return Target("全体", frozenset(org.id for org in all_orgs(ctx.session)))
    targets = []
    for word in filter(None, re.split(r"[、，,]+", words)):
        kind = find_kind(ctx, word, scope)
        if kind is not None and not (top or kind.whole):
            raise UserError("office-notifies-kind", name=kind.name, own=own)
        targets.append(kind or find_org_target(ctx, word, scope))
    return joined(targets)


def _recipients(ctx: Context, target: Target) -> tuple[list[Contact], list[str]]:
    """Return everybody with a role in the orgs, the sender left out, and the orgs that nobody has joined."""
    orgs = [org for org in all_orgs(ctx.session) if org.id in target.org_ids]
    people = audience(ctx.session, ctx.campaign, orgs)
    told = [c for c in people.members([org.id for org in orgs]) if c.person_id != ctx.known.person.id]
    idle = [org.name for org in orgs if not people.members([org.id])]
    return told, idle


def do_broadcast(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Send the words that were shown to those who were counted and still belong there."""
    allowed = frozenset(payload["orgs"]) & ctx.scope(Role.ADMIN)
    told, _ = _recipients(ctx, Target(payload["target"], frozenset(allowed)))
    shown = set(payload["persons"])
    at = release(ctx.campaign, ctx.now)
    drafts = [
        Draft(recipient(each), Text(payload["text"]), BROADCAST, not_before=at, expires_at=at + LIFE)
        for each in told
        if each.person_id in shown
    ]
    if not drafts:
        return Reply(wording.broadcast_nobody(payload["target"], []), outcome="refused")
    outbox.add(ctx.session, spread(drafts), ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    after = {"people": len(drafts), "target": payload["target"], "words": payload["text"]}
    ctx.audit("broadcast", "notices", ctx.known.orgs(Role.ADMIN)[0].id, after=after)
    gone = len(shown) - len(drafts)
    done = wording.broadcast_sent(len(drafts), gone, wording.leaves_at(ctx.campaign, at, ctx.now))
    return Reply(f"{done}\n{wording.sending_hint()}", outcome="broadcast")


@route(
    "sendings",
    words=("发送情况", "发送结果", "送达情况"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("发送情况", "发送情况 2"),
    help="发送情况：最近一次催报或通知发到了谁",
)
def show_sending(ctx: Context, match: Match) -> Reply:
    """Tell what became of the last 催报 or 通知, or of one before: sent, refused and why, waiting, withdrawn."""
    back = which(match.rest, "发送情况")
    found = sendings.recent(ctx.session, person_ids=whose(ctx), limit=2, skip=back - 1)
    if not found:
        return Reply(wording.no_sending(back), outcome="shown")
    sending = sendings.load(ctx.session, found[0])
    stuck = any(each.waits for each in channel_state.find(ctx.session, [WECOM_APP]))
    lines = wording.sending_lines(ctx.campaign, sending, ctx.now, stuck=stuck)
    if sendings.recalled(ctx.session, sending.inbox_id):
        lines.append(wording.sending_taken_back())
    if len(found) > 1:
        lines.append(wording.sending_before(back + 1))
    return Reply("\n".join(lines), outcome="shown")


def which(rest: str, command: str) -> int:
    """Read how many sendings back: 1 is the last. Raises UserError."""
    number = _NUMBER.match(rest.strip())
    if rest and number is None:
        raise UserError("which-sending", example=f"{command} 2")
    return max(1, int(number[1])) if number else 1


def whose(ctx: Context) -> Sequence[int] | None:
    """Return whose sendings the sender may see and stop: an admin of the office all, others their own."""
    top = any(org.name == ctx.campaign.office for org in ctx.known.orgs(Role.ADMIN))
    return None if top else [ctx.known.person.id]


@route(
    "stop",
    words=("停止发送", "停止群发", "停发"),
    roles=(Role.ADMIN,),
    examples=("停止发送",),
    help="停止发送：停下还没发出的催报或通知",
)
def stop_sending(ctx: Context, match: Match) -> Reply:
    """Cancel what still waits of the last 催报 or 通知. It takes something back, so that no code is wanted."""
    found = sendings.recent(ctx.session, person_ids=whose(ctx), limit=50)
    waiting = sendings.waiting_of(ctx.session, found)
    if waiting is None:
        return Reply(wording.nothing_to_stop(), outcome="refused")
    cancelled, unsure = sendings.stop(ctx.session, waiting, ctx.now)
    sending = sendings.load(ctx.session, waiting)
    ctx.audit("stop", "notices", ctx.known.orgs(Role.ADMIN)[0].id, after={"stopped": cancelled + unsure})
    return Reply("\n".join(wording.stopped(ctx.campaign, sending)), outcome="stopped")
