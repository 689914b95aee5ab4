"""Take out of a photo what its file says beside the picture: where and when it was taken, with which device.

Pixels stay as they are. Kept are colour profiles, and of the EXIF data the one tag that says which way is up. What
follows the end of the picture (a video, a second picture) goes too. A file that breaks off is kept as it came.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
PNG_TOLD = (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")
SOI, EOI, SOS, APP1, APP2, APP13, COMMENT = 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xED, 0xFE
ALONE = (0x01, *range(0xD0, 0xD8))  # markers without a length
EXIF, ICC = b"Exif\0\0", b"ICC_PROFILE\0"
ORIENTATION = 0x0112
ORIENTED = EXIF + b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01%b\0\0\0\0\0\0"  # a TIFF with that one tag


def without_metadata(content: bytes) -> bytes:
    """Return a JPEG or PNG without what it tells beside its picture; anything else, and what is broken, unchanged."""
    try:
        if content.startswith(b"\xff\xd8"):
            return b"".join(_jpeg(content))
        if content.startswith(PNG_HEAD):
            return b"".join(_png(content))
    except (IndexError, struct.error, ValueError):
        pass
    return content


def _jpeg(content: bytes) -> Iterator[bytes]:
    yield content[:2]
    place, turned = 2, 0
    while True:
        marker, start = _marker(content, place)
        if marker == EOI:
            yield b"\xff\xd9"
            return
        if marker in ALONE:
            yield content[place:start]
            place = start
            continue
        (length,) = struct.unpack_from(">H", content, start)
        end = start + length
        if length < 2 or end > len(content):
            raise ValueError("a segment that breaks off")
        inside = content[start + 2 : end]
        if marker == APP1 and inside.startswith(EXIF) and not turned:
            turned = _orientation(inside[len(EXIF) :])
            if turned:
                told = ORIENTED % struct.pack(">H", turned)
                yield b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told
        elif marker not in (APP1, APP13, COMMENT) and not (marker == APP2 and not inside.startswith(ICC)):
            yield b"\xff" + bytes([marker]) + content[start:end]
        place = end
        if marker == SOS:
            place = _after_scan(content, end)
            yield content[end:place]


def _marker(content: bytes, place: int) -> tuple[int, int]:
    """Return the marker that stands here, and where what belongs to it begins."""
    if content[place] != 0xFF:
        raise ValueError("no marker")
    while content[place] == 0xFF:
        place += 1
    return content[place], place + 1


def _after_scan(content: bytes, place: int) -> int:
    """Return where the next marker stands behind the data of a scan."""
    while True:
        place = content.index(b"\xff", place)
        if content[place + 1] not in (0x00, *range(0xD0, 0xD8)):
            return place
        place += 2


def _orientation(tiff: bytes) -> int:
    """Return the tag that says which way is up, 0 when it is not there or says nothing."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2], "")
    if not order:
        return 0
    try:
        (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, offset)
        for number in range(min(count, 200)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, offset + 2 + 12 * number)
            if tag == ORIENTATION:
                return value if 2 <= value <= 8 else 0
    except struct.error:
        pass
    return 0


def _png(content: bytes) -> Iterator[bytes]:
    yield PNG_HEAD
    place, kind = len(PNG_HEAD), b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if end > len(content):
            raise ValueError("a chunk that breaks off")
        if kind not in PNG_TOLD:
            yield content[place:end]
        place = end
