"""规则, 改规则, 恢复规则: when the rules of the clock speak, and other times for one; shown first, done with a code.

The next five dates are those of the plan itself, with the reason of each shift to a working day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.running.meanwhile import check_unchanged, seen
from handlers.running.moments import find_time, number, read_time, read_when
from handlers.running.naming import ALL_WORDS, fold, for_the_office, is_a_command, numbers, split_rule
from handlers.running.pausing import running_pause
from handlers.wording.running import Coming
from models import amendments
from models.campaign.amended import TIMINGS, Amendment, Kind, amend, retimed
from models.campaign.definition import Rule
from models.campaign.firings import Firing, filed, firings_of, plan
from models.campaign.periods import WEEKDAYS, localise
from models.campaign.workdays import legal_year
from models.errors import UserError
from models.messages import Reply
from models.people import Role
from models.quiet import held, release

SHOWN = 5  # dates of a preview
MOST_DAYS = 60  # before a deadline, as in the campaign file
MOST_TIMES = 10  # days that a rule may name before a deadline
_WEEKDAY = re.compile(r"(?:周|星期|礼拜)([一二三四五六日天])")
_COUNT, _UNIT = r"(?:\d+|[一二两三四五六七八九十]+)", r"(?:天|日|个?(?:周|星期))"
_AHEAD = re.compile(rf"(?:提前|到期前|截止前)((?:[\s、,，和及]*(?:{_COUNT}\s*{_UNIT}?|当[天日]))+)")
_BARE = re.compile(rf"((?:[\s、,，和及]*(?:{_COUNT}\s*{_UNIT}|当[天日]))+)")  # without 提前 each needs its unit
_EACH = re.compile(rf"({_COUNT})\s*({_UNIT})?|(当[天日])")


@route(
    "rules",
    words=("规则", "规则表", "提醒规则"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("规则", "规则 1"),
    help="规则：机器人什么时候发什么，哪些暂停、哪些改过",
    accepts=is_a_command,
)
def show_rules(ctx: Context, match: Match) -> Reply:
    """List the rules with their next dates and state; or one with its next five."""
    coming: dict[str, list[Firing]] = {}
    for firing in plan(ctx.campaign):
        if firing.scheduled_at > ctx.now:
            coming.setdefault(firing.rule_key, []).append(firing)
    if match.rest:
        key, _ = split_rule(ctx, match.rest)
        rule = ctx.campaign.rules[key]
        dates = [_coming(ctx, each) for each in coming.get(key, [])]
        number = numbers(ctx)[key]
        text = wording.one_rule(ctx.campaign, number, rule, _state(ctx, key), dates[:SHOWN], len(dates))
        return Reply(text, outcome="shown")
    nexts = {key: _leaves(ctx, found[0].scheduled_at) for key, found in coming.items()}
    lines = [
        (number, ctx.campaign.rules[key], nexts.get(key), _state(ctx, key)) for key, number in numbers(ctx).items()
    ]
    return Reply(wording.all_rules(ctx.campaign, lines), outcome="shown")


@route(
    "retime",
    words=("改规则", "修改规则"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("改规则 2 时间 10:12", "改规则 2 提前 5天,2天,当天"),
    help="改规则 规则 时间 10:12：改发的日子和时间",
    accepts=is_a_command,
)
def retime(ctx: Context, match: Match) -> Reply:
    """Show the next five dates of a rule with other times, and hand out the code."""
    for_the_office(ctx)
    if not match.rest:
        raise UserError("retime-what")
    key, change = split_rule(ctx, match.rest)
    rule = ctx.campaign.rules[key]
    timing = _timing(ctx, rule, change)
    if all(
        getattr(rule, name).model_dump() == TIMINGS[name].model_validate(value).model_dump()
        for name, value in timing.items()
    ):
        raise UserError("retime-same", name=rule.name, times=wording.rule_times(ctx.campaign, rule))
    return offer(ctx, "retime", _payload(rule, key, timing) | seen(ctx), "\n".join(_preview(ctx, key, timing)))


def do_retime(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Give a rule the times that were shown, when nobody has changed it since."""
    for_the_office(ctx)
    key, timing = payload["rule"], payload["timing"]
    check_unchanged(ctx, payload, [key], [Kind.RULE])
    rule = ctx.campaign.rules.get(key)
    if rule is None or rule.version != payload["version"]:
        raise UserError("clock-changed-meanwhile")
    value = {"over": filed(rule).version, "timing": timing}
    amendments.add(ctx.session, Kind.RULE, key, ctx.now, ctx.known.person.id, value=value)
    after = amend(ctx.campaign, Amendment(0, Kind.RULE, key, ctx.now, value=value)).rules[key]
    times = {"times": wording.rule_times(ctx.campaign, after)}
    action = "retime" if timing else "retime-back"
    ctx.audit(action, f"rule:{key}", before={"times": wording.rule_times(ctx.campaign, rule)}, after=times)
    coming = [each for each in _laid_out(ctx, key, after) if each.scheduled_at > ctx.now]
    next_at = _leaves(ctx, coming[0].scheduled_at) if coming else None
    lines = [wording.rule_changed(ctx.campaign, after, next_at, back=not timing)]
    if running_pause(ctx, key) is not None:
        lines.append(wording.still_paused(after.name))
    return Reply("\n".join(lines), outcome="changed")


