"""Desks on which delivery is tried."""

from __future__ import annotations

import pytest

from models.session import Database
from tests.store.delivering import Desk, FakeChannel


@pytest.fixture
def desk(db: Database) -> Desk:
    """Return a delivery to an app that weeds out repeats."""
    return Desk(db)


@pytest.fixture
def robot(db: Database) -> Desk:
    """Return a delivery to a group's robot, which weeds out nothing."""
    return Desk(db, FakeChannel("robot:office", users=1, repeats=False))
