"""Callers who come at once share one piece of work, and each gets what is his."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from bot.together import MOST, Together, TooLongError


class Kitchen:
    """Works on orders; the first one is held until the others have come."""

    def __init__(self, seconds: float = 5.0) -> None:
        self.groups: list[list[str]] = []
        self.alone: list[str] = []
        self.held, self.begun, self.finish = threading.Event(), threading.Event(), threading.Event()
        self.together: Together[str, str] = Together(self._several, self._one, (ConnectionError,), seconds)

    def has_waiting(self, count: int) -> bool:
        """Tell whether so many orders wait."""
        return len(self.together._waiting) == count

    def _several(self, orders: Sequence[str]) -> list[str]:
        self.groups.append(list(orders))
        if "no power" in orders:
            raise ConnectionError("no power")
        if "burnt" in orders:
            raise ValueError("burnt")
        if "fire" in orders:
            raise SystemExit
        return [order.upper() for order in orders]

    def _one(self, order: str) -> str:
        self.alone.append(order)
        if order == "first":
            self.begun.set()
            self.held.wait(5)
        if order == "last":
            assert self.finish.wait(5)
        if order == "burnt":
            raise ValueError(order)
        return order.upper()

    def behind_the_first(self, orders: Sequence[str]) -> list[Future[str]]:
        """Return what became of orders that came while the first one was worked on."""
        with ThreadPoolExecutor(len(orders) + 1) as pool:
            first = pool.submit(self.together, "first")
            assert self.begun.wait(5)
            rest = [pool.submit(self.together, order) for order in orders]
            until(partial(self.has_waiting, len(orders)))
            self.held.set()
        return [first, *rest]


def until(there: Callable[[], bool]) -> None:
    """Wait until something holds, five seconds at the most."""
    for _ in range(500):
        if there():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_who_waits_is_done_together() -> None:
    """Those who come while one is worked on are done in one go, and each gets his own."""
    kitchen = Kitchen()
    found = kitchen.behind_the_first(["tea", "rice", "soup"])
    assert [each.result() for each in found] == ["FIRST", "TEA", "RICE", "SOUP"]
    assert [sorted(group) for group in kitchen.groups] == [["rice", "soup", "tea"]]
    assert kitchen.alone == ["first"]


def test_a_crowd_comes_in_groups() -> None:
    """No group is larger than the limit, and nobody is left out or done twice."""
    kitchen = Kitchen()
    orders = [f"dish {number}" for number in range(MOST + 5)]
    found = kitchen.behind_the_first(orders)
    assert [each.result() for each in found[1:]] == [order.upper() for order in orders]
    assert sorted(order for group in kitchen.groups for order in group) == sorted(orders)
    assert max(len(group) for group in kitchen.groups) == MOST


def test_a_bad_one_spoils_no_other() -> None:
    """When a group fails over one of them each is done by itself, and only the bad one fails."""
    kitchen = Kitchen()
    _, tea, burnt, soup = kitchen.behind_the_first(["tea", "burnt", "soup"])
    assert [tea.result(), soup.result()] == ["TEA", "SOUP"]
    with pytest.raises(ValueError, match="burnt"):
        burnt.result()


def test_whatever_happens_nobody_is_forgotten() -> None:
    """When a group ends as no error does, as at the end of a process, everybody in it is still seen to."""
    kitchen = Kitchen()
    _, *rest = kitchen.behind_the_first(["tea", "fire"])
    assert [each.result() for each in rest] == ["TEA", "FIRE"]


def test_who_is_done_goes() -> None:
    """Nobody waits for those who came after him."""
    kitchen = Kitchen()
    with ThreadPoolExecutor(MOST + 2) as pool:
        first = pool.submit(kitchen.together, "first")
        assert kitchen.begun.wait(5)
        quick = []
        for number in range(MOST):
            quick.append(pool.submit(kitchen.together, f"dish {number}"))
            until(partial(kitchen.has_waiting, number + 1))
        last = pool.submit(kitchen.together, "last")
        until(partial(kitchen.has_waiting, MOST + 1))
        kitchen.held.set()
        assert [each.result(5) for each in (first, *quick)][1:] == [f"DISH {number}" for number in range(MOST)]
        assert not last.done()
        kitchen.finish.set()
        assert last.result(5) == "LAST"


def test_what_concerns_all_is_told_to_all() -> None:
    """When the place itself is out of order nothing is tried once more."""
    kitchen = Kitchen()
    _, *rest = kitchen.behind_the_first(["tea", "no power"])
    assert [str(each.exception()) for each in rest] == ["no power", "no power"]
    assert kitchen.alone == ["first"]


def test_nobody_waits_for_ever() -> None:
    """Who has waited long enough is told so, and is not worked on any more."""
    kitchen = Kitchen(seconds=0.1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kitchen.together, "first")
        assert kitchen.begun.wait(5)
        with pytest.raises(TooLongError):
            kitchen.together("tea")
        kitchen.held.set()
        assert first.result() == "FIRST"
    assert kitchen.alone == ["first"]
    assert kitchen.groups == []
