"""What a file is, by its content: table of good ones, bad ones, and ones that are made to deceive."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO

import pytest

from bot.filetypes import document_kind, photo_kind, plain_name, shown_name
from models.errors import UserError
from tests.files.samples import DOCX_PARTS, JPG, PDF, PNG, docx, zipped

GOOD = [
    (docx(), "总结.docx", "docx"),
    (docx(), "总结.DOCX", "docx"),
    (docx(), "总结", "docx"),
    (PDF, "a.pdf", "pdf"),
    (JPG, "a.jpeg", "jpg"),
    (JPG, "a.png", "jpg"),
    (PNG + b"x", "image", "png"),
    ("五月总结\r\n".encode(), "a.txt", "txt"),
    ("\ufeff五月总结".encode(), "a.TXT", "txt"),
    ("五月总结".encode("gb18030"), "a.txt", "txt"),
    ("五月总结".encode("utf-16"), "a.txt", "txt"),
]


@pytest.mark.parametrize(("content", "name", "kind"), GOOD, ids=[name for _, name, _ in GOOD])
def test_good(content: bytes, name: str, kind: str) -> None:
    """A file is what its content says, under the names that people and phones give it."""
    assert document_kind(content, name) == kind


def lying(content: bytes, offset: int, form: str, value: int) -> bytes:
    """Return a zip with one field of its end record changed; offset counts from the record's start."""
    at = content.rfind(b"PK\x05\x06") + offset
    return content[:at] + struct.pack(form, value) + content[at + struct.calcsize(form) :]


def bomb(declared: int) -> bytes:
    """Return a docx one entry of which is declared to unpack to so many bytes."""
    content = docx(**{"word/media/a.xml": b"0" * 1000})
    table = content.rfind(b"PK\x01\x02", 0, content.rfind(b"word/media/a.xml"))
    return content[: table + 24] + struct.pack("<I", declared) + content[table + 28 :]


def overlapping() -> bytes:
    """Return a docx with 200 entries that share one piece of data, as the best bombs do."""
    content = docx(big=b"\0" * 5_000_000)
    end = content.rfind(b"PK\x05\x06")
    _, _, _, _, count, size, start, _ = struct.unpack("<4s4H2LH", content[end : end + 22])
    record_at = content.rfind(b"PK\x01\x02", start, end)
    record = content[record_at:end]
    more = b"".join(record.replace(b"big", f"{n:03}".encode()) for n in range(200))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count + 200, count + 200, size + len(more), start, 0)
    return content[:end] + more + tail


def encrypted() -> bytes:
    """Return a docx whose entries are marked as encrypted."""
    content = bytearray(docx())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


