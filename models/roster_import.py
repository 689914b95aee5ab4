"""What roster.csv and people.csv would change in the database, and doing exactly that.

plan() only reads; apply() does what a plan says, in the running transaction, each change with its row in the audit.
Nothing is deleted and nobody is switched on again: what was ended in chat stays ended whatever a file says. An org that
is not in the file any more stays, unless it is to be closed; a person stays always, since who joined with a code never
stood in a file. A role that a file does not give stays too, and the plan says so: somebody may have been appointed in
chat. Called at a start with new files (models/roster_sync.py) and by `import-roster`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models.audit import note
from models.campaign.roster import Roster, RosterOrg, RosterPerson, folded
from models.people import Identity, Membership, Org, Person, Role, touch_roster
from models.roster_unsaid import RoleKept, Roles, unsaid

Tell = Callable[..., None]  # models.audit.note with its session, or nothing
_ATTRIBUTES = ("kind", "parent", "population", "headcount", "aliases", "code", "joined_on", "left_on")


@dataclass(frozen=True, slots=True)
class OrgChange:
    """What becomes of one org."""

    row: RosterOrg
    org_id: int | None  # None: it is new
    was_called: str = ""  # its name until now, when that changes
    before: Mapping[str, Any] = field(default_factory=dict)  # only what changes
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What becomes of one person's account, name or role."""

    row: RosterPerson
    person_id: int | None  # None: new, unless another row of this plan adds the same account
    was_called: str = ""
    new_role: bool = False
    backup_was: bool | None = None  # when that changes


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that two files would change, and what a person should look at."""

    positions: tuple[tuple[str, int], ...]  # org -> line of lists; not noted, since it changes nothing for anybody
    orgs: tuple[OrgChange, ...] = ()
    people: tuple[PersonChange, ...] = ()
    gone: tuple[str, ...] = ()  # orgs in the database, still open, that the file does not have
    remarks: tuple[str, ...] = ()  # what stays as it is though a file says otherwise, and why
    kept: tuple[RoleKept, ...] = ()  # in orgs of the file
    absent: tuple[str, ...] = ()  # names of who has a role and is not in the file, in the order in which they came

    @property
    def changes(self) -> int:
        """Count what would change, closing aside."""
        return len(self.orgs) + len(self.people)


def plan(session: Session, roster: Roster, channel: str, today: date) -> Plan:
    """Compare both files with the database. channel: on which the userids are known. today: the campaign's day.

    An org is known by its name; else by its code; else by its old name standing among its aliases. The last two are a
    new name for it. A person is known by the userid.
    """
    known = list(session.scalars(select(Org).order_by(Org.position, Org.id)))
    matched = _match(roster.orgs, known)
    names = {org.id: org.name for org in known}
    kept = {org.id for org in matched.values()}
    remarks: list[str] = []
    changes = [_org_change(row, matched.get(row.name), names, matched, remarks) for row in roster.orgs]
    left = [org for org in known if org.id not in kept]
    gone = [org.name for org in left if org.left_on is None or org.left_on >= today]
    remarks += _ambiguous(roster.orgs, left)
    accounts = _accounts(session, channel)
    roles = {(each.person_id, each.org_id, each.role): each for each in session.scalars(select(Membership))}
    people = list(_people(roster.people, matched, accounts, roles, remarks))
    untold, absent = unsaid(roster.people, matched, accounts, roles)
    return Plan(
        positions=tuple((row.name, number) for number, row in enumerate(roster.orgs, 1)),
        orgs=tuple(change for change in changes if change is not None),
        people=tuple(people),
        gone=tuple(gone),
        remarks=tuple(remarks),
        kept=tuple(untold),
        absent=tuple(absent),
    )


def _match(rows: Sequence[RosterOrg], known: Sequence[Org]) -> dict[str, Org]:
    """Return the org of the database that each row means, by the row's name."""
    by_name = {org.name: org for org in known}
    matched = {row.name: by_name[row.name] for row in rows if row.name in by_name}
    free = [org for org in known if org.name not in matched]
    codes = {org.code: org for org in free if org.code}
    names = {folded(org.name): org for org in free}
    taken: set[int] = set()
    for row in rows:
        if row.name in matched:
            continue
        words = [folded(word) for word in (row.name, *row.aliases)]
        found = codes.get(row.code) or next((names[word] for word in words if word in names), None)
        if found is not None and found.id not in taken:
            matched[row.name] = found
            taken.add(found.id)
    return matched


