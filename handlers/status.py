"""我的, 进度, 未报: what stands and what is missing. All read models.duties, so that they never disagree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, find_named, find_org, route
from models.campaign.definition import Cycle, Duty, IndicatorKind
from models.duties import DutyState, states
from models.errors import UserError
from models.ledger import facts, latest_readings, sums
from models.messages import Reply
from models.people import Org


@route("mine", words=("我的", "我的数据"), roles=EVERYBODY, examples=("我的",), help="我的：已报和还差什么")
def show_mine(ctx: Context, match: Match) -> Reply:
    """Show what the sender's orgs have reported and still owe."""
    return _mine(ctx)


def _mine(ctx: Context) -> Reply:
    orgs = ctx.own_orgs() or ctx.known.orgs()
    return Reply("\n\n".join(org_status(ctx, org) for org in orgs), outcome="shown")


def org_status(ctx: Context, org: Org) -> str:
    """Write what one org has reported and still owes now; duties of weeks to come are left out."""
    due = [state for state in states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id]) if _is_current(ctx, state)]
    return "\n".join(wording.mine(ctx.campaign, org.name, ctx.now, list(_figures(ctx, org)), due))


def _is_current(ctx: Context, state: DutyState) -> bool:
    """Leave out weeks that are over and were met, and weeks that have not begun."""
    if state.duty.cycle is Cycle.ONCE:
        return True
    begun = state.period.start <= ctx.today
    return begun and (state.standing.open or ctx.today <= state.period.end)


def _figures(ctx: Context, org: Org) -> Iterable[str]:
    known = facts(ctx.session, org_ids=[org.id])
    kinds = {key: indicator.kind for key, indicator in ctx.campaign.indicators.items()}
    totals = sums(fact for fact in known if kinds.get(fact.indicator) is IndicatorKind.FLOW)
    levels = latest_readings(fact for fact in known if kinds.get(fact.indicator) is IndicatorKind.LEVEL)
    values = {key[1:]: value for key, value in totals.items()} | {key[1:]: f.value for key, f in levels.items()}
    order = list(ctx.campaign.indicators)
    for indicator, part in sorted(values, key=lambda pair: (order.index(pair[0]), pair[1])):
        yield wording.total_line(ctx.campaign, indicator, part, values[indicator, part])


@route(
    "progress",
    words=("进度",),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("进度", "进度 长沙"),
    help="进度：各项任务完成情况；进度 单位：看一家",
)
def show_progress(ctx: Context, match: Match) -> Reply:
    """Show how far each duty is among the orgs that the sender may see, or everything about one org."""
    scope = ctx.scope(*EVERYBODY)
    if match.rest:
        org = find_org(ctx, match.rest)
        if org.id not in scope:
            raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.known.orgs()])
        return Reply(org_status(ctx, org), outcome="shown")
    if len(scope) == 1:
        return _mine(ctx)
    lines = [wording.progress_head(ctx.campaign, ctx.now)]
    short = ""
    for duty, current in _by_duty(ctx, scope):
        done = sum(not state.standing.open for state in current)
        lines.append(wording.progress_line(duty.name + _week(current), done, len(current)))
        if done < len(current) and not short:
            short = duty.names[0] if duty.names else duty.name
    return Reply("\n".join([*lines, *([wording.progress_hint(short)] if short else [])]), outcome="shown")


@route(
    "missing",
    words=("未报", "谁没报", "没报的"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("未报", "未报 {duty}"),
    help="未报：谁还没报；未报 {duty}：只看一项",
)
def show_missing(ctx: Context, match: Match) -> Reply:
    """List who still owes a duty, or each duty, among the orgs that the sender may see."""
    duties = [_find_duty(ctx, match.rest)] if match.rest else None
    scope = ctx.scope(*EVERYBODY)
    groups = _by_duty(ctx, scope, duties)
    if len(scope) == 1:
        own = [state for _, current in groups for state in current if state.standing.open]
        return Reply(wording.own_owed(ctx.campaign, ctx.known.orgs()[0].name, own), outcome="shown")
    blocks = []
    for duty, current in groups:
        missing = [state.org.name for state in current if state.standing.open]
        if missing:
            head = wording.missing_head(duty.name, _week(current), len(missing), len(current))
            blocks.append(f"{head}\n{wording.names_list(missing)}")
        elif duties:
            blocks.append(wording.nobody_missing(duty.name + _week(current)))
    return Reply("\n".join(blocks) or wording.nobody_missing(ctx.campaign.short_name), outcome="shown")


def _by_duty(
    ctx: Context, scope: set[int], duties: Sequence[str] | None = None
) -> Iterable[tuple[Duty, list[DutyState]]]:
    """Group the states of the period that runs now (the last one that began) by duty, in file order."""
    found: dict[str, list[DutyState]] = {}
    for state in states(ctx.session, ctx.campaign, ctx.now, org_ids=scope, duties=duties):
        if state.duty.cycle is Cycle.ONCE or state.period.start <= ctx.today:
            group = found.setdefault(state.key, [])
            if group and group[-1].period != state.period:
                group.clear()  # periods come oldest first: a later one that has begun replaces it
            group.append(state)
    return [(ctx.campaign.duties[key], group) for key, group in found.items()]


def _week(current: Sequence[DutyState]) -> str:
    if not current or current[0].duty.cycle is Cycle.ONCE:
        return ""
    return wording.week_words(current[0].period.start, current[0].period.end)


def _find_duty(ctx: Context, name: str) -> str:
    names = {key: (duty.name, *duty.names) for key, duty in ctx.campaign.duties.items()}
    key = find_named(names, name)
    if key is None:
        raise UserError("no-such-duty", name=name, names=[known[-1] for known in names.values()])
    return key
