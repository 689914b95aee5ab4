"""Months that must end alike: on both databases, with several processes, and with processes that are killed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.occurrences import Fate
from tests.simulation.conftest import DAYS, WEEK, Reference
from tests.simulation.hosts import Host, Inside, Outside
from tests.simulation.killing import Killer
from tests.simulation.month import Month
from tests.simulation.outcome import compare

BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
Make = Callable[[str, Host], Month]


def test_the_undisturbed_month_is_whole(reference: Reference) -> None:
    """Every planned firing fires, nothing is left over, and what is answered while it waits is not sent."""
    month = reference.whole
    assert {fate for *_, fate, _ in month.fates} == {Fate.FIRED.value}
    assert set(month.fates.values()) == {1}
    assert not month.unsure
    assert sorted(reason for _, status, reason in month.other if status == "cancelled") == [
        "5月13日07:35已报，催报取消",
        "5月27日07:22已报，催报取消",
    ]
    assert month.told.total() == month.arrived.total() > 400


@pytest.mark.postgres
def test_both_databases_lead_to_the_same(reference: Reference, make_month: Make) -> None:
    """A week on PostgreSQL tells the same people the same, and leaves the same ledger; `make soak` plays the month."""
    assert compare(reference.week, make_month("postgres", Inside()).run(WEEK)).none


@pytest.mark.postgres
def test_three_processes_tell_everything_once(reference: Reference, make_month: Make) -> None:
    """Three tickers and three deliverers on one PostgreSQL: each occurrence once, nothing missing, nothing double."""
    difference = compare(reference.days, make_month("postgres", Outside(3)).run(DAYS))
    assert difference.none, difference
    assert difference.unsure == 0


@pytest.mark.parametrize(
    ("kind", "processes", "seed"), [("sqlite", 1, 1), pytest.param("postgres", 2, 2, marks=pytest.mark.postgres)]
)
def test_killed_processes_lose_and_double_nothing(
    reference: Reference, make_month: Make, kind: str, processes: int, seed: int
) -> None:
    """SIGKILL at random moments: what the others and the next process send is what one that lived would have sent."""
    month = make_month(kind, host := Outside(processes))
    month.disturb = Killer(seed, 3, reference.days_steps)
    difference = compare(reference.days, month.run(DAYS))
    assert difference.none, f"seed {seed}: {difference}"
    assert host.kills >= 3