BAD = {
    "empty": (b"", "a.docx", "file-empty"),
    "program": (b"MZ\x90\x00", "a.exe", "file-type"),
    "program-named-docx": (b"MZ\x90\x00", "a.docx", "file-mismatch"),
    "program-named-txt": (b"MZ\x90\x00\x01", "a.txt", "file-mismatch"),
    "old-word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", "file-old-word"),
    "old-word-named-docx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.docx", "file-old-word"),
    "html": (b"<html><script>", "a.html", "file-type"),
    "svg": (b"<svg onload=alert(1)>", "a.svg", "file-type"),
    "gif": (b"GIF89a", "a.gif", "file-type"),
    "heic": (b"\0\0\0\x18ftypheic", "a.heic", "file-type"),
    "pdf-named-docx": (PDF, "a.docx", "file-mismatch"),
    "docx-named-pdf": (docx(), "a.pdf", "file-type"),
    "docx-named-exe": (docx(), "a.exe", "file-type"),
    "pdf-behind-text": (b"x" * 10 + PDF, "a.pdf", "file-mismatch"),
    "zip": (zipped({"a.txt": b"x"}), "a.zip", "file-type"),
    "xlsx": (zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "a.docx", "file-type"),
    "macros": (docx(**{"word/vbaProject.bin": b"x"}), "a.docx", "file-macros"),
    "macros-docm": (docx(**{"word/vbaProject.bin": b"x"}), "a.docm", "file-macros"),
    "cut-off": (docx()[:-30], "a.docx", "file-broken"),
    "something-behind": (docx() + b"<script>", "a.docx", "file-broken"),
    "something-before": (b"PK\x03\x04" + docx(), "a.docx", "file-broken"),
    "two-zips": (zipped({"evil": b"x"}) + docx(), "a.docx", "file-broken"),
    "escaping": (docx(**{"../../etc/cron.d/x": b"x"}), "a.docx", "file-broken"),
    "absolute": (docx(**{"/etc/passwd": b"x"}), "a.docx", "file-broken"),
    "many-entries": (zipped(DOCX_PARTS | {f"word/{n}": b"" for n in range(3001)}), "a.docx", "file-broken"),
    "lying-count": (lying(docx(), 8, "<L", 0x00010001), "a.docx", "file-broken"),
    "lying-table": (lying(docx(), 12, "<L", 0xFFFFFFF0), "a.docx", "file-broken"),
    "bomb": (bomb(1_000_000_000), "a.docx", "file-broken"),
    "overlapping-bomb": (overlapping(), "a.docx", "file-broken"),
    "encrypted": (encrypted(), "a.docx", "file-broken"),
    "only-zip-head": (b"PK\x03\x04", "a.docx", "file-broken"),
    "blank-text": (b" \n", "a.txt", "file-mismatch"),
    "zeros": (b"\0" * 50, "a.txt", "file-mismatch"),
}


@pytest.mark.parametrize(("content", "name", "code"), BAD.values(), ids=BAD)
def test_bad(content: bytes, name: str, code: str) -> None:
    """What is not what it says, or could hurt who opens it, is refused with its own sentence."""
    with pytest.raises(UserError) as refused:
        document_kind(content, name)
    assert refused.value.code == code


def test_highly_packed_but_honest() -> None:
    """A docx with a big table packs well; that alone makes no bomb."""
    content = docx(**{"word/table.xml": b"<w:tc/>" * 500_000})
    assert len(content) < 50_000
    assert document_kind(content, "a.docx") == "docx"


def test_zip64_is_not_followed() -> None:
    """A zip64 record, which could say anything about sizes, is refused before it is read."""
    content = docx()
    end = content.rfind(b"PK\x05\x06")
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    moved = content[:end] + locator + content[end:]
    with pytest.raises(UserError):
        document_kind(moved, "a.docx")


@pytest.mark.parametrize("content", [b"", b"GIF89a", PDF, docx(), b"<svg/>", b"\xff\xd8"])
def test_no_photo(content: bytes) -> None:
    """Only PNG and JPEG are photos."""
    with pytest.raises(UserError):
        photo_kind(content)


NAMES = [
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\a\\总结.docx", "总结.docx"),
    ("a\0b\n.docx", "ab.docx"),
    ("\u202egpj.exe", "gpj.exe"),
    (" .. ", ""),
    ("长" * 300 + ".docx", "长" * 75 + ".docx"),
    ("con:aux|?.pdf", "conaux.pdf"),
]


@pytest.mark.parametrize(("name", "plain"), NAMES)
def test_plain_name(name: str, plain: str) -> None:
    """A name loses folders, control and direction characters, and what is too long."""
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [("a.jpeg", "jpg", "a.jpeg"), ("a.png", "jpg", "a.jpg"), ("", "pdf", "文件.pdf"), ("总结", "docx", "总结.docx")],
)
def test_shown_name(name: str, kind: str, shown: str) -> None:
    """What is sent on ends as what it is."""
    assert shown_name(name, kind) == shown


def test_real_word_files_are_read_the_same() -> None:
    """A docx as python-docx writes it passes: the checks know more than our own samples."""
    import docx as python_docx

    whole = BytesIO()
    document = python_docx.Document()
    document.add_paragraph("五月总结")
    document.save(whole)
    assert document_kind(whole.getvalue(), "总结.docx") == "docx"
    assert zipfile.is_zipfile(BytesIO(whole.getvalue()))
