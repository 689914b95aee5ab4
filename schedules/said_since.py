"""What a newer 催报 says to the same person, an older reminder that still waits does not say again.

Called by silence.py at the last look before sending, inside the transaction in which delivery claims notices.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.messages import About
from models.outbox import Notice, Status
from models.reminding import ADMINS_CHASES, CHASE, SNOOZE, URGENT, about, midnight
from schedules.passing_on import Asking, Kept

GONE_OUT = (Status.SENDING, Status.SENT, Status.UNCERTAIN)


def leave_to_newer(session: Session, campaign: Campaign, asking: Asking, now: datetime) -> Kept:
    """Return what older reminders still ask for beside a newer 催报 that has gone out or goes now.

    An admin who sends 加急 while his 催报 waits for its minute must not be read twice. An urgent one always goes, and
    one that its reader put off comes when he wished. A rule's reminder yields to what was sent on its own day only.
    Decided by us 2026-11-24.
    """
    mine = {key: value for key, value in asking.items() if value[0].rule not in (URGENT, SNOOZE)}
    if not mine:
        return {}
    query = select(Notice.id, Notice.person_id, Notice.abouts, Notice.created_at).where(
        Notice.id > min(mine),
        Notice.rule.in_(ADMINS_CHASES),
        or_(Notice.status.in_(GONE_OUT), and_(Notice.status == Status.WAITING, Notice.not_before <= now)),
    )
    newest: dict[tuple[int | None, About], tuple[int, datetime]] = {}
    for chase_id, person_id, abouts, created_at in session.execute(query.order_by(Notice.id)):
        newest |= {(person_id, About(**item)): (chase_id, created_at) for item in abouts}
    if not newest:
        return {}
    since = midnight(campaign, now)
    kept: Kept = {}
    for notice_id, (notice, items) in mine.items():
        left = []
        for item in items:
            chase_id, created_at = newest.get((notice.person_id, about(item.state)), (0, since))
            if chase_id <= notice_id or (notice.rule != CHASE and created_at < since):
                left.append(item)
        if len(left) < len(items):
            kept[notice_id] = left
    return kept
