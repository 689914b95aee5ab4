"""延期 and 取消延期: a later deadline for everybody, or for some orgs; shown first, done with a one-time code.

What becomes of reminders, chases and lists follows from the deadline by itself (models/campaign/firings.py). Who was
overdue is not any more; nobody is told by this: the answer says how.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.running.moments import When, read_when, unlinked
from handlers.running.naming import for_the_office
from handlers.targets import Target, asked
from handlers.wording.running import Extension
from models import amendments
from models.campaign.amended import Amendment, Kind, amend
from models.campaign.definition import Campaign, Cycle, Duty, RuleKind
from models.campaign.firings import Firing, duty_of, plan
from models.campaign.periods import Period, deadline, filed_deadline, periods
from models.duties import DutyState, Standing, states
from models.errors import UserError
from models.messages import Reply
from models.people import Role, all_orgs

MOST_ORGS = 300  # that one 延期 names one by one; above, it is one for all (decided by us 2026-11-24)
_WEEK = re.compile(
    r"(?:^|\s)(?:(?P<rel>本周|这周|这一周|上周|上一周|下周|下一周)|第(?P<nth>\d{1,2}|[一二三四五六七八九十])周)(?=\s|$)"
)
_STEP = {"本": 0, "这": 0, "上": -1, "下": 1}


@dataclass(frozen=True, slots=True)
class Meant:
    """Which deadline a command is about."""

    key: str
    duty: Duty
    period: Period
    target: Target | None  # None: everybody's
    org_ids: tuple[int | None, ...]  # whose rows change: (None,) for everybody's


@route(
    "extend",
    words=("延期",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("延期 {duty} 3天", "延期 {duty} {org} 3天"),
    help="延期 任务 到 日期：改截止时间；加单位只延那一家",
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
        key, _ = _about(ctx, when.head, _example(ctx))
        raise UserError("extend-to-when", name=ctx.campaign.duties[key].name, example=_example(ctx))
    meant = _meant(ctx, when.head, _example(ctx))
    due = _due(ctx, meant, when)
    _check(ctx, meant, due)
    payload = _payload(meant) | {"due": due.isoformat(), "was": _was(ctx, meant)}
    return offer(ctx, "extend", payload, "\n".join(_preview(ctx, meant, due)))


def do_extend(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Put the deadline where it was shown, when it still stands where it stood then."""
    for_the_office(ctx)
    amendments.alone(ctx.session)
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
)
def take_back(ctx: Context, match: Match) -> Reply:
    """Show what the former deadline brings back, and hand out the code."""
    for_the_office(ctx)
    known = extended(ctx)
    if not match.rest or not known:
        return Reply(wording.extensions(ctx.campaign, known), outcome="shown")
    meant = _meant(ctx, match.rest, f"取消延期 {_short(ctx)}")
    _check_extended(ctx, meant, known)
    payload = _payload(meant) | {"was": _was(ctx, meant)}
    return offer(ctx, "extend-back", payload, "\n".join(_preview(ctx, meant, None)))


