"""Read roster.csv and people.csv into plain values, or list every problem by line.

Files come from Excel or WPS: UTF-8 with or without a byte order mark, or GBK. Cells are text and stay as written; one
that looks like a formula is no formula here. What needs the campaign (kinds, the office) is in checks.py.
Called by `check` and by whoever brings the two files into the database (models/people.py).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal, cast, get_args

from models.campaign.csvtable import Row, read_rows
from models.campaign.shapes import nearest
from models.errors import ConfigError, Problem

Role = Literal["liaison", "admin", "viewer"]
ROLES: tuple[str, ...] = get_args(Role)
ORG_COLUMNS = ("org", "kind", "parent", "population", "headcount", "aliases")
PERSON_COLUMNS = ("name", "org", "role", "wecom_userid")
LARGEST = 10**10  # population or headcount; more is a slip of the pen
YES, NO = frozenset({"yes", "y", "是"}), frozenset({"", "no", "n", "否"})


@dataclass(frozen=True, slots=True)
class RosterOrg:
    """One line of roster.csv: an org that reports, or that others stand under."""

    name: str
    kind: str  # key of Campaign.kinds; checked by checks.against_roster()
    parent: str | None  # name of the org above it, as written there
    population: int | None
    headcount: int | None
    aliases: tuple[str, ...]
    code: str = ""  # the org's own code elsewhere, e.g. of the division
    joined_on: date | None = None  # owes nothing before
    left_on: date | None = None  # the last day on which it owes something
    line: int = 0


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """One line of people.csv."""

    name: str
    org: str  # name of the org, also when the file has an alias
    role: Role
    wecom_userid: str  # as written; "" joins later with a code
    backup: bool = False  # stands in for the liaison
    line: int = 0


@dataclass(frozen=True, slots=True)
class Roster:
    """Both files."""

    orgs: tuple[RosterOrg, ...]
    people: tuple[RosterPerson, ...]


def load(roster: Path, people: Path) -> Roster:
    """Read both files. Raises ConfigError with the problems of both, each with its file name and line."""
    orgs, wrong = parse_orgs(_bytes(roster), roster.name)
    persons, more = parse_people(_bytes(people), orgs, people.name)
    if wrong or more:
        raise ConfigError([*wrong, *more])
    return Roster(orgs, persons)


def parse_orgs(data: bytes, file: str = "roster.csv") -> tuple[tuple[RosterOrg, ...], list[Problem]]:
    """Read roster.csv: the orgs in file order, and what is wrong.

    A cell that cannot be read is None in its org, so that the people can still be checked against the orgs.
    """
    rows, found = read_rows(data, file, ORG_COLUMNS, ("code", "joined_on", "left_on"))
    orgs = tuple(_org(row, found) for row in rows if row.filled("org", found, "write the org's name"))
    index = _index(orgs, file, found)
    known = tuple(org if org.parent is None else _with_parent(org, index, file, found) for org in orgs)
    _cycles(known, file, found)
    return known, sorted(found, key=_line)


def parse_people(
    data: bytes, orgs: Sequence[RosterOrg], file: str = "people.csv"
) -> tuple[tuple[RosterPerson, ...], list[Problem]]:
    """Read people.csv against the orgs of the roster: the persons in file order, and what is wrong."""
    rows, found = read_rows(data, file, PERSON_COLUMNS, ("backup",))
    index = {folded(word): org.name for org in orgs for word in (*org.aliases, org.name)}
    persons = tuple(_person(row, index, found) for row in rows if row.filled("name", found, "write the person's name"))
    found += _repeats(persons, file)
    return persons, sorted(found, key=_line)


def folded(word: str) -> str:
    """Return a name as it is compared: NFKC, no case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", word).casefold().split())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        instead = f"write the path of the file, not {path}"
        raise ConfigError([Problem(path.name, "file", f"cannot be read ({reason})", instead)]) from error


def _org(row: Row, found: list[Problem]) -> RosterOrg:
    row.filled("kind", found, "write a kind of the campaign, such as city")
    joined_on = row.convert("joined_on", _day, found, "write a date such as 2021-05-11, or leave it empty")
    left_on = row.convert("left_on", _day, found, "write a date such as 2021-05-11, or leave it empty")
    if joined_on and left_on and left_on < joined_on:
        found.append(
            row.problem(f"left_on {left_on} is before joined_on {joined_on}", "write the later day in left_on")
        )
    return RosterOrg(
        name=row["org"],
        kind=row["kind"],
        parent=row["parent"] or None,
        population=row.convert("population", _count, found, "write a whole number above 0, or leave it empty"),
        headcount=row.convert("headcount", _count, found, "write a whole number above 0, or leave it empty"),
        aliases=tuple(dict.fromkeys(word.strip() for word in row["aliases"].split("|") if word.strip())),
        code=row["code"],
        joined_on=joined_on,
        left_on=left_on,
        line=row.line,
    )


