"""What a file is, by its content. The name that came with it is believed only where the content agrees.

Nothing is unpacked: a docx is looked at through its table of contents, which is bounded before it is read.
"""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import PurePosixPath

from models.errors import UserError

MEGABYTE = 1024 * 1024
DOCUMENT_BYTES = 20 * MEGABYTE  # decisions 15, and the platform's own limit for a file
PHOTO_BYTES = 10 * MEGABYTE  # decisions 15
DOCUMENT_KINDS = ("docx", "pdf", "txt", "jpg", "png")
PHOTO_KINDS = ("jpg", "png")
SAME_ENDING = {"jpeg": "jpg", "jpe": "jpg", "text": "txt"}
NAME_LENGTH = 80  # characters kept of a name

ZIP_ENTRIES = 3000  # a long report with many pictures has some hundreds
ZIP_TABLE_BYTES = MEGABYTE
UNPACKED_BYTES = 300 * MEGABYTE
ZIP_END = struct.Struct("<4s4H2LH")  # the record at a zip's end
ZIP64_LOCATOR_BYTES = 20
DOCX_PARTS = ("[Content_Types].xml", "word/document.xml")
ENCRYPTED = 0x1


def photo_kind(content: bytes) -> str:
    """Return jpg or png. Raises UserError("file-type") for anything else."""
    kind = _magic(content)
    if kind not in PHOTO_KINDS:
        raise UserError("file-type")
    return kind


def document_kind(content: bytes, name: str) -> str:
    """Return docx, pdf, txt, jpg or png, agreed on by content and name.

    Raises UserError: file-empty, file-too-big, file-type, file-mismatch, file-broken, file-macros, file-old-word.
    """
    if not content:
        raise UserError("file-empty")
    if len(content) > DOCUMENT_BYTES:
        raise UserError("file-too-big")
    ending = ending_of(name)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UserError("file-old-word")
    kind = _magic(content)
    if kind == "zip":
        if ending not in ("docx", "zip", "docm", ""):
            raise UserError("file-type")
        check_docx(content)
        kind = "docx"
    if not kind and ending == "txt" and _is_text(content):
        kind = "txt"
    if not kind:
        raise UserError("file-mismatch" if ending in DOCUMENT_KINDS else "file-type", ending=ending)
    if ending and ending != kind and not {ending, kind} <= set(PHOTO_KINDS):  # phones call a jpg .png
        raise UserError("file-mismatch", ending=ending)
    return kind


def ending_of(name: str) -> str:
    """Return the ending of a name in one spelling, without its dot."""
    ending = PurePosixPath(plain_name(name)).suffix.lstrip(".").lower()
    return SAME_ENDING.get(ending, ending)


def plain_name(name: str) -> str:
    """Return what of a name may be shown: no folders, no control or direction characters, not too long."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in last if char.isprintable() and char not in '<>:"|?*').strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if dot and len(ending) <= 8:
        return f"{stem[: NAME_LENGTH - len(ending) - 1]}.{ending}" if stem else ending
    return shown[:NAME_LENGTH]


def shown_name(name: str, kind: str) -> str:
    """Return the name under which a file is kept and sent on: its own, with the ending of what it is."""
    plain = plain_name(name)
    if ending_of(plain) == kind and "." in plain:
        return plain
    stem = plain.rpartition(".")[0] if ending_of(plain) in DOCUMENT_KINDS else plain
    return f"{stem or '文件'}.{kind}"


def _magic(content: bytes) -> str:
    for start, kind in (
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff", "jpg"),
        (b"%PDF-", "pdf"),
        (b"PK\x03\x04", "zip"),
    ):
        if content.startswith(start):
            return kind
    return ""


def _is_text(content: bytes) -> bool:
    """Tell whether it reads as Chinese or English text: UTF-8, GB 18030, or UTF-16 with its mark."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return bool(text.strip()) and not any(char < " " and char not in "\t\n\r\f\x1a" for char in text)
    return False


def check_docx(content: bytes) -> None:
    """Look whether a zip is a Word document that can be opened safely. Raises UserError.

    A zip behind other content, one with something behind it, overlapping entries, more entries or more bytes unpacked
    than a report can need, entries outside of their folder, and macros are refused. Sizes are the declared ones.
    """
    declared = _check_end(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, UnicodeError):
        raise UserError("file-broken") from None
    names = {entry.filename for entry in entries}
    if not set(DOCX_PARTS) <= names:
        raise UserError("file-type")
    if any("vbaproject" in name.lower() for name in names):
        raise UserError("file-macros")
    whole = (
        min(entry.header_offset for entry in entries) == 0
        and len(names) == len(entries) == declared
        and sum(entry.compress_size for entry in entries) <= len(content)
        and sum(entry.file_size for entry in entries) <= UNPACKED_BYTES
        and not any(entry.flag_bits & ENCRYPTED or _escapes(entry.filename) for entry in entries)
    )
    if not whole:
        raise UserError("file-broken")


def _check_end(content: bytes) -> int:
    """Bound the table of contents before anybody reads it: one record at the very end, not a zip64, not too long.

    Returns how many entries it declares.
    """
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - ZIP_END.size - 0xFFFF))
    if at < 0 or at + ZIP_END.size > len(content):
        raise UserError("file-broken")
    _, disk, _, here, entries, table, start, comment = ZIP_END.unpack_from(content, at)
    fits = (
        at + ZIP_END.size + comment == len(content)
        and disk == 0
        and here == entries <= ZIP_ENTRIES
        and table <= ZIP_TABLE_BYTES
        and start + table == at
        and content[max(0, at - ZIP64_LOCATOR_BYTES) :][:4] != b"PK\x06\x07"
    )
    if not fits:
        raise UserError("file-broken")
    return int(entries)


def _escapes(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name
