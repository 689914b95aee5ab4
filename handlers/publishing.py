"""发布, 不发布, 撤回: a ranking goes to its group only after a one-time code, frozen under an issue number.

Where the campaign file asks for two admins, the first one's yes lets it wait for the second's.
Source: decisions 13 and 14.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from handlers import wording
from handlers.base import Context, Match, route
from handlers.codes import offer
from handlers.headed import is_for_admins, is_no_report
from handlers.ranking import find_ranking, is_empty, may_publish, split_issue
from models import issues, outbox, standings
from models.audience import audience, recipient
from models.campaign.definition import Ranking
from models.errors import UserError
from models.issues import IssueStatus, RankingIssue
from models.messages import (
    Content,
    Draft,
    Picture,
    RankTable,
    Recipient,
    Reply,
    TableText,
    Text,
    table_from_json,
    table_to_json,
)
from models.outbox import Status
from models.people import Role

RECALL_WITHIN = timedelta(hours=24)  # as long as the platform lets its own messages be taken back


@route(
    "publish",
    words=("发布", "同意发布"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("发布 {ranking}",),
    help="发布 排名名称：预览后凭确认码发到群里",
    accepts=is_no_report,
)
def publish_ranking(ctx: Context, match: Match) -> Reply:
    """Show what would be published and hand out the code that does it. The code is bound to the figures shown."""
    key = _named(ctx, match.rest)
    ranking = ctx.campaign.rankings[key]
    _still_runs(ctx, key)
    table = standings.current(ctx.session, ctx.campaign, key, ctx.now)
    if is_empty(table):
        return Reply(wording.empty_ranking(table), outcome="refused")
    number = issues.next_number(ctx.session, key)
    group = ctx.campaign.groups.get(ranking.group, ranking.group)
    text = wording.publish_preview(table, group, number)
    shown = (TableText(table), Picture(table))  # the text too: where no picture can be drawn nobody says yes unseen
    if ranking.second_approver:
        first = _first_yes(ctx, key, table)
        if first is not None and first.made_by_id == ctx.known.person.id:
            return Reply(wording.wants_another(table.title), outcome="refused")
        if first is None:
            again = wording.figures_have_moved() if _others_yes(ctx, key) else ""
            text += again + wording.two_wanted()
            return offer(ctx, "propose", {"table": table_to_json(table)}, text, shown)
    return offer(ctx, "publish", {"table": table_to_json(table)}, text, shown)


def do_publish(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Publish the table that was shown, unless its figures or the last issue have changed since."""
    table = table_from_json(payload["table"])
    refused = _refused(ctx, table)
    if refused:
        return refused
    ranking = ctx.campaign.rankings[table.ranking]
    if ranking.second_approver:
        first = _first_yes(ctx, table.ranking, table)
        if first is None or first.made_by_id == ctx.known.person.id:
            return Reply(wording.wants_another(table.title), outcome="refused")
    issue = issues.publish(ctx.session, table, ctx.now, **_by(ctx))
    contents: Sequence[Content] = (TableText(issue), Picture(issue))
    _to_group(ctx, ranking, issue, contents)
    group = ctx.campaign.groups.get(ranking.group, ranking.group)
    return Reply(wording.published(issue.title, issue.number or 0, group), outcome="published")


