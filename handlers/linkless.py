"""The reader without eyes for links: their digits are no figures, and a question mark in one asks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from handlers.reading.reader import Reader
from handlers.reading.values import Reading
from models.links import blanked


class LinklessReader(Reader):
    """Reads messages of people, in which links may stand."""

    def read(self, text: str, today: date | None = None, orgs: Mapping[str, object] | None = None) -> Reading:
        """Read one message as Reader does; links are blanked out, so that every span stays where it was."""
        return super().read(blanked(text), today, orgs)
