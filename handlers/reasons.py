"""为什么催我: the reminders that the sender got, the rule behind each, what is missing now, and how it ends.

All of it comes from what is stored: the notices with their rule and what they asked for, and the campaign file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, route
from models.campaign.definition import Cycle, RuleKind
from models.campaign.periods import periods
from models.duties import DutyState, states
from models.messages import Reply
from models.outbox import Notice, Status
from models.people import Org
from models.reminder_words import LIAISON
from models.reminding import SNOOZE

SHOWN = 2  # reminders that are explained; older ones are of the same rules
ITEMS = 6  # things of one reminder that are explained
LISTED = 3  # duties still owed that are named


@route(
    "why",
    words=(
        "为什么催我",
        "为什么提醒我",
        "为啥催我",
        "为啥提醒我",
        "怎么又催",
        "怎么又催我",
        "为什么又催我",
        "为什么总催我",
        "催我干什么",
        "催我干嘛",
        "凭什么催我",
        "为什么催我?",
        "怎么又催我?",
        "为啥催我?",
    ),
    roles=EVERYBODY,
    examples=("为什么催我",),
    help="为什么催我：提醒的来由",
)
def show_reasons(ctx: Context, match: Match) -> Reply:
    """Explain the newest reminders to the sender."""
    owed = _owed(ctx)
    sent = _reminders(ctx)
    if not sent:
        own = ctx.known.orgs()
        lines = [wording.reason_none("、".join(org.name for org in own))]
    else:
        lines = [wording.reason_head(len(sent)), *(_explain(ctx, notice) for notice in sent)]
    return Reply("\n".join([*lines, *_now(ctx, owed)]), outcome="shown")


def _reminders(ctx: Context) -> list[Notice]:
    """Return the newest reminders that have left for the sender, the newest first, one of each rule."""
    rules = [key for key, rule in ctx.campaign.rules.items() if rule.kind is RuleKind.REMIND]
    query = (
        select(Notice)
        .where(Notice.person_id == ctx.known.person.id, Notice.rule.in_([*rules, SNOOZE]), Notice.status == Status.SENT)
        .order_by(Notice.id.desc())
        .limit(20)
    )
    newest: dict[str, Notice] = {}
    for notice in ctx.session.scalars(query):
        newest.setdefault(notice.rule, notice)
    return list(newest.values())[:SHOWN]


def _explain(ctx: Context, notice: Notice) -> str:
    rule = ctx.campaign.rules.get(notice.rule)
    at = wording.moment_words(ctx.campaign, notice.settled_at or notice.created_at)
    items = list(_items(ctx, notice))
    if rule is None:
        return wording.reason_block(at, wording.reason_snoozed(), "", "", items)
    return wording.reason_block(at, rule.name, wording.rule_times(ctx.campaign, rule), rule.source, items)


def _items(ctx: Context, notice: Notice) -> Iterable[str]:
    for about in notice.abouts[:ITEMS]:
        duty = ctx.campaign.duties.get(about["duty"])
        if duty is None:
            continue
        every = states(ctx.session, ctx.campaign, ctx.now, org_ids=[about["org_id"]], duties=[about["duty"]])
        state = next((each for each in every if each.period.key == about["period"]), None)
        period = next((each for each in periods(ctx.campaign, duty) if each.key == about["period"]), None)
        week = wording.week_words(period.start, period.end) if period and duty.cycle is Cycle.WEEKLY else ""
        rung = about.get("rung", "")
        whose = ctx.session.get_one(Org, about["org_id"]).name if rung not in ("", LIAISON) else ""
        name = wording.reason_for(whose, duty.name + week, rung)
        yield wording.reason_item(name, wording.standing_words(ctx.campaign, state))
    if len(notice.abouts) > ITEMS:
        yield wording.reason_more(len(notice.abouts) - ITEMS)


def _owed(ctx: Context) -> list[DutyState]:
    own = [org.id for org in ctx.own_orgs() or ctx.known.orgs()]
    every = states(ctx.session, ctx.campaign, ctx.now, org_ids=own)
    return sorted((state for state in every if state.standing.open), key=lambda state: state.due_at)


def _now(ctx: Context, owed: Sequence[DutyState]) -> list[str]:
    if not owed:
        return [wording.reason_all_done()]
    lines = wording.reason_owed(
        [wording.owed_words(ctx.campaign, state) for state in owed[:LISTED]], max(0, len(owed) - LISTED)
    )
    return [*lines, wording.reason_end(wording.how_to_meet(ctx.campaign, owed[0]))] if ctx.own_orgs() else lines
