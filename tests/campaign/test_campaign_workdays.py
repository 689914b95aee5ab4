"""Working days against a second source, and what a campaign file changes."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import pytest

from models.campaign.definition import Campaign, Shift
from models.campaign.workdays import Workdays, published


@pytest.mark.parametrize("year", range(2021, 2027))
def test_each_day_agrees_with_the_second_source(hunan: Campaign, year: int) -> None:
    """Each day of each published year is a working day here if and only if chinesecalendar says so."""
    workdays = Workdays(hunan)
    first = date(year, 1, 1)
    all_days = [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]
    assert [day for day in all_days if workdays.is_workday(day) != chinese_calendar.is_workday(day)] == []
    assert published(year)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2021-05-03", False),  # Monday, Labour Day moved
        ("2021-05-08", True),  # Saturday, made up
        ("2021-05-15", False),  # an ordinary Saturday
        ("2021-05-31", True),
        ("2021-10-09", True),  # Saturday, made up
        ("2025-10-08", False),  # Wednesday of the long holiday
        ("2027-02-08", True),  # Spring Festival of a year not published yet: a Monday counts
        ("2027-02-06", False),
        ("2027-10-01", True),  # likewise, a Friday
    ],
)
def test_single_days(hunan: Campaign, day: str, works: bool) -> None:
    """Holidays, make-up Saturdays, and Monday to Friday where nothing is published."""
    assert Workdays(hunan).is_workday(date.fromisoformat(day)) is works


def test_a_year_without_make_up_days_is_not_published() -> None:
    """The library guesses at holidays of later years; we do not count by them (decisions 21)."""
    assert not published(2031)


def test_the_campaign_file_has_the_last_word(hunan: Campaign) -> None:
    """A day off and a working day of the campaign file beat the calendar."""
    changed = hunan.model_copy(update={"rest_days": (date(2021, 5, 12),), "work_days": (date(2021, 5, 15),)})
    workdays = Workdays(changed)
    assert not workdays.is_workday(date(2021, 5, 12))
    assert workdays.is_workday(date(2021, 5, 15))


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2021-05-28", 1, "2021-05-31"),  # over a weekend
        ("2021-05-28", 0, "2021-05-28"),
        ("2021-05-30", 0, "2021-05-30"),  # 0 never moves
        ("2021-04-30", 1, "2021-05-06"),  # over Labour Day
        ("2021-05-07", 1, "2021-05-08"),  # to the make-up Saturday
        ("2021-05-06", -1, "2021-04-30"),
        ("2021-06-01", -2, "2021-05-28"),
    ],
)
def test_counting_working_days(hunan: Campaign, start: str, count: int, end: str) -> None:
    """Adding working days jumps weekends and holidays and stops on make-up days."""
    workdays = Workdays(hunan)
    assert workdays.add_workdays(date.fromisoformat(start), count) == date.fromisoformat(end)
    if count > 0:
        assert workdays.count(date.fromisoformat(start), date.fromisoformat(end)) == count


@pytest.mark.parametrize(
    ("day", "shift", "lands"),
    [
        ("2021-05-30", Shift.EARLIER, "2021-05-28"),
        ("2021-05-30", Shift.LATER, "2021-05-31"),
        ("2021-05-30", Shift.NONE, "2021-05-30"),
        ("2021-05-28", Shift.LATER, "2021-05-28"),
        ("2021-10-02", Shift.EARLIER, "2021-09-30"),
        ("2021-10-02", Shift.LATER, "2021-10-08"),
    ],
)
def test_shifting_to_a_working_day(hunan: Campaign, day: str, shift: Shift, lands: str) -> None:
    """A rule's day moves off a free day the way the rule says."""
    assert Workdays(hunan).shifted(date.fromisoformat(day), shift) == date.fromisoformat(lands)


def test_neighbours_are_never_the_day_itself(hunan: Campaign) -> None:
    """The next and the previous working day of a working day are others."""
    workdays = Workdays(hunan)
    assert workdays.next_workday(date(2021, 5, 28)) == date(2021, 5, 31)
    assert workdays.previous_workday(date(2021, 5, 31)) == date(2021, 5, 28)
