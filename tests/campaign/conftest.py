"""The Hunan campaign, read once."""

from __future__ import annotations

import pytest

from models.campaign import loader
from models.campaign.definition import Campaign


@pytest.fixture(scope="session")
def hunan() -> Campaign:
    """Return the campaign of the notice."""
    return loader.load(loader.HUNAN)
