"""A reading in the JSON shape of contract.md's `read` command. Called by `python -m bot read` and tests/corpus.py."""

from __future__ import annotations

from decimal import Decimal

from handlers.reading.questions import question
from handlers.reading.values import Found, Reading
from models.campaign.definition import Campaign


def to_contract_json(reading: Reading, campaign: Campaign) -> dict[str, object]:
    """Return {"found": [...], "ask"?: "..."}; place or platform is keyed by its dimension's key, values are int or
    float.
    """
    shown: dict[str, object] = {"found": [_found(found, campaign) for found in reading.found]}
    if reading.doubts:
        shown["ask"] = "\n".join(question(doubt, campaign) for doubt in reading.doubts)
    return shown


def _found(found: Found, campaign: Campaign) -> dict[str, object]:
    shown: dict[str, object] = {"indicator": found.indicator, "value": _number(found.value)}
    dimension = campaign.indicators[found.indicator].by
    if dimension is not None and found.part is not None:
        shown[dimension] = found.part
    if found.cumulative:
        shown["cumulative"] = True
    if found.approx:
        shown["approx"] = True
    if found.date_written is not None:
        shown["date"] = found.date_written
    return shown


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
