"""The reader without eyes for links: their digits are no figures, and a question mark in one asks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from handlers.reading.reader import Reader
from handlers.reading.values import Reading
from models.campaign.definition import Campaign
from models.links import blanked

REMEMBERED = 32  # messages; a few threads work at once, each on one


class LinklessReader(Reader):
    """Reads messages of people, in which links may stand."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(campaign)
        self._again = lru_cache(maxsize=REMEMBERED)(self._fresh)

    def read(self, text: str, today: date | None = None, orgs: Mapping[str, object] | None = None) -> Reading:
        """Read one message as Reader does; links are blanked out, so that every span stays where it was.

        Several routes look at one message before one takes it: what was just read is not read again.
        """
        return super().read(blanked(text), today, orgs) if orgs else self._again(text, today)

    def _fresh(self, text: str, today: date | None) -> Reading:
        return super().read(blanked(text), today)
