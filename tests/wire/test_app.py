"""The whole of one process, put together: a line from a member, a push of the demo clock, health, a clean stop."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select, text

from bot.app import Bot, SchemaError, build
from bot.config import load_all
from bot.engine.local import AlreadyRunning, LocalEngine
from bot.standin import Member, Platform
from models import beats
from models.campaign.loader import HUNAN
from models.inbox import Inbox
from models.ledger import Entry
from models.outbox import Notice, Status
from models.people import Identity, Person
from models.session import Database, connect
from tests.installing import install, make_platform
from tests.serving import serving

HOUR = 3600


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Return a running platform."""
    platform = make_platform()
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def config(tmp_path: Path, platform: Platform, database_url: str) -> Path:
    """Return the config of an installation on a migrated database, once on each kind."""
    return install(tmp_path, platform, database_url)


@contextmanager
def running(config: Path, platform: Platform, *, work: bool = True) -> Iterator[tuple[Bot, str]]:
    """Run a bot in this process behind a real HTTP server."""
    bot = build(load_all(config, {}), engine=LocalEngine(beat_seconds=0.1), timeout=(1.0, 2.0))
    bot.start(work=work)
    try:
        with serving(bot.flask) as base:
            platform.callback_url = f"{base}/wecom/callback"
            yield bot, base
    finally:
        bot.stop()


class DeadClock:
    """A clock that cannot be read: every tick fails by it."""

    def now(self) -> datetime:
        """Fail."""
        raise OSError("no clock")


def count(db: Database, table: type) -> int:
    """Count the rows of a table."""
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def post(base: str, wish: object, **headers: str) -> requests.Response:
    """Push the demo clock."""
    return requests.post(f"{base}/clock", json=wish, headers=headers, timeout=60)


def test_a_report_is_answered_and_recorded(config: Path, platform: Platform) -> None:
    """A liaison's line is answered in the callback and stands in the ledger; a repeat of it changes nothing."""
    with running(config, platform) as (bot, _):
        platform.verify_url()
        delivery = platform.say("WangFang", "今天发放宣传手册500册")
        assert delivery.reply is not None
        assert "500" in delivery.reply
        again = platform.deliver(delivery.xml)
        assert again.reply == delivery.reply
        assert (count(bot.db, Inbox), count(bot.db, Entry)) == (1, 1)


def test_refusals_write_nothing(config: Path, platform: Platform) -> None:
    """A forged, an old and a foreign callback are refused and leave no trace in the database."""
    with running(config, platform) as (bot, base):
        xml = platform.text_xml("WangFang", "今天发放宣传手册500册")
        now = int(time.time())
        for wrong in (
            {"signature": "0" * 40},
            {"timestamp": now - 700},
            {"timestamp": now + 700},
            {"corp_id": "wwother"},
            {"agent_id": "7"},
        ):
            assert platform.deliver(xml, retries=0, **wrong).statuses == (403,)  # type: ignore[arg-type]
        assert requests.post(f"{base}/wecom/callback", data=b"x" * 70_000, timeout=5).status_code == 413
        assert (count(bot.db, Inbox), count(bot.db, Entry)) == (0, 0)


def test_push_to_the_next_event(config: Path, platform: Platform) -> None:
    """Pushing the clock to what comes next fires it, and it has been sent when the answer comes."""
    with running(config, platform) as (bot, base):
        before = requests.get(f"{base}/clock", timeout=5).json()
        assert before["now"].startswith("2021-05-11T08:50")
        assert before["zone"] == "Asia/Shanghai"
        after = post(base, {"to": "next"}).json()
        assert after["now"][:16] == before["next"]["at"][:16]
        assert after["next"]["at"] > before["next"]["at"]
        assert platform.accepted
        with bot.db.read() as session:
            assert set(session.scalars(select(Notice.status))) == {Status.SENT}


def test_push_over_several_events(config: Path, platform: Platform) -> None:
    """A push of two days fires each event on its way, at its own moment, and ends where it should."""
    with running(config, platform) as (bot, base):
        began = bot.clock.now()
        shown = post(base, {"advance_seconds": 48 * HOUR}).json()
        assert shown["now"].startswith("2021-05-13T08:5")
        assert abs((bot.clock.now() - began).total_seconds() - 48 * HOUR) < 30
        with bot.db.read() as session:
            moments = set(session.scalars(select(Notice.created_at)))
        assert len(moments) > 1


