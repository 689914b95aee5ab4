"""我的, 进度, 未报: what stands and what is missing. All read models.duties, so that they never disagree.

Lists are grouped (handlers/grouping.py), so that a province fits a phone and two thousand orgs stay readable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, route
from handlers.grouping import Group, Headings, current
from handlers.headed import is_no_report
from handlers.leave import leave_lines
from handlers.names import org_labels
from handlers.snooze import snooze_lines
from handlers.targets import Asked, asked, with_below
from models import chased
from models.campaign.definition import Cycle, Duty, IndicatorKind
from models.duties import DutyState, Standing, states
from models.ledger import DUTY, NOTHING, Fact, facts, latest_readings, sums
from models.messages import About, File, Reply
from models.people import Org, descendants
from models.reminding import about

FEW = 5  # names that the overview shows in place of counts
MOST_NAMES = 150  # names of one answer, about 2 messages; above, counts and a file (decided by us 2026-11-24)


@route("mine", words=("我的", "我的数据"), roles=EVERYBODY, examples=("我的",), help="我的：已报和还差什么")
def show_mine(ctx: Context, match: Match) -> Reply:
    """Show what the sender's orgs have reported and still owe."""
    return _mine(ctx)


def _mine(ctx: Context) -> Reply:
    orgs = ctx.own_orgs() or ctx.known.orgs()
    text = "\n\n".join(org_status(ctx, org) for org in orgs)
    return Reply("\n".join([text, *snooze_lines(ctx)]), outcome="shown")


def org_status(ctx: Context, org: Org) -> str:
    """Write what one org has reported and still owes now; duties of weeks to come are left out."""
    due = [state for state in states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id]) if _is_current(ctx, state)]
    figures = list(_figures(ctx, facts(ctx.session, org_ids=[org.id])))
    lines = wording.mine(ctx.campaign, org.name, ctx.now, figures, due, chased_notes(ctx, due))
    return "\n".join([*lines, *leave_lines(ctx, org)])


def chased_notes(ctx: Context, found: Iterable[DutyState]) -> dict[About, str]:
    """Return of what is still owed how often it was chased, when last and how far up; nothing for very many."""
    open_ = [state for state in found if state.asked]
    if len(open_) > chased.FEW:
        return {}
    known = chased.chased(ctx.session, ctx.campaign, map(about, open_))
    return {item: chased.words(ctx.campaign, each) for item, each in known.items()}


def _is_current(ctx: Context, state: DutyState) -> bool:
    """Leave out weeks that are over and were met, and weeks that have not begun."""
    if state.duty.cycle is Cycle.ONCE:
        return True
    begun = state.period.start <= ctx.today or (ctx.today < ctx.campaign.first_day and state.period.number == 1)
    return begun and (state.asked or ctx.today <= state.period.end)


def _figures(ctx: Context, known: Sequence[Fact]) -> Iterable[str]:
    """Write the totals of some orgs together, in the order of the campaign file."""
    kinds = {key: indicator.kind for key, indicator in ctx.campaign.indicators.items()}
    totals = sums(fact for fact in known if kinds.get(fact.indicator) is IndicatorKind.FLOW)
    levels = latest_readings(fact for fact in known if kinds.get(fact.indicator) is IndicatorKind.LEVEL)
    values = [*totals.items(), *((key, fact.value) for key, fact in levels.items())]
    together: dict[tuple[str, str], Decimal] = {}
    for (_, indicator, part), value in values:
        together[indicator, part] = together.get((indicator, part), Decimal(0)) + value
    order = list(ctx.campaign.indicators)
    for indicator, part in sorted(together, key=lambda pair: (order.index(pair[0]), pair[1])):
        yield wording.total_line(ctx.campaign, indicator, part, together[indicator, part])


