"""Who owes what: deadlines, weeks, pledges, shares, joining and leaving."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.duties import DutyState, OrgState, Standing, evaluate
from models.ledger import DUTY, Fact

CITY = OrgState(1, "甲市", "city", None, 1_000_000, 100)
CARRIER = OrgState(2, "某运营商", "carrier", None)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """The Hunan campaign."""
    return load(HUNAN)


def at(campaign: Campaign, text: str) -> datetime:
    """A moment of May or June 2021: 28 18:00, or 06-01 09:00."""
    return datetime.strptime(f"2021-{text if '-' in text else '05-' + text}", "%Y-%m-%d %H:%M").replace(
        tzinfo=campaign.tz
    )


def state(campaign: Campaign, org: OrgState, duty: str, known: list[Fact], now: str, week: int = 0) -> DutyState:
    """The state of one duty in one of its periods."""
    found = evaluate(campaign, [org], known, at(campaign, now), [duty])
    return found[max(week - 1, 0)]


def said(campaign: Campaign, org: OrgState, indicator: str, value: int, when: str, day: date | None = None) -> Fact:
    """A figure reported at a moment."""
    made_at = at(campaign, when)
    return Fact(org.id, indicator, "", Decimal(value), day or made_at.date(), made_at, made_at.day)


@pytest.mark.parametrize(
    ("reported", "now", "standing"),
    [
        (None, "20 09:00", Standing.OWED),
        (None, "31 18:00", Standing.OWED),  # the very minute of the deadline is on time
        (None, "31 18:01", Standing.OVERDUE),
        ("20 10:00", "20 11:00", Standing.DONE),
        ("31 18:00", "31 19:00", Standing.DONE),
        ("31 18:01", "31 19:00", Standing.DONE_LATE),
        ("06-02 09:00", "06-02 10:00", Standing.DONE_LATE),
    ],
)
def test_press_conference_by_its_deadline(
    campaign: Campaign, reported: str | None, now: str, standing: Standing
) -> None:
    """One press conference meets the duty; what meets it after the deadline meets it late."""
    known = [said(campaign, CITY, "press", 1, reported)] if reported else []
    assert state(campaign, CITY, "press", known, now).standing is standing


def test_what_was_done_before_the_start_counts_once_duties(campaign: Campaign) -> None:
    """A conference of 8 May, reported on the 12th, meets the duty (decisions 16)."""
    known = [said(campaign, CITY, "press", 1, "12 10:00", date(2021, 5, 8))]
    assert state(campaign, CITY, "press", known, "12 11:00").standing is Standing.DONE


@pytest.mark.parametrize(
    ("lines", "now", "week", "standing", "pledge_missing"),
    [
        ([], "11 09:00", 1, Standing.OWED, False),
        ([], "11 09:00", 2, Standing.AHEAD, False),
        ([], "16 23:59", 1, Standing.OWED, False),
        ([], "17 00:00", 1, Standing.OVERDUE, False),
        ([("sms", "12 10:00")], "12 11:00", 1, Standing.OWED, True),
        ([("pledge", "12 10:00")], "12 11:00", 1, Standing.OWED, False),
        ([("sms", "12 10:00"), ("pledge", "12 10:05")], "12 11:00", 1, Standing.DONE, False),
        ([("sms", "12 10:00"), ("pledge", "12 10:05")], "17 11:00", 2, Standing.OWED, False),
        ([("sms", "31 10:00"), ("pledge", "31 10:00")], "31 11:00", 3, Standing.DONE, False),
        ([], "06-01 00:00", 3, Standing.OVERDUE, False),
    ],
)
def test_weekly_sms(
    campaign: Campaign, lines: list[tuple[str, str]], now: str, week: int, standing: Standing, pledge_missing: bool
) -> None:
    """Each campaign week wants a figure and the word that all users were covered; 31 May belongs to the last one."""
    known = [said(campaign, CARRIER, "sms" if what == "sms" else DUTY + "sms-weekly", 1, when) for what, when in lines]
    found = state(campaign, CARRIER, "sms-weekly", known, now, week)
    assert (found.standing, found.pledge_missing) == (standing, pledge_missing)


@pytest.mark.parametrize(("installed", "standing"), [(99, Standing.OWED), (100, Standing.DONE), (120, Standing.DONE)])
def test_share_of_headcount(campaign: Campaign, installed: int, standing: Standing) -> None:
    """Police installs must reach the headcount (通知 四（二）: 100 %)."""
    known = [said(campaign, CITY, "police_app", installed, "12 10:00")]
    found = state(campaign, CITY, "app-rate", known, "12 11:00")
    assert (found.need, found.standing) == (Decimal(100), standing)


def test_a_level_that_fell_again_is_owed_again(campaign: Campaign) -> None:
    """The last reading decides."""
    known = [said(campaign, CITY, "police_app", 100, "12 10:00"), said(campaign, CITY, "police_app", 90, "13 10:00")]
    assert state(campaign, CITY, "app-rate", known, "13 11:00").standing is Standing.OWED


def test_without_headcount_a_share_is_not_judged(campaign: Campaign) -> None:
    """An org whose headcount nobody knows is not chased for a share; `check` names it."""
    org = OrgState(3, "乙市", "city", None, 1_000_000, None)
    assert evaluate(campaign, [org], [], at(campaign, "12 09:00"), ["app-rate"]) == []


def test_orgs_owe_only_while_they_belong(campaign: Campaign) -> None:
    """Who joined after a week ended, or left before it began, does not owe it."""
    late = OrgState(4, "新运营商", "carrier", None, joined_on=date(2021, 5, 17))
    gone = OrgState(5, "旧运营商", "carrier", None, left_on=date(2021, 5, 16))
    found = evaluate(campaign, [late, gone], [], at(campaign, "20 09:00"), ["sms-weekly"])
    assert [(each.org.name, each.period.number) for each in found] == [
        ("旧运营商", 1),
        ("新运营商", 2),
        ("新运营商", 3),
    ]


def test_only_the_audience_owes(campaign: Campaign) -> None:
    """A carrier owes no press conference, a city no SMS."""
    found = evaluate(campaign, [CITY, CARRIER], [], at(campaign, "12 09:00"))
    owed = {(each.org.name, each.key) for each in found}
    assert ("某运营商", "press") not in owed
    assert ("甲市", "sms-weekly") not in owed
    assert ("某运营商", "summary") in owed
