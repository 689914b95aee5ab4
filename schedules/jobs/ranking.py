"""Rankings by the clock: issued to the group where the campaign file says so, else shown to the admins to decide.

Source: decisions 13 (approval), 22 (a published ranking is a frozen row). Ranks are of organisations, never of persons.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import rankings
from models.audit import note
from models.campaign.definition import Campaign, Ranking
from models.messages import Content, Draft, Picture, RankTable, Recipient, TableText, Text
from models.quiet import release
from schedules import wording
from schedules.claims import Claimed
from schedules.jobs.telling import NEWS_LIFE, tell_admins


def run(session: Session, campaign: Campaign, claimed: Sequence[Claimed], now: datetime) -> list[Draft]:
    """Issue or preview a ranking: text and picture.

    Without a single figure nothing goes to the group and no issue number is used; the admins are told so.
    Decided by us 2026-11-24.
    """
    one = claimed[0]
    rule = one.firing.rule_key
    key = one.firing.rule.ranking or ""
    definition = campaign.rankings[key]
    table = rankings.current(session, campaign, key, now)
    if all(row.value is None for row in table.rows):
        text = wording.no_data(campaign, table.title, _example(campaign, definition))
        return tell_admins(session, campaign, rule, [Text(text)], now)
    if definition.approval == "none":
        issue = rankings.publish(session, table, now, occurrence_id=one.occurrence_id)
        note(session, "publish", f"ranking:{key}", now, after={"number": issue.number})
        return _to_group(campaign, definition, rule, issue, now)
    command = definition.names[0] if definition.names else definition.name
    contents: list[Content] = [Text(wording.preview(campaign, table.title, command)), TableText(table), Picture(table)]
    return tell_admins(session, campaign, rule, contents, now)


def _to_group(campaign: Campaign, definition: Ranking, rule: str, issue: RankTable, now: datetime) -> list[Draft]:
    at = release(campaign, now)
    group = Recipient(f"robot:{definition.group}")
    contents = (TableText(issue), Picture(issue))
    return [Draft(group, content, rule, not_before=at, expires_at=at + NEWS_LIFE) for content in contents]


def _example(campaign: Campaign, definition: Ranking) -> str:
    indicator = campaign.indicators[definition.value[0]]
    return indicator.hint or f"{indicator.name}1{indicator.measure}"
