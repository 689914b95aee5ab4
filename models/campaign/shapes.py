"""What pydantic says about a campaign file, as problems that a person can act on.

Each error becomes one Problem: the dotted key as it stands in the file, plain words, and what to write instead.
Called by loader.py only.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.campaign.definition import Campaign
from models.errors import Problem

Path = tuple[str | int, ...]

# What a good line looks like, by the name of the field. Fields that are not here get a hint by type.
EXAMPLES: Mapping[str, str] = {
    "key": 'key = "hunan-2021"',
    "name": 'name = "宣传手册"',
    "short_name": 'short_name = "反诈宣传月"',
    "office": 'office = "省联席办"',
    "first_day": "first_day = 2021-05-11",
    "last_day": "last_day = 2021-05-31",
    "reports_from": "reports_from = 2021-05-01",
    "closes_on": "closes_on = 2021-06-04",
    "measure": 'measure = "册"',
    "measures": 'measures = { "册" = 1, "本" = 1 }',
    "audience": 'audience = ["city"]',
    "value": 'value = ["handbook"]',
    "unit": 'unit = "册"',
    "among": 'among = "city"',
    "at": 'at = "09:12"',
    "days": "days = [7, 3, 1, 0]",
    "weekday": 'weekday = "monday"',
    "duty": 'duty = "summary"',
    "start": 'start = "21:00"',
    "end": 'end = "08:00"',
    "kinds": 'a table [kinds.city] with name = "市州"',
    "indicators": "a table [indicators.handbook]",
    "duties": "a table [duties.summary]",
    "rules": "a table [rules.welcome]",
}
BY_TYPE = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "decimal_parsing": "write a number without quotes",
    "decimal_type": "write a number without quotes",
    "finite_number": "write a number without quotes",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "string_type": "put it in quotes",
    "tuple_type": 'write a list, for example ["a", "b"]',
    "dict_type": "write a table",
    "model_type": "write a table",
    "date_from_datetime_parsing": "write a date without quotes, for example 2021-05-11",
    "date_from_datetime_inexact": "write a date without a time, for example 2021-05-11",
    "date_type": "write a date without quotes, for example 2021-05-11",
    "datetime_from_date_parsing": "write a date with time, for example 2021-05-11T09:03:00",
    "datetime_parsing": "write a date with time, for example 2021-05-11T09:03:00",
    "datetime_type": "write a date with time, for example 2021-05-11T09:03:00",
    "string_too_short": "write a word or leave it out",
}
EXPECTED = {
    "bool": "true or false",
    "decimal": "a number",
    "finite": "a number",
    "int": "a whole number",
    "string": "a text",
    "tuple": "a list",
    "dict": "a table",
    "model": "a table",
    "date": "a date",
    "datetime": "a date with time",
}


def problems(error: ValidationError, raw: Mapping[str, Any], file: str) -> list[tuple[Path, Problem]]:
    """List what is wrong with the shape of a file, in pydantic's order, each with its path; one problem a path."""
    found: dict[Path, Problem] = {}
    for detail in error.errors(include_url=False):
        path = _in_file(detail["loc"], raw, missing=detail["type"] == "missing")
        if path not in found:
            what, instead = _words(detail, path, raw)
            found[path] = Problem(file, dotted(path), what, instead)
    return list(found.items())


def dotted(path: Sequence[str | int]) -> str:
    """Write a path as it stands in the file: rules.press-due.before.days[1]."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the hint "did you mean ...?" for a word that is not known, or ""."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f'did you mean "{close[0]}"? ' if close else ""


def one_of(known: Iterable[str]) -> str:
    """Return the hint that lists what is known."""
    listed = ", ".join(known)
    return f"known are {listed}" if listed else "none is defined"


def _in_file(loc: Path, raw: Mapping[str, Any], *, missing: bool) -> Path:
    """Cut from pydantic's location what is no key of the file (names of union members, "[key]")."""
    path: list[str | int] = []
    here: Any = raw
    for step in loc:
        inside = isinstance(here, Mapping) and step in here
        within = isinstance(here, list) and isinstance(step, int) and step < len(here)
        if not (inside or within):
            return (*path, step) if missing else tuple(path)
        path.append(step)
        here = here[step]
    return tuple(path)


