"""Message bodies of message/send and webhook/send: check them as the platform does, say what people see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.standin.codes import ApiError

TEXT_BYTES = 2048  # text everywhere; markdown of the app (page 90236)
ROBOT_MARKDOWN_BYTES = 4096  # (page 99110)
ARTICLES = 8

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Content:
    """What a message shows."""

    kind: str  # as Bubble.kind
    text: str
    media_id: str = ""


def cut(text: str, limit: int = TEXT_BYTES) -> str:
    """Cut by bytes of UTF-8 on a character boundary, without a sign that something is missing."""
    return text.encode()[:limit].decode(errors="ignore")


def part(payload: Body, name: str) -> Body:
    """Return the object that belongs to the msgtype. Raises ApiError 40058."""
    value = payload.get(name)
    if not isinstance(value, dict):
        raise ApiError(40058, f"{name} missing")
    return value


def written(body: Body, name: str = "content") -> str:
    """Return a text that must not be empty. Raises ApiError 44004."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ApiError(44004)
    return value


def within(text: str, limit: int, errcode: int) -> str:
    """Return the text unless it is longer than the limit in bytes."""
    if len(text.encode()) > limit:
        raise ApiError(errcode, f"max length {limit}")
    return text


def card_text(*lines: Any) -> str:
    """Put together what a card shows, without the empty lines."""
    return "\n".join(str(line) for line in lines if line)


def articles(payload: Body) -> Content:
    """Check a news message, 1 to 8 articles."""
    items = part(payload, "news").get("articles")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise ApiError(40058, "news.articles")
    if len(items) > ARTICLES:
        raise ApiError(45008)
    return Content("card", card_text(*(card_text(written(item, "title"), item.get("description")) for item in items)))


def template_card(payload: Body) -> Content:
    """Read what a template card says; its many rules are not checked here."""
    card = part(payload, "template_card")
    title = card.get("main_title")
    heading = title if isinstance(title, dict) else {}
    return Content("card", card_text(heading.get("title"), heading.get("desc"), card.get("sub_title_text")))
