"""The command line, each command as a process of its own: output, exit codes, and one line for what went wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from bot.standin import Platform
from tests.installing import AES_KEY, ROBOT_KEY, SECRET, TOKEN, command, environment, here, install, make_platform, run


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Return a running platform."""
    platform = make_platform()
    platform.start()
    yield platform
    platform.stop()


def free_port(count: int = 1) -> int:
    """Return the first of some ports in a row that nobody uses."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        try:
            for each in range(port, port + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", each))
        except OSError:
            continue
        return port


@contextmanager
def started(log: Path, *words: object) -> Iterator[subprocess.Popen[str]]:
    """Start a command that runs until it is told to end; its stderr goes to a file."""
    with log.open("wb") as err:
        process = subprocess.Popen(
            command(*words), stdout=subprocess.PIPE, stderr=err, text=True, env=environment(), start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def wait_healthy(port: int, seconds: float = 20.0) -> None:
    """Wait until a bot answers that it is alive."""
    end = time.monotonic() + seconds
    while True:
        try:
            if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        assert time.monotonic() < end, "not healthy in time"
        time.sleep(0.05)


def test_check(tmp_path: Path, platform: Platform) -> None:
    """A good installation is one line with counts and exit 0; a bad one a line an error and exit 2."""
    config = install(tmp_path, platform)
    done = run("check", "--config", config)
    assert (done.returncode, done.stdout.startswith("ok: hunan-2021, ")) == (0, True)
    assert ", 3 people, " in done.stdout
    (tmp_path / "people.csv").write_text(
        "name,org,role,wecom_userid\n王芳,长沙公安,liaison,w\n李强,省联席办,boss,q\n", encoding="utf-8"
    )
    config.write_text(config.read_text(encoding="utf-8").replace("groups.office", "groups.other"), encoding="utf-8")
    done = here("check", "--config", config)
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert any("people.csv: line 2" in line for line in lines)
    assert any("people.csv: line 3" in line for line in lines)
    assert any("office" in line for line in lines)
    assert "Traceback" not in done.stderr


def test_wrong_usage(tmp_path: Path) -> None:
    """No command, an unknown one, a port that is none and a config that is missing are exit 2."""
    wrong = ([], ["fly"], ["serve"], ["demo", "--port", "web"], ["check", "--config", tmp_path / "no.toml"])
    for command_line, words in ((run, wrong[0]), *((here, words) for words in wrong)):
        done = command_line(*words)
        assert done.returncode == 2, words
        assert "Traceback" not in done.stderr


def test_read_one() -> None:
    """One text becomes one object on stdout."""
    done = run("read", "今天发放宣传手册500册")
    assert (done.returncode, done.stderr) == (0, "")
    (found,) = json.loads(done.stdout)["found"]
    assert (found["indicator"], found["value"]) == ("handbook", 500)


def test_read_lines(tmp_path: Path) -> None:
    """A file of texts becomes a line each with its id; a line that is none is named."""
    path = tmp_path / "texts.jsonl"
    path.write_text('{"id": "a", "text": "宣传手册500册"}\n\n{"id": 2, "text": "你好"}\n', encoding="utf-8")
    done = run("read", "--jsonl", path)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", 2]
    assert answers[0]["found"][0]["value"] == 500
    path.write_text('{"id": "a"}\n', encoding="utf-8")
    done = here("read", "--jsonl", path)
    assert (done.returncode, "line 1" in done.stderr) == (2, True)


def test_migrate_then_serve(tmp_path: Path, platform: Platform) -> None:
    """serve and work refuse an old schema with one line and exit 2; after migrate the bot serves and stops cleanly."""
    config, port = install(tmp_path, platform), free_port()
    for words in (["serve", "--config", config, "--port", port], ["work", "--config", config]):
        done = here(*words)
        assert done.returncode == 2
        assert done.stderr.splitlines() == [
            f"the database has an old schema, or none; run: python -m bot migrate --config {config}"
        ]
    assert run("migrate", "--config", config).stdout.startswith("migrated to revision ")
    assert here("migrate", "--config", config).stdout.startswith("already at revision ")
    log = tmp_path / "log"
    with started(log, "serve", "--config", config, "--port", port) as bot:
        wait_healthy(port)
        platform.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
        platform.verify_url()
        reply = platform.say("WangFang", "今天发放宣传手册500册").reply
        assert reply is not None
        assert "500" in reply
        requests.post(f"http://127.0.0.1:{port}/clock", json={"to": "next"}, timeout=30)
        assert platform.accepted
        second = run("work", "--config", config)
        assert second.returncode == 2
        assert "another process works on this SQLite database" in second.stderr
        (tmp_path / "other").mkdir()
        other = install(tmp_path / "other", platform)
        assert here("migrate", "--config", other).returncode == 0
        taken = run("serve", "--config", other, "--port", port)
        assert taken.returncode == 1
        assert taken.stderr.splitlines()[-1] == (
            f"cannot listen on 127.0.0.1:{port}: address already in use; "
            "stop what listens there, or change server.host, server.port or --port"
        )
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(20) == 0
    written = log.read_text(encoding="utf-8")
    assert "Traceback" not in written
    for secret in (SECRET, TOKEN, AES_KEY, ROBOT_KEY):
        assert secret not in written
    events = [json.loads(line) for line in written.splitlines()]
    assert {"started", "call-accepted"} <= {event["event"] for event in events}


NEWER = "the database is of a newer version of this program (revision 9999, known here up to "


def test_a_newer_database(tmp_path: Path, platform: Platform) -> None:
    """Every command that works on the database says in one line that a newer version made it, with exit 2."""
    config = install(tmp_path, platform)
    here("migrate", "--config", config)
    with closing(sqlite3.connect(tmp_path / "bot.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    commands = (
        ["serve"],
        ["work"],
        ["migrate"],
        ["rehearse"],
        ["purge"],
        ["export", "--out", tmp_path / "a.xlsx"],
        ["backup", "--out", tmp_path / "a.zip"],
    )
    for name, *more in commands:
        done = here(name, "--config", config, *more)
        assert done.returncode == 2, name
        (line,) = done.stderr.splitlines()
        assert line.startswith(NEWER), name
    assert not list(tmp_path.glob("a.*"))
    done = here("check", "--config", config)
    assert (done.returncode, f"warning: {NEWER}" in done.stderr) == (0, True)


def test_no_work_on_sqlite(tmp_path: Path, platform: Platform) -> None:
    """A web process alone on SQLite would never send anything: refused, with the reason."""
    config = install(tmp_path, platform)
    here("migrate", "--config", config)
    done = here("serve", "--config", config, "--no-work")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("--no-work: with SQLite one process does everything")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "there is no database {file} yet; run: python -m bot migrate"),
        ("text", "{file} is not an SQLite database"),
        ("folder", "{file} is a folder"),
        ("below", "cannot be made, {above} is no folder"),
    ],
)
def test_check_looks_at_the_file(tmp_path: Path, platform: Platform, kind: str, said: str) -> None:
    """An SQLite file that is missing, none, or cannot be made is a warning; a good one is not, and none is made."""
    above = tmp_path / "above"
    file = above / "bot.db" if kind == "below" else tmp_path / "bot.db"
    if kind == "folder":
        file.mkdir()
    elif kind == "text":
        file.write_text("hello")
    elif kind == "below":
        above.write_text("no folder")
    config = install(tmp_path, platform, f"sqlite:///{file}")
    done = here("check", "--config", config)
    assert done.returncode == 0
    assert said.format(file=file, above=above) in done.stderr
    if kind == "missing":
        assert not file.exists()
        here("migrate", "--config", config)
        assert "database.url" not in here("check", "--config", config).stderr


def test_a_postgresql_that_is_away(tmp_path: Path, platform: Platform) -> None:
    """Key and host are named, the password is not."""
    url = f"postgresql+psycopg://bot:geheim@127.0.0.1:{free_port()}/bot"
    config = install(tmp_path, platform, url)
    for name, code in (("serve", 1), ("migrate", 1), ("check", 0)):
        done = here(name, "--config", config)
        assert done.returncode == code
        expected = f"database.url (or BOT_DATABASE_URL): PostgreSQL cannot be reached at {url.replace('geheim', '***')}"
        assert expected in done.stderr
        assert "geheim" not in done.stderr


def test_explain_shows_the_day() -> None:
    """The words for the day stand beside each value that has one."""
    done = here("read", "--explain", "昨天发放手册500册")
    assert "宣传手册 500册［昨天］" in done.stdout
    assert "［" not in here("read", "--explain", "发放手册500册").stdout


def test_killed_and_started_again(tmp_path: Path, platform: Platform, sqlite_template: Path) -> None:
    """After kill -9 of the whole bot it starts again at once, with what was acknowledged still there."""
    config, port = install(tmp_path, platform), free_port()
    shutil.copy(sqlite_template, tmp_path / "bot.db")
    platform.callback_url = f"http://127.0.0.1:{port}/wecom/callback"
    with started(tmp_path / "log1", "serve", "--config", config, "--port", port) as bot:
        wait_healthy(port)
        first = platform.say("WangFang", "今天发放宣传手册500册")
        os.killpg(bot.pid, signal.SIGKILL)
        bot.wait()
    with started(tmp_path / "log2", "serve", "--config", config, "--port", port) as bot:
        wait_healthy(port)
        assert platform.deliver(first.xml).reply == first.reply
        bot.terminate()
        assert bot.wait(20) == 0


def test_demo(tmp_path: Path) -> None:
    """The demo says where it is, serves its page, goes on where it was, and killed leaves no bot; --fresh begins again.

    --fresh leaves alone what is not the demo's. Several signals at once, as `timeout make run` sends, end it once.
    """
    port, data = free_port(2), tmp_path / "data"
    words = ("demo", "--port", port, "--data", data)
    with started(tmp_path / "log1", *words) as demo:
        assert f"http://127.0.0.1:{port}/" in said(demo)
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
        taken = here("demo", "--port", port, "--data", tmp_path / "other")
        assert (taken.returncode, len(taken.stderr.splitlines())) == (1, 1)
        assert "another demo may run; stop it or use PORT=8610" in taken.stderr
        assert here("demo", "--port", free_port(2), "--data", data, "--fresh").returncode == 2
        pushed = clock(port, advance_seconds=7200)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(20) == 0
    for private in ("keys.json", "config.toml"):
        assert (data / private).stat().st_mode & 0o077 == 0
    keys = (data / "keys.json").read_text()
    with started(tmp_path / "log2", *words) as demo:
        said(demo)
        assert clock(port) >= pushed
        demo.kill()
        demo.wait(20)
        until = time.monotonic() + 20
        while not refused(port + 1):  # the bot ends as well
            assert time.monotonic() < until
            time.sleep(0.05)
    assert (data / "keys.json").read_text() == keys
    (data / "mine.txt").write_text("mine")
    with started(tmp_path / "log3", *words, "--fresh") as demo:
        said(demo)
        assert clock(port).startswith("2021-05-11T08:50")
        for _ in range(20):
            demo.terminate()
            time.sleep(0.02)
        assert demo.wait(20) == 0
    assert refused(port + 1)
    assert (data / "mine.txt").read_text() == "mine"
    assert (data / "keys.json").read_text() != keys
    assert [(tmp_path / f"log{number}").read_text() for number in (1, 2, 3)] == ["", "", ""]


def said(demo: subprocess.Popen[str]) -> str:
    """Return the line with which a demo says that it is ready."""
    assert demo.stdout is not None
    return demo.stdout.readline()


def clock(port: int, **push: int) -> str:
    """Return the campaign time of the demo on a port, pushed on if asked."""
    address = f"http://127.0.0.1:{port + 1}/clock"
    answer = requests.post(address, json=push, timeout=30) if push else requests.get(address, timeout=5)
    return str(answer.json()["now"])


def refused(port: int) -> bool:
    """Tell whether nobody listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
