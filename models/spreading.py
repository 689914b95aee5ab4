"""Spreads many notices over minutes, so that not thousands leave in one second. Pure; decided by us 2026-11-24."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from models.messages import Draft
from models.quiet import MARKS, OFF_THE_MARK

ENOUGH_TO_SPREAD = 200  # recipients; below, one call with equal texts is better (decided by us 2026-11-24)
STEPS, STEP = 6, timedelta(seconds=20)  # six groups over two minutes: equal texts of one group still go in one call
A_GROUP = 1000  # recipients, about one call of the platform; of more there are further rounds of two minutes


def spread(drafts: Sequence[Draft]) -> list[Draft]:
    """Spread many notices by a stable offset an org: two minutes for 6,000, ten for 30,000; few stay as they are."""
    if len(drafts) <= ENOUGH_TO_SPREAD:
        return list(drafts)
    rounds = -(-len(drafts) // (STEPS * A_GROUP))
    return [replace(draft, not_before=_moment(draft, rounds)) for draft in drafts]


def _moment(draft: Draft, rounds: int) -> datetime:
    moment = draft.not_before + _offset(draft.recipient.org_id, rounds)
    return moment + OFF_THE_MARK if moment.minute in MARKS else moment


def _offset(org_id: int | None, rounds: int) -> timedelta:
    place = zlib.crc32(str(org_id).encode())
    return place % STEPS * STEP + place // STEPS % rounds * STEPS * STEP
