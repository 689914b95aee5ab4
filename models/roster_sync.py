"""Bring roster.csv and people.csv into the database. Adds and updates; deletes nothing and switches nobody on again.

What was changed in chat stands: a role that was ended there stays ended, a person who was switched off stays off.
Persons without a userid are not added: they join with a code and get their row then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.campaign.roster import Roster, RosterOrg, RosterPerson
from models.people import Identity, Membership, Org, Person, Role


def sync(session: Session, roster: Roster, channel: str, now: datetime) -> None:
    """Bring both files in, in the running transaction.

    channel: on which the userids are known. now: campaign time.
    """
    orgs = _orgs(session, roster.orgs)
    _people(session, roster.people, orgs, channel, now)


def _orgs(session: Session, rows: Iterable[RosterOrg]) -> dict[str, Org]:
    orgs = {org.name: org for org in session.scalars(select(Org))}
    rows = list(rows)
    for position, row in enumerate(rows, 1):
        org = orgs.get(row.name)
        if org is None:
            org = orgs[row.name] = Org(name=row.name)
            session.add(org)
        org.kind, org.position = row.kind, position
        org.population, org.headcount = row.population, row.headcount
        org.aliases, org.code = list(row.aliases), row.code or None
        org.joined_on, org.left_on = row.joined_on, row.left_on
    session.flush()
    for row in rows:
        orgs[row.name].parent_id = orgs[row.parent].id if row.parent else None
    session.flush()
    return orgs


def _people(session: Session, rows: Iterable[RosterPerson], orgs: dict[str, Org], channel: str, now: datetime) -> None:
    known = {
        account.user_ref: person
        for account, person in session.execute(
            select(Identity, Person).join(Person, Person.id == Identity.person_id).where(Identity.channel == channel)
        ).all()
    }
    roles = {(each.person_id, each.org_id, each.role): each for each in session.scalars(select(Membership))}
    for row in rows:
        ref = row.wecom_userid.casefold()
        if not ref:
            continue
        person = known.get(ref)
        if person is None:
            person = known[ref] = Person(name=row.name, active=True, created_at=now)
            session.add(person)
            session.flush()
            session.add(Identity(person_id=person.id, channel=channel, user_ref=ref))
        if person.active:
            person.name = row.name
        org, role = orgs[row.org], Role(row.role)
        membership = roles.get((person.id, org.id, role))
        if membership is None:
            session.add(Membership(person_id=person.id, org_id=org.id, role=role, backup=row.backup, since_at=now))
        elif membership.ended_at is None:
            membership.backup = row.backup
    session.flush()
