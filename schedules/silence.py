"""Looks at a reminder once more at the moment of sending: what has been answered is not chased.

Called by bot's delivery inside the short transaction in which it claims notices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from models import issues
from models.campaign.definition import Campaign, RuleKind
from models.duties import DutyState, states
from models.messages import About, content_to_json
from models.outbox import Notice, about_to_json, content_hash
from models.reminder_words import Item, compose
from models.reminding import ADMINS_CHASES, SNOOZE, about
from models.withdrawn import PASSED_ON, PUT_OFF, SAID_SINCE, answered
from schedules.passing_on import fold, pass_on
from schedules.said_since import leave_to_newer

MANY = 500  # orgs of one query, which holds only so many values
MOST = 3000  # orgs; of more all are read. A call carries 1,000 people, and the database is one writer's meanwhile


def still_wanted(session: Session, campaign: Campaign, notice: Notice, now: datetime) -> str | None:
    """Return why a notice need not go any more, in Chinese, or None: it goes. See unwanted() for many at once.

    A reminder of which only a part was answered, or that waited overnight, is rewritten in place to what is true now.
    """
    return unwanted(session, campaign, [notice], now).get(notice.id)


def unwanted(session: Session, campaign: Campaign, notices: Sequence[Notice], now: datetime) -> dict[int, str]:
    """Return by notice id why it need not go; notices that ask for nothing, or still ask, are not in it.

    now: aware. Evaluates the duties once for all notices.

    A reminder by a rule, or by an admin's 催报, is rewritten in place (content and hash) when it is no longer true, and
    goes to who stands in when its reader is on leave; what a newer 催报 says is left to that. One whose last call got
    no answer stays as it is: a repeat must be identical (decisions 4).
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
    open_: dict[int, tuple[Notice, Sequence[Item]]] = {}
    for notice_id, (notice, abouts) in asking.items():
        known = [standing[item] for item in abouts if item in standing]
        if not any(state.asked for state in known):
            met = [state.met_at for state in known if state.met_at]
            reasons[notice_id] = answered(campaign, max(met, default=None))
        elif _is_ours(campaign, notice):
            open_[notice_id] = (
                notice,
                [
                    Item(standing[item], item.rung, item.cause)
                    for item in abouts
                    if item in standing and standing[item].asked
                ],
            )
    for change, reason in ((leave_to_newer, SAID_SINCE), (pass_on, PASSED_ON), (fold, PUT_OFF)):
        for notice_id, items in change(session, campaign, open_, now).items():
            open_[notice_id] = open_[notice_id][0], items
            if not items:
                reasons[notice_id] = reason
                del open_[notice_id]
    for notice, items in open_.values():
        _rewrite(campaign, notice, items, now)
    return reasons


def _standing(session: Session, campaign: Campaign, items: Sequence[About], now: datetime) -> dict[About, DutyState]:
    wanted = {item.duty for item in items}
    duties = [key for key in campaign.duties if key in wanted]
    orgs = sorted({item.org_id for item in items})
    groups: Sequence[Sequence[int] | None] = [orgs[first : first + MANY] for first in range(0, len(orgs), MANY)]
    if len(orgs) > MOST:
        groups = [None]
    found = (state for some in groups for state in states(session, campaign, now, org_ids=some, duties=duties))
    return {about(state): state for state in found}


def _is_ours(campaign: Campaign, notice: Notice) -> bool:
    """Tell whether a notice is in our own words, and in no call that got no answer: then it may be rewritten."""
    rule = campaign.rules.get(notice.rule)
    by_rule = rule is not None and rule.kind is RuleKind.REMIND
    return not notice.call_ref and (by_rule or notice.rule in (*ADMINS_CHASES, SNOOZE))


def _rewrite(campaign: Campaign, notice: Notice, items: Sequence[Item], now: datetime) -> None:
    """Write a reminder anew for what is left, and let it ask for no more than that."""
    content = content_to_json(compose(campaign, campaign.rules.get(notice.rule), items, now))
    if content != notice.content:
        notice.content, notice.content_hash = content, content_hash(content)
        every = [replace(about(item.state), rung=item.rung, cause=item.cause) for item in items]
        notice.abouts = [about_to_json(item) for item in every]
