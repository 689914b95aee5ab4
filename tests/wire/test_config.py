"""The config: what it takes, what it says about what it does not take, and that it keeps its secrets."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot import config
from bot.config_warnings import warnings
from models.campaign.loader import HUNAN
from models.errors import ConfigError

NOW = datetime(2026, 11, 24, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
GOOD = f"""
[database]
url = "sqlite:///data/bot.db"
[campaign]
file = "{HUNAN}"
roster = "{HUNAN.with_name("roster.csv")}"
people = "{HUNAN.with_name("people.csv")}"
[wecom]
corp_id = "ww1"
agent_id = 1000002
secret = "the-secret"
token = "the-token"
encoding_aes_key = "{KEY}"
[groups.office]
webhook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=the-robot-key"
"""


def written(folder: Path, text: str) -> Path:
    """Write a config that only its owner can read."""
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def problems(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return what is wrong with a config, a line each."""
    with pytest.raises(ConfigError) as raised:
        config.load(written(folder, text), environ or {})
    return [re.sub(r" \(line \d+\)(?=: )", "", line) for line in str(raised.value).splitlines()]


def test_the_example_is_complete() -> None:
    """config.example.toml is a valid config, and names every key that there is."""
    loaded = config.load_all(EXAMPLE, {})
    text = EXAMPLE.read_text(encoding="utf-8")
    raw = tomllib.loads(text.replace("# [clock]", "[clock]").replace("# start", "start").replace("# speed", "speed"))
    for section, part in (
        ("database", config.DatabasePart),
        ("campaign", config.CampaignPart),
        ("wecom", config.WecomPart),
        ("server", config.ServerPart),
        ("files", config.FilesPart),
        ("clock", config.ClockPart),
    ):
        assert set(raw[section]) == set(part.model_fields), section
    assert set(raw) == set(config.Config.model_fields)
    assert set(raw["groups"]["office"]) == set(config.GroupPart.model_fields)
    assert loaded.campaign.key == "hunan-2021"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """Paths in the config, the database's included, start at the config's folder."""
    text = GOOD.replace(str(HUNAN), "campaigns/hunan.toml")
    loaded = config.load(written(tmp_path, text), {})
    assert loaded.campaign.file == tmp_path / "campaigns/hunan.toml"
    assert loaded.database_url == f"sqlite:///{tmp_path}/data/bot.db"
    assert loaded.files.dir == tmp_path / "data/files"


def test_secrets_from_the_environment(tmp_path: Path) -> None:
    """A secret may come from the environment instead of the file, a group's webhook too."""
    text = GOOD.replace('secret = "the-secret"\n', "").partition("[groups")[0]
    environ = {
        "BOT_WECOM_SECRET": "from-env",
        "BOT_DATABASE_URL": "postgresql+psycopg://bot:pw@db/bot",
        "BOT_GROUPS_OFFICE_WEBHOOK": "https://x/send?key=env-key",
        "BOT_SOMETHING_ELSE": "ignored",
    }
    loaded = config.load(written(tmp_path, text), environ)
    assert loaded.wecom.secret.get_secret_value() == "from-env"
    assert not loaded.on_sqlite
    assert list(loaded.groups) == ["office"]
    assert {"from-env", "env-key", "pw"} <= set(loaded.secrets())


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    """No secret stands in the repr of the config, nor in what is said about a wrong value."""
    shown = repr(config.load(written(tmp_path, GOOD), {}))
    for secret in ("the-secret", "the-token", KEY, "the-robot-key"):
        assert secret not in shown
    (line,) = problems(tmp_path, GOOD.replace(KEY, "too-short-but-secret"))
    assert "too-short-but-secret" not in line


