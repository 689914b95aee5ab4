"""What comes in and what goes out, as plain values: no tables, no wire formats.

Channels make Inbound and carry Content; handlers and schedules make Reply and Content; delivery renders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from models.charts import (
    MatrixTable,
    TrendTable,
    matrix_from_json,
    matrix_to_json,
    trend_from_json,
    trend_to_json,
)


class InboundKind(Enum):
    """What a person sent."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    LINK = "link"
    EVENT = "event"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message or event as it reached a channel, verified and decrypted."""

    channel: str  # wecom_app
    key: str  # unique within the channel: the platform's MsgId, or what stands for it with an event
    sender_ref: str  # the platform's user id, as it came
    kind: InboundKind
    text: str = ""  # what was typed; for an event its name
    media_ref: str = ""  # the platform's media id
    event_key: str = ""
    sent_at: datetime | None = None  # as the platform says; transport time


@dataclass(frozen=True, slots=True)
class RankRow:
    """One line of a ranking, ready to print."""

    org: str
    rank: int | None  # None: not ranked (未报), listed apart
    value: Decimal | None
    moved: int | None = None  # places won (+) or lost (-) since the last issue; None: new or no issue before
    stale: bool = False
    marks: tuple[str, ...] = ()  # 缺3平台
    change: Decimal | None = None  # of the value since the last issue; None: not in it


@dataclass(frozen=True, slots=True)
class Corrected:
    """A value of the last issue that corrections have changed since: the issue stays, the next one says so."""

    org: str
    was: Decimal | None  # as published; None: 未报
    now: Decimal | None  # as it would be published for that moment today


@dataclass(frozen=True, slots=True)
class RankTable:
    """A ranking at one moment, as previewed or published. Figures are final: a retry shows the same."""

    ranking: str  # key
    title: str
    unit: str
    decimals: int
    as_of: datetime  # the campaign's moment up to which reports are in
    rows: tuple[RankRow, ...]
    number: int | None = None  # issue number; None for a preview
    note: str = ""
    since: int | None = None  # the issue that movements are measured against
    corrections: tuple[Corrected, ...] = ()  # of that issue, in its order
    issuer: str = ""  # who publishes it, and in which campaign


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text in the small Markdown that the platform shows."""

    text: str


Table = RankTable | MatrixTable | TrendTable


@dataclass(frozen=True, slots=True)
class Picture:
    """A ranking, a matrix or a trend as a picture, drawn at delivery."""

    table: Table


@dataclass(frozen=True, slots=True)
class TableText:
    """The same as chat text, worded at delivery to what the channel can carry; goes with its picture."""

    table: Table


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that people have sent, kept by its SHA-256; read from the disk at delivery. Photos go as pictures."""

    sha256: str
    name: str  # as it is to be shown, with the ending of what it really is
    image: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file made at delivery from the database, the same however late: what it shows stands in params."""

    kind: str  # export; bot/outgoing.py knows how each is made
    name: str  # as it is to be shown
    params: dict[str, Any]  # JSON values


@dataclass(frozen=True, slots=True)
class Recall:
    """Takes back what an earlier call brought, where the channel can."""

    platform_ref: str  # of that call


Content = Text | Markdown | Picture | TableText | StoredFile | File | Recall


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers. `text` goes back at once; `more` follows as notices to the same person."""

    text: str
    more: tuple[Content, ...] = ()
    outcome: str = "answered"  # kept with the inbound, for logs and screens: recorded, asked, refused ...


def content_to_json(content: Content) -> dict[str, Any]:
    """Write a content value as JSON, for the outbox."""
    if isinstance(content, Text):
        return {"kind": "text", "text": content.text}
    if isinstance(content, Markdown):
        return {"kind": "markdown", "text": content.text}
    if isinstance(content, StoredFile):
        return {"kind": "stored-file", "sha256": content.sha256, "name": content.name, "image": content.image}
    if isinstance(content, File):
        return {"kind": "file", "file": content.kind, "name": content.name, "params": content.params}
    if isinstance(content, Recall):
        return {"kind": "recall", "ref": content.platform_ref}
    kind = "picture" if isinstance(content, Picture) else "table-text"
    if isinstance(content.table, MatrixTable):
        return {"kind": kind, "of": "matrix", "table": matrix_to_json(content.table)}
    if isinstance(content.table, TrendTable):
        return {"kind": kind, "of": "trend", "table": trend_to_json(content.table)}
    return {"kind": kind, "table": table_to_json(content.table)}


def content_from_json(data: dict[str, Any]) -> Content:
    """Read a content value back. Raises KeyError for what content_to_json() never wrote."""
    if data["kind"] == "text":
        return Text(data["text"])
    if data["kind"] == "markdown":
        return Markdown(data["text"])
    if data["kind"] == "recall":
        return Recall(data["ref"])
    if data["kind"] == "stored-file":
        return StoredFile(data["sha256"], data["name"], data["image"])
    if data["kind"] == "file":
        return File(data["file"], data["name"], data["params"])
    table = _TABLES[data.get("of", "ranking")](data["table"])
    return Picture(table) if data["kind"] == "picture" else TableText(table)


def table_to_json(table: RankTable) -> dict[str, Any]:
    """Write a ranking as JSON: Decimals as strings, the moment in ISO form."""
    rows = [
        {
            "org": row.org,
            "rank": row.rank,
            "value": _number(row.value),
            "moved": row.moved,
            "stale": row.stale,
            "marks": list(row.marks),
            "change": _number(row.change),
        }
        for row in table.rows
    ]
    return {
        "ranking": table.ranking,
        "title": table.title,
        "unit": table.unit,
        "decimals": table.decimals,
        "as_of": table.as_of.isoformat(),
        "rows": rows,
        "number": table.number,
        "note": table.note,
        "since": table.since,
        "issuer": table.issuer,
        "corrections": [
            {"org": each.org, "was": _number(each.was), "now": _number(each.now)} for each in table.corrections
        ],
    }


def table_from_json(data: dict[str, Any]) -> RankTable:
    """Read a ranking back from table_to_json()."""
    rows = tuple(
        RankRow(
            org=row["org"],
            rank=row["rank"],
            value=_decimal(row["value"]),
            moved=row["moved"],
            stale=row["stale"],
            marks=tuple(row["marks"]),
            change=_decimal(row["change"]),
        )
        for row in data["rows"]
    )
    corrections = tuple(
        Corrected(each["org"], _decimal(each["was"]), _decimal(each["now"])) for each in data["corrections"]
    )
    as_of = datetime.fromisoformat(data["as_of"])
    return RankTable(**{**data, "rows": rows, "corrections": corrections, "as_of": as_of})


_TABLES: Mapping[str, Callable[[dict[str, Any]], Table]] = {
    "ranking": table_from_json,
    "matrix": matrix_from_json,
    "trend": trend_from_json,
}


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a notice goes: a person on a channel, or a group."""

    channel: str  # wecom_app, or robot:<group>
    user_ref: str = ""  # empty for a group
    person_id: int | None = None
    org_id: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a notice asks for, so that a report that answers it can silence it."""

    duty: str
    org_id: int
    period: str
    rung: str = field(default="", compare=False)  # step of the ladder on which it was said; empty: none
    cause: str = field(default="", compare=False)  # why it went up before its day; see schedules/ladder.py


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice to be written: what, to whom, and between which moments it makes sense (campaign time)."""

    recipient: Recipient
    content: Content
    rule: str  # the rule's key, or answer, welcome, alert
    not_before: datetime
    expires_at: datetime | None = None
    abouts: tuple[About, ...] = field(default=())
