"""Who holds which role where, as queries, and the two changes there are: granting and ending.

Nothing here asks whether it is allowed: that is the handlers'. Ended roles stay as rows: history keeps its
names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.people import Contact, Identity, Membership, Org, Person, Role


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody has or had."""

    membership: Membership
    person: Person
    org: Org

    @property
    def role(self) -> Role:
        """Return the role."""
        return self.membership.role

    @property
    def live(self) -> bool:
        """Tell whether it holds now."""
        return self.membership.ended_at is None and self.person.active


def held_by(session: Session, person_ids: Iterable[int], *, ended: bool = False) -> list[Held]:
    """List the roles of persons in roster order; with ended=True also those of before."""
    return _held(session, Membership.person_id.in_(list(person_ids)), ended)


def held_in(session: Session, org_ids: Iterable[int], *, ended: bool = False) -> list[Held]:
    """List the roles in some orgs in roster order; with ended=True also those of before. At most a few hundred orgs."""
    return _held(session, Membership.org_id.in_(list(org_ids)), ended)


def _held(session: Session, condition: object, ended: bool) -> list[Held]:
    query = (
        select(Membership, Person, Org)
        .join(Person, Person.id == Membership.person_id)
        .join(Org, Org.id == Membership.org_id)
        .where(condition)  # type: ignore[arg-type]  # a column expression of Membership
        .order_by(Org.position, Org.id, Membership.id)
    )
    if not ended:
        query = query.where(Membership.ended_at.is_(None), Person.active)
    return [Held(*row) for row in session.execute(query).all()]


def active_holders(session: Session) -> list[tuple[int, int, Role]]:
    """Return (person, org, role) of every role that holds now."""
    query = (
        select(Membership.person_id, Membership.org_id, Membership.role)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.ended_at.is_(None), Person.active)
    )
    return [(person_id, org_id, role) for person_id, org_id, role in session.execute(query).all()]


def accounts_of(session: Session, person_id: int) -> Sequence[Identity]:
    """List the accounts of a person."""
    return session.scalars(select(Identity).where(Identity.person_id == person_id).order_by(Identity.id)).all()


def admins_of(session: Session, org_id: int) -> list[Contact]:
    """List the admins of one org that can be reached, in order of their roles."""
    rows = session.execute(
        select(Membership, Person, Identity)
        .join(Person, Person.id == Membership.person_id)
        .join(Identity, Identity.person_id == Person.id)
        .where(
            Membership.org_id == org_id,
            Membership.role == Role.ADMIN,
            Membership.ended_at.is_(None),
            Person.active,
        )
        .order_by(Membership.id)
    ).all()
    return [
        Contact(org_id, p.id, p.name, m.role, m.backup, account.channel, account.user_ref) for m, p, account in rows
    ]


def nearest_admins(session: Session, org: Org) -> tuple[Org, list[Contact]]:
    """Return the nearest org, from this one upwards, that has an admin who can be reached, and those admins.

    The top org with no admins when there is none at all.
    """
    seen = {org.id}
    here = org
    while True:
        found = admins_of(session, here.id)
        if found or here.parent_id is None or here.parent_id in seen:
            return here, found
        here = session.get_one(Org, here.parent_id)
        seen.add(here.id)


def grant(
    session: Session, person_id: int, org_id: int, role: Role, now: datetime, *, backup: bool = False
) -> Membership:
    """Give a role, or give it again. A person has a role in an org once, as main or as backup."""
    membership = session.scalar(
        select(Membership).where(
            Membership.person_id == person_id, Membership.org_id == org_id, Membership.role == role
        )
    )
    if membership is None:
        membership = Membership(person_id=person_id, org_id=org_id, role=role, backup=backup, since_at=now)
        session.add(membership)
    elif membership.ended_at is not None:
        membership.ended_at, membership.since_at = None, now
    membership.backup = backup
    session.flush()
    return membership


def end(session: Session, memberships: Iterable[Membership], now: datetime) -> None:
    """End roles; their rows stay."""
    for membership in memberships:
        membership.ended_at = now
    session.flush()


def other_admins(session: Session, org_id: int, person_id: int) -> int:
    """Count who else can act as admin of an org. The org's row is locked first: two who remove each other queue up."""
    session.execute(select(Org.id).where(Org.id == org_id).with_for_update())
    return len({contact.person_id for contact in admins_of(session, org_id)} - {person_id})
