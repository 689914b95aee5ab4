"""What claims hand to delivery: notices that go in one call, and why a channel rests. Plain values."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from models.messages import Content, Text


def new_ref() -> str:
    """Make the reference of a call."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class Batch:
    """Notices that go in one call, claimed."""

    claims: Mapping[int, int]  # notice id -> our claim number
    refs: Mapping[int, str]  # notice id -> user_ref; empty for a group
    content: Content
    call_ref: str
    until: datetime  # transport time: end of our lease
    tries: int  # begun, this one included
    parts_sent: int = 0
    repeated: bool = False  # an earlier identical call got no answer
    weeds_out: bool = False  # switch the platform's duplicate check on
    bulk: bool = True  # no answer: a share of every limit is not for it
    trace_id: str = ""
    missed: Mapping[int, str] = field(default_factory=dict)  # notice id -> why a part did not reach it
    platform_ref: str = ""  # of the last call, for recall

    def without(self, ids: Collection[int]) -> Batch:
        """Return the same call without some notices."""
        return replace(
            self,
            claims={i: claim for i, claim in self.claims.items() if i not in ids},
            refs={i: ref for i, ref in self.refs.items() if i not in ids},
        )

    def only(self, ids: Sequence[int]) -> Batch:
        """Return the part of it that concerns some notices."""
        return replace(
            self, claims={i: self.claims[i] for i in ids}, refs={i: self.refs[i] for i in ids}, call_ref=new_ref()
        )


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a channel is left alone, or has not been well since it was."""

    until: datetime  # transport time
    reason: str  # empty: only its limit
    waits: int  # in a row
    alert: bool  # only an operator can help


NOTHING = Batch({}, {}, Text(""), "", datetime.max.replace(tzinfo=UTC), 0)