@route(
    "progress",
    words=("进度",),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("进度", "进度 {org}"),
    help="进度：各项任务完成情况；进度 单位：看一家",
    accepts=is_no_report,
)
def show_progress(ctx: Context, match: Match) -> Reply:
    """Show how far each duty is among the orgs that the sender may see, or everything about one org."""
    scope = ctx.scope(*EVERYBODY)
    wanted = asked(ctx, match.rest, scope)
    if wanted.target is not None and wanted.target.org is not None and wanted.duties is None:
        return Reply(_one_org(ctx, wanted.target.org, scope), outcome="shown")
    if len(scope) == 1:
        return _mine(ctx)
    headings = Headings(ctx.session, ctx.campaign)
    duties = current(ctx.session, ctx.campaign, ctx.now, _orgs(ctx, wanted, scope), wanted.duties)
    lines = [wording.progress_head(ctx.campaign, ctx.now, wanted.target.name if wanted.target else "")]
    lines += [wording.not_begun(ctx.campaign)] if ctx.today < ctx.campaign.first_day else []
    short = ""
    for duty, found in duties:
        groups = headings.grouped(found)
        excused = sum(group.excused for group in groups)
        lines += wording.progress_lines(duty.name + week(found), [_counts(group) for group in groups], excused)
        if not short and any(group.missing for group in groups):
            short = duty.names[0] if duty.names else duty.name
    if not duties:
        lines.append(wording.nothing_owed())
    return Reply("\n".join([*lines, *([wording.progress_hint(short)] if short else [])]), outcome="shown")


def _counts(group: Group) -> tuple[str, int, int]:
    return group.name, group.met, group.counted


def _orgs(ctx: Context, wanted: Asked, scope: set[int]) -> Collection[int]:
    return scope if wanted.target is None else with_below(ctx, wanted.target, scope)


def _one_org(ctx: Context, org: Org, scope: set[int]) -> str:
    """Write how one org stands, and in short how those under it do."""
    text = org_status(ctx, org)
    under = _under(ctx, org, scope)
    if not under or org.name == ctx.campaign.office:  # under the office stands everybody: that is 进度 itself
        return text
    known = facts(ctx.session, org_ids=under)
    heard = {fact.org_id for fact in known}
    silent = [name for org_id, name in under.items() if org_id not in heard]
    counted = [fact for fact in known if fact.indicator != NOTHING and not fact.indicator.startswith(DUTY)]
    duties = [
        (
            duty.name + week(found),
            sum(state.standing.met for state in found),
            sum(state.standing is not Standing.EXCUSED for state in found),
        )
        for duty, found in current(ctx.session, ctx.campaign, ctx.now, under)
    ]
    return "\n".join([text, *wording.below_lines(len(under), silent, list(_figures(ctx, counted)), duties)])


def _under(ctx: Context, org: Org, scope: set[int]) -> dict[int, str]:
    return dict(org_labels(ctx.session, sorted((descendants(ctx.session, [org.id]) - {org.id}) & scope)))


