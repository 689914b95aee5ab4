"""The limits that the platform keeps by dropping the excess without a word: ours must be kept first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import Reaction, SendError
from models.channel_state import Limit
from models.outbox import Lane
from models.people import Identity, Person
from models.session import Database
from tests.store.delivering import START, Desk, FakeChannel

PER_USER = (Limit(10, 60.0), Limit(20, 3600.0))  # bulk may use 9 and 18 of them
SILENCE = SendError(Reaction.UNCERTAIN, "no answer")


@pytest.fixture
def desk(db: Database) -> Desk:
    """Return a delivery to an app that drops what is too much."""
    return Desk(db, FakeChannel(per_user=PER_USER))


def got(desk: Desk, user: str) -> list[str]:
    """List what was sent to a user, in order."""
    return [text for text, users, _ in desk.channel.calls if user in users]


def write_many(desk: Desk, user: str, count: int, lane: Lane = Lane.BULK, head: str = "n") -> None:
    """Write different texts to one user."""
    for number in range(count):
        desk.write(user, text=f"{head} {number}", lane=lane)


def test_a_full_user_waits_for_his_window_and_nobody_else_does(desk: Desk) -> None:
    """Bulk to one user stops at nine a minute and goes on when the first is a minute old; others get theirs at once."""
    write_many(desk, "a", 12)
    desk.write("a", "B", text="to both")
    due = desk.drain()
    assert (len(got(desk, "a")), got(desk, "B")) == (9, ["to both"])
    assert due == desk.wall.now() + timedelta(seconds=61)
    assert desk.delivery.due_channels() == []
    assert desk.delivery.problems() == {}
    assert {notice.tries for notice in desk.notices() if notice.status.value == "waiting"} == {0}
    desk.pass_seconds(61)
    desk.drain()
    assert got(desk, "a") == [f"n {n}" for n in range(12)] + ["to both"]
    assert desk.statuses() == ["sent"] * 14


def test_answers_have_a_share_of_their_own(desk: Desk) -> None:
    """When bulk has used up its share of a user's minute an answer still goes, and it goes before bulk."""
    write_many(desk, "a", 9)
    desk.drain()
    desk.write("a", text="one more")
    desk.write("A", text="answer", lane=Lane.ANSWER)
    desk.drain()
    assert [call[0] for call in desk.channel.calls][9:] == ["answer"]


def test_the_hour_counts_too(desk: Desk) -> None:
    """Spread over minutes, bulk to one user stops at eighteen an hour; an hour after the first it goes on."""
    for batch in range(4):
        write_many(desk, "a", 6, head=f"batch {batch}")
        desk.drain()
        desk.pass_seconds(62)
    assert len(got(desk, "a")) == 18
    desk.pass_seconds(3600 - 4 * 62)
    desk.drain()
    assert len(got(desk, "a")) == 18
    desk.pass_seconds(2)
    desk.drain()
    assert len(got(desk, "a")) == 24


def test_all_processes_count_together(desk: Desk) -> None:
    """Two processes send one user no more than one does, whoever claims."""
    other = desk.another()
    write_many(desk, "a", 5)
    desk.drain()
    write_many(desk, "a", 9, head="m")
    other.drain("wecom_app")
    assert len(got(desk, "a")) == 9


def test_a_held_repeat_stays_whole(desk: Desk) -> None:
    """A call that got no answer is repeated with all of its users, or waits with all of them."""
    write_many(desk, "a", 8)
    desk.drain()
    desk.channel.script = [SILENCE]
    desk.write("a", "b", text="silent")
    desk.drain()
    desk.pass_seconds(5)
    desk.drain()
    assert got(desk, "b") == ["silent"]
    desk.pass_seconds(60)
    desk.drain()
    assert desk.channel.calls[-1] == ("silent", ("a", "b"), True)
    assert len(got(desk, "b")) == 2
    assert desk.statuses() == ["sent"] * 10


