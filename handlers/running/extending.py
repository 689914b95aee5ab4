"""延期 and 取消延期: a later deadline for everybody, or for some orgs; shown first, done with a one-time code.

What becomes of reminders, chases and lists follows from the deadline by itself (models/campaign/firings.py). Who was
overdue is not any more; nobody is told by this: the answer says how.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.running.deadlines import Meant, about, due_by, example, meant_by, short
from handlers.running.effects import preview
from handlers.running.meanwhile import check_unchanged, seen
from handlers.running.moments import read_when
from handlers.running.naming import for_the_office, is_a_command
from handlers.targets import Target
from handlers.wording.extending import Extension
from models import amendments
from models.campaign.amended import Kind
from models.campaign.definition import Cycle
from models.campaign.periods import deadline, filed_deadline, periods
from models.errors import UserError
from models.messages import Reply
from models.people import Role, all_orgs

_TO_WHEN = re.compile(r"\s(?:延?到|至)\s*\S{1,12}$")


@route(
    "extend",
    words=("延期", "延长"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("延期 {duty} 3天", "延期 {duty} {org} 3天"),
    help="延期 任务 到 日期：改截止时间；加单位只延那一家",
    accepts=is_a_command,
)
def extend(ctx: Context, match: Match) -> Reply:
    """Show what a later deadline changes for whom, and hand out the code."""
    for_the_office(ctx)
    if not match.rest:
        return Reply(wording.extensions(ctx.campaign, extended(ctx)), outcome="shown")
    when = read_when(match.rest, ctx.today)
    if when.wrong:
        raise UserError("no-such-moment", written=when.wrong)
    if when.day is None and when.length is None:
        head = _TO_WHEN.sub("", when.head)  # 总结 到 周末: no day that can be told
        key, _ = about(ctx, head, example(ctx))
        raise UserError("extend-to-when", name=ctx.campaign.duties[key].name, example=example(ctx))
    meant = meant_by(ctx, when.head, example(ctx))
    due = due_by(ctx, meant, when)
    _check(ctx, meant, due)
    payload = meant.payload() | {"due": due.isoformat()} | seen(ctx)
    return offer(ctx, "extend", payload, "\n".join(preview(ctx, meant, due)))


def do_extend(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Put the deadline where it was shown, when it still stands where it stood then."""
    for_the_office(ctx)
    meant, due = _again(ctx, payload), datetime.fromisoformat(payload["due"])
    _check(ctx, meant, due)
    _write(ctx, meant, due, "extend")
    whom = wording.everybody() if meant.target is None else payload["name"]
    return Reply(
        wording.extended(ctx.campaign, meant.duty, meant.period, whom, due, payload["name"]), outcome="extended"
    )


