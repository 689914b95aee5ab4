"""Two webs and two workers on one PostgreSQL: reports through both, a worker killed, another one put to sleep."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from bot.engine.cluster import ClusterEngine
from bot.standin import Platform
from models import beats, outbox
from models.ledger import Entry
from models.messages import Draft, Recipient, Text
from models.outbox import Notice, Status
from models.session import Database, connect
from tests.contract.site import until
from tests.installing import MEMBERS, command, environment, install, make_platform
from tests.postgres import Postgres

CALL_SECONDS = 0.4  # that the platform takes, so that a worker can die in the middle of a call
NOW = datetime(2021, 5, 11, 0, 50, tzinfo=UTC)  # when the installation's clock begins
PEOPLE = [userid for userid, _ in MEMBERS[:3]]


@contextmanager
def running(log: Path, words: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process of ours; its stderr goes to a file."""
    with log.open("ab") as err:
        process = subprocess.Popen(words, stderr=err, env=environment(), start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(base: str) -> bool:
    """Tell whether a web process finds itself, the database and the workers alive."""
    try:
        return requests.get(f"{base}/healthz", timeout=2).status_code == 200
    except requests.RequestException:
        return False


class Office:
    """What the test does and sees."""

    def __init__(self, platform: Platform, url: str) -> None:
        self.platform = platform
        self.db = Database(connect(url))
        self.db.before_commit = ClusterEngine(self.db.engine).before_commit

    def tell(self, subject: str) -> None:
        """Write a notice to each person, each in words of its own, as a web process would."""
        with self.db.begin() as session:
            told = [(Recipient("wecom_app", userid), Text(f"{subject}, {userid}")) for userid in PEOPLE]
            outbox.add(session, [Draft(who, what, "test", NOW) for who, what in told], NOW)

    def count(self, status: Status) -> int:
        """Count the notices in a state."""
        with self.db.read() as session:
            return session.scalar(select(func.count()).select_from(Notice).where(Notice.status == status)) or 0

    def shown(self) -> list[tuple[str, str]]:
        """List what members have seen: userid, text."""
        return [(user, str(accepted.content)) for accepted in self.platform.accepted for user in accepted.shown]


@pytest.fixture
def office(tmp_path: Path, postgres: Postgres) -> Iterator[tuple[Office, Path]]:
    """Return an installation on PostgreSQL, and its config."""
    name, platform = postgres.borrow(), make_platform()
    platform.start()
    office = Office(platform, postgres.url(name))
    yield office, install(tmp_path, platform, postgres.url(name))
    platform.stop()
    office.db.dispose()
    postgres.give_back(name)


@pytest.mark.postgres
def test_several_machines(tmp_path: Path, office: tuple[Office, Path], postgres: Postgres) -> None:
    """Each report counts once, each notice is seen once: a worker is killed, one sleeps, the database restarts."""
    desk, config = office
    platform, ports = desk.platform, [free_port(), free_port()]
    bases = [f"http://127.0.0.1:{port}" for port in ports]
    work = [sys.executable, "-W", "error", "-m", "tests.contract.quick_work", str(config)]
    with ExitStack() as stack:
        webs = [
            stack.enter_context(
                running(tmp_path / f"web{port}", command("serve", "--config", config, "--port", port, "--no-work"))
            )
            for port in ports
        ]
        first, second, third = (stack.enter_context(running(tmp_path / f"work{number}", work)) for number in (1, 2, 3))
        assert until(lambda: len(workers(desk.db)) == 3 and all(healthy(base) for base in bases), 40)
        for process in (second, third):  # so that it is the first one that sends
            process.send_signal(signal.SIGSTOP)
        for base, userid, text in zip(bases, PEOPLE, ("今天发放手册500册", "今天发短信80万条"), strict=False):
            platform.callback_url = f"{base}/wecom/callback"
            assert "已记录" in (platform.say(userid, text).reply or "")

        desk.tell("awake")
        assert until(lambda: desk.count(Status.SENT) == 3)
        platform.fault("message/send", delay=CALL_SECONDS, times=None)
        desk.tell("killed")
        assert until(lambda: desk.count(Status.SENDING) > 0)
        second.send_signal(signal.SIGCONT)
        first.kill()
        assert until(lambda: desk.count(Status.SENT) == 6, 20)
        assert all(healthy(base) for base in bases)

        desk.tell("slept")
        assert until(lambda: desk.count(Status.SENDING) > 0)
        second.send_signal(signal.SIGSTOP)
        third.send_signal(signal.SIGCONT)
        assert until(lambda: desk.count(Status.SENT) == 9, 20)
        second.send_signal(signal.SIGCONT)

        platform.clear_faults()
        postgres.restart()
        banners = platform.say("WangFang", "今天悬挂横幅3条")  # the platform repeats what was refused
        assert "已记录" in (banners.reply or "")
        pushed = requests.post(f"{bases[1]}/clock", json={"to": "next"}, timeout=30)  # the notice to everybody
        assert pushed.status_code == 200
        assert desk.count(Status.SENT) == 12
        for process in (second, third, *webs):
            process.terminate()
        assert [process.wait(20) for process in (second, third, *webs)] == [0, 0, 0, 0]
    assert len(desk.shown()) == len(set(desk.shown())) == 12
    assert sum("gettoken" in each.path for each in platform.exchanges.since(0)) == 1  # they share the token
    with desk.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 3
        assert set(session.scalars(select(Notice.status))) == {Status.SENT}


def workers(db: Database) -> list[str]:
    """Name the workers that are heard of."""
    with db.read() as session:
        return [beat.worker for beat in beats.beats(session)]
