"""What becomes of notices: batches, outcomes for each recipient, repeats, ends, and claims that were lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.channels.base import Outgoing, Reaction, SendError, SendResult, refused
from models.channel_state import Limit
from models.clock import SettableClock
from models.outbox import Lane, Notice, Status
from models.session import Database
from tests.store.delivering import START, Desk, FakeChannel, accept

HOUR = timedelta(hours=1)
SILENCE = SendError(Reaction.UNCERTAIN, "no answer")
UNREACHED = SendError(Reaction.NOT_SENT, "connection refused")


@pytest.fixture
def desk(db: Database) -> Desk:
    """Return a delivery to an app that weeds out repeats."""
    return Desk(db)


@pytest.fixture
def robot(db: Database) -> Desk:
    """Return a delivery to a group's robot, which weeds out nothing."""
    return Desk(db, FakeChannel("robot:office", users=1, repeats=False))


def missing(*users: str) -> object:
    """Return an answer that reaches everybody but these."""

    def answer(_channel: FakeChannel, _content: Outgoing, _refs: Sequence[str]) -> SendResult:
        return SendResult("ref", {user.casefold(): "not in the app's scope" for user in users})

    return answer


# ----- batches and order


def test_equal_texts_share_a_call(desk: Desk) -> None:
    """Equal texts to three users go in one call, another text in its own."""
    desk.write("a", "b", "c")
    desk.write("a", text="other")
    desk.drain()
    assert [call[:2] for call in desk.channel.calls] == [("hello", ("a", "b", "c")), ("other", ("a",))]
    assert desk.statuses() == ["sent"] * 4


def test_a_call_holds_no_more_than_the_channel_takes(db: Database) -> None:
    """Of five equal notices on a channel that takes two users a call, three calls are made."""
    desk = Desk(db, FakeChannel(users=2))
    desk.write("a", "b", "c", "d", "e")
    desk.drain()
    assert [call[1] for call in desk.channel.calls] == [("a", "b"), ("c", "d"), ("e",)]


def test_the_same_words_twice_to_one_user(desk: Desk) -> None:
    """Two equal notices to one user are two calls, since a call names each user once."""
    desk.write("a", "A", "b")
    desk.drain()
    assert (
        desk.channel.calls == [("hello", ("a", "b"), True), ("hello", ("A",), True)]
        or desk.channel.calls[1][2] is False
    )
    assert desk.statuses() == ["sent"] * 3


def test_duplicate_check_is_off_after_the_same_words(desk: Desk) -> None:
    """Who asks for the same table twice within half an hour gets it twice: the check would swallow the second."""
    desk.write("a")
    desk.drain()
    desk.write("a", "b")
    desk.drain()
    desk.pass_seconds(1801)
    desk.write("a")
    desk.drain()
    assert [call[2] for call in desk.channel.calls] == [True, False, True]


def test_answers_overtake_bulk(desk: Desk) -> None:
    """Answers go before reminders that were written earlier; within a lane the older goes first."""
    desk.write("a", text="bulk 1")
    desk.write("a", text="bulk 2")
    desk.write("a", text="answer", lane=Lane.ANSWER)
    desk.drain()
    assert [call[0] for call in desk.channel.calls] == ["answer", "bulk 1", "bulk 2"]


def test_not_before_its_moment(desk: Desk) -> None:
    """A notice waits for its campaign moment."""
    desk.write("a", not_before=START + HOUR)
    assert desk.delivery.due_channels() == []
    desk.drain()
    assert desk.channel.calls == []
    desk.clock.advance(HOUR)
    assert desk.delivery.due_channels() == ["wecom_app"]
    desk.drain()
    assert desk.statuses() == ["sent"]


def test_a_passed_moment_is_not_sent(desk: Desk) -> None:
    """A notice whose moment has passed expires, and says so."""
    desk.write("a", expires_at=START + HOUR)
    desk.clock.advance(HOUR)
    desk.drain()
    assert desk.channel.calls == []
    assert desk.statuses() == ["expired"]


def test_silenced(db: Database) -> None:
    """A notice that nobody needs any more is cancelled with the reason; the others of its call go."""

    def unwanted(_session: Session, notices: Sequence[Notice]) -> dict[int, str]:
        return {notice.id: "已报" for notice in notices if notice.user_ref == "b"}

    desk = Desk(db, unwanted=unwanted)
    desk.write("a", "b", "c")
    desk.drain()
    assert [call[1] for call in desk.channel.calls] == [("a", "c")]
    assert [(notice.status.value, notice.reason) for notice in desk.notices()][1] == ("cancelled", "已报")


