"""Temporary media: uploaded by the bot or sent by a member, kept three days, size and type checked."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.standin.codes import ApiError

MEDIA_LIFE = 3 * 86400.0  # s (page 90253)
APP = "app"
MEGABYTE = 1024 * 1024
SIZES = {  # bytes at most (page 90253)
    "image": 10 * MEGABYTE,
    "voice": 2 * MEGABYTE,
    "video": 10 * MEGABYTE,
    "file": 20 * MEGABYTE,
}
ROBOT_KINDS = ("file", "voice")  # what webhook/upload_media takes (page 99110)
EMPTY = 5  # bytes: a file must have more than this


@dataclass(frozen=True)
class Media:
    """A stored file."""

    media_id: str
    kind: str
    name: str
    content: bytes
    owner: str  # "app", or the key of the robot that alone may send it
    created_at: float

    @property
    def mime(self) -> str:
        """Return the media type by the file's first bytes, for pictures; else a neutral one."""
        return picture_mime(self.content) or "application/octet-stream"


def picture_mime(content: bytes) -> str:
    """Return image/png or image/jpeg, or an empty text for what is neither."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return ""


class MediaStore:
    """All media of the platform. Thread-safe."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._media: dict[str, Media] = {}

    def upload(self, kind: str, name: str, content: bytes, owner: str = APP) -> Media:
        """Check as the platform does, then keep. Raises ApiError."""
        if kind not in SIZES or (owner != APP and kind not in ROBOT_KINDS):
            raise ApiError(40004, kind)
        if len(content) <= EMPTY:
            raise ApiError(44001)
        if len(content) > SIZES[kind]:
            raise ApiError(45001)
        if kind == "image" and not picture_mime(content):
            raise ApiError(40005)
        return self.keep(kind, name, content, owner)

    def keep(self, kind: str, name: str, content: bytes, owner: str = APP) -> Media:
        """Keep without a check, for what members send."""
        media = Media(f"3{secrets.token_urlsafe(32)}", kind, name, content, owner, self._now())
        with self._lock:
            self._media[media.media_id] = media
        return media

    def get(self, media_id: str, owner: str = APP) -> Media:
        """Return it while it lives. Raises ApiError 40007."""
        media = self.find(media_id)
        if media is None or media.owner != owner or media.created_at + MEDIA_LIFE <= self._now():
            raise ApiError(40007)
        return media

    def find(self, media_id: str) -> Media | None:
        """Return it for the page, whoever owns it and however old it is."""
        with self._lock:
            return self._media.get(media_id)
