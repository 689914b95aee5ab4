"""Who is told: the liaisons of an org, the admins, everybody. Pure, over what people.contacts() lists.

The ladder (backup, superior org, admins' list, counted in working days) comes with the issue on the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.messages import Recipient
from models.people import Contact, Org, Role, all_orgs, contacts

WECOM_APP = "wecom_app"


class Audience:
    """The reachable people of one channel. Lists are in roster order, each person once."""

    def __init__(self, reachable: Iterable[Contact], office_id: int | None = None) -> None:
        self._all = list(reachable)
        self._by_org: dict[int, list[Contact]] = {}
        for contact in self._all:
            self._by_org.setdefault(contact.org_id, []).append(contact)
        self._office_id = office_id

    def reporters(self, org_id: int) -> list[Contact]:
        """List who reports for an org: its liaisons, else their backups, else its admins; [] when nobody has joined."""
        here = self._by_org.get(org_id, [])
        liaisons = [contact for contact in here if contact.role is Role.LIAISON]
        for group in (
            [contact for contact in liaisons if not contact.backup],
            liaisons,
            [contact for contact in here if contact.role is Role.ADMIN],
        ):
            if group:
                return _once(group)
        return []

    def admins(self) -> list[Contact]:
        """List the admins of the office that runs the campaign."""
        here = self._by_org.get(self._office_id or 0, [])
        return _once(contact for contact in here if contact.role is Role.ADMIN)

    def members(self, org_ids: Sequence[int]) -> list[Contact]:
        """List everybody with a role in one of these orgs; a person of several orgs counts for the first."""
        return _once(contact for org_id in org_ids for contact in self._by_org.get(org_id, []))


def audience(session: Session, campaign: Campaign, orgs: Sequence[Org] | None = None) -> Audience:
    """Load who can be reached through the WeCom app. orgs: all orgs, when the caller has them already."""
    known = all_orgs(session) if orgs is None else orgs
    office_id = next((org.id for org in known if org.name == campaign.office), None)
    return Audience(contacts(session, WECOM_APP), office_id)


def recipient(contact: Contact) -> Recipient:
    """Address a notice to a person."""
    return Recipient(contact.channel, contact.user_ref, contact.person_id, contact.org_id)


def _once(found: Iterable[Contact]) -> list[Contact]:
    persons: dict[int, Contact] = {}
    for contact in found:
        persons.setdefault(contact.person_id, contact)
    return list(persons.values())
