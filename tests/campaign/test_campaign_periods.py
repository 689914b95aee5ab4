"""Campaign weeks, deadlines, and the spans behind 本周 and 上周."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.campaign import periods
from models.campaign.definition import Campaign, Duty, Weekly


def days(campaign: Campaign, first: str, last: str) -> Campaign:
    """Return the campaign with other first and last days."""
    update = {"first_day": date.fromisoformat(first), "last_day": date.fromisoformat(last)}
    return campaign.model_copy(update=update)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # Hunan: starts on a Tuesday; 31 May, a Monday, joins the week before it (decisions 16)
        ("2021-05-11", "2021-05-31", "2021-W19 05-11..05-16, 2021-W20 05-17..05-23, 2021-W21 05-24..05-31"),
        ("2021-05-10", "2021-05-23", "2021-W19 05-10..05-16, 2021-W20 05-17..05-23"),  # whole weeks
        ("2021-05-10", "2021-05-25", "2021-W19 05-10..05-16, 2021-W20 05-17..05-25"),  # 2 days left over join
        ("2021-05-10", "2021-05-26", "2021-W19 05-10..05-16, 2021-W20 05-17..05-23, 2021-W21 05-24..05-26"),
        ("2021-05-16", "2021-05-23", "2021-W19 05-16..05-16, 2021-W20 05-17..05-23"),  # starts on a Sunday
        ("2021-05-11", "2021-05-11", "2021-W19 05-11..05-11"),  # a single day is a week
        ("2021-05-13", "2021-05-18", "2021-W19 05-13..05-18"),  # the second piece is short and joins the first
        ("2020-12-28", "2021-01-08", "2020-W53 12-28..01-03, 2021-W01 01-04..01-08"),  # over New Year
    ],
)
def test_weeks_of_a_campaign(hunan: Campaign, first: str, last: str, expected: str) -> None:
    """Weeks begin with the campaign and then on Mondays; a short rest joins the week before it."""
    found = periods.weeks(days(hunan, first, last))
    assert ", ".join(f"{week.key} {week.start:%m-%d}..{week.end:%m-%d}" for week in found) == expected
    assert [week.number for week in found] == list(range(1, len(found) + 1))


@given(st.dates(date(2000, 1, 1), date(2099, 1, 1)), st.integers(0, 120))
def test_weeks_cover_each_day_once(hunan: Campaign, first: date, length: int) -> None:
    """Whatever the first and last day, each day is in exactly one week, and keys are unique."""
    last = first + timedelta(days=length)
    weeks = periods.weeks(hunan.model_copy(update={"first_day": first, "last_day": last}))
    assert (weeks[0].start, weeks[-1].end) == (first, last)
    assert all(b.start - a.end == timedelta(days=1) for a, b in pairwise(weeks))
    assert len({week.key for week in weeks}) == len(weeks)


@pytest.mark.parametrize(
    ("day", "key"),
    [
        ("2021-05-10", None),
        ("2021-05-11", "2021-W19"),
        ("2021-05-16", "2021-W19"),
        ("2021-05-17", "2021-W20"),
        ("2021-05-31", "2021-W21"),
        ("2021-06-01", None),
    ],
)
def test_the_week_of_a_day(hunan: Campaign, day: str, key: str | None) -> None:
    """A day belongs to its campaign week, or to none outside the campaign."""
    week = periods.week_of(hunan, date.fromisoformat(day))
    assert (week and week.key) == key


@pytest.mark.parametrize(
    ("duty", "period", "due"),
    [
        ("summary", "all", "2021-05-28T18:00:00+08:00"),
        ("press", "all", "2021-05-31T18:00:00+08:00"),
        ("sms-weekly", "2021-W19", "2021-05-16T23:59:00+08:00"),
        ("sms-weekly", "2021-W20", "2021-05-23T23:59:00+08:00"),
        ("sms-weekly", "2021-W21", "2021-05-31T23:59:00+08:00"),  # not on Sunday, 30 May
    ],
)
def test_deadlines(hunan: Campaign, duty: str, period: str, due: str) -> None:
    """A duty is due at its date, or at its time on the last day of the week."""
    known = {p.key: p for p in periods.periods(hunan, hunan.duties[duty])}
    assert periods.deadline(hunan, hunan.duties[duty], known[period]).isoformat() == due


def test_a_duty_without_due_ends_with_its_period(hunan: Campaign) -> None:
    """Where the file gives no deadline, the period's last minute is it."""
    duty = Duty(name="x", audience=("city",), indicator="press")
    assert periods.deadline(hunan, duty, periods.whole(hunan)).isoformat() == "2021-05-31T23:59:00+08:00"


def test_a_moment_with_an_offset_keeps_its_instant(hunan: Campaign) -> None:
    """10:00 UTC in the file is 18:00 in China."""
    moment = periods.localise(hunan, datetime(2021, 5, 28, 10, tzinfo=UTC))
    assert moment.isoformat() == "2021-05-28T18:00:00+08:00"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("sms-monday", "05-11 05-17 05-24"),  # first_on in the first week; not again on Monday, 31 May
        ("sms-thursday", "05-13 05-20 05-27"),
        ("sms-sunday", "05-16 05-23 05-30"),
        ("sms-list", "05-17 05-24"),  # the first week has no Monday, and nothing before it to list
        ("follow-rate-weekly", "05-14 05-21 05-28"),
    ],
)
def test_days_of_weekly_rules(hunan: Campaign, rule: str, expected: str) -> None:
    """A weekly rule has at most one day in each campaign week."""
    weekly = hunan.rules[rule].weekly
    assert weekly is not None
    assert " ".join(f"{day:%m-%d}" for _, day in periods.weekly_days(hunan, weekly)) == expected


def test_a_weekday_that_a_week_lacks_gives_nothing(hunan: Campaign) -> None:
    """A campaign from Tuesday to Thursday has no Friday."""
    campaign = days(hunan, "2021-05-11", "2021-05-13")
    assert periods.weekly_days(campaign, Weekly(weekday="friday", at="09:12")) == ()


@pytest.mark.parametrize(
    ("today", "this", "last"),
    [
        ("2021-05-05", "05-03..05-09", "04-26..05-02"),  # before the campaign: as on any calendar
        ("2021-05-12", "05-11..05-16", "05-03..05-09"),
        ("2021-05-18", "05-17..05-23", "05-11..05-16"),
        ("2021-05-31", "05-24..05-31", "05-17..05-23"),
        ("2021-06-01", "05-31..06-06", "05-24..05-31"),
    ],
)
def test_this_week_and_last_week(hunan: Campaign, today: str, this: str, last: str) -> None:
    """本周 and 上周 are campaign weeks while the campaign runs."""
    day = date.fromisoformat(today)
    for span, expected in ((periods.this_week(hunan, day), this), (periods.last_week(hunan, day), last)):
        assert f"{span[0]:%m-%d}..{span[1]:%m-%d}" == expected
