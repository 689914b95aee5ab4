"""Sending through a platform that behaves and misbehaves: tokens, recipients, silence, secrets."""

from __future__ import annotations

import hashlib
import socket
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels import tokens
from bot.channels.base import CODES, Image, Outgoing, Reaction, SendError
from bot.channels.group_robot import GroupRobot
from bot.channels.tokens import SharedToken
from bot.channels.wecom_api import WecomApi
from bot.channels.wecom_app import WecomApp
from bot.channels.wecom_crypto import Envelope
from bot.standin import Platform
from models.access_tokens import AccessToken
from models.clock import SettableClock
from models.messages import Markdown, Text
from models.session import Database, connect
from tests.store.delivering import Desk
from tests.wire.conftest import AES_KEY, AGENT_ID, CORP_ID, ROBOT_KEY, SECRET, TIMEOUT, TOKEN

PNG = b"\x89PNG\r\n\x1a\n" + b"a small picture" * 10
USERS = ["ZhangSan", "lisi"]


def calls(platform: Platform, path: str) -> int:
    """Count the calls that the platform got on a path."""
    return sum(path in each.path for each in platform.exchanges.since(0))


def failure(app: WecomApp | GroupRobot, content: Outgoing = Text("hi"), users: list[str] | None = None) -> SendError:  # noqa: B008  # a frozen value
    """Send, and return the error that must come."""
    with pytest.raises(SendError) as raised:
        app.send(content, USERS if users is None else users)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    return raised.value


# ----- what arrives


def test_text_to_two(app: WecomApp, platform: Platform) -> None:
    """A text to two users is one call with one message id."""
    result = app.send(Text("你好\n第二行"), USERS)
    (accepted,) = platform.accepted
    assert (accepted.kind, accepted.content, accepted.shown) == ("text", "你好\n第二行", ("ZhangSan", "lisi"))
    assert result.platform_ref == accepted.msgid
    assert result.missed == {}


def test_markdown(app: WecomApp, robot: GroupRobot, platform: Platform) -> None:
    """Markdown goes as markdown, to members and to the group."""
    app.send(Markdown("**bold**"), USERS)
    robot.send(Markdown("**bold**"))
    assert [each.kind for each in platform.accepted] == ["markdown", "markdown"]


def test_picture_is_uploaded_once(app: WecomApp, platform: Platform) -> None:
    """A picture for two calls is uploaded once and arrives whole."""
    app.send(Image(PNG, "ranking.png"), ["lisi"])
    app.send(Image(PNG, "ranking.png"), ["wangwu"])
    first, second = platform.accepted
    assert first.content == second.content
    assert platform.media_bytes(first.content) == PNG


def test_picture_that_the_platform_forgot(app: WecomApp, platform: Platform) -> None:
    """A media id that the platform no longer knows is uploaded again, once."""
    app.send(Image(PNG), ["lisi"])
    platform.fault("message/send", errcode=40007)
    app.send(Image(PNG), ["lisi"])
    assert platform.accepted[0].content != platform.accepted[1].content
    platform.fault("message/send", errcode=40007, times=2)
    assert failure(app, Image(PNG)).code == 40007


def test_robot_text_and_picture(robot: GroupRobot, platform: Platform) -> None:
    """The robot says texts and shows pictures in its group; the picture arrives whole."""
    robot.send(Text("排名"))
    robot.send(Image(PNG))
    text, image = platform.accepted
    assert (text.channel, text.content, text.recipients) == (ROBOT_KEY, "排名", ("office",))
    assert hashlib.md5(platform.media_bytes(image.content)).digest() == hashlib.md5(PNG).digest()


def test_partial_recipients(app: WecomApp, platform: Platform) -> None:
    """Whom an accepted call did not reach comes back by name, compared without case."""
    platform.remove_member("ZhangSan")
    result = app.send(Text("hi"), ["ZhangSan", "lisi"])
    assert result.missed == {"zhangsan": "not in the app's scope"}
    assert platform.accepted[0].shown == ("lisi",)


def test_nobody_valid(app: WecomApp, platform: Platform) -> None:
    """When no recipient is valid the call is refused for good."""
    assert failure(app, users=["nobody"]).reaction is Reaction.RECIPIENT


def test_duplicate_check(app: WecomApp, platform: Platform) -> None:
    """With the duplicate check on, an identical second call is weeded out by the platform."""
    app.send(Text("once"), USERS, duplicate_check=True)
    app.send(Text("once"), USERS, duplicate_check=True)
    assert [each.shown for each in platform.accepted] == [("ZhangSan", "lisi"), ()]


# ----- tokens


