"""Reports that a rehearsal pretends: a share of the orgs reports all that it owes, in time, at plausible moments.

Deterministic: the same roster and share give the same orgs, moments and figures. Figures of duties are what is needed;
those that only rankings want are made up, so that there is something to rank, and mean nothing.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from models.audience import WECOM_APP, Audience, audience
from models.campaign.definition import Campaign, DutyKind, IndicatorKind
from models.campaign.periods import Period, weeks
from models.campaign.workdays import Workdays
from models.duties import DutyState, OrgState, evaluate, org_states
from models.inbox import Inbox
from models.ledger import DUTY, NOTHING, Entry, Report, ReportKind
from schedules.rehearsal import Rows
from schedules.rules import plan

FIRST, LAST = time(9, 33), time(17, 23)  # office hours in which reports come in (decided by us 2026-11-24)
CLEAR = timedelta(minutes=12)  # from a firing on: nobody reports between a reminder's writing and its leaving
ONE_DAY, ONE_MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Told:
    """One report about to be pretended: figures as (indicator, part, value)."""

    at: datetime
    org_id: int
    person_id: int
    figures: tuple[tuple[str, str, Decimal], ...]


class Pretended:
    """The reports of a share of the orgs, as rehearsal.Reports wants them."""

    def __init__(self, campaign: Campaign, session: Session, share: float) -> None:
        """share: 0 to 1, of the orgs that owe something and that somebody has joined."""
        self._campaign = campaign
        self._days = Workdays(campaign)
        self._firings = [firing.scheduled_at for firing in plan(campaign)]
        people = audience(session, campaign)
        end = datetime.combine(campaign.closes_on, time(23, 59), tzinfo=campaign.tz)
        owed = evaluate(campaign, org_states(session), (), end)
        chosen = _chosen(owed, people, share)
        told = [self._duty(state, chosen[state.org.id]) for state in owed if state.org.id in chosen]
        orgs = {state.org.id: state.org for state in owed if state.org.id in chosen}
        told += (one for org in orgs.values() for one in self._ranked(org, chosen[org.id]))
        self._told = sorted(told, key=lambda one: (one.at, one.org_id))
        self._moments = [one.at for one in self._told]

    @property
    def moments(self) -> Sequence[datetime]:
        """Return when reports come in, oldest first, each once."""
        return sorted(set(self._moments))

    def rows(self, after: datetime, upto: datetime) -> Rows:
        """Return what is to be written for the reports of (after, upto]."""
        first, last = bisect_right(self._moments, after), bisect_right(self._moments, upto)
        found = list(enumerate(self._told[first:last], first + 1))
        return {
            Inbox: [_inbox(number, one) for number, one in found],
            Report: [_report(number, one) for number, one in found],
            Entry: [entry for number, one in found for entry in _entries(self._campaign, number, one)],
        }

    def _duty(self, state: DutyState, person_id: int) -> _Told:
        at = self._moment(state.org.name, state.key, state.period, state.due_at)
        return _Told(at, state.org.id, person_id, tuple(_figures(state)))

    def _ranked(self, org: OrgState, person_id: int) -> Iterator[_Told]:
        """Yield one report a week of what rankings want and no duty asks for."""
        campaign = self._campaign
        asked = {duty.indicator for duty in campaign.duties_of(org.kind).values()}
        rankings = [one for one in campaign.rankings.values() if one.kind == "figures" and one.among == org.kind]
        wanted = dict.fromkeys(key for one in rankings for key in one.value if key not in asked)
        for week in weeks(campaign) if wanted else ():
            due = datetime.combine(week.end, LAST, tzinfo=campaign.tz)
            figures = tuple(figure for key in wanted for figure in _made_up(campaign, org, key, week))
            yield _Told(self._moment(org.name, "", week, due), org.id, person_id, figures)

    def _moment(self, org: str, what: str, period: Period, due_at: datetime) -> datetime:
        """Choose a moment in office hours of a working day of a period, before a deadline and clear of firings."""
        campaign = self._campaign
        due = due_at.astimezone(campaign.tz)
        days = [day for day in _span(period.start, due.date()) if self._days.is_workday(day)] or [due.date()]
        day = days[_draw(len(days), org, what, period.key, "day")]
        last = LAST if day < due.date() else min(LAST, due.time())
        minutes = max(1, (last.hour - FIRST.hour) * 60 + last.minute - FIRST.minute)
        at = datetime.combine(day, FIRST, tzinfo=campaign.tz) + _draw(minutes, org, what, period.key) * ONE_MINUTE
        while self._is_near_a_firing(at):
            at -= CLEAR
        return at.astimezone(UTC)

    def _is_near_a_firing(self, at: datetime) -> bool:
        return bisect_left(self._firings, at - CLEAR) != bisect_right(self._firings, at)


def _chosen(owed: Iterable[DutyState], people: Audience, share: float) -> dict[int, int]:
    """Return the orgs that report, and who reports for each."""
    orgs = {state.org.id: state.org for state in owed}
    joined = {org_id: found[0].person_id for org_id in orgs if (found := people.reporters(org_id))}
    order = sorted(joined, key=lambda org_id: hashlib.blake2s(orgs[org_id].name.encode()).digest())
    return {org_id: joined[org_id] for org_id in order[: round(share * len(order))]}


def _figures(state: DutyState) -> Iterator[tuple[str, str, Decimal]]:
    if state.duty.kind is DutyKind.DOCUMENT:
        yield DUTY + state.key, "", Decimal(1)
        return
    if state.need > 0:
        yield state.duty.indicator or "", "", state.need
    else:
        yield NOTHING, "", Decimal(0)
    if state.duty.pledge:
        yield DUTY + state.key, "", Decimal(1)


def _made_up(campaign: Campaign, org: OrgState, key: str, week: Period) -> Iterator[tuple[str, str, Decimal]]:
    indicator = campaign.indicators[key]
    parts = campaign.dimensions[indicator.by].values if indicator.by else ("",)
    for part in parts:
        drawn = 100 + _draw(900, org.name, key, part, "" if indicator.kind is IndicatorKind.LEVEL else week.key)
        yield key, part, Decimal(drawn * (10 + week.number) if indicator.kind is IndicatorKind.LEVEL else drawn)


def _inbox(number: int, one: _Told) -> dict[str, object]:
    return {
        "id": number,
        "channel": WECOM_APP,
        "key": f"pretended-{number}",
        "trace_id": "",
        "sender_ref": "",
        "kind": "text",
        "text": "",
        "received_at": one.at,
    }


def _report(number: int, one: _Told) -> dict[str, object]:
    return {
        "id": number,
        "org_id": one.org_id,
        "person_id": one.person_id,
        "inbox_id": number,
        "kind": ReportKind.REPORT,
        "made_at": one.at,
        "text": "",
    }


def _entries(campaign: Campaign, number: int, one: _Told) -> Iterator[dict[str, object]]:
    for indicator, part, value in one.figures:
        yield {
            "report_id": number,
            "org_id": one.org_id,
            "indicator": indicator,
            "part": part,
            "value": value,
            "stated": value,
            "day": campaign.local_day(one.at),
        }


def _span(first: date, last: date) -> Iterator[date]:
    for step in range((last - first).days + 1):
        yield first + step * ONE_DAY


def _draw(below: int, *words: str) -> int:
    """Draw a number from 0 on, the same for the same words."""
    return int.from_bytes(hashlib.blake2s("\n".join(words).encode(), digest_size=8).digest()) % below
