"""进度图, 趋势: pictures of who has met which duty and of what came in day by day, within what the sender may see."""

from __future__ import annotations

import re
from collections.abc import Collection

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, Route, find_named, route
from handlers.grouping import Headings
from handlers.headed import is_no_report
from handlers.names import orgs_called
from handlers.targets import Target, asked, find_kind, find_org_target, joined, with_below
from models.campaign.definition import Campaign
from models.duties import states
from models.errors import UserError
from models.ledger import facts
from models.matrix import matrix
from models.messages import Picture, Reply
from models.people import all_orgs
from models.trend import trend

BY_ROSTER = ("按名单", "名单顺序", "按名单顺序")  # said behind 进度图: orgs as they stand in the roster
BETWEEN = ("", "和", "与", "及", "的", "在")
Item = tuple[str, str]  # indicator, part
_TIGHT = re.compile(r"^(.{0,20}?)(任务进度图|完成情况图|进度图|完成图|趋势图|走势图|趋势|走势)(.{0,20})$")


@route(
    "progress-picture",
    words=("进度图", "任务进度图", "完成情况图", "完成图"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("进度图", "进度图 {duty}", "进度图 按名单"),
    help="进度图：谁完成了哪项任务，一张图；可加任务、单位、类别",
    accepts=is_no_report,
)
def show_matrix(ctx: Context, match: Match) -> Reply:
    """Send the picture of which org has met which duty; the reply holds the counts."""
    words = match.rest.split()
    rest = " ".join(word for word in words if word not in BY_ROSTER)
    scope = ctx.scope(*EVERYBODY)
    wanted = asked(ctx, rest, scope)
    orgs = scope if wanted.target is None else with_below(ctx, wanted.target, scope)
    found = states(ctx.session, ctx.campaign, ctx.now, org_ids=orgs, duties=wanted.duties)
    headings = Headings(ctx.session, ctx.campaign)
    table = matrix(
        ctx.campaign,
        found,
        ctx.now,
        title=wording.matrix_title(ctx.campaign),
        scope=_scope_name(ctx, wanted.target, orgs),
        headings={org_id: headings.of(org_id) for org_id in {state.org.id for state in found}},
        by_share=rest == " ".join(words),
        note=wording.MATRIX_NOTE,
    )
    if not table.rows:
        return Reply(wording.nothing_owed(), outcome="shown")
    return Reply(wording.matrix_follows(ctx.campaign, table), more=(Picture(table),), outcome="shown")


@route(
    "trend",
    words=("趋势", "趋势图", "走势", "走势图"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("趋势 {name}", "趋势 {name} {org}"),
    help="趋势 {name}：每天报了多少，一张图；可加单位、类别",
    accepts=is_no_report,
)
def show_trend(ctx: Context, match: Match) -> Reply:
    """Send the picture of what came in of one figure day by day; the reply holds the total."""
    scope = ctx.scope(*EVERYBODY)
    (key, part), target = _trend_of(ctx, match.rest, scope)
    orgs = scope if target is None else with_below(ctx, target, scope)
    name, place = wording.label(ctx.campaign, key, part), _scope_name(ctx, target, orgs)
    table = trend(
        ctx.campaign,
        key,
        facts(ctx.session, indicators=[key]),
        ctx.now,
        title=wording.trend_title(name),
        scope=place,
        orgs=orgs,
        part=part,
        note=wording.TREND_NOTE if len(orgs) > 1 else "",
    )
    if all(each.total is None for each in table.days):
        return Reply(wording.nothing_to_draw(name, place), outcome="shown")
    return Reply(wording.trend_follows(ctx.campaign, table), more=(Picture(table),), outcome="shown")


def reads_as_picture(ctx: Context, match: Match) -> bool:
    """Tell whether a text asks for a picture but for a blank, or with the command behind: 手册趋势, 市州进度图."""
    return _spaced(ctx, match.text) is not None


@route(
    "picture-tight",
    roles=EVERYBODY,
    examples=("手册趋势", "进度图市州"),
    unlisted="as with a blank",
    accepts=reads_as_picture,
)
def draw_spaced(ctx: Context, match: Match) -> Reply:
    """Run the command with the blank put in."""
    spaced = _spaced(ctx, match.text)
    assert spaced is not None  # reads_as_picture() has seen it
    entry, rest = spaced
    return entry.run(ctx, Match(match.text, rest))


def _spaced(ctx: Context, text: str) -> tuple[Route, str] | None:
    """Return the route and what is asked of it, only where every word is known: a report stays a report."""
    found = _TIGHT.match(text)
    if found is None or ctx.sender is None or not (found[1].strip() or found[3].strip()):
        return None
    rest = f"{found[1].strip().removesuffix('的')} {found[3].strip()}".strip()
    entry = show_trend if found[2] in show_trend.words else show_matrix
    scope = ctx.scope(*EVERYBODY)
    glued = [f"{rest[:at]} {rest[at:]}" for at in range(2, len(rest) - 1) if " " not in rest]  # 长沙手册
    for words in (rest, *glued):
        try:
            if entry is show_trend:
                _trend_of(ctx, words, scope)
            else:
                asked(ctx, words, scope)
        except UserError:
            continue
        return entry, words
    return None


def _trend_of(ctx: Context, rest: str, scope: set[int]) -> tuple[Item, Target | None]:
    """Read the words behind 趋势: one figure, and maybe orgs. Raises UserError and those of find_org_target()."""
    names = figure_names(ctx.campaign)
    items: list[Item] = []
    targets: list[Target] = []
    for word in (word for word in re.split(r"[\s、，,;；]+", rest.upper()) if word not in BETWEEN):
        exact = next((item for item, known in names.items() if word in known), None)
        target = None if exact else find_kind(ctx, word, scope)
        if exact is None and target is None and not orgs_called(ctx.session, word):
            loose = find_named({"/".join(item): known for item, known in names.items()}, word)
            exact = None if loose is None else (loose.partition("/")[0], loose.partition("/")[2])
        if exact is not None:
            items.append(exact)
        else:
            targets.append(target or _target(ctx, word, scope))
    if len(items) != 1:
        shown = [indicator.name for indicator in ctx.campaign.indicators.values()]
        raise UserError("trend-of-what", example=wording.filled(ctx.campaign, "趋势 {name}", ""), names=shown)
    return items[0], joined(targets) if targets else None


def _target(ctx: Context, word: str, scope: set[int]) -> Target:
    try:
        return find_org_target(ctx, word, scope)
    except UserError as error:
        if error.code != "no-such-org":
            raise
        shown = [indicator.name for indicator in ctx.campaign.indicators.values()]
        raise UserError("no-such-figure-or-org", name=word, names=shown) from None


def figure_names(campaign: Campaign) -> dict[Item, tuple[str, ...]]:
    """Return by figure, or by a part of one, the words that people call it by, in capitals."""
    names: dict[Item, tuple[str, ...]] = {}
    for key, indicator in campaign.indicators.items():
        names[key, ""] = _capital((indicator.name, *indicator.synonyms))
        for part in campaign.dimensions[indicator.by].values if indicator.by else ():
            said = [f"{part}{need}" for need in indicator.needs]
            label = wording.label(campaign, key, part)
            names[key, part] = _capital((part, *indicator.named_by.get(part, ()), *said, label))
    return names


def _capital(words: Collection[str]) -> tuple[str, ...]:
    return tuple(word.upper() for word in words)


def _scope_name(ctx: Context, target: Target | None, orgs: Collection[int]) -> str:
    """Say whose figures are shown."""
    if target is not None:
        return wording.and_below(target.name) if target.org and len(orgs) > 1 else target.name
    every = all_orgs(ctx.session)
    if len(orgs) == len(every):
        return wording.EVERYBODY_SHOWN
    own = [org.name for org in ctx.known.orgs()]
    shown = wording.names_list(own, 2)
    return wording.and_below(shown) if len(orgs) > len(own) else shown
