"""Under which heading an org stands in lists: those right under the office by their kind, others under their city.

Lists of a province fit a phone only as groups; with two thousand orgs a group is all that can be shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, Cycle, Duty
from models.duties import DutyState, Standing, states
from models.people import Org


@dataclass(frozen=True, slots=True)
class Group:
    """The states of one duty under one heading."""

    name: str
    states: tuple[DutyState, ...]

    @property
    def missing(self) -> list[str]:
        """Return the names of the orgs that still owe it."""
        return [state.org.name for state in self.states if state.asked]

    @property
    def met(self) -> int:
        """Return how many have met it."""
        return sum(state.standing.met for state in self.states)

    @property
    def excused(self) -> int:
        """Return how many need not."""
        return sum(state.standing is Standing.EXCUSED for state in self.states)

    @property
    def counted(self) -> int:
        """Return of how many: without those that are excused; before the campaign begins all to come."""
        return len(self.states) - self.excused


class Headings:
    """The heading of each org. Loads the tree once."""

    def __init__(self, session: Session, campaign: Campaign) -> None:
        rows = session.execute(select(Org.id, Org.parent_id, Org.name, Org.kind)).all()
        self._parents = {row.id: row.parent_id for row in rows}
        self._names = {row.id: row.name for row in rows}
        self._kinds = {row.id: row.kind for row in rows}
        self._office = next((row.id for row in rows if row.name == campaign.office), None)
        self._campaign = campaign

    def of(self, org_id: int) -> str:
        """Return the heading: 市州, or 长沙市公安局下属 for what stands anywhere under a city."""
        top = org_id
        while self._parents[top] not in (None, self._office):
            top = self._parents[top]
        if top == org_id or self._parents[org_id] is None:
            kind = self._kinds[org_id]
            known = self._campaign.kinds.get(kind)
            return known.name if known else kind
        return f"{self._names[top]}下属"

    def grouped(self, current: Iterable[DutyState]) -> list[Group]:
        """Group states by heading, in the order in which headings first come."""
        found: dict[str, list[DutyState]] = {}
        for state in current:
            found.setdefault(self.of(state.org.id), []).append(state)
        return [Group(name, tuple(group)) for name, group in found.items()]


def current(
    session: Session,
    campaign: Campaign,
    now: datetime,
    org_ids: Iterable[int],
    duties: Iterable[str] | None = None,
) -> list[tuple[Duty, list[DutyState]]]:
    """List the duties with their states in the period that runs now (the last one that began), in file order.

    A week before it that somebody still owes stands before it, as an entry of its own: 我的 asks for it as well, and so
    do the matrix and the brief.
    """
    today = campaign.local_day(now)
    found: dict[tuple[str, str], list[DutyState]] = {}
    newest: dict[str, str] = {}
    for state in states(session, campaign, now, org_ids=org_ids, duties=duties):
        if state.duty.cycle is Cycle.ONCE or state.period.start <= today:
            found.setdefault((state.key, state.period.key), []).append(state)
            newest[state.key] = state.period.key  # periods come oldest first
    return [
        (campaign.duties[key], group)
        for (key, period), group in found.items()
        if newest[key] == period or any(state.asked for state in group)
    ]
