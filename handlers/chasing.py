"""催报: an admin reminds those who still owe something, and only of that; shown first, sent with a one-time code.

Who was reminded today already, has had his fill for the day, or cannot be reached is left out and named. The reminder
itself is the clock's own (models/reminding.py): what is answered while it waits is not sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.grouping import Headings, current
from handlers.status import chased_notes
from handlers.targets import asked, with_below
from models import outbox
from models.audience import Audience, audience
from models.duties import DutyState, Standing
from models.errors import UserError
from models.inbox import Inbox
from models.messages import About, Draft, Reply
from models.outbox import Notice
from models.people import Person, Role
from models.quiet import release
from models.reminding import (
    ADMINS_CHASES,
    CHASE,
    URGENT,
    Ask,
    Reminded,
    about,
    at_the_cap,
    one_chase_at_a_time,
    reminded_today,
    write,
)

AGAIN = ("再催", "再催一次", "仍催", "重催")  # words that also chase who was reminded today
HURRY = ("加急", "紧急", "急催")  # words that pass the cap of the day and quiet hours
NEAR = timedelta(hours=24)  # what is due within may be chased so, and what is overdue (decided by us 2026-11-24)


@dataclass
class Plan:
    """What a chase would do."""

    at: datetime  # when the notices leave
    missing: list[DutyState] = field(default_factory=list)  # all that is owed
    chased: list[DutyState] = field(default_factory=list)  # what is asked for
    drafts: list[Draft] = field(default_factory=list)
    reminded: list[DutyState] = field(default_factory=list)  # left out: reminded today
    full: list[str] = field(default_factory=list)  # left out: orgs whose people have had their fill today
    unreachable: list[str] = field(default_factory=list)  # left out: orgs that nobody has joined
    earlier: list[Reminded] = field(default_factory=list)  # what they were reminded by
    urgent: bool = False  # past the cap and quiet hours
    early: list[str] = field(default_factory=list)  # left out of an urgent one: names of what is due later


@route(
    "chase",
    words=("催报", "催办", "催一下"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("催报 {duty}", "催报 {duty} {org}", "催报 {duty} 加急"),
    help="催报 任务：只提醒还没报的，先预览再凭确认码发",
)
def chase(ctx: Context, match: Match) -> Reply:
    """Show whom a chase would reach and with which words, and hand out the code that sends it."""
    if ctx.today > ctx.campaign.closes_on:
        day = wording.day_words(ctx.campaign.closes_on)
        raise UserError("chase-closed", name=ctx.campaign.short_name, day=day)
    if ctx.today < ctx.campaign.first_day:
        return Reply(wording.nothing_due_yet(ctx.campaign), outcome="shown")
    words = match.rest.split()
    urgent = any(word in HURRY for word in words)
    again = urgent or any(word in AGAIN for word in words)
    words = [word for word in words if word not in (*AGAIN, *HURRY)]
    scope = ctx.scope(Role.ADMIN)
    wanted = asked(ctx, " ".join(words), scope)
    orgs = scope if wanted.target is None else with_below(ctx, wanted.target, scope)
    duties = current(ctx.session, ctx.campaign, ctx.now, orgs, wanted.duties)
    found = [state for _, states in duties for state in states]
    plan = _plan(ctx, [state for state in found if state.asked], again=again, urgent=urgent)
    command = " ".join(["催报", *words])
    if not found:
        return Reply(wording.nothing_owed(), outcome="shown")
    if not plan.missing:
        excused = [state for state in found if state.standing is Standing.EXCUSED]
        names = list(dict.fromkeys(duty.name for duty, _ in duties))
        met = any(state.standing.met for state in found)
        return Reply(wording.nobody_to_chase(names, _orgs(excused), met=met), outcome="shown")
    if not plan.drafts:
        return Reply("\n".join([wording.chase_nobody(), *_left_out(ctx, plan, command)]), outcome="shown")
    payload = {
        "abouts": [[state.key, state.org.id, state.period.key] for state in plan.chased],
        "persons": [draft.recipient.person_id for draft in plan.drafts],
        "after": ctx.session.scalar(select(func.max(Notice.id))) or 0,
        "again": again,
        "urgent": urgent,
    }
    return offer(ctx, "chase", payload, "\n".join(_preview(ctx, plan, command)))


def do_chase(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Send the chase that was shown, without what was answered or chased by somebody else since."""
    one_chase_at_a_time(ctx.session)
    abouts = {About(*each) for each in payload["abouts"]}
    scope = ctx.scope(Role.ADMIN)
    orgs = {each.org_id for each in abouts} & scope
    keys = [key for key in ctx.campaign.duties if any(each.duty == key for each in abouts)]
    duties = current(ctx.session, ctx.campaign, ctx.now, orgs, keys)
    known = [state for _, states in duties for state in states if about(state) in abouts]
    open_ = [state for state in known if state.asked]
    plan = _plan(ctx, open_, again=payload["again"], urgent=payload["urgent"], after=payload["after"])
    persons = set(payload["persons"])
    drafts = [draft for draft in plan.drafts if draft.recipient.person_id in persons]
    answered = [state.org.name for state in known if not state.standing.open]
    notes = wording.chase_changes(list(dict.fromkeys(answered)), _orgs(plan.reminded), _by_whom(ctx, plan))
    if not drafts:
        return Reply("\n".join([wording.chase_not_sent(), *notes]), outcome="refused")
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    after = {"people": len(drafts), "orgs": len({each.org_id for draft in drafts for each in draft.abouts})}
    subject = f"duty:{keys[0]}" if len(keys) == 1 else "duties"
    ctx.audit("chase-urgent" if plan.urgent else "chase", subject, _top(ctx), after=after)
    done = wording.chase_sent(len(drafts), after["orgs"], _when(ctx, plan.at), urgent=plan.urgent)
    return Reply("\n".join([done, *notes, wording.sending_hint()]), outcome="chased")


