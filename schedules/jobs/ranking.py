"""Rankings by the clock: issued to the group where the campaign file says so, else shown to the admins to decide.

Source: decisions 13 (approval), 22 (a published ranking is a frozen row). Ranks are of organisations, never of persons.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import issues, standings
from models.audience import office
from models.campaign.definition import Campaign, Ranking
from models.messages import Content, Draft, Picture, RankTable, Recipient, TableText, Text
from models.quiet import release
from schedules import wording
from schedules.approvals import ask
from schedules.claims import Claimed
from schedules.jobs.telling import NEWS_LIFE, tell_admins
from schedules.rules import Firing


def look(session: Session, campaign: Campaign, firings: Sequence[Firing], now: datetime) -> RankTable:
    """Rank with what the ledger holds now. Only reads."""
    return standings.current(session, campaign, firings[0].rule.ranking or "", now)


def run(session: Session, campaign: Campaign, one: Claimed, table: RankTable, now: datetime) -> list[Draft]:
    """Issue or preview a ranking: text and picture. table: as it stands in this transaction.

    Without a single figure nothing goes to the group and no issue number is used; the admins are told so.
    Decided by us 2026-11-24.
    """
    rule = one.firing.rule_key
    key = one.firing.rule.ranking or ""
    definition = campaign.rankings[key]
    if all(row.value is None for row in table.rows):
        text = wording.no_data(campaign, table.title, _example(campaign, definition))
        return tell_admins(session, campaign, rule, [Text(text)], now)
    if definition.approval == "none":
        issue = issues.publish(session, table, now, occurrence_id=one.occurrence_id)
        return _to_group(session, campaign, definition, rule, issue, now)
    command = definition.names[0] if definition.names else definition.name
    preview = Text(wording.preview(campaign, table.title, command))
    contents: list[Content] = [preview, TableText(table), Picture(table)]
    held = issues.propose(session, table, now, occurrence_id=one.occurrence_id)
    reminder = Text(wording.still_waits(campaign, table.title, command))
    return ask(campaign, held, rule, contents, reminder, office(session, campaign), now, NEWS_LIFE)


def _to_group(
    session: Session, campaign: Campaign, definition: Ranking, rule: str, issue: RankTable, now: datetime
) -> list[Draft]:
    at = release(campaign, now)
    group = Recipient(f"robot:{definition.group}")
    contents = (TableText(issue), Picture(issue))
    about = issues.about_number(session, issue)
    return [Draft(group, content, rule, at, at + NEWS_LIFE, (about,)) for content in contents]


def _example(campaign: Campaign, definition: Ranking) -> str:
    if not definition.value:
        return campaign.duties[next(iter(definition.duties or campaign.duties))].name
    indicator = campaign.indicators[definition.value[0]]
    return indicator.hint or f"{indicator.name}1{indicator.measure}"