@route(
    "extend-back",
    words=("取消延期", "撤销延期", "恢复截止"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("取消延期 {duty}", "取消延期 {duty} {org}"),
    help="取消延期 任务：截止时间改回原来的",
    accepts=is_a_command,
)
def take_back(ctx: Context, match: Match) -> Reply:
    """Show what the former deadline brings back, and hand out the code."""
    for_the_office(ctx)
    known = extended(ctx)
    if not match.rest or not known:
        return Reply(wording.extensions(ctx.campaign, known), outcome="shown")
    meant = meant_by(ctx, match.rest, f"取消延期 {short(ctx)}")
    _check_extended(ctx, meant, known)
    payload = meant.payload() | seen(ctx)
    return offer(ctx, "extend-back", payload, "\n".join(preview(ctx, meant, None)))


def do_take_back(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Put the deadline back, when it still stands where it stood."""
    for_the_office(ctx)
    meant = _again(ctx, payload)
    back = meant.back(ctx.campaign)
    _write(ctx, meant, None, "extend-back")
    whom = wording.everybody() if meant.target is None else payload["name"]
    return Reply(wording.taken_back(ctx.campaign, meant.duty, meant.period, whom, back), outcome="extended")


def extended(ctx: Context) -> list[Extension]:
    """List the deadlines that were put elsewhere, in the order of the file; those of all before those of some."""
    names: dict[int, str] = {}
    found = []
    for duty in ctx.campaign.duties.values():
        for period in periods(ctx.campaign, duty):
            filed = filed_deadline(ctx.campaign, duty, period)
            general = deadline(ctx.campaign, duty, period)
            if general != filed:
                found.append(Extension(duty, period, general, filed))
            own: dict[datetime, list[str]] = {}
            for (org_id, key), due in duty.moved.own.items():
                if key == period.key and due > general:
                    names = names or {org.id: org.name for org in all_orgs(ctx.session)}
                    own.setdefault(due, []).append(names[org_id])
            found += [Extension(duty, period, due, filed, tuple(orgs)) for due, orgs in sorted(own.items())]
    return found


def _check(ctx: Context, meant: Meant, due: datetime) -> None:
    """Raise UserError for a deadline that cannot be: past, beyond the end, none, or earlier than what was promised."""
    campaign = ctx.campaign
    words = wording.moment_words(campaign, due)
    if due <= ctx.now:
        raise UserError("extend-into-the-past", moment=words, now=wording.moment_words(campaign, ctx.now))
    if campaign.local_day(due) > campaign.closes_on:
        raise UserError("extend-too-far", moment=words, day=wording.day_words(campaign.closes_on))
    least = filed_deadline(campaign, meant.duty, meant.period)
    if meant.target is not None:
        least = deadline(campaign, meant.duty, meant.period)
    stands = {deadline(campaign, meant.duty, meant.period, org_id) for org_id in meant.org_ids}
    name = wording.duty_and_week(meant.duty, meant.period)
    if stands == {due}:
        raise UserError("extend-already", name=name, moment=words)
    if due <= least:
        raise UserError("extend-only-later", name=name, moment=wording.moment_words(campaign, least))


def _check_extended(ctx: Context, meant: Meant, known: Sequence[Extension]) -> None:
    mine = [each for each in known if each.duty == meant.duty and each.period == meant.period]
    name = wording.duty_and_week(meant.duty, meant.period)
    if meant.target is None:
        if any(not each.orgs for each in mine):
            return
        orgs = [org for each in mine for org in each.orgs]
        if orgs:
            raise UserError(
                "not-extended-for-all",
                name=name,
                orgs=orgs[:10],
                example=f"取消延期 {short(ctx, meant.duty)} {orgs[0]}",
            )
        raise UserError("not-extended", name=name)
    if not any((org_id, meant.period.key) in meant.duty.moved.own for org_id in meant.org_ids if org_id is not None):
        raise UserError("not-extended", name=f"{meant.target.name}的{name}")


def _again(ctx: Context, payload: Mapping[str, Any]) -> Meant:
    """Return what was shown. Raises UserError("clock-changed-meanwhile") when it is not as it was."""
    check_unchanged(ctx, payload, [payload["duty"]], [Kind.EXTEND])
    duty = ctx.campaign.duties.get(payload["duty"])
    period = next((p for p in periods(ctx.campaign, duty) if p.key == payload["period"]), None) if duty else None
    if duty is None or period is None:
        raise UserError("clock-changed-meanwhile")
    org_ids = tuple(payload["org_ids"])
    target = None if org_ids == (None,) else Target(payload["name"], frozenset(org_ids))
    return Meant(payload["duty"], duty, period, target, org_ids)


def _write(ctx: Context, meant: Meant, due: datetime | None, action: str) -> None:
    for org_id in meant.org_ids:
        if due is None and org_id is not None and (org_id, meant.period.key) not in meant.duty.moved.own:
            continue
        before = deadline(ctx.campaign, meant.duty, meant.period, org_id)
        amendments.add(
            ctx.session,
            Kind.EXTEND,
            meant.key,
            ctx.now,
            ctx.known.person.id,
            period=meant.period.key,
            org_id=org_id,
            value={"due": due.isoformat()} if due else {},
        )
        after: dict[str, object] = {"due": (due or meant.back(ctx.campaign)).isoformat()}
        if meant.duty.cycle is Cycle.WEEKLY:
            after["weeks"] = wording.week_words(meant.period.start, meant.period.end).strip("（）")
        ctx.audit(action, f"duty:{meant.key}", org_id, before={"due": before.isoformat()}, after=after)
