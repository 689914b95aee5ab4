"""Who is told: the liaisons of an org, who stands in for them, who is above them, the admins, everybody.

Pure, over what people.contacts() lists. Who is on leave is passed over as long as somebody else is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import leave
from models.campaign.definition import Campaign
from models.messages import Recipient
from models.people import Contact, Org, Role, contacts

WECOM_APP = "wecom_app"


class Audience:
    """The reachable people of one channel. Lists are in roster order, each person once."""

    def __init__(
        self,
        reachable: Iterable[Contact],
        office_id: int | None = None,
        parents: Mapping[int, int | None] | None = None,
        away: Collection[int] = (),
    ) -> None:
        self._by_org: dict[int, list[Contact]] = {}
        for contact in reachable:
            self._by_org.setdefault(contact.org_id, []).append(contact)
        self._office_id = office_id
        self._parents = parents or {}
        self._away = frozenset(away)
        self._reporters: dict[int, list[Contact]] = {}

    def reporters(self, org_id: int) -> list[Contact]:
        """List who reports for an org: its liaisons, else their backups, else its admins; [] when nobody has joined.

        Who is on leave comes last: when everybody is, the liaisons are told all the same. Decided by us 2026-11-24.
        """
        known = self._reporters.get(org_id)
        if known is None:
            known = self._reporters[org_id] = self._find_reporters(org_id)
        return known

    def _find_reporters(self, org_id: int) -> list[Contact]:
        here = self._by_org.get(org_id, [])
        liaisons = [contact for contact in here if contact.role is Role.LIAISON]
        groups = (
            [contact for contact in liaisons if not contact.backup],
            liaisons,
            [contact for contact in here if contact.role is Role.ADMIN],
        )
        for group in (*(self._present(group) for group in groups), *groups):
            if group:
                return _once(group)
        return []

    def deserted(self, org_id: int) -> bool:
        """Tell whether everybody who could report for an org is on leave."""
        found = self.reporters(org_id)
        return bool(found) and not self._present(found)

    def backups(self, org_id: int) -> list[Contact]:
        """List the backup liaisons of an org who are there; [] when it has none."""
        here = self._by_org.get(org_id, [])
        return _once(self._present(c for c in here if c.role is Role.LIAISON and c.backup))

    def superior(self, org_id: int) -> list[Contact] | None:
        """List who speaks for the nearest org above that somebody has joined; [] when nobody has.

        None when the office itself is next: what goes up to it is for its admins.
        """
        seen = {org_id}
        above = self._parents.get(org_id)
        if above is None or above == self._office_id:
            return None
        while above is not None and above != self._office_id and above not in seen:
            found = self.reporters(above)
            if found:
                return found
            seen.add(above)
            above = self._parents.get(above)
        return []

    def admins(self) -> list[Contact]:
        """List the admins of the office that runs the campaign; those on leave only when no other is there."""
        here = self._by_org.get(self._office_id or 0, [])
        every = [contact for contact in here if contact.role is Role.ADMIN]
        return _once(self._present(every) or every)

    def admins_of(self, org_id: int) -> list[Contact]:
        """List the admins of one org."""
        return _once(contact for contact in self._by_org.get(org_id, []) if contact.role is Role.ADMIN)

    def homes(self) -> dict[int, set[int]]:
        """Return by person the orgs in which he has a role."""
        found: dict[int, set[int]] = {}
        for org_id, here in self._by_org.items():
            for contact in here:
                found.setdefault(contact.person_id, set()).add(org_id)
        return found

    def members(self, org_ids: Sequence[int]) -> list[Contact]:
        """List everybody with a role in one of these orgs; a person of several orgs counts for the first."""
        return _once(contact for org_id in org_ids for contact in self._by_org.get(org_id, []))

    def away(self, person_id: int | None) -> bool:
        """Tell whether a person is on leave."""
        return person_id in self._away

    def _present(self, found: Iterable[Contact]) -> list[Contact]:
        return [contact for contact in found if contact.person_id not in self._away]


def audience(
    session: Session, campaign: Campaign, orgs: Sequence[Org] | None = None, at: datetime | None = None
) -> Audience:
    """Load who can be reached through the WeCom app.

    orgs: all orgs, when the caller has them already.
    at:   aware; who is on leave on that day is passed over. None: leave is left out of account.
    """
    away = leave.away_on(session, campaign.local_day(at)) if at else ()
    known = session.execute(select(Org.id, Org.name, Org.parent_id)).all() if orgs is None else orgs
    office_id = next((org.id for org in known if org.name == campaign.office), None)
    return Audience(contacts(session, WECOM_APP), office_id, {org.id: org.parent_id for org in known}, away)


def office(session: Session, campaign: Campaign) -> Audience:
    """Load only who belongs to the office: for what is told to its admins."""
    office_id = session.scalar(select(Org.id).where(Org.name == campaign.office))
    return Audience(contacts(session, WECOM_APP, office_id) if office_id is not None else (), office_id)


def of_org(session: Session, org_id: int, away: Collection[int] = ()) -> Audience:
    """Load only who belongs to one org, while some persons are away: for who reports for it."""
    return Audience(contacts(session, WECOM_APP, org_id), away=away)


def recipient(contact: Contact) -> Recipient:
    """Address a notice to a person."""
    return Recipient(contact.channel, contact.user_ref, contact.person_id, contact.org_id)


def _once(found: Iterable[Contact]) -> list[Contact]:
    persons: dict[int, Contact] = {}
    for contact in found:
        persons.setdefault(contact.person_id, contact)
    return list(persons.values())
