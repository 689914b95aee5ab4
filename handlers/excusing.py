"""免报 and 取消免报: an admin excuses orgs from a duty, and takes it back; both after a code.

Nobody excuses himself: it takes an admin of an org above, or of the office, which sets the duties (decided by us
2026-11-24). What an excused org reports all the same counts, see models/duties.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.headed import is_for_admins
from handlers.targets import asked
from models import outbox
from models.audience import audience, recipient
from models.campaign.definition import Cycle
from models.campaign.periods import Period, last_week, periods, this_week, week_of
from models.duties import DutyState, Standing, states
from models.errors import UserError
from models.excuses import Excuse, holding
from models.messages import Draft, Reply, Text
from models.people import Org, Person, Role
from models.phrases import short_name, until
from models.quiet import release

RULE = "excuse"  # stands in for a rule's key with the notices about it
LONGEST_REASON = 100  # characters
_THIS, _LAST, _NEXT = ("本周", "这周", "本星期", "这星期"), ("上周", "上星期"), ("下周", "下星期")
WEEKS = (*_THIS, *_LAST, *_NEXT)
_TIGHT = re.compile(r"^(免报|取消免报|撤销免报)([^\s:：,，].*)$")


@dataclass
class Wish:
    """What the words behind the command ask for."""

    duty: str
    org_ids: list[int]
    period: Period | None  # None: every one
    reason: str


@dataclass
class Sorted:
    """The orgs that were named, by what can be done."""

    states: list[DutyState] = field(default_factory=list)  # of those to excuse, one each
    done: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)  # without such a duty


@route(
    "excuse",
    words=("免报", "免报名单"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("免报 {duty} {org} 原因",),
    help="免报 任务 单位 原因：这家不用报，不再催",
    accepts=is_for_admins,
)
def excuse(ctx: Context, match: Match) -> Reply:
    """Show whom an excuse would free from what, and hand out the code; without words list what holds."""
    if not match.rest:
        return _list(ctx)
    wish = _read(ctx, match.rest, "免报 {duty} {org} 原因")
    found = _sort(ctx, wish)
    name = short_name(ctx.campaign.duties[wish.duty])
    left_out = wording.excuse_left_out(found.done, found.already, found.strange, name)
    if not found.states:
        return Reply(wording.nobody_to_excuse(left_out), outcome="shown")
    payload = {
        "duty": wish.duty,
        "orgs": [state.org.id for state in found.states],
        "period": wish.period.key if wish.period else "",
        "reason": wish.reason,
    }
    orgs = [state.org.name for state in found.states]
    return offer(
        ctx,
        "excuse",
        payload,
        wording.excuse_preview(name, orgs, _days(ctx, wish.duty, wish.period), wish.reason, left_out),
    )


def do_excuse(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Excuse what was shown, without those who have answered or were excused since."""
    key = payload["duty"]
    duty = ctx.campaign.duties[key]
    period = next((each for each in periods(ctx.campaign, duty) if each.key == payload["period"]), None)
    wish = Wish(key, [org for org in payload["orgs"] if org in _scope(ctx)], period, payload["reason"])
    found = _sort(ctx, wish)
    name, days = short_name(duty), _days(ctx, key, period)
    if not found.states:
        return Reply(wording.nobody_to_excuse(wording.excuse_left_out(found.done, found.already, [], name)))
    told = {}
    for state in found.states:
        ctx.session.add(
            Excuse(
                org_id=state.org.id,
                duty=key,
                period=payload["period"],
                reason=wish.reason,
                made_at=ctx.now,
                made_by_id=ctx.known.person.id,
            )
        )
        after = {"org": state.org.name, "words": wish.reason, **({"week": days} if days else {})}
        ctx.audit("excuse", f"duty:{key}", state.org.id, after=after)
        told[state.org.id] = wording.excused_told(ctx.campaign, name, state.org.name, days, wish.reason)
    ctx.settle_reminders(*told)
    _tell(ctx, told)
    return Reply(wording.excused(name, [state.org.name for state in found.states], days), outcome="excused")


