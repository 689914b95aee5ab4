"""The last look at notices before they go: what admins have paused or changed since, then what has been answered.

Called by bot's delivery inside the short transaction in which it claims notices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, Rule, RuleKind
from models.campaign.firings import duty_of
from models.outbox import Lane, Notice
from models.quiet import held, release
from models.reminding import CHASE, SNOOZE, silent_duties
from models.sendings import BROADCAST
from models.withdrawn import RULE_CHANGED, RULE_PAUSED
from schedules.silence import unwanted

KEPT_BACK = (CHASE, SNOOZE, BROADCAST)  # of no rule, and kept back in quiet hours like a rule's notices


def look_again(session: Session, campaign: Campaign, notices: Sequence[Notice], now: datetime) -> Mapping[int, str]:
    """Return by notice id why it need not go; rewrites in place what goes with other words. campaign: as it is now.

    What must wait for the morning gets a later `not_before`: it does not go now either.
    """
    reasons = set_aside(campaign, notices, now)
    kept_back = {n.id for n in notices if n.id not in reasons and waits_for_morning(campaign, n, now)}
    for notice in notices:
        if notice.id in kept_back:
            notice.not_before = release(campaign, now)
    rest = [notice for notice in notices if notice.id not in reasons and notice.id not in kept_back]
    return {**reasons, **unwanted(session, campaign, rest, now)}


def waits_for_morning(campaign: Campaign, notice: Notice, now: datetime) -> bool:
    """Tell whether a notice that was held up into quiet hours, by an outage of ours or the platform's, is kept back.

    Answers, what an admin publishes or sends as urgent, and a call that is repeated go all the same. Decided by us
    2026-11-24.
    """
    rule = campaign.rules.get(notice.rule)
    unasked = notice.rule in KEPT_BACK if rule is None else rule.kind is not RuleKind.RANKING
    mine = unasked and notice.lane == Lane.BULK.value and not notice.call_ref
    return mine and notice.not_before <= now and held(campaign, now)


def set_aside(campaign: Campaign, notices: Sequence[Notice], now: datetime) -> dict[int, str]:
    """Return by notice id why a paused or changed rule lets it not go.

    A reminder may carry what several rules ask for, under the key of one: what another rule still asks for stays, and
    the rest is taken out of `abouts`; so with one that its reader has put off. Of a changed rule only reminders are
    taken back: its next firing says the same. Decided by us 2026-11-24.
    """
    silent = silent_duties(campaign, now)
    reasons: dict[int, str] = {}
    for notice in notices:
        rule = campaign.rules.get(notice.rule)
        if rule is None and notice.rule != SNOOZE:
            continue
        reason = _reason(rule, notice, now) if rule else ""  # one that was put off is of no rule, but of its duties
        if (rule and rule.kind is not RuleKind.REMIND) or not notice.abouts:
            if reason:
                reasons[notice.id] = reason
            continue
        gone = silent | ({duty_of(rule)} if rule and reason else set())
        kept = [item for item in notice.abouts if item["duty"] not in gone]
        if not kept:
            reasons[notice.id] = reason or RULE_PAUSED
        elif len(kept) < len(notice.abouts):
            notice.abouts = kept
    return reasons


def _reason(rule: Rule, notice: Notice, now: datetime) -> str:
    if rule.amended.paused(now, now):
        return RULE_PAUSED
    since = rule.amended.since
    changed = rule.kind is RuleKind.REMIND and since is not None and notice.created_at <= since
    return RULE_CHANGED if changed else ""
