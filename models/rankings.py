"""Ranked lists of orgs. Pure: figures or duty states in, a table ready to print out. What is published: issues.py.

Ranks are of organisations, never of persons (rules of 2023-12 and 2024-08 against formalism at the fingertips).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from models.campaign.definition import Campaign, IndicatorKind, Ranking, RollUp
from models.campaign.periods import Period, last_week, this_week
from models.duties import DutyState
from models.ledger import Fact, latest_readings
from models.messages import RankRow, RankTable
from models.phrases import span as days_words

OWES_NOTHING = "没有到期任务"  # mark of an org that a completion ranking cannot place
NO_ATTRIBUTE = {"population": "缺人口数", "headcount": "缺人数"}  # marks of an org that cannot be ranked


@dataclass(frozen=True, slots=True)
class RankedOrg:
    """What a ranking needs to know of an org."""

    id: int
    name: str
    population: int | None
    headcount: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """How the value of one org comes about; the explanation reads the same as the ranking."""

    org: RankedOrg
    value: Decimal | None  # rounded to the ranking's decimals
    marks: tuple[str, ...] = ()
    stale: bool = False
    total: Decimal = Decimal(0)  # of the figures, or of the duties done
    base: Decimal | None = None  # what it is divided by; None: by nothing
    parts: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)  # (indicator, part) -> what it adds
    below: int = 0  # orgs under it whose figures are in it


def compute(
    campaign: Campaign,
    key: str,
    orgs: Sequence[RankedOrg],
    known: Iterable[Fact],
    now: datetime,
    previous: RankTable | None = None,
    *,
    parents: Mapping[int, int | None] | None = None,
    states: Iterable[DutyState] = (),
) -> RankTable:
    """Rank orgs. Pure.

    orgs:     those of the ranking's kind, in roster order.
    known:    the figures that count; others than the ranking's indicators are passed over.
    now:      aware; printed as the moment up to which reports are in.
    previous: the last published issue; movements and changes are measured against it.
    parents:  org -> its superior, for a ranking that rolls up.
    states:   how the duties stand at `now`, for a completion ranking.

    Values are rounded half up to the ranking's decimals before they are compared, so that what looks equal is a tie.
    Ties share a rank and the next one is skipped (1 2 2 4). Orgs without a figure stand at the end with rank None.
    Decisions 17 and 19: what is there is ranked and what is missing is marked.
    """
    ranking = campaign.rankings[key]
    found = scores(campaign, ranking, orgs, known, now, parents=parents, states=states)
    before = {row.org: row for row in previous.rows} if previous else {}
    return RankTable(
        ranking=key,
        title=title(campaign, ranking, now),
        unit=ranking.unit,
        decimals=ranking.decimals,
        as_of=now,
        rows=_ranked(found, before, high_first=ranking.direction == "high"),
        note=_note(ranking),
        issuer=f"{campaign.office} {campaign.short_name}",
        since=previous.number if previous else None,
    )


def title(campaign: Campaign, ranking: Ranking, now: datetime) -> str:
    """Name a ranking, with its days when it is of one week."""
    days = span(campaign, ranking, now)
    return ranking.name if days is None else f"{ranking.name}（{days_words(Period('', 0, *days))}）"


def span(campaign: Campaign, ranking: Ranking, now: datetime) -> tuple[date, date] | None:
    """Return the first and last day whose figures count, or None: all of them."""
    if ranking.period == "all":
        return None
    return (this_week if ranking.period == "week" else last_week)(campaign, campaign.local_day(now))


def scores(
    campaign: Campaign,
    ranking: Ranking,
    orgs: Sequence[RankedOrg],
    known: Iterable[Fact],
    now: datetime,
    *,
    parents: Mapping[int, int | None] | None = None,
    states: Iterable[DutyState] = (),
) -> list[Score]:
    """Work out the value of each org, in the order given. See compute() for the arguments."""
    days = span(campaign, ranking, now)
    if ranking.kind == "completion":
        return _completion(ranking, orgs, states, days)
    counted = (
        fact for fact in known if fact.indicator in ranking.value and (days is None or days[0] <= fact.day <= days[1])
    )
    by_org = gathered(counted, {org.id for org in orgs}, parents or {}, ranking.roll_up)
    today = campaign.local_day(now)
    return [_score(campaign, ranking, org, by_org.get(org.id, []), today) for org in orgs]


def gathered(
    known: Iterable[Fact], ranked: set[int], parents: Mapping[int, int | None], roll_up: RollUp
) -> dict[int, list[Fact]]:
    """Give each figure to the one ranked org that it counts for: its own, else the nearest above it.

    With FILL an org that reports an indicator itself means everybody under it too: nothing from below is added to it,
    so that a city's total and its counties' figures never count twice.
    """
    own: dict[int, dict[str, list[Fact]]] = {}
    for fact in known:
        own.setdefault(fact.org_id, {}).setdefault(fact.indicator, []).append(fact)
    by_org: dict[int, list[Fact]] = {}
    for org_id, indicators in own.items():
        for indicator, found in indicators.items():
            place = org_id if roll_up is RollUp.NONE else _place(org_id, indicator, ranked, parents, own, roll_up)
            if place in ranked:
                by_org.setdefault(place, []).extend(found)
    return by_org


def _place(
    org_id: int,
    indicator: str,
    ranked: set[int],
    parents: Mapping[int, int | None],
    own: Mapping[int, Mapping[str, list[Fact]]],
    roll_up: RollUp,
) -> int | None:
    """Climb to the ranked org that a figure counts for; None when somebody on the way has said it for all below."""
    at: int | None = org_id
    while at is not None and at not in ranked:
        at = parents.get(at)
        if at is not None and roll_up is RollUp.FILL and indicator in own.get(at, {}):
            return None
    return at


def _score(campaign: Campaign, ranking: Ranking, org: RankedOrg, known: list[Fact], today: date) -> Score:
    if not known:
        return Score(org, None)
    attribute = getattr(org, ranking.per) if ranking.per else 1
    flows = [fact for fact in known if campaign.indicators[fact.indicator].kind is IndicatorKind.FLOW]
    levels = latest_readings(
        fact for fact in known if campaign.indicators[fact.indicator].kind is IndicatorKind.LEVEL
    ).values()
    parts: dict[tuple[str, str], Decimal] = {}
    for fact in (*flows, *levels):
        place = (fact.indicator, fact.part)
        parts[place] = parts.get(place, Decimal(0)) + fact.value
    total = sum(parts.values(), Decimal(0))
    below = len({fact.org_id for fact in known} - {org.id})
    if not attribute:
        return Score(org, None, (NO_ATTRIBUTE[ranking.per or ""],), total=total, parts=parts, below=below)
    limit = ranking.stale_days
    return Score(
        org,
        _rounded(ranking, total * ranking.scale / attribute),
        _missing_parts(campaign, ranking, known),
        stale=limit is not None and any(today - fact.day > timedelta(days=limit) for fact in levels),
        total=total,
        base=Decimal(attribute) if ranking.per else None,
        parts=parts,
        below=below,
    )


def _completion(
    ranking: Ranking, orgs: Sequence[RankedOrg], states: Iterable[DutyState], days: tuple[date, date] | None
) -> list[Score]:
    """Score the share of duties done of those that have begun. Late counts as done; who owes nothing is not ranked."""
    done: dict[int, dict[tuple[str, str], Decimal]] = {}
    for state in states:
        in_time = days is None or (state.period.start <= days[1] and state.period.end >= days[0])
        counted = not ranking.duties or state.key in ranking.duties
        if in_time and counted and state.standing.counted:
            done.setdefault(state.org.id, {})[state.key, state.period.key] = Decimal(state.standing.met)
    found = []
    for org in orgs:
        parts = done.get(org.id, {})
        total, base = sum(parts.values(), Decimal(0)), Decimal(len(parts))
        value = _rounded(ranking, total * ranking.scale / base) if parts else None
        found.append(Score(org, value, () if parts else (OWES_NOTHING,), total=total, base=base, parts=parts))
    return found


def _rounded(ranking: Ranking, value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-ranking.decimals), ROUND_HALF_UP)


def _note(ranking: Ranking) -> str:
    """Explain the value, and declare the rounding where there is one."""
    exact = ranking.per is None and ranking.kind == "figures"
    rounding = "" if exact else f"四舍五入保留{ranking.decimals}位小数。" if ranking.decimals else "四舍五入取整数。"
    return ranking.note + rounding


def _missing_parts(campaign: Campaign, ranking: Ranking, known: list[Fact]) -> tuple[str, ...]:
    """Mark dimension values that a level lacks: an org with 2 of 5 platforms is ranked on them and says so."""
    missing = 0
    name = ""
    for key in ranking.value:
        indicator = campaign.indicators[key]
        if indicator.kind is IndicatorKind.LEVEL and indicator.by:
            dimension = campaign.dimensions[indicator.by]
            name = dimension.name
            missing += len(set(dimension.values) - {fact.part for fact in known if fact.indicator == key})
    return (f"缺{missing}{name}",) if missing else ()


def _ranked(found: Sequence[Score], before: Mapping[str, RankRow], *, high_first: bool) -> tuple[RankRow, ...]:
    placed = [(score, score.value) for score in found if score.value is not None]
    placed.sort(key=lambda pair: -pair[1] if high_first else pair[1])
    rows: list[RankRow] = []
    for position, (score, value) in enumerate(placed, 1):
        name = score.org.name
        rank = rows[-1].rank if rows and rows[-1].value == value else position
        old = before.get(name)
        moved = old.rank - rank if old and old.rank is not None and rank is not None else None
        change = value - old.value if old and old.value is not None else None
        rows.append(RankRow(name, rank, value, moved, score.stale, score.marks, change))
    rows.extend(RankRow(s.org.name, None, None, None, False, s.marks) for s in found if s.value is None)
    return tuple(rows)
