"""The one look with which answering an inbound begins: who wrote, and what is waiting around that person.

Most people have no open question, form, loose photo or link, nobody is excused, and no reminder waits in the outbox.
What is not there is noted with the session, so that nothing later in the transaction asks the database once more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from models import amendments
from models.amendments import AmendmentRow
from models.drafts import Question
from models.excuses import Excuse
from models.files import Link, Photo
from models.forms import Form
from models.outbox import Notice, Status
from models.people import STAMP_COLUMNS, Identity, Membership, Org, Person, Sender, stamp_roster
from models.session import note_absent

_NEWEST = select(AmendmentRow.id).order_by(AmendmentRow.id.desc()).limit(1)
_WAITING = {  # of the sender
    Question: (Question.person_id == Person.id) & Question.closed_at.is_(None),
    Form: (Form.person_id == Person.id) & Form.closed_at.is_(None),
    Photo: (Photo.person_id == Person.id) & Photo.report_id.is_(None),
    Link: (Link.person_id == Person.id) & Link.report_id.is_(None),
    Excuse: Excuse.ended_at.is_(None),  # of anybody
    # to anybody on the channel; one that was withdrawn before its moment may have to wait again
    Notice: (Notice.channel == bindparam("channel"))
    & or_(
        Notice.status == Status.WAITING,
        (Notice.status == Status.CANCELLED) & (Notice.not_before > bindparam("now")),
    ),
}
_OF_ANYBODY = (Excuse, Notice)
_LOOK = (
    select(
        Person,
        Membership.role,
        Org,
        Membership.backup,
        _NEWEST.scalar_subquery(),
        select(AmendmentRow.made_at).order_by(AmendmentRow.id.desc()).limit(1).scalar_subquery(),
        *STAMP_COLUMNS,
        *(exists().where(condition) for condition in _WAITING.values()),
    )
    .join(Identity, Identity.person_id == Person.id)
    .join(Membership, Membership.person_id == Person.id)
    .join(Org, Org.id == Membership.org_id)
    .where(Identity.channel == bindparam("channel"), Identity.user_ref == bindparam("user_ref"), Person.active)
    .where(Membership.ended_at.is_(None))
    .order_by(Org.position, Org.id, Membership.id)
)


def look(session: Session, channel: str, user_ref: str, now: datetime) -> Sender | None:
    """Return who is behind an account, or None: unknown, switched off, or without a role left. now: campaign time."""
    rows = session.execute(_LOOK, {"channel": channel, "user_ref": user_ref.casefold(), "now": now}).all()
    if not rows:
        return None
    person, _, _, _, newest, made_at, *rest = rows[0]
    amendments.note_newest(session, None if newest is None else (newest, made_at))
    stamp_roster(session, rest[: len(STAMP_COLUMNS)])
    for table, found in zip(_WAITING, rest[len(STAMP_COLUMNS) :], strict=True):
        if not found:
            note_absent(session, table, None if table in _OF_ANYBODY else person.id)
    return Sender(person, user_ref, tuple((role, org, backup) for _, role, org, backup, *_ in rows))
