"""A channel rests as its answers ask: limits and refusals are kept by all processes together, and end by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.channels.base import refused
from models.channel_state import Limit
from models.clock import SettableClock
from models.session import Database
from tests.store.delivering import Desk, FakeChannel


@pytest.mark.parametrize(("code", "alert"), [(45009, False), (60020, True), (40001, True)])
def test_the_channel_rests(desk: Desk, code: int, alert: bool) -> None:
    """A limit, and what only an operator can put right, make the whole channel wait, and use up no try."""
    desk.channel.script = [refused(code)]
    desk.write("a")
    desk.write("b", text="other")
    due = desk.drain()
    assert due == desk.wall.now() + timedelta(seconds=60)
    assert len(desk.channel.calls) == 1
    assert desk.notices()[0].tries == 0
    assert list(desk.delivery.problems()) == ["wecom_app"]
    assert desk.delivery.blocked() == (["wecom_app"] if alert else [])
    assert desk.delivery.due_channels() == []
    assert desk.delivery.idle()
    desk.pass_seconds(61)
    desk.drain()
    assert desk.statuses() == ["sent", "sent"]
    assert desk.delivery.problems() == {}


def test_a_limit_that_stays_makes_the_rest_longer(desk: Desk) -> None:
    """Limits in a row double the rest up to an hour: the platform blocks for minutes, hours or a day."""
    desk.channel.script = [refused(45009)] * 6
    desk.write("a")
    rests = []
    for _ in range(6):
        due = desk.drain()
        assert due is not None
        rests.append((due - desk.wall.now()).total_seconds())
        desk.pass_seconds(rests[-1] + 1)
    assert rests == [60, 120, 300, 900, 3600, 3600]
    desk.drain()
    assert desk.statuses() == ["sent"]


def test_a_limit_is_kept_by_all_together(db: Database) -> None:
    """Two processes on one robot together stay within its limit, and go on when the first call is old enough."""
    desk = Desk(db, FakeChannel("robot:office", users=1, repeats=False, limit=Limit(3, 60)))
    others = [desk.another(), desk.another()]
    for number in range(5):
        desk.write("", text=f"n {number}")
        desk.pass_seconds(1)
    due = [other.drain("robot:office") for other in others]
    assert due == [desk.wall.now() + timedelta(seconds=61)] * 2
    assert len(desk.channel.calls) == 3
    assert desk.delivery.due_channels() == []
    assert desk.delivery.problems() == {}  # to keep a limit is no trouble
    desk.pass_seconds(60.9)
    assert others[0].drain("robot:office") == due[0]
    desk.pass_seconds(0.1)
    others[1].drain("robot:office")
    assert desk.statuses() == ["sent"] * 5


def test_parts_count_against_the_limit(db: Database) -> None:
    """What takes several calls is broken off where the limit is reached, and goes on behind it."""
    desk = Desk(db, FakeChannel("robot:office", users=1, repeats=False, limit=Limit(3, 60)))
    desk.write("", text="a|b")
    desk.write("", text="c|d")
    desk.drain()
    assert [call[0] for call in desk.channel.calls] == ["a", "b", "c"]
    assert (desk.statuses(), desk.notices()[1].parts_sent) == (["sent", "waiting"], 1)
    desk.pass_seconds(61)
    desk.drain()
    assert [call[0] for call in desk.channel.calls] == ["a", "b", "c", "d"]
    assert desk.statuses() == ["sent", "sent"]


def test_a_rest_is_known_to_all(desk: Desk) -> None:
    """What one process learns the hard way no other one tries: no call, the same words, and the same end."""
    desk.channel.script = [refused(60020)]
    desk.write("a")
    desk.drain()
    other = desk.another()
    assert other.drain("wecom_app") == desk.wall.now() + timedelta(seconds=60)
    assert len(desk.channel.calls) == 1
    assert other.blocked() == ["wecom_app"]
    assert list(other.problems()) == ["wecom_app"]
    desk.pass_seconds(61)
    other.drain("wecom_app")
    assert desk.statuses() == ["sent"]
    assert desk.delivery.problems() == {}


class Running(SettableClock):
    """A clock that goes on by itself: no two looks show the same."""

    def now(self) -> datetime:
        """Return the moment, and move on."""
        self.advance(timedelta(microseconds=1))
        return super().now()


def test_a_rest_ends_by_itself(db: Database) -> None:
    """When its rest is over a channel is due, also by a clock that runs, and without anybody who writes something."""
    desk = Desk(db)
    desk.wall = Running(desk.wall.now())
    delivery = desk.another()
    desk.channel.script = [refused(60020)]
    desk.write("a")
    delivery.drain("wecom_app")
    assert (delivery.due_channels(), delivery.blocked()) == ([], ["wecom_app"])
    desk.pass_seconds(61)
    assert (delivery.due_channels(), delivery.blocked()) == (["wecom_app"], ["wecom_app"])
    delivery.drain("wecom_app")
    assert (desk.statuses(), delivery.blocked()) == (["sent"], [])


def test_a_rest_of_a_clock_that_ran_ahead(desk: Desk) -> None:
    """When the real clock is set back by days, a channel does not rest until it has come round again."""
    desk.channel.script = [refused(45009)]
    desk.write("a")
    desk.drain()
    desk.wall.set(desk.wall.now() - timedelta(days=2))
    desk.drain()
    assert desk.statuses() == ["sent"]


# ----- silence
