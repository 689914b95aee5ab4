"""Notices over a clock that ran ahead and is set back: what it claimed, put off or ended comes round again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.session import Database
from tests.store.delivering import START, UNREACHED, Desk
from tests.store.test_delivery_unanswered import die

AHEAD = timedelta(days=2)


@pytest.fixture
def desk(db: Database) -> Desk:
    """Return a delivery whose clocks run two days ahead."""
    made = Desk(db)
    made.clock.advance(AHEAD)
    made.wall.advance(AHEAD)
    return made


def put_right(desk: Desk) -> None:
    """Set both clocks back to where they should be."""
    desk.clock.advance(-AHEAD)
    desk.wall.advance(-AHEAD)


def test_what_it_ended_waits_again(desk: Desk) -> None:
    """A notice of today that a clock two days ahead took for expired goes out today."""
    desk.write("a", expires_at=START + timedelta(hours=9))
    desk.drain()
    assert desk.statuses() == ["expired"]
    put_right(desk)
    assert desk.delivery.due_channels() == ["wecom_app"]
    desk.drain()
    assert desk.statuses() == ["sent"]


def test_what_has_ended_by_the_right_clock_stays_ended(desk: Desk) -> None:
    """Set back after the moment of the notice has really passed, it does not come back."""
    put_right(desk)
    desk.write("a", expires_at=START + timedelta(hours=9))
    desk.clock.advance(timedelta(hours=10))
    desk.drain()
    desk.clock.advance(timedelta(hours=1))
    assert desk.delivery.due_channels() == []
    desk.drain()
    assert desk.statuses() == ["expired"]


def test_what_it_claimed_is_taken_back(desk: Desk) -> None:
    """The claim of a process that died by the wrong clock does not hold the notice for two days."""
    desk.channel.script = [die]
    desk.write("a")
    with pytest.raises(KeyboardInterrupt):
        desk.drain()
    put_right(desk)
    desk.another().drain("wecom_app")
    assert desk.statuses() == ["sent"]


def test_what_it_put_off_is_tried_again(desk: Desk) -> None:
    """A repeat that was planned by the wrong clock is made by the right one, and not in two days."""
    desk.channel.script = [UNREACHED]
    desk.write("a")
    desk.drain()
    assert desk.statuses() == ["waiting"]
    put_right(desk)
    desk.drain()
    assert desk.statuses() == ["sent"]


def test_a_claim_of_a_clock_a_little_ahead_stands(desk: Desk) -> None:
    """Machines' clocks differ: one that is five minutes behind leaves the other's claim alone."""
    desk.channel.script = [die]
    desk.write("a")
    with pytest.raises(KeyboardInterrupt):
        desk.drain()
    desk.wall.advance(timedelta(minutes=-5))
    desk.another().drain("wecom_app")
    assert desk.statuses() == ["sending"]
