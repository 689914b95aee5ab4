"""What commands share: exit codes, the one line on stderr, a config with its database opened."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config import Config
    from models.campaign.definition import Campaign
    from models.clock import Clock
    from models.session import Database

DONE, FAILED, WRONG = 0, 1, 2
BATCH_SECONDS = 60.0  # how long a command that works alone waits for the database


def say(line: str, code: int) -> int:
    """Say one line on stderr and return the exit code."""
    print(line, file=sys.stderr)
    return code


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works on that may wait for a bot that runs beside it."""

    config: Config
    campaign: Campaign
    db: Database
    clock: Clock  # the campaign's


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Load a config and its campaign, open the database, close it again. Raises ConfigError, SchemaError, Damaged."""
    from bot import config, opening, storage
    from models.campaign import loader
    from models.clock import SystemClock
    from models.session import Database, connect

    loaded = config.load(path)
    campaign = loader.load(loaded.campaign.file)
    storage.check_sound(loaded.database_url)
    db = Database(connect(loaded.database_url, busy_seconds=BATCH_SECONDS))
    try:
        opening.check_schema(db, path)
        yield Opened(loaded, campaign, db, opening.campaign_clock(loaded, db, SystemClock()))
    finally:
        db.dispose()
