"""Small files of every kind, real enough for the checks, and the ones that the checks are there for."""

from __future__ import annotations

import io
import zipfile

PNG = b"\x89PNG\r\n\x1a\n"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
DOCX_PARTS = {
    "[Content_Types].xml": b"<Types/>",
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": "<document>宣传月工作总结</document>".encode(),
}


def zipped(parts: dict[str, bytes]) -> bytes:
    """Return a zip with these entries."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return whole.getvalue()


def docx(text: str = "宣传月工作总结", **more: bytes) -> bytes:
    """Return a Word document with a text in it."""
    return zipped({**DOCX_PARTS, "word/document.xml": f"<document>{text}</document>".encode(), **more})


def photo(name: str = "") -> bytes:
    """Return a photo; those of different names differ."""
    return PNG + b" picture " + name.encode()


def named(name: str) -> bytes:
    """Return a file that is what its name says."""
    ending = name.rpartition(".")[2]
    makers = {"docx": docx(name), "pdf": PDF, "txt": "总结\n".encode(), "jpg": JPG + name.encode(), "png": photo(name)}
    makers["doc"] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    return makers.get(ending, b"MZ\x90\x00 program")
