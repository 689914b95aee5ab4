"""Why a notice was withdrawn before it left, in the words that are kept with it. Admins read these.

Written where the notice is cancelled (models/answered.py, schedules, an admin's command); why() sorts them again, for
状态 and 发送情况.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from models.campaign.definition import Campaign
from models.phrases import moment

ANSWERED = "已报，催报取消"  # after the moment at which the answer came
NO_LONGER_OWED = "已不需要报，提醒取消"
RULE_PAUSED = "规则已暂停，没有发"
RULE_CHANGED = "规则的时间已改，这一次不发"
PASSED_ON = "请假，已转给顶替的人"  # of a notice to somebody on leave
PUT_OFF = "对方推迟了提醒，到时一并发"  # of a reminder that is said with one that was put off
SAID_SINCE = "后来的催报已经说了，这条不发"  # of a reminder that waited while an admin sent a newer one
UNDONE = "本人取消推迟"  # of a reminder that was put off
REPLACED = "本人改了推迟的时间"
STOPPED = "stopped by an admin"
ENDED = ("dismissed", "handed over", "switched off")  # reasons of outbox.withdraw()


class Why(Enum):
    """The kinds of reasons."""

    ANSWERED = "answered"
    NOT_OWED = "not-owed"
    PAUSED = "paused"
    CHANGED = "changed"
    PASSED_ON = "passed-on"
    PUT_OFF = "put-off"
    SAID_SINCE = "said-since"
    STOPPED = "stopped"
    LEFT = "left"
    OTHER = "other"


_KINDS = {
    NO_LONGER_OWED: Why.NOT_OWED,
    RULE_PAUSED: Why.PAUSED,
    RULE_CHANGED: Why.CHANGED,
    PASSED_ON: Why.PASSED_ON,
    **dict.fromkeys((PUT_OFF, UNDONE, REPLACED), Why.PUT_OFF),
    SAID_SINCE: Why.SAID_SINCE,
    STOPPED: Why.STOPPED,
    **dict.fromkeys(ENDED, Why.LEFT),
}


def answered(campaign: Campaign, met_at: datetime | None) -> str:
    """Say why a waiting reminder was withdrawn: 5月20日14:03已报，催报取消."""
    return f"{moment(campaign, met_at)}{ANSWERED}" if met_at else NO_LONGER_OWED


def why(reason: str) -> Why:
    """Return what kind of reason it is."""
    return Why.ANSWERED if reason.endswith(ANSWERED) else _KINDS.get(reason, Why.OTHER)
