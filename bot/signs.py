"""What can be seen to be wrong, from what all processes have written down. Only reads; bot/incidents.py acts on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.silence import SILENT, silent_since, still_silent_since
from models.audience import WECOM_APP
from models.campaign.definition import Campaign
from models.channel_state import ChannelState
from models.outbox import Notice, Status

PICTURE = "picture"  # noted by who draws, not seen here
BLOCKED: Mapping[str, str] = {  # errcode -> kind of incident; other alerts are of the kind "refused"
    "60020": "ip",
    "40001": "token",
    "40013": "token",
    "40014": "token",
    "42001": "token",
    "93000": "robot",
    "93004": "robot",
    "93008": "robot",
}
APP_KINDS = frozenset({"ip", "token", "robot", "refused", "limit", "unreachable"})  # the channel carries nothing now
NEAR = 80  # per cent of the day's limit (decided by us 2026-11-24)
IN_VAIN = 4  # tries of a notice, about a minute, before the platform counts as out of reach
SEEN_FOR = timedelta(minutes=30)  # of campaign time: how long a notice that was given up is a sign
GIVEN_UP: Mapping[str, str] = {  # how the reason of a failed notice begins or ends -> kind of incident
    "busy:%": "busy",
    "%(50002)": "scope",
    "%(60011)": "scope",
    "%(85002)": "words",
}
_CODE = re.compile(r"\((-?\d+)\)\s*$")


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that is wrong."""

    kind: str
    channel: str  # empty: of none
    detail: str

    @property
    def key(self) -> str:
        """Return what is the same for the same trouble."""
        return f"{self.kind}:{self.channel}"


def signs(session: Session, campaign: Campaign, now: datetime, wall: datetime, per_day: int) -> Iterator[Sign]:
    """List what is wrong now. now: campaign time; wall: transport time; per_day: person-messages, 0: not known."""
    for state in session.scalars(select(ChannelState).order_by(ChannelState.channel)):
        if state.alert or state.waits > 1:
            yield Sign(_kind(state), state.channel, state.reason)
        if state.channel == WECOM_APP and per_day and state.sent_today(wall) * 100 >= per_day * NEAR:
            yield Sign("day-limit", state.channel, f"{state.sent_today(wall)} of {per_day}")
    yield from _in_vain(session, now)
    since = silent_since(session, campaign, now, wall) or still_silent_since(session)
    if since is not None:
        yield Sign(SILENT, "", f"last heard {since.isoformat(timespec='minutes')}")


def _kind(state: ChannelState) -> str:
    if not state.alert:
        return "limit"
    code = _CODE.search(state.reason)
    return BLOCKED.get(code[1], "refused") if code else "refused"


def _in_vain(session: Session, now: datetime) -> Iterator[Sign]:
    """Find channels on which calls do not get through, and those that had to give notices up."""
    tried = select(Notice.channel, func.max(Notice.reason)).where(
        Notice.status == Status.WAITING, Notice.not_before <= now, Notice.tries >= IN_VAIN
    )
    for channel, reason in session.execute(tried.group_by(Notice.channel)):
        yield Sign("unreachable", channel, reason)
    failed = (Notice.status == Status.FAILED, Notice.settled_at > now - SEEN_FOR)
    for pattern, kind in GIVEN_UP.items():
        given_up = select(Notice.channel, func.max(Notice.reason)).where(*failed, Notice.reason.like(pattern))
        for channel, reason in session.execute(given_up.group_by(Notice.channel)):
            yield Sign(kind, channel, reason)