def test_pushed_on_day_by_day_nothing_is_late(tmp_path: Path, sqlite_url: str) -> None:
    """To the end of the sample campaign by days, seconds apart: nothing expires or is late, and all admins hear all."""
    platform = make_platform(limited=False)
    platform.start()
    config = install(tmp_path, platform, sqlite_url)
    shutil.copy(HUNAN.with_name("people.csv"), tmp_path / "people.csv")
    loaded = load_all(config, {})
    for person in loaded.roster.people:
        platform.add_member(Member(person.wecom_userid, person.name))
    try:
        with running(config, platform) as (bot, base):
            for _ in range(25):
                assert post(base, {"advance_seconds": 24 * HOUR}).status_code == 200
            with bot.db.read() as session:
                notices = session.scalars(select(Notice)).all()
    finally:
        platform.stop()
    assert {notice.status for notice in notices} <= {Status.SENT, Status.CANCELLED}
    sent = [notice for notice in notices if notice.settled_at and notice.status is Status.SENT]
    assert max(notice.settled_at - notice.not_before for notice in sent if notice.settled_at) < timedelta(minutes=5)
    office = {p.wecom_userid.lower() for p in loaded.roster.people if p.role == "admin" and p.org == "省联席办"}
    for admin in office:
        own = [n for n in sent if n.user_ref.lower() == admin and n.not_before >= datetime(2021, 6, 1, tzinfo=UTC)]
        assert len({notice.rule for notice in own}) > 3, admin


WISHES = [
    {},
    {"to": "yesterday"},
    {"advance_seconds": -1},
    {"advance_seconds": "60"},
    {"advance_seconds": True},
    {"advance_seconds": 1e12},
    {"advance_seconds": 1, "to": "next"},
    [],
    5,
]


def test_wishes_that_are_none(tmp_path: Path, platform: Platform, sqlite_url: str) -> None:
    """Anything but the two forms is a 400, and the clock stays."""
    with running(install(tmp_path, platform, sqlite_url), platform, work=False) as (_, base):
        for wish in WISHES:
            assert post(base, wish).status_code == 400, wish
        assert requests.get(f"{base}/clock", timeout=5).json()["now"].startswith("2021-05-11T08:50")


def test_the_clock_is_for_this_machine(config: Path, platform: Platform) -> None:
    """A request by way of a proxy, or under another host name, does not reach the clock."""
    with running(config, platform, work=False) as (_, base):
        assert post(base, {"to": "next"}, **{"X-Forwarded-For": "10.0.0.1"}).status_code == 403
        assert post(base, {"to": "next"}, Host="evil.example").status_code == 403
        assert requests.post(f"{base}/clock", data="to=next", timeout=5).status_code == 415


def test_no_clock_without_a_demo(tmp_path: Path, platform: Platform, sqlite_url: str) -> None:
    """Without [clock] there is no such page, and the campaign runs on real time."""
    config = install(tmp_path, platform, sqlite_url, clock="")
    with running(config, platform, work=False) as (bot, base):
        assert requests.get(f"{base}/clock", timeout=5).status_code == 404
        assert bot.clock is bot.wall


def test_health(config: Path, platform: Platform) -> None:
    """Healthy is 200; a scheduler that stopped, a blocked channel or no database is 503 and says which."""
    with running(config, platform) as (bot, base):
        url = f"{base}/healthz"
        verdict = dict.fromkeys(("status", "database", "scheduler", "delivery"), "ok")
        told = requests.get(url, timeout=5).json()
        assert {key: told[key] for key in verdict} == verdict
        platform.fault("message/send", errcode=60020, times=None)
        post(base, {"to": "next"})
        answer = requests.get(url, timeout=5)
        assert (answer.status_code, answer.json()["delivery"]) == (503, "blocked: wecom_app")
        bot.engine.stop()
        assert requests.get(url, timeout=5).json()["scheduler"] == "not running"


def test_health_tells_how_the_bot_is(config: Path, platform: Platform) -> None:
    """Beside the verdict stand last tick, backlog, oldest unsent notice, calendar and firings, and nobody's name."""
    with running(config, platform) as (bot, base):
        platform.fault("message/send", errcode=60020, times=None)
        post(base, {"to": "next"})
        until = time.monotonic() + 5
        while not (told := requests.get(f"{base}/healthz", timeout=5).json())["blocked"] and time.monotonic() < until:
            time.sleep(0.05)
        assert told["last_tick_seconds"] < 60
        assert [each["tick_seconds"] for each in told["workers"].values()] == [told["last_tick_seconds"]]
        assert told["backlog"] >= 1
        assert (told["oldest_unsent"]["channel"], told["oldest_unsent"]["rule"]) == ("wecom_app", "welcome")
        assert (told["blocked"], told["calendar_missing"]) == (["wecom_app"], None)
        assert (told["campaign"]["day"], told["campaign"]["days"]) == (1, 21)
        assert told["last"][0]["fate"] == "fired"
        assert told["last"][0]["notices"] == {"waiting": told["backlog"]}
        assert told["next"][0]["rule"] == "sms-monday"
        with bot.db.read() as session:
            private = [*session.scalars(select(Identity.user_ref)), *session.scalars(select(Person.name))]
        assert not [word for word in private if word in requests.get(f"{base}/healthz", timeout=5).text]


