"""Who owes what, for which period, and how it stands. Pure: (campaign, orgs, facts, now) in, states out.

我的, 进度, 未报, reminders, chases and lists all read evaluate(), so that they can never disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, Cycle, Duty, DutyKind, IndicatorKind
from models.campaign.periods import Period, deadline, periods
from models.ledger import DUTY, NOTHING, Fact, facts
from models.people import Org, all_orgs


class Standing(Enum):
    """How a duty stands for one org and one period."""

    AHEAD = "ahead"  # its period has not begun
    OWED = "owed"
    OVERDUE = "overdue"
    DONE = "done"
    DONE_LATE = "done-late"

    @property
    def open(self) -> bool:
        """Tell whether the org still has to act."""
        return self in (Standing.OWED, Standing.OVERDUE)


@dataclass(frozen=True, slots=True)
class OrgState:
    """What duties need to know of an org."""

    id: int
    name: str
    kind: str
    parent_id: int | None
    population: int | None = None
    headcount: int | None = None
    joined_on: date | None = None
    left_on: date | None = None

    @classmethod
    def of(cls, org: Org) -> OrgState:
        """Take what is needed from the table row."""
        return cls(org.id, org.name, org.kind, org.parent_id, org.population, org.headcount, org.joined_on, org.left_on)


@dataclass(frozen=True, slots=True)
class DutyState:
    """One duty of one org for one period."""

    org: OrgState
    key: str
    duty: Duty
    period: Period
    standing: Standing
    due_at: datetime
    have: Decimal  # of the duty's figure, in base measure (share: the level itself); a document counts 1
    need: Decimal
    pledge_missing: bool  # the figure is there, the word that everybody was covered is not
    met_at: datetime | None  # when the report came in that met it


def evaluate(
    campaign: Campaign,
    orgs: Sequence[OrgState],
    known: Iterable[Fact],
    now: datetime,
    duties: Iterable[str] | None = None,
) -> list[DutyState]:
    """List the state of each duty for each org of its audience and each of its periods.

    orgs:   in the order wanted in lists.
    known:  the figures that count, duty statements included; oldest first.
    now:    aware moment; a period that has not begun by then is AHEAD.
    duties: keys to evaluate, all when None.

    Returns duties in file order, periods oldest first, then orgs. An org that joined after a period's last day, or
    left before its first, does not owe it. A figure counts for the period of its day, whenever it was reported;
    what meets a duty after its deadline meets it late.
    """
    wanted = campaign.duties if duties is None else {key: campaign.duties[key] for key in duties}
    by_org: dict[int, list[Fact]] = {}
    for fact in known:
        by_org.setdefault(fact.org_id, []).append(fact)
    today = campaign.local_day(now)
    states = []
    for key, duty in wanted.items():
        for period in periods(campaign, duty):
            due_at = deadline(campaign, duty, period)
            for org in orgs:
                if org.kind in duty.audience and _belongs(org, period) and _can_be_judged(duty, org):
                    states.append(_state(campaign, key, duty, period, due_at, org, by_org.get(org.id, []), now, today))
    return states


def _belongs(org: OrgState, period: Period) -> bool:
    return (org.joined_on is None or org.joined_on <= period.end) and (
        org.left_on is None or org.left_on >= period.start
    )


def _can_be_judged(duty: Duty, org: OrgState) -> bool:
    """A share needs its attribute; `check` names the orgs that lack it."""
    return duty.kind is not DutyKind.SHARE or bool(getattr(org, duty.of or "headcount"))


def _state(
    campaign: Campaign,
    key: str,
    duty: Duty,
    period: Period,
    due_at: datetime,
    org: OrgState,
    known: list[Fact],
    now: datetime,
    today: date,
) -> DutyState:
    need = _need(duty, org)
    first, last = _span(campaign, duty, period)
    takes_nothing = duty.kind is DutyKind.FIGURE and need == 0 and not duty.pledge
    tally = _Tally(duty.indicator or "", DUTY + key, _is_level(campaign, duty), takes_nothing)
    met_at = None
    for fact in known:  # in the order they came: the report that completes it sets met_at
        if first <= fact.day <= last and tally.add(fact):
            met = tally.have(duty) >= need and (tally.stated or not duty.pledge)
            met_at = (met_at or fact.made_at) if met else None
    have = tally.have(duty)
    standing = _standing(met_at, due_at, now, period.start > today)
    unpledged = have >= need and bool(duty.pledge) and not tally.stated
    return DutyState(org, key, duty, period, standing, due_at, have, need, unpledged, met_at)


@dataclass(slots=True)
class _Tally:
    indicator: str
    statement: str
    level: bool
    takes_nothing: bool  # an explicit nothing meets it: at_least is 0 and no word is wanted beside
    stated: bool = False
    total: Decimal = Decimal(0)
    readings: dict[str, tuple[date, Decimal]] = field(default_factory=dict)

    def add(self, fact: Fact) -> bool:
        """Take a figure in; returns whether it has to do with this duty."""
        if fact.indicator == self.statement:
            self.stated = True
            return True
        if fact.indicator == NOTHING:
            return self.takes_nothing
        if fact.indicator != self.indicator:
            return False
        known = self.readings.get(fact.part)
        if not self.level:
            self.total += fact.value
        elif known is None or fact.day >= known[0]:
            self.readings[fact.part] = (fact.day, fact.value)
        return True

    def have(self, duty: Duty) -> Decimal:
        if duty.kind is DutyKind.DOCUMENT:
            return Decimal(self.stated)
        return sum((value for _, value in self.readings.values()), self.total)


def _span(campaign: Campaign, duty: Duty, period: Period) -> tuple[date, date]:
    """Return the days whose figures count. What is due once also counts what was done before the start or handed in
    while the campaign closes (decisions 16; decided by us 2026-11-24)."""
    if duty.cycle is Cycle.ONCE:
        return campaign.reports_from, campaign.closes_on
    return period.start, period.end


def _is_level(campaign: Campaign, duty: Duty) -> bool:
    return duty.indicator is not None and campaign.indicators[duty.indicator].kind is IndicatorKind.LEVEL


def _need(duty: Duty, org: OrgState) -> Decimal:
    if duty.kind is not DutyKind.SHARE:
        return duty.at_least if duty.kind is DutyKind.FIGURE else Decimal(1)
    return duty.at_least * (getattr(org, duty.of or "headcount") or 0)


def _standing(met_at: datetime | None, due_at: datetime, now: datetime, ahead: bool) -> Standing:
    if met_at is not None:
        return Standing.DONE if met_at <= due_at else Standing.DONE_LATE
    if ahead:
        return Standing.AHEAD
    return Standing.OWED if now <= due_at else Standing.OVERDUE


def states(
    session: Session,
    campaign: Campaign,
    now: datetime,
    *,
    org_ids: Iterable[int] | None = None,
    duties: Iterable[str] | None = None,
) -> list[DutyState]:
    """Evaluate from the database: all orgs or some, all duties or some."""
    chosen = None if org_ids is None else set(org_ids)
    orgs = [OrgState.of(org) for org in all_orgs(session) if chosen is None or org.id in chosen]
    keys = list(campaign.duties if duties is None else duties)
    indicators = {NOTHING} | {DUTY + key for key in keys} | {campaign.duties[key].indicator or "" for key in keys}
    known = facts(session, org_ids=chosen, indicators=indicators)
    return evaluate(campaign, orgs, known, now, keys)