def test_one_token_for_twenty_threads(app: WecomApp, platform: Platform) -> None:
    """Twenty threads with a cold cache fetch one token."""
    threads = [threading.Thread(target=app.send, args=(Text(f"n {n}"), ["lisi"])) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(platform.accepted) == 20
    assert calls(platform, "gettoken") == 1


@pytest.mark.parametrize("code", [40014, 42001])
def test_refresh_once(app: WecomApp, platform: Platform, code: int) -> None:
    """A token that is refused is replaced once, and the call is made once more."""
    app.send(Text("first"), USERS)
    platform.fault("message/send", errcode=code)
    app.send(Text("second"), USERS)
    assert calls(platform, "gettoken") == 2
    assert len(platform.accepted) == 2


def test_never_loops(app: WecomApp, platform: Platform) -> None:
    """When a fresh token is refused too, that is an alert; two sends and two tokens, no more."""
    platform.fault("message/send", errcode=40014, times=None)
    assert failure(app).reaction is Reaction.ALERT
    assert (calls(platform, "message/send"), calls(platform, "gettoken")) == (2, 2)


def test_refresh_race(app: WecomApp, platform: Platform) -> None:
    """Ten threads whose token dies at once fetch one new one."""
    app.send(Text("warm"), USERS)
    platform.tokens.expire()
    threads = [threading.Thread(target=app.send, args=(Text(f"n {n}"), ["lisi"])) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(platform.accepted) == 11
    assert calls(platform, "gettoken") == 2


def another(platform: Platform, wall: SettableClock, db: Database) -> WecomApi:
    """Return the API layer as another process would have it."""
    shared = SharedToken(db, CORP_ID, SECRET, wall)
    return WecomApi(CORP_ID, SECRET, platform.api_base, wall, TIMEOUT, shared)


def test_processes_share_a_token(platform: Platform, wall: SettableClock, db: Database) -> None:
    """Three processes with four threads each fetch one token when they begin, and one when it dies under them all."""
    apis = [another(platform, wall, db) for _ in range(3)]
    for fetched in (1, 2):
        threads = [threading.Thread(target=api.get, args=("user/get",), kwargs={"userid": "lisi"}) for api in apis * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert calls(platform, "gettoken") == fetched
        platform.tokens.expire()
    with db.read() as session:
        kept = session.scalars(select(AccessToken)).one()
    assert (kept.version, kept.leased_until) == (2, None)
    token = SharedToken(db, CORP_ID, SECRET, wall).other_than("")
    assert token is not None
    assert token[0] not in kept.sealed


def test_another_secret_opens_nothing(platform: Platform, wall: SettableClock, db: Database) -> None:
    """What one secret has sealed is not even seen by who has another one."""
    another(platform, wall, db).get("user/get", userid="lisi")
    assert SharedToken(db, CORP_ID, SECRET, wall).other_than("") is not None
    assert SharedToken(db, CORP_ID, "another", wall).other_than("") is None


def test_a_fetch_that_fails_is_the_next_ones(platform: Platform, wall: SettableClock, db: Database) -> None:
    """A process that gets no token lets the next one try at once."""
    platform.fault("gettoken", errcode=-1)
    with pytest.raises(SendError):
        another(platform, wall, db).get("user/get", userid="lisi")
    another(platform, wall, db).get("user/get", userid="lisi")
    assert calls(platform, "gettoken") == 2


def test_a_fetcher_that_died(wall: SettableClock, db: Database) -> None:
    """The lease of a process that died while it fetched ends by itself."""
    assert SharedToken(db, CORP_ID, SECRET, wall).other_than("") is None
    turn = threading.Timer(0.3, wall.advance, [timedelta(seconds=21)])
    turn.start()
    assert SharedToken(db, CORP_ID, SECRET, wall).other_than("") is None
    assert turn.finished.is_set()


def test_a_fetcher_that_sleeps(
    platform: Platform, wall: SettableClock, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has waited long enough fetches for all, and what the sleeper brings later changes nothing."""
    monkeypatch.setattr(tokens, "WAIT_SECONDS", 0.2)
    sleeper = SharedToken(db, CORP_ID, SECRET, wall)
    assert sleeper.other_than("") is None
    for _ in range(2):
        another(platform, wall, db).get("user/get", userid="lisi")
    sleeper.keep("an old token", wall.now())
    sleeper.give_up()
    another(platform, wall, db).get("user/get", userid="lisi")
    assert calls(platform, "gettoken") == 1


def test_without_the_database(platform: Platform, wall: SettableClock, tmp_path: Path) -> None:
    """When the database is away a process fetches a token for itself."""
    away = Database(connect(f"sqlite:///{tmp_path}/empty.db"))
    another(platform, wall, away).get("user/get", userid="lisi")
    assert calls(platform, "gettoken") == 1
    away.dispose()


def test_token_is_renewed_before_it_ends(app: WecomApp, platform: Platform, wall: SettableClock) -> None:
    """A token is used until shortly before its end, then fetched anew without a failed call."""
    app.send(Text("1"), USERS)
    wall.advance(timedelta(seconds=6800))
    app.send(Text("2"), USERS)
    assert calls(platform, "gettoken") == 1
    wall.advance(timedelta(seconds=200))
    app.send(Text("3"), USERS)
    assert calls(platform, "gettoken") == 2


def test_wrong_secret(platform: Platform, wall: SettableClock) -> None:
    """A wrong secret is an alert, and gettoken is left alone for a minute: repeated tries get an address banned."""
    api = WecomApi(CORP_ID, "wrong", platform.api_base, wall, TIMEOUT)
    app = WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, wall), AGENT_ID, api, wall)
    assert [failure(app).reaction for _ in range(3)] == [Reaction.ALERT] * 3
    assert len(platform.exchanges.since(0)) == 1
    wall.advance(timedelta(seconds=61))
    failure(app)
    assert len(platform.exchanges.since(0)) == 2


# ----- silence and nonsense


FAULTS = {
    "no answer in time": ({"delay": 1.0}, Reaction.UNCERTAIN),
    "cut connection": ({"drop": True}, Reaction.UNCERTAIN),
    "cut after the work": ({"drop": True, "accept": True}, Reaction.UNCERTAIN),
    "HTML": ({"body": "<html>busy</html>"}, Reaction.UNCERTAIN),
    "half a JSON": ({"body": '{"errcode": 0, "err'}, Reaction.UNCERTAIN),
    "empty": ({"body": ""}, Reaction.UNCERTAIN),
    "errcode as text": ({"body": '{"errcode": "0"}'}, Reaction.UNCERTAIN),
    "errcode true": ({"body": '{"errcode": true}'}, Reaction.UNCERTAIN),
    "no errcode": ({"body": "{}"}, Reaction.UNCERTAIN),
    "a list": ({"body": "[0]"}, Reaction.UNCERTAIN),
    "500": ({"status": 500}, Reaction.UNCERTAIN),
    "502": ({"status": 502}, Reaction.UNCERTAIN),
    "404": ({"status": 404}, Reaction.ALERT),
    "unknown code": ({"errcode": 77777}, Reaction.UNCERTAIN),
    "busy": ({"errcode": -1}, Reaction.BUSY),
    "limit": ({"errcode": 45009}, Reaction.WAIT),
    "address not trusted": ({"errcode": 60020}, Reaction.ALERT),
    "too long": ({"errcode": 45002}, Reaction.BUG),
    "unknown user": ({"errcode": 60111}, Reaction.RECIPIENT),
}


@pytest.mark.parametrize(("fault", "reaction"), FAULTS.values(), ids=FAULTS)
def test_faults_of_a_send(app: WecomApp, platform: Platform, fault: dict[str, object], reaction: Reaction) -> None:
    """Each way in which a send can fail is named for what it means; only silence and nonsense are uncertain."""
    platform.fault("message/send", **fault)  # type: ignore[arg-type]
    assert failure(app).reaction is reaction


@pytest.mark.parametrize("path", ["gettoken", "media/upload"])
@pytest.mark.parametrize("fault", [{"drop": True}, {"delay": 1.0}, {"status": 502}, {"body": "<html>"}])
def test_faults_before_a_send(app: WecomApp, platform: Platform, path: str, fault: dict[str, object]) -> None:
    """While nothing was shown to anybody, silence means that it was not sent."""
    platform.fault(path, **fault)  # type: ignore[arg-type]
    assert failure(app, Image(PNG)).reaction is Reaction.NOT_SENT
    assert platform.accepted == ()


def test_nobody_listens(wall: SettableClock) -> None:
    """A refused connection is surely not sent, for the app and for the robot."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}/cgi-bin/"
    api = WecomApi(CORP_ID, SECRET, base, wall, TIMEOUT)
    app = WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, wall), AGENT_ID, api, wall)
    robot = GroupRobot("office", f"{base}webhook/send?key={ROBOT_KEY}", TIMEOUT)
    for channel in (app, robot):
        error = failure(channel)
        assert error.reaction is Reaction.NOT_SENT
        assert SECRET not in str(error)
        assert ROBOT_KEY not in str(error)


def test_robot_silence(robot: GroupRobot, platform: Platform) -> None:
    """A robot call without an answer is uncertain, also when it did arrive."""
    platform.fault("webhook/send", drop=True, accept=True)
    assert failure(robot).reaction is Reaction.UNCERTAIN
    assert len(platform.accepted) == 1


def test_robot_key_refused(platform: Platform) -> None:
    """A robot that was removed from its group is an alert."""
    robot = GroupRobot("office", platform.webhook_url("another-key"), TIMEOUT)
    assert failure(robot).code == 93000


def test_every_code_has_a_reaction() -> None:
    """The table holds each code of the reference that a send can meet, and no code for success."""
    assert 0 not in CODES
    assert {-1, 40001, 40014, 42001, 45009, 60020, 81013, 93000} <= set(CODES)


# ----- the robot's window


def test_window_of_the_platform_is_met(platform: Platform, db: Database) -> None:
    """Twenty sends within our limit are all accepted, and ours is reached before theirs refuses."""
    robot = GroupRobot("office", platform.webhook_url(ROBOT_KEY), TIMEOUT)
    desk = Desk(db, robot)  # type: ignore[arg-type]
    for number in range(21):
        desk.write("", text=f"n {number}")
    due = desk.drain()
    assert due is not None
    assert due - desk.wall.now() > timedelta(seconds=50)
    assert desk.statuses() == ["sent"] * 20 + ["waiting"]
    assert failure(robot).reaction is Reaction.WAIT
