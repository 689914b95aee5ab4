"""Chinese free text in, figures out. Pure: no clock, no database, no network; the campaign is the only vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from handlers.reading.values import Reading, Verdict
from models.campaign.definition import Campaign


class Reader:
    """Reads messages in the words of one campaign. Build it once; it is safe to share between threads."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign

    def read(self, text: str, today: date | None = None, orgs: Mapping[str, object] | None = None) -> Reading:
        """Read one message."""
        return Reading(Verdict.NOTHING)