def do_take_back(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Put the deadline back, when it still stands where it stood."""
    for_the_office(ctx)
    amendments.alone(ctx.session)
    meant = _again(ctx, payload)
    back = _back(ctx.campaign, meant)
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


def _meant(ctx: Context, head: str, example: str) -> Meant:
    """Read duty, orgs and week. Raises UserError for what is missing, unknown, or not owed."""
    key, target = _about(ctx, head, example)
    duty = ctx.campaign.duties[key]
    period = _period(ctx, duty, _WEEK.search(head))
    if target is None:
        return Meant(key, duty, period, None, (None,))
    owing = {state.org.id for state in _states(ctx, ctx.campaign, key, period)} & target.org_ids
    if not owing:
        raise UserError("not-owed-by", org=target.name, name=duty.name)
    if len(owing) > MOST_ORGS:
        raise UserError("extend-too-many", number=len(owing), most=MOST_ORGS)
    return Meant(key, duty, period, target, tuple(sorted(owing)))


def _about(ctx: Context, head: str, example: str) -> tuple[str, Target | None]:
    """Return the duty and the orgs that words name, without their week."""
    rest = unlinked(_WEEK.sub(" ", head))
    found = asked(ctx, rest, ctx.scope(Role.ADMIN)) if rest else None
    if found is None or found.duties is None:
        raise UserError("extend-what", example=example)
    if len(found.duties) > 1:
        raise UserError("extend-one", names=[ctx.campaign.duties[key].name for key in found.duties])
    return found.duties[0], found.target


def _period(ctx: Context, duty: Duty, week: re.Match[str] | None) -> Period:
    every = periods(ctx.campaign, duty)
    if duty.cycle is Cycle.ONCE:
        if week:
            raise UserError("extend-no-weeks", name=duty.name)
        return every[0]
    if week and week["nth"]:
        number = int(week["nth"]) if week["nth"].isdigit() else "零一二三四五六七八九十".index(week["nth"])
    else:
        begun = [period.number for period in every if period.start <= ctx.today] or [1]
        number = begun[-1] + (_STEP[week["rel"][0]] if week else 0)
    found = next((period for period in every if period.number == number), None)
    if found is None:
        raise UserError("extend-no-such-week", name=duty.name, number=len(every))
    return found


def _due(ctx: Context, meant: Meant, when: When) -> datetime:
    """Return the new deadline: without a time of day at that of the old one."""
    now = _standing_at(ctx.campaign, meant)
    if when.length is not None:
        return now + when.length
    assert when.day is not None
    at = when.at or now.astimezone(ctx.campaign.tz).time().replace(tzinfo=None)
    return datetime.combine(when.day, at, tzinfo=ctx.campaign.tz)


def _standing_at(campaign: Campaign, meant: Meant) -> datetime:
    """Return the deadline as it stands; of several orgs the latest."""
    return max(deadline(campaign, meant.duty, meant.period, org_id) for org_id in meant.org_ids)


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
                example=f"取消延期 {_short(ctx, meant.duty)} {orgs[0]}",
            )
        raise UserError("not-extended", name=name)
    if not any((org_id, meant.period.key) in meant.duty.moved.own for org_id in meant.org_ids if org_id is not None):
        raise UserError("not-extended", name=f"{meant.target.name}的{name}")


def _payload(meant: Meant) -> dict[str, Any]:
    return {
        "duty": meant.key,
        "period": meant.period.key,
        "org_ids": list(meant.org_ids),
        "name": meant.target.name if meant.target else "",
    }


def _was(ctx: Context, meant: Meant) -> list[str]:
    return [deadline(ctx.campaign, meant.duty, meant.period, org_id).isoformat() for org_id in meant.org_ids]


def _again(ctx: Context, payload: Mapping[str, Any]) -> Meant:
    """Return what was shown. Raises UserError("clock-changed-meanwhile") when the deadline has moved."""
    duty = ctx.campaign.duties.get(payload["duty"])
    period = next((p for p in periods(ctx.campaign, duty) if p.key == payload["period"]), None) if duty else None
    if duty is None or period is None:
        raise UserError("clock-changed-meanwhile")
    org_ids = tuple(payload["org_ids"])
    target = None if org_ids == (None,) else Target(payload["name"], frozenset(org_ids))
    meant = Meant(payload["duty"], duty, period, target, org_ids)
    if _was(ctx, meant) != payload["was"]:
        raise UserError("clock-changed-meanwhile")
    return meant


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
        after: dict[str, object] = {"due": (due or _back(ctx.campaign, meant)).isoformat()}
        if meant.duty.cycle is Cycle.WEEKLY:
            after["weeks"] = wording.week_words(meant.period.start, meant.period.end).strip("（）")
        ctx.audit(action, f"duty:{meant.key}", org_id, before={"due": before.isoformat()}, after=after)


def _back(campaign: Campaign, meant: Meant) -> datetime:
    """Return the deadline that holds once an extension is taken back."""
    if meant.target is not None:
        return deadline(campaign, meant.duty, meant.period)
    return filed_deadline(campaign, meant.duty, meant.period)


def _preview(ctx: Context, meant: Meant, due: datetime | None) -> list[str]:
    after = ctx.campaign
    for org_id in meant.org_ids:
        value = {"due": due.isoformat()} if due else {}
        after = amend(after, Amendment(0, Kind.EXTEND, meant.key, ctx.now, meant.period.key, org_id, value))
    stood = {state.org.id: state for state in _states(ctx, ctx.campaign, meant.key, meant.period)}
    moved = [
        (stood[new.org.id], new)
        for new in _states(ctx, after, meant.key, meant.period)
        if new.org.id in stood and new.due_at != stood[new.org.id].due_at
    ]
    names = [new.org.name for _, new in moved]
    old = _standing_at(ctx.campaign, meant)
    new_due = due or _back(ctx.campaign, meant)
    lines = [
        wording.extension_head(
            ctx.campaign, meant.duty, meant.period, old, new_due, meant.target.name if meant.target else "", names
        ),
        *wording.extension_counts(
            still=sum(new.standing.open for _, new in moved),
            no_longer=sum(o.standing is Standing.OVERDUE and n.standing is Standing.OWED for o, n in moved),
            in_time=sum(o.standing is Standing.DONE_LATE and n.standing is Standing.DONE for o, n in moved),
            overdue=sum(o.standing is not Standing.OVERDUE and n.standing is Standing.OVERDUE for o, n in moved),
            late=sum(o.standing is Standing.DONE and n.standing is Standing.DONE_LATE for o, n in moved),
        ),
        *_moves(ctx, meant, after, new_due),
    ]
    if due is not None:
        lines += wording.extension_notes(ctx.campaign, meant.duty, new_due)
        told = wording.extension_told(ctx.campaign, meant.duty, meant.period, new_due)
        name = meant.target.name if meant.target else wording.everybody()
        lines.append(wording.extension_tell(f"通知 {name} {told}"))
    return lines


def _moves(ctx: Context, meant: Meant, after: Campaign, due: datetime) -> list[str]:
    """Say which reminders, chases and lists go when."""
    coming = [f for f in plan(after) if f.scheduled_at > ctx.now and duty_of(f.rule) == meant.key]
    before = [f for f in coming if f.period == meant.period and due in f.dues]
    chases = [f for f in coming if f.rule.overdue and f.scheduled_at > due]
    known = {
        f.scheduled_at
        for f in plan(ctx.campaign)
        if f.rule.kind is RuleKind.MISSING_LIST and duty_of(f.rule) == meant.key
    }
    lists = [
        f
        for f in coming
        if f.rule.kind is RuleKind.MISSING_LIST and f.period == meant.period and f.scheduled_at not in known
    ]
    has_before = any(rule.before and rule.before.duty == meant.key for rule in ctx.campaign.rules.values())
    return wording.extension_moves(ctx.campaign, _at(before), _at(chases[:1]), _at(lists), has_before=has_before)


def _at(found: Sequence[Firing]) -> list[datetime]:
    return sorted({each.scheduled_at for each in found})


def _states(ctx: Context, campaign: Campaign, key: str, period: Period) -> list[DutyState]:
    return [s for s in states(ctx.session, campaign, ctx.now, duties=[key]) if s.period == period]


def _short(ctx: Context, duty: Duty | None = None) -> str:
    duty = duty or next(iter(ctx.campaign.duties.values()))
    return duty.names[0] if duty.names else duty.name


def _example(ctx: Context) -> str:
    duty = next(iter(ctx.campaign.duties.values()))
    least = deadline(ctx.campaign, duty, periods(ctx.campaign, duty)[0]).astimezone(ctx.campaign.tz)
    day = min(
        ctx.campaign.closes_on, max(least.date(), ctx.today) + (ctx.campaign.closes_on - ctx.campaign.last_day) / 2
    )
    return f"延期 {_short(ctx, duty)} 到 {wording.day_words(day)}"
