"""What becomes of firings that could not go on time: sent late, only the newest, or skipped with a reason. Pure.

Called by the ticker after a pause of any length; a firing that is on time passes through here as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.campaign.definition import Late, RuleKind
from schedules import wording
from schedules.rules import Firing

ON_TIME = timedelta(minutes=10)  # up to here a firing counts as on time; we tick each minute (decided by us 2026-11-24)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a firing still goes out."""

    firing: Firing
    fires: bool
    reason: str = ""  # for a skipped one, in Chinese: admins read it
    telling: bool = False  # skipped, and nothing newer of its rule says the same: admins are told


def decide(
    missed: Iterable[Firing], now: datetime, newest: Mapping[tuple[str, int], datetime] | None = None
) -> list[Verdict]:
    """Judge firings that are due and not taken up, in the order given.

    now:    aware.
    newest: by (rule, version) the newest scheduled moment up to now, taken up or not; by default that of `missed`.

    A rule's own `late` holds: SEND up to max_late_hours, NEWEST the same but only the newest of the rule, SKIP only on
    time. Whatever the policy, a reminder whose deadline has passed is skipped: the overdue rule speaks then; and what
    falls into a pause is, and is not made up for when the rule is taken up again (decided by us 2026-11-24).
    Source: product.md ("今天截止", not "还有3天"), reliability.md 2.5; ON_TIME decided by us 2026-11-24.
    """
    pending = list(missed)
    last = dict(newest or {})
    for firing in pending:
        rule = (firing.rule_key, firing.version)
        last[rule] = max(last.get(rule, firing.scheduled_at), firing.scheduled_at)
    return [_judge(firing, now, last[firing.rule_key, firing.version]) for firing in pending]


def _judge(firing: Firing, now: datetime, newest: datetime) -> Verdict:
    rule = firing.rule
    lateness = now - firing.scheduled_at
    if rule.amended.paused(firing.scheduled_at, now):
        return Verdict(firing, False, wording.PAUSED)
    own = rule.kind is RuleKind.MISSING_LIST  # each list is of a period of its own: a newer one does not say the same
    if rule.late is Late.NEWEST and firing.scheduled_at < newest and not own:
        return Verdict(firing, False, wording.SUPERSEDED)
    if firing.useful_until is not None and now >= firing.useful_until:
        return Verdict(firing, False, wording.PAST_DEADLINE, telling=True)
    if lateness <= ON_TIME:
        return Verdict(firing, True)
    if rule.late is Late.SKIP:
        return Verdict(firing, False, wording.NOT_SENT_LATE, telling=True)
    if lateness > timedelta(hours=rule.max_late_hours):
        return Verdict(firing, False, wording.too_late(lateness, rule.max_late_hours), telling=True)
    return Verdict(firing, True)
