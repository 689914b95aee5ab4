"""What a ranking says: order, ties, what is missing, movement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from models.campaign.definition import Campaign, RollUp
from models.campaign.loader import HUNAN, load
from models.campaign.periods import whole
from models.duties import DutyState, OrgState, Standing
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


# ---- rolling up, weeks, duties done ----

PARENTS = {1: None, 2: None, 3: None, 11: 1, 12: 1, 111: 11}


def changed(campaign: Campaign, key: str, **values: object) -> Campaign:
    """The campaign with a ranking of other rules."""
    ranking = campaign.rankings[key].model_copy(update=values)
    return campaign.model_copy(update={"rankings": {**campaign.rankings, key: ranking}})


def rolled(campaign: Campaign, how: RollUp, *known: Fact) -> list[tuple[str, int | None, Decimal | None]]:
    """Rank hand-outs of three cities with districts below the first."""
    ranked = changed(campaign, "handouts", roll_up=how)
    return lines(compute(ranked, "handouts", ORGS, known, NOW, parents=PARENTS))


def test_without_rolling_up_what_is_below_does_not_count(campaign: Campaign) -> None:
    """The default: each org ranks on what it reported itself."""
    assert rolled(campaign, RollUp.NONE, fact(11, "handbook", "5"))[0] == ("甲市", None, None)


def test_adding_counts_each_figure_once_for_the_nearest_ranked_org(campaign: Campaign) -> None:
    """Own, district and township figures add up; nothing counts for two orgs."""
    known = [
        fact(1, "handbook", "100"),
        fact(11, "handbook", "5"),
        fact(12, "leaflet", "3"),
        fact(111, "handbook", "1"),
    ]
    assert rolled(campaign, RollUp.ADD, *known)[0] == ("甲市", 1, Decimal(109))


def test_filling_never_adds_what_a_total_holds_already(campaign: Campaign) -> None:
    """A city that reports its own total means its districts too; where it is silent they are added, by indicator."""
    total = [fact(1, "handbook", "100"), fact(11, "handbook", "60"), fact(12, "handbook", "40")]
    assert rolled(campaign, RollUp.FILL, *total)[0] == ("甲市", 1, Decimal(100))
    assert rolled(campaign, RollUp.FILL, *total[1:])[0] == ("甲市", 1, Decimal(100))
    districts = [fact(11, "handbook", "60"), fact(111, "handbook", "25"), fact(1, "leaflet", "7")]
    assert rolled(campaign, RollUp.FILL, *districts)[0] == ("甲市", 1, Decimal(67))


def test_levels_of_districts_add_up_to_the_citys(campaign: Campaign) -> None:
    """Readings replace each other within an org, never between orgs."""
    known = [
        fact(11, "fans", "30000", part="抖音", day=11, entry=1),
        fact(11, "fans", "40000", part="抖音", day=12, entry=2),
        fact(12, "fans", "10000", part="抖音", day=12, entry=3),
    ]
    ranked = changed(campaign, "follow-rate", roll_up=RollUp.ADD)
    assert lines(compute(ranked, "follow-rate", ORGS, known, NOW, parents=PARENTS))[0] == ("甲市", 1, Decimal("500.0"))


def test_a_weekly_ranking_counts_the_days_of_one_week_and_names_them(campaign: Campaign) -> None:
    """Last week's figures are not this week's."""
    known = [fact(1, "handbook", "5", day=16), fact(1, "handbook", "7", day=17), fact(2, "handbook", "9", day=10)]
    monday = datetime(2021, 5, 18, 2, tzinfo=UTC)
    this = compute(changed(campaign, "handouts", period="week"), "handouts", ORGS, known, monday)
    last = compute(changed(campaign, "handouts", period="last-week"), "handouts", ORGS, known, monday)
    assert (this.title, lines(this)[0]) == ("手册资料发放（5月17日至23日）", ("甲市", 1, Decimal(7)))
    assert (last.title, lines(last)[0]) == ("手册资料发放（5月11日至16日）", ("甲市", 1, Decimal(5)))


def state(org: int, key: str, standing: Standing, campaign: Campaign) -> DutyState:
    """How one duty of one org stands."""
    known = next(ranked for ranked in ORGS if ranked.id == org)
    duty = campaign.duties[key]
    org_state = OrgState(org, known.name, "city", None)
    return DutyState(org_state, key, duty, whole(campaign), standing, NOW, Decimal(0), Decimal(1), False, None)


def test_completion_is_the_share_of_duties_done(campaign: Campaign) -> None:
    """Late counts as done; what has not begun is not counted; who owes nothing stands apart and says why."""
    states = [
        state(1, "press", Standing.DONE, campaign),
        state(1, "summary", Standing.DONE_LATE, campaign),
        state(1, "video-submit", Standing.OVERDUE, campaign),
        state(1, "app-rate", Standing.AHEAD, campaign),
        state(2, "press", Standing.OWED, campaign),
    ]
    table = compute(campaign, "completion", ORGS, [], NOW, states=states)
    assert lines(table) == [("甲市", 1, Decimal("66.7")), ("乙市", 2, Decimal("0.0")), ("丙市", None, None)]
    assert table.rows[2].marks == ("没有到期任务",)


def test_the_rounding_is_declared(campaign: Campaign) -> None:
    """A rate says how it was rounded, a plain sum has nothing to round."""
    assert compute(campaign, "follow-rate", ORGS, [], NOW).note.endswith("四舍五入保留1位小数。")
    assert "四舍五入" not in compute(campaign, "handouts", ORGS, [], NOW).note


def test_corrections_that_make_a_total_zero_leave_it_ranked(campaign: Campaign) -> None:
    """What was reported and taken back is a zero that somebody said, not silence."""
    known = [fact(1, "handbook", "5"), fact(1, "handbook", "-5", entry=2), fact(2, "handbook", "0", entry=3)]
    assert lines(compute(campaign, "handouts", ORGS, known, NOW))[:2] == [
        ("甲市", 1, Decimal(0)),
        ("乙市", 1, Decimal(0)),
    ]


def test_values_change_against_the_last_issue(campaign: Campaign) -> None:
    """The change is measured in the ranking's unit; who was not ranked has none."""
    first = compute(campaign, "handouts", ORGS, [fact(1, "handbook", "5")], NOW)
    known = [fact(1, "handbook", "4"), fact(2, "handbook", "9", entry=2)]
    table = compute(campaign, "handouts", ORGS, known, NOW, replace(first, number=1))
    assert [(row.org, row.change) for row in table.rows] == [("乙市", None), ("甲市", Decimal(-1)), ("丙市", None)]