def test_all_silenced(db: Database) -> None:
    """When all are silenced no call is made, and what stands behind them goes."""

    def unwanted(_session: Session, notices: Sequence[Notice]) -> dict[int, str]:
        return {notice.id: "已报" for notice in notices if notice.content["text"] == "hello"}

    desk = Desk(db, unwanted=unwanted)
    desk.write("a", "b")
    desk.write("a", text="other")
    desk.drain()
    assert [call[0] for call in desk.channel.calls] == ["other"]


def test_rewritten(db: Database) -> None:
    """Texts that the last look has made different go in different calls, each with what it says now."""

    def unwanted(_session: Session, notices: Sequence[Notice]) -> dict[int, str]:
        for notice in notices:
            if notice.user_ref == "b" and notice.content["text"] == "hello":
                notice.content, notice.content_hash = {"kind": "text", "text": "less"}, "hash of less"
        return {}

    desk = Desk(db, unwanted=unwanted)
    desk.write("a", "b", "c")
    desk.drain()
    assert [call[:2] for call in desk.channel.calls] == [("hello", ("a", "c")), ("less", ("b",))]


# ----- outcomes


def test_partial_recipients(desk: Desk) -> None:
    """An accepted call that missed one user is sent for the others and failed for him."""
    desk.channel.script = [missing("B")]  # type: ignore[list-item]
    desk.write("a", "b", "c")
    desk.drain()
    assert desk.statuses() == ["sent", "failed", "sent"]
    assert desk.attempts() == [(1, "sent", 0), (2, "failed", 0), (3, "sent", 0)]
    assert desk.notices()[1].reason == "not in the app's scope"
    assert desk.notices()[0].settled_at == START


def test_one_bad_user_does_not_cost_the_others(desk: Desk) -> None:
    """A call that is refused for a user whom it does not name is cut in two until he stands alone."""

    def refuse_c(_channel: FakeChannel, _content: Outgoing, refs: Sequence[str]) -> SendResult:
        if "c" in refs:
            raise refused(60111)
        return SendResult("ref")

    desk.channel.script = [refuse_c] * 10
    desk.write("a", "b", "c", "d", "e")
    desk.drain()
    assert desk.statuses() == ["sent", "sent", "failed", "sent", "sent"]


def test_all_bad_is_final(desk: Desk) -> None:
    """When the platform says that no recipient is valid, all have failed after one call."""
    desk.channel.script = [refused(81013)]
    desk.write("a", "b")
    desk.drain()
    assert desk.statuses() == ["failed", "failed"]
    assert len(desk.channel.calls) == 1


def test_bugs_are_final(desk: Desk) -> None:
    """A request that is wrong, or content that cannot be drawn, fails for good and holds up nobody."""
    desk.channel.script = [refused(45002)]
    desk.write("a")
    desk.write("a", text="broken")
    desk.write("a", text="fine")
    desk.drain()
    assert desk.statuses() == ["failed", "failed", "sent"]
    assert "cannot be drawn" in desk.notices()[1].reason


def test_retries_by_plan(desk: Desk) -> None:
    """What was surely not sent is tried again after about 2 s, 8 s, 30 s, 2 min and 10 min."""
    desk.channel.script = [UNREACHED] * 5
    desk.write("a")
    for seconds in (2, 8, 30, 120, 600):
        due = desk.drain()
        assert due is not None
        assert 0.8 * seconds <= (due - desk.wall.now()).total_seconds() <= 1.2 * seconds
        assert desk.delivery.due_channels() == []
        desk.pass_seconds(1.2 * seconds)
    assert desk.drain() is None
    assert desk.statuses() == ["sent"]
    assert [outcome for _, outcome, _ in desk.attempts()] == ["retry"] * 5 + ["sent"]


def test_a_retry_ends_with_the_notice(desk: Desk) -> None:
    """A notice that could never be sent expires at its own moment."""
    desk.channel.script = [UNREACHED] * 99
    desk.write("a", expires_at=START + HOUR)
    desk.drain()
    desk.clock.advance(HOUR)
    desk.drain()
    assert desk.statuses() == ["expired"]


def test_busy_is_tried_three_times(desk: Desk) -> None:
    """A busy platform gets three tries in all, then the notice has failed."""
    desk.channel.script = [refused(-1)] * 9
    desk.write("a")
    for _ in range(5):
        desk.drain()
        desk.pass_seconds(60)
    assert desk.statuses() == ["failed"]
    assert len(desk.channel.calls) == 3


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


def test_unknown_channel(desk: Desk) -> None:
    """A notice for a channel that the config does not have stays, and is no reason to wake up again and again."""
    desk.write("", channel="robot:gone")
    assert desk.delivery.drain("robot:gone") is None
    assert desk.delivery.due_channels() == []
    assert desk.statuses() == ["waiting"]
