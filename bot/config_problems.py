"""From what pydantic says of config.toml to what an operator reads: what is wrong, where, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from models.errors import Problem

FROM_ENVIRONMENT = ("database", "wecom")  # sections whose keys may come as BOT_<SECTION>_<KEY>


def problem(file: str, error: ErrorDetails, root: type[BaseModel]) -> Problem:
    """Turn an error of pydantic's into what, where and what to write. root: the model of the whole file."""
    place = [str(step) for step in error["loc"]]
    where = ".".join(place)
    if error["type"] == "config":
        return Problem(file, where, str(error["ctx"]["what"]), str(error["ctx"]["instead"]))
    if error["type"] == "extra_forbidden":
        known = _known_keys(root, place[:-1])
        close = get_close_matches(place[-1], known, n=1)
        instead = f'did you mean "{close[0]}"?' if close else f"known here: {', '.join(known)}"
        return Problem(file, where, "is unknown", instead)
    if error["type"] == "missing":
        return Problem(file, where, "is missing", _example(place))
    return Problem(file, where, error["msg"].replace("Input should be", "must be"), _example(place))


def from_variable(found: Problem, environ: Mapping[str, str]) -> Problem:
    """Name the variable where the value came from the environment, since the file may be right."""
    section, _, rest = found.where.partition(".")
    names = [f"BOT_{section}_{rest}"] if section in FROM_ENVIRONMENT else []
    if section == "groups":
        group = re.sub(r"\W", "_", rest.removesuffix(".webhook"))
        names = [f"BOT_GROUPS_{group}_WEBHOOK"]
    name = next((name.upper() for name in names if name.upper() in environ), None)
    if name is None:
        return found
    if environ[name].strip():
        what = f"{found.what} in the environment variable {name}, which goes before the file"
        return replace(found, what=what, instead=f"correct {name}, or unset it")
    what = f"the environment variable {name} is empty and goes before the file"
    return replace(found, what=what, instead=f"fill {name}, or unset it")


def _known_keys(root: type[BaseModel], place: list[str]) -> list[str]:
    """List the keys of a section, for a suggestion. A step that is no key is the name of a group."""
    part = root
    for step in place:
        if step in part.model_fields:
            part = _model(part.model_fields[step].annotation) or part
    return list(part.model_fields)


def _model(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation holds: Part, Part | None, dict[str, Part]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)


EXAMPLES: Mapping[str, str] = {
    "database": 'write a section [database] with url = "sqlite:///data/bot.db"',
    "database.url": 'write url = "sqlite:///data/bot.db"',
    "campaign": "write a section [campaign] with file, roster and people",
    "campaign.file": 'write file = "hunan-2021.toml"',
    "campaign.roster": 'write roster = "roster.csv"',
    "campaign.people": 'write people = "people.csv"',
    "wecom": "write a section [wecom] with corp_id, agent_id, secret, token and encoding_aes_key",
    "wecom.corp_id": 'write corp_id = "ww..." from the page "My company" of the admin console',
    "wecom.agent_id": "write agent_id = 1000002, the number on the app's page",
    "wecom.secret": 'write secret = "..." from the app\'s page, or set BOT_WECOM_SECRET',
    "wecom.token": 'write token = "..." from the app\'s page "receive messages", or set BOT_WECOM_TOKEN',
    "wecom.encoding_aes_key": 'write encoding_aes_key = "..." (43 characters), or set BOT_WECOM_ENCODING_AES_KEY',
    "clock.start": "write start = 2021-05-11T08:50:00+08:00, with its offset",
    "clock.speed": "write speed = 1.0",
    "server.port": "write port = 8080",
    "server.host": 'write host = "127.0.0.1"',
    "files.dir": 'write dir = "data/files"',
}


def _example(place: list[str]) -> str:
    if place[0] == "groups":
        return 'write webhook = "https://...webhook/send?key=...", or set BOT_GROUPS_<NAME>_WEBHOOK'
    return EXAMPLES.get(".".join(place), "see config.example.toml")
