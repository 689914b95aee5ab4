"""A whole installation in a folder: config, campaign, roster, people, and the platform that it talks to."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from bot.standin import Member, Platform
from models.campaign.loader import HUNAN

CORP_ID = "ww1436e0e65a779aee"
AGENT_ID = 1000002
SECRET = "app-secret-that-nobody-may-see"
TOKEN = "hJqcu3uJ9Tn2gXPmxx2w9kkCkCE2EPYo"
AES_KEY = "6qkdMrq68nTKduznJYO1A37W2oEgpkMUvkttRToqhUt"
ROBOT_KEY = "693a91f6-robot-key-that-nobody-may-see"
PEOPLE = """name,org,role,wecom_userid
王芳,长沙市公安局,liaison,WangFang
赵六,湖南移动,liaison,zhaoliu
李强,省联席办,admin,liqiang
"""
MEMBERS = (("WangFang", "王芳"), ("zhaoliu", "赵六"), ("liqiang", "李强"), ("eve", "路人"))
CLOCK = "[clock]\nstart = 2021-05-11T08:50:00+08:00\nspeed = 1.0\n"


@dataclass(frozen=True)
class Keys:
    """What a bot and its platform share."""

    corp_id: str
    secret: str
    token: str
    aes_key: str


OURS = Keys(CORP_ID, SECRET, TOKEN, AES_KEY)


def make_platform(*, limited: bool = True) -> Platform:
    """Return a platform that is not started, with the people of the installation as members."""
    return Platform(
        corp_id=CORP_ID,
        agent_id=AGENT_ID,
        secret=SECRET,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        robots={ROBOT_KEY: "office"},
        members=[Member(userid, name) for userid, name in MEMBERS],
        retry_pause=0.05,
        limited=limited,
    )


def install(folder: Path, platform: Platform, database_url: str = "sqlite:///bot.db", *, clock: str = CLOCK) -> Path:
    """Write the config and the people into a folder; returns the config's path."""
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return write_config(
        folder, OURS, platform.api_base, platform.webhook_url(ROBOT_KEY), database=database_url, more=clock
    )


def write_config(
    folder: Path,
    keys: Keys,
    api_base: str,
    webhook: str,
    *,
    database: str = "sqlite:///bot.db",
    campaign: Path = HUNAN,
    people: str | Path = "people.csv",
    more: str = "",
) -> Path:
    """Write a config.toml for its owner alone, with the Hunan roster and one group. more: further lines of it."""
    path = folder / "config.toml"
    path.write_text(
        f"""
[database]
url = {json.dumps(database)}
[campaign]
file = {json.dumps(str(campaign))}
roster = {json.dumps(str(HUNAN.with_name("roster.csv")))}
people = {json.dumps(str(people))}
[wecom]
corp_id = "{keys.corp_id}"
agent_id = {AGENT_ID}
secret = "{keys.secret}"
token = "{keys.token}"
encoding_aes_key = "{keys.aes_key}"
api_base = "{api_base}"
[groups.office]
webhook = "{webhook}"
{more}""",
        encoding="utf-8",
    )
    path.chmod(0o600)
    return path


def command(*words: object) -> list[str]:
    """Return the command line of a command of ours, warnings as errors."""
    return [sys.executable, "-W", "error", "-m", "bot", *map(str, words)]


def environment() -> dict[str, str]:
    """Return our environment without settings of the bot."""
    return {key: value for key, value in os.environ.items() if not key.startswith("BOT_")}


def run(*words: object, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run a command of ours to its end."""
    options = {"capture_output": True, "text": True, "encoding": "utf-8", "check": False}
    return subprocess.run(command(*words), timeout=timeout, env=environment(), **options)


def here(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command of ours in this process: as run() does, without the second that a process takes to start.

    For commands that come to their end; each has a run() in the suite as well, so that the way from the shell is seen.
    """
    from bot.__main__ import main

    line, out, err = [str(word) for word in words], io.StringIO(), io.StringIO()
    before, kept = os.umask(0o077), dict(os.environ)
    for name in set(os.environ) - set(environment()):
        del os.environ[name]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main(line)
    except SystemExit as end:  # argparse's way
        code = int(end.code or 0)
    finally:
        os.umask(before)
        os.environ.update(kept)
        if "tests.logged" in sys.modules:  # the command has set logging up for itself
            sys.modules["tests.logged"].collector.install()
    return subprocess.CompletedProcess(line, code, out.getvalue(), err.getvalue())
