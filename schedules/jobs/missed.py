"""One line to the admins about what was missed and is not made up for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.messages import Draft, Text
from schedules import wording
from schedules.jobs.telling import tell_admins
from schedules.late import Verdict

RULE = "missed"  # stands in for a rule's key with these notices


def summary(session: Session, campaign: Campaign, skipped: Sequence[Verdict], now: datetime) -> list[Draft]:
    """Draft one summary to each admin of the skipped firings that nothing newer makes good; [] when there are none."""
    told = [
        (verdict.firing.scheduled_at, verdict.firing.rule.name, verdict.reason)
        for verdict in skipped
        if verdict.telling
    ]
    if not told:
        return []
    return tell_admins(session, campaign, RULE, [Text(wording.late_summary(campaign, told))], now)
