"""Logs: structured, traced, and without secrets whatever was thrown."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import structlog

from bot import logs


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Configure logging into a string, and put it back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr(logs, "_known", set())
    out = io.StringIO()
    logs.configure(stream=out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def told(out: io.StringIO) -> list[dict[str, Any]]:
    """Return the lines as objects."""
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_an_object(lines: io.StringIO) -> None:
    """A line is one JSON object with event, level, time, logger and fields; Chinese stays readable."""
    logs.get_logger("bot.test").info("notice-sent", notice=7, who="王芳")
    (line,) = told(lines)
    assert (line["event"], line["level"], line["logger"], line["notice"]) == ("notice-sent", "info", "bot.test", 7)
    assert "timestamp" in line
    assert "王芳" in lines.getvalue()


def test_trace(lines: io.StringIO) -> None:
    """Everything inside tracing() carries its id, other libraries' lines too, and nothing after it."""
    log = logs.get_logger("bot.test")
    with logs.tracing("abc"):
        assert logs.trace_id() == "abc"
        log.info("inside")
        logging.getLogger("library").warning("inside too")
    log.info("outside")
    assert [line.get("trace_id") for line in told(lines)] == ["abc", "abc", None]
    assert len(logs.trace_id()) == 16


@pytest.mark.parametrize(
    "text",
    [
        "GET https://h/cgi-bin/gettoken?corpid=ww1&corpsecret=SECRETVALUE HTTP/1.1",
        "url: /cgi-bin/message/send?access_token=SECRETVALUE&x=1",
        "webhook/send?key=SECRETVALUE",
        "postgresql+psycopg://bot:SECRETVALUE@db/bot",
        "the secret SECRETVALUE in the open",
        "percent-encoded SECRET%2FVALUE",
    ],
)
def test_scrubbed(lines: io.StringIO, text: str) -> None:
    """Secrets are masked where they stand in URLs, and wherever they stand once they are known."""
    if "open" in text:
        logs.keep_secret(["SECRETVALUE"])
    logs.keep_secret(["SECRET/VALUE"])
    log = logs.get_logger("bot.test")
    log.error("failed", problem=text, nested={"a": [text]})
    logging.getLogger("library").error(text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("broken")
    assert "VALUE" not in lines.getvalue()
    assert lines.getvalue().count("***") >= 4


def test_exceptions_of_requests(lines: io.StringIO) -> None:
    """A connection error of requests names the whole URL; the log does not."""
    try:
        requests.get("http://127.0.0.1:9/gettoken?corpsecret=SECRETVALUE", timeout=1)
    except requests.RequestException:
        logs.get_logger("bot.test").exception("unreached")
    assert "unreached" in lines.getvalue()
    assert "SECRETVALUE" not in lines.getvalue()


def test_quiet_libraries(lines: io.StringIO) -> None:
    """urllib3's debug lines, which hold URLs, are never written."""
    logs.configure("DEBUG", lines)
    logging.getLogger("urllib3.connectionpool").debug("GET /x?access_token=abc")
    assert lines.getvalue() == ""


def test_short_secrets_are_not_blanked(lines: io.StringIO) -> None:
    """A secret of three characters would blank half the log; it is left to the rules for URLs."""
    logs.keep_secret(["abc", ""])
    logs.get_logger("bot.test").info("abcdef")
    assert told(lines)[0]["event"] == "abcdef"
