"""What a report answers is withdrawn from the outbox at once; when the report is undone, it waits again.

Called in the transaction of what changed how duties stand: a report, a correction, an undo, an excuse. Delivery's last
look (schedules/silence.py) judges once more what is left, and rewrites what was answered in part.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, cast, or_, select, update
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.chased import above
from models.duties import states
from models.messages import About
from models.outbox import Notice, Status
from models.people import Membership, Org, Person
from models.reminding import SNOOZE, about
from models.session import is_absent
from models.withdrawn import ANSWERED, NO_LONGER_OWED, answered

FEW = 100  # orgs of a change, or of the notices that it may answer; more are left to the last look


def settle(session: Session, campaign: Campaign, org_ids: Collection[int], now: datetime) -> None:
    """Withdraw the waiting reminders that orgs have answered in full, and let those wait again that they have not.

    now: campaign time. One that is under way, or in a call without an answer, goes its way. Only what was withdrawn
    before its moment waits again: nothing goes out in the evening since somebody took a report back; nor to who has no
    role any more, nor when an admin has stopped it. One that its reader had put off does not: the rules remind of it as
    usual.
    """
    if len(org_ids) > FEW or is_absent(session, Notice):
        return
    session.flush()
    found = _about(session, campaign, org_ids, now)
    abouts = {notice_id: [About(**item) for item in items] for notice_id, _, items in found}
    orgs = {item.org_id for items in abouts.values() for item in items}
    if not found or len(orgs) > FEW:
        return
    duties = {item.duty for items in abouts.values() for item in items}
    every = states(session, campaign, now, org_ids=orgs, duties=[key for key in campaign.duties if key in duties])
    standing = {about(state): state for state in every}
    for notice_id, status, _ in found:
        known = [standing[item] for item in abouts[notice_id] if item in standing]
        open_ = any(state.asked for state in known)
        if open_ == (status is Status.WAITING):
            continue
        met = [state.met_at for state in known if state.met_at]
        values = {
            "status": Status.WAITING if open_ else Status.CANCELLED,
            "reason": "" if open_ else answered(campaign, max(met, default=None)),
            "settled_at": None if open_ else now,
        }
        same = (Notice.id == notice_id, Notice.status == status, Notice.call_ref == "")
        session.execute(update(Notice).where(*same).values(values).execution_options(synchronize_session=False))


def _about(
    session: Session, campaign: Campaign, org_ids: Collection[int], now: datetime
) -> Sequence[tuple[int, Status, list[dict[str, Any]]]]:
    """List the notices about some orgs that wait, or were withdrawn as answered and would still wait."""
    told = {*org_ids, *above(session, org_ids)}
    office = select(Org.id).where(Org.name == campaign.office)
    in_orgs = or_(Membership.org_id.in_(told), Membership.org_id.in_(office))
    persons = select(Membership.person_id).where(in_orgs)
    live = persons.join(Person, Person.id == Membership.person_id).where(Membership.ended_at.is_(None), Person.active)
    again = and_(
        Notice.status == Status.CANCELLED,
        Notice.not_before > now,
        or_(Notice.expires_at.is_(None), Notice.expires_at > now),
        or_(Notice.reason.endswith(ANSWERED), Notice.reason == NO_LONGER_OWED),
        Notice.rule != SNOOZE,
        Notice.person_id.in_(live),
    )
    text = cast(Notice.abouts, String)
    query = select(Notice.id, Notice.status, Notice.abouts).where(
        Notice.person_id.in_(persons),
        Notice.call_ref == "",
        or_(Notice.status == Status.WAITING, again),
        or_(*(text.contains(f'"org_id": {org_id},') for org_id in org_ids)),
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query.order_by(Notice.id))]
