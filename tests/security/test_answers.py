"""Whatever the platform answers: a result or a SendError, and an outcome that is written down (S7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.channels.base import SendError, SendResult
from bot.channels.group_robot import GroupRobot
from bot.channels.wecom_api import WecomApi
from bot.channels.wecom_app import WecomApp
from bot.channels.wecom_crypto import Envelope
from bot.delivery import Delivery
from bot.standin import Platform
from models import outbox
from models.clock import SettableClock, SystemClock
from models.messages import Draft, Recipient, Text
from models.outbox import Attempt, Notice, Status
from models.session import Database
from tests.installing import AES_KEY, AGENT_ID, CORP_ID, ROBOT_KEY, SECRET, TOKEN, make_platform
from tests.security.test_parsers import FEW, JSON

START = datetime(2021, 5, 11, 1, 0, tzinfo=UTC)
ODD: st.SearchStrategy[object] = st.sampled_from(
    (None, True, [], {}, "", "\x00", "\ud800", "|", 0.5, -1, 2**31, 10**30)
)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "errcode": st.sampled_from((0, 0, 0, -1, 40007, 40014, 45009, 60111, 81013, 77777)) | ODD,
        "errmsg": st.text(max_size=20) | ODD,
        "invaliduser": st.sampled_from(("lisi", "LISI|zhangsan")) | ODD,
        "msgid": st.text(max_size=20) | ODD,
        "media_id": st.text(max_size=20) | ODD,
        "access_token": st.text(max_size=20) | ODD,
    },
)
BODIES = (ANSWERS | JSON).map(json.dumps) | st.text(max_size=60)


class Site:
    """An app and a group's robot at a platform that answers anything."""

    def __init__(self, platform: Platform) -> None:
        self.platform, wall = platform, SettableClock(SystemClock().now())
        self.api = WecomApi(CORP_ID, SECRET, platform.api_base, wall, (1.0, 2.0))
        self.app = WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, wall), AGENT_ID, self.api, wall)
        self.robot = GroupRobot("office", platform.webhook_url(ROBOT_KEY), (1.0, 2.0))
        self.wall = wall


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Return one for all of them."""
    platform = make_platform()
    platform.start()
    yield Site(platform)
    platform.stop()


@FEW
@given(body=BODIES)
def test_s07_answers_of_the_platform(site: Site, body: str) -> None:
    """To a send, a read, an upload and a download any answer is what was promised, or a SendError."""
    calls = {
        "message/send": lambda: site.app.send(Text("a"), ["lisi"]),
        "webhook/send": lambda: site.robot.send(Text("a")),
        "user/get": lambda: site.api.get("user/get", userid="lisi"),
        "media/upload": lambda: site.api.upload("file", "a.txt", b"abcde", "text/plain"),
        "media/get": lambda: site.api.download("m", 1000),
    }
    for path, call in calls.items():
        site.platform.world.faults.clear()
        site.platform.fault(path, body=body)
        with suppress(SendError):
            assert isinstance(call(), SendResult | dict | str | bytes)


NO_ANSWERS = {
    "a code beyond any number that is kept": '{"errcode": 1000000000000000000000000000000}',
    "half a character": '{"errcode": 60111, "errmsg": "\\ud800"}',
    "a NUL": '{"errcode": 60111, "errmsg": "a\\u0000b"}',
    "nested without end": "[" * 50_000,
}
ANSWERED = {
    "a NUL as its number": '{"errcode": 0, "msgid": "\\u0000"}',
    "a number without end": json.dumps({"errcode": 0, "msgid": "9" * 300}),
    "nobody's names": '{"errcode": 0, "invaliduser": "\\u0000|\\ud800|" }',
}


@pytest.mark.parametrize(
    ("body", "sent"),
    [(body, False) for body in NO_ANSWERS.values()] + [(body, True) for body in ANSWERED.values()],
    ids=[*NO_ANSWERS, *ANSWERED],
)
def test_s07_odd_answers_are_written_down(site: Site, db: Database, body: str, sent: bool) -> None:
    """What no database could hold leaves no notice claimed: each call has an outcome, and nothing is sent twice."""
    delivery = Delivery(db, [site.app, site.robot], SettableClock(START), site.wall, lambda content: [content])  # type: ignore[list-item]
    to = [Recipient("wecom_app", "lisi"), Recipient("robot:office", "")]
    with db.begin() as session:
        outbox.add(session, [Draft(each, Text("hello"), "rule", START) for each in to], START)
    site.platform.world.faults.clear()
    for path in ("message/send", "webhook/send"):
        site.platform.fault(path, body=body)
    for name in ("wecom_app", "robot:office"):
        delivery.drain(name)
    with db.read() as session:
        became = [notice.status for notice in session.scalars(select(Notice).order_by(Notice.id))]
        outcomes = session.scalars(select(Attempt.outcome)).all()
    assert Status.SENDING not in became
    assert (became == [Status.SENT] * 2) is sent
    assert len(outcomes) == 2
