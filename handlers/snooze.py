"""明天上午再提醒: a person puts a reminder off; 取消推迟 takes it back.

One reminder comes then, with what is still owed then. Limits (decided by us 2026-11-24): never past a deadline, at most
3 working days, twice for a duty and period, not into quiet hours; what was changed about the wish is said. A pause of
the rules holds for it too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers import wording
from handlers.ahead import PARTS, find_moment
from handlers.base import REPORTERS, Context, Match, route
from handlers.reading.values import Verdict
from models import outbox, snooze
from models.campaign.periods import clock_time
from models.campaign.workdays import Workdays
from models.duties import DutyState, states
from models.errors import UserError
from models.messages import About, Draft, Recipient, Reply
from models.phrases import short_name
from models.quiet import release
from models.reminder_words import Item, compose
from models.reminding import OVERDUE_LIFE, SNOOZE, about, silent_duties
from models.session import wake_later
from models.withdrawn import REPLACED, UNDONE

LONGEST = 30  # characters of a message that may put a reminder off
MOST = 2  # times for a duty and period
MOST_DAYS = 3  # working days
BEFORE_DEADLINE = timedelta(hours=2)  # the last sensible moment: time to act is left
SOONEST = timedelta(minutes=10)
_VERB = re.compile(r"提醒|催|叫我|推迟|延后")
_SAID_OUTRIGHT = re.compile(r"^(?:推迟|延后)提醒(?=$|[\s:,到至一二两三四五六七八九十\d])")
_NO_MOMENT = re.compile(r"(?:[\d一二三四五六七八九十]+[月日号点时分:]\d*)+[日号]?(?:[上下]午)?|周末")  # 25点, 5月32日
_PUT_OFF = re.compile(r"再?(?:来?提醒|来?催|叫|推迟|延后)(?:到|至)?")
_FILLER = re.compile(
    r"好的?|谢谢您?你?|辛苦了?|别忘了?|记得|收到|知道了?|明白|请|麻烦|你们?|您|机器人|咱|我|在|再|就|来|吧|哈|呢|啊|行|可以|一次|一下|的?时候|帮|到时|先|这个|"
    r"报送|填报|的|[,，。.!！~、\s]"
)


def is_snooze(ctx: Context, match: Match) -> bool:
    """Tell whether a text does nothing but put a reminder off: 明天上午再提醒, 过2小时再提醒; not 明天报, 不要提醒."""
    text = match.text
    if ctx.sender is None or len(text) > LONGEST or "\n" in text or not _VERB.search(text):
        return False
    if _SAID_OUTRIGHT.match(text) and ctx.reader.read(text, ctx.today).verdict is not Verdict.REPORT:
        return True
    found = find_moment(text, ctx.now, ctx.campaign.tz)
    rest = found.rest if found else _NO_MOMENT.sub("", text)
    if _FILLER.sub("", _PUT_OFF.sub("", rest)):
        return False
    return found is not None or rest != text or bool(re.search(r"再提醒|提醒我|推迟|延后", text))


@route(
    "snooze",
    roles=REPORTERS,
    examples=("明天上午再提醒", "过2小时再提醒", "周三提醒"),
    help="推迟提醒：回“明天上午再提醒”等；照旧回“取消推迟”",
    accepts=is_snooze,
)
def put_off(ctx: Context, match: Match) -> Reply:
    """Put off what the last reminders asked for, or all that is owed, to one reminder at the moment that is wished."""
    wished = find_moment(match.text, ctx.now, ctx.campaign.tz)
    if wished is None:
        raise UserError("snooze-when")
    if ctx.now < wished.at < ctx.now + SOONEST:
        raise UserError("snooze-soon", minutes=SOONEST // timedelta(minutes=1))
    if wished.at <= ctx.now:
        raise UserError("snooze-over", moment=wording.moment_words(ctx.campaign, wished.at))
    owed = _owed(ctx)
    if not owed:
        return Reply(wording.nothing_to_snooze(), outcome="shown")
    old = snooze.pending(ctx.session, [ctx.known.person.id], ctx.now).get(ctx.known.person.id)
    used = snooze.uses(ctx.session, {state.org.id for state in owed})
    spent = [_name(state) for state in owed if used[about(state)] >= MOST]
    left = [state for state in owed if used[about(state)] < MOST]
    if not left:
        raise UserError("snooze-used-up", names=wording.few_names(spent), most=MOST)
    at, notes = _moment(ctx, wished.at, left)
    muted = silent_duties(ctx.campaign, at)
    paused = [_name(state) for state in left if state.key in muted]
    left = [state for state in left if state.key not in muted]
    if not left:
        raise UserError("snooze-paused", names=wording.few_names(paused), moment=wording.moment_words(ctx.campaign, at))
    notes += [wording.snooze_paused(paused)] if paused else []
    notes += [wording.snooze_used_up(spent, MOST)] if spent else []
    if old is not None and old.not_before == at:
        return Reply(wording.snoozed_already(ctx.campaign, at), outcome="repeat")
    if old is not None:
        snooze.cancel(old, REPLACED, ctx.now)
        notes.append(wording.snooze_replaces(ctx.campaign, old.not_before))
    outbox.add(ctx.session, [_draft(ctx, left, at, old)], ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    ctx.audit("snooze", "notices", left[0].org.id, after={"put_off": at.isoformat()})
    names = list(dict.fromkeys(map(_name, left)))
    return Reply(wording.snoozed(ctx.campaign, at, names, notes), outcome="snoozed")


def _owed(ctx: Context) -> list[DutyState]:
    """List what the last reminders asked the sender for and is still owed; without any, all that his orgs owe now."""
    scope = ctx.scope(*REPORTERS)
    asked = [item for item in snooze.last_asked(ctx.session, ctx.campaign, ctx.known.person.id) if item.org_id in scope]
    orgs = {item.org_id for item in asked} | {org.id for org in ctx.own_orgs()}
    found = [state for state in states(ctx.session, ctx.campaign, ctx.now, org_ids=orgs) if state.asked]
    wanted = set(asked)
    every = sorted(found, key=lambda state: state.due_at)
    return [state for state in every if about(state) in wanted] or every


def _name(state: DutyState) -> str:
    return short_name(state.duty)


def _moment(ctx: Context, wished: datetime, owed: Sequence[DutyState]) -> tuple[datetime, list[str]]:
    """Return when the reminder may come, and what was changed about the wish. Raises UserError."""
    notes = []
    furthest = Workdays(ctx.campaign).add_workdays(ctx.today, MOST_DAYS)
    if ctx.campaign.local_day(wished) > furthest:
        wished = datetime.combine(furthest, PARTS["上午"], tzinfo=ctx.campaign.tz)
        notes.append(wording.snooze_at_most(MOST_DAYS))
    at = release(ctx.campaign, wished)
    if at - wished > timedelta(minutes=5):
        notes.append(wording.snooze_out_of_quiet(ctx.campaign))
    coming = [state for state in owed if state.due_at > ctx.now]
    first = min(coming, key=lambda state: state.due_at, default=None)
    if first is not None and at > first.due_at - BEFORE_DEADLINE:
        at = _latest(ctx, first.due_at)
        notes = [wording.snooze_before_deadline(ctx.campaign, _name(first), first.due_at)]
        if at < ctx.now + SOONEST:
            due = wording.moment_words(ctx.campaign, first.due_at)
            raise UserError("snooze-too-late", name=_name(first), moment=due)
    if ctx.campaign.local_day(at) > ctx.campaign.closes_on:
        day = wording.day_words(ctx.campaign.closes_on)
        raise UserError("snooze-after-close", name=ctx.campaign.short_name, day=day)
    return at, notes


def _latest(ctx: Context, due_at: datetime) -> datetime:
    """Return the last sensible moment before a deadline, outside quiet hours."""
    at = due_at - BEFORE_DEADLINE
    free = release(ctx.campaign, at)
    if free - at <= timedelta(minutes=5):
        return free
    local = at.astimezone(ctx.campaign.tz)
    evening = datetime.combine(local.date(), clock_time(ctx.campaign.quiet.start), tzinfo=ctx.campaign.tz)
    if evening > local:
        evening -= timedelta(days=1)
    return release(ctx.campaign, evening - timedelta(minutes=40))


def _draft(ctx: Context, owed: Sequence[DutyState], at: datetime, old: outbox.Notice | None) -> Draft:
    recipient = Recipient(ctx.inbound.channel, ctx.inbound.sender_ref, ctx.known.person.id, owed[0].org.id)
    content = compose(ctx.campaign, None, [Item(state) for state in owed], at)
    coming = [state.due_at for state in owed if state.due_at > at]
    abouts = [about(state) for state in owed]
    kept = [About(**item) for item in old.abouts] if old is not None else []
    abouts += [item for item in kept if item not in abouts]
    expires_at = max(coming, default=at + OVERDUE_LIFE)
    return Draft(recipient, content, SNOOZE, not_before=at, expires_at=expires_at, abouts=tuple(abouts))


@route(
    "snooze-undo",
    words=("取消推迟", "取消提醒推迟", "取消推迟提醒", "不推迟了", "不用推迟", "不用推迟了"),
    roles=REPORTERS,
    examples=("取消推迟",),
    unlisted="the answer to a wish says it",
)
def undo(ctx: Context, match: Match) -> Reply:
    """Take the wish back: reminders come as usual, and what was held back meanwhile comes now."""
    held = snooze.pending(ctx.session, [ctx.known.person.id], ctx.now).get(ctx.known.person.id)
    if held is None:
        raise UserError("snooze-none")
    ctx.audit("snooze-undo", "notices", held.org_id, before={"put_off": held.not_before.isoformat()})
    if snooze.holds_more(held) and not _silent(ctx, held, ctx.now):
        held.not_before = release(ctx.campaign, ctx.now)
        wake_later(ctx.session, {held.channel})
        return Reply(wording.snooze_released(ctx.campaign, held.not_before, ctx.now), outcome="snooze-undone")
    snooze.cancel(held, UNDONE, ctx.now)
    owed = [s for s in states(ctx.session, ctx.campaign, ctx.now, org_ids=[o.id for o in ctx.own_orgs()]) if s.asked]
    paused = _silent(ctx, held, ctx.now)
    answer = wording.snooze_undone(ctx.campaign, sorted(owed, key=lambda s: s.due_at), paused=paused)
    return Reply(answer, outcome="snooze-undone")


def snooze_lines(ctx: Context) -> list[str]:
    """Say in 我的 that the sender's reminders are put off."""
    held = snooze.pending(ctx.session, [ctx.known.person.id], ctx.now).get(ctx.known.person.id)
    if held is None:
        return []
    return [wording.snooze_line(ctx.campaign, held.not_before, paused=_silent(ctx, held, held.not_before))]


def _silent(ctx: Context, held: outbox.Notice, at: datetime) -> bool:
    """Tell whether a pause lets nothing of a put-off reminder go at a moment."""
    return {item["duty"] for item in held.abouts} <= silent_duties(ctx.campaign, at)
