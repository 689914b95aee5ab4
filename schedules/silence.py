"""Looks at a reminder once more at the moment of sending: what has been answered is not chased.

Called by bot's delivery inside the short transaction in which it claims notices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, RuleKind
from models.duties import DutyState, states
from models.messages import About, content_to_json
from models.outbox import Notice, content_hash
from models.reminding import CHASE, about, compose
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
    asking = {notice.id: (notice, [About(**item) for item in notice.abouts]) for notice in notices if notice.abouts}
    if not asking:
        return {}
    standing = _standing(session, campaign, [item for _, abouts in asking.values() for item in abouts], now)
    reasons: dict[int, str] = {}
    for notice_id, (notice, abouts) in asking.items():
        known = [standing[item] for item in abouts if item in standing]
        left = [state for state in known if state.standing.open]
        if left:
            _rewrite(campaign, notice, left, now)
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


def _rewrite(campaign: Campaign, notice: Notice, left: Sequence[DutyState], now: datetime) -> None:
    rule = campaign.rules.get(notice.rule)
    by_rule = rule is not None and rule.kind is RuleKind.REMIND
    if notice.call_ref or not (by_rule or notice.rule == CHASE):
        return
    content = content_to_json(compose(campaign, rule, left, now))
    if content != notice.content:
        notice.content, notice.content_hash = content, content_hash(content)
