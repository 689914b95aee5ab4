"""Ranked lists of orgs: computed by pure functions, published as frozen rows with an issue number.

Ranks are of organisations, never of persons (rules of 2023-12 and 2024-08 against formalism at the fingertips).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, UtcDateTime
from models.campaign.definition import Campaign, IndicatorKind, Ranking
from models.ledger import Fact, facts, latest_readings
from models.messages import RankRow, RankTable, table_from_json, table_to_json
from models.people import Org, all_orgs

NO_ATTRIBUTE = {"population": "缺人口数", "headcount": "缺人数"}  # marks of an org that cannot be ranked


class IssueStatus(Enum):
    """The life of an issue."""

    PUBLISHED = "published"
    RECALLED = "recalled"


class RankingIssue(Base):
    """A ranking as published. Later corrections never change it."""

    __tablename__ = "ranking_issue"
    __table_args__ = (UniqueConstraint("ranking", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ranking: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]  # 第 n 期, counted for each ranking from 1
    status: Mapped[IssueStatus]
    table: Mapped[dict[str, Any]] = mapped_column(JSON)  # RankTable
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the clock
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))


@dataclass(frozen=True, slots=True)
class RankedOrg:
    """What a ranking needs to know of an org."""

    id: int
    name: str
    population: int | None
    headcount: int | None


@dataclass(frozen=True, slots=True)
class _Score:
    org: str
    value: Decimal | None
    marks: tuple[str, ...]
    stale: bool


def compute(
    campaign: Campaign,
    key: str,
    orgs: Sequence[RankedOrg],
    known: Iterable[Fact],
    now: datetime,
    previous: RankTable | None = None,
) -> RankTable:
    """Rank orgs. Pure.

    orgs:     those of the ranking's kind, in roster order.
    known:    the figures that count; others than the ranking's indicators are passed over.
    now:      aware; printed as the moment up to which reports are in.
    previous: the last published issue; movements are measured against it.

    Values are rounded half up to the ranking's decimals before they are compared, so that what looks equal is a tie.
    Ties share a rank and the next one is skipped (1 2 2 4). Orgs without a figure stand at the end with rank None.
    Decisions 17 and 19: what is there is ranked and what is missing is marked.
    """
    ranking = campaign.rankings[key]
    by_org: dict[int, list[Fact]] = {}
    for fact in known:
        if fact.indicator in ranking.value:
            by_org.setdefault(fact.org_id, []).append(fact)
    today = campaign.local_day(now)
    scores = [_score(campaign, ranking, org, by_org.get(org.id, []), today) for org in orgs]
    before = {row.org: row for row in previous.rows} if previous else {}
    return RankTable(
        ranking=key,
        title=ranking.name,
        unit=ranking.unit,
        decimals=ranking.decimals,
        as_of=now,
        rows=_ranked(scores, before, high_first=ranking.direction == "high"),
        note=ranking.note,
        since=previous.number if previous else None,
    )


def _score(campaign: Campaign, ranking: Ranking, org: RankedOrg, known: list[Fact], today: date) -> _Score:
    if not known:
        return _Score(org.name, None, (), False)
    attribute = getattr(org, ranking.per) if ranking.per else 1
    if not attribute:
        return _Score(org.name, None, (NO_ATTRIBUTE[ranking.per or ""],), False)
    flows = [fact for fact in known if campaign.indicators[fact.indicator].kind is IndicatorKind.FLOW]
    levels = latest_readings(
        fact for fact in known if campaign.indicators[fact.indicator].kind is IndicatorKind.LEVEL
    ).values()
    total = sum((fact.value for fact in (*flows, *levels)), Decimal(0))
    value = (total * ranking.scale / attribute).quantize(Decimal(1).scaleb(-ranking.decimals), ROUND_HALF_UP)
    limit = ranking.stale_days
    stale = limit is not None and any(today - fact.day > timedelta(days=limit) for fact in levels)
    return _Score(org.name, value, _missing_parts(campaign, ranking, known), stale)


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


def _ranked(scores: list[_Score], before: dict[str, RankRow], *, high_first: bool) -> tuple[RankRow, ...]:
    placed = [(score, score.value) for score in scores if score.value is not None]
    placed.sort(key=lambda pair: -pair[1] if high_first else pair[1])
    rows: list[RankRow] = []
    for position, (score, value) in enumerate(placed, 1):
        tied = rows and rows[-1].value == value
        rank = rows[-1].rank if tied else position
        old = before.get(score.org)
        moved = old.rank - rank if old and old.rank is not None and rank is not None else None
        change = value - old.value if old and old.value is not None else None
        rows.append(RankRow(score.org, rank, value, moved, score.stale, score.marks, change))
    rows.extend(RankRow(s.org, None, None, None, False, s.marks) for s in scores if s.value is None)
    return tuple(rows)


def current(session: Session, campaign: Campaign, key: str, now: datetime) -> RankTable:
    """Rank with what the ledger holds now, against the last published issue. Not numbered: a preview."""
    ranking = campaign.rankings[key]
    orgs = [
        RankedOrg(org.id, org.name, org.population, org.headcount)
        for org in all_orgs(session)
        if org.kind == ranking.among and _takes_part(org, campaign.local_day(now))
    ]
    known = facts(session, org_ids=[org.id for org in orgs], indicators=ranking.value)
    return compute(campaign, key, orgs, known, now, last_issue(session, key))


def _takes_part(org: Org, today: date) -> bool:
    return (org.joined_on is None or org.joined_on <= today) and (org.left_on is None or org.left_on >= today)


def last_issue(session: Session, key: str) -> RankTable | None:
    """Return the newest issue of a ranking that stands, or None before the first."""
    issue = session.scalar(
        select(RankingIssue)
        .where(RankingIssue.ranking == key, RankingIssue.status == IssueStatus.PUBLISHED)
        .order_by(RankingIssue.number.desc())
        .limit(1)
    )
    return table_from_json(issue.table) if issue else None


def publish(
    session: Session,
    table: RankTable,
    now: datetime,
    *,
    person_id: int | None = None,
    occurrence_id: int | None = None,
) -> RankTable:
    """Freeze a ranking under the next issue number; return it with its number.

    The number is unique: of two who publish at once, one transaction fails and changes nothing.
    """
    highest = session.scalar(select(func.max(RankingIssue.number)).where(RankingIssue.ranking == table.ranking)) or 0
    numbered = replace(table, number=highest + 1)
    session.add(
        RankingIssue(
            ranking=table.ranking,
            number=highest + 1,
            status=IssueStatus.PUBLISHED,
            table=table_to_json(numbered),
            published_at=now,
            published_by_id=person_id,
            occurrence_id=occurrence_id,
        )
    )
    session.flush()
    return numbered
