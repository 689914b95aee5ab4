"""Reminders of duties: loads how the duties stand, the rest is owed.py; keeps to the cap a person and day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.audience import audience
from models.campaign.definition import Campaign
from models.chased import raised
from models.duties import states
from models.messages import Draft
from models.quiet import release
from models.reminding import at_the_cap, midnight, reminded_today
from schedules.owed import what_is_due
from schedules.rules import Firing


def run(session: Session, campaign: Campaign, firings: Sequence[Firing], now: datetime) -> list[Draft]:
    """Write one reminder a person for all reminders of this tick; [] when nobody owes anything.

    Beyond quiet.daily_cap reminders a day the next one waits for the next morning; it is looked at again then
    (silence.py), and expires if its deadline comes first. Decided by us 2026-11-24.
    """
    named = {firing.duty for firing in firings}
    owed = states(session, campaign, now, duties=[key for key in campaign.duties if key in named])
    told = raised(session, campaign, now) if any(firing.rule.overdue for firing in firings) else {}
    drafts = what_is_due(campaign, firings, owed, audience(session, campaign, at=release(campaign, now)), now, told)
    full = at_the_cap(campaign, reminded_today(session, campaign, now))
    tomorrow = release(campaign, midnight(campaign, now) + timedelta(days=1))
    return [
        replace(draft, not_before=max(draft.not_before, tomorrow)) if draft.recipient.person_id in full else draft
        for draft in drafts
    ]
