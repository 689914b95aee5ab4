"""状态: whether the bot is well, what it did last and does next; 状态 规则名: the life of one rule.

An occurrence is due, taken up, and its notices are sent, wait, or failed; or it was skipped, and why. All of it is
read from models/state.py, as the morning brief and /healthz do.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

from sqlalchemy import func, select

from handlers import wording
from handlers.base import Context, Match, route
from handlers.headed import is_no_report
from handlers.running.naming import numbers
from models import sendings, settings
from models.campaign.definition import RuleKind
from models.messages import Reply
from models.occurrences import Occurrence
from models.people import Role
from models.state import coming, lives_of, passed, state

SHOWN = 6  # past and coming firings of one rule
SINCE = "since:"  # setting of schedules/claims.py: since:<rule>@<version>, from when its firings count


@route(
    "state",
    words=("状态", "机器人状态", "运行状态", "状态?"),
    takes_rest=True,
    roles=(Role.ADMIN,),
    examples=("状态", "状态 早报"),
    help="状态：机器人是否正常；状态 规则名：看一条规则的前后",
    accepts=is_no_report,
)
def show_state(ctx: Context, match: Match) -> Reply:
    """Show how the bot is, or the life of one rule."""
    if match.rest:
        return _rule(ctx, match.rest)
    found = state(ctx.session, ctx.campaign, ctx.now)
    lines = [
        wording.state_head(ctx.campaign, ctx.now, found),
        wording.heart_line(found.workers, ctx.wall),
        wording.backlog_line(ctx.campaign, found, ctx.now),
        *wording.channel_lines(ctx.campaign, found),
        *wording.incident_lines(ctx.campaign, found.incidents),
        wording.calendar_line(found, ctx.today),
        *wording.lives_lines(ctx.campaign, found.lives),
        wording.following_line(ctx.campaign, found.following),
    ]
    example = next((rule.name for rule in ctx.campaign.rules.values()), "")
    return Reply("\n".join([*lines, wording.state_hint(example)]), outcome="shown")


def _rule(ctx: Context, wanted: str) -> Reply:
    names = {key: rule.name for key, rule in ctx.campaign.rules.items()}
    plain = {key: _plain(name) for key, name in names.items()}
    found = [key for key, number in numbers(ctx).items() if str(number) == wanted]
    found = found or [key for key, name in plain.items() if _plain(wanted) in (name, key)]
    found = found or [key for key, name in plain.items() if _plain(wanted) in name]
    if not found:
        return Reply(wording.no_such_rule(wanted, names.values()), outcome="refused")
    if len(found) > 1:
        return Reply(wording.which_rule(wanted, [names[key] for key in found]), outcome="refused")
    key = found[0]
    rule = ctx.campaign.rules[key]
    ahead = list(coming(ctx.campaign, ctx.now, key))
    past = _past(ctx, key)
    timed = rule if rule.kind is RuleKind.REMIND else rule.model_copy(update={"to": "all"})  # to whom: only of these
    lines = [wording.rule_head(rule.name, wording.rule_times(ctx.campaign, timed))]
    lines += [wording.rule_paused()] if rule.amended.paused(ctx.now, ctx.now) else []
    failed = sendings.failed_last(ctx.session, key, ctx.scope(Role.ADMIN))
    lines += wording.rule_past(past[:SHOWN], len(past) - SHOWN, failed)
    lines += wording.rule_coming(ctx.campaign, ahead[:SHOWN], len(ahead) - SHOWN)
    return Reply("\n".join(lines), outcome="shown")


def _plain(name: str) -> str:
    """Fold a name, so that how its colon was typed does not matter."""
    return re.sub(r"[\s:，,]", "", unicodedata.normalize("NFKC", name))


def _past(ctx: Context, key: str) -> list[str]:
    """Write what a rule has done, the newest first, planned firings that nobody took up included."""
    count = ctx.session.scalar(select(func.count(Occurrence.id)).where(Occurrence.rule == key)) or 0
    lives = lives_of(ctx.session, key, count)
    taken = {one.scheduled_at for one in lives}
    rows = [(one.scheduled_at, wording.life_line(ctx.campaign, one)) for one in lives]
    since = _counts_from(ctx, key)
    for firing in passed(ctx.campaign, ctx.now, key):
        if firing.scheduled_at not in taken:
            early = since is None or firing.scheduled_at < since
            rows.append((firing.scheduled_at, wording.rule_not_taken(ctx.campaign, firing.scheduled_at, before=early)))
    return [line for _, line in sorted(rows, key=lambda row: row[0], reverse=True)]


def _counts_from(ctx: Context, key: str) -> datetime | None:
    mark = settings.get(ctx.session, f"{SINCE}{key}@{ctx.campaign.rules[key].version}")
    return datetime.fromisoformat(mark) if mark else None
