"""The bot's clock set forward or back by hours or days, also over a restart: nothing is told twice, nothing lost."""

from __future__ import annotations

from datetime import timedelta

from models.campaign.definition import Campaign
from models.occurrences import Fate
from tests.schedules.world import at
from tests.simulation import turning
from tests.simulation.conftest import WEEK, Make, Reference
from tests.simulation.hosts import Inside
from tests.simulation.outcome import compare

BACK = [
    (at("05-11 12:00"), timedelta(hours=-3), False),
    (at("05-13 12:00"), timedelta(days=-2), True),
    (at("05-16 10:10"), timedelta(hours=-12), False),
]
AHEAD = [
    (at("05-11 21:40"), timedelta(hours=5), False),
    (at("05-12 23:10"), timedelta(hours=9), True),  # a chase is held until the morning
    (at("05-14 06:00"), timedelta(hours=12), False),
    (at("05-15 12:00"), timedelta(days=3), True),
    (at("05-16 12:00"), timedelta(days=30), False),
]


def test_a_clock_set_back_for_a_while_changes_nothing(reference: Reference, make_month: Make) -> None:
    """Each time the week goes on as if nothing had been: the same people get the same words."""
    difference = compare(reference.week, turning.live(make_month("sqlite", Inside()), BACK, WEEK))
    assert difference.none, difference


def test_a_clock_ahead_for_a_while_loses_and_doubles_nothing(reference: Reference, make_month: Make) -> None:
    """What it told too early is not told again; what it skipped or ended comes at its time."""
    outcome = turning.live(make_month("sqlite", Inside()), AHEAD, WEEK)
    assert turning.problems(reference.week, outcome, WEEK) == []


def edited(campaign: Campaign) -> Campaign:
    """Move the reminder of Thursday to Friday, and the one of Monday to another hour, with raised versions."""
    rules = dict(campaign.rules)
    for key, weekly in (("sms-thursday", {"weekday": "friday"}), ("sms-monday", {"at": "10:22"})):
        rule = rules[key]
        assert rule.weekly is not None
        rules[key] = rule.model_copy(update={"version": 2, "weekly": rule.weekly.model_copy(update=weekly)})
    return campaign.model_copy(update={"rules": rules})


def test_an_edited_rule_fires_by_its_new_plan_only(reference: Reference, make_month: Make) -> None:
    """Edited after it has fired, and the clock set back a day after that: old plans die, and nothing doubles."""
    month = make_month("sqlite", Inside())
    month.run(at("05-13 12:00"))
    month.restarted(Inside(edited))
    month.settle()
    month.turned(timedelta(days=-1))
    month.step(month.clock.campaign.now() + timedelta(minutes=30))
    month.turned(timedelta(days=1))
    outcome = month.run(WEEK)
    changed = sorted((at, rule, version) for rule, version, at, _, _ in outcome.fates if rule.startswith("sms-"))
    assert changed == [
        ("2021-05-11T01:12:00+00:00", "sms-monday", 1),
        ("2021-05-13T01:12:00+00:00", "sms-thursday", 1),
        ("2021-05-14T01:12:00+00:00", "sms-thursday", 2),
        ("2021-05-16T01:42:00+00:00", "sms-sunday", 1),
        ("2021-05-17T01:17:00+00:00", "sms-list", 1),
        ("2021-05-17T02:22:00+00:00", "sms-monday", 2),
    ]
    assert {fate for *_, fate, _ in outcome.fates} == {Fate.FIRED.value}
    assert {count for told, count in outcome.told.items() if told[2].startswith("sms-")} == {1}
    assert outcome.ledger == reference.week.ledger
