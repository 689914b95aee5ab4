"""Collects everything that is logged while the suite runs, and fails the run when a secret stands in it (S11, S12).

Lines go through the production pipeline (bot/logs.py) at DEBUG into one file; what child processes leave in *.log files
below the run's folder, and what tests print, is looked at too. A pytest plugin, switched on by conftest.py.
"""

from __future__ import annotations

import functools
import logging
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import structlog

from bot import logs, router
from bot.standin.tokens import Tokens
from models import signed_links
from tests import installing
from tests.standin import conftest as standin
from tests.test_transcripts import AES_KEY, KEYS, ROBOT
from tests.wire import conftest as wire

PLANTED = {
    "the app's secret": (wire.SECRET, installing.SECRET, KEYS["secret"], standin.SECRET),
    "the callback's token": (wire.TOKEN, KEYS["token"]),
    "the callback's key": (wire.AES_KEY, AES_KEY, standin.AES_KEY),
    "a robot's key": (wire.ROBOT_KEY, ROBOT, standin.ROBOT),
    "what only a message said": ("13800138000", "430102199003077777"),  # tests/security sends these
}
FOUND = "secrets-logged"  # what a process hands to the one that started it
MADE: dict[str, set[str]] = {"an access token": set(), "an upload link": set(), "an invitation": set()}


class Collector:
    """The file, and what is wrong with it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="bot-logged-")) / "suite.jsonl"
        self.stream = self.path.open("w+", encoding="utf-8")
        self.handler: logging.Handler | None = None
        self.processors: object = None
        self.found: list[str] = []

    def install(self) -> None:
        """Let everything go to the file, unless it does."""
        root = logging.getLogger()
        if self.handler in root.handlers and structlog.get_config()["processors"] is self.processors:
            return
        others = [each for each in root.handlers if type(each).__module__.startswith("_pytest")]
        logs.configure("DEBUG", self.stream)
        self.handler, self.processors = root.handlers[0], structlog.get_config()["processors"]
        root.handlers += others

    def scan(self, texts: Iterable[tuple[str, str]]) -> list[str]:
        """Return which secret stands where: texts are (where, text)."""
        secrets = [(name, value) for name, values in {**PLANTED, **MADE}.items() for value in values if len(value) > 5]
        spelled = [
            (name, each) for name, value in secrets for each in {value, quote(value, safe=""), quote_plus(value)}
        ]
        return sorted({f"{name} stands in {where}" for where, text in texts for name, each in spelled if each in text})


collector = Collector()
_configure = structlog.configure


def _configured(**settings: Any) -> None:
    """Configure without caching: a logger that a command has used must not stay as it was then, for later tests."""
    _configure(**{**settings, "cache_logger_on_first_use": False})


def _note(kind: str, function: Any) -> Any:
    """Return a function that also notes what it hands out."""

    @functools.wraps(function)
    def noting(*args: Any, **values: Any) -> Any:
        made = function(*args, **values)
        MADE[kind].add(made[0] if isinstance(made, tuple) else made)
        return made

    return noting


def pytest_configure(config: pytest.Config) -> None:
    """Begin to collect."""
    structlog.configure = _configured
    Tokens.issue = _note("an access token", Tokens.issue)  # type: ignore[method-assign]  # only to know them
    signed_links.token = _note("an upload link", signed_links.token)
    router.new_invitation = _note("an invitation", router.new_invitation)
    collector.install()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Collect again after a test that set logging up for itself."""
    collector.install()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Look at what a test has printed."""
    printed = [each for each in report.sections if not each[0].startswith("Captured log")]  # pytest's own, unscrubbed
    collector.found += collector.scan((f"{report.nodeid}: {name}", text) for name, text in printed)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Look at everything; a secret fails the run."""
    collector.stream.flush()
    collector.stream.seek(0)  # read by the open file: somebody may have emptied /tmp meanwhile
    texts = [("the suite's log", collector.stream.read())]
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None:
        texts += [(path.name, path.read_text("utf-8", "replace")) for path in factory.getbasetemp().rglob("*.log")]
    collector.found = sorted({*collector.found, *collector.scan(texts)})
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[FOUND] = collector.found
    if not collector.found:
        shutil.rmtree(collector.path.parent, ignore_errors=True)
    if collector.found and session.exitstatus in (0, pytest.ExitCode.OK):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what a process of `-n` has found."""
    collector.found += getattr(node, "workeroutput", {}).get(FOUND, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was found."""
    for line in collector.found[:20]:
        terminalreporter.write_line(f"SECRET LOGGED: {line} ({collector.path})")
