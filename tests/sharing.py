"""Shares the tests out among processes (`-n 2`), and sees to what only all of them together can tell. A pytest plugin.

A file's tests stay together and in order, since they share what its fixtures make; each conversation goes by itself.
What starts processes comes first and conversations last, so that no process waits long for another at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from handlers.reading.lexicon import Lexicon
    from models.campaign.definition import Campaign

SLOW = ("contract", "simulation", "wire", "load", "chaos", "records", "rehearsal", "security")  # start processes
ALONE = "test_transcripts.py::test_conversation["
TOGETHER = "tests/simulation/"  # its files compare with one month that takes long to play
PLAYED, REACHED = "conversations-played", "routes-reached"  # what a process hands to the one that started it
noted: dict[str, set[str]] = {PLAYED: set(), REACHED: set()}


def note_conversation(name: str, routes: Iterable[str]) -> None:
    """Note that a conversation was played and which routes it reached."""
    noted[PLAYED].add(name)
    noted[REACHED].update(routes)


def unreached() -> list[str]:
    """Name the routes that no conversation reaches; [] unless all of them were played."""
    from tests import chat
    from tests.handlers.test_routes import every_route

    if {chat.name(path) for path in chat.files()} - noted[PLAYED]:
        return []
    return sorted({entry.name for entry in every_route()} - noted[REACHED])


def pytest_configure(config: pytest.Config) -> None:
    """Build the vocabulary of a campaign once a process, as a bot does, and not for each test: it is only read."""
    from handlers.reading import reader

    known: dict[str, Lexicon] = {}
    build = reader.build

    def once(campaign: Campaign) -> Lexicon:
        key = campaign.model_dump_json()
        if key not in known:
            known[key] = build(campaign)
        return known[key]

    reader.build = once


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes long in front, where several processes work."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (ALONE in item.nodeid, not _folder(item.nodeid).startswith(SLOW)))


def _folder(nodeid: str) -> str:
    return nodeid.removeprefix("tests/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Share out file by file, and conversation by conversation."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(TOGETHER):
                return TOGETHER
            return nodeid if ALONE in nodeid else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # it goes by the number of tests, we by how long they take
    return Sharing(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a process has noted."""
    for key, found in noted.items():
        found.update(getattr(node, "workeroutput", {}).get(key, ()))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was noted, or fail the run for a route that no conversation reaches."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output.update({key: sorted(found) for key, found in noted.items()})
    elif unreached() and session.exitstatus in (0, pytest.ExitCode.OK):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which routes lack a conversation."""
    for route in unreached():
        terminalreporter.write_line(f"NO CONVERSATION reaches the route {route}: add one to tests/transcripts")
