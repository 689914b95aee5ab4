"""Just enough of a PNG reader to look at a picture: size and pixels of 8-bit RGB or RGBA without interlacing."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def size(png: bytes) -> tuple[int, int]:
    """Return width and height."""
    assert png.startswith(SIGNATURE)
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def rows(png: bytes) -> Iterator[bytes]:
    """Yield the pixels line by line, as RGB or RGBA bytes."""
    width, height = size(png)
    assert png[24] == 8
    step = {2: 3, 6: 4}[png[25]]
    raw = zlib.decompress(b"".join(_data(png)))
    before = bytes(width * step)
    for start in range(0, height * (width * step + 1), width * step + 1):
        line = bytearray(raw[start + 1 : start + 1 + width * step])
        _unfilter(raw[start], line, before, step)
        before = bytes(line)
        yield before


def _data(png: bytes) -> Iterator[bytes]:
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IDAT":
            yield png[at + 8 : at + 8 + length]
        at += length + 12


def _unfilter(kind: int, line: bytearray, before: bytes, step: int) -> None:
    if kind == 0:
        return
    for index in range(len(line)):
        left = line[index - step] if index >= step else 0
        above, corner = before[index], before[index - step] if index >= step else 0
        guess = (0, left, above, (left + above) // 2, _paeth(left, above, corner))[kind]
        line[index] = (line[index] + guess) & 0xFF


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
