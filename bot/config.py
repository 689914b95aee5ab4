"""What an installation is told: config.toml, with secrets from the environment where they are given there.

Everything wrong in the file is listed at once. Secrets are SecretStr: a repr, a log line or a traceback shows stars.
Read by the composition root and the commands; nothing else opens the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.config_problems import FROM_ENVIRONMENT, from_variable, problem
from models.campaign.definition import Campaign
from models.campaign.lines import with_lines
from models.campaign.roster import Roster
from models.errors import ConfigError, Problem

PUBLIC_API = "https://qyapi.weixin.qq.com/cgi-bin/"
GROUP_VARIABLE = re.compile(r"BOT_GROUPS_([A-Z0-9_]+)_WEBHOOK")


class Part(BaseModel):
    """Base of all sections: immutable, no unknown keys, nothing of the input in error texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DatabasePart(Part):
    """[database]"""

    url: SecretStr  # may hold a password

    @field_validator("url")
    @classmethod
    def _known_kind(cls, url: SecretStr) -> SecretStr:
        try:
            parsed = make_url(url.get_secret_value())
        except ArgumentError:
            raise _wrong("is no database URL", 'write url = "sqlite:///data/bot.db"') from None
        if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
            raise _wrong(f"names {parsed.drivername}", "write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME")
        if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
            raise _wrong("names no file", 'write url = "sqlite:///data/bot.db"')
        return url


class CampaignPart(Part):
    """[campaign]"""

    file: Path
    roster: Path
    people: Path


