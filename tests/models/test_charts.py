"""What the pictures show: the matrix from the states of duties, the trend from figures."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.charts import Cell, MatrixTable, TrendTable
from models.duties import OrgState, evaluate
from models.ledger import DUTY, Fact
from models.matrix import matrix
from models.trend import trend

HEADINGS = {1: "市州", 2: "市州", 3: "运营商", 4: "区县"}
ORGS = [
    OrgState(1, "甲市", "city", None, headcount=100),
    OrgState(2, "乙市", "city", None, headcount=100),
    OrgState(3, "移动", "carrier", None),
    OrgState(4, "丙县", "county", 1),
]


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """The Hunan campaign."""
    return load(HUNAN)


def at(day: int, hour: int = 2, month: int = 5) -> datetime:
    """Name a moment; 2 o'clock is 10 in Shanghai."""
    return datetime(2021, month, day, hour, tzinfo=UTC)


def fact(org: int, indicator: str, value: str, day: int, *, part: str = "", month: int = 5, made: int = 0) -> Fact:
    """A figure that counts, reported on its day or on another of May."""
    number = made or day
    return Fact(org, indicator, part, Decimal(value), date(2021, month, day), at(number, month=month), number)


def grid(campaign: Campaign, now: datetime, *known: Fact, by_share: bool = True, excused: object = ()) -> MatrixTable:
    """Evaluate the duties and lay them out."""
    states = evaluate(campaign, ORGS, known, now, excused=frozenset(excused))  # type: ignore[call-overload]
    return matrix(campaign, states, now, title="进度", scope="", headings=HEADINGS, by_share=by_share)


def cells(table: MatrixTable, org: str) -> dict[str, Cell | None]:
    """Return an org's cells by column."""
    (row,) = (each for each in table.rows if each.org == org)
    return {each.title + each.days: cell for each, cell in zip(table.columns, row.cells, strict=True)}


def test_columns_are_duties_in_file_order_and_weeks_that_have_begun(campaign: Campaign) -> None:
    """A weekly duty has a column for each week that has begun; before the first week it has the first."""
    assert [each.title + each.days for each in grid(campaign, at(18)).columns] == [
        *("总结", "发布会", "短信5.11", "短信5.17", "投稿", "采用", "民警关注", "民警安装"),
    ]
    before = grid(campaign, at(3)).columns
    assert [each.days for each in before if each.days] == ["5.11"]


def test_each_standing_has_its_cell(campaign: Campaign) -> None:
    """Done, late, open, overdue, excused and not begun are told apart; what an org does not owe is empty."""
    known = [
        fact(1, "press", "1", 14),
        fact(3, "sms", "5", 12, made=18),
        fact(3, f"{DUTY}sms-weekly", "1", 12, made=18),
    ]
    table = grid(campaign, at(26), *known, excused=[(2, "press", "")])
    assert cells(table, "甲市")["发布会"] is Cell.DONE
    assert cells(table, "乙市")["发布会"] is Cell.EXCUSED
    assert cells(table, "甲市")["总结"] is Cell.OPEN
    assert cells(table, "甲市")["短信5.17"] is None
    assert cells(table, "移动")["短信5.11"] is Cell.LATE
    assert cells(table, "移动")["短信5.17"] is Cell.OVERDUE
    assert cells(table, "移动")["短信5.24"] is Cell.OPEN
    assert cells(grid(campaign, at(3)), "甲市")["总结"] is Cell.AHEAD


def test_counts(campaign: Campaign) -> None:
    """Late counts as done, excused and not begun count for nothing; rows and columns add up to the same."""
    known = [
        fact(1, "press", "1", 14),
        fact(3, "sms", "5", 12, made=18),
        fact(3, f"{DUTY}sms-weekly", "1", 12, made=18),
    ]
    table = grid(campaign, at(26), *known, excused=[(2, "press", "")])
    assert {row.org: (row.done, row.of) for row in table.rows} == {"甲市": (1, 6), "乙市": (0, 5), "移动": (1, 4)}
    assert sum(each.done for each in table.columns) == sum(row.done for row in table.rows)
    assert sum(each.of for each in table.columns) == sum(row.of for row in table.rows)