def test_a_dead_ticker_is_named(config: Path, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """When ticks fail for too long, health is 503 and says that the scheduler has no beat, while the rest is well."""
    monkeypatch.setattr("bot.engine.local.SILENT_SECONDS", 0.2)
    with running(config, platform) as (bot, base):
        assert requests.get(f"{base}/healthz", timeout=5).status_code == 200
        bot.ticker.clock = DeadClock()
        until = time.monotonic() + 5
        while (answer := requests.get(f"{base}/healthz", timeout=5)).status_code == 200 and time.monotonic() < until:
            time.sleep(0.05)
        told = answer.json()
        assert (answer.status_code, told["database"], told["delivery"]) == (503, "ok", "ok")
        assert told["scheduler"].startswith("no beat for")


def test_health_without_a_database(tmp_path: Path, platform: Platform, sqlite_url: str) -> None:
    """When the database cannot be opened, health says so and no more."""
    config = install(tmp_path, platform, sqlite_url)
    with running(config, platform, work=False) as (bot, base):
        bot.db.dispose()
        database = Path(sqlite_url.removeprefix("sqlite:///"))
        database.rename(database.with_suffix(".away"))
        database.mkdir()
        answer = requests.get(f"{base}/healthz", timeout=10)
        assert answer.status_code == 503
        assert answer.json()["database"] == "away"
        delivery = platform.deliver(platform.text_xml("WangFang", "hi"), retries=0)
        assert delivery.statuses == (503,)


def test_a_web_process_watches_the_workers(config: Path, platform: Platform) -> None:
    """A process that only serves is healthy as long as some worker beats."""
    with running(config, platform, work=False) as (bot, base):
        assert requests.get(f"{base}/healthz", timeout=5).json()["scheduler"] == "no worker"
        with bot.db.begin() as session:
            beats.note(session, "elsewhere:1", bot.wall.now() - timedelta(seconds=91))
        assert requests.get(f"{base}/healthz", timeout=5).json()["scheduler"] == "no worker"
        with bot.db.begin() as session:
            beats.note(session, "elsewhere:2", bot.wall.now(), ticked_at=bot.wall.now())
        told = requests.get(f"{base}/healthz", timeout=5)
        assert (told.status_code, told.json()["last_tick_seconds"]) == (200, 0)
        assert sorted(each["beat_seconds"] for each in told.json()["workers"].values()) == [0, 91]


def test_workers_that_live_but_do_not_tick_are_named(config: Path, platform: Platform) -> None:
    """A pulse is not enough: when no worker has looked for too long what is due, health is 503 and says so."""
    with running(config, platform, work=False) as (bot, base):
        now = bot.wall.now()
        with bot.db.begin() as session:
            beats.note(session, "elsewhere:1", now - timedelta(seconds=200), ticked_at=now - timedelta(seconds=200))
            beats.note(session, "elsewhere:1", now, ticked_at=now - timedelta(seconds=200))
        told = requests.get(f"{base}/healthz", timeout=5)
        assert (told.status_code, told.json()["scheduler"][:16]) == (503, "no tick for 200 s"[:16])


def test_an_old_schema_is_refused(tmp_path: Path, platform: Platform) -> None:
    """A database that was never migrated is refused with what to run."""
    bot = build(load_all(install(tmp_path, platform), {}))
    with pytest.raises(SchemaError, match="run: python -m bot migrate --config"):
        bot.start()
    bot.stop()


def test_a_second_worker_is_refused(tmp_path: Path, platform: Platform, sqlite_url: str) -> None:
    """On SQLite a second worker is refused while the first one runs, and may start after it."""
    config = install(tmp_path, platform, sqlite_url)
    with running(config, platform):
        second = build(load_all(config, {}))
        with pytest.raises(AlreadyRunning):
            second.start()
        second.stop()
    with running(config, platform):
        pass


def test_a_locked_database_is_a_503_within_four_seconds(tmp_path: Path, platform: Platform, sqlite_url: str) -> None:
    """While somebody else holds the database an inbound is refused in time, and taken when it comes again."""
    config = install(tmp_path, platform, sqlite_url)
    with running(config, platform, work=False) as (bot, _):
        holder = Database(connect(sqlite_url))
        with holder.begin() as session:
            session.execute(text("SELECT 1"))
            started = time.monotonic()
            delivery = platform.deliver(platform.text_xml("WangFang", "今天发放宣传手册500册"), retries=0)
            assert delivery.statuses == (503,)
            assert 3 < time.monotonic() - started < 4.5
        assert count(bot.db, Inbox) == 0
        assert platform.deliver(delivery.xml).statuses == (200,)
        assert (count(bot.db, Inbox), count(bot.db, Entry)) == (1, 1)
        holder.dispose()
