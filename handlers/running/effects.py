"""What a deadline elsewhere changes: who is concerned, who is overdue no more, which reminders and lists move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers import wording
from handlers.base import Context
from handlers.running.deadlines import Meant, states_of
from models.campaign.amended import Amendment, Kind, amend
from models.campaign.definition import Campaign, RuleKind
from models.campaign.firings import Firing, duty_of, plan
from models.duties import Standing


def preview(ctx: Context, meant: Meant, due: datetime | None) -> list[str]:
    """Say for whom a deadline moves, how they stand then, and what goes when. due: None for taking it back."""
    after = ctx.campaign
    for org_id in meant.org_ids:
        value = {"due": due.isoformat()} if due else {}
        after = amend(after, Amendment(0, Kind.EXTEND, meant.key, ctx.now, meant.period.key, org_id, value))
    stood = {state.org.id: state for state in states_of(ctx, ctx.campaign, meant.key, meant.period)}
    moved = [
        (stood[new.org.id], new)
        for new in states_of(ctx, after, meant.key, meant.period)
        if new.org.id in stood and new.due_at != stood[new.org.id].due_at
    ]
    names = [new.org.name for _, new in moved]
    old = meant.stands_at(ctx.campaign)
    new_due = due or meant.back(ctx.campaign)
    lines = [
        wording.extension_head(
            ctx.campaign, meant.duty, meant.period, old, new_due, meant.target.name if meant.target else "", names
        ),
        *wording.extension_counts(
            still=sum(new.standing.open or new.standing is Standing.AHEAD for _, new in moved),
            excused=sum(new.standing is Standing.EXCUSED for _, new in moved),
            no_longer=sum(o.standing is Standing.OVERDUE and n.standing is Standing.OWED for o, n in moved),
            in_time=sum(o.standing is Standing.DONE_LATE and n.standing is Standing.DONE for o, n in moved),
            overdue=sum(o.standing is not Standing.OVERDUE and n.standing is Standing.OVERDUE for o, n in moved),
            late=sum(o.standing is Standing.DONE and n.standing is Standing.DONE_LATE for o, n in moved),
        ),
        *_moves(ctx, meant, after, new_due),
    ]
    if any(f.rule.amended.paused(f.scheduled_at, f.scheduled_at) for f in _coming(ctx, meant, after)):
        lines.append(wording.extension_paused())
    if due is not None:
        lines += wording.extension_notes(ctx.campaign, meant.duty, new_due)
        told = wording.extension_told(ctx.campaign, meant.duty, meant.period, new_due)
        name = meant.target.name if meant.target else wording.everybody()
        lines.append(wording.extension_tell(f"通知 {name} {told}"))
    return lines


def _moves(ctx: Context, meant: Meant, after: Campaign, due: datetime) -> list[str]:
    """Say which reminders, chases and lists go when."""
    coming = _coming(ctx, meant, after)
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


def _coming(ctx: Context, meant: Meant, after: Campaign) -> list[Firing]:
    return [f for f in plan(after) if f.scheduled_at > ctx.now and duty_of(f.rule) == meant.key]


def _at(found: Sequence[Firing]) -> list[datetime]:
    return sorted({each.scheduled_at for each in found})
