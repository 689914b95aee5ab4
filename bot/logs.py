"""Structured logs on stderr: JSON lines for machines, readable ones on a terminal. Secrets never reach them.

One trace_id goes from an inbound to its reply and its notices: bind it with tracing(), read it with trace_id().
The scrubber is the last step before a line is written, so that it also sees exception texts and other libraries.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

STARS = "***"
QUIET = ("urllib3", "werkzeug", "apscheduler", "sqlalchemy.engine.Engine", "alembic", "granian.access", "procrastinate")
_IN_URLS = re.compile(r"(?i)\b(access_token|corpsecret|secret|key|msg_signature|token)=[^&\s\"'\\)>,;]+")
_IN_DSN = re.compile(r"(://[^:/@\s]+:)[^@\s]+@")
_known: set[str] = set()


def keep_secret(values: Iterable[str]) -> None:
    """Let these never appear in a log: as they are and percent-encoded. Very short values would blank whole lines."""
    for value in values:
        if len(value) >= 4:
            _known.update({value, quote(value, safe="")})


def scrub(text: str) -> str:
    """Mask secrets in a text: those that are known, and whatever stands where secrets stand in URLs."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, STARS)
    return _IN_DSN.sub(rf"\1{STARS}@", _IN_URLS.sub(rf"\1={STARS}", text))


def trace_id() -> str:
    """Return the id of what is being worked on; a fresh one outside of tracing()."""
    return str(get_contextvars().get("trace_id") or new_trace_id())


def new_trace_id() -> str:
    """Return a fresh id of 16 hexadecimal characters."""
    return secrets.token_hex(8)


@contextmanager
def tracing(value: str) -> Iterator[str]:
    """Bind an id to everything that is logged inside."""
    with bound_contextvars(trace_id=value):
        yield value


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger: log.info("notice-sent", channel=..., notice=...). Events are short words with hyphens."""
    return structlog.stdlib.get_logger(name)


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send everything to one handler. Called once a process, by the command line."""
    out = stream or sys.stderr
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _scrubbed, _renderer(out)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderer(out: TextIO) -> Processor:
    if out.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


def _scrubbed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _scrubbed_value(value) for key, value in event.items()}


def _scrubbed_value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_scrubbed_value(each) for each in value]
    if isinstance(value, dict):
        return {key: _scrubbed_value(each) for key, each in value.items()}
    return scrub(str(value))
