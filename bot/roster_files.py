"""Roster files for `import-roster`: CSV or the first sheet of a workbook in, what would change as lines out."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.config import Config
from handlers.wording.words import ROLE_NAMES
from models.campaign import checks, roster
from models.campaign.definition import Campaign
from models.campaign.roster import Roster
from models.errors import ConfigError, Problem
from models.roster_import import OrgChange, PersonChange, Plan
from models.roster_unsaid import RoleKept

BROKEN = (  # what openpyxl and its libraries raise over a file with damaged bytes
    *(OSError, ValueError, LookupError, TypeError, AttributeError, EOFError, NotImplementedError, RuntimeError),
    *(SyntaxError, OverflowError, zipfile.BadZipFile, zlib.error),
)
LARGEST = 20 * 1024 * 1024  # bytes of a workbook
SHOWN = 10  # names of people who are not in a file


def read(campaign: Campaign, orgs: Path, people: Path) -> Roster:
    """Read both files and check them against the campaign. Raises ConfigError with every problem, by line.

    That an admin stands in the people's file is not asked: whoever is one in the database stays one.
    """
    problems: list[Problem] = []
    contents: list[bytes] = []
    for path in (orgs, people):
        try:
            contents.append(as_csv(path))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    found, wrong = roster.parse_orgs(contents[0], orgs.name)
    persons, more = roster.parse_people(contents[1], found, people.name)
    problems = [*wrong, *more, *checks.against_roster(campaign, found, campaign.key, orgs.name)]
    if problems:
        raise ConfigError(problems)
    return Roster(found, persons)


def as_csv(path: Path) -> bytes:
    """Return a file as CSV: a workbook's first sheet row by row, so that line numbers are those of the sheet."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise ConfigError(
            [Problem(str(path), "file", f"cannot be read ({reason})", "write the path of a file")]
        ) from None
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return content
    if len(content) > LARGEST:
        raise ConfigError([Problem(path.name, "file", "is bigger than 20 MB", "keep only the roster's sheet in it")])
    written = io.StringIO()
    try:
        csv.writer(written, lineterminator="\n").writerows(_rows(content))
    except BROKEN:
        problem = Problem(path.name, "file", "is no workbook that can be read", "save it as .xlsx or as CSV UTF-8")
        raise ConfigError([problem]) from None
    return written.getvalue().encode()


def _rows(content: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            cells = [_cell(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            yield cells or [""]
    finally:
        book.close()


def _cell(value: Any) -> str:
    """Write a cell as people would in a CSV: 12000 for 12000.0, a day without its midnight, no line breaks."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(str(value).split())


def report(plan: Plan, *, close_missing: bool) -> list[str]:
    """Write what a plan changes, a line each.

    + new, ~ changed, = renamed or a role that stays though the file does not give it, - not in the file, ! to look at.
    """
    lines = [line for change in plan.orgs for line in _org_lines(change)]
    lines += [line for change in plan.people for line in _person_lines(change)]
    lines += [_kept(role) for role in plan.kept]
    if plan.absent:
        first = ", ".join(plan.absent[:SHOWN]) + (" ..." if len(plan.absent) > SHOWN else "")
        who = "1 person has a role and is" if len(plan.absent) == 1 else f"{len(plan.absent)} people have roles and are"
        how = "to end them, say in chat 停用, 免去 or 交接 with the name"
        lines.append(f"- people: {who} not in the file; the roles stay: {first}; {how}")
    fate = "is closed" if close_missing else "stays as it is; --close-missing ends what it owes"
    lines += [f"- org {name}: not in the file, {fate}" for name in plan.gone]
    return lines + [f"! {remark}" for remark in plan.remarks]


def counts(plan: Plan) -> str:
    """Say in one line how much a plan changes."""
    told = tally(plan)
    return (
        f"orgs: {told['orgs_added']} added, {told['orgs_renamed']} renamed, {told['orgs_changed']} changed, "
        f"{told['orgs_missing']} not in the file; people: {told['people_added']} added, "
        f"{told['people_renamed']} renamed, {told['people_changed']} changed, "
        f"{told['people_missing']} not in the file; {told['roles_kept']} roles that the file does not give; "
        f"{told['remarks']} to look at"
    )


def tally(plan: Plan) -> dict[str, int]:
    """Count what a plan changes and what it leaves."""
    added = sum(change.org_id is None for change in plan.orgs)
    renamed = sum(bool(change.was_called) for change in plan.orgs)
    changed = sum(change.org_id is not None and bool(change.after) for change in plan.orgs)
    people = len({change.row.wecom_userid.casefold() for change in plan.people if change.person_id is None})
    names = sum(bool(change.was_called) for change in plan.people)
    others = sum(change.new_role or change.backup_was is not None for change in plan.people if change.person_id)
    return {
        "orgs_added": added,
        "orgs_renamed": renamed,
        "orgs_changed": changed,
        "orgs_missing": len(plan.gone),
        "people_added": people,
        "people_renamed": names,
        "people_changed": others,
        "people_missing": len(plan.absent),
        "roles_kept": len(plan.kept),
        "remarks": len(plan.remarks),
    }


def of_config(config: Config) -> Roster | None:
    """Read the files that a config names; None when they cannot be read or are wrong: no start brings those in."""
    try:
        return roster.load(config.campaign.roster, config.campaign.people)
    except ConfigError:
        return None


def differing(config: Config) -> str:
    """Say what becomes of a config's files when other ones are imported."""
    names = f"{config.campaign.roster.name}, {config.campaign.people.name}"
    return (
        f"! the config's own files ({names}) say something else: with this applied, starts leave them alone until they "
        "change and then bring them in whole; write there what is to hold"
    )


def _org_lines(change: OrgChange) -> Iterator[str]:
    row = change.row
    if change.org_id is None:
        under = f" under {row.parent}" if row.parent else ""
        yield f"+ org {row.name} (line {row.line}): {row.kind}{under}"
        return
    if change.was_called:
        yield f"= org {change.was_called} (line {row.line}): is called {row.name} from now on"
    if change.after:
        told = ", ".join(f"{key} {_shown(change.before[key])} -> {_shown(change.after[key])}" for key in change.after)
        yield f"~ org {row.name} (line {row.line}): {told}"


def _person_lines(change: PersonChange) -> Iterator[str]:
    row = change.row
    role = f"{'backup ' if row.backup else ''}{row.role} of {row.org}"
    if change.person_id is None:
        yield f"+ person {row.name} (line {row.line}): {role}"
        return
    if change.was_called:
        other = "; if that is somebody else, the row wants an account of its own"
        yield f"= person {change.was_called} (line {row.line}): is called {row.name} from now on{other}"
    if change.new_role or change.backup_was is not None:
        yield f"~ person {row.name} (line {row.line}): {role}"


def _kept(kept: RoleKept) -> str:
    end = f"免去 {kept.name} {ROLE_NAMES[kept.role]} {kept.org}"
    holds = f"is still {kept.role.value} of {kept.org}, which the file does not say; files end no role"
    return f"= person {kept.name} (line {kept.line}): {holds}; end it in chat: {end}"


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return "nothing"
    return "|".join(value) if isinstance(value, list) else str(value)
