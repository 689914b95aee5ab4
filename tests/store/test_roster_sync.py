"""The roster's way into the database: adds and updates, deletes nothing, switches nobody on again."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from models.campaign.roster import Roster, RosterOrg, RosterPerson
from models.glance import look
from models.people import Identity, Membership, Org, Person, Role, contacts
from models.roster_sync import settle, sync
from models.session import Database
from tests.store.delivering import START

OFFICE = RosterOrg("省联席办", "office", None, None, None, ("联席办",))
CITY = RosterOrg("长沙市公安局", "city", "省联席办", 10047914, 12000, (), code="430100")
WANG = RosterPerson("王芳", "长沙市公安局", "liaison", "WangFang")
LI = RosterPerson("李强", "省联席办", "admin", "liqiang", backup=True)
LATER = RosterPerson("后来者", "长沙市公安局", "liaison", "")
ROSTER = Roster((CITY, OFFICE), (WANG, LI, LATER))


def bring_in(db: Database, roster: Roster = ROSTER) -> None:
    """Bring a roster in."""
    with db.begin() as session:
        sync(session, roster, "wecom_app", START)


def test_first_time(db: Database) -> None:
    """Orgs come in file order with their parents, persons with account and role; who has no userid joins later."""
    bring_in(db)
    with db.read() as session:
        orgs = list(session.scalars(select(Org).order_by(Org.position)))
        people = [person.name for person in session.scalars(select(Person).order_by(Person.id))]
        known = contacts(session, "wecom_app")
    assert [(org.name, org.kind, org.population, org.code) for org in orgs] == [
        ("长沙市公安局", "city", 10047914, "430100"),
        ("省联席办", "office", None, None),
    ]
    assert orgs[0].parent_id == orgs[1].id
    assert orgs[1].aliases == ["联席办"]
    assert people == ["王芳", "李强"]
    assert [(each.name, each.role, each.backup, each.user_ref) for each in known] == [
        ("王芳", Role.LIAISON, False, "wangfang"),
        ("李强", Role.ADMIN, True, "liqiang"),
    ]


def test_second_time(db: Database) -> None:
    """The same files a second time change nothing, and changed attributes are taken over."""
    bring_in(db)
    bring_in(db)
    changed = Roster((replace(CITY, population=5, aliases=("长沙",)), OFFICE), (replace(WANG, name="王小芳"), LI))
    bring_in(db, changed)
    with db.read() as session:
        assert len(session.scalars(select(Membership)).all()) == 2
        assert len(session.scalars(select(Identity)).all()) == 2
        city = session.scalars(select(Org).where(Org.name == "长沙市公安局")).one()
        sender = look(session, "wecom_app", "WANGFANG", START)
    assert (city.population, city.aliases) == (5, ["长沙"])
    assert sender is not None
    assert sender.person.name == "王小芳"


def test_what_chat_changed_stands(db: Database) -> None:
    """A person who was switched off and a role that was ended in chat are not brought back by the files."""
    bring_in(db)
    with db.begin() as session:
        session.scalars(select(Person).where(Person.name == "王芳")).one().active = False
        membership = session.scalars(select(Membership).where(Membership.role == Role.ADMIN)).one()
        membership.ended_at = START
    bring_in(db)
    with db.read() as session:
        assert contacts(session, "wecom_app") == []
        assert look(session, "wecom_app", "wangfang", START) is None


def test_nothing_is_deleted(db: Database) -> None:
    """Who and what is no longer in the files stays in the database."""
    bring_in(db)
    bring_in(db, Roster((OFFICE,), ()))
    with db.read() as session:
        assert len(session.scalars(select(Org)).all()) == 2
        assert len(contacts(session, "wecom_app")) == 2


def test_once_for_each_content(db: Database) -> None:
    """The same files are brought in once, however their lines lie; settled ones wait until they say something else."""
    lower = Roster(ROSTER.orgs, tuple(replace(person, line=person.line + 1) for person in ROSTER.people))
    with db.begin() as session:
        first = sync(session, ROSTER, "wecom_app", START)
        assert first is not None
        assert (len(first.orgs), len(first.people)) == (2, 2)
        assert sync(session, lower, "wecom_app", START) is None
    other = Roster((replace(CITY, population=5), OFFICE), ROSTER.people)
    with db.begin() as session:
        settle(session, other)
        assert sync(session, other, "wecom_app", START) is None
        back = sync(session, ROSTER, "wecom_app", START)
        assert back is not None
        assert back.changes == 0
