"""排名: what was published, for everybody; how it would look now, for the admins who publish it."""

from __future__ import annotations

import re

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, find_named, find_org, route
from handlers.headed import is_no_report
from handlers.running.moments import number as small_number
from models.campaign.definition import Campaign
from models.errors import UserError
from models.issues import IssueStatus, issue_of, last_issue
from models.messages import Picture, RankTable, Reply, table_from_json
from models.people import Role
from models.standings import current, inputs

_NUMBER = re.compile(r"第\s*([一二三四五六七八九十]{1,3})\s*期|第?\s*(\d{1,5})\s*期")


@route(
    "ranking",
    words=("排名", "排行", "排行榜"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("排名", "排名 {ranking}"),
    help="排名：看最近发布的排名",
    accepts=is_no_report,
)
def show_ranking(ctx: Context, match: Match) -> Reply:
    """Show the last published issue; an admin of the running office who names a ranking sees how it stands now."""
    if match.rest:
        name, number, _ = split_issue(match.rest)
        if not name:
            names = _short_names(ctx.campaign)
            raise UserError("name-a-ranking", example=f"排名 {names[0]} 第1期", names=names)
        key = find_ranking(ctx.campaign, name)
        if number is not None:
            return Reply(_issue(ctx, key, number), outcome="shown")
        return preview(ctx, key) if may_publish(ctx) else Reply(_published(ctx, key), outcome="shown")
    issued = [key for key in ctx.campaign.rankings if last_issue(ctx.session, key)]
    if not issued:
        return Reply(wording.no_issue_yet(next(iter(ctx.campaign.rankings.values())).name), outcome="shown")
    return Reply("\n\n".join(_published(ctx, key) for key in issued), outcome="shown")


@route(
    "ranking-explained",
    words=("排名怎么算的", "排名怎么算", "怎么排名的", "排名规则"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("排名怎么算的", "排名怎么算的 {ranking}"),
    help="排名怎么算的：看公式和您单位的数怎么来的",
)
def explain_ranking(ctx: Context, match: Match) -> Reply:
    """Explain one ranking, or all that the own orgs take part in: formula, rules, and the own inputs."""
    if match.rest:
        key, mine = _explained(ctx, match.rest)
        found = inputs(ctx.session, ctx.campaign, key, ctx.now)
        own = {score.org.name for score in found if score.org.id in mine}
        return Reply(wording.how_it_is_ranked(ctx.campaign, ctx.campaign.rankings[key], found, own), outcome="shown")
    mine = {org.id for org in ctx.known.orgs()}
    told = [
        (ranking, score)
        for key, ranking in ctx.campaign.rankings.items()
        for score in inputs(ctx.session, ctx.campaign, key, ctx.now)
        if score.org.id in mine
    ]
    if not told:
        return Reply(wording.which_ranking_explained(_short_names(ctx.campaign)), outcome="shown")
    return Reply(wording.how_they_are_ranked(ctx.campaign, told), outcome="shown")


def _explained(ctx: Context, words: str) -> tuple[str, set[int]]:
    """Return the ranking that is named, and of which orgs the inputs are shown: 手册, 手册 长沙. Raises UserError."""
    scope = ctx.scope(*EVERYBODY)
    name, _, called = words.rpartition(" ")
    if not name:
        return find_ranking(ctx.campaign, words), scope
    org = find_org(ctx, called, prefer=scope)
    if org.id not in scope:
        raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.known.orgs()])
    return find_ranking(ctx.campaign, name), {org.id}


def split_issue(text: str) -> tuple[str, int | None, str]:
    """Return what stands before 第2期 or 第二期, the number, and what follows; without one the text, None and ''."""
    found = _NUMBER.search(text)
    if found is None:
        return text.strip(), None, ""
    try:
        number = small_number(found[1] or found[2])
    except ValueError:  # 第十十期
        number = 0
    return text[: found.start()].strip(), number, text[found.end() :].strip(" ，,：:")


def _issue(ctx: Context, key: str, number: int) -> str:
    """Word an issue of the past; one that was taken back says so."""
    issue = issue_of(ctx.session, key, number)
    if issue is None:
        return wording.no_such_issue(ctx.campaign.rankings[key].name, number)
    text = wording.ranking_short(table_from_json(issue.table), _own(ctx), ctx.campaign)
    return wording.not_standing(text) if issue.status is IssueStatus.RECALLED else text


def _published(ctx: Context, key: str) -> str:
    table = last_issue(ctx.session, key)
    if table is None:
        return wording.no_issue_yet(ctx.campaign.rankings[key].name)
    return wording.ranking_short(table, _own(ctx), ctx.campaign)


def preview(ctx: Context, key: str) -> Reply:
    """Show an admin how a ranking stands now, as text at once and as a picture to him alone."""
    table = current(ctx.session, ctx.campaign, key, ctx.now)
    if is_empty(table):
        return Reply(wording.empty_ranking(table), outcome="shown")
    text = wording.ranking_short(table, _own(ctx), ctx.campaign)
    return Reply(f"{text}\n{wording.preview_is_following(table.title)}", more=(Picture(table),), outcome="shown")


def is_empty(table: RankTable) -> bool:
    """Tell whether nobody can be ranked: for want of reports, or of the population."""
    return all(row.rank is None for row in table.rows)


def may_publish(ctx: Context) -> bool:
    """Tell whether the sender is an admin of the office that runs the campaign (decisions 14)."""
    return any(org.name == ctx.campaign.office for org in ctx.known.orgs(Role.ADMIN))


def find_ranking(campaign: Campaign, name: str) -> str:
    """Return the key of a ranking by its name, a short name or a unique part. Raises UserError("no-such-ranking")."""
    names = _names(campaign)
    key = find_named(names, name)
    if key is None:
        raise UserError("no-such-ranking", name=name, names=_short_names(campaign))
    return key


def _names(campaign: Campaign) -> dict[str, tuple[str, ...]]:
    return {key: (ranking.name, *ranking.names) for key, ranking in campaign.rankings.items()}


def _short_names(campaign: Campaign) -> list[str]:
    return [ranking.names[0] if ranking.names else ranking.name for ranking in campaign.rankings.values()]


def _own(ctx: Context) -> list[str]:
    return [org.name for org in ctx.known.orgs()]
