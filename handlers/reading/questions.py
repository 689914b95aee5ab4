"""The question of each kind of doubt, in words (being written)."""

from __future__ import annotations

from handlers.reading.values import Doubt
from models.campaign.definition import Campaign


def question(doubt: Doubt, campaign: Campaign) -> str:
    """Word the one question that settles a doubt."""
    names = [campaign.indicators[each.indicator].name for each in doubt.candidates]
    options = "\n".join(f"{number} {name}" for number, name in enumerate(names, 1))
    return f"“{doubt.as_written}”指的是哪一项？\n{options}"
