"""Read a campaign file into a Campaign, or list everything that is wrong with it at once.

What a single table may hold is checked by definition.py, what ties tables together by checks.py. What needs the
roster or the config is not here: see checks.against_roster() and checks.against_groups().
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.campaign import checks, checks_rules, periods, shapes
from models.campaign.definition import Campaign, Dimension, Duty, Rule
from models.campaign.lines import with_lines
from models.errors import ConfigError, Problem

HUNAN = Path(__file__).parent / "examples" / "hunan-2021.toml"  # the campaign of the notice
TABLES = ("kinds", "dimensions", "indicators", "duties", "rules", "rankings", "groups", "template", "reading")
# Stand in for a top-level field that is wrong, so that the rest can be checked; they lead to no problem themselves.
STAND_INS: Mapping[str, object] = {
    "key": "x",
    "name": "x",
    "short_name": "x",
    "office": "x",
    "first_day": checks_rules.FAR_PAST,
    "last_day": checks_rules.FAR_AHEAD,
    "reports_from": checks_rules.FAR_PAST,
    "closes_on": checks_rules.FAR_AHEAD,
    **{table: {} for table in TABLES},
}


def load(path: Path) -> Campaign:
    """Read one campaign file. Times come back aware in campaign.zone, dimension values with themselves as a word.

    path: a UTF-8 TOML file; messages name it by its file name.

    Raises ConfigError with every problem of the file, in the order: shape, then what ties parts together.
    A file that is no TOML gives that one problem.
    """
    return parse(_read(path), path.name)


def parse(text: str, file: str) -> Campaign:
    """Read a campaign from text; file is the name that problems carry. Raises ConfigError like load()."""
    raw = _toml(text, file)
    known = checks.Known.of(raw)
    try:
        campaign = _settle(Campaign.model_validate(raw))
        found = checks.ties(campaign, file, known)
    except ValidationError as error:
        wrong = shapes.problems(error, raw, file)
        found = [problem for _, problem in wrong] + _ties_of_the_rest(raw, [path for path, _ in wrong], file, known)
        raise ConfigError(with_lines(found, text)) from None
    if found:
        raise ConfigError(with_lines(found, text))
    return campaign


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise ConfigError(
            [Problem(path.name, "file", f"cannot be read ({reason})", f"write the path of a campaign file, not {path}")]
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(path.name, f"line {line}", "is not UTF-8", "save the file as UTF-8")]) from error


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        line = re.search(r"line (\d+)", place)
        where = f"line {line[1] if line else text.rstrip().count(chr(10)) + 1}"
        if "overwrite" in message or "twice" in message:
            raise ConfigError([Problem(file, where, "stands twice", "write each key and each table once")]) from error
        hint = "write key = value, texts in straight quotes, dates as 2021-05-11"
        raise ConfigError([Problem(file, where, f"is no TOML: {message[:1].lower()}{message[1:]}", hint)]) from error


def _settle(campaign: Campaign) -> Campaign:
    """Make times aware and let each dimension value name itself. Leaves times alone when the zone is unknown."""
    dimensions = {key: _with_own_word(dimension) for key, dimension in campaign.dimensions.items()}
    campaign = campaign.model_copy(update={"dimensions": dimensions})
    if not checks.zone_exists(campaign.zone):
        return campaign
    duties = {key: _aware_duty(campaign, duty) for key, duty in campaign.duties.items()}
    rules = {key: _aware_rule(campaign, rule) for key, rule in campaign.rules.items()}
    return campaign.model_copy(update={"duties": duties, "rules": rules})


def _with_own_word(dimension: Dimension) -> Dimension:
    words = {value: tuple(dict.fromkeys((value, *words))) for value, words in dimension.values.items()}
    return dimension.model_copy(update={"values": words})


def _aware_duty(campaign: Campaign, duty: Duty) -> Duty:
    if duty.due is None or isinstance(duty.due, str):
        return duty
    return duty.model_copy(update={"due": periods.localise(campaign, duty.due)})


def _aware_rule(campaign: Campaign, rule: Rule) -> Rule:
    if rule.on is None:
        return rule
    on = rule.on.model_copy(update={"at": periods.localise(campaign, rule.on.at)})
    return rule.model_copy(update={"on": on})


def _ties_of_the_rest(
    raw: Mapping[str, Any], wrong: list[shapes.Path], file: str, known: checks.Known
) -> list[Problem]:
    """Check the ties of what is well shaped: tables with a wrong shape are left out, but count as defined."""
    rest: dict[str, Any] = dict(raw)
    for path in wrong:
        top = str(path[0]) if path else ""
        if len(path) > 1 and top in TABLES and isinstance(rest.get(top), Mapping):
            rest[top] = {key: value for key, value in rest[top].items() if key != path[1]}
        elif top in STAND_INS:
            rest[top] = STAND_INS[top]
        else:
            rest.pop(top, None)
    return checks.ties(_settle(Campaign.model_validate(rest)), file, known)
