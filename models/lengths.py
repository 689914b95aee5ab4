"""Fit texts into what the platforms take. They count bytes of UTF-8; a Chinese character is three.

Used where notices are written (one notice a piece), by the router (the passive reply) and by the channels. Pure.
"""

from __future__ import annotations

TEXT_BYTES = 2048  # of a text by an app, a robot or a passive reply, and of an app's markdown (pages 90236, 99110)


def size(text: str) -> int:
    """Return the bytes that a text takes."""
    return len(text.encode())


def cut(text: str, limit: int = TEXT_BYTES) -> str:
    """Return the longest start of a text that takes at most so many bytes; no character is torn."""
    data = text.encode()
    return text if len(data) <= limit else data[:limit].decode(errors="ignore")


def split(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """Split a text into pieces of at most so many bytes, at line ends; a longer line is cut where it must be.

    Nothing but the line ends at the cuts is lost. A text that fits is the only piece, also when it is empty.
    """
    pieces: list[str] = []
    while size(text) > limit:
        head = cut(text, limit)
        at = len(head) if text[len(head)] == "\n" else head.rfind("\n")
        end = at if at > 0 else len(head)
        pieces.append(text[:end])
        text = text[end:].removeprefix("\n")
    return [*pieces, text]
