"""Which duties the reminders that are due ask about; models/reminding.py writes the message. Pure.

Called by jobs/remind.py when rules fire.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from models.audience import Audience
from models.campaign.definition import Campaign
from models.duties import DutyState, Standing
from models.messages import Draft
from models.quiet import release
from models.reminding import Ask, write
from schedules.ladder import Ladder, Raised, Rung
from schedules.rules import Firing

BELOW = Rung("", 0)  # what is not overdue yet: only who reports is asked


def what_is_due(
    campaign: Campaign,
    firings: Sequence[Firing],
    states: Sequence[DutyState],
    audience: Audience,
    now: datetime,
    raised: Raised | None = None,
) -> list[Draft]:
    """Write the reminders of firings that go out together.

    firings: reminders that are due, oldest first; they may be late.
    states:  how every duty that they name stands, for all orgs, at `now`.
    now:     aware. A notice that quiet hours hold says what will be true when it leaves.
    raised:  what superiors and admins were told before, see ladder.Ladder.now().

    Returns one draft a person, in the order of firings and roster; [] when nobody owes anything. It carries the key of
    the first rule that had something for the person, and what it asks for in `abouts`. An org that nobody has joined
    gets none: the morning brief names it. Who has answered is not asked again, also by a rule that goes to all
    (decisions 7); `to` only chooses the words then.
    """
    at = release(campaign, now)
    ladder = Ladder(campaign, audience)
    asks = (
        Ask(firing.rule_key, firing.rule, state, rung.to, rung.cause)
        for firing in firings
        for state in wanted(firing, states, at)
        for rung in (ladder.now(state, at, raised) if firing.rule.overdue else (BELOW,))
    )
    return write(campaign, asks, audience, at)


def wanted(firing: Firing, states: Iterable[DutyState], at: datetime) -> list[DutyState]:
    """List the states that a firing asks about: what is still owed for its period, or all that is overdue."""
    mine = [state for state in states if state.key == firing.duty and state.asked]
    if firing.rule.overdue:
        return [state for state in mine if state.standing is Standing.OVERDUE]
    return [
        state
        for state in mine
        if firing.period is not None
        and state.period == firing.period
        and state.due_at > at
        and (not firing.dues or state.due_at in firing.dues)
    ]
