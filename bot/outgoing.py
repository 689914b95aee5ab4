"""From the content of a notice to what a channel sends, call by call. Called by delivery, which is where drawing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo

from bot.channels.base import Attachment, Image, Outgoing
from bot.filestore import FileStore
from bot.render.rows import rows_csv
from bot.render.text import ranking_text
from models.amendments import Effective
from models.campaign.definition import Campaign
from models.lengths import TEXT_BYTES, split
from models.messages import Content, File, Markdown, Picture, RankTable, StoredFile, TableText, Text
from models.records import Snapshot
from models.session import Database


def parts(content: Content, zone: tzinfo, store: FileStore, make: Callable[[File], bytes]) -> list[Outgoing]:
    """List the calls that a content takes, in order: a long ranking is several pictures.

    Raises RenderError when a picture cannot be drawn; its text is a notice of its own and goes all the same.
    Raises OSError when a kept file is gone.
    """
    if isinstance(content, File):
        return [Attachment(make(content), content.name)]
    if isinstance(content, StoredFile):
        return [_stored(content, store.read(content.sha256))]
    if isinstance(content, Picture):
        return _pictures(content.table, zone)
    if isinstance(content, TableText):
        return [Text(ranking_text(content.table, TEXT_BYTES, zone=zone))]
    kind = Markdown if isinstance(content, Markdown) else Text
    return [kind(piece) for piece in split(content.text)]


def make_file(db: Database, effective: Effective, file: File) -> bytes:
    """Make a file. Raises KeyError for a kind that nobody makes."""
    with db.read() as session:
        campaign = effective.campaign(session)
    return MAKERS[file.kind](db, campaign, file)


def _export(db: Database, campaign: Campaign, file: File) -> bytes:
    from bot.render.ledger_book import ledger_book  # big, and seldom asked for

    with db.read() as session:
        return ledger_book(session, campaign, Snapshot.from_json(file.params))


def _rows(_db: Database, _campaign: Campaign, file: File) -> bytes:
    return rows_csv(file.params["rows"])


MAKERS: Mapping[str, Callable[[Database, Campaign, File], bytes]] = {"export": _export, "rows": _rows}


def _stored(file: StoredFile, content: bytes) -> Outgoing:
    if not file.image:
        return Attachment(content, file.name)
    return Image(content, file.name, "image/png" if file.name.endswith(".png") else "image/jpeg")


def _pictures(table: RankTable, zone: tzinfo) -> list[Outgoing]:
    from bot.render.png import ranking_png  # big, and most notices are texts

    name = f"{table.ranking}-{table.number or 'preview'}"
    return [Image(png, f"{name}-{number}.png") for number, png in enumerate(ranking_png(table, zone=zone), 1)]
