"""通报, 周报, 总结稿, 排名表: the figures as official papers and workbooks, made at delivery from frozen values."""

from __future__ import annotations

from handlers import wording
from handlers.base import REPORTERS, Context, Match, find_org, route
from handlers.headed import is_no_report
from handlers.ranking import find_ranking, may_publish, split_issue
from models import issues
from models.bulletins.document import Document
from models.bulletins.of_campaign import Scope, closing, scope_of, weekly
from models.bulletins.of_issue import bulletin
from models.errors import UserError
from models.issues import IssueStatus, RankingIssue
from models.messages import File, Reply, table_from_json
from models.people import Org, Role, all_orgs, descendants


@route(
    "bulletin",
    words=("通报", "通报稿"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("通报 {ranking}", "通报 {ranking} 第1期"),
    help="通报 排名名称：把已发布的一期写成公文（Word）发给您",
    accepts=is_no_report,
)
def write_bulletin(ctx: Context, match: Match) -> Reply:
    """Send the bulletin of a published issue, the newest when none is named."""
    issue = _issue(ctx, match.rest, "通报")
    if isinstance(issue, Reply):
        return issue
    table = table_from_json(issue.table)
    paper = bulletin(ctx.campaign, table, issue.published_at or ctx.now, ctx.now)
    return _paper(paper, f"{table.title}第{table.number}期通报", table.number)


@route(
    "ranking-sheet",
    words=("排名表", "排名表格"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("排名表 {ranking}",),
    help="排名表 排名名称：把已发布的一期做成表格（Excel）发给您",
    accepts=is_no_report,
)
def make_sheet(ctx: Context, match: Match) -> Reply:
    """Send the workbook of a published issue, with a chart."""
    issue = _issue(ctx, match.rest, "排名表")
    if isinstance(issue, Reply):
        return issue
    table = table_from_json(issue.table)
    name = wording.paper_file(f"{table.title}第{table.number}期", "xlsx")
    file = File("ranking", name, {"table": issue.table})
    return Reply(wording.paper_follows(name, table.number), more=(file,), outcome="exported")


@route(
    "weekly-brief",
    words=("周报", "简报", "周报稿"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("周报",),
    help="周报：本周进展写成公文（Word）发给您",
    accepts=is_no_report,
)
def write_weekly(ctx: Context, match: Match) -> Reply:
    """Send the brief of the running week, of all that the admin may act on or of one org of it."""
    scope = _scope(ctx, match.rest, ctx.known.orgs(Role.ADMIN))
    return _paper(weekly(ctx.session, ctx.campaign, scope, ctx.now), wording.weekly_name(ctx.campaign, scope.name))


@route(
    "closing-draft",
    words=("总结稿", "总结初稿", "写总结"),
    takes_rest=True,
    roles=REPORTERS,
    examples=("总结稿",),
    help="总结稿：用已报的数写好总结初稿（Word）发给您",
    accepts=is_no_report,
)
def write_closing(ctx: Context, match: Match) -> Reply:
    """Send the draft of the summary: of the own org to a liaison, of all that he may act on to an admin."""
    scope = _scope(ctx, match.rest, ctx.known.orgs(Role.ADMIN) or ctx.own_orgs())
    return _paper(closing(ctx.session, ctx.campaign, scope, ctx.now), wording.draft_name(ctx.campaign, scope.name))


def _issue(ctx: Context, rest: str, command: str) -> RankingIssue | Reply:
    """Return the published issue that was named, or the refusal. Raises UserError."""
    if not may_publish(ctx):
        raise UserError("office-publishes")
    name, number, _ = split_issue(rest)
    if not name:
        names = [ranking.names[0] if ranking.names else ranking.name for ranking in ctx.campaign.rankings.values()]
        raise UserError("name-a-ranking", example=f"{command} {names[0]}", names=names)
    key = find_ranking(ctx.campaign, name)
    issue = issues.issue_of(ctx.session, key, number)
    title = ctx.campaign.rankings[key].name
    if issue is None:
        return Reply(wording.publish_first(title, number, name), outcome="refused")
    if issue.status is IssueStatus.RECALLED:
        return Reply(wording.recalled_no_paper(title, issue.number or 0, name), outcome="refused")
    return issue


def _scope(ctx: Context, name: str, own: list[Org]) -> Scope:
    """Return what a paper is about: the named org, else the own one. Raises UserError."""
    if not own:
        raise UserError("no-org")
    org = own[0]
    if name.strip():
        org = find_org(ctx, name.strip())
        if org.id not in descendants(ctx.session, [each.id for each in own]):
            raise UserError("not-your-org", name=org.name, own=[each.name for each in own])
    elif len(own) > 1:
        org = ctx.default_org() or own[0]
    return scope_of(ctx.campaign, all_orgs(ctx.session), descendants(ctx.session, [org.id]), org.name)


def _paper(paper: Document, name: str, number: int | None = None) -> Reply:
    file = File("paper", wording.paper_file(name, "docx"), paper.to_json())
    return Reply(wording.paper_follows(file.name, number), more=(file,), outcome="exported")
