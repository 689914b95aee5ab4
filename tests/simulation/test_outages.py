"""Days without a bot: what still makes sense goes out in the words of now, the rest is recorded, admins hear once."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest

from models.campaign.definition import Campaign, Late
from models.campaign.loader import HUNAN, load
from models.occurrences import Fate
from tests.schedules.world import at
from tests.simulation.conftest import Make
from tests.simulation.hosts import Inside
from tests.simulation.month import END, Month
from tests.simulation.outcome import Outcome, read

TABLE = Path(__file__).with_name("outages.tsv")
ROWS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
OUTAGES = {key: [row[2:] for row in rows] for key, rows in itertools.groupby(ROWS, lambda row: (row[0], row[1]))}
RULES = {row[2] for row in ROWS}
ADMINS = {"lijianguo", "zhoumin"}
each_outage = pytest.mark.parametrize(
    ("down", "up"), list(OUTAGES), ids=[f"outage{number}" for number in range(1, len(OUTAGES) + 1)]
)


@pytest.fixture(scope="module")
def hunan() -> Campaign:
    """The campaign of the notice."""
    return load(HUNAN)


def after(make_month: Make, down: str, up: str) -> tuple[Month, Outcome]:
    """Start a bot at one moment, leave it down until another, and let it work."""
    month = make_month("sqlite", Inside(), script=(), start=at(down))
    month.step(at(up))
    return month, read(month.db, month.platform)


@each_outage
def test_after_an_outage_each_firing_meets_the_fate_of_the_table(
    make_month: Make, hunan: Campaign, down: str, up: str
) -> None:
    """Each firing of the table's rules is sent late or skipped with its reason; admins hear once of those marked."""
    _, outcome = after(make_month, down, up)
    expected: Counter[tuple[str, int, str, str, str]] = Counter()
    for rule, scheduled, policy, fate in OUTAGES[down, up]:
        defined = hunan.rules[rule]
        assert policy == f"{defined.late.value} {defined.max_late_hours}", rule
        skipped = fate != Fate.FIRED.value
        reason = fate.removeprefix("! ") if skipped else ""
        expected[rule, 1, at(scheduled).isoformat(), (Fate.SKIPPED if skipped else Fate.FIRED).value, reason] += 1
    assert {row: count for row, count in outcome.fates.items() if row[0] in RULES} == expected
    assert not outcome.unsure
    assert {status for _, status, _ in outcome.other} <= {"waiting"}, "what is not for later has gone"
    _check_summary(outcome, hunan, OUTAGES[down, up])


def _check_summary(outcome: Outcome, hunan: Campaign, rows: list[list[str]]) -> None:
    """Check that each admin got one summary, and that nobody got two reminders."""
    told = [(user, content) for _, user, rule, _, content in outcome.told.elements() if rule == "missed"]
    assert {user for user, _ in told} == ADMINS
    assert len(told) == len(ADMINS)
    for _, content in told:
        for rule, _, _, fate in rows:
            line = f"{hunan.rules[rule].name}：{fate.removeprefix('! ')}"
            assert (line in content) == fate.startswith("! "), line
    reminders = Counter(
        user
        for _, user, rule, _, content in outcome.told.elements()
        if rule in hunan.rules and hunan.rules[rule].kind.value == "remind" and user not in ADMINS
    )
    assert set(reminders.values()) <= {1}


def test_the_table_shows_every_policy() -> None:
    """Each `late` of a rule is in the table both sent and skipped, skip alone is never sent late."""
    shown = {(policy.split()[0], fate == Fate.FIRED.value) for rows in OUTAGES.values() for *_, policy, fate in rows}
    assert shown == {(late.value, sent) for late in Late for sent in (True, False)} - {(Late.SKIP.value, True)}


def test_after_an_outage_the_month_goes_on(make_month: Make) -> None:
    """From then on everything fires on time and once; what the outage swallowed does not come back."""
    month, outcome = after(make_month, "05-28 20:00", "05-31 20:17")
    rest = month.run(END)
    assert set(rest.fates.values()) == {1}
    later = rest.fates - outcome.fates
    assert {fate for *_, fate, _ in later} == {Fate.FIRED.value}
    assert outcome.fates - rest.fates == Counter()
