"""Secrets stay where they are: out of logs, errors, tables, command lines and what people are told (S11, S12, S13)."""

from __future__ import annotations

import logging
import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import structlog
from sqlalchemy import select

from bot import logs
from bot.config import load_all
from bot.config_warnings import EXAMPLE_SECRETS, warnings
from bot.standin import Member, Platform
from models.migrations import run
from models.people import Role
from models.session import Database, connect
from tests.files.conftest import Make, World, make, world  # noqa: F401  # fixtures
from tests.installing import AES_KEY, ROBOT_KEY, SECRET, TOKEN, install, make_platform
from tests.logged import MADE, PLANTED, collector
from tests.store.delivering import START
from tests.test_transcripts import AES_KEY as CHAT_AES_KEY
from tests.test_transcripts import KEYS, ROBOT

ROOT = Path(__file__).parents[2]
PHONE, CARD = PLANTED["what only a message said"]


@pytest.fixture
def platform() -> Iterator[Platform]:
    """A platform that runs."""
    platform = make_platform()
    platform.start()
    yield platform
    platform.stop()


def written_since(mark: int) -> str:
    """Return what the suite's log holds behind a mark."""
    collector.stream.flush()
    with collector.path.open(encoding="utf-8") as file:
        file.seek(mark)
        return file.read()


def test_s12_everything_is_collected() -> None:
    """What our code and what other libraries log arrives in the file that is searched at the end, scrubbed."""
    mark = collector.path.stat().st_size if not collector.stream.flush() else 0
    logs.keep_secret([SECRET])
    structlog.get_logger("bot").info("ours", url=f"https://x/y?corpsecret={SECRET}&access_token=abcdefgh")
    logging.getLogger("some.library").debug("theirs %s", SECRET)
    try:
        requests.get(f"http://127.0.0.1:9/gettoken?corpsecret={SECRET}", timeout=1)
    except requests.RequestException:
        logging.getLogger("some.library").exception("with its trace")
    said = written_since(mark)
    assert "ours" in said
    assert "theirs ***" in said
    assert "with its trace" in said
    assert SECRET not in said
    assert "abcdefgh" not in said


def test_s12_the_search_finds_what_is_there() -> None:
    """A secret in a text is found by name, also percent-encoded; a text without one is clean."""
    MADE["an access token"].add("made/up+token==")
    try:
        assert collector.scan([("x", "nothing here")]) == []
        assert collector.scan([("x", f"?key={ROBOT_KEY}&")]) == ["a robot's key stands in x"]
        assert collector.scan([("x", "made%2Fup%2Btoken%3D%3D")]) == ["an access token stands in x"]
        assert collector.scan([("a.log", PHONE)]) == ["what only a message said stands in a.log"]
    finally:
        MADE["an access token"].discard("made/up+token==")


def test_s12_nothing_of_a_message_is_logged(world: World) -> None:  # noqa: F811
    """Texts, names and accounts do not stand in the log, whatever becomes of the message."""
    collector.stream.flush()
    mark = collector.path.stat().st_size
    world.platform.add_member(Member("stranger-we-know-not", "路人"))
    for text in (f"今天发放手册300册 电话{PHONE}", f"身份证{CARD}", f"停用 {PHONE}", f"绑定 {CARD}"):
        world.say("wang", text)
        world.say("stranger-we-know-not", text)
    world.engine.drain_all()
    said = written_since(mark)
    assert "inbound-answered" in said
    for each in (PHONE, CARD, "手册300册", "王芳", "stranger-we-know-not"):
        assert each not in said


