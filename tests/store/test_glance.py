"""The one look at the start of a transaction notes what is not there, until it is there."""

from __future__ import annotations

import pytest
from sqlalchemy import event, select

from models import amendments, drafts, forms
from models.campaign.amended import EVERYTHING, Kind
from models.excuses import Excuse, excuses
from models.files import loose_links, loose_photos
from models.glance import look
from models.people import Org, roster_stamp, touch_roster
from models.session import Database
from tests.store.delivering import START
from tests.store.test_roster_sync import bring_in


@pytest.fixture
def people(db: Database) -> Database:
    """Return a database with an office, a city and two persons."""
    bring_in(db)
    return db


def test_what_is_not_there_is_not_asked_for(people: Database) -> None:
    """After the look nothing more is asked of the database about what it has shown."""
    asked: list[str] = []
    with people.begin() as session:
        sender = look(session, "wecom_app", "WangFang", START)
        assert sender is not None
        person = sender.person.id
        event.listen(people.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        assert drafts.open_question(session, person) is None
        assert forms.open_form(session, person) is None
        assert [*loose_photos(session, person, START), *loose_links(session, person, START)] == []
        assert excuses(session) == frozenset()
        assert amendments.newest(session) is None
        roster_stamp(session)
    assert asked == []


def test_what_comes_meanwhile_is_seen(people: Database) -> None:
    """What the same transaction writes after the look is there for who asks next."""
    with people.begin() as session:
        sender = look(session, "wecom_app", "wangfang", START)
        assert sender is not None
        person, city = sender.person.id, sender.orgs()[0].id
        stamp = roster_stamp(session)
        asked = drafts.ask(session, person, "figures", {}, START)
        form = forms.start(session, person, city, 3, START)
        session.add(Excuse(org_id=city, duty="manuals", made_at=START, made_by_id=person))
        session.flush()
        change = amendments.add(session, Kind.PAUSE, EVERYTHING, START, person)
        touch_roster(session)
        assert drafts.open_question(session, person) is asked
        assert forms.open_form(session, person) is form
        assert excuses(session) == {(city, "manuals", "")}
        assert amendments.newest(session) == (change.id, START)
        assert roster_stamp(session) != stamp


def test_what_was_there_is_seen(people: Database) -> None:
    """What an earlier transaction left open is found after the look, and somebody else's is not."""
    with people.begin() as session:
        wang, li = look(session, "wecom_app", "wangfang", START), look(session, "wecom_app", "liqiang", START)
        assert wang is not None
        assert li is not None
        drafts.ask(session, wang.person.id, "figures", {}, START)
    with people.begin() as session:
        look(session, "wecom_app", "wangfang", START)
        assert drafts.open_question(session, wang.person.id) is not None
    with people.begin() as session:
        look(session, "wecom_app", "liqiang", START)
        assert drafts.open_question(session, li.person.id) is None
        assert drafts.open_question(session, wang.person.id) is not None
        assert session.scalars(select(Org)).all()
