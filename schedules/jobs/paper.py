"""Drafts of official papers to the admins of the office: the week's brief, the summary of the campaign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.bulletins.of_campaign import Scope, closing, weekly
from models.campaign.definition import Campaign
from models.messages import Draft, File, Text
from schedules import wording
from schedules.jobs.telling import tell_admins
from schedules.rules import Firing


def run(session: Session, campaign: Campaign, firings: Sequence[Firing], now: datetime) -> list[Draft]:
    """Write the draft of the paper that the rule names, with one line that says what it is."""
    firing = firings[0]
    everybody = Scope(campaign.office, None, frozenset(campaign.kinds))
    paper = (weekly if firing.rule.paper == "weekly" else closing)(session, campaign, everybody, now)
    file = File("paper", wording.paper_file(campaign, firing.rule.paper or "", now), paper.to_json())
    text = Text(wording.paper_is_ready(campaign, firing.rule.paper or ""))
    return tell_admins(session, campaign, firing.rule_key, [text, file], now)
