"""From the content of a notice to what a channel sends, call by call. Called by delivery, which is where drawing is."""

from __future__ import annotations

from datetime import tzinfo

from bot.channels.base import Image, Outgoing
from bot.render.text import ranking_text
from models.lengths import TEXT_BYTES, split
from models.messages import Content, Markdown, Picture, RankTable, TableText, Text


def parts(content: Content, zone: tzinfo) -> list[Outgoing]:
    """List the calls that a content takes, in order: a long ranking is several pictures.

    Raises RenderError when a picture cannot be drawn; its text is a notice of its own and goes all the same.
    """
    if isinstance(content, Picture):
        return _pictures(content.table, zone)
    if isinstance(content, TableText):
        return [Text(ranking_text(content.table, TEXT_BYTES, zone=zone))]
    kind = Markdown if isinstance(content, Markdown) else Text
    return [kind(piece) for piece in split(content.text)]


def _pictures(table: RankTable, zone: tzinfo) -> list[Outgoing]:
    from bot.render.png import ranking_png  # big, and most notices are texts

    name = f"{table.ranking}-{table.number or 'preview'}"
    return [Image(png, f"{name}-{number}.png") for number, png in enumerate(ranking_png(table, zone=zone), 1)]
