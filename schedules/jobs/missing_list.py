"""The list of who failed a duty in the period that has ended, to the admins of the office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.chased import FEW, chased, words
from models.duties import states
from models.messages import Draft, Text
from models.reminding import about
from schedules import wording
from schedules.jobs.telling import tell_admins
from schedules.rules import Firing


def run(session: Session, campaign: Campaign, firings: Sequence[Firing], now: datetime) -> list[Draft]:
    """List who failed; also says so when all were on time. [] when no org owed the duty in that period."""
    firing = firings[0]
    every = states(session, campaign, now, duties=[firing.duty] if firing.duty else [])
    owed = [state for state in every if state.period == firing.period and state.standing.counted]
    if not owed:
        return []
    named = [about(state) for state in owed if state.standing.open][:FEW]  # the list names fewer
    known = chased(session, campaign, named)
    notes = {item: words(campaign, each) for item, each in known.items()}
    return tell_admins(session, campaign, firing.rule_key, [Text(wording.missing_list(campaign, owed, notes))], now)
