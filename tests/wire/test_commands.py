"""The command line, each command as a process of its own: output, exit codes, and one line for what went wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
        taken = run("serve", "--config", config, "--port", port, "--no-work")
        assert taken.returncode == 1
        assert taken.stderr.splitlines()[-1] == f"cannot listen on 127.0.0.1:{port}: address already in use"
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(20) == 0
    written = log.read_text(encoding="utf-8")
    assert "Traceback" not in written
    for secret in (SECRET, TOKEN, AES_KEY, ROBOT_KEY):
        assert secret not in written
    events = [json.loads(line) for line in written.splitlines()]
    assert {"started", "call-accepted"} <= {event["event"] for event in events}


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
