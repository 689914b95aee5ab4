"""A call without an answer: repeated identically or never, and who was killed, or slept, sends nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from bot.channels.base import Outgoing, SendResult, refused
from models.outbox import Notice, Status
from models.session import Database
from tests.store.delivering import HOUR, SILENCE, START, UNREACHED, Desk, FakeChannel, accept


def test_silence_is_repeated_identically(desk: Desk) -> None:
    """An app call without an answer is repeated with the same users, the same words and the check on."""
    desk.channel.script = [SILENCE]
    desk.write("a", "b")
    desk.drain()
    desk.write("c")
    desk.pass_seconds(3)
    desk.drain()
    assert desk.channel.calls == [("hello", ("a", "b"), True), ("hello", ("a", "b"), True), ("hello", ("c",), True)]
    assert desk.statuses() == ["sent"] * 3
    assert desk.notices()[0].reason == "repeated, since a call was not answered"
    assert [outcome for _, outcome, _ in desk.attempts()] == ["uncertain", "uncertain", "sent", "sent", "sent"]


def test_a_repeat_asks_nobody(db: Database) -> None:
    """A repeat goes to all of its users although one has answered meanwhile: another list would not be weeded out."""
    answered: set[str] = set()

    def unwanted(_session: Session, notices: Sequence[Notice]) -> dict[int, str]:
        return {notice.id: "已报" for notice in notices if notice.user_ref in answered}

    desk = Desk(db, unwanted=unwanted)
    desk.channel.script = [SILENCE]
    desk.write("a", "b")
    desk.drain()
    answered.add("b")
    desk.pass_seconds(3)
    desk.drain()
    assert [call[1] for call in desk.channel.calls] == [("a", "b"), ("a", "b")]


def test_endless_silence_is_uncertain(desk: Desk) -> None:
    """After four silent calls the notice is uncertain: neither sent nor failed."""
    desk.channel.script = [SILENCE] * 9
    desk.write("a")
    for _ in range(6):
        desk.drain()
        desk.pass_seconds(60)
    assert desk.statuses() == ["uncertain"]
    assert len(desk.channel.calls) == 4


def test_silence_then_the_moment_passes(desk: Desk) -> None:
    """A notice whose call was silent does not expire: it may have arrived, so it is uncertain."""
    desk.channel.script = [SILENCE]
    desk.write("a", expires_at=START + HOUR)
    desk.drain()
    desk.clock.advance(HOUR)
    desk.drain()
    assert desk.statuses() == ["uncertain"]


def test_a_robot_is_never_repeated(robot: Desk) -> None:
    """A robot's silent call ends as uncertain at once, and the next notice goes on."""
    robot.channel.script = [SILENCE]
    robot.write("")
    robot.write("", text="next")
    robot.drain()
    robot.pass_seconds(3600)
    robot.drain()
    assert robot.statuses() == ["uncertain", "sent"]
    assert len(robot.channel.calls) == 2


def test_a_crash_of_the_channel_is_silence(robot: Desk) -> None:
    """An exception that nobody foresaw may have come after the send: uncertain, and logged."""
    robot.channel.script = [RuntimeError("boom")]
    robot.write("")
    robot.drain()
    assert robot.statuses() == ["uncertain"]


# ----- several parts


def test_parts_are_not_sent_again(robot: Desk) -> None:
    """A text that has gone is not sent again when the picture behind it must be."""

    def fail(_channel: FakeChannel, _content: Outgoing, _refs: Sequence[str]) -> SendResult:
        raise UNREACHED

    robot.channel.script = [accept, fail]
    robot.write("", text="text|picture")
    robot.drain()
    assert robot.notices()[0].parts_sent == 1
    robot.pass_seconds(3)
    robot.drain()
    assert [call[0] for call in robot.channel.calls] == ["text", "picture", "picture"]
    assert robot.statuses() == ["sent"]


# ----- lost claims


def die(_channel: FakeChannel, _content: Outgoing, _refs: Sequence[str]) -> SendResult:
    """End the process between claim and outcome, as far as the database can tell."""
    raise KeyboardInterrupt


def test_killed_app_call_is_repeated(desk: Desk) -> None:
    """A claim whose process died is taken over after its lease and repeated with the check on."""
    desk.channel.script = [die]
    desk.write("a", "b")
    with pytest.raises(KeyboardInterrupt):
        desk.drain()
    other = desk.another()
    other.drain("wecom_app")
    assert desk.statuses() == ["sending", "sending"]
    assert not other.idle()
    desk.pass_seconds(61)
    assert other.due_channels() == ["wecom_app"]
    other.drain("wecom_app")
    assert desk.statuses() == ["sent", "sent"]
    assert [call[1:] for call in desk.channel.calls] == [(("a", "b"), True), (("a", "b"), True)]


def test_killed_robot_call_is_uncertain(robot: Desk) -> None:
    """A robot's claim whose process died is left to a person."""
    robot.channel.script = [die]
    robot.write("")
    with pytest.raises(KeyboardInterrupt):
        robot.drain()
    robot.pass_seconds(61)
    robot.another().drain("robot:office")
    assert robot.statuses() == ["uncertain"]
    assert len(robot.channel.calls) == 1


def test_a_killer_notice_ends(desk: Desk) -> None:
    """A notice that kills each process that sends it does not do so for ever."""
    desk.channel.script = [die] * 9
    desk.write("a")
    for _ in range(4):
        with pytest.raises(KeyboardInterrupt):
            desk.another().drain("wecom_app")
        desk.pass_seconds(61)
    desk.another().drain("wecom_app")
    assert desk.statuses() == ["uncertain"]
    assert len(desk.channel.calls) == 4


def test_a_sleeper_neither_marks_nor_sends(desk: Desk) -> None:
    """A process that slept through its lease writes nothing over what the one after it wrote."""
    taken = desk.another()

    def sleep(_channel: FakeChannel, _content: Outgoing, _refs: Sequence[str]) -> SendResult:
        desk.pass_seconds(61)
        taken.drain("wecom_app")
        raise refused(45002)

    desk.channel.script = [sleep]
    desk.write("a")
    desk.drain()
    assert desk.statuses() == ["sent"]
    assert [outcome for _, outcome, _ in desk.attempts()] == ["uncertain", "sent"]


def test_a_sleeper_before_the_next_part(desk: Desk) -> None:
    """A process whose lease ended between two parts sends nothing more."""

    def sleep(_channel: FakeChannel, _content: Outgoing, _refs: Sequence[str]) -> SendResult:
        desk.pass_seconds(61)
        return SendResult("ref")

    desk.channel.script = [sleep]
    desk.write("a", text="one|two")
    desk.drain()
    assert [call[0] for call in desk.channel.calls] == ["one"]
    assert desk.notices()[0].status is Status.SENDING
