"""Fixtures of simulated months: the undisturbed one, and a maker of others to compare with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.postgres import Postgres
from tests.schedules.world import at
from tests.simulation.hosts import Host, Inside
from tests.simulation.month import END, Month
from tests.simulation.outcome import Outcome

DAYS = at("05-14 12:00")  # where runs of several processes are compared, so that the suite stays quick
WEEK = at("05-17 12:00")  # and the others

Make = Callable[..., Month]


@dataclass(frozen=True)
class Reference:
    """The undisturbed month on SQLite."""

    days: Outcome
    week: Outcome
    whole: Outcome
    days_steps: int


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep what is logged from the terminal."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Reference:
    """Play the month that everything is compared with."""
    folder = tmp_path_factory.mktemp("month")
    month = Month(folder, f"sqlite:///{shutil.copy(sqlite_template, folder / 'bot.db')}", Inside())
    month.open()
    try:
        days, steps = month.run(DAYS), month.steps
        return Reference(days, month.run(WEEK), month.run(END), steps)
    finally:
        month.close()


@pytest.fixture
def make_month(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Make]:
    """Return a maker of months on a kind of database; all are ended after the test."""
    with ExitStack() as stack:

        def make(kind: str, host: Host, **options: Any) -> Month:
            if kind == "sqlite":
                url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'bot.db')}"
            else:
                server: Postgres = request.getfixturevalue("postgres")
                name = server.borrow()
                stack.callback(server.give_back, name)
                url = server.url(name)
            month = Month(tmp_path, url, host, **options)
            stack.callback(month.close)
            month.open()
            return month

        yield make
