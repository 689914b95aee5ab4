"""The form in the database: any process goes on with it; and the duties that an explicit nothing meets."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.router import Router
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.clock import SettableClock
from models.duties import OrgState, Standing, evaluate
from models.ledger import NOTHING, Fact
from models.messages import Inbound, InboundKind
from models.people import Identity, Membership, Org, Person, Role
from models.session import Database

NOW = datetime(2021, 5, 12, 8, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """Return the campaign of the notice."""
    return load(HUNAN)


@pytest.fixture
def liaison(db: Database) -> str:
    """Put a liaison of a city into the database and return the account."""
    with db.begin() as session:
        org = Org(name="长沙市公安局", kind="city", headcount=14200, population=10_000_000, aliases=["长沙"])
        person = Person(name="王芳", active=True, created_at=NOW)
        session.add_all([org, person])
        session.flush()
        session.add(Identity(person_id=person.id, channel="wecom_app", user_ref="wangfang"))
        session.add(Membership(person_id=person.id, org_id=org.id, role=Role.LIAISON, since_at=NOW))
    return "wangfang"


def say(db: Database, campaign: Campaign, account: str, key: str, text: str) -> str:
    """Say something to a process that has just started; return its answer."""
    router = Router(db, campaign, SettableClock(NOW), SettableClock(NOW + timedelta(minutes=int(key))))
    return router.handle(Inbound("wecom_app", key, account, InboundKind.TEXT, text)) or ""


def test_a_restart_keeps_the_form(db: Database, campaign: Campaign, liaison: str) -> None:
    """A form that one process has begun goes on in the next, item after item."""
    assert "1/6" in say(db, campaign, liaison, "1", "填报")
    assert "2/6" in say(db, campaign, liaison, "2", "跳过")
    answer = say(db, campaign, liaison, "3", "三场")
    assert "新闻发布会 +3场" in answer
    assert "3/6" in answer
    assert "#1 新闻发布会3场" in say(db, campaign, liaison, "4", "结束")


def test_a_repeated_answer_is_booked_once(db: Database, campaign: Campaign, liaison: str) -> None:
    """The platform's repeat of an answer gets the same words and moves nothing."""
    say(db, campaign, liaison, "1", "填报")
    say(db, campaign, liaison, "2", "跳过")
    first = say(db, campaign, liaison, "3", "3")
    assert say(db, campaign, liaison, "3", "3") == first
    assert "累计4场" in say(db, campaign, liaison, "4", "发布会1场")


@pytest.mark.parametrize(("at_least", "standing"), [(0, Standing.DONE), (1, Standing.OWED)])
def test_an_explicit_nothing_meets_what_takes_any_answer(campaign: Campaign, at_least: int, standing: Standing) -> None:
    """A duty with at_least = 0 is met by 零报告; one that wants at least one stays owed."""
    duty = campaign.duties["press"].model_copy(update={"at_least": Decimal(at_least)})
    changed = campaign.model_copy(update={"duties": {"press": duty}})
    said = Fact(1, NOTHING, "", Decimal(0), date(2021, 5, 12), NOW, 1)
    (state,) = evaluate(changed, [OrgState(1, "长沙市公安局", "city", None)], [said], NOW)
    assert state.standing is standing
