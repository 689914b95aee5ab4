"""Rows of incidents on both databases: of many who notice the same one opens it, and one closes it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from bot.channels.base import refused
from bot.signs import signs
from models import incidents
from models.campaign.loader import HUNAN, load
from models.session import Database
from tests.store.delivering import Desk, FakeChannel

NOW = datetime(2021, 5, 14, 2, 0, tzinfo=UTC)
WALL = datetime(2026, 11, 24, tzinfo=UTC)


def together(act: object) -> list[object]:
    """Let six threads do the same at once; return what each got."""
    gate, found = threading.Barrier(6), []

    def run() -> None:
        gate.wait()
        found.append(act())  # type: ignore[operator]

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_one_opens_and_one_closes(db: Database) -> None:
    """Six processes at once make one row, and one of them closes it; the next time is a row of its own."""

    def open_it() -> bool:
        with db.begin() as session:
            return incidents.open_one(session, "ip", "wecom_app", "why", NOW, WALL) is not None

    def close_it() -> bool:
        with db.begin() as session:
            first = incidents.lately(session, NOW - timedelta(days=1))[0]
            return incidents.close(session, first, NOW + timedelta(minutes=5))

    assert sorted(together(open_it)) == [False] * 5 + [True]  # type: ignore[type-var]
    assert sorted(together(close_it)) == [False] * 5 + [True]  # type: ignore[type-var]
    assert open_it()
    with db.read() as session:
        found = incidents.lately(session, NOW - timedelta(days=1))
        assert [one.closed_at is None for one in found] == [False, True]
        assert [one.kind for one in incidents.opened(session)] == ["ip"]


def test_signs_are_read_from_what_all_have_written(db: Database) -> None:
    """What one process has met any other one sees, by channel and kind."""
    desk, group = Desk(db), Desk(db, FakeChannel("robot:office", users=1, repeats=False))
    desk.channel.script = [refused(-1)] * 3
    desk.write("a")
    group.channel.script = [refused(93000)]
    group.write("")
    for _ in range(3):
        desk.drain()
        desk.pass_seconds(60)
    group.drain()
    with db.read() as session:
        found = list(signs(session, load(HUNAN), desk.clock.now(), desk.wall.now(), 0))
    assert [sign.key for sign in found] == ["robot:robot:office", "busy:wecom_app"]
