"""Where things stand, to the admins: the morning brief on working days, and the wrap-up when the campaign has ended.

It is also the heartbeat: a morning without it means that the bot does not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.audience import audience
from models.campaign.definition import Campaign, RuleKind
from models.campaign.workdays import Workdays, published
from models.drafts import Question
from models.duties import DutyState, Standing, states
from models.ledger import Report, ReportKind
from models.messages import Draft, Text
from models.outbox import Notice, Status
from schedules import wording
from schedules.claims import Claimed
from schedules.jobs.telling import tell_admins
from schedules.rules import Firing, plan
from schedules.wording import Brief, DutyCount

BRIEF_LIFE = timedelta(hours=9)  # a brief is of its day (decided by us 2026-11-24)
UNSENT = (Status.FAILED, Status.UNCERTAIN, Status.EXPIRED)
NOVEMBER = 11  # the State Council publishes the next year about then (issue on the clock)
REPORTS = (ReportKind.REPORT, ReportKind.STATEMENT)


def run(session: Session, campaign: Campaign, claimed: Sequence[Claimed], now: datetime) -> list[Draft]:
    """Write the brief; a rule that fires once, after the last day, writes the wrap-up."""
    firing = claimed[0].firing
    if firing.rule.on is not None and firing.day > campaign.last_day:
        text = wording.wrap_up(campaign, _facts(session, campaign, now, whole=True))
        return tell_admins(session, campaign, firing.rule_key, [Text(text)], now)
    text = wording.brief(campaign, _facts(session, campaign, now, whole=False), now)
    return tell_admins(session, campaign, firing.rule_key, [Text(text)], now, BRIEF_LIFE)


def _facts(session: Session, campaign: Campaign, now: datetime, *, whole: bool) -> Brief:
    today = campaign.local_day(now)
    first = campaign.reports_from if whole else Workdays(campaign).previous_workday(today)
    since = datetime.combine(first, time(0), tzinfo=campaign.tz).astimezone(UTC)
    every = [state for state in states(session, campaign, now) if state.standing is not Standing.AHEAD]
    reports, reporters = session.execute(
        select(func.count(Report.id), func.count(func.distinct(Report.org_id))).where(
            Report.made_at >= since, Report.made_at <= now, Report.kind.in_(REPORTS)
        )
    ).one()
    people = audience(session, campaign)
    owing = {state.org.id: state.org.name for state in every}
    return Brief(
        reports=reports,
        reporters=reporters,
        since=first,
        waiting=session.scalar(select(func.count(Question.id)).where(Question.closed_at.is_(None))) or 0,
        duties=tuple(_counts(every, newest_only=not whole)),
        unjoined=tuple(name for org_id, name in owing.items() if not people.reporters(org_id)),
        sent=_notices(session, since, (Status.SENT,)),
        unsent=_notices(session, since, UNSENT),
        following=_following(campaign, now),
        calendar_gap=_calendar_gap(campaign, today),
    )


def _counts(every: Iterable[DutyState], *, newest_only: bool) -> list[DutyCount]:
    """Count by duty and period; newest_only keeps the newest period of each duty."""
    groups: dict[tuple[str, str], list[DutyState]] = {}
    for state in every:
        groups.setdefault((state.key, state.period.key), []).append(state)
    if newest_only:
        newest = {duty: (duty, period) for duty, period in groups}
        groups = {key: groups[key] for key in newest.values()}
    return [_count(found) for found in groups.values()]


def _count(found: Sequence[DutyState]) -> DutyCount:
    return DutyCount(
        duty=found[0].duty,
        period=found[0].period,
        due_at=found[0].due_at,
        done=sum(state.standing is Standing.DONE for state in found),
        late=sum(state.standing is Standing.DONE_LATE for state in found),
        missing=tuple(state.org.name for state in found if state.standing.open),
    )


def _notices(session: Session, since: datetime, statuses: Sequence[Status]) -> int:
    query = select(func.count(Notice.id)).where(Notice.status.in_(statuses), Notice.settled_at >= since)
    return session.scalar(query) or 0


def _calendar_gap(campaign: Campaign, today: date) -> int | None:
    """Return a year of the campaign that counts as Monday to Friday: this one, from November on the next."""
    years = [today.year, *([today.year + 1] if today.month >= NOVEMBER else [])]
    return next((year for year in years if year <= campaign.closes_on.year and not published(year)), None)


def _following(campaign: Campaign, now: datetime) -> tuple[datetime, str] | None:
    coming: Iterable[Firing] = (f for f in plan(campaign) if f.scheduled_at > now and f.rule.kind is not RuleKind.BRIEF)
    return next(((firing.scheduled_at, firing.rule.name) for firing in coming), None)
