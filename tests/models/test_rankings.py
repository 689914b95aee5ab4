"""What a ranking says: order, ties, what is missing, movement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.ledger import Fact
from models.messages import RankTable, table_from_json, table_to_json
from models.rankings import RankedOrg, compute

NOW = datetime(2021, 5, 14, 2, 12, tzinfo=UTC)
ORGS = [RankedOrg(1, "甲市", 1_000_000, 100), RankedOrg(2, "乙市", 2_000_000, 0), RankedOrg(3, "丙市", None, 50)]


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """The Hunan campaign."""
    return load(HUNAN)


def fact(org: int, indicator: str, value: str, *, part: str = "", day: int = 12, entry: int = 1) -> Fact:
    """A figure that counts."""
    return Fact(org, indicator, part, Decimal(value), date(2021, 5, day), NOW, entry)


def lines(table: RankTable) -> list[tuple[str, int | None, Decimal | None]]:
    """What people compare."""
    return [(row.org, row.rank, row.value) for row in table.rows]


def test_follow_rate_is_followers_over_population_times_ten_thousand(campaign: Campaign) -> None:
    """The notice's formula: the five platforms summed, over residents, per 10 000."""
    known = [fact(1, "fans", "30000", part="抖音"), fact(1, "fans", "20000", part="快手", entry=2)]
    known += [fact(2, "fans", "160000", part="抖音", entry=3)]
    table = compute(campaign, "follow-rate", ORGS, known, NOW)
    assert lines(table) == [("乙市", 1, Decimal("800.0")), ("甲市", 2, Decimal("500.0")), ("丙市", None, None)]
    assert table.rows[0].marks == ("缺4平台",)
    assert table.rows[1].marks == ("缺3平台",)


def test_newer_reading_replaces_the_older(campaign: Campaign) -> None:
    """A level counts once: by its latest day, and for one day by the later entry."""
    known = [
        fact(1, "fans", "30000", part="抖音", day=12, entry=1),
        fact(1, "fans", "31000", part="抖音", day=13, entry=2),
        fact(1, "fans", "29000", part="抖音", day=11, entry=3),
    ]
    assert compute(campaign, "follow-rate", ORGS, known, NOW).rows[0].value == Decimal("310.0")


def test_stale_reading_is_marked(campaign: Campaign) -> None:
    """A level older than the ranking's limit is shown and marked, not dropped."""
    known = [fact(1, "fans", "30000", part="抖音", day=1), fact(2, "fans", "1", part="抖音", day=14, entry=2)]
    table = compute(campaign, "follow-rate", ORGS, known, NOW)
    assert [(row.org, row.stale) for row in table.rows[:2]] == [("甲市", True), ("乙市", False)]


def test_ties_share_a_rank_and_the_next_is_skipped(campaign: Campaign) -> None:
    """Standard competition ranking: 1 1 3."""
    known = [fact(1, "handbook", "5"), fact(2, "leaflet", "5", entry=2), fact(3, "handbook", "1", entry=3)]
    table = compute(campaign, "handouts", ORGS, known, NOW)
    assert lines(table) == [("甲市", 1, Decimal(5)), ("乙市", 1, Decimal(5)), ("丙市", 3, Decimal(1))]


def test_reported_zero_is_ranked_and_no_report_is_not(campaign: Campaign) -> None:
    """Nothing reported is never a silent zero."""
    table = compute(campaign, "handouts", ORGS, [fact(2, "handbook", "0")], NOW)
    assert lines(table) == [("乙市", 1, Decimal(0)), ("甲市", None, None), ("丙市", None, None)]


def test_org_without_the_attribute_stands_apart_and_says_why(campaign: Campaign) -> None:
    """Without population or headcount there is no rate, and the row says what is missing."""
    table = compute(campaign, "follow-rate", ORGS, [fact(3, "fans", "9", part="抖音")], NOW)
    assert ("缺人口数",) in [row.marks for row in table.rows if row.org == "丙市"]
    table = compute(campaign, "app-rate", ORGS, [fact(2, "police_app", "9")], NOW)
    assert [row.marks for row in table.rows if row.org == "乙市"] == [("缺人数",)]


def test_movement_is_measured_against_the_last_issue(campaign: Campaign) -> None:
    """Places won are positive; who was not ranked before has no movement."""
    first = compute(campaign, "handouts", ORGS, [fact(1, "handbook", "5"), fact(2, "handbook", "3", entry=2)], NOW)
    known = [fact(1, "handbook", "5"), fact(2, "handbook", "9", entry=2), fact(3, "handbook", "1", entry=3)]
    table = compute(campaign, "handouts", ORGS, known, NOW, replace(first, number=1))
    assert [(row.org, row.moved) for row in table.rows] == [("乙市", 1), ("甲市", -1), ("丙市", None)]
    assert table.since == 1


def test_nothing_reported_at_all(campaign: Campaign) -> None:
    """An empty ledger ranks nobody."""
    table = compute(campaign, "handouts", ORGS, [], NOW)
    assert [row.rank for row in table.rows] == [None, None, None]


def test_a_table_survives_being_stored(campaign: Campaign) -> None:
    """A frozen issue reads back to the very same value."""
    table = compute(campaign, "follow-rate", ORGS, [fact(1, "fans", "12345", part="抖音")], NOW)
    assert table_from_json(table_to_json(table)) == table