WRONG = {
    "a key that is unknown": ("corp_id =", "corpid =", ["wecom.corp_id: is missing", "wecom.corpid: is unknown; did"]),
    "a section that is unknown": ("[groups.office]", "[group.office]", ['group: is unknown; did you mean "groups"?']),
    "an empty secret": ('"the-secret"', '""', ["wecom.secret: is empty"]),
    "a token of blanks": ('"the-token"', '"  "', ["wecom.token: is empty"]),
    "a short key": (KEY, KEY[:-1], ["wecom.encoding_aes_key: has 42 characters"]),
    "an agent in words": ("1000002", '"my app"', ["wecom.agent_id: must be a valid integer"]),
    "another database": ("sqlite:///data/bot.db", "mysql://x/y", ["database.url: names mysql"]),
    "a bare postgresql": ("sqlite:///data/bot.db", "postgresql://x/y", ["write sqlite:///PATH or postgresql+psycopg:"]),
    "a database in memory": ("sqlite:///data/bot.db", "sqlite://", ["database.url: names no file"]),
    "no URL": ("sqlite:///data/bot.db", "bot.db", ["database.url: is no database URL"]),
    "a webhook without key": ("?key=the-robot-key", "", ["groups.office.webhook: has no key"]),
    "no section": ("[wecom]", "[server]", ["wecom: is missing", "server.corp_id: is unknown"]),
    "no TOML": ("[wecom]", "[wecom", ["is no TOML"]),
    "a port in words": ("[wecom]", '[server]\nport = "web"\n[wecom]', ["server.port: must be a valid integer"]),
    "a clock without zone": ("[wecom]", "[clock]\nstart = 2021-05-11T08:50:00\n[wecom]", ["clock.start: "]),
    "an API elsewhere": ("agent_id", 'api_base = "ftp://x"\nagent_id', ["wecom.api_base: is no web address"]),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    """Each mistake is named with its key and what to write instead."""
    lines = problems(tmp_path, GOOD.replace(old, new, 1))
    for expected in said:
        assert any(line.startswith("config.toml: ") and expected in line for line in lines), lines


def test_everything_at_once(tmp_path: Path) -> None:
    """All problems of a file are listed together."""
    text = GOOD.replace(KEY, "x").replace('"the-secret"', '""').replace("[groups.office]", "[grups.office]")
    assert len(problems(tmp_path, text)) == 3


def test_one_round_for_all_files(tmp_path: Path) -> None:
    """What is wrong in the campaign file is listed beside what is wrong in the config, each with its line."""
    (tmp_path / "campaign.toml").write_text(HUNAN.read_text("utf-8").replace('office = "', 'offices = "', 1), "utf-8")
    text = GOOD.replace(str(HUNAN), "campaign.toml").replace(KEY, "x")
    with pytest.raises(ConfigError) as raised:
        config.load_all(written(tmp_path, text), {})
    lines = str(raised.value).splitlines()
    line = text[: text.index("encoding_aes_key")].count("\n") + 1
    assert any(each.startswith(f"config.toml: wecom.encoding_aes_key (line {line}): has 1 ch") for each in lines)
    assert any(each.startswith("campaign.toml: offices (line ") for each in lines)


def test_what_cannot_work_is_warned_about(tmp_path: Path) -> None:
    """A campaign that is over takes nothing, and without an address of ours no link can be sent."""
    loaded = config.load_all(written(tmp_path, GOOD), {})
    told = warnings(loaded, NOW)
    assert any("closed on 2021-06-04" in line for line in told)
    assert not any("closed on" in line for line in warnings(loaded, datetime(2021, 6, 4, 15, 59, tzinfo=UTC)))
    assert any("server.public_url is empty" in line for line in told)
    playing = f'{GOOD}[server]\npublic_url = "https://bot.example"\n[clock]\nstart = 2021-05-11T08:50:00+08:00\n'
    told = warnings(config.load_all(written(tmp_path, playing), {}), NOW)
    assert not any("closed on" in line or "public_url" in line for line in told)


def test_several_processes_want_postgresql(tmp_path: Path) -> None:
    """SQLite has one process; PostgreSQL as many as are asked for."""
    several = f"{GOOD}[server]\nprocesses = 2\n"
    said = "config.toml: server.processes: one process works on SQLite; write 1, or use PostgreSQL"
    assert problems(tmp_path, several) == [said]
    other = several.replace("sqlite:///data/bot.db", "postgresql+psycopg://bot@host/db")
    assert config.load(written(tmp_path, other), {}).server.processes == 2


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is one line that says what to do."""
    with pytest.raises(ConfigError, match=r"config\.example\.toml"):
        config.load(tmp_path / "nothing.toml", {})


def test_cross_checks(tmp_path: Path) -> None:
    """A ranking that goes to a group without a robot, and two broken files, are all named at once."""
    (tmp_path / "people.csv").write_text("name,org\n", encoding="utf-8")
    text = GOOD.replace("groups.office", "groups.other").replace(str(HUNAN.with_name("people.csv")), "people.csv")
    with pytest.raises(ConfigError) as raised:
        config.load_all(written(tmp_path, text), {})
    said = str(raised.value)
    assert "people.csv" in said
    assert "office" in said


def test_a_year_without_a_calendar_is_a_warning(tmp_path: Path) -> None:
    """`check` says which years of a campaign count as Monday to Friday."""
    path = written(tmp_path, GOOD)
    loaded = config.load_all(path, {})
    campaign = loaded.campaign.model_copy(update={"closes_on": date(2027, 1, 15)})
    changed = replace(loaded, campaign=campaign)
    assert [line[:45] for line in warnings(changed, NOW) if "Monday" in line] == [
        "hunan-2021.toml: the holidays of 2027 are not"
    ]
    assert not any("Monday" in line for line in warnings(loaded, NOW))


def test_warnings(tmp_path: Path) -> None:
    """A config that others can read is warned about."""
    path = written(tmp_path, GOOD)
    assert not any("chmod" in line for line in warnings(config.load_all(path, {}), NOW))
    path.chmod(0o644)
    assert any("chmod 600" in line for line in warnings(config.load_all(path, {}), NOW))


def test_a_played_time_on_the_real_platform_is_a_warning(tmp_path: Path) -> None:
    """A [clock] beside the real platform would send notices of a played time to real people."""
    clock = "[clock]\nstart = 2021-05-11T08:50:00+08:00\n"
    said = "config.toml: clock: the campaign's time is played"
    for text, warned in (
        (GOOD + clock, True),
        (GOOD, False),
        (GOOD.replace('token = "', 'api_base = "http://127.0.0.1:8000/cgi-bin/"\ntoken = "') + clock, False),
    ):
        told = warnings(config.load_all(written(tmp_path, text), {}), NOW)
        assert any(line.startswith(said) for line in told) is warned


def test_the_people_of_the_example_are_a_warning(tmp_path: Path) -> None:
    """The example's people, also as a copy that nobody has changed, are warned about; one's own are not."""
    example = HUNAN.with_name("people.csv")
    text = GOOD.replace(str(example), "people.csv")
    (tmp_path / "people.csv").write_bytes(example.read_bytes())
    changed = example.read_text(encoding="utf-8") + "\n"
    for content, warned in ((GOOD, True), (text, True), (text, False)):
        if not warned:
            (tmp_path / "people.csv").write_text(changed, encoding="utf-8")
        told = warnings(config.load_all(written(tmp_path, content), {}), NOW)
        assert any("campaign.people: still the made-up people" in line for line in told) is warned


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BOT_WECOM_SECRET", "", "wecom.secret: the environment variable BOT_WECOM_SECRET is empty"),
        ("BOT_WECOM_TOKEN", " ", "wecom.token: the environment variable BOT_WECOM_TOKEN is empty"),
        ("BOT_DATABASE_URL", "", "database.url: the environment variable BOT_DATABASE_URL is empty"),
        ("BOT_GROUPS_OFFICE_WEBHOOK", "", "groups.office.webhook: the environment variable BOT_GROUPS_OFFICE_WEBHOOK"),
        ("BOT_WECOM_AGENT_ID", "x", "in the environment variable BOT_WECOM_AGENT_ID, which goes before the file"),
    ],
)
def test_a_variable_that_is_wrong_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    """A variable goes before a file that is right, so it is the one that is named."""
    (line,) = problems(tmp_path, GOOD, {name: value})
    assert said in line


def test_a_file_that_is_not_there_is_named_by_its_key(tmp_path: Path) -> None:
    """A wrong path is said with the config's file, key and line; a file with wrong rows goes by its own name."""
    text = GOOD.replace(str(HUNAN.with_name("roster.csv")), "nope.csv")
    with pytest.raises(ConfigError) as raised:
        config.load_all(written(tmp_path, text), {})
    assert re.match(r"config\.toml: campaign\.roster \(line \d+\): .*/nope\.csv cannot be read", str(raised.value))
