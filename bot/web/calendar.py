"""The campaign day by day over HTTP: what became of what is past, and what is to come. For the demo's page.

Exists only with a [clock] in the config, for this machine only, like the clock itself. What is past stands in the
database; what is to come is rehearsed from a copy of it, as if nobody reported any more.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import rehearsal
from bot.render import month
from bot.web.clock import only_local
from models.campaign.definition import Campaign
from models.clock import Clock
from models.occurrences import Fate, Occurrence
from models.outbox import Notice, Status
from models.people import Org, Person
from models.session import Database
from schedules import wording_rehearsal as words
from schedules.rehearsal import Going, Played
from schedules.rules import plan

Shown = dict[str, Any]


@dataclass
class Almanac:
    """What the calendar works with. Thread-safe: one look at a time."""

    db: Database
    effective: Callable[[Session], Campaign]
    clock: Clock
    _one: threading.Lock = field(default_factory=threading.Lock)

    def shown(self) -> Shown:
        """Return every day of the campaign with its events, in order."""
        with self._one:
            now = self.clock.now()
            with self.db.read() as session:
                campaign = self.effective(session)
                found = list(_past(session, campaign, now))
            found += _coming(campaign, rehearsal.coming(self.db, campaign, now))
        days = [_day(campaign, on, [each for event, each in found if event.day == on]) for on in _days(campaign)]
        return {"title": campaign.short_name, "today": campaign.local_day(now).isoformat(), "days": days}


def blueprint(almanac: Almanac) -> Blueprint:
    """Make the route."""
    routes = Blueprint("calendar", __name__)
    routes.before_request(only_local)

    @routes.get("/calendar")
    def show() -> Response:
        return jsonify(almanac.shown())

    return routes


def _days(campaign: Campaign) -> Iterator[date]:
    for step in range((campaign.closes_on - campaign.first_day).days + 1):
        yield campaign.first_day + timedelta(days=step)


def _day(campaign: Campaign, on: date, events: list[Shown]) -> Shown:
    return {
        "date": on.isoformat(),
        "mark": words.mark(campaign, on),
        "rest": words.rests(campaign, on),
        "events": sorted(events, key=lambda each: str(each["at"])),
    }


def _past(session: Session, campaign: Campaign, now: datetime) -> Iterator[tuple[month.Event, Shown]]:
    """Yield what was taken up so far, with what became of it."""
    by_key = {firing.key: firing for firing in plan(campaign)}
    written: dict[int | None, list[tuple[Going, Status]]] = {}
    contents: dict[str, Shown] = {}  # equal ones are one object, as in a rehearsal
    query = (
        select(Notice, Org.name, Person.name)
        .outerjoin(Org, Org.id == Notice.org_id)
        .outerjoin(Person, Person.id == Notice.person_id)
        .where(Notice.occurrence_id.is_not(None), Notice.not_before <= now)
        .order_by(Notice.id)
    )
    for notice, org, person in session.execute(query):
        at = notice.settled_at or notice.not_before
        content = contents.setdefault(notice.content_hash, notice.content)
        one = Going(at, notice.channel, notice.user_ref, org or "", person or "", notice.rule, content, None)
        written.setdefault(notice.occurrence_id, []).append((one, notice.status))
    for row in session.scalars(select(Occurrence).where(Occurrence.scheduled_at <= now).order_by(Occurrence.id)):
        at = row.scheduled_at.astimezone(campaign.tz)
        firing = by_key.get((row.rule, row.version, row.scheduled_at))
        own = written.get(row.id, [])
        event = month.Event(at.date(), at, at, row.rule, firing, [one for one, _ in own], row.notices)
        counts = Counter(status for _, status in own)
        became = words.skipped(row.reason) if row.fate is Fate.SKIPPED else words.became(counts) or _silent(event)
        unsent = counts[Status.FAILED] + counts[Status.UNCERTAIN] + counts[Status.EXPIRED]
        state = "skipped" if row.fate is Fate.SKIPPED else "failed" if unsent else "sent" if own else "silent"
        yield event, {**_told(campaign, event), "state": state, "became": became}


def _coming(campaign: Campaign, played: Played) -> Iterator[tuple[month.Event, Shown]]:
    """Yield what is to come."""
    for event in month.events(played, campaign.first_day, campaign.closes_on):
        state = "coming" if event.going else "silent"
        yield event, {**_told(campaign, event), "state": state, "became": "" if event.going else _silent(event)}


def _silent(event: month.Event) -> str:
    return words.carried(event.carried) if event.carried else words.NOBODY


def _told(campaign: Campaign, event: month.Event) -> Shown:
    texts, others = event.texts(campaign)
    return {
        "at": f"{event.first:%H:%M}",
        "name": month.event_title(campaign, event),
        "kind": event.firing.rule.kind.value if event.firing else "",
        "why": month.why_moved(campaign, event),
        "to": month.event_recipients(campaign, event) if event.going else "",
        "orgs": words.named(event.orgs) if len(event.orgs) > 1 else "",
        "texts": texts,
        "others": words.other_texts(others) if others else "",
    }
