"""What the bot makes of a platform that misbehaves, for the demo's drawer of faults. Only with a [clock], as /clock is.

Read from the same rows as 状态 and 发送情况: calls with their outcome, what waits and until when, incidents.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.web.clock import only_local
from handlers import wording
from models.campaign.definition import Campaign
from models.channel_state import ChannelState
from models.clock import Clock
from models.incidents import lately
from models.outbox import Attempt, Notice, Status
from models.phrases import channel_name
from models.session import Database

CALLS = 12  # that are shown
LOOKED_AT = 400  # attempts: a call to many has one for each
A_DAY = timedelta(days=1)


class Coping:
    """Reads what the drawer shows."""

    def __init__(self, db: Database, campaign: Callable[[Session], Campaign], clock: Clock, wall: Clock) -> None:
        self._db, self._campaign, self._clock, self._wall = db, campaign, clock, wall

    def __call__(self) -> dict[str, Any]:
        """Return it as JSON values; moments are of transport time."""
        now, wall = self._clock.now(), self._wall.now()
        with self._db.read() as session:
            campaign = self._campaign(session)
            waits = (Notice.status.in_((Status.WAITING, Status.SENDING)), Notice.not_before <= now)
            waiting, next_try = session.execute(
                select(func.count(Notice.id), func.min(Notice.next_try_at)).where(*waits)
            ).one()
            return {
                "waiting": waiting,
                "retry_at": _iso(next_try) if next_try and next_try > wall else None,
                "resting": [
                    {"until": _iso(state.rests_until), "words": wording.resting_words(campaign, state)}
                    for state in session.scalars(select(ChannelState).order_by(ChannelState.channel))
                    if state.rests_until and state.rests_until > wall
                ],
                "incidents": [
                    line.strip("· ") for line in wording.incident_lines(campaign, lately(session, now - A_DAY))
                ],
                "calls": _calls(session, campaign),
            }


def _calls(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    """List the last calls, the newest first: of one call those with the same outcome together."""
    query = (
        select(Attempt, Notice.channel, Notice.content)
        .join(Notice, Notice.id == Attempt.notice_id)
        .order_by(Attempt.id.desc())
        .limit(LOOKED_AT)
    )
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    for attempt, channel, content in session.execute(query):
        key = (attempt.call_ref, attempt.at.replace(microsecond=0), attempt.outcome, attempt.detail)
        if key not in found and len(found) == CALLS:
            break
        shown = found.setdefault(
            key,
            {
                "at": _iso(attempt.at),
                "channel": channel_name(campaign, channel),
                "group": channel.startswith("robot:"),
                "people": 0,
                "text": " ".join(str(content.get("text", "")).split("\n"))[:60],
                "outcome": attempt.outcome,
                "words": wording.call_words(attempt.outcome, attempt.code, attempt.detail),
            },
        )
        shown["people"] += 1
    return list(found.values())


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def blueprint(coping: Coping) -> Blueprint:
    """Make the route."""
    routes = Blueprint("coping", __name__)
    routes.before_request(only_local)

    @routes.get("/coping")
    def show() -> Response:
        return jsonify(coping())

    return routes
