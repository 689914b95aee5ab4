"""排名: what was published, for everybody; how it would look now, for the admins who publish it."""

from __future__ import annotations

from handlers import wording
from handlers.base import EVERYBODY, Context, Match, find_named, route
from models.campaign.definition import Campaign
from models.errors import UserError
from models.messages import Picture, RankTable, Reply
from models.people import Role
from models.rankings import current, last_issue


@route(
    "ranking",
    words=("排名", "排行", "排行榜"),
    takes_rest=True,
    roles=EVERYBODY,
    examples=("排名", "排名 {ranking}"),
    help="排名：看最近发布的排名",
)
def show_ranking(ctx: Context, match: Match) -> Reply:
    """Show the last published issue; an admin of the running office who names a ranking sees how it stands now."""
    if match.rest:
        key = find_ranking(ctx.campaign, match.rest)
        return preview(ctx, key) if may_publish(ctx) else Reply(_published(ctx, key), outcome="shown")
    issued = [key for key in ctx.campaign.rankings if last_issue(ctx.session, key)]
    if not issued:
        return Reply(wording.no_issue_yet(next(iter(ctx.campaign.rankings.values())).name), outcome="shown")
    return Reply("\n\n".join(_published(ctx, key) for key in issued), outcome="shown")


def _published(ctx: Context, key: str) -> str:
    table = last_issue(ctx.session, key)
    if table is None:
        return wording.no_issue_yet(ctx.campaign.rankings[key].name)
    return wording.ranking_short(table, _own(ctx), ctx.campaign)


def preview(ctx: Context, key: str) -> Reply:
    """Show an admin how a ranking stands now, as text at once and as a picture to him alone."""
    table = current(ctx.session, ctx.campaign, key, ctx.now)
    if is_empty(table):
        return Reply(wording.empty_ranking(table.title), outcome="shown")
    text = wording.ranking_short(table, _own(ctx), ctx.campaign)
    return Reply(f"{text}\n{wording.preview_is_following(table.title)}", more=(Picture(table),), outcome="shown")


def is_empty(table: RankTable) -> bool:
    """Tell whether nobody has reported anything for a ranking."""
    return all(row.rank is None for row in table.rows)


def may_publish(ctx: Context) -> bool:
    """Tell whether the sender is an admin of the office that runs the campaign (decisions 14)."""
    return any(org.name == ctx.campaign.office for org in ctx.known.orgs(Role.ADMIN))


def find_ranking(campaign: Campaign, name: str) -> str:
    """Return the key of a ranking by its name, a short name or a unique part. Raises UserError("no-such-ranking")."""
    names = {key: (ranking.name, *ranking.names) for key, ranking in campaign.rankings.items()}
    key = find_named(names, name)
    if key is None:
        raise UserError("no-such-ranking", name=name, names=[known[-1] for known in names.values()])
    return key


def _own(ctx: Context) -> list[str]:
    return [org.name for org in ctx.known.orgs()]
