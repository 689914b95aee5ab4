"""The calendar of the demo: what became of what is past, what is to come, holidays and made-up working days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from bot.config import Loaded
from bot.render import month
from bot.web import calendar, site
from models import roster_sync
from models.amendments import Effective
from models.campaign.amended import Amendment, Kind, amend
from models.campaign.definition import RuleKind
from models.clock import SettableClock, SystemClock
from models.session import Database, connect
from schedules import wording_rehearsal as words
from schedules.rules import plan
from schedules.ticker import Ticker
from tests.rehearsal.real import whole
from tests.schedules.world import at

Day = dict[str, Any]


@pytest.fixture
def living(loaded: Loaded, sqlite_url: str) -> Iterator[Database]:
    """Return the database of a bot that was down from the 12th to the 17th, and has sent nothing since."""
    db, clock = Database(connect(sqlite_url)), SettableClock(at("05-11 08:40"))
    with db.begin() as session:
        roster_sync.sync(session, loaded.roster, "wecom_app", clock.now())
    ticker = Ticker(loaded.campaign, db, clock)
    ticker.start()
    for moment in ("05-11 08:47", "05-11 09:03", "05-11 09:12", "05-17 09:20"):
        clock.set(at(moment))
        ticker.tick()
    yield db
    db.dispose()


def shown(loaded: Loaded, db: Database, moment: str) -> dict[str, Day]:
    """Return the calendar by day."""
    almanac = calendar.Almanac(db, Effective(loaded.campaign).campaign, SettableClock(at(moment)))
    return {day["date"]: day for day in almanac.shown()["days"]}


def test_past_events_say_what_became_of_them(loaded: Loaded, living: Database) -> None:
    """What waits is counted as waiting, what was left out says why, and what said nothing of its own says so."""
    days = shown(loaded, living, "05-17 09:20")
    first = {event["name"]: event for event in days["2021-05-11"]["events"]}
    assert first["活动启动通知"]["became"] == "待发43"
    assert first["活动启动通知"]["to"] == "36家43人"
    missed = days["2021-05-16"]["events"][0]
    assert missed["state"] == "skipped"
    assert missed["became"].startswith("跳过：")


def test_coming_events_are_what_a_rehearsal_says(loaded: Loaded, living: Database) -> None:
    """What is to come stands there as in a rehearsal of the whole month: times, titles, recipients, texts."""
    campaign, played = loaded.campaign, whole(loaded, 0.0)
    days = shown(loaded, living, "05-17 09:20")
    for event in month.events(played, date(2021, 5, 20), campaign.closes_on):
        if event.firing is None or event.firing.rule.kind is not RuleKind.REMIND or not event.going:
            continue
        wanted = (f"{event.first:%H:%M}", month.event_title(campaign, event), month.event_recipients(campaign, event))
        found = [
            each for each in days[event.day.isoformat()]["events"] if (each["at"], each["name"], each["to"]) == wanted
        ]
        assert [each["texts"] for each in found] == [event.texts(campaign)[0]], wanted
        assert found[0]["state"] == "coming"


@pytest.mark.parametrize(
    ("day", "mark"),
    [("2021-05-03", "休"), ("2021-05-01", "休"), ("2021-05-08", "班"), ("2021-05-15", ""), ("2021-05-17", "")],
)
def test_holidays_and_made_up_days_are_marked(loaded: Loaded, day: str, mark: str) -> None:
    """休 stands at a holiday, on a weekend too, 班 at a weekend on which people work, nothing at ordinary days."""
    assert words.mark(loaded.campaign, date.fromisoformat(day)) == mark


def test_only_this_machine_sees_it(loaded: Loaded, living: Database) -> None:
    """A request from elsewhere, or through a proxy, is refused."""
    app = site.make([calendar.blueprint(calendar.Almanac(living, Effective(loaded.campaign).campaign, SystemClock()))])
    client = app.test_client()
    assert client.get("/calendar", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 403
    assert client.get("/calendar", environ_base={"REMOTE_ADDR": "10.0.0.1"}).status_code == 403


def test_a_reminder_of_one_orgs_own_deadline_counts_to_that(loaded: Loaded) -> None:
    """With 总结 of one org put off to 2 June its reminders count down to 2 June; those of all others to 28 May."""
    due = at("06-02 18:00").isoformat()
    change = Amendment(1, Kind.EXTEND, "summary", at("05-20 12:00"), period="all", org_id=7, value={"due": due})
    campaign = amend(loaded.campaign, change)
    leads = {
        f"{each.day:%m-%d}": words.lead(campaign, each) for each in plan(campaign) if each.rule_key == "summary-due"
    }
    assert leads == {
        "05-21": "提前7天",
        "05-25": "提前3天",
        "05-26": "提前7天",
        "05-27": "提前1天",
        "05-28": "截止当天",
        "06-01": "提前1天",
        "06-02": "截止当天",
    }
    assert not any(words.moved(campaign, each) for each in plan(campaign) if each.rule_key == "summary-due")


def test_the_reminder_that_a_ranking_waits_is_named_so(loaded: Loaded) -> None:
    """The ranking and its preview stand once under its name; that it still waits for a yes is told apart."""
    campaign, played = loaded.campaign, whole(loaded, 0.5)
    found = [
        (f"{event.first:%m-%d %H:%M}", month.event_title(campaign, event))
        for event in month.events(played, date(2021, 5, 14), date(2021, 5, 17))
        if event.rule == "handouts-weekly"
    ]
    name = "手册资料发放每周排名"
    assert found == [
        ("05-14 15:12", name),
        ("05-14 19:12", f"{name}（等审定提醒）"),
        ("05-17 09:07", f"{name}（等审定提醒）"),
    ]
