"""A fixed text of the campaign file to an audience."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.audience import audience, recipient
from models.campaign.definition import Campaign
from models.messages import Draft, Text
from models.people import all_orgs
from models.quiet import release
from models.spreading import spread
from schedules import wording
from schedules.rules import Firing


def run(session: Session, campaign: Campaign, firings: Sequence[Firing], now: datetime) -> list[Draft]:
    """Tell everybody with a role in an org of the audience (all kinds when it is empty), or only the office's admins.

    A person of several orgs is told once, for the first of them. It expires max_late_hours after it leaves.
    """
    rule = firings[0].rule
    orgs = all_orgs(session)
    people = audience(session, campaign, orgs)
    names = {org.id: org.name for org in orgs}
    chosen = [org.id for org in orgs if not rule.audience or org.kind in rule.audience]
    told = people.admins() if rule.to == "admins" else people.members(chosen)
    at = release(campaign, now)
    expires_at = at + timedelta(hours=max(1, rule.max_late_hours))
    return spread(
        [
            Draft(
                recipient(contact),
                Text(wording.notice(campaign, rule.text, names[contact.org_id])),
                firings[0].rule_key,
                not_before=at,
                expires_at=expires_at,
            )
            for contact in told
        ]
    )
