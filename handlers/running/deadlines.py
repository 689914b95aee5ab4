"""Which deadline 延期 and 取消延期 are about: duty, week, whose; and the new one. Raises UserError when unclear."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers import wording
from handlers.base import Context
from handlers.running.moments import When, unlinked
from handlers.targets import Target, asked
from models.campaign.definition import Campaign, Cycle, Duty
from models.campaign.periods import Period, deadline, filed_deadline, periods
from models.duties import DutyState, states
from models.errors import UserError
from models.people import Role

MOST_ORGS = 300  # that one 延期 names one by one; above, it is one for all (decided by us 2026-11-24)
_WEEK = re.compile(
    r"(?:^|\s)(?:(?P<rel>本周|这周|这一周|上周|上一周|下周|下一周)|第(?P<nth>\d{1,2}|[一二三四五六七八九十])周)(?=\s|$)"
)
_STEP = {"本": 0, "这": 0, "上": -1, "下": 1}


@dataclass(frozen=True, slots=True)
class Meant:
    """Which deadline a command is about."""

    key: str
    duty: Duty
    period: Period
    target: Target | None  # None: everybody's
    org_ids: tuple[int | None, ...]  # whose rows change: (None,) for everybody's

    def payload(self) -> dict[str, Any]:
        """Return it as JSON, for a one-time code."""
        return {
            "duty": self.key,
            "period": self.period.key,
            "org_ids": list(self.org_ids),
            "name": self.target.name if self.target else "",
        }

    def stands_at(self, campaign: Campaign) -> datetime:
        """Return the deadline as it stands; of several orgs the latest."""
        return max(deadline(campaign, self.duty, self.period, org_id) for org_id in self.org_ids)

    def back(self, campaign: Campaign) -> datetime:
        """Return the deadline that holds once an extension is taken back."""
        if self.target is not None:
            return deadline(campaign, self.duty, self.period)
        return filed_deadline(campaign, self.duty, self.period)


def meant_by(ctx: Context, head: str, example: str) -> Meant:
    """Read duty, orgs and week. Raises UserError for what is missing, unknown, or not owed."""
    key, target = about(ctx, head, example)
    duty = ctx.campaign.duties[key]
    period = _period(ctx, duty, _WEEK.search(head))
    if target is None:
        return Meant(key, duty, period, None, (None,))
    owing = {state.org.id for state in states_of(ctx, ctx.campaign, key, period)} & target.org_ids
    if not owing:
        raise UserError("not-owed-by", org=target.name, name=duty.name)
    if len(owing) > MOST_ORGS:
        raise UserError("extend-too-many", number=len(owing), most=MOST_ORGS)
    return Meant(key, duty, period, target, tuple(sorted(owing)))


def about(ctx: Context, head: str, example: str) -> tuple[str, Target | None]:
    """Return the duty and the orgs that words name, without their week."""
    rest = unlinked(_WEEK.sub(" ", head))
    found = asked(ctx, rest, ctx.scope(Role.ADMIN)) if rest else None
    if found is None or found.duties is None:
        raise UserError("extend-what", example=example)
    if len(found.duties) > 1:
        raise UserError("extend-one", names=[ctx.campaign.duties[key].name for key in found.duties])
    return found.duties[0], found.target


def _period(ctx: Context, duty: Duty, week: re.Match[str] | None) -> Period:
    every = periods(ctx.campaign, duty)
    if duty.cycle is Cycle.ONCE:
        if week:
            raise UserError("extend-no-weeks", name=duty.name)
        return every[0]
    if week and week["nth"]:
        number = int(week["nth"]) if week["nth"].isdigit() else "零一二三四五六七八九十".index(week["nth"])
    else:
        begun = [period.number for period in every if period.start <= ctx.today] or [1]
        number = begun[-1] + (_STEP[week["rel"][0]] if week else 0)
    found = next((period for period in every if period.number == number), None)
    if found is None:
        raise UserError("extend-no-such-week", name=duty.name, number=len(every))
    return found


def due_by(ctx: Context, meant: Meant, when: When) -> datetime:
    """Return the new deadline: without a time of day at that of the old one."""
    now = meant.stands_at(ctx.campaign)
    if when.length is not None:
        return now + when.length
    assert when.day is not None
    at = when.at or now.astimezone(ctx.campaign.tz).time().replace(tzinfo=None)
    return datetime.combine(when.day, at, tzinfo=ctx.campaign.tz)


def states_of(ctx: Context, campaign: Campaign, key: str, period: Period) -> list[DutyState]:
    """Return how a duty of a period stands for every org, under a campaign as it is or would be."""
    return [state for state in states(ctx.session, campaign, ctx.now, duties=[key]) if state.period == period]


def short(ctx: Context, duty: Duty | None = None) -> str:
    """Return what a duty is called in commands; the first of the campaign for an example."""
    duty = duty or next(iter(ctx.campaign.duties.values()))
    return duty.names[0] if duty.names else duty.name


def example(ctx: Context) -> str:
    """Write a command that would work."""
    duty = next(iter(ctx.campaign.duties.values()))
    least = deadline(ctx.campaign, duty, periods(ctx.campaign, duty)[0]).astimezone(ctx.campaign.tz)
    day = min(
        ctx.campaign.closes_on, max(least.date(), ctx.today) + (ctx.campaign.closes_on - ctx.campaign.last_day) / 2
    )
    return f"延期 {short(ctx, duty)} 到 {wording.day_words(day)}"
