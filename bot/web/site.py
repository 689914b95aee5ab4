"""The Flask application: blueprints in, one set of headers and one kind of refusal on everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, Response, abort, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from bot.logs import get_logger

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = get_logger(__name__)


class BoundedJson(DefaultJSONProvider):
    """JSON as Flask has it; what is nested too deep to be read is no JSON, instead of the end of the request."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON. Raises ValueError."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deep") from None


def make(blueprints: Iterable[Blueprint]) -> Flask:
    """Put the application together. A page that needs more sets its own Content-Security-Policy."""
    app = Flask("bot", static_folder=None)
    app.json = BoundedJson(app)
    for each in blueprints:
        app.register_blueprint(each)

    @app.before_request
    def readable() -> None:
        try:
            request.args  # noqa: B018  # a query whose bytes are no UTF-8 breaks whoever looks first: here, as a 400
        except UnicodeDecodeError:
            abort(400)

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        return Response("", error.code or 500, content_type="text/plain; charset=utf-8")

    @app.errorhandler(Exception)
    def break_down(_error: Exception) -> Response:
        log.exception("page-broken")
        return Response("", 500, content_type="text/plain; charset=utf-8")

    return app
