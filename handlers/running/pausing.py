"""暂停 and 恢复: rules of the clock fall silent for a while; shown first, done with a one-time code.

What is due meanwhile is recorded as skipped and not made up for. Answers to people are never paused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.names import orgs_called
from handlers.running.meanwhile import check_unchanged, seen
from handlers.running.moments import When, read_when
from handlers.running.naming import find_rules, for_the_office, is_a_command
from handlers.targets import find_kind
from models import amendments
from models.campaign.amended import EVERYTHING, PAUSABLE, Amendment, Kind, amend
from models.campaign.definition import Campaign, Pause
from models.campaign.firings import Firing, plan
from models.errors import UserError
from models.messages import Reply
from models.outbox import Notice, Status
from models.people import Role
from models.reminding import SNOOZE, silent_duties


@route(
    "pause",
    words=("暂停",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("暂停 全部", "暂停 提醒", "暂停 {duty}"),
    help="暂停 规则或全部 [到 日期]：先停发提醒、名单、排名",
    accepts=is_a_command,
)
def pause(ctx: Context, match: Match) -> Reply:
    """Show what will not be sent, and hand out the code."""
    for_the_office(ctx)
    if not match.rest:
        return Reply(wording.pauses(ctx.campaign, _paused_now(ctx)), outcome="shown")
    when = read_when(match.rest, ctx.today)
    if when.wrong:
        raise UserError("no-such-moment", written=when.wrong)
    if not when.head:
        raise UserError("pause-what")
    subjects = _rules(ctx, when.head)
    until = _until(ctx, when)
    running = [running_pause(ctx, key) for key in _keys(ctx.campaign, subjects)]
    if all(each is not None and each.end == until for each in running):
        back = wording.resume_example(ctx.campaign.rules[key].name if (key := subjects[0]) != EVERYTHING else "")
        ends = wording.pause_until(ctx.campaign, until)
        raise UserError("already-paused", name=_name(ctx, subjects), until=ends, example=back)
    payload = {"subjects": list(subjects), "until": until.isoformat() if until else None} | seen(ctx)
    return offer(ctx, "pause", payload, "\n".join(_preview(ctx, subjects, until)))


def _rules(ctx: Context, head: str) -> tuple[str, ...]:
    """Return the rules that are meant. Raises UserError; an org among the words is told what there is for it."""
    try:
        return find_rules(ctx, head)
    except UserError as error:
        scope = ctx.scope(Role.ADMIN)
        if error.code == "no-such-rule" and any(_is_org(ctx, word, scope) for word in head.split()):
            raise UserError("pause-not-for-one") from None
        raise


def _is_org(ctx: Context, word: str, scope: set[int]) -> bool:
    return bool(orgs_called(ctx.session, word)) or find_kind(ctx, word, scope) is not None


def do_pause(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Pause what was shown."""
    for_the_office(ctx)
    subjects = _still_there(ctx, payload)
    until = datetime.fromisoformat(payload["until"]) if payload["until"] else None
    if until is not None and until <= ctx.now:
        raise UserError("clock-changed-meanwhile")
    for subject in subjects:
        value = {"until": payload["until"]} if until else {}
        amendments.add(ctx.session, Kind.PAUSE, subject, ctx.now, ctx.known.person.id, value=value)
        ctx.audit("pause", f"rule:{subject}", after={"until": payload["until"]} if until else {})
    name = _name(ctx, subjects)
    return Reply(wording.paused(name, wording.pause_until(ctx.campaign, until)), outcome="paused")


