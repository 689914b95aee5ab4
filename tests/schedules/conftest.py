"""Fixtures of the schedules: the campaign of the notice, and a small province in a database."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from tests.postgres import Postgres
from tests.schedules.world import World

Make = Callable[..., World]


@pytest.fixture(scope="session")
def hunan() -> Campaign:
    """The campaign of the notice."""
    return load(HUNAN)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[EventDict]]:
    """What was logged; kept from the terminal."""
    with capture_logs() as found:
        yield found


def maker(hunan: Campaign, fresh: Callable[[int], str], made: list[World]) -> Make:
    """Return a maker of worlds that start at a moment, each in a fresh database."""

    def make(start: str = "05-11 08:40", campaign: Campaign | None = None) -> World:
        made.append(World(campaign or hunan, fresh(len(made)), start))
        return made[-1]

    return make


@pytest.fixture
def make_world(hunan: Campaign, sqlite_template: Path, tmp_path: Path) -> Iterator[Make]:
    """Return a maker of worlds on real SQLite files."""
    made: list[World] = []

    def fresh(number: int) -> str:
        return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / f'bot{number}.db')}"

    yield maker(hunan, fresh, made)
    for world in made:
        world.db.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def make_anywhere(request: pytest.FixtureRequest, hunan: Campaign) -> Iterator[Make]:
    """Return a maker of worlds, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield request.getfixturevalue("make_world")
        return
    server: Postgres = request.getfixturevalue("postgres")
    made: list[World] = []
    yield maker(hunan, lambda _: server.url(server.fresh()), made)
    for world in made:
        world.db.dispose()
        server.drop(str(world.db.engine.url.database))