def _org_change(
    row: RosterOrg, org: Org | None, names: Mapping[int, str], matched: Mapping[str, Org], remarks: list[str]
) -> OrgChange | None:
    wanted = _wanted(row)
    if org is None:
        return OrgChange(row, None, after={key: value for key, value in wanted.items() if value})
    if org.left_on and not row.left_on:
        remarks.append(
            f"line {row.line}: {row.name} left on {org.left_on} and stays so; write a later left_on to change it"
        )
        wanted["left_on"] = org.left_on.isoformat()
    parents = {found.id: name for name, found in matched.items()}  # under the name that it is to have
    stands = {
        "kind": org.kind,
        "parent": parents.get(org.parent_id or 0) or names.get(org.parent_id or 0),
        "population": org.population,
        "headcount": org.headcount,
        "aliases": list(org.aliases),
        "code": org.code,
        "joined_on": org.joined_on.isoformat() if org.joined_on else None,
        "left_on": org.left_on.isoformat() if org.left_on else None,
    }
    differing = [key for key in _ATTRIBUTES if stands[key] != wanted[key]]
    was_called = org.name if org.name != row.name else ""
    if not differing and not was_called:
        return None
    before, after = {key: stands[key] for key in differing}, {key: wanted[key] for key in differing}
    return OrgChange(row, org.id, was_called, before, after)


def _wanted(row: RosterOrg) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "parent": row.parent,
        "population": row.population,
        "headcount": row.headcount,
        "aliases": list(row.aliases),
        "code": row.code or None,
        "joined_on": row.joined_on.isoformat() if row.joined_on else None,
        "left_on": row.left_on.isoformat() if row.left_on else None,
    }


def _ambiguous(rows: Iterable[RosterOrg], left: Iterable[Org]) -> Iterator[str]:
    """Find words that would name two orgs: one of the file, and one that only the database has."""
    others = {folded(word): org.name for org in left for word in (org.name, *org.aliases)}
    for row in rows:
        for word in (row.name, *row.aliases):
            other = others.get(folded(word))
            if other is not None:
                what = f'"{word}" also names {other}, which is not in the file; the bot will ask which is meant'
                yield f"line {row.line}: {what}"


def _accounts(session: Session, channel: str) -> dict[str, Person]:
    query = select(Identity, Person).join(Person, Person.id == Identity.person_id).where(Identity.channel == channel)
    return {account.user_ref: person for account, person in session.execute(query.order_by(Identity.id)).all()}


def _people(
    rows: Iterable[RosterPerson],
    orgs: Mapping[str, Org],
    accounts: Mapping[str, Person],
    roles: Roles,
    remarks: list[str],
) -> Iterator[PersonChange]:
    renamed: set[int] = set()
    for row in rows:
        ref = row.wecom_userid.casefold()
        if not ref:
            continue  # joins with a code, and gets a row then
        person = accounts.get(ref)
        if person is None:
            yield PersonChange(row, None, new_role=True)
            continue
        if not person.active:
            remarks.append(f"people line {row.line}: {row.name} was switched off and stays so; invite again in chat")
            continue
        org = orgs.get(row.org)
        role = roles.get((person.id, org.id, Role(row.role))) if org else None
        if role is not None and role.ended_at is not None:
            remarks.append(
                f"people line {row.line}: {row.name} was {row.role} of {row.org} until {role.ended_at:%Y-%m-%d}"
                " and stays without; give the role again in chat"
            )
        was_called = person.name if person.name != row.name and person.id not in renamed else ""
        backup_was = role.backup if role and role.ended_at is None and role.backup != row.backup else None
        if was_called:
            renamed.add(person.id)
        if was_called or role is None or backup_was is not None:
            yield PersonChange(row, person.id, was_called, role is None, backup_was)


def apply(session: Session, planned: Plan, channel: str, now: datetime, *, close_missing: date | None = None) -> None:
    """Do what a plan says, in the running transaction, and note it.

    now: campaign time. close_missing: the last day that the orgs which are not in the file owe anything; None: they
    stay open.
    """
    orgs = {org.name: org for org in session.scalars(select(Org))}
    by_id = {org.id: org for org in orgs.values()}
    tell = partial(note, session) if orgs else _say_nothing
    if not orgs:  # the first time: a beginning changes nothing for anybody, and 30,000 rows would say so
        session.flush()
        note(session, "roster", "roster:first", now, after={"orgs": len(planned.orgs), "people": len(planned.people)})
    for change in planned.orgs:
        _change_org(session, change, orgs, by_id)
    session.flush()
    for name, position in planned.positions:
        orgs[name].position = position
    for change in planned.orgs:
        orgs[change.row.name].parent_id = orgs[change.row.parent].id if change.row.parent else None
    session.flush()
    for change in planned.orgs:
        _note_org(tell, change, orgs[change.row.name].id, now)
    for name in planned.gone if close_missing else ():
        org = orgs[name]
        before = {"left_on": org.left_on.isoformat() if org.left_on else None}
        org.left_on = close_missing
        after = {"left_on": close_missing.isoformat() if close_missing else None}
        tell("org-closed", f"org:{org.id}", now, org_id=org.id, before=before, after=after)
    if planned.orgs or (planned.gone and close_missing):
        touch_roster(session)
    _apply_people(session, planned.people, orgs, channel, now, tell)


