"""Processes that claim for the tests of claims: run as `python -m tests.store.contenders WHAT URL SEED`.

Each waits for a line on stdin, so that all start at once, and prints what it won as JSON.
"""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta

from bot import logs
from models.occurrences import Fate, claim
from models.session import Database, connect
from tests.store.delivering import Desk, FakeChannel

FIRST = datetime(2021, 5, 11, 1, 12, tzinfo=UTC)
OCCURRENCES = 50


def occurrences(db: Database, seed: int) -> list[int]:
    """Try to claim every occurrence, in an order of our own; returns the numbers won."""
    numbers = list(range(OCCURRENCES))
    random.Random(seed).shuffle(numbers)
    won = []
    for number in numbers:
        with db.begin() as session:
            if claim(session, "rule", 1, FIRST + timedelta(hours=number), FIRST, Fate.FIRED):
                won.append(number)
    return won


def notices(db: Database, _seed: int) -> list[str]:
    """Drain the channel until nothing is left; returns the users sent to."""
    desk = Desk(db, FakeChannel(users=3))
    desk.drain()
    return [user for _, users, _ in desk.channel.calls for user in users]


def main() -> None:
    """Contend once."""
    logs.configure("ERROR")
    what, url, seed = sys.argv[1:]
    db = Database(connect(url, busy_seconds=30))
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps({"occurrences": occurrences, "notices": notices}[what](db, int(seed))), flush=True)
    db.dispose()


if __name__ == "__main__":
    main()
