"""Run the Flask application under granian, whose child processes call bot.app.wsgi()."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from bot.config import Config
from bot.opening import CONFIG_VARIABLE, WORK_VARIABLE
from models.errors import BotError

STOP_SECONDS = 18  # for a child to end what it does; then it is killed, and what it did is taken up after its lease
OWN_LOGS = {
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
    "disable_existing_loggers": False,
}


class PortTaken(BotError):  # noqa: N818  # tells what is, not what broke
    """Somebody else listens there. The text is for the operator."""


def serve(path: Path, config: Config, port: int | None, *, work: bool) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortTaken; SystemExit(1) when the child cannot be kept alive."""
    host, number = config.server.host, port or config.server.port
    try:
        must_be_free(host, number)
    except PortTaken as error:
        raise PortTaken(f"{error}; stop what listens there, or change server.host, server.port or --port") from None
    os.environ[CONFIG_VARIABLE] = str(path)
    os.environ[WORK_VARIABLE] = "yes" if work else "no"
    Granian(
        "bot.app:wsgi",
        address=host,
        port=number,
        interface=Interfaces.WSGI,
        factory=True,
        workers=config.server.processes,  # on SQLite one, the only one that may work; see decisions 11
        blocking_threads=config.server.threads,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=OWN_LOGS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def must_be_free(host: str, port: int) -> None:
    """Raise PortTaken when nobody could listen on a port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}") from None
