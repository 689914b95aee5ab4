"""Fixtures of the schedules: the campaign of the notice, and a small province in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from tests.schedules.world import World


@pytest.fixture(scope="session")
def hunan() -> Campaign:
    """The campaign of the notice."""
    return load(HUNAN)


@pytest.fixture
def make_world(hunan: Campaign, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Return a maker of worlds that start at a moment."""
    made: list[World] = []

    def make(start: str = "05-11 08:40", campaign: Campaign | None = None) -> World:
        made.append(World(campaign or hunan, tmp_path / f"bot{len(made)}.db", start))
        return made[-1]

    yield make
    for world in made:
        world.db.dispose()
