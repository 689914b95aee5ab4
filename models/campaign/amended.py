"""What admins change while a campaign runs, laid over the campaign file: later deadlines, pauses, times of rules. Pure.

(campaign of the file, amendments oldest first) in, the campaign as it is now out. Everybody who asks what is due, or
when something fires, works with that one. models/amendments.py keeps the amendments; the file itself is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from pydantic import ValidationError

from models.campaign.definition import (
    Before,
    Campaign,
    Daily,
    Duty,
    Frozen,
    Moved,
    On,
    Overdue,
    Pause,
    Rule,
    RuleKind,
    Weekly,
)
from models.campaign.firings import filed
from models.campaign.periods import filed_deadline, periods

EVERYTHING = "*"  # subject of a pause of all rules; no key can be called so
PAUSABLE = tuple(kind for kind in RuleKind if kind is not RuleKind.BRIEF)  # 全部 leaves the admins' heartbeat alone
TIMINGS: Mapping[str, type[Frozen]] = {"before": Before, "overdue": Overdue, "weekly": Weekly, "daily": Daily, "on": On}
STEP = 1_000_000  # versions of one version of the file: its number times this, and the amendment's id


class Kind(Enum):
    """What an amendment does."""

    EXTEND = "extend"  # a deadline of a duty and period, of all orgs or one; without due: back to what held before
    PAUSE = "pause"  # a rule, or all
    RESUME = "resume"
    RULE = "rule"  # other times of a rule; without times: back to the file's


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change, as it is kept."""

    id: int  # grows; later ones win
    kind: Kind
    subject: str  # key of the duty or rule, or EVERYTHING
    made_at: datetime  # aware, campaign time
    period: str | None = None  # period key, for EXTEND
    org_id: int | None = None  # for EXTEND; None: all orgs
    value: Mapping[str, Any] = field(default_factory=dict)  # JSON: due, until, timing, over


def amended(campaign: Campaign, amendments: Iterable[Amendment]) -> Campaign:
    """Return the campaign as it is after some amendments, oldest first.

    What names a duty, period or rule that the campaign does not have (any more) changes nothing. A changed rule has a
    version of its own, so that what was planned before dies and nothing fires twice; the file's next version wins
    over it. An extension leaves versions alone: its reminders have other moments, and those before it are over.
    """
    for each in amendments:
        campaign = amend(campaign, each)
    return campaign


def amend(campaign: Campaign, amendment: Amendment) -> Campaign:
    """Return the campaign with one amendment more. The same as amended() with it at the end."""
    if amendment.kind is Kind.EXTEND:
        duty = campaign.duties.get(amendment.subject)
        return campaign if duty is None else _with_duty(campaign, amendment, _extended(campaign, duty, amendment))
    if amendment.subject == EVERYTHING:
        rules = {key: rule for key, rule in campaign.rules.items() if rule.kind in PAUSABLE}
    else:
        rules = {key: rule for key, rule in campaign.rules.items() if key == amendment.subject}
    change = _DO[amendment.kind]
    changed = {key: change(rule, amendment) for key, rule in rules.items()}
    return campaign.model_copy(update={"rules": {**campaign.rules, **changed}})


def _with_duty(campaign: Campaign, amendment: Amendment, duty: Duty) -> Campaign:
    return campaign.model_copy(update={"duties": {**campaign.duties, amendment.subject: duty}})


def _extended(campaign: Campaign, duty: Duty, amendment: Amendment) -> Duty:
    """Return a duty with a deadline put elsewhere, or put back. Its reminders of moments before now are over."""
    period = next((period for period in periods(campaign, duty) if period.key == amendment.period), None)
    if period is None:
        return duty
    general, own, since = dict(duty.moved.due), dict(duty.moved.own), dict(duty.moved.since)
    written = amendment.value.get("due")
    due = None if written is None else datetime.fromisoformat(written).astimezone(campaign.tz)
    if amendment.org_id is None:
        due = due or filed_deadline(campaign, duty, period)
        general[period.key] = due
    elif due is not None:
        own[amendment.org_id, period.key] = due
    else:
        own.pop((amendment.org_id, period.key), None)
    if due is not None:
        since[period.key, due] = amendment.made_at
    return duty.with_moved(Moved(general, own, since))


def _paused(rule: Rule, amendment: Amendment) -> Rule:
    """Return a rule that is paused from now on; of one that is paused already the end changes."""
    written = amendment.value.get("until")
    end = None if written is None else datetime.fromisoformat(written)
    *before, last = rule.amended.pauses or (None,)
    if last is not None and _holds(last, amendment.made_at):
        pauses = (*(each for each in before if each), Pause(last.start, end))
    else:
        pauses = (*rule.amended.pauses, Pause(amendment.made_at, end))
    return rule.with_amended(replace(rule.amended, pauses=pauses))


def _resumed(rule: Rule, amendment: Amendment) -> Rule:
    pauses = tuple(
        Pause(each.start, max(each.start, amendment.made_at)) if _holds(each, amendment.made_at) else each
        for each in rule.amended.pauses
    )
    return rule.with_amended(replace(rule.amended, pauses=pauses))


def _holds(pause: Pause, moment: datetime) -> bool:
    return pause.end is None or pause.end > moment


def _retimed(rule: Rule, amendment: Amendment) -> Rule:
    """Return a rule with other times and a version of its own; or the file's times, with such a version too."""
    original = filed(rule)
    if amendment.value.get("over") != original.version:
        kept = replace(rule.amended, outdated=bool(amendment.value.get("timing")))
        return rule.with_amended(kept)
    written = amendment.value.get("timing") or {}
    try:
        timing = {name: TIMINGS[name].model_validate(value) for name, value in written.items()}
    except (ValidationError, KeyError):  # of another version of the program: the file's times hold
        timing = {}
    changed = original.model_copy(update={**timing, "version": original.version * STEP + amendment.id})
    news = replace(rule.amended, filed=original, since=amendment.made_at, outdated=False)
    return changed.with_amended(news)


def retimed(rule: Rule) -> bool:
    """Tell whether a rule has other times than in the campaign file."""
    original = filed(rule)
    return any(getattr(rule, name) != getattr(original, name) for name in TIMINGS)


_DO = {Kind.PAUSE: _paused, Kind.RESUME: _resumed, Kind.RULE: _retimed}
