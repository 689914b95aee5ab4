"""Who owes what, for which period, and how it stands. Pure: (campaign, orgs, facts, now) in, states out.

我的, 进度, 未报, reminders, chases and lists all read evaluate(), so that they can never disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, Cycle, Duty, DutyKind, IndicatorKind
from models.campaign.periods import Period, deadline, periods
from models.excuses import Excused, excuses
from models.ledger import DUTY, MANY, NOTHING, Fact, facts, replaced
from models.people import Org

ONE_MINUTE = timedelta(minutes=1)


class Standing(Enum):
    """How a duty stands for one org and one period."""

    AHEAD = "ahead"  # its period has not begun
    OWED = "owed"
    OVERDUE = "overdue"
    DONE = "done"
    DONE_LATE = "done-late"
    EXCUSED = "excused"  # 免报: an admin has said that it need not

    @property
    def open(self) -> bool:
        """Tell whether the org still has to act."""
        return self in (Standing.OWED, Standing.OVERDUE)

    @property
    def met(self) -> bool:
        """Tell whether it is done, in time or late."""
        return self in (Standing.DONE, Standing.DONE_LATE)

    @property
    def counted(self) -> bool:
        """Tell whether it belongs to the denominator now: begun or met, and not excused."""
        return self.open or self.met


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
    gone: bool = False  # the org has left since: it failed or met it, and is not asked any more

    @property
    def asked(self) -> bool:
        """Tell whether the org may be reminded of it."""
        return self.standing.open and not self.gone

    @property
    def begun(self) -> bool:
        """Tell whether a part of it is there: some of the figure, or the figure without its word."""
        return self.pledge_missing or 0 < self.have < self.need


def evaluate(
    campaign: Campaign,
    orgs: Sequence[OrgState],
    known: Iterable[Fact],
    now: datetime,
    duties: Iterable[str] | None = None,
    excused: Collection[Excused] = frozenset(),
) -> list[DutyState]:
    """List the state of each duty for each org of its audience and each of its periods.

    orgs:    in the order wanted in lists.
    known:   the figures that count, duty statements included, oldest first; those that once did (ended_at) are welcome.
    now:     aware moment; a period that has not begun by then is AHEAD.
    duties:  keys to evaluate, all when None.
    excused: (org id, duty, period key); an empty key means every period. What was reported all the same counts.

    Returns duties in file order, periods oldest first, then orgs. An org owes what falls due while it belongs: not what
    was due before it joined or after it left. A figure counts for the period of its day, whenever it was reported;
    what meets a duty after the minute of its deadline meets it late, but a correction does not undo punctuality: what
    was met at the deadline and is met now was met in time. Decided by us 2026-11-24; see tests/rules/duties.tsv.
    """
    wanted = campaign.duties if duties is None else {key: campaign.duties[key] for key in duties}
    buckets = _by_indicator(known)
    today = campaign.local_day(now)
    states = []
    for key, duty in wanted.items():
        mine = _of_duty(buckets, key, duty)
        audience = [org for org in orgs if org.kind in duty.audience and _can_be_judged(duty, org)]
        for period in periods(campaign, duty):
            general = deadline(campaign, duty, period)
            due_on = campaign.local_day(general)
            case = _Case(campaign, key, duty, period, now, today)
            own = bool(duty.moved.own)
            for org in audience:
                due_at = general
                if own:  # one that was given longer is not overdue before its own deadline
                    due_at = deadline(campaign, duty, period, org.id)
                if _belongs(org, due_on if due_at == general else campaign.local_day(due_at)):
                    free = bool(excused) and ((org.id, key, "") in excused or (org.id, key, period.key) in excused)
                    states.append(_state(case, org, due_at, mine.get(org.id, ()), free=free))
    return states


def _by_indicator(known: Iterable[Fact]) -> dict[str, list[tuple[int, Fact]]]:
    """Sort figures by what they are of, once for all duties; each with its place in the order given."""
    buckets: dict[str, list[tuple[int, Fact]]] = {}
    for place, fact in enumerate(known):
        buckets.setdefault(fact.indicator, []).append((place, fact))
    return buckets


def _of_duty(buckets: Mapping[str, list[tuple[int, Fact]]], key: str, duty: Duty) -> dict[int, list[Fact]]:
    """Return by org what has to do with a duty, in the order given."""
    parts = [buckets[name] for name in dict.fromkeys((duty.indicator or "", DUTY + key, NOTHING)) if name in buckets]
    every = parts[0] if len(parts) == 1 else sorted((each for part in parts for each in part), key=itemgetter(0))
    by_org: dict[int, list[Fact]] = {}
    for _, fact in every:
        by_org.setdefault(fact.org_id, []).append(fact)
    return by_org


def _belongs(org: OrgState, due_on: date) -> bool:
    return (org.joined_on is None or org.joined_on <= due_on) and (org.left_on is None or org.left_on >= due_on)


def _can_be_judged(duty: Duty, org: OrgState) -> bool:
    """A share needs its attribute; `check` names the orgs that lack it."""
    return duty.kind is not DutyKind.SHARE or bool(getattr(org, duty.of or "headcount"))


class _Case:
    """What is the same for every org of a duty and a period."""

    def __init__(self, campaign: Campaign, key: str, duty: Duty, period: Period, now: datetime, today: date) -> None:
        self.key, self.duty, self.period, self.now, self.today = key, duty, period, now, today
        self.first, self.last = _span(campaign, duty, period)
        self.level = _is_level(campaign, duty)
        self.takes_nothing = duty.kind is DutyKind.FIGURE and duty.at_least == 0 and not duty.pledge
        self.ahead = period.start > today
        self.empty = self.tally()  # of who has reported nothing; never added to

    def tally(self) -> _Tally:
        """Return an empty count."""
        return _Tally(self.duty.indicator or "", DUTY + self.key, self.level, self.takes_nothing)


def _state(case: _Case, org: OrgState, due_at: datetime, known: Sequence[Fact], *, free: bool) -> DutyState:
    duty, need = case.duty, _need(case.duty, org)
    tally, met_at = case.empty, None
    if known:  # nothing is known of most, at the beginning of a campaign of thousands
        tally, met_at = _count(case, need, (fact for fact in known if fact.ended_at is None))
    if met_at is not None and _past(due_at, met_at):  # too late, or was it there in time and only corrected since?
        then = [f for f in known if not _past(due_at, f.made_at) and (f.ended_at is None or _past(due_at, f.ended_at))]
        met_at = _count(case, need, then)[1] or met_at
    have = tally.have(duty)
    standing = _standing(met_at, due_at, case.now, ahead=case.ahead, free=free)
    unpledged = have >= need and bool(duty.pledge) and not tally.stated
    gone = org.left_on is not None and org.left_on < case.today
    return DutyState(org, case.key, duty, case.period, standing, due_at, have, need, unpledged, met_at, gone)


def _count(case: _Case, need: Decimal, known: Iterable[Fact]) -> tuple[_Tally, datetime | None]:
    """Add figures up; returns also when the report came in that completed the duty, if it is complete."""
    duty, tally = case.duty, case.tally()
    met_at = None
    for fact in known:  # in the order they came
        if case.first <= fact.day <= case.last and tally.add(fact):
            met = tally.have(duty) >= need and (tally.stated or not duty.pledge)
            met_at = (met_at or fact.made_at) if met else None
    return tally, met_at


def _past(due_at: datetime, moment: datetime) -> bool:
    """Tell whether a moment is too late. The minute of a deadline belongs to it: 23:59 is the end of that day."""
    return moment >= due_at + ONE_MINUTE


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


def _standing(met_at: datetime | None, due_at: datetime, now: datetime, *, ahead: bool, free: bool) -> Standing:
    if met_at is not None:
        return Standing.DONE if free or not _past(due_at, met_at) else Standing.DONE_LATE
    if free:
        return Standing.EXCUSED
    if ahead:
        return Standing.AHEAD
    return Standing.OVERDUE if _past(due_at, now) else Standing.OWED


def org_states(session: Session, org_ids: Collection[int] | None = None) -> list[OrgState]:
    """List every org, or a few, in roster order, as duties see them."""
    columns = (
        Org.id,
        Org.name,
        Org.kind,
        Org.parent_id,
        Org.population,
        Org.headcount,
        Org.joined_on,
        Org.left_on,
    )
    if org_ids is not None and len(org_ids) == 1:  # what each report asks for: its org is in the session already
        return [OrgState.of(org) for org_id in org_ids if (org := session.get(Org, org_id))]
    query = select(*columns).order_by(Org.position, Org.id)
    if org_ids is not None:
        query = query.where(Org.id.in_(org_ids))
    return [OrgState(*row) for row in session.execute(query)]


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
    few = chosen if chosen is not None and len(chosen) <= MANY else None
    orgs = [org for org in org_states(session, few) if chosen is None or org.id in chosen]
    keys = list(campaign.duties if duties is None else duties)
    indicators = {NOTHING} | {DUTY + key for key in keys} | {campaign.duties[key].indicator or "" for key in keys}
    return settle(session, campaign, orgs, facts(session, org_ids=few, indicators=indicators), now, keys)


def settle(
    session: Session,
    campaign: Campaign,
    orgs: Sequence[OrgState],
    known: Sequence[Fact],
    now: datetime,
    duties: Iterable[str] | None = None,
) -> list[DutyState]:
    """Evaluate figures with what else the database knows: excuses, and what was there before it was corrected."""
    keys = list(campaign.duties if duties is None else duties)
    excused = excuses(session)
    found = evaluate(campaign, orgs, known, now, keys, excused)
    late = {state.org.id for state in found if state.standing is Standing.DONE_LATE}
    if late:  # was it there in time, and only corrected since?
        indicators = {NOTHING} | {DUTY + key for key in keys} | {campaign.duties[key].indicator or "" for key in keys}
        before = replaced(session, org_ids=late, indicators=indicators)
        every = sorted([*known, *before], key=lambda fact: fact.entry_id)
        found = evaluate(campaign, orgs, every, now, keys, excused)
    return found