def test_pictures_behind_a_text_count(desk: Desk) -> None:
    """Who is full after the first part gets the rest later; the other one of the same call gets it now."""
    write_many(desk, "a", 8)
    desk.write("a", "b", text="text|picture")
    desk.drain()
    assert got(desk, "a")[-1] == "text"
    assert got(desk, "b") == ["text", "picture"]
    desk.pass_seconds(61)
    desk.drain()
    assert got(desk, "a")[-1] == "picture"
    assert got(desk, "b") == ["text", "picture"]
    assert desk.statuses() == ["sent"] * 10


def test_a_clock_set_back_holds_nobody(desk: Desk) -> None:
    """What was counted by a clock that ran ahead by days keeps nobody waiting."""
    write_many(desk, "a", 12)
    desk.drain()
    desk.wall.set(desk.wall.now() - timedelta(days=2))
    desk.drain()
    assert len(got(desk, "a")) == 12


def test_a_held_notice_still_expires(desk: Desk) -> None:
    """A reminder whose moment passes while its user is full is not sent."""
    write_many(desk, "a", 9)
    desk.write("a", text="late", expires_at=START + timedelta(minutes=1))
    desk.drain()
    desk.clock.advance(timedelta(minutes=2))
    desk.pass_seconds(62)
    desk.drain()
    assert desk.statuses()[-1] == "expired"
    assert len(desk.channel.calls) == 9


def test_the_day_of_the_account(db: Database) -> None:
    """Bulk stops at nine tenths of a day's person-messages, answers at all of them; the next day begins at midnight."""
    desk = Desk(db, FakeChannel(per_day=20))
    desk.wall.set(datetime(2026, 11, 24, 15, 30, tzinfo=UTC))  # 23:30 in Changsha
    desk.write(*[f"u{n}" for n in range(15)])
    desk.write(*[f"u{n}" for n in range(6)], text="second")
    desk.drain()
    assert [len(call[1]) for call in desk.channel.calls] == [15, 3]
    desk.write("u1", "u2", "u3", text="answer", lane=Lane.ANSWER)
    due = desk.drain()
    assert [len(call[1]) for call in desk.channel.calls] == [15, 3, 2]
    assert due == datetime(2026, 11, 24, 16, 0, 1, tzinfo=UTC)
    desk.pass_seconds(1802)
    desk.drain()
    assert desk.statuses() == ["sent"] * 24


def test_a_corp_that_names_no_limit(db: Database) -> None:
    """Without the corp's account limit a day holds 200 (here 3) messages for each account that the bot knows."""
    desk = Desk(db, FakeChannel(per_account=3))
    with db.begin() as session:
        session.add_all([Person(id=1, name="王芳", created_at=START), Person(id=2, name="李强", created_at=START)])
        session.flush()
        session.add_all([Identity(person_id=n, channel="wecom_app", user_ref=f"u{n}") for n in (1, 2)])
        session.add(Identity(person_id=1, channel="elsewhere", user_ref="u3"))
    write_many(desk, "u1", 8)
    desk.drain()
    assert len(desk.channel.calls) == 5
    desk.write("u2", text="answer", lane=Lane.ANSWER)
    desk.drain()
    assert [text for text, _, _ in desk.channel.calls][5:] == ["answer"]


def test_without_a_known_limit_nothing_is_held(db: Database) -> None:
    """A channel that names no limit of users or days sends what it has."""
    desk = Desk(db)
    write_many(desk, "a", 40)
    desk.drain()
    assert len(desk.channel.calls) == 40


def test_an_answer_goes_into_a_big_bulk(db: Database) -> None:
    """While eighty different reminders go out, an answer is the very next call."""
    desk = Desk(db, FakeChannel(per_user=PER_USER))
    for number in range(80):
        desk.write(f"u{number}", text=f"reminder {number}")

    def answer_now(_channel: FakeChannel, _content: object, _refs: object) -> object:
        desk.write("u999", text="answer", lane=Lane.ANSWER)
        raise SendError(Reaction.NOT_SENT, "connection refused")

    desk.channel.script = [answer_now]  # type: ignore[list-item]
    desk.drain()
    assert desk.channel.calls[1][0] == "answer"
    assert len(desk.channel.calls) == 81
