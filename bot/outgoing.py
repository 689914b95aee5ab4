"""From the content of a notice to what a channel sends, call by call. Called by delivery, which is where drawing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo

from bot.channels.base import Attachment, Image, Outgoing
from bot.filestore import FileStore
from bot.render import RenderError
from bot.render.rows import rows_csv
from bot.render.text import table_text
from models.amendments import Effective
from models.bulletins.document import Document
from models.campaign.definition import Campaign
from models.charts import MatrixTable
from models.lengths import TEXT_BYTES, split
from models.messages import (
    Content,
    File,
    Markdown,
    Picture,
    RankTable,
    Recall,
    StoredFile,
    Table,
    TableText,
    Text,
    table_from_json,
)
from models.records import Snapshot
from models.session import Database


def parts(
    content: Content,
    zone: tzinfo,
    store: FileStore,
    make: Callable[[File], bytes],
    tell: Callable[[str], None] = lambda reason: None,
    drawn: Callable[[], None] = lambda: None,
) -> list[Outgoing]:
    """List the calls that a content takes, in order: a long ranking is several pictures.

    tell: hears why a picture could not be drawn, so that operators do; drawn hears when one could. In place of a
    matrix or a trend that cannot be drawn goes its text.

    Raises RenderError when the picture of a ranking cannot be drawn; its text is a notice of its own and goes all the
    same. Raises OSError when a kept file is gone.
    """
    if isinstance(content, Recall):
        return [content]
    if isinstance(content, File):
        return [Attachment(make(content), content.name)]
    if isinstance(content, StoredFile):
        return [_stored(content, store.read(content.sha256))]
    if isinstance(content, Picture):
        return _pictures(content.table, zone, tell, drawn)
    if isinstance(content, TableText):
        return [Text(table_text(content.table, TEXT_BYTES, zone=zone))]
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


def _paper(_db: Database, _campaign: Campaign, file: File) -> bytes:
    from bot.render.docx import docx

    return docx(Document.from_json(file.params))


def _ranking(_db: Database, campaign: Campaign, file: File) -> bytes:
    from bot.render.ranking_book import ranking_book

    return ranking_book(table_from_json(file.params["table"]), campaign.tz)


MAKERS: Mapping[str, Callable[[Database, Campaign, File], bytes]] = {
    "export": _export,
    "rows": _rows,
    "paper": _paper,
    "ranking": _ranking,
}


def _stored(file: StoredFile, content: bytes) -> Outgoing:
    if not file.image:
        return Attachment(content, file.name)
    return Image(content, file.name, "image/png" if file.name.endswith(".png") else "image/jpeg")


def _pictures(
    table: Table, zone: tzinfo, tell: Callable[[str], None], said_drawn: Callable[[], None]
) -> list[Outgoing]:
    from bot.render.png import table_png  # big, and most notices are texts

    try:
        drawn = table_png(table, zone=zone)
    except RenderError as error:
        tell(str(error))
        if isinstance(table, RankTable):
            raise
        return [Text(table_text(table, TEXT_BYTES, zone=zone))]
    said_drawn()
    return [Image(png, f"{_name(table)}-{number}.png") for number, png in enumerate(drawn, 1)]


def _name(table: Table) -> str:
    """Name the file of a picture; people see it when they save it."""
    if isinstance(table, RankTable):
        return f"{table.ranking}-{table.number or 'preview'}"
    return "progress" if isinstance(table, MatrixTable) else f"trend-{table.indicator}"
