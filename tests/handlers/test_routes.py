"""The house rules of routes and wording: declared once, worded once, and each reached by a conversation.

That every route is reached is checked at the end of tests/test_transcripts.py, which plays the conversations.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import handlers
import handlers.wording
from handlers import suggestions
from handlers.base import Route
from handlers.help import OFFICE
from handlers.routes import NOT_TEXT, ROUTES, UNKNOWN_SENDER
from handlers.wording.errors import ERROR_CODES
from models.people import Role

HOME = Path(handlers.__file__).parent


def every_route() -> list[Route]:
    """Return each route once, whatever list it stands in."""
    others = NOT_TEXT if isinstance(NOT_TEXT, tuple) else (NOT_TEXT,)
    return list({id(entry): entry for entry in (*ROUTES, *UNKNOWN_SENDER, *others)}.values())


def declared() -> Iterator[Route]:
    """Yield every route that a module of handlers declares."""
    for module in pkgutil.walk_packages([str(HOME)], "handlers."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Route):
                yield value


def raised() -> dict[str, set[str]]:
    """Return every UserError code that handlers, models or bot raise, with the files that do."""
    found: dict[str, set[str]] = {}
    for folder in (HOME, HOME.parent / "models", HOME.parent / "bot"):
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UserError" and node.args:
                    for each in ast.walk(node.args[0]):
                        if isinstance(each, ast.Constant) and isinstance(each.value, str):
                            found.setdefault(each.value, set()).add(path.name)
    return found


def mentioned() -> set[str]:
    """Return every text constant of the code outside the wording: a code may be handed on before it is raised."""
    paths = [path for folder in ("handlers", "models", "bot") for path in (HOME.parent / folder).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths if "wording" not in path.parts]
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_names_are_unique() -> None:
    """No two routes share a name: logs and transcripts tell them apart by it."""
    counted = Counter(entry.name for entry in every_route())
    assert [name for name, count in counted.items() if count > 1] == []


def test_every_declared_route_is_listed() -> None:
    """A handler that is declared stands in one of the lists, or nobody could reach it."""
    listed = {entry.name for entry in every_route()}
    assert sorted({entry.name for entry in declared()} - listed) == []


@pytest.mark.parametrize("entry", every_route(), ids=lambda entry: entry.name)
def test_a_route_says_all_about_itself(entry: Route) -> None:
    """A route has roles, examples, a docstring, and a help line or the reason why it has none."""
    assert entry.roles
    assert entry.examples
    assert entry.run.__doc__
    assert entry.help or entry.unlisted, "write a help line, or say in unlisted= why there is none"
    assert not (entry.help and entry.unlisted)


@pytest.mark.parametrize("entry", [each for each in every_route() if each.help], ids=lambda entry: entry.name)
def test_a_help_line_fits_a_phone(entry: Route) -> None:
    """A line of 帮助 is two lines of a phone at most."""
    assert len(entry.help) <= 40


@pytest.mark.parametrize("name", OFFICE)
def test_what_help_keeps_for_the_office_is_a_command_of_admins(name: str) -> None:
    """Each name that 帮助 keeps for the office's admins is a route of admins only."""
    assert [entry.roles for entry in ROUTES if entry.name == name] == [(Role.ADMIN,)]


def test_a_command_word_belongs_to_one_route() -> None:
    """No command word opens two routes: the second would never be reached by it."""
    counted = Counter(word for entry in ROUTES for word in entry.words)
    assert [word for word, count in counted.items() if count > 1] == []


def test_what_runs_on_a_yes_exists() -> None:
    """The harmless routes that a suggestion may run are routes."""
    assert {entry.name for entry in ROUTES} >= suggestions.HARMLESS


def test_every_error_is_worded() -> None:
    """Every code that is raised has its sentence."""
    assert {code: files for code, files in raised().items() if code not in ERROR_CODES} == {}


def test_every_sentence_of_an_error_is_used() -> None:
    """Every sentence for an error belongs to a code that is raised."""
    known = mentioned()
    unused = [code for code in ERROR_CODES - known if not known.issuperset(code.split("-", 1))]  # f"{which}-{kind}"
    assert sorted(unused) == []


def test_no_two_pages_of_wording_use_a_name() -> None:
    """The pages are read as one vocabulary: a name on two of them would hide one."""
    owners: dict[str, list[str]] = {}
    for path in (HOME / "wording").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = []
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names = [node.name]
            elif isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names = [node.target.id]
            for name in names:
                if not name.startswith("_"):
                    owners.setdefault(name, []).append(path.name)
    assert {name: pages for name, pages in owners.items() if len(pages) > 1} == {}
    missing = [name for name in owners if not hasattr(handlers.wording, name)]
    assert missing == [], "star-import the page in handlers/wording/__init__.py"
