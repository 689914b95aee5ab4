"""Read callback XML strictly, and write reply XML safely.

Ours, in front of wechatpy: its parser takes a repeated FromUserName as a list and lets six kinds of exceptions out
(reliability report, fact 13). Here a known tag stands once and holds text, or the whole document is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from xml.parsers import expat

DEPTH = 8  # levels; the deepest callback of the platform has 5
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters that XML 1.0 cannot hold


class UnreadableError(Exception):
    """The document is not what the platform sends; the text says why, for the log only."""


def read(document: str, known: Collection[str]) -> dict[str, str]:
    """Return the texts of the known tags directly under <xml>. Other tags may stand there, and are left out.

    Raises UnreadableError: no XML, a DOCTYPE or entity, another root, a known tag twice or with tags inside, too deep.
    """
    reader = _Reader(known)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(document.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        raise UnreadableError(f"not XML: {error}") from None
    return reader.found


class _Reader:
    def __init__(self, known: Collection[str]) -> None:
        self.found: dict[str, str] = {}
        self._known = known
        self._path: list[str] = []

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        self._path.append(tag)
        if len(self._path) > DEPTH:
            raise UnreadableError("too deep")
        if len(self._path) == 1 and tag != "xml":
            raise UnreadableError("another root than <xml>")
        if len(self._path) == 2 and tag in self._known:
            if tag in self.found:
                raise UnreadableError(f"{tag} stands twice")
            self.found[tag] = ""
        if len(self._path) == 3 and self._path[1] in self._known:
            raise UnreadableError(f"{self._path[1]} holds more than text")

    def end(self, _tag: str) -> None:
        self._path.pop()

    def text(self, text: str) -> None:
        if len(self._path) == 2 and self._path[1] in self._known:
            self.found[self._path[1]] += text

    def refuse(self, *_: object) -> None:
        raise UnreadableError("a DOCTYPE or an entity")


def write(values: Mapping[str, str]) -> str:
    """Build the <xml> document, each value as CDATA; "]]>" in a value cannot end it."""
    return "<xml>" + "".join(f"<{tag}><![CDATA[{_inside(text)}]]></{tag}>" for tag, text in values.items()) + "</xml>"


def _inside(text: str) -> str:
    return NOT_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")