def _words(detail: ErrorDetails, path: Path, raw: Mapping[str, Any]) -> tuple[str, str]:
    kind, written, field = detail["type"], detail["input"], str(path[-1]) if path else ""
    example = f"write, for example, {EXAMPLES[field]}" if field in EXAMPLES else ""
    if kind == "missing":
        allowed = _allowed(path)
        return "is missing", f"add {field}; {one_of(allowed)}" if allowed else f"add {EXAMPLES.get(field, field)}"
    if kind == "extra_forbidden":
        fields = _fields_at(path[:-1])
        return "is an unknown key", f"{nearest(field, fields)}{one_of(fields)}"
    if field == "due":
        return f"{_shown(written)} is no deadline", 'write 2021-05-28T18:00:00 (due once) or "20:00" (each week)'
    if kind in ("enum", "literal_error"):
        allowed = _allowed(path)
        return f"{_shown(written)} is not allowed", f"{nearest(str(written), allowed)}{one_of(allowed)}"
    if kind == "string_pattern_mismatch":
        return _pattern(detail, written, example)
    if kind in ("greater_than_equal", "less_than_equal"):
        bound = detail["ctx"]["ge" if kind == "greater_than_equal" else "le"]
        side = "at least" if kind == "greater_than_equal" else "at most"
        return f"{_shown(written)} is out of range", f"write {side} {bound}"
    if kind == "string_too_long":
        return f"{_shown(written)} is too long", f"write at most {detail['ctx']['max_length']} characters"
    if kind == "string_too_short":
        return "is empty", BY_TYPE[kind]
    expected = EXPECTED.get(kind.split("_")[0])
    what = f"{_shown(written)} is not {expected}" if expected else detail["msg"][:1].lower() + detail["msg"][1:]
    by_type = BY_TYPE.get(kind, "see models/campaign/definition.py")
    return what, by_type if kind.startswith("datetime") else example or by_type


def _pattern(detail: ErrorDetails, written: object, example: str) -> tuple[str, str]:
    if "\\d" in detail["ctx"]["pattern"]:
        return f"{_shown(written)} is no time of day", example or 'write HH:MM, for example "09:12"'
    shape = "write small letters, digits, - and _, beginning with a letter"
    return f"{_shown(written)} is no key", f"{shape}; the Chinese goes into name"


def _shown(written: object) -> str:
    if isinstance(written, Mapping):
        return "a table"
    if isinstance(written, list):
        return "a list"
    if isinstance(written, bool):
        return str(written).lower()
    if isinstance(written, date | time | datetime | Decimal | int):
        return str(written)
    text = str(written)
    return f'"{text[:40]}…"' if len(text) > 40 else f'"{text}"'


def _fields_at(path: Path) -> list[str]:
    """Return the keys that the table at a path may hold."""
    model = _type_at(path)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _allowed(path: Path) -> list[str]:
    """Return the words that the field at a path may hold."""
    kind = _type_at(path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(member.value) for member in kind]
    return [str(word) for word in typing.get_args(kind)] if typing.get_origin(kind) is Literal else []


def _type_at(path: Path) -> Any:
    """Follow a path through the classes of definition.py and return the type that stands there."""
    kind: Any = Campaign
    for step in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(step)].annotation
        else:  # the values of a dict or tuple
            kind = [part for part in typing.get_args(kind) if part is not Ellipsis][-1]
        kind = _plain(kind)
    return kind


def _plain(kind: Any) -> Any:
    """Take away `| None` and Annotated."""
    if typing.get_origin(kind) is typing.Annotated:
        return _plain(typing.get_args(kind)[0])
    parts = [part for part in typing.get_args(kind) if part is not type(None)]
    return _plain(parts[0]) if type(None) in typing.get_args(kind) and len(parts) == 1 else kind