@route(
    "unexcuse",
    words=("取消免报", "恢复报送", "撤销免报"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("取消免报 {duty} {org}",),
    unlisted="免报 says it",
)
def unexcuse(ctx: Context, match: Match) -> Reply:
    """Show whom it would make owe a duty again, and hand out the code."""
    wish = _read(ctx, match.rest, "取消免报 {duty} {org}")
    name = short_name(ctx.campaign.duties[wish.duty])
    orgs = {org_id: ctx.session.get_one(Org, org_id).name for org_id in wish.org_ids}
    free = [org_id for org_id in orgs if holding(ctx.session, org_id, wish.duty)]
    if not free:
        return Reply(wording.not_excused(name, list(orgs.values())), outcome="shown")
    payload = {"duty": wish.duty, "orgs": free}
    return offer(ctx, "unexcuse", payload, wording.resume_preview(name, [orgs[org_id] for org_id in free]))


def do_unexcuse(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Take excuses back, as far as they hold still."""
    key = payload["duty"]
    name = short_name(ctx.campaign.duties[key])
    orgs, told = [], {}
    for org_id in payload["orgs"]:
        held = holding(ctx.session, org_id, key) if org_id in _scope(ctx) else []
        if not held:
            continue
        org = ctx.session.get_one(Org, org_id)
        for each in held:
            each.ended_at = ctx.now
        ctx.session.flush()
        ctx.audit("unexcuse", f"duty:{key}", org_id, before={"org": org.name, "words": held[-1].reason})
        orgs.append(org.name)
        every = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org_id], duties=[key])
        owed = [each for each in every if each.asked]
        if owed:
            words = until(ctx.campaign, owed[-1].due_at, ctx.now)
            told[org_id] = wording.resumed_told(ctx.campaign, name, org.name, words)
    if not orgs:
        names = [ctx.session.get_one(Org, org_id).name for org_id in payload["orgs"]]
        return Reply(wording.not_excused(name, names), outcome="refused")
    ctx.settle_reminders(*payload["orgs"])
    _tell(ctx, told)
    return Reply(wording.resumed(name, orgs), outcome="resumed")


def reads_as_excuse(ctx: Context, match: Match) -> bool:
    """Tell whether a text is such a command but for the blanks: a duty follows at once."""
    return ctx.sender is not None and Role.ADMIN in ctx.sender.roles and _spaced(ctx, match.text) is not None


@route(
    "excuse-tight",
    roles=(Role.ADMIN,),
    examples=("免报总结教育厅",),
    unlisted="as with blanks",
    accepts=reads_as_excuse,
)
def excuse_tight(ctx: Context, match: Match) -> Reply:
    """Read 免报总结教育厅 as 免报 总结 教育厅."""
    command, rest = _spaced(ctx, match.text) or ("", "")
    return (excuse if command == "免报" else unexcuse).run(ctx, Match(match.text, rest))


def _spaced(ctx: Context, text: str) -> tuple[str, str] | None:
    found = _TIGHT.match(text)
    if found is None:
        return None
    names = [name for duty in ctx.campaign.duties.values() for name in (duty.name, *duty.names)]
    duty = max((name for name in names if found[2].startswith(name)), key=len, default="")
    return (found[1], f"{duty} {found[2][len(duty) :]}".strip()) if duty else None


def _read(ctx: Context, rest: str, example: str) -> Wish:
    """Read duty and orgs in any order, the week of a weekly duty, and behind them the reason.

    Raises UserError for what is no duty or org, for an own org, and those of targets.asked().
    """
    words = rest.split()
    duty, weekly = "", ""
    chosen: frozenset[int] = frozenset()
    while words:
        if words[0] in WEEKS:
            weekly = words.pop(0)
            continue
        try:
            found = asked(ctx, words[0], ctx.scope(Role.ADMIN))
        except UserError:
            if duty and chosen:
                break  # the reason begins
            raise
        taken = False
        if found.duties and not duty:
            duty, taken = found.duties[0], True
        elif found.target is not None and not found.duties:
            chosen, taken = chosen | found.target.org_ids, True
        if not taken:
            break
        words.pop(0)
    orgs = _in_order(ctx, chosen)
    if not duty or not orgs:
        raise UserError("excuse-what", example=wording.filled(ctx.campaign, example, "单位"))
    allowed = _scope(ctx)
    own = [ctx.session.get_one(Org, each).name for each in orgs if each not in allowed]
    if own:
        raise UserError("excuse-own", names=own)
    reason = " ".join(words).removeprefix("原因").lstrip(":： ")[:LONGEST_REASON]
    return Wish(duty, orgs, _period(ctx, duty, weekly), reason)


def _in_order(ctx: Context, org_ids: frozenset[int]) -> list[int]:
    return list(ctx.session.scalars(select(Org.id).where(Org.id.in_(org_ids)).order_by(Org.position, Org.id)))


def _scope(ctx: Context) -> set[int]:
    """Return the orgs that the sender may excuse: those under his own, and every one for an admin of the office."""
    own = ctx.known.orgs(Role.ADMIN)
    everybody = ctx.scope(Role.ADMIN)
    if any(org.name == ctx.campaign.office for org in own):
        return everybody
    return everybody - {org.id for org in own}


def _period(ctx: Context, duty: str, weekly: str) -> Period | None:
    if not weekly or ctx.campaign.duties[duty].cycle is Cycle.ONCE:
        return None
    start, end = last_week(ctx.campaign, ctx.today) if weekly in _LAST else this_week(ctx.campaign, ctx.today)
    week = week_of(ctx.campaign, end + timedelta(days=1) if weekly in _NEXT else start)
    if week is None:
        raise UserError("no-such-week", name=weekly, duty=short_name(ctx.campaign.duties[duty]))
    return week


def _days(ctx: Context, duty: str, period: Period | None) -> str:
    """Write for which week it is; of a weekly duty without one, that it is for each."""
    if period is not None:
        return wording.week_words(period.start, period.end)
    return wording.every_week() if ctx.campaign.duties[duty].cycle is Cycle.WEEKLY else ""


def _sort(ctx: Context, wish: Wish) -> Sorted:
    """Sort the orgs by what can be done. Without a period an org is done when every one is."""
    found = Sorted()
    by_org: dict[int, list[DutyState]] = {}
    for state in states(ctx.session, ctx.campaign, ctx.now, org_ids=wish.org_ids, duties=[wish.duty]):
        if wish.period in (None, state.period):
            by_org.setdefault(state.org.id, []).append(state)
    for org_id in wish.org_ids:
        mine = by_org.get(org_id, [])
        left = [state for state in mine if not state.standing.met]
        if not mine:
            found.strange.append(ctx.session.get_one(Org, org_id).name)
        elif not left:
            found.done.append(mine[0].org.name)
        elif all(state.standing is Standing.EXCUSED for state in left):
            found.already.append(mine[0].org.name)
        else:
            found.states.append(left[0])
    return found


def _tell(ctx: Context, texts: Mapping[int, str]) -> None:
    """Tell those who report for some orgs, outside quiet hours."""
    people = audience(ctx.session, ctx.campaign)
    at = release(ctx.campaign, ctx.now)
    drafts = [
        Draft(recipient(contact), Text(text), RULE, not_before=at)
        for org_id, text in texts.items()
        for contact in people.reporters(org_id)
        if contact.person_id != ctx.known.person.id
    ]
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)


def _list(ctx: Context) -> Reply:
    rows = ctx.session.execute(
        select(Excuse, Org.name, Person.name)
        .join(Org, Org.id == Excuse.org_id)
        .join(Person, Person.id == Excuse.made_by_id)
        .where(Excuse.ended_at.is_(None), Excuse.org_id.in_(ctx.scope(Role.ADMIN)))
        .order_by(Excuse.id)
    ).all()
    known = [(excuse, org, _named(ctx, excuse), by) for excuse, org, by in rows if excuse.duty in ctx.campaign.duties]
    how = wording.excuse_how(wording.filled(ctx.campaign, "{duty}", ""))
    return Reply(wording.excuses_list(ctx.campaign, known, how), outcome="shown")


def _named(ctx: Context, excuse: Excuse) -> str:
    duty = ctx.campaign.duties[excuse.duty]
    period = next((each for each in periods(ctx.campaign, duty) if each.key == excuse.period), None)
    return short_name(duty) + _days(ctx, excuse.duty, period)
