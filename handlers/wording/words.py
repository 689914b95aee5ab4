"""The small parts that every sentence is made of: dates, figures, names, lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from models.campaign.definition import Campaign, Cycle, DutyKind
from models.campaign.periods import filed_deadline
from models.duties import DutyState, Standing
from models.figures import grouped
from models.people import Role

WEEKDAYS = "一二三四五六日"
ROLE_NAMES = {Role.LIAISON: "联络员", Role.ADMIN: "管理员", Role.VIEWER: "查看员"}
SHORTEST_LIST = 40  # names that an answer lists before it says how many more there are


def day_words(day: date) -> str:
    """Write a date: 5月12日."""
    return f"{day.month}月{day.day}日"


def moment_words(campaign: Campaign, moment: datetime) -> str:
    """Write a moment: 5月12日 09:10, in the campaign's zone."""
    local = moment.astimezone(campaign.tz)
    return f"{day_words(local.date())} {local:%H:%M}"


def label(campaign: Campaign, indicator: str, part: str = "") -> str:
    """Name a figure as people do: 进社区, 抖音关注, 宣传手册."""
    definition = campaign.indicators[indicator]
    if not part:
        return definition.name
    phrases = definition.named_by.get(part)
    if phrases:
        return phrases[0]
    return f"{part}{definition.needs[0]}" if definition.needs else f"{definition.name}（{part}）"


def amount(campaign: Campaign, indicator: str, value: Decimal) -> str:
    """Write a figure with its measure: 3,000册."""
    return f"{grouped(value)}{campaign.indicators[indicator].measure}"


def names_list(names: Sequence[str], limit: int = SHORTEST_LIST) -> str:
    """Join names; beyond the limit say how many more there are."""
    shown = "、".join(names[:limit])
    return f"{shown} 等{len(names):,}家" if len(names) > limit else shown


def numbered(labels: Sequence[str]) -> str:
    """Write options: 1 宣传手册."""
    return "\n".join(f"{number} {label}" for number, label in enumerate(labels, 1))


def week_words(start: date, end: date) -> str:
    """Name a campaign week by its days."""
    return f"（{start.month}.{start.day}至{end.month}.{end.day}）"


def example_report(campaign: Campaign) -> str:
    """Build an example from the campaign's own indicators."""
    hints = [indicator.hint for indicator in campaign.indicators.values() if indicator.hint]
    return "，".join(hints[:3])


def figure_example(campaign: Campaign) -> str:
    """Build the example of one figure: 手册 500册."""
    return next((indicator.hint for indicator in campaign.indicators.values() if indicator.hint), "")


def filled(campaign: Campaign, text: str, org: str) -> str:
    """Fill {report}, {figure}, {name}, {duty}, {ranking} and {org} of an example from the live campaign."""
    if "{" not in text:
        return text
    duty = next(iter(campaign.duties.values()), None)
    ranking = next(iter(campaign.rankings.values()), None)
    indicator = next((each for each in campaign.indicators.values() if each.hint), None)
    return text.format(
        report=example_report(campaign),
        figure=figure_example(campaign),
        name=indicator.name if indicator else "",
        duty=(duty.names or (duty.name,))[0] if duty else "",
        ranking=(ranking.names or (ranking.name,))[0] if ranking else "",
        org=org,
    )


def noted(text: str, note: str) -> str:
    """Put what has been done about something behind it."""
    return f"{text}，{note}" if note else text


def owed_words(campaign: Campaign, state: DutyState) -> str:
    """Say what is missing of one duty and until when."""
    due = state.due_at.astimezone(campaign.tz)
    until = f"{day_words(due.date())}{due:%H:%M}前"
    if state.standing is Standing.OVERDUE:
        until = f"{day_words(due.date())}已到期"
    if state.duty.cycle is Cycle.WEEKLY and state.due_at != filed_deadline(campaign, state.duty, state.period):
        start, end = state.period.start, state.period.end  # given longer: the day no longer tells the week
        until = f"{start.month}.{start.day}至{end.month}.{end.day}这周的，{until}"
    return f"{state.duty.name}{_gap(campaign, state)}（{until}）"


def _gap(campaign: Campaign, state: DutyState) -> str:
    if state.pledge_missing:
        return f"，还缺一句“{state.duty.pledge[0]}”"
    if state.duty.kind is DutyKind.DOCUMENT or not state.duty.indicator or not state.have:
        return ""
    missing = state.need - state.have
    return f"，还差{amount(campaign, state.duty.indicator, missing)}" if missing > 0 else ""