@route(
    "missing",
    words=("未报", "谁没报", "没报的"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("未报", "未报 {duty}", "未报 {org}"),
    help="未报：谁还没报；后面可以加任务或单位",
    accepts=is_no_report,
)
def show_missing(ctx: Context, match: Match) -> Reply:
    """List who still owes a duty, or each duty, among the orgs that the sender may see."""
    scope = ctx.scope(*EVERYBODY)
    wanted = asked(ctx, match.rest, scope)
    orgs = _orgs(ctx, wanted, scope)
    duties = current(ctx.session, ctx.campaign, ctx.now, orgs, wanted.duties)
    if ctx.today < ctx.campaign.first_day:
        return Reply(wording.nothing_due_yet(ctx.campaign), outcome="shown")
    owing = {state.org.name for _, found in duties for state in found}
    if len(orgs) == 1 or len(owing) == 1:  # one org, or one with duties among those below it that have none
        own = [state for _, found in duties for state in found if state.asked]
        excused = [state.duty.name for _, found in duties for state in found if state.standing is Standing.EXCUSED]
        name = owing.pop() if owing else wanted.target.name if wanted.target else ctx.known.orgs()[0].name
        names = list(dict.fromkeys(duty.name for duty, _ in duties)) if wanted.duties is not None else []
        text = wording.own_owed(ctx.campaign, name, own, chased_notes(ctx, own), excused, names)
        return Reply(text, outcome="shown")
    headings = Headings(ctx.session, ctx.campaign)
    grouped = [(duty, week(found), headings.grouped(found)) for duty, found in duties]
    if wanted.duties is None:
        return Reply(_overview(ctx, wanted, grouped), outcome="shown")
    return _names(ctx, wanted, grouped)


def _overview(ctx: Context, wanted: Asked, grouped: Sequence[tuple[Duty, str, Sequence[Group]]]) -> str:
    """Write each duty with its counts by group, or with the names where they are few."""
    name = wanted.target.name if wanted.target else ""
    lines, hint = [], ""
    for duty, days, groups in grouped:
        missing = [org for group in groups for org in group.missing]
        if not missing:
            continue
        hint = hint or f"{duty.names[0] if duty.names else duty.name} {name}".strip()
        kind = groups[0].name if len(groups) == 1 else ""
        lines.append(wording.missing_head(duty.name, days, len(missing), sum(g.counted for g in groups), kind))
        if len(missing) <= FEW:
            lines.append(wording.names_line(missing))
        elif len(groups) > 1:
            lines.append(wording.counts_line([(group.name, len(group.missing)) for group in groups]))
    if not lines:
        return wording.nobody_missing(name or ctx.campaign.short_name) if grouped else wording.nothing_owed()
    return "\n".join([wording.missing_title(ctx.campaign, ctx.now, name), *lines, wording.missing_hint(hint)])


def _names(ctx: Context, wanted: Asked, grouped: Sequence[tuple[Duty, str, Sequence[Group]]]) -> Reply:
    """Write the names of who still owes some duties, by group; very many come as a file beside the counts."""
    every = [(duty.name + days, group.name, s) for duty, days, gs in grouped for group in gs for s in group.states]
    open_ = [each for each in every if each[2].asked]
    many = len(open_) > MOST_NAMES
    lines: list[str] = []
    for duty, days, groups in grouped:
        missing = sum(len(group.missing) for group in groups)
        if not missing:
            excused, met = sum(group.excused for group in groups), any(group.met for group in groups)
            lines.append(wording.nobody_missing(duty.name + days, excused, met=met))
            continue
        lines.append(wording.missing_head(duty.name, days, missing, sum(group.counted for group in groups)))
        if many:
            lines.append(wording.counts_line([(group.name, len(group.missing)) for group in groups]))
        else:
            lines += wording.group_lines([(g.name, [_marked(ctx, s) for s in g.states if s.asked]) for g in groups])
        notes = chased_notes(ctx, (state for group in groups for state in group.states))
        lines += wording.chased_lines([(s.org.name, notes.get(about(s), "")) for g in groups for s in g.states])
    if not grouped:
        return Reply(wording.nothing_owed(), outcome="shown")
    if not many:
        return Reply("\n".join(lines), outcome="shown")
    largest = max((group for _, _, groups in grouped for group in groups), key=lambda group: len(group.missing))
    lines.append(wording.names_as_file(len(open_), largest.name))
    rows = [[name, group, state.org.name, *wording.owed_cells(ctx.campaign, state)] for name, group, state in open_]
    title = wording.names_file_title(ctx.campaign, ctx.now)
    more = (File("rows", title, {"rows": [list(wording.NAMES_HEADER), *rows]}),)
    return Reply("\n".join(lines), more=more, outcome="shown")


def _marked(ctx: Context, state: DutyState) -> str:
    return wording.missing_name(ctx.campaign, state)


def week(found: Sequence[DutyState]) -> str:
    """Return the days of a weekly duty's period, as it is put behind its name; empty for others."""
    if not found or found[0].duty.cycle is Cycle.ONCE:
        return ""
    return wording.week_words(found[0].period.start, found[0].period.end)
