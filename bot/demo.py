"""What the demo needs beside the stand-in platform: a data folder with a config, and the bot as a child process.

The command line puts the two together; this module does not know the stand-in. A second start goes on where the first
one was: secrets, database and clock stay.
"""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import shutil
import signal
import string
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import requests

from bot.engine.local import WorkerLock
from models.campaign.loader import HUNAN
from models.campaign.roster import Roster
from models.errors import BotError

START = "2021-05-11T08:50:00+08:00"  # the morning of the notice
GROUP = "office"
DATABASE, FILES = "bot.db", "files"
AGENT_ID = 1000002
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
_prctl = getattr(ctypes.CDLL(None), "prctl", None)  # found here: a child between fork and exec must do little
ROLE_WORDS = {"admin": "管理员", "liaison": "联络员", "viewer": "查看员"}
TRY_LINES = (  # for the first three faces
    "今天发放手册3000余册，悬挂横幅20条，进社区5场，抖音粉丝12.1万",
    "短信3200万条，已覆盖全部用户",
    "进度",
)


@dataclass(frozen=True)
class Keys:
    """Made once, kept in the data folder."""

    corp_id: str
    secret: str
    token: str
    encoding_aes_key: str
    robot: str


def keys(folder: Path) -> Keys:
    """Return the demo's keys; the first time they are made. Only the owner can read them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.json"
    if not path.exists():
        made = Keys("ww" + secrets.token_hex(8), _letters(43), _letters(32), _letters(43), secrets.token_hex(16))
        _write_private(path, json.dumps(made.__dict__, indent=2))
    return Keys(**json.loads(path.read_text()))


def forget(folder: Path) -> None:
    """Remove what an earlier demo has left in its folder, and nothing else. Raises AlreadyRunning."""
    if not (folder / "keys.json").exists():
        return
    lock = WorkerLock(folder / DATABASE)
    lock.take()
    try:
        shutil.rmtree(folder / FILES, ignore_errors=True)
        for name in ("keys.json", "config.toml", "bot.log", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
            (folder / name).unlink(missing_ok=True)
    finally:
        lock.free()


def write_config(folder: Path, made: Keys, port: int) -> Path:
    """Write the bot's config for a stand-in on a port; the bot itself is on the next one."""
    base = f"http://127.0.0.1:{port}/cgi-bin/"
    path = folder / "config.toml"
    lines = f"""# Written anew at every start of the demo.
[database]
url = "sqlite:///{DATABASE}"

[campaign]
file = {json.dumps(str(HUNAN), ensure_ascii=False)}
roster = {json.dumps(str(HUNAN.with_name("roster.csv")), ensure_ascii=False)}
people = {json.dumps(str(HUNAN.with_name("people.csv")), ensure_ascii=False)}

[wecom]
corp_id = "{made.corp_id}"
agent_id = {AGENT_ID}
secret = "{made.secret}"
token = "{made.token}"
encoding_aes_key = "{made.encoding_aes_key}"
api_base = "{base}"

[groups.{GROUP}]
webhook = "{base}webhook/send?key={made.robot}"

[server]
port = {port + 1}
public_url = "http://127.0.0.1:{port + 1}"

[files]
dir = "{FILES}"

[clock]
start = {START}
speed = 1.0
"""
    _write_private(path, lines)
    return path


class Child:
    """The bot, serving."""

    def __init__(self, config: Path, port: int) -> None:
        self.log = config.with_name("bot.log")
        environ = {key: value for key, value in os.environ.items() if not key.startswith("BOT_")}
        self._port = port
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve", "--config", str(config)],
                env=environ,
                stderr=log,
                start_new_session=True,  # Ctrl-C goes to us alone; we stop it
                preexec_fn=_end_with_parent,
            )

    def wait_ready(self) -> None:
        """Return when it is healthy. Raises BotError when it ends or takes too long."""
        until = time.monotonic() + READY_SECONDS
        with requests.Session() as http:
            http.trust_env = False
            while time.monotonic() < until and self._process.poll() is None:
                try:
                    if http.get(f"http://127.0.0.1:{self._port}/healthz", timeout=2).status_code == 200:
                        return
                except requests.RequestException:
                    pass
                time.sleep(0.1)
        raise BotError(f"the bot did not start; see the end of {self.log}")

    def wait(self) -> int:
        """Wait for its end; returns its exit code."""
        return self._process.wait()

    def stop(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def faces(roster: Roster) -> list[tuple[str, str, str]]:
    """Choose whom the page offers to be: (userid, name, label).

    First those whom TRY_LINES needs: a city's liaison, a carrier's, an admin of the office; then a second city, so
    that a ranking has somebody to rank, and one liaison of every other kind of org.
    """
    kinds = {org.name: org.kind for org in roster.orgs}
    chosen: dict[tuple[str, str, int], tuple[str, str, str]] = {}
    for person in roster.people:
        if not person.wecom_userid or person.role == "viewer" or person.backup:
            continue
        kind = kinds[person.org]
        number = sum(key[:2] == (person.role, kind) for key in chosen)
        if number < (2 if (person.role, kind) == ("liaison", "city") else 1):
            label = f"{person.org} {ROLE_WORDS[person.role]}"
            chosen[person.role, kind, number] = (person.wecom_userid, person.name, label)
    wanted = [("liaison", "city", 0), ("liaison", "carrier", 0), ("admin", "office", 0), ("liaison", "city", 1)]
    first = [chosen.pop(key) for key in wanted if key in chosen]
    return [*first, *chosen.values()]


def _end_with_parent() -> None:
    """Let the system end the process when the one that made it is gone, even killed. Linux only; elsewhere nothing."""
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
