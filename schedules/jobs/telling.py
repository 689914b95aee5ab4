"""Addresses what is for the admins of the office. Shared by the jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.audience import office, recipient
from models.campaign.definition import Campaign
from models.messages import Content, Draft
from models.quiet import release

NEWS_LIFE = timedelta(hours=48)  # lists and rankings: after that the next ones are near (decided by us 2026-11-24)


def tell_admins(
    session: Session,
    campaign: Campaign,
    rule: str,
    contents: Sequence[Content],
    now: datetime,
    life: timedelta = NEWS_LIFE,
) -> list[Draft]:
    """Draft contents to each admin of the office, in order, a person at a time."""
    at = release(campaign, now)
    return [
        Draft(recipient(contact), content, rule, not_before=at, expires_at=at + life)
        for contact in office(session, campaign).admins()
        for content in contents
    ]
