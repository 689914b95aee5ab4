"""How a ranking stands now, from the database: rows, how each comes about, what of the last issue was corrected.

Called by handlers and schedules for previews and issues; what becomes of an issue stands in issues.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.campaign.definition import Campaign, Ranking
from models.duties import states
from models.issues import last_issue
from models.ledger import Entry, Fact, Report, ReportKind, facts, first_of
from models.messages import Corrected, RankTable
from models.people import Org, all_orgs
from models.rankings import RankedOrg, Score, compute, scores


def current(session: Session, campaign: Campaign, key: str, now: datetime) -> RankTable:
    """Rank with what the ledger holds now, against the last published issue. Not numbered: a preview."""
    previous = last_issue(session, key)
    orgs = all_orgs(session)
    ranking = campaign.rankings[key]
    table = _table(session, campaign, key, orgs, _facts(session, ranking, orgs), now, previous)
    if previous is None:
        return table
    return replace(table, corrections=_corrections(session, campaign, key, orgs, previous))


def inputs(session: Session, campaign: Campaign, key: str, now: datetime) -> list[Score]:
    """Return how the value of each org comes about now, in roster order."""
    ranking, orgs = campaign.rankings[key], all_orgs(session)
    return scores(
        campaign,
        ranking,
        _ranked_orgs(campaign, ranking, orgs, campaign.local_day(now)),
        _facts(session, ranking, orgs),
        now,
        parents={org.id: org.parent_id for org in orgs},
        states=states(session, campaign, now) if ranking.kind == "completion" else (),
    )


def _facts(session: Session, ranking: Ranking, orgs: Sequence[Org]) -> list[Fact]:
    if ranking.kind == "completion":
        return []
    return facts(session, indicators=ranking.value)


def _ranked_orgs(campaign: Campaign, ranking: Ranking, orgs: Sequence[Org], today: date) -> list[RankedOrg]:
    return [
        RankedOrg(org.id, org.name, org.population, org.headcount)
        for org in orgs
        if org.kind == ranking.among and _takes_part(org, today)
    ]


def _takes_part(org: Org, today: date) -> bool:
    return (org.joined_on is None or org.joined_on <= today) and (org.left_on is None or org.left_on >= today)


def _table(
    session: Session,
    campaign: Campaign,
    key: str,
    orgs: Sequence[Org],
    known: Sequence[Fact],
    now: datetime,
    previous: RankTable | None,
) -> RankTable:
    ranking = campaign.rankings[key]
    return compute(
        campaign,
        key,
        _ranked_orgs(campaign, ranking, orgs, campaign.local_day(now)),
        known,
        now,
        previous,
        parents={org.id: org.parent_id for org in orgs},
        states=states(session, campaign, now) if ranking.kind == "completion" else (),
    )


def _corrections(
    session: Session, campaign: Campaign, key: str, orgs: Sequence[Org], previous: RankTable
) -> tuple[Corrected, ...]:
    """List the values of the last issue that would be others today: its figures, with what was corrected since.

    A completion ranking has none: what is done late is no correction.
    """
    ranking = campaign.rankings[key]
    if ranking.kind == "completion":
        return ()
    late = _corrected_since(session, previous.as_of)
    if not late and not _cancelled_since(session, previous.as_of):
        return ()
    known = [
        fact
        for fact in facts(session, indicators=ranking.value)
        if fact.made_at <= previous.as_of or fact.entry_id in late
    ]
    then = _table(session, campaign, key, orgs, known, previous.as_of, None)
    values = {row.org: row.value for row in then.rows}
    return tuple(
        Corrected(row.org, row.value, values[row.org])
        for row in previous.rows
        if row.org in values and values[row.org] != row.value
    )


def _corrected_since(session: Session, as_of: datetime) -> set[int]:
    """Return the entries that corrections made after a moment put in the place of figures reported before it."""
    query = select(Entry.id, Report.id).join(Report, Report.id == Entry.report_id)
    rows = session.execute(
        query.where(Report.made_at > as_of, Report.kind.in_((ReportKind.CORRECTION, ReportKind.UNDO)))
    ).all()
    begun = {report_id: session.get_one(Report, first_of(session, report_id)).made_at for _, report_id in rows}
    return {entry_id for entry_id, report_id in rows if begun[report_id] <= as_of}


def _cancelled_since(session: Session, as_of: datetime) -> bool:
    """Tell whether anything was corrected or undone after a moment at all."""
    query = select(Report.id).where(Report.made_at > as_of, Report.kind.in_((ReportKind.CORRECTION, ReportKind.UNDO)))
    return session.scalar(query.limit(1)) is not None