def _person(row: Row, index: dict[str, str], found: list[Problem]) -> RosterPerson:
    org = index.get(folded(row["org"]))
    if org is None and row.filled("org", found, "write the name of an org of the roster"):
        found.append(row.problem(f'org "{row["org"]}" is not in the roster', _names(row["org"], index.values())))
    role = row["role"].lower()
    if role not in ROLES:
        found.append(row.problem(f'role "{row["role"]}" is unknown', f"write one of {', '.join(ROLES)}"))
        role = "viewer"
    backup = row["backup"].lower()
    if backup not in YES | NO:
        found.append(row.problem(f'backup "{row["backup"]}" is unknown', "write yes, or leave it empty"))
    userid = row["wecom_userid"]
    if userid and (not userid.isascii() or len(userid) > 64 or " " in userid):
        found.append(row.problem(f'wecom_userid "{userid}" is no userid', "write up to 64 ASCII characters, no spaces"))
    return RosterPerson(row["name"], org or row["org"], cast(Role, role), userid, backup in YES, row.line)


def _repeats(persons: Sequence[RosterPerson], file: str) -> Iterator[Problem]:
    """Find a userid on two lines. One person may stand on several lines, each with another org, under one name."""
    seen: dict[str, list[RosterPerson]] = {}
    for person in persons:
        earlier = seen.setdefault(person.wecom_userid.casefold(), [])
        clash = next((old for old in earlier if old.name != person.name or old.org == person.org), None)
        if person.wecom_userid and clash:
            what = f'wecom_userid "{person.wecom_userid}" stands on line {clash.line} already'
            instead = "write each userid once (capitals do not count), or the same name with another org"
            yield Problem(file, f"line {person.line}", what, instead)
        earlier.append(person)


def _index(orgs: Sequence[RosterOrg], file: str, found: list[Problem]) -> dict[str, RosterOrg]:
    """Return every name and alias with its org; what names two orgs is a problem."""
    index: dict[str, RosterOrg] = {}
    codes: dict[str, RosterOrg] = {}
    for org in orgs:
        for word in (org.name, *org.aliases):
            first = index.setdefault(folded(word), org)
            if first is not org:
                what = f'"{word}" already names {first.name} on line {first.line}'
                found.append(Problem(file, f"line {org.line}", what, "write each name and alias for one org only"))
        if org.code and codes.setdefault(org.code, org) is not org:
            what = f'code "{org.code}" already stands on line {codes[org.code].line}'
            found.append(Problem(file, f"line {org.line}", what, "write each code once"))
    return index


def _with_parent(org: RosterOrg, index: dict[str, RosterOrg], file: str, found: list[Problem]) -> RosterOrg:
    """Return the org with its parent's proper name, or with none when no org is called so."""
    parent = index.get(folded(org.parent or ""))
    if parent is None:
        instead = _names(org.parent or "", (known.name for known in index.values()))
        found.append(Problem(file, f"line {org.line}", f'parent "{org.parent}" is not in the roster', instead))
    return replace(org, parent=parent.name if parent else None)


def _cycles(orgs: Sequence[RosterOrg], file: str, found: list[Problem]) -> None:
    """Report each ring of parents once, at its first line."""
    by_name = {org.name: org for org in orgs}
    clean: set[str] = set()
    for org in orgs:
        path: list[str] = []
        name: str | None = org.name
        while name is not None and name not in clean and name not in path:
            path.append(name)
            name = by_name[name].parent
        if name is not None and name not in clean:
            ring = " -> ".join([*path[path.index(name) :], name])
            line = min(by_name[member].line for member in path[path.index(name) :])
            found.append(Problem(file, f"line {line}", f"parents go in a circle: {ring}", "leave one parent empty"))
        clean.update(path)


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 0 < number <= LARGEST:
        raise ValueError(text)
    return number


def _day(text: str) -> date:
    """Read 2021-05-11, and 2021/5/11 as Excel rewrites it."""
    year, month, day = (int(part) for part in text.replace("/", "-").split("-"))
    return date(year, month, day)


def _names(word: str, known: Iterable[str]) -> str:
    return f"{nearest(word, known)}write the name or an alias of an org of the roster"


def _line(problem: Problem) -> int:
    number = problem.where.removeprefix("line ")
    return int(number) if number.isdecimal() else 0
