"""Orgs, persons, their roles in orgs, and the accounts by which a channel knows them.

An org owes; a person speaks for it. Rights hang on a membership that has not ended, never on a name in a text.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, Engine, ForeignKey, Index, String, UniqueConstraint, event, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session

from models import settings
from models.base import Base, UtcDateTime


class Role(Enum):
    """What a person may do in an org."""

    LIAISON = "liaison"  # reports for the org and the orgs under it
    ADMIN = "admin"  # acts on the org and the orgs under it
    VIEWER = "viewer"  # reads


class Org(Base):
    """A body that reports, in a tree."""

    __tablename__ = "org"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"), index=True)
    population: Mapped[int | None]  # residents, census
    headcount: Mapped[int | None]  # own staff
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    code: Mapped[str | None] = mapped_column(String(40))
    joined_on: Mapped[date | None]  # owes from this day on; None: from the start
    left_on: Mapped[date | None]  # the last day it owes; None: to the end
    position: Mapped[int] = mapped_column(default=0)  # line in the roster: lists keep that order


class Person(Base):
    """A human being. The least that is needed: a name, and whether the person may still act."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    default_org_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"))  # chosen among several


class Membership(Base):
    """A role of a person in an org."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("person_id", "org_id", "role"),
        Index("ix_membership_person_live", "person_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"), index=True)
    role: Mapped[Role]
    backup: Mapped[bool] = mapped_column(default=False)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Identity(Base):
    """An account of a person on a channel. user_ref is casefolded: the platform hands ids back in lower case."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("channel", "user_ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[str] = mapped_column(String(40))
    user_ref: Mapped[str] = mapped_column(String(64))


class Invitation(Base):
    """A single-use code that binds an account to an org. Only its hash is kept."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))
    role: Mapped[Role]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # transport time
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Stranger(Base):
    """An account that wrote without belonging to anybody. Admins see the list; nothing of it counts."""

    __tablename__ = "stranger"
    __table_args__ = (UniqueConstraint("channel", "user_ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    user_ref: Mapped[str] = mapped_column(String(64))
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # bound or turned down


class CodeGuard(Base):
    """Wrong codes of one account, whoever it belongs to: after too many it is locked for a while."""

    __tablename__ = "code_guard"

    account: Mapped[str] = mapped_column(String(110), primary_key=True)  # channel and user_ref
    wrong: Mapped[int] = mapped_column(default=0)  # since the last right one
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # transport time


@dataclass(frozen=True)
class Sender:
    """A known person behind an inbound, with the rights that hold now."""

    person: Person
    user_ref: str
    memberships: tuple[tuple[Role, Org, bool], ...]  # role, org, backup; in roster order

    def orgs(self, *roles: Role) -> list[Org]:
        """List the orgs in which the person has one of the roles (any role when none is named), each once."""
        seen: dict[int, Org] = {}
        for role, org, _ in self.memberships:
            if not roles or role in roles:
                seen.setdefault(org.id, org)
        return list(seen.values())

    @property
    def roles(self) -> set[Role]:
        """Return every role that the person has anywhere."""
        return {role for role, _, _ in self.memberships}


_TREES: WeakKeyDictionary[Engine, tuple[object, dict[int, list[int]]]] = WeakKeyDictionary()


def _children(session: Session) -> dict[int, list[int]]:
    """Return the tree, kept in memory until the roster changes."""
    engine, stamp = session.get_bind().engine, roster_stamp(session)
    known = _TREES.get(engine)
    if known is None or known[0] != stamp:
        children: dict[int, list[int]] = {}
        for org_id, parent_id in session.execute(select(Org.id, Org.parent_id)):
            if parent_id is not None:
                children.setdefault(parent_id, []).append(org_id)
        known = _TREES[engine] = stamp, children
    return known[1]


def descendants(session: Session, roots: Iterable[int]) -> set[int]:
    """Return the ids of some orgs and of everything under them."""
    children = _children(session)
    reached: set[int] = set()
    waiting = list(roots)
    while waiting:
        org_id = waiting.pop()
        if org_id not in reached:
            reached.add(org_id)
            waiting.extend(children.get(org_id, ()))
    return reached


ROSTER_STAMP = "roster-stamp"  # setting: another value after every change of an org


STAMP_COLUMNS = (  # scalars, to be asked for beside other things; an org that is only added shows in the first
    select(func.max(Org.id)).scalar_subquery(),
    select(settings.Setting.value).where(settings.Setting.key == ROSTER_STAMP).scalar_subquery(),
)
_STAMP = select(*STAMP_COLUMNS)


def roster_stamp(session: Session) -> tuple[object, ...]:
    """Return what is different after every change of the orgs, for what is kept about them in memory.

    Looked up once a transaction.
    """
    known: tuple[object, ...] | None = session.info.get(ROSTER_STAMP)
    return stamp_roster(session, session.execute(_STAMP).one()) if known is None else known


def stamp_roster(session: Session, values: Sequence[object]) -> tuple[object, ...]:
    """Note for this transaction what STAMP_COLUMNS gave."""
    stamp = session.info[ROSTER_STAMP] = tuple(values)
    return stamp


@event.listens_for(Org, "after_insert")
def _roster_has_grown(_mapper: object, _connection: object, org: Org) -> None:
    """Look again in this transaction."""
    session = object_session(org)
    if session is not None:
        session.info.pop(ROSTER_STAMP, None)


def touch_roster(session: Session) -> None:
    """Note in the running transaction that orgs have changed."""
    settings.put(session, ROSTER_STAMP, secrets.token_hex(8))
    session.info.pop(ROSTER_STAMP, None)


def all_orgs(session: Session) -> Sequence[Org]:
    """Return every org in roster order."""
    return session.scalars(select(Org).order_by(Org.position, Org.id)).all()


@dataclass(frozen=True, slots=True)
class Contact:
    """A reachable person of an org on a channel."""

    org_id: int
    person_id: int
    name: str
    role: Role
    backup: bool
    channel: str
    user_ref: str


def contacts(session: Session, channel: str, org_id: int | None = None) -> list[Contact]:
    """List every active person with a live role and an account on the channel, in roster order; of one org, or all."""
    query = (
        select(
            Membership.org_id,
            Person.id,
            Person.name,
            Membership.role,
            Membership.backup,
            Identity.channel,
            Identity.user_ref,
        )
        .join(Person, Person.id == Membership.person_id)
        .join(Identity, Identity.person_id == Person.id)
        .join(Org, Org.id == Membership.org_id)
        .where(Membership.ended_at.is_(None), Person.active, Identity.channel == channel)
        .order_by(Org.position, Org.id, Membership.id)
    )
    if org_id is not None:
        query = query.where(Membership.org_id == org_id)
    return [Contact(*row) for row in session.execute(query)]
