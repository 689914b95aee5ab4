"""A rehearsal tells the truth: it is compared with the month as the real bot lives it."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from bot.config import Loaded
from models.session import Database, connect
from schedules.rehearsal import AFTERWARDS
from tests.rehearsal.real import lived, rehearsed, whole


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_rehearsal_is_what_the_bot_does(loaded: Loaded, sqlite_url: str, share: float) -> None:
    """The same notices leave at the same moments, to the same people, with the same words."""
    campaign = loaded.campaign
    first, last = (
        datetime.combine(day, time(0), tzinfo=campaign.tz)
        for day in (campaign.first_day, campaign.closes_on + AFTERWARDS)
    )
    db = Database(connect(sqlite_url))
    try:
        real = lived(loaded, db, first, last, share)
    finally:
        db.dispose()
    told = rehearsed(whole(loaded, share))
    assert real.total() > 100
    assert told - real == real - told
    assert told == real
