"""Who may talk to the page: only a browser on this machine, and only from the page itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

HOSTS = ("127.0.0.1", "localhost")
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def protect(app: Flask) -> None:
    """Refuse foreign hosts (DNS rebinding) and foreign POSTs (CSRF); set the security headers everywhere."""
    app.before_request(_refuse_strangers)
    app.after_request(_add_headers)


def _refuse_strangers() -> None:
    if urlsplit(f"//{request.host}").hostname not in HOSTS:
        abort(403)
    if request.method in ("GET", "HEAD", "OPTIONS") or not request.path.startswith("/standin/"):
        return
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{request.host}":
        abort(403)
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403)
    if request.headers.get("X-Standin") != "1":
        abort(403)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
