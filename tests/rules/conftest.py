"""The campaign of the notice, for the tables."""

from __future__ import annotations

import pytest

from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load


@pytest.fixture(scope="session")
def hunan() -> Campaign:
    """The campaign of the notice."""
    return load(HUNAN)
