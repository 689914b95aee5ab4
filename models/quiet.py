"""When people may be told something that they did not ask for. Pure.

Source: decisions 7 (quiet hours); product.md and the platform's advice (:00 and :30).
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from models.campaign.definition import Campaign
from models.campaign.periods import clock_time

AFTER_QUIET = timedelta(minutes=3)  # what was held leaves so long after quiet hours end (decided by us 2026-11-24)
OFF_THE_MARK = timedelta(minutes=2)  # a moment on :00 or :30 is moved by so much (decided by us 2026-11-24)
MARKS = (0, 30)  # minutes of the hour in which everybody pushes


def release(campaign: Campaign, moment: datetime) -> datetime:
    """Return the first moment from `moment` on at which people may be told something; aware in and out (UTC)."""
    local = moment.astimezone(campaign.tz)
    start, end = clock_time(campaign.quiet.start), clock_time(campaign.quiet.end)
    if _within(local.time(), start, end):
        morning = datetime.combine(local.date(), end, tzinfo=campaign.tz)
        if morning <= local:
            morning += timedelta(days=1)
        local = morning + AFTER_QUIET
    if local.minute in MARKS:
        local += OFF_THE_MARK
    return local.astimezone(UTC)


def held(campaign: Campaign, moment: datetime) -> bool:
    """Tell whether quiet hours hold a moment back."""
    local = moment.astimezone(campaign.tz)
    return _within(local.time(), clock_time(campaign.quiet.start), clock_time(campaign.quiet.end))


def _within(at: time, start: time, end: time) -> bool:
    return start <= at < end if start < end else at >= start or at < end
