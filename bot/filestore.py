"""Files that people send, on disk by the SHA-256 of their content: the same bytes are kept once, whoever sends them.

A name that a person gave never becomes a path. The folder is outside of everything that is served; what is in it is
read again only to be sent through the platform. On several machines the folder must be shared.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

SHA256 = re.compile(r"[0-9a-f]{64}")


class FileStore:
    """The folder [files] dir. Safe from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Keep a content and return its SHA-256. When it returns, the bytes are on disk under that name, whole.

        Raises OSError when the disk does not take it.
        """
        digest = hashlib.sha256(content).hexdigest()
        target = self._path(digest)
        if target.exists() and target.stat().st_size == len(content):
            return digest
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = target.with_name(f".{digest[:8]}-{secrets.token_hex(8)}")
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
            _sync(target.parent)
        finally:
            partial.unlink(missing_ok=True)
        return digest

    def read(self, digest: str) -> bytes:
        """Return a kept content. Raises OSError when it is gone or has changed, ValueError for what is no SHA-256."""
        content = self._path(digest).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise OSError(f"the kept file {digest} has changed on disk")
        return content

    def remove(self, digest: str) -> bool:
        """Remove a kept content. Returns whether it was there. Raises OSError, ValueError for what is no SHA-256."""
        try:
            self._path(digest).unlink()
        except FileNotFoundError:
            return False
        return True

    def _path(self, digest: str) -> Path:
        if not SHA256.fullmatch(digest):
            raise ValueError("not a SHA-256")
        return self._folder / digest[:2] / digest


def _sync(folder: Path) -> None:
    """Make the new name last through a power cut, as SQLite's synchronous=FULL does for the row that names it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
