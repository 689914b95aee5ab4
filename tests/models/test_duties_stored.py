"""How duties stand, read from the database: what was corrected since, who is excused, who left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.duties import Standing, states
from models.excuses import Excuse
from models.inbox import Inbox
from models.ledger import Line, Report, ReportKind, entries_of, record
from models.people import Org, Person
from models.session import Database, connect

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """Return a moment of 2021."""
    return datetime.strptime(f"2021-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """The Hunan campaign."""
    return load(HUNAN)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A transaction on a fresh database, once on each kind, with a city and its liaison in it."""
    db = Database(connect(database_url))
    with db.begin() as session:
        session.add(Org(id=1, name="甲市", kind="city", headcount=100, aliases=[]))
        session.add(Person(id=1, name="王芳", created_at=at("05-01 09:00")))
        session.add(
            Inbox(
                id=1,
                channel="wecom_app",
                key="1",
                trace_id="",
                sender_ref="",
                kind="text",
                text="",
                received_at=at("05-01 09:00"),
            )
        )
        session.flush()
        yield session
    db.dispose()


def said(session: Session, value: int, when: str, replaces: Report | None = None) -> Report:
    """Report press conferences of 20 May, or put an earlier report right."""
    line = Line("press", Decimal(value), Decimal(value), date(2021, 5, 20))
    cancels = [entry.id for entry in entries_of(session, replaces.id)] if replaces else []
    return record(
        session,
        org_id=1,
        person_id=1,
        inbox_id=1,
        kind=ReportKind.CORRECTION if replaces else ReportKind.REPORT,
        made_at=at(when),
        text="",
        lines=[line] if value else [],
        cancels=cancels,
        about_id=replaces.id if replaces else None,
    )


def standing(session: Session, campaign: Campaign, now: str) -> Standing:
    """Return how the press conference stands."""
    (state,) = states(session, campaign, at(now), org_ids=[1], duties=["press"])
    return state.standing


Change = Callable[[Session], object]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: said(s, 2, "06-02 09:00", said(s, 1, "05-20 10:00")), Standing.DONE),
        (lambda s: said(s, 0, "06-02 09:00", said(s, 1, "05-20 10:00")), Standing.OVERDUE),
        (lambda s: said(s, 3, "06-02 09:00", said(s, 2, "06-01 09:00", said(s, 1, "05-20 10:00"))), Standing.DONE),
        (
            lambda s: (said(s, 0, "05-25 09:00", said(s, 1, "05-20 10:00")), said(s, 1, "06-02 09:00")),
            Standing.DONE_LATE,
        ),
        (lambda s: said(s, 1, "06-02 09:00"), Standing.DONE_LATE),
    ],
    ids=["corrected-late", "undone-late", "corrected-twice", "undone-in-time", "late"],
)
def test_a_correction_does_not_undo_punctuality(
    session: Session, campaign: Campaign, change: Change, expected: Standing
) -> None:
    """What stood at the deadline and stands now was in time; what was taken back before it was not."""
    change(session)
    assert standing(session, campaign, "06-03 12:00") is expected


def test_an_excuse_holds_until_it_is_taken_back(session: Session, campaign: Campaign) -> None:
    """While it holds the duty is excused; afterwards it is owed as before."""
    excuse = Excuse(org_id=1, duty="press", made_at=at("05-20 10:00"), made_by_id=1)
    session.add(excuse)
    session.flush()
    assert standing(session, campaign, "06-02 12:00") is Standing.EXCUSED
    excuse.ended_at = at("06-02 13:00")
    session.flush()
    assert standing(session, campaign, "06-02 14:00") is Standing.OVERDUE
