"""Where things stand, to the admins: the morning brief on working days, and the wrap-up when the campaign has ended.

It is also the heartbeat: a morning without it means that the bot does not run; its last line says how the bot is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.audience import Audience, audience, recipient
from models.campaign.definition import Campaign, RuleKind
from models.campaign.workdays import Workdays
from models.drafts import Question
from models.duties import DutyState, OrgState, Standing, org_states, states
from models.ledger import Report, ReportKind
from models.messages import Draft, Text
from models.occurrences import Fate, Occurrence
from models.outbox import Notice, Status
from models.quiet import release
from models.state import calendar_gap, coming
from models.state import state as bot_state
from schedules import wording
from schedules.jobs.telling import NEWS_LIFE, tell_admins
from schedules.rules import Firing
from schedules.wording import Bot, Brief, DutyCount

BRIEF_LIFE = timedelta(hours=9)  # a brief is of its day (decided by us 2026-11-24)
UNSENT = (Status.FAILED, Status.UNCERTAIN, Status.EXPIRED)
REPORTS = (ReportKind.REPORT, ReportKind.STATEMENT)


def run(session: Session, campaign: Campaign, firings: Sequence[Firing], now: datetime) -> list[Draft]:
    """Write the brief; a rule that fires once, after the last day, writes the wrap-up.

    The office's admins are told everything. Who is admin of an org with others under it that owe something gets his own
    part, without what concerns the bot; admins of a single org need none: 我的 tells them (decided by us 2026-11-24).
    """
    firing = firings[0]
    whole = firing.rule.on is not None and firing.day > campaign.last_day
    life = NEWS_LIFE if whole else BRIEF_LIFE
    say = partial(wording.wrap_up if whole else wording.brief, at=now)
    seen = _look(session, campaign, now, whole=whole)
    drafts = tell_admins(session, campaign, firing.rule_key, [Text(say(campaign, _everything(seen)))], now, life)
    told = {draft.recipient.person_id for draft in drafts}
    at = release(campaign, now)
    for org, below in _parts(seen.people, org_states(session), campaign):
        if not below.isdisjoint(seen.by_org):
            text = Text(say(campaign, _part(seen, org, below | {org.id})))
            for contact in seen.people.admins_of(org.id):
                if contact.person_id not in told:
                    drafts.append(Draft(recipient(contact), text, firing.rule_key, not_before=at, expires_at=at + life))
    return drafts


@dataclass(frozen=True)
class _Seen:
    """What one look at the database has brought, for the brief of the office and for each part of it."""

    now: datetime
    since: date
    states: list[DutyState]  # begun and not excused
    reports: Mapping[int, int]  # org -> reports since then
    waiting: Mapping[int, int]  # person -> questions that he has not answered
    people: Audience
    newest_only: bool
    bot: Bot
    following: tuple[datetime, str] | None
    paused: tuple[str, ...]  # rules that say nothing now
    calendar_gap: int | None

    @cached_property
    def homes(self) -> Mapping[int, set[int]]:
        """Return by person the orgs that he works in."""
        return self.people.homes()

    @cached_property
    def by_org(self) -> Mapping[int, list[DutyState]]:
        """Return the states by org, for the parts."""
        found: dict[int, list[DutyState]] = {}
        for each in self.states:
            found.setdefault(each.org.id, []).append(each)
        return found


def _look(session: Session, campaign: Campaign, now: datetime, *, whole: bool) -> _Seen:
    today = campaign.local_day(now)
    first = campaign.reports_from if whole else Workdays(campaign).previous_workday(today)
    since = datetime.combine(first, time(0), tzinfo=campaign.tz).astimezone(UTC)
    reports = session.execute(
        select(Report.org_id, func.count(Report.id))
        .where(Report.made_at >= since, Report.made_at <= now, Report.kind.in_(REPORTS))
        .group_by(Report.org_id)
    )
    waiting = session.execute(
        select(Question.person_id, func.count(Question.id))
        .where(Question.closed_at.is_(None))
        .group_by(Question.person_id)
    )
    return _Seen(
        now=now,
        since=first,
        states=[state for state in states(session, campaign, now) if state.standing.counted],
        reports=dict(reports.all()),
        waiting=dict(waiting.all()),
        people=audience(session, campaign),
        newest_only=not whole,
        bot=_bot(session, campaign, since, now),
        following=_following(campaign, now),
        paused=tuple(rule.name for rule in campaign.rules.values() if rule.amended.paused(now, now)),
        calendar_gap=calendar_gap(campaign, today),
    )


def _bot(session: Session, campaign: Campaign, since: datetime, now: datetime) -> Bot:
    """See how the bot itself is: what it sent, what waits, which channels are blocked, what it let go."""
    found = bot_state(session, campaign, now, lives=0, following=0)
    skipped = select(func.count(Occurrence.id)).where(
        Occurrence.fate == Fate.SKIPPED, Occurrence.claimed_at >= since, Occurrence.reason != wording.SUPERSEDED
    )
    return Bot(
        sent=_notices(session, since, (Status.SENT,)),
        unsent=_notices(session, since, UNSENT),
        backlog=found.backlog,
        oldest=now - found.oldest.due_at if found.oldest else None,
        blocked=tuple(found.blocked),
        skipped=session.scalar(skipped) or 0,
    )


def _everything(seen: _Seen) -> Brief:
    owing = {each.org.id: each.org.name for each in seen.states}
    return Brief(
        reports=sum(seen.reports.values()),
        reporters=len(seen.reports),
        since=seen.since,
        waiting=sum(seen.waiting.values()),
        duties=tuple(_counts(seen.states, seen.now, newest_only=seen.newest_only)),
        unjoined=tuple(name for org_id, name in owing.items() if not seen.people.reporters(org_id)),
        bot=seen.bot,
        following=seen.following,
        paused=seen.paused,
        calendar_gap=seen.calendar_gap,
    )


def _part(seen: _Seen, org: OrgState, ids: set[int]) -> Brief:
    """Cut out what concerns one org and those under it."""
    mine = [each for org_id, found in seen.by_org.items() if org_id in ids for each in found]
    owing = {each.org.id: each.org.name for each in mine}
    reports = {org_id: seen.reports[org_id] for org_id in ids & seen.reports.keys()}
    return Brief(
        reports=sum(reports.values()),
        reporters=len(reports),
        since=seen.since,
        waiting=sum(count for person, count in seen.waiting.items() if not ids.isdisjoint(seen.homes.get(person, ()))),
        duties=tuple(_counts(mine, seen.now, newest_only=seen.newest_only)),
        unjoined=tuple(name for org_id, name in owing.items() if not seen.people.reporters(org_id)),
        bot=None,
        following=seen.following,
        org=org.name,
    )


def _parts(people: Audience, orgs: Sequence[OrgState], campaign: Campaign) -> Iterator[tuple[OrgState, set[int]]]:
    """Yield each org but the office that has an admin and others under it, with the ids of these."""
    children: dict[int, list[int]] = {}
    for org in orgs:
        if org.parent_id is not None:
            children.setdefault(org.parent_id, []).append(org.id)
    for org in orgs:
        if org.name != campaign.office and org.id in children and people.admins_of(org.id):
            below, waiting = set(), list(children[org.id])
            while waiting:
                org_id = waiting.pop()
                if org_id not in below:
                    below.add(org_id)
                    waiting += children.get(org_id, ())
            yield org, below


def _counts(every: Iterable[DutyState], now: datetime, *, newest_only: bool) -> list[DutyCount]:
    """Count by duty and period; newest_only keeps the newest period of each duty, and those that are still owed."""
    groups: dict[tuple[str, str], list[DutyState]] = {}
    for state in every:
        groups.setdefault((state.key, state.period.key), []).append(state)
    if newest_only:
        newest: dict[str, tuple[str, str]] = {}
        for key in sorted(groups, key=lambda key: groups[key][0].period.start):
            newest[key[0]] = key
        owed = {key for key, found in groups.items() if any(state.asked for state in found)}
        groups = {key: groups[key] for key in groups if key in newest.values() or key in owed}
    return [_count(found, now) for found in groups.values()]


def _count(found: Sequence[DutyState], now: datetime) -> DutyCount:
    due_at = min(state.due_at for state in found)
    missing = [state for state in found if state.standing.open]
    until = max(due_at, now)  # whose deadline is later has an extension of its own that still runs
    return DutyCount(
        duty=found[0].duty,
        period=found[0].period,
        due_at=due_at,
        done=sum(state.standing is Standing.DONE for state in found),
        late=sum(state.standing is Standing.DONE_LATE for state in found),
        missing=tuple(state.org.name for state in missing if state.due_at <= until),
        longer=tuple((state.org.name, state.due_at) for state in missing if state.due_at > until),
    )


def _notices(session: Session, since: datetime, statuses: Sequence[Status]) -> int:
    query = select(func.count(Notice.id)).where(Notice.status.in_(statuses), Notice.settled_at >= since)
    return session.scalar(query) or 0


def _following(campaign: Campaign, now: datetime) -> tuple[datetime, str] | None:
    others = (firing for firing in coming(campaign, now) if firing.rule.kind is not RuleKind.BRIEF)
    return next(((firing.scheduled_at, firing.rule.name) for firing in others), None)
