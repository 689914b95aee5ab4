"""Looks at a reminder once more at the moment of sending: what has been answered is not chased.

Called by bot's delivery inside the short transaction in which it claims notices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import issues
from models.campaign.definition import Campaign, RuleKind
from models.duties import DutyState, states
from models.messages import About, content_to_json
from models.outbox import Notice, about_to_json, content_hash
from models.reminder_words import Item, compose
from models.reminding import ADMINS_CHASES, about
from schedules import wording

MANY = 500  # orgs; above, reading all is cheaper than naming each, and a query holds only so many values


def still_wanted(session: Session, campaign: Campaign, notice: Notice, now: datetime) -> str | None:
    """Return why a notice need not go any more, in Chinese, or None: it goes. See unwanted() for many at once.

    A reminder of which only a part was answered, or that waited overnight, is rewritten in place to what is true now.
    """
    return unwanted(session, campaign, [notice], now).get(notice.id)


def unwanted(session: Session, campaign: Campaign, notices: Sequence[Notice], now: datetime) -> dict[int, str]:
    """Return by notice id why it need not go; notices that ask for nothing, or still ask, are not in it.

    now: aware. Evaluates the duties once for all notices.

    A reminder by a rule, or by an admin's 催报, is rewritten in place (content and hash) when it is no longer true.
    One whose last call got no answer stays as it is: a repeat must be identical (decisions 4).
    """
    issued = [notice for notice in notices if notice.abouts and issues.is_issue(notice.abouts[0])]
    reasons = issues.not_wanted(session, issued) if issued else {}
    asking = {
        notice.id: (notice, [About(**item) for item in notice.abouts])
        for notice in notices
        if notice.abouts and notice not in issued
    }
    if not asking:
        return reasons
    standing = _standing(session, campaign, [item for _, abouts in asking.values() for item in abouts], now)
    for notice_id, (notice, abouts) in asking.items():
        known = [standing[item] for item in abouts if item in standing]
        left = [state for state in known if state.asked]
        if left:
            _rewrite(campaign, notice, [item for item in abouts if item in standing], left, now)
        else:
            met = [state.met_at for state in known if state.met_at]
            reasons[notice_id] = wording.silenced(campaign, max(met, default=None))
    return reasons


def _standing(session: Session, campaign: Campaign, items: Sequence[About], now: datetime) -> dict[About, DutyState]:
    duties = {item.duty for item in items}
    orgs = {item.org_id for item in items}
    found = states(
        session,
        campaign,
        now,
        org_ids=orgs if len(orgs) <= MANY else None,
        duties=[key for key in campaign.duties if key in duties],
    )
    return {about(state): state for state in found}


def _rewrite(
    campaign: Campaign, notice: Notice, abouts: Sequence[About], left: Sequence[DutyState], now: datetime
) -> None:
    """Write a reminder anew for what is left, and let it ask for no more than that."""
    rule = campaign.rules.get(notice.rule)
    by_rule = rule is not None and rule.kind is RuleKind.REMIND
    if notice.call_ref or not (by_rule or notice.rule in ADMINS_CHASES):
        return
    open_ = {about(state): state for state in left}
    kept = [item for item in abouts if item in open_]
    items = [Item(open_[item], item.rung, item.cause) for item in kept]
    content = content_to_json(compose(campaign, rule, items, now))
    if content != notice.content:
        notice.content, notice.content_hash = content, content_hash(content)
        notice.abouts = [about_to_json(item) for item in kept]
