"""Run a WSGI app on 127.0.0.1 in a thread, stop it cleanly, and cut single connections on request."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from typing import Any
from wsgiref.types import WSGIApplication

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

LOOPBACK = "127.0.0.1"

_log = logging.getLogger(__name__)


class _QuietHandler(WSGIRequestHandler):
    """Write requests to our own log at debug level; the query with its secrets stays out."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        _log.debug("%s %s %s", self.command, self.path.partition("?")[0], code)

    def log_error(self, format: str, *args: Any) -> None:
        _log.debug("connection trouble")


class ServerThread:
    """One running server. Making it opens the port: OSError when that is taken."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        # The socket is opened here, since werkzeug would end the process when the port is taken.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((LOOPBACK, port))
            listening.listen(128)
            self.port: int = listening.getsockname()[1]
            self._server: BaseWSGIServer = make_server(
                LOOPBACK, self.port, app, threaded=True, request_handler=_QuietHandler, fd=listening.fileno()
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="standin", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait for the loop; requests in progress end by themselves."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def cut_connection(environ: dict[str, Any]) -> None:
    """Close the caller's connection, so that he gets no answer at all."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
