"""Asks the admins for the yes that a ranking waits for: at once with its preview, and again while nobody has decided.

The reminders are written together with the preview and withdrawn at sending once the issue is decided (silence.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from models.audience import Audience, recipient
from models.campaign.definition import Campaign
from models.campaign.workdays import Workdays
from models.issues import RankingIssue, about
from models.messages import Content, Draft, Text
from models.quiet import release

AGAIN_AFTER = timedelta(hours=4)  # the same day (decided by us 2026-11-24)
NEXT_MORNING = time(9, 7)  # and on the next working day (decided by us 2026-11-24)
LIFE = timedelta(hours=24)  # of a reminder; the next issue follows within the week (decided by us 2026-11-24)


def ask(
    campaign: Campaign,
    issue: RankingIssue,
    rule: str,
    contents: Sequence[Content],
    reminder: Text,
    people: Audience,
    now: datetime,
    life: timedelta,
) -> list[Draft]:
    """Draft preview and reminders to each admin of the office, a person at a time. life: of the preview."""
    at = release(campaign, now)
    later = [release(campaign, moment) for moment in again(campaign, at)]
    carried = (about(issue.id, issue.ranking),)
    drafts = []
    for contact in people.admins():
        to = recipient(contact)
        drafts += [Draft(to, content, rule, at, at + life, carried) for content in contents]
        drafts += [Draft(to, reminder, rule, moment, moment + LIFE, carried) for moment in later]
    return drafts


def again(campaign: Campaign, asked_at: datetime) -> list[datetime]:
    """Return when to ask again: after some hours if that is the same day still, and on the next working day."""
    local = asked_at.astimezone(campaign.tz)
    day = Workdays(campaign).next_workday(local.date())
    moments = [local + AGAIN_AFTER, datetime.combine(day, NEXT_MORNING, tzinfo=campaign.tz)]
    return [moment for moment in moments if moment.date() in (local.date(), day)]
