"""What becomes of notices: batches, outcomes for each recipient, repeats, ends, and claims that were lost."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.channels.base import Outgoing, SendResult, refused
from models.outbox import Lane, Notice
from models.session import Database
from tests.store.delivering import HOUR, START, UNREACHED, Desk, FakeChannel


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


def test_put_off_to_the_morning(db: Database) -> None:
    """What the last look gives a later moment stays where it is until then; the others of its call go."""

    def unwanted(_session: Session, notices: Sequence[Notice]) -> dict[int, str]:
        for notice in notices:
            if notice.user_ref == "b" and notice.not_before == START:
                notice.not_before = START + HOUR
        return {}

    desk = Desk(db, unwanted=unwanted)
    desk.write("a", "b", "c", not_before=START)
    desk.drain()
    assert [call[1] for call in desk.channel.calls] == [("a", "c")]
    assert desk.statuses() == ["sent", "waiting", "sent"]
    desk.clock.advance(HOUR)
    desk.drain()
    assert [call[1] for call in desk.channel.calls] == [("a", "c"), ("b",)]


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


def test_unknown_channel(desk: Desk) -> None:
    """A notice for a channel that the config does not have stays, and is no reason to wake up again and again."""
    desk.write("", channel="robot:gone")
    assert desk.delivery.drain("robot:gone") is None
    assert desk.delivery.due_channels() == []
    assert desk.statuses() == ["waiting"]
