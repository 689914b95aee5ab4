"""What holds in the database and people.csv does not say: roles of those whom it names, and people whom it does not.

Files end no role: who has one may have been appointed in chat, where 免去, 停用 and 交接 end it with a code, tell the
person and withdraw what was on its way. So this is only told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.campaign.roster import RosterPerson
from models.people import Membership, Org, Person, Role

Roles = Mapping[tuple[int, int, Role], Membership]  # by person, org and role


@dataclass(frozen=True, slots=True)
class RoleKept:
    """A role that holds and that the file does not give, of somebody whom it names."""

    name: str
    line: int  # the first one of the person
    org: str
    role: Role


def unsaid(
    rows: Sequence[RosterPerson], orgs: Mapping[str, Org], accounts: Mapping[str, Person], roles: Roles
) -> tuple[list[RoleKept], list[str]]:
    """Find the roles that hold and that the file does not give, and who has one and is not in the file at all.

    Who stands there without a userid and has joined with a code since is in the file: known by name and org.
    """
    active = {person.id: person for person in accounts.values() if person.active}
    live = [role for role in roles.values() if role.ended_at is None and role.person_id in active]
    names = {org.id: name for name, org in orgs.items()}
    lines: dict[int, RosterPerson] = {}
    given: set[tuple[int, str, str]] = set()
    for row in rows:
        person = accounts.get(row.wecom_userid.casefold()) if row.wecom_userid else None
        if person is not None:
            lines.setdefault(person.id, row)
            given.add((person.id, row.org, row.role))
    kept = [
        RoleKept(lines[role.person_id].name, lines[role.person_id].line, names[role.org_id], role.role)
        for role in live
        if role.person_id in lines
        and role.org_id in names
        and (role.person_id, names[role.org_id], role.role.value) not in given
    ]
    kept.sort(key=lambda each: each.line)
    later = {(row.name, row.org) for row in rows if not row.wecom_userid}
    joined = {each.person_id for each in live if (active[each.person_id].name, names.get(each.org_id, "")) in later}
    unnamed = {role.person_id for role in live} - joined - lines.keys()
    return kept, [active[person_id].name for person_id in sorted(unnamed)]