@route(
    "retime-back",
    words=("恢复规则", "还原规则"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("恢复规则 2",),
    help="恢复规则 规则：改过的时间改回原来的",
    accepts=is_a_command,
)
def restore(ctx: Context, match: Match) -> Reply:
    """Show the next five dates of a rule as the campaign file has it, and hand out the code."""
    for_the_office(ctx)
    changed = [rule.name for rule in ctx.campaign.rules.values() if retimed(rule)]
    if not match.rest or fold(match.rest) in ALL_WORDS:
        return Reply(wording.changed_rules(changed), outcome="shown")
    key, _ = split_rule(ctx, match.rest)
    rule = ctx.campaign.rules[key]
    if not retimed(rule):
        raise UserError("not-retimed", name=rule.name)
    return offer(ctx, "retime", _payload(rule, key, None) | seen(ctx), "\n".join(_preview(ctx, key, None)))


def _payload(rule: Rule, key: str, timing: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"rule": key, "timing": timing, "version": rule.version}


def _preview(ctx: Context, key: str, timing: Mapping[str, Any] | None) -> list[str]:
    rule = ctx.campaign.rules[key]
    value = {"over": filed(rule).version, "timing": timing}
    after = amend(ctx.campaign, Amendment(0, Kind.RULE, key, ctx.now, value=value)).rules[key]
    found = [each for each in _laid_out(ctx, key, after) if each.scheduled_at > ctx.now]
    coming = [_coming(ctx, each) for each in found]
    before, now = wording.rule_times(ctx.campaign, rule), wording.rule_times(ctx.campaign, after)
    lines = [
        wording.retime_head(rule.name, before, now),
        *wording.retime_dates(ctx.campaign, coming[:SHOWN], len(coming)),
        *_warnings(ctx, found),
    ]
    if running_pause(ctx, key) is not None:
        lines.append(wording.still_paused(rule.name))
    return lines


def _laid_out(ctx: Context, key: str, rule: Rule) -> list[Firing]:
    changed = ctx.campaign.model_copy(update={"rules": {**ctx.campaign.rules, key: rule}})
    return firings_of(changed, key, rule)


def _warnings(ctx: Context, found: Sequence[Firing]) -> list[str]:
    """Say when quiet hours or the full hour hold a push back, and when it would come too late then."""
    if not found:
        return []
    at = found[0].scheduled_at
    leaves = release(ctx.campaign, at)
    if leaves == at:
        return []
    lines = [wording.held_back(ctx.campaign, leaves, quiet=held(ctx.campaign, at))]
    for firing in found:
        leaves = release(ctx.campaign, firing.scheduled_at)
        if firing.useful_until is not None and leaves > firing.useful_until:
            return [*lines, wording.never_in_time(ctx.campaign, leaves)]
    return lines


def _coming(ctx: Context, firing: Firing) -> Coming:
    why = "" if firing.day == firing.planned_on else _no_workday(ctx, firing.planned_on)
    ahead = None
    if firing.dues and firing.rule.before:  # days before a deadline, as planned; of several deadlines that of most orgs
        due_days = [ctx.campaign.local_day(due) for due in sorted(firing.dues)]
        found = [(due - day).days for due in due_days for day in (firing.planned_on, firing.day)]
        ahead = next((days for days in found if days in firing.rule.before.days), None)
        if ahead is not None and all(due - timedelta(days=ahead) != firing.planned_on for due in due_days):
            why = ""
    return Coming(_leaves(ctx, firing.scheduled_at), firing.day, firing.planned_on, why, ahead)


def _leaves(ctx: Context, at: datetime) -> datetime:
    """Return when a push leaves: on the full and the half hour a little later. At night it keeps its own time and day.

    A remark says when a night's push leaves.
    """
    return at if held(ctx.campaign, at) else release(ctx.campaign, at)


def _no_workday(ctx: Context, day: date) -> str:
    """Say why a day is no working day: 周六, 放假, 休息日."""
    if day in ctx.campaign.rest_days:
        return wording.rest_day()
    if day in legal_year(day.year).rest:
        return wording.holiday()
    return wording.weekday(day)


def _state(ctx: Context, key: str) -> tuple[str, ...]:
    rule = ctx.campaign.rules[key]
    paused = running_pause(ctx, key)
    states = [wording.paused_state(ctx.campaign, paused.end)] if paused else []
    if retimed(rule):
        states.append(wording.retimed_state())
    if rule.amended.outdated:
        states.append(wording.outdated_state())
    return tuple(states)


def _timing(ctx: Context, rule: Rule, change: str) -> dict[str, Any]:
    """Read other times for a rule as JSON. Raises UserError for what is missing, or does not fit the rule."""
    name = next(name for name in TIMINGS if getattr(rule, name) is not None)
    timing = getattr(rule, name)
    if name == "on":
        return {"on": {"at": _moment(ctx, rule, change).isoformat()}}
    found = find_time(change)
    rest = f"{change[: found.start()]} {change[found.end() :]}" if found else change
    update: dict[str, Any] = {}
    if found:
        try:
            update["at"] = f"{read_time(found):%H:%M}"
        except ValueError:
            raise UserError("no-such-moment", written=found[0].strip()) from None
    days, weekday = _days(rest), _WEEKDAY.findall(rest)
    if days is not None:
        _fits(ctx, rule, name, "before")
        update["days"] = days
    elif weekday:
        _fits(ctx, rule, name, "weekly")
        update["weekday"] = WEEKDAYS["一二三四五六日".index(weekday[-1].replace("天", "日"))]
    if not update:
        raise UserError(
            "retime-how", name=rule.name, times=wording.rule_times(ctx.campaign, rule), example=_example(ctx, rule)
        )
    if "weekday" in update and update["weekday"] != timing.weekday:
        update["first_on"] = None
    return {name: timing.model_dump(mode="json") | update}


def _days(text: str) -> list[int] | None:
    """Read days before a deadline: 提前 5天,2天,当天; None when nothing is said. Raises UserError for too many."""
    found = _AHEAD.search(text) or _BARE.search(text)
    if found is None:
        return None
    try:
        days = {
            0 if same else number(count) * (7 if unit and unit[-1] in "周期" else 1)
            for count, unit, same in _EACH.findall(found[1])
        }
    except ValueError:
        raise UserError("no-such-moment", written=found[1].strip()) from None
    if max(days) > MOST_DAYS or len(days) > MOST_TIMES:
        raise UserError("retime-days", most=MOST_DAYS, times=MOST_TIMES)
    return sorted(days, reverse=True)


def _moment(ctx: Context, rule: Rule, change: str) -> datetime:
    """Read another moment for a rule that fires once. Raises UserError when it could not fire then."""
    assert rule.on is not None
    now = localise(ctx.campaign, rule.on.at)
    when = read_when(change, ctx.today)
    if when.wrong:
        raise UserError("no-such-moment", written=when.wrong)
    if when.day is None and when.at is None:
        times = wording.rule_times(ctx.campaign, rule)
        raise UserError("retime-how", name=rule.name, times=times, example=_example(ctx, rule))
    moment = datetime.combine(when.day or now.date(), when.at or now.time(), tzinfo=ctx.campaign.tz)
    last = ctx.campaign.closes_on if rule.closing else ctx.campaign.last_day
    if moment <= ctx.now:
        raise UserError("retime-into-the-past", moment=wording.moment_words(ctx.campaign, moment))
    if moment.date() > last:
        raise UserError("retime-too-far", name=rule.name, day=wording.day_words(last))
    return moment


def _fits(ctx: Context, rule: Rule, name: str, wanted: str) -> None:
    if name != wanted:
        times = wording.rule_times(ctx.campaign, rule)
        raise UserError("retime-does-not-fit", name=rule.name, times=times, example=_example(ctx, rule))


def _example(ctx: Context, rule: Rule) -> str:
    number = next(n for key, n in numbers(ctx).items() if ctx.campaign.rules[key] == rule)
    return wording.retime_example(number, rule)