@route(
    "resume",
    words=("恢复", "取消暂停", "解除暂停"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("恢复 全部", "恢复 提醒"),
    help="恢复 规则或全部：暂停的接着发，停的不补发",
    accepts=is_a_command,
)
def resume(ctx: Context, match: Match) -> Reply:
    """Show what goes on and when it speaks next, and hand out the code."""
    for_the_office(ctx)
    now_paused = _paused_now(ctx)
    if not match.rest or not now_paused:
        return Reply(wording.pauses(ctx.campaign, now_paused), outcome="shown")
    subjects = _paused_of(ctx, find_rules(ctx, match.rest))
    keys = [key for key in _keys(ctx.campaign, subjects) if running_pause(ctx, key)]
    payload = {"subjects": list(subjects)} | seen(ctx)
    coming = [f for f in plan(ctx.campaign) if f.rule_key in keys and f.scheduled_at > ctx.now]
    skipped = sum(_in_pause(ctx, firing) for firing in plan(ctx.campaign) if firing.rule_key in keys)
    shown = wording.rules_resume_preview(ctx.campaign, _name(ctx, subjects), _shown(coming), skipped)
    return offer(ctx, "resume", payload, "\n".join(shown))


def do_resume(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Take up again what was shown, as far as it is still paused."""
    for_the_office(ctx)
    subjects = _still_there(ctx, payload)
    paused_keys = [key for key in _keys(ctx.campaign, subjects) if running_pause(ctx, key)]
    if not paused_keys:
        raise UserError("not-paused", name=_name(ctx, subjects))
    for subject in subjects:
        amendments.add(ctx.session, Kind.RESUME, subject, ctx.now, ctx.known.person.id)
        ctx.audit("resume", f"rule:{subject}")
    return Reply(wording.rules_resumed(_name(ctx, subjects)), outcome="resumed")


def _until(ctx: Context, when: When) -> datetime | None:
    """Return when a pause ends: that day included, or at that time; None without. Raises UserError for the past."""
    if when.length is not None:
        return ctx.now + when.length
    if when.day is None and when.at is None:
        return None
    day = when.day or ctx.today
    if when.at is None:
        until = datetime.combine(day + timedelta(days=1), time(0), tzinfo=ctx.campaign.tz)
    else:
        until = datetime.combine(day, when.at, tzinfo=ctx.campaign.tz)
    if until <= ctx.now:
        raise UserError("pause-into-the-past", moment=wording.pause_until(ctx.campaign, until))
    return until


def _paused_of(ctx: Context, subjects: Sequence[str]) -> tuple[str, ...]:
    """Return what of some rules is paused; all is more than what a pause of all covers. Raises UserError for none."""
    wanted = list(ctx.campaign.rules) if EVERYTHING in subjects else subjects
    paused = [key for key in wanted if running_pause(ctx, key)]
    if not paused:
        raise UserError("not-paused", name=_name(ctx, subjects))
    covered = _keys(ctx.campaign, [EVERYTHING])
    if EVERYTHING in subjects and set(covered) <= set(paused):
        return (EVERYTHING, *(key for key in paused if key not in covered))
    return tuple(paused)


def _keys(campaign: Campaign, subjects: Sequence[str]) -> list[str]:
    """Return the keys of rules; EVERYTHING stands for all that a pause of all covers."""
    everything = EVERYTHING in subjects
    return [k for k, rule in campaign.rules.items() if k in subjects or (everything and rule.kind in PAUSABLE)]


def running_pause(ctx: Context, key: str) -> Pause | None:
    """Return the pause in which a rule is now, or None."""
    pauses = ctx.campaign.rules[key].amended.pauses
    return next((each for each in pauses if each.end is None or each.start <= ctx.now < each.end), None)


def _paused_now(ctx: Context) -> list[tuple[str, datetime | None]]:
    """List (name, end) of the rules that are paused now, in the order of the file; one without name for all of them."""
    found = {key: running_pause(ctx, key) for key in ctx.campaign.rules}
    every = _keys(ctx.campaign, [EVERYTHING])
    ends = {each.end for key in every if (each := found[key])}
    whole = len(ends) == 1 and all(found[key] for key in every)
    paused = [("", ends.pop())] if whole else []
    return paused + [
        (ctx.campaign.rules[key].name, each.end)
        for key, each in found.items()
        if each is not None and not (whole and key in every)
    ]


def _in_pause(ctx: Context, firing: Firing) -> bool:
    """Tell whether a firing of the past fell into the pause in which its rule is now."""
    running = running_pause(ctx, firing.rule_key)
    return running is not None and running.start <= firing.scheduled_at <= ctx.now


def _still_there(ctx: Context, payload: Mapping[str, Any]) -> list[str]:
    """Return the rules that were shown. Raises UserError("clock-changed-meanwhile") when it is not as it was."""
    check_unchanged(ctx, payload, payload["subjects"], [Kind.PAUSE, Kind.RESUME])
    found = [each for each in payload["subjects"] if each == EVERYTHING or each in ctx.campaign.rules]
    if not found:
        raise UserError("clock-changed-meanwhile")
    return found


def _name(ctx: Context, subjects: Sequence[str]) -> str:
    names = [ctx.campaign.rules[key].name for key in subjects if key != EVERYTHING]
    return wording.rules_named(names, everything=EVERYTHING in subjects)


def _preview(ctx: Context, subjects: Sequence[str], until: datetime | None) -> list[str]:
    keys = _keys(ctx.campaign, subjects)
    after = ctx.campaign
    value = {"until": until.isoformat()} if until else {}
    for subject in subjects:
        after = amend(after, Amendment(0, Kind.PAUSE, subject, ctx.now, value=value))
    silent = [
        f
        for f in plan(after)
        if f.rule_key in keys and f.scheduled_at > ctx.now and f.rule.amended.paused(f.scheduled_at, f.scheduled_at)
    ]
    waiting = ctx.session.scalar(
        select(func.count(Notice.id)).where(Notice.rule.in_(keys), Notice.status == Status.WAITING)
    )
    held = ctx.session.scalars(select(Notice).where(Notice.rule == SNOOZE, Notice.status == Status.WAITING))
    put_off = sum({i["duty"] for i in each.abouts} <= silent_duties(after, each.not_before) for each in held)
    ends = wording.pause_until(ctx.campaign, until)
    return wording.pause_preview(ctx.campaign, _name(ctx, subjects), ends, _shown(silent), waiting or 0, put_off)


def _shown(found: Sequence[Firing]) -> list[tuple[datetime, str]]:
    return [(each.scheduled_at, each.rule.name) for each in found]
