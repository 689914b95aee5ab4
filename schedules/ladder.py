"""How what is overdue goes up: liaison, backup, superior org, the admins' list, in working days. Pure.

Called by owed.py for the overdue rules. Liaison and backup are asked on each working day; the superior org and the
admins once for a duty, an org and a period. What has been reported, or is not owed, never comes here: that ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models.audience import Audience
from models.campaign.definition import Campaign
from models.campaign.workdays import Workdays
from models.duties import DutyState
from models.messages import About
from models.reminder_words import ADMINS, AWAY, BACKUP, LIAISON, NO_BACKUP, NO_SUPERIOR, NOBODY, SUPERIOR
from models.reminding import about, told

Raised = Mapping[tuple[About, str], datetime]  # (what, step) -> when it was told last


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder as it holds for one org."""

    to: str
    after: int  # working days after the deadline's day
    cause: str = ""  # why before its day


class Ladder:
    """The ladder of one campaign, over who can be reached."""

    def __init__(self, campaign: Campaign, people: Audience) -> None:
        self._campaign = campaign
        self._people = people
        self._calendar = Workdays(campaign)
        self._days: dict[tuple[date, date], int] = {}
        self._rungs: dict[int, tuple[Rung, ...]] = {}

    def now(self, state: DutyState, at: datetime, raised: Raised | None = None) -> list[Rung]:
        """List the steps on which people are told of an overdue duty at a moment, the lowest first.

        raised: what was told to superiors and admins before; it is not told to them again, unless the deadline was
                moved since. None: nothing is known, then each step is told on the day on which it is reached, as in an
                undisturbed run.
        """
        day = self.days(state, at)
        return [
            rung
            for rung in self.rungs(state.org.id)
            if rung.after <= day and (rung.to in (LIAISON, BACKUP) or _is_new(state, rung, day, raised))
        ]

    def days(self, state: DutyState, at: datetime) -> int:
        """Return the working days since a deadline: 1 on the first one after its day."""
        span = self._campaign.local_day(state.due_at), self._campaign.local_day(at)
        if span not in self._days:
            self._days[span] = self._calendar.count(*span)
        return self._days[span]

    def rungs(self, org_id: int) -> tuple[Rung, ...]:
        """Return the steps for an org, the lowest first. Without a ladder only who reports for it.

        A step that has nobody to tell passes its day and the reason on to the next one. Above which the office stands,
        the step of the superior org is the admins' list. Decided by us 2026-11-24.
        """
        known = self._rungs.get(org_id)
        if known is None:
            known = self._rungs[org_id] = tuple(self._climb(org_id))
        return known

    def _climb(self, org_id: int) -> Iterator[Rung]:
        steps: list[tuple[str, int]] = [(step.to, step.after) for step in self._campaign.ladder.steps]
        early: int | None = None
        causes: list[str] = []
        for step, own_day in steps or [(LIAISON, 1)]:
            after = own_day if early is None else min(early, own_day)
            to: str = ADMINS if step == SUPERIOR and self._people.superior(org_id) is None else step
            if told(self._people, org_id, to):
                yield Rung(to, after, "+".join(causes))
                early, causes = None, []
            cause = self._lacking(org_id, to)
            if cause:
                early = after
                causes += [cause] if cause != NO_BACKUP or not causes else []  # who has no liaison is said already
            if to == ADMINS:
                return

    def _lacking(self, org_id: int, to: str) -> str:
        """Return why a step counts as empty, so that the next one takes its day; "" when somebody is there."""
        people = self._people
        if to == LIAISON:
            if not people.reporters(org_id):
                return NOBODY
            return AWAY if people.deserted(org_id) else ""
        if to == BACKUP:
            return "" if people.backups(org_id) else NO_BACKUP
        return NO_SUPERIOR if to == SUPERIOR and not people.superior(org_id) else ""


def _is_new(state: DutyState, rung: Rung, day: int, raised: Raised | None) -> bool:
    if raised is None:
        return rung.after == day
    told_at = raised.get((about(state), rung.to))
    return told_at is None or told_at <= state.due_at
