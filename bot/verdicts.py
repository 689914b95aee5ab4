"""What a failed call means for its notices: try again when, or end how. Pure; delivery writes it down."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from bot.channels.base import Reaction, SendError
from models.outbox import Status

# Seconds before the second, third ... try (reliability report 2.4). The last one is repeated until LAST_TRY.
PLAN: Mapping[Reaction, tuple[float, ...]] = {
    Reaction.NOT_SENT: (2, 8, 30, 120, 600),
    Reaction.BUSY: (5, 30),
    Reaction.UNCERTAIN: (2, 8, 30),  # all within the time for which the platform weeds out repeats
}
LAST_TRY: Mapping[Reaction, int] = {
    Reaction.NOT_SENT: 148,  # about a day of trying; a notice with an expiry ends there
    Reaction.BUSY: 3,  # the platform's own advice
    Reaction.UNCERTAIN: 4,
}
PAUSES = (60.0, 120.0, 300.0, 900.0, 3600.0)  # seconds that a channel rests after a limit: blocks last minutes to hours
ALERT_PAUSE = 60.0  # seconds between two tries of a channel that only an operator can bring back


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to the notices of a call, and to their channel."""

    status: Status
    outcome: str  # for Attempt: retry, failed, uncertain
    reason: str
    delay: float = 0.0  # seconds before the next try
    uses_try: bool = True
    pause: float = 0.0  # seconds for which the channel rests
    alert: bool = False  # until an operator has put something right


def verdict(error: SendError, tries: int, *, repeated: bool, repeats_safely: bool, waits: int = 0) -> Verdict:
    """Judge a failed call.

    tries:    how many were begun, this one included.
    repeated: an earlier identical call got no answer, so the notice may have arrived whatever this one says.
    waits:    how many limits in a row the channel has met before.
    """
    reaction, reason = error.reaction, str(error)
    if reaction in (Reaction.RECIPIENT, Reaction.BUG):
        return Verdict(Status.FAILED, "failed", reason)
    if reaction is Reaction.WAIT:
        pause = PAUSES[min(waits, len(PAUSES) - 1)]
        return Verdict(Status.WAITING, "retry", reason, pause, uses_try=False, pause=pause)
    if reaction in (Reaction.ALERT, Reaction.REFRESH):
        return Verdict(Status.WAITING, "retry", reason, ALERT_PAUSE, uses_try=False, pause=ALERT_PAUSE, alert=True)
    if reaction is Reaction.UNCERTAIN and not repeats_safely:
        return Verdict(Status.UNCERTAIN, "uncertain", reason)
    if tries < LAST_TRY[reaction]:
        outcome = "uncertain" if reaction is Reaction.UNCERTAIN else "retry"
        return Verdict(Status.WAITING, outcome, reason, jittered(PLAN[reaction], tries))
    if reaction is Reaction.UNCERTAIN or repeated:
        return Verdict(Status.UNCERTAIN, "uncertain", reason)
    return Verdict(Status.FAILED, "failed", reason)


def jittered(plan: tuple[float, ...], tries: int) -> float:
    """Return the pause after so many tries, give or take a fifth, so that many do not come back at once."""
    return plan[min(tries, len(plan)) - 1] * random.uniform(0.8, 1.2)