def test_s11_nothing_in_the_database_is_a_secret(world: World) -> None:  # noqa: F811
    """A full dump after reports, links, invitations and pushes holds no secret of the config and no code in clear."""
    world.admit("li", "李强", "省联席办", Role.ADMIN)
    link = world.link()
    world.say("wang", "今天发放手册300册")
    invited = world.say("li", "邀请 株洲市公安局")
    world.say("li", "通知 全体 明天开会")
    world.engine.drain_all()
    dump = []
    with world.bot.db.engine.connect() as connection:
        for table in run.metadata().sorted_tables:
            for row in connection.execute(select(table)).mappings():
                dump += [f"{table.name}.{name}={value}" for name, value in row.items()]
    held = "\n".join(dump)
    for secret in (*KEYS.values(), CHAT_AES_KEY, ROBOT, *MADE["an access token"]):
        if secret != KEYS["corp_id"]:
            assert secret not in held
    assert link
    assert "绑定" in invited


def test_s11_no_secret_shows_itself(tmp_path: Path, platform: Platform) -> None:
    """The repr and str of everything that is made from a config show stars."""
    loaded = load_all(install(tmp_path, platform), {})
    shown = f"{loaded!r} {loaded.config} {loaded.config.wecom} {vars(loaded.config.wecom)} {loaded.config.groups}"
    for secret in (SECRET, TOKEN, AES_KEY, ROBOT_KEY):
        assert secret not in shown


def test_s11_no_option_takes_a_secret() -> None:
    """No command line holds a secret, where every user of the machine could read it: there is no option for one."""
    source = (ROOT / "bot" / "__main__.py").read_text(encoding="utf-8")
    for word in ("--secret", "--token", "--key", "--password", "--url"):
        assert word not in source


def test_s11_a_config_that_others_can_read_is_warned_about(tmp_path: Path, platform: Platform) -> None:
    """Mode 600 is silent; any right of group or others is one line that says what to run."""
    config = install(tmp_path, platform)
    for mode, warned in ((0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644, True)):
        config.chmod(mode)
        said = [line for line in warnings(load_all(config, {}), START) if "chmod 600" in line]
        assert bool(said) is warned, oct(mode)


def test_s03_the_examples_secrets_are_warned_about(tmp_path: Path, platform: Platform) -> None:
    """Who leaves what stands in config.example.toml is told that anybody can forge messages."""
    with (ROOT / "config.example.toml").open("rb") as file:
        example = tomllib.load(file)["wecom"]
    assert {name: example[name] for name in EXAMPLE_SECRETS} == EXAMPLE_SECRETS
    config = install(tmp_path, platform)
    assert [line for line in warnings(load_all(config, {}), START) if "forge" in line] == []
    text = config.read_text(encoding="utf-8").replace(TOKEN, EXAMPLE_SECRETS["token"])
    config.write_text(text.replace(AES_KEY, EXAMPLE_SECRETS["encoding_aes_key"]), encoding="utf-8")
    (said,) = [line for line in warnings(load_all(config, {}), START) if "forge" in line]
    assert "wecom.token, wecom.encoding_aes_key: still as in config.example.toml" in said


def test_s17_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Under the commands' umask a database, its journal and the folder of files are for the owner alone."""
    before = os.umask(0o077)  # as main() sets it
    try:
        db = Database(connect(f"sqlite:///{tmp_path}/data/bot.db"))
        run.upgrade(db.engine)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
        assert modes["bot.db"] == 0o600
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        db.dispose()
    finally:
        os.umask(before)
    assert "os.umask(0o077)" in (ROOT / "bot" / "__main__.py").read_text(encoding="utf-8")


def test_s13_a_robots_key_is_told_to_nobody(make: Make) -> None:  # noqa: F811
    """Neither 状态 nor any other answer to an admin holds the key of a robot, also when the robot refuses."""
    world = make((ROBOT, ROBOT + "x"))  # noqa: F811
    world.admit("li", "李强", "省联席办", Role.ADMIN)
    shown = world.say("li", "发布 关注率")
    code = shown.partition("回“确认 ")[2][:4]
    world.say("li", f"确认 {code}")
    world.engine.drain_all()
    said = [world.say("li", text) for text in ("状态", "规则", "审计", "发送情况")] + world.told("li")
    assert len(said) >= 4
    assert all(ROBOT not in each and "key=" not in each for each in said)