def do_propose(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Let the table that was shown wait for a second admin, and ask the others."""
    table = table_from_json(payload["table"])
    refused = _refused(ctx, table)
    if refused:
        return refused
    me = ctx.known.person
    issue = issues.propose(ctx.session, table, ctx.now, **_by(ctx))
    command = _command(ctx.campaign.rankings[table.ranking])
    others = [one for one in audience(ctx.session, ctx.campaign).admins() if one.person_id != me.id]
    about = (issues.about(issue.id, table.ranking),)
    asked = Text(wording.second_asked(table.title, me.name, command))
    contents: Sequence[Content] = (asked, TableText(table), Picture(table))
    drafts = [
        Draft(recipient(one), content, f"propose:{table.ranking}", ctx.now, abouts=about)
        for one in others
        for content in contents
    ]
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    return Reply(wording.proposed(table.title, len(others)), outcome="proposed")


@route(
    "drop-issue",
    words=("不发布", "先不发布"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("不发布 {ranking}",),
    help="不发布 排名名称：等审定的这一期不发",
    accepts=is_no_report,
)
def drop_issue(ctx: Context, match: Match) -> Reply:
    """Drop what waits for a yes. Publishing later is still possible: it takes the figures of then."""
    key = _named(ctx, match.rest)
    name = ctx.campaign.rankings[key].name
    reason = wording.dropped_by(ctx.known.person.name)
    if not issues.drop_waiting(ctx.session, key, ctx.now, reason, **_by(ctx)):
        return Reply(wording.nothing_waits(name), outcome="refused")
    return Reply(wording.dropped(name, _command(ctx.campaign.rankings[key])), outcome="dropped")


@route(
    "recall-issue",
    words=("撤回",),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("撤回 {ranking}", "撤回 {ranking} 第1期 数字有误"),
    help="撤回 排名名称：24小时内作废已发布的一期",
    accepts=is_for_admins,
)
def recall_issue(ctx: Context, match: Match) -> Reply:
    """Show which issue would be taken back, and what the group will read, and hand out the code that does it."""
    name, number, reason = split_issue(match.rest)
    if number is None and " " in name:
        name, reason = name.split(maxsplit=1)
    key = _named(ctx, name, example="撤回")
    issue = issues.issue_of(ctx.session, key, number)
    title = ctx.campaign.rankings[key].name
    if issue is None or issue.published_at is None:
        return Reply(wording.no_such_issue(title, number), outcome="refused")
    if issue.status is IssueStatus.RECALLED:
        return Reply(wording.recalled_already(title, issue.number or 0), outcome="refused")
    if ctx.now - issue.published_at > RECALL_WITHIN:
        command = _command(ctx.campaign.rankings[key])
        return Reply(wording.too_late_to_recall(title, issue.number or 0, command), outcome="refused")
    shown = wording.recall_preview(title, issue.number or 0, _in_the_group(ctx, issue), _group(ctx, key), reason)
    return offer(ctx, "recall", {"issue": issue.id, "reason": reason}, shown)


def do_recall(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Take an issue back: what has not gone out yet stays here, and a group that has read it reads why."""
    if not may_publish(ctx):
        raise UserError("not-allowed", roles=(Role.ADMIN,))
    issue = ctx.session.get_one(RankingIssue, payload["issue"])
    ranking = ctx.campaign.rankings[issue.ranking]
    if issue.status is not IssueStatus.PUBLISHED:
        return Reply(wording.recalled_already(ranking.name, issue.number or 0), outcome="refused")
    told = _in_the_group(ctx, issue)
    issues.move(ctx.session, issue, IssueStatus.RECALLED, ctx.now, payload["reason"], **_by(ctx))
    last = not _may_follow(ctx, issue.ranking)
    if told:
        text = wording.correction_notice(ctx.campaign, ranking.name, issue.number or 0, payload["reason"], last=last)
        draft = Draft(Recipient(f"robot:{ranking.group}"), Text(text), f"recall:{issue.ranking}", ctx.now)
        outbox.add(ctx.session, [draft], ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)
    following = None if last else issues.next_number(ctx.session, issue.ranking)
    group, command = _group(ctx, issue.ranking), _command(ranking)
    return Reply(
        wording.recalled(ranking.name, issue.number or 0, following, group, command, told=told), outcome="recalled"
    )


def _by(ctx: Context) -> dict[str, int]:
    """Return who does it and by which message, for the audit."""
    return {"person_id": ctx.known.person.id, "inbox_id": ctx.inbox_id}


def _named(ctx: Context, name: str, example: str = "发布") -> str:
    """Return the ranking that an admin of the office names. Raises UserError."""
    if not may_publish(ctx):
        raise UserError("office-publishes")
    if name.strip():
        return find_ranking(ctx.campaign, name.strip())
    rankings = ctx.campaign.rankings
    names = [_command(ranking) for ranking in rankings.values()]
    waiting = [_command(ranking) for ranking in rankings.values() if ranking.approval == "required"]
    raise UserError("name-a-ranking", example=f"{example} {(waiting or names)[0]}", names=names)


def _still_runs(ctx: Context, key: str) -> None:
    """Raise UserError("no-more-issues") when the time of a ranking is over."""
    if not _may_follow(ctx, key):
        last = _last_day(ctx, key)
        raise UserError("no-more-issues", name=ctx.campaign.rankings[key].name, last=wording.day_words(last))


def _may_follow(ctx: Context, key: str) -> bool:
    return ctx.today <= _last_day(ctx, key)


def _last_day(ctx: Context, key: str) -> date:
    """After the campaign's last day only rankings with a closing rule are published, and none after closes_on."""
    closing = any(rule.closing and rule.ranking == key for rule in ctx.campaign.rules.values())
    return ctx.campaign.closes_on if closing else ctx.campaign.last_day


def _refused(ctx: Context, table: RankTable) -> Reply | None:
    """Say why a code does not hold any more, or None: rights, a newer issue, other figures."""
    if not may_publish(ctx):
        raise UserError("not-allowed", roles=(Role.ADMIN,))
    _still_runs(ctx, table.ranking)
    newest = issues.last_issue(ctx.session, table.ranking)
    if (newest.number if newest else None) != table.since:
        return Reply(wording.superseded(table.title), outcome="refused")
    now = standings.current(ctx.session, ctx.campaign, table.ranking, ctx.now)
    if (now.rows, now.corrections, now.title) != (table.rows, table.corrections, table.title):
        return Reply(wording.figures_changed(table.title), outcome="refused")
    return None


def _first_yes(ctx: Context, key: str, table: RankTable) -> RankingIssue | None:
    """Return what a first admin has let wait, if its figures are those shown now."""
    for issue in issues.waiting(ctx.session, key):
        if issue.made_by_id is not None and table_from_json(issue.table).rows == table.rows:
            return issue
    return None


def _others_yes(ctx: Context, key: str) -> bool:
    """Tell whether another admin has said yes, to figures that are no longer those shown now."""
    return any(issue.made_by_id not in (None, ctx.known.person.id) for issue in issues.waiting(ctx.session, key))


def _to_group(ctx: Context, ranking: Ranking, table: RankTable, contents: Sequence[Content]) -> None:
    group = Recipient(f"robot:{ranking.group}")
    about = issues.about_number(ctx.session, table)
    drafts = [Draft(group, content, f"publish:{table.ranking}", ctx.now, abouts=(about,)) for content in contents]
    outbox.add(ctx.session, drafts, ctx.now, inbox_id=ctx.inbox_id, trace_id=ctx.trace_id)


def _in_the_group(ctx: Context, issue: RankingIssue) -> bool:
    """Tell whether an issue has, or may have, reached its group."""
    return bool(issues.notices(ctx.session, issue, (Status.SENT, Status.UNCERTAIN, Status.SENDING)))


def _group(ctx: Context, key: str) -> str:
    group = ctx.campaign.rankings[key].group
    return ctx.campaign.groups.get(group, group)


def _command(ranking: Ranking) -> str:
    return ranking.names[0] if ranking.names else ranking.name
