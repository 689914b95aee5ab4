"""The app's callback address: URL verification, and what members send. Thin: the channel decodes, the router answers.

Refusals have a status and nothing else, and write nothing. A database that cannot take the inbound is a 503: the
platform sends it again, which makes its retries our first spool (decisions 1).
"""

from __future__ import annotations

from typing import Protocol

from flask import Blueprint, Response, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.channels.wecom_app import BODY_BYTES, WecomApp
from bot.channels.wecom_crypto import Refused
from bot.logs import get_logger, scrub
from bot.together import TooLongError
from models.messages import Inbound

log = get_logger(__name__)


class Answering(Protocol):
    """What answers an inbound: bot/router.py."""

    def handle(self, inbound: Inbound) -> str | None:
        """Return the passive reply, or None for an empty answer. Database errors come out."""


def blueprint(channel: WecomApp, router: Answering) -> Blueprint:
    """Make the routes of one app."""
    routes = Blueprint("callbacks", __name__)

    @routes.get("/wecom/callback")
    def verify() -> Response:
        return _plain(channel.verify_url(request.args))

    @routes.post("/wecom/callback")
    def receive() -> Response:
        request.max_content_length = BODY_BYTES + 1  # what comes in chunks is cut there: one byte more shows it
        inbound = channel.receive(request.args, request.get_data(cache=False))
        try:
            text = router.handle(inbound)
        except (DBAPIError, PoolTimeout, TooLongError) as error:
            log.error("inbound-not-taken", problem=scrub(str(getattr(error, "orig", error))))
            return _plain("", 503)
        except Exception:
            log.exception("inbound-failed")
            return _plain("", 503)
        return Response(channel.encode(inbound, text), content_type="text/xml; charset=utf-8") if text else _plain("")

    @routes.errorhandler(Refused)
    def refuse(refusal: Refused) -> Response:
        log.warning("callback-refused", status=refusal.status, reason=refusal.reason, peer=request.remote_addr)
        return _plain("", refusal.status)

    return routes


def _plain(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")