class WecomPart(Part):
    """[wecom]"""

    corp_id: Annotated[str, Field(min_length=1, max_length=64)]
    agent_id: Annotated[int, Field(gt=0)]
    secret: SecretStr
    token: SecretStr
    encoding_aes_key: SecretStr
    api_base: str = PUBLIC_API
    account_limit: Annotated[int, Field(ge=0)] = 0  # accounts the corp may have; 0: not known

    @field_validator("secret", "token")
    @classmethod
    def _not_empty(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise _wrong("is empty", "copy it from the app's page in the WeCom admin console")
        return value

    @field_validator("encoding_aes_key")
    @classmethod
    def _forty_three(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9+/]{43}", value.get_secret_value()):
            length = len(value.get_secret_value())
            raise _wrong(f"has {length} characters", "copy the 43 letters and digits of EncodingAESKey")
        return value

    @field_validator("api_base")
    @classmethod
    def _slash(cls, value: str) -> str:
        return _http_url(value).rstrip("/") + "/"


class GroupPart(Part):
    """[groups.NAME]"""

    webhook: SecretStr

    @field_validator("webhook")
    @classmethod
    def _with_key(cls, value: SecretStr) -> SecretStr:
        if "key=" not in urlsplit(_http_url(value.get_secret_value())).query:
            raise _wrong("has no key", "copy the whole address of the robot, https://...webhook/send?key=...")
        return value


class ServerPart(Part):
    """[server]"""

    host: str = "127.0.0.1"  # behind a reverse proxy; 0.0.0.0 to be reached directly
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    public_url: str = ""  # how people reach it, for links; without a slash at the end
    threads: Annotated[int, Field(ge=1, le=256)] = 16
    processes: Annotated[int, Field(ge=1, le=64)] = 1  # of one `serve`; more than one only on PostgreSQL

    @field_validator("public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return _http_url(value).rstrip("/") if value else ""


class FilesPart(Part):
    """[files]"""

    dir: Path = Path("data/files")


class ClockPart(Part):
    """[clock]"""

    start: AwareDatetime
    speed: Annotated[float, Field(ge=0, le=100_000)] = 1.0


class Config(Part):
    """The whole file. Paths are absolute."""

    database: DatabasePart
    campaign: CampaignPart
    wecom: WecomPart
    groups: dict[str, GroupPart] = {}
    server: ServerPart = ServerPart()
    files: FilesPart = FilesPart()
    clock: ClockPart | None = None

    @property
    def database_url(self) -> str:
        """Return the database URL with its password."""
        return self.database.url.get_secret_value()

    @property
    def on_sqlite(self) -> bool:
        """Tell whether the database is a file: then one process works on it."""
        return self.database_url.startswith("sqlite")

    def secrets(self) -> list[str]:
        """List every secret, for the log scrubber."""
        wecom = self.wecom
        found = [part.get_secret_value() for part in (wecom.secret, wecom.token, wecom.encoding_aes_key)]
        for group in self.groups.values():
            found += re.findall(r"key=([^&]+)", group.webhook.get_secret_value())
        password = make_url(self.database_url).password
        return [*found, *([str(password)] if password else [])]


@dataclass(frozen=True)
class Loaded:
    """The config with everything that it names."""

    path: Path
    config: Config
    campaign: Campaign
    roster: Roster


def load(path: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read a config file. Raises ConfigError with every problem that it has."""
    text = _text(path)
    raw = _with_environment(_toml(path, text), os.environ if environ is None else environ)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        given = os.environ if environ is None else environ
        found = [from_variable(problem(path.name, each, Config), given) for each in error.errors(include_url=False)]
        raise ConfigError(with_lines(found, text)) from None
    if config.on_sqlite and config.server.processes > 1:
        wrong = Problem(path.name, "server.processes", "one process works on SQLite", "write 1, or use PostgreSQL")
        raise ConfigError(with_lines([wrong], text))
    return _absolute(config, path.resolve().parent)


def load_all(path: Path, environ: Mapping[str, str] | None = None) -> Loaded:
    """Read the config and the campaign, roster and people that it names, and check them against each other.

    Raises ConfigError with every problem of all of them; also of the files that a config names which is wrong itself.
    """
    config, problems = None, []
    try:
        config = load(path, environ)
        named, groups = config.campaign, config.groups
    except ConfigError as error:
        problems = list(error.problems)
        known = _named_files(path)
        if known is None:
            raise
        named, groups = known, None
    campaign, people, found = _look_into(named, groups, path)
    problems += found
    if problems or config is None or campaign is None or people is None:
        raise ConfigError(problems)
    return Loaded(path.resolve(), config, campaign, people)


def _named_files(path: Path) -> CampaignPart | None:
    """Return the files that a config names which is wrong elsewhere; None when these are not readable from it."""
    try:
        named = CampaignPart.model_validate(_toml(path, _text(path)).get("campaign"))
    except (ConfigError, ValidationError):
        return None
    home = path.resolve().parent
    return CampaignPart(**{key: home / getattr(named, key) for key in CampaignPart.model_fields})


def _look_into(
    named: CampaignPart, groups: Mapping[str, GroupPart] | None, path: Path
) -> tuple[Campaign | None, Roster | None, list[Problem]]:
    """Read campaign, roster and people, and check them against each other. groups: None when they are not known."""
    from models.campaign import checks, loader, roster

    problems: list[Problem] = []
    campaign, people = None, None
    try:
        campaign = loader.load(named.file)
    except ConfigError as error:
        problems += error.problems
    try:
        people = roster.load(named.roster, named.people)
    except ConfigError as error:
        problems += error.problems
    problems = _named_in(path, named, problems)
    if campaign and people:
        problems += checks.against_roster(campaign, people.orgs, named.file.name, named.roster.name)
        problems += checks.against_people(campaign, people.people, named.people.name)
    if campaign and groups is not None:
        problems += checks.against_groups(campaign, groups, path.name)
    return campaign, people, problems


def _named_in(path: Path, named: CampaignPart, problems: list[Problem]) -> list[Problem]:
    """Say of a file that cannot be read where the config names it."""
    keys = {f"not {getattr(named, key)}": key for key in CampaignPart.model_fields}
    told = []
    for each in problems:
        key = next((key for end, key in keys.items() if each.where == "file" and each.instead.endswith(end)), None)
        if key is not None:
            file = getattr(named, key)
            instead = f"write the path of that file, seen from the folder of {path.name}"
            each = Problem(path.name, f"campaign.{key}", f"{file} {each.what}", instead)
            told += with_lines([each], _text(path))
        else:
            told.append(each)
    return told


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        wrong = Problem(
            str(path), "file", f"cannot be read ({reason})", "copy config.example.toml there and fill it in"
        )
    except UnicodeDecodeError:
        wrong = Problem(path.name, "file", "is not UTF-8", "save it as UTF-8")
    raise ConfigError([wrong])


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        wrong = Problem(path.name, "file", f"is no TOML ({error})", "correct that line; texts stand in double quotes")
    raise ConfigError([wrong])


def _with_environment(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    for section in FROM_ENVIRONMENT:
        for key in Config.model_fields[section].annotation.model_fields:  # type: ignore[union-attr]  # a section class
            value = environ.get(f"BOT_{section}_{key}".upper())
            if value is not None and isinstance(raw.setdefault(section, {}), dict):
                raw[section][key] = value
    groups = raw.setdefault("groups", {})
    for variable, value in environ.items():
        found = GROUP_VARIABLE.fullmatch(variable)
        if found and isinstance(groups, dict):
            names = {re.sub(r"\W", "_", name).upper(): name for name in groups}
            name = names.get(found[1], found[1].lower())
            groups[name] = {**groups.get(name, {}), "webhook": value}
    return raw


def _absolute(config: Config, home: Path) -> Config:
    files = {key: home / getattr(config.campaign, key) for key in CampaignPart.model_fields}
    url = make_url(config.database_url)
    if config.on_sqlite:
        url = url.set(database=str(home / str(url.database)))
    return config.model_copy(
        update={
            "campaign": CampaignPart(**files),
            "files": FilesPart(dir=home / config.files.dir),
            "database": DatabasePart(url=SecretStr(url.render_as_string(hide_password=False))),
        }
    )


def _wrong(what: str, instead: str) -> PydanticCustomError:
    return PydanticCustomError("config", "wrong", {"what": what, "instead": instead})


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise _wrong("is no web address", "write an address that starts with https://")
    return value
