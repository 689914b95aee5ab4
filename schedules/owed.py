"""What the reminders that are due say, and to whom: one message a person, however many rules fire at once. Pure.

Called by jobs/remind.py when rules fire, and by silence.py when a notice leaves, so that both see the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.campaign.definition import Campaign, Rule
from models.duties import DutyState, Standing
from models.messages import About, Draft, Text
from models.people import Contact
from schedules import wording
from schedules.audience import Audience, recipient
from schedules.quiet import release, spread
from schedules.rules import Firing

OVERDUE_LIFE = timedelta(hours=12)  # a chase of something overdue; the next working day's follows (decided by us)


@dataclass(slots=True)
class _Parcel:
    """What one person is reminded of."""

    contact: Contact
    first: Firing
    states: dict[About, DutyState] = field(default_factory=dict)


def what_is_due(
    campaign: Campaign, firings: Sequence[Firing], states: Sequence[DutyState], audience: Audience, now: datetime
) -> list[Draft]:
    """Write the reminders of firings that go out together.

    firings: reminders that are due, oldest first; they may be late.
    states:  how every duty that they name stands, for all orgs, at `now`.
    now:     aware. A notice that quiet hours hold says what will be true when it leaves.

    Returns one draft a person, in the order of firings and roster; [] when nobody owes anything. It carries the key of
    the first rule that had something for the person, and what it asks for in `abouts`. An org that nobody has joined
    gets none: the morning brief names it. Who has answered is not asked again, also by a rule that goes to all
    (decisions 7); `to` only chooses the words then.
    """
    at = release(campaign, now)
    parcels: dict[int, _Parcel] = {}
    for firing in firings:
        for state in wanted(firing, states, at):
            for contact in audience.reporters(state.org.id):
                parcel = parcels.setdefault(contact.person_id, _Parcel(contact, firing))
                parcel.states.setdefault(about(state), state)
    return spread([_draft(campaign, parcel, at) for parcel in parcels.values()])


def wanted(firing: Firing, states: Iterable[DutyState], at: datetime) -> list[DutyState]:
    """List the states that a firing asks about: what is still owed for its period, or all that is overdue."""
    mine = [state for state in states if state.key == firing.duty and state.standing.open]
    if firing.rule.overdue:
        return [state for state in mine if state.standing is Standing.OVERDUE]
    return [
        state for state in mine if firing.period is not None and state.period == firing.period and state.due_at > at
    ]


def about(state: DutyState) -> About:
    """Return what a notice about a state asks for."""
    return About(state.key, state.org.id, state.period.key)


def compose(campaign: Campaign, rule: Rule, states: Iterable[DutyState], at: datetime) -> Text:
    """Word a reminder: what is owed, until when, how to answer. Equal duties give equal texts, whoever owes them."""
    order = {key: place for place, key in enumerate(campaign.duties)}
    return Text(wording.reminder(campaign, rule, sorted(states, key=lambda s: (s.due_at, order[s.key], s.org.id)), at))


def _draft(campaign: Campaign, parcel: _Parcel, at: datetime) -> Draft:
    ahead = [state.due_at for state in parcel.states.values() if state.due_at > at]
    return Draft(
        recipient=recipient(parcel.contact),
        content=compose(campaign, parcel.first.rule, parcel.states.values(), at),
        rule=parcel.first.rule_key,
        not_before=at,
        expires_at=max(ahead) if ahead else at + OVERDUE_LIFE,
        abouts=tuple(parcel.states),
    )
