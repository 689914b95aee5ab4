"""The XML inside callbacks: build what a member's client makes of his doing, read what the bot answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.dom import minidom
from xml.etree import ElementTree
from xml.parsers.expat import ExpatError

Nested = Mapping[str, "str | int | Nested"]

_FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")  # characters that XML 1.0 cannot hold
_MSG_ID = re.compile(r"<MsgId>(?:<!\[CDATA\[)?(\d+)(?:\]\]>)?</MsgId>")


def build(values: Nested) -> str:
    """Build the <xml> document: texts as CDATA, whole numbers bare, mappings nested."""
    return f"<xml>{_elements(values)}</xml>"


def _elements(values: Nested) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in values.items())


def _value(value: str | int | Nested) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        clean = _NOT_XML.sub("", value)
        return "<![CDATA[" + clean.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return _elements(value)


def fields(xml: str) -> dict[str, str]:
    """Read the direct children of the document as texts. Raises ValueError when it is not plain XML."""
    root = parse(xml)
    return {child.tag: child.text or "" for child in root}


def parse(xml: str) -> ElementTree.Element:
    """Parse a document without DOCTYPE or entities. Raises ValueError."""
    if _FORBIDDEN.search(xml):
        raise ValueError("DOCTYPE and entities are not taken")
    try:
        return ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML: {error}") from error


def msg_ref(xml: str) -> str:
    """Return the MsgId of a callback, empty for an event."""
    found = _MSG_ID.search(xml)
    return found.group(1) if found else ""


def with_msg_ref(xml: str, ref: str) -> str:
    """Return the same callback under another MsgId."""
    return _MSG_ID.sub(f"<MsgId>{ref}</MsgId>", xml)


def pretty(xml: str) -> str:
    """Lay a document out for reading, one element a line; what does not parse stays as it is."""
    if _FORBIDDEN.search(xml):
        return xml
    try:
        document = minidom.parseString(xml.encode())
    except (ExpatError, ValueError):
        return xml
    lines = document.documentElement.toprettyxml(indent="  ").splitlines() if document.documentElement else [xml]
    return "\n".join(line for line in lines if line.strip())