def _top(ctx: Context) -> int:
    """Return the org in whose name the admin acts."""
    return ctx.known.orgs(Role.ADMIN)[0].id


def _plan(ctx: Context, missing: Sequence[DutyState], *, again: bool, urgent: bool, after: int | None = None) -> Plan:
    """Work out who is asked for what.

    urgent: at once, whatever the hour and however many reminders a person had today; of these one a day is enough.
    after: the last notice when the chase was shown; what was reminded since is left out even when `again` was said.
    """
    plan = Plan(ctx.now if urgent else release(ctx.campaign, ctx.now), list(missing), urgent=urgent)
    people = audience(ctx.session, ctx.campaign, at=plan.at)
    plan.earlier = reminded_today(ctx.session, ctx.campaign, ctx.now)
    counted = [r for r in plan.earlier if not again or (after is not None and r.notice_id > after)]
    seen = {item for each in counted for item in each.abouts}
    full = at_the_cap(ctx.campaign, plan.earlier)
    if urgent:
        full = {each.person_id for each in plan.earlier if each.rule == URGENT}
    for state in missing:
        reporters = people.reporters(state.org.id)
        if not reporters:
            plan.unreachable.append(state.org.name)
        elif urgent and state.due_at > ctx.now + NEAR:
            plan.early.append(state.duty.name)
        elif about(state) in seen:
            plan.reminded.append(state)
        elif all(contact.person_id in full for contact in reporters):
            plan.full.append(state.org.name)
        else:
            plan.chased.append(state)
    plan.drafts = _drafts(ctx, plan, people, full)
    return plan


def _drafts(ctx: Context, plan: Plan, people: Audience, full: Collection[int | None]) -> list[Draft]:
    late = [replace(state, standing=Standing.OVERDUE) if state.due_at <= plan.at else state for state in plan.chased]
    drafts = write(
        ctx.campaign, [Ask(URGENT if plan.urgent else CHASE, None, state) for state in late], people, plan.at
    )
    return [draft for draft in drafts if draft.recipient.person_id not in full]


def _preview(ctx: Context, plan: Plan, command: str) -> list[str]:
    headings = Headings(ctx.session, ctx.campaign)
    names: dict[str, dict[str, None]] = {}
    for state in plan.chased:
        names.setdefault(headings.of(state.org.id), {})[state.org.name] = None
    texts = Counter(wording.text_of(draft.content) for draft in plan.drafts)
    notes = chased_notes(ctx, plan.chased)
    lines = [
        wording.chase_head(len(plan.drafts), len(_orgs(plan.chased))),
        *wording.chase_names([(group, list(found)) for group, found in names.items()]),
        *wording.chase_text(texts.most_common(1)[0][0], len(texts)),
        *wording.chased_lines([(state.org.name, notes.get(about(state), "")) for state in plan.chased]),
        *_left_out(ctx, plan, command),
    ]
    if plan.urgent:
        return [*lines, wording.chase_urgent(ctx.campaign)]
    return [*lines, _when(ctx, plan.at)] if plan.at > ctx.now else lines


def _left_out(ctx: Context, plan: Plan, command: str) -> list[str]:
    again = f"{command} {AGAIN[0]}"
    full, unreachable = list(dict.fromkeys(plan.full)), list(dict.fromkeys(plan.unreachable))
    lines = wording.chase_left_out(_orgs(plan.reminded), full, unreachable, ctx.campaign, again, urgent=plan.urgent)
    return [*lines, *wording.chase_not_urgent(plan.early)]


def _orgs(states: Sequence[DutyState]) -> list[str]:
    return list(dict.fromkeys(state.org.name for state in states))


def _when(ctx: Context, at: datetime) -> str:
    return wording.leaves_at(ctx.campaign, at, ctx.now)


def _by_whom(ctx: Context, plan: Plan) -> tuple[str, int]:
    """Return who chased what is left out, and how many minutes ago: empty when it was the clock."""
    wanted = {about(state) for state in plan.reminded}
    last = [each for each in plan.earlier if each.rule in ADMINS_CHASES and each.abouts & wanted]
    if not last:
        return "", 0
    name = ctx.session.scalar(
        select(Person.name)
        .join(Inbox, Inbox.person_id == Person.id)
        .join(Notice, Notice.inbox_id == Inbox.id)
        .where(Notice.id == last[-1].notice_id)
    )
    return name or "", int((ctx.now - last[-1].at).total_seconds() // 60)
