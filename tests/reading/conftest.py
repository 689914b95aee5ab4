"""The reader of the sample campaign, built once."""

from __future__ import annotations

import pytest

from handlers.reading.reader import Reader
from models.campaign import loader


@pytest.fixture(scope="session")
def reader() -> Reader:
    """Return a reader in the words of the sample campaign."""
    return Reader(loader.load(loader.HUNAN))