def test_who_has_no_duty_has_no_row(campaign: Campaign) -> None:
    """A county owes nothing in this campaign."""
    assert "丙县" not in [row.org for row in grid(campaign, at(18)).rows]


def test_order(campaign: Campaign) -> None:
    """Within a section those that have done most come first, or the roster's order if that is wanted."""
    known = [fact(2, "press", "1", 14)]
    assert [row.org for row in grid(campaign, at(18), *known).rows] == ["乙市", "甲市", "移动"]
    assert [row.org for row in grid(campaign, at(18), *known, by_share=False).rows] == ["甲市", "乙市", "移动"]


def test_thirty_thousand_orgs_are_cut_and_counted(campaign: Campaign) -> None:
    """Two hundred have rows, all are counted."""
    orgs = [OrgState(number, f"第{number}市", "city", None) for number in range(30_000)]
    states = evaluate(campaign, orgs, [], at(18), ["press"])
    table = matrix(campaign, states, at(18), title="", scope="", headings={})
    assert (len(table.rows), table.left_out) == (200, 29_800)
    assert (table.columns[0].done, table.columns[0].of) == (0, 30_000)


def line(campaign: Campaign, indicator: str, now: datetime, *known: Fact, part: str = "") -> TrendTable:
    """Lay out a trend of the first two orgs."""
    return trend(campaign, indicator, known, now, title="", scope="", orgs={1, 2}, part=part)


def days(table: TrendTable) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Return what each day added and came to, where there is something."""
    return {
        f"{each.day:%m-%d}": (each.value, each.total)
        for each in table.days
        if each.value is not None or each.total is not None
    }


def test_trend_of_a_flow(campaign: Campaign) -> None:
    """Days add up; a day without a report is none, a reported 0 is 0, days to come are nothing; others do not count."""
    known = [
        fact(1, "handbook", "500", 12),
        fact(2, "handbook", "300", 12),
        fact(1, "handbook", "0", 14),
        fact(3, "handbook", "9999", 14),
        fact(1, "banner", "7", 14),
    ]
    table = line(campaign, "handbook", at(15), *known)
    assert days(table) == {"05-12": (800, 800), "05-13": (None, 800), "05-14": (0, 800), "05-15": (None, 800)}
    assert [table.days[0].day, table.days[-1].day] == [campaign.first_day, campaign.last_day]
    assert (table.orgs, table.of) == (2, 2)


def test_trend_marks_days_off(campaign: Campaign) -> None:
    """Saturday and Sunday are days off, the make-up Saturday of 8 May 2021 is not in this campaign."""
    off = [each.day.day for each in line(campaign, "handbook", at(15)).days if not each.workday]
    assert off == [15, 16, 22, 23, 29, 30]


def test_trend_of_a_level(campaign: Campaign) -> None:
    """A level comes to the last reading of each org and part, however they are ordered."""
    known = [
        fact(1, "fans", "100", 12, part="抖音"),
        fact(1, "fans", "50", 12, part="快手"),
        fact(2, "fans", "10", 13, part="抖音"),
        fact(1, "fans", "90", 14, part="抖音"),
    ]
    table = line(campaign, "fans", at(14), *reversed(known))
    assert [total for _, total in days(table).values()] == [150, 160, 150]
    assert table.level
    one = line(campaign, "fans", at(14), *known, part="快手")
    assert [total for _, total in days(one).values()] == [50, 50, 50]


def test_trend_before_and_after_the_campaign(campaign: Campaign) -> None:
    """What was done before the first day is in the totals and named; what came while it closed lengthens the series."""
    known = [fact(1, "handbook", "70", 3), fact(1, "handbook", "5", 2, month=6)]
    table = line(campaign, "handbook", at(3, month=6), *known)
    assert table.before == 70
    assert table.days[0].total == 70
    assert (table.days[-1].day, table.days[-1].total) == (date(2021, 6, 2), 75)


def test_trend_of_nothing(campaign: Campaign) -> None:
    """Without a figure no day has a total."""
    assert days(line(campaign, "handbook", at(15))) == {}