def _say_nothing(*_: Any, **__: Any) -> None:
    """Note nothing."""


def _change_org(session: Session, change: OrgChange, orgs: dict[str, Org], by_id: Mapping[int, Org]) -> None:
    row = change.row
    if change.org_id is None:
        org = Org(name=row.name)
        session.add(org)
    else:
        org = by_id[change.org_id]
        orgs.pop(org.name, None)
        org.name = row.name
    orgs[row.name] = org
    org.kind, org.code, org.aliases = row.kind, row.code or None, list(row.aliases)
    org.population, org.headcount = row.population, row.headcount
    org.joined_on = row.joined_on
    org.left_on = row.left_on or org.left_on


def _note_org(tell: Tell, change: OrgChange, org_id: int, now: datetime) -> None:
    subject = f"org:{org_id}"
    if change.org_id is None:
        tell("org-added", subject, now, org_id=org_id, after=change.after)
        return
    if change.was_called:
        old, new = {"name": change.was_called}, {"name": change.row.name}
        tell("org-renamed", subject, now, org_id=org_id, before=old, after=new)
    if change.after:
        tell("org-changed", subject, now, org_id=org_id, before=change.before, after=change.after)


def _apply_people(
    session: Session,
    changes: Sequence[PersonChange],
    orgs: Mapping[str, Org],
    channel: str,
    now: datetime,
    tell: Tell,
) -> None:
    added = _new_people(session, changes, channel, now)
    told: set[int] = set()
    roles: list[dict[str, Any]] = []
    for change in changes:
        row, org = change.row, orgs[change.row.org]
        known = change.person_id is not None
        person = session.get_one(Person, change.person_id) if known else added[row.wecom_userid.casefold()]
        subject = f"person:{person.id}"
        if not known and person.id not in told:
            told.add(person.id)
            tell("person-added", subject, now, org_id=org.id, after={"name": row.name})
        if change.was_called:
            person.name = row.name
            old, new = {"name": change.was_called}, {"name": row.name}
            tell("person-renamed", subject, now, org_id=org.id, before=old, after=new)
        role = {"role": row.role}
        if change.new_role:
            roles.append(_new_role(person, org, row, now))
            after = {**role, "backup": True} if row.backup else role
            tell("role-added", subject, now, org_id=org.id, after=after)
        elif change.backup_was is not None:
            _membership(session, person.id, org.id, Role(row.role)).backup = row.backup
            before, after = {**role, "backup": change.backup_was}, {**role, "backup": row.backup}
            tell("role-changed", subject, now, org_id=org.id, before=before, after=after)
    session.flush()
    if roles:
        session.execute(insert(Membership), roles)


def _new_role(person: Person, org: Org, row: RosterPerson, now: datetime) -> dict[str, Any]:
    return {
        "person_id": person.id,
        "org_id": org.id,
        "role": Role(row.role),
        "backup": row.backup,
        "since_at": now,
        "ended_at": None,
    }


def _new_people(session: Session, changes: Iterable[PersonChange], channel: str, now: datetime) -> dict[str, Person]:
    """Write who is new, all at once: thousands are at a first start. Returns them by account."""
    added: dict[str, Person] = {}
    for change in changes:
        ref = change.row.wecom_userid.casefold()
        if change.person_id is None and ref not in added:
            added[ref] = Person(name=change.row.name, active=True, created_at=now)
    session.add_all(added.values())
    session.flush()
    if added:
        accounts = [{"person_id": each.id, "channel": channel, "user_ref": ref} for ref, each in added.items()]
        session.execute(insert(Identity), accounts)
    return added


def _membership(session: Session, person_id: int, org_id: int, role: Role) -> Membership:
    return session.scalars(
        select(Membership).where(
            Membership.person_id == person_id, Membership.org_id == org_id, Membership.role == role
        )
    ).one()
