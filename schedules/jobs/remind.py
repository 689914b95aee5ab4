"""Reminders of duties: loads how the duties stand, the rest is owed.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.duties import states
from models.messages import Draft
from schedules.audience import audience
from schedules.claims import Claimed
from schedules.owed import what_is_due


def run(session: Session, campaign: Campaign, claimed: Sequence[Claimed], now: datetime) -> list[Draft]:
    """Write one reminder a person for all reminders of this tick; [] when nobody owes anything."""
    firings = [one.firing for one in claimed]
    named = {firing.duty for firing in firings}
    owed = states(session, campaign, now, duties=[key for key in campaign.duties if key in named])
    return what_is_due(campaign, firings, owed, audience(session, campaign), now)
