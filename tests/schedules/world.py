"""A small province in a fresh database, and the same as plain values: what the tests of schedules work with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.render.text import ranking_text
from models.campaign.definition import Campaign
from models.clock import SettableClock
from models.duties import OrgState
from models.inbox import Inbox
from models.ledger import DUTY, Fact, Line, Report, ReportKind, entries_of, record
from models.lengths import TEXT_BYTES
from models.messages import table_from_json
from models.occurrences import Occurrence
from models.outbox import Notice
from models.people import Contact, Identity, Membership, Org, Person, Role
from models.session import Database, connect
from schedules.ticker import Ticker

ZONE = ZoneInfo("Asia/Shanghai")
ORGS = (  # name, kind, headcount
    ("省联席办", "office", None),
    ("长沙市公安局", "city", 8000),
    ("株洲市公安局", "city", 4000),
    ("省教育厅", "department", None),
    ("湖南移动", "carrier", None),
    ("湖南电信", "carrier", None),
    ("湖南联通", "carrier", None),
)
SHORT = {"办": 1, "长沙": 2, "株洲": 3, "教育": 4, "移动": 5, "电信": 6, "联通": 7}
POPULATION = {2: 10_047_914, 3: 3_902_738}
ADMIN = 100  # person id of the office's admin; a liaison's is the org's id


def at(text: str, year: int = 2021) -> datetime:
    """Read "05-11 09:12" as a moment in Shanghai, aware UTC."""
    return datetime.strptime(f"{year}-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE).astimezone(UTC)


def org_states() -> list[OrgState]:
    """Return the orgs as the pure functions see them."""
    return [
        OrgState(number, name, kind, None, POPULATION.get(number), headcount)
        for number, (name, kind, headcount) in enumerate(ORGS, 1)
    ]


def reachable() -> list[Contact]:
    """Return one liaison an org, and the office's admin."""
    found = [
        Contact(number, number, f"人{number}", Role.LIAISON, False, "wecom_app", f"u{number}") for number in range(2, 8)
    ]
    return [Contact(1, ADMIN, "管理", Role.ADMIN, False, "wecom_app", "admin"), *found]


_entry = itertools.count(1)


def facts_of(text: str, year: int = 2021) -> list[Fact]:
    """Read "移动:sms=5@05-12;移动:!sms-weekly@05-12/05-13 23:50" as facts, oldest first.

    ! states a duty; after @ the day it belongs to, after / the moment it was reported (10:00 that day without), after ^
    the moment from which it counts no more. An indicator may have a part: visit/社区=2.
    """
    found = []
    for part in (part.strip() for part in text.split(";") if part.strip() not in ("", "-")):
        what, when = part.split("@")
        org, figure = what.split(":")
        key, value = (DUTY + figure[1:], "1") if figure.startswith("!") else figure.split("=")
        when, _, ended = when.partition("^")
        day, _, made = when.partition("/")
        key, _, split = key.partition("/")
        made_at = at(made or f"{day} 10:00", year)
        on = date.fromisoformat(f"{year}-{day}")
        ended_at = at(ended, year) if ended else None
        found.append(Fact(SHORT[org], key, split, Decimal(value), on, made_at, next(_entry), ended_at))
    return sorted(found, key=lambda fact: fact.made_at)


class World:
    """A campaign, a database with the small province in it, a clock, and a ticker."""

    def __init__(self, campaign: Campaign, url: str, start: str) -> None:
        self.campaign = campaign
        self.clock = SettableClock(at(start))
        self.db = Database(connect(url))
        with self.db.begin() as session:
            _settle(session, self.clock.now())
        self.ticker = self.another()

    def another(self, clock: SettableClock | None = None) -> Ticker:
        """Return one more ticker, as another process would have it; it counts from now on."""
        ticker = Ticker(self.campaign, self.db, clock or self.clock)
        ticker.start()
        return ticker

    def to(self, moment: str) -> int:
        """Put the clock at a moment and tick once."""
        self.clock.set(at(moment))
        return self.ticker.tick()

    def through(self, moment: str) -> int:
        """Step through every event up to a moment, as an undisturbed bot would."""
        target = at(moment)
        count = 0
        while (due := self.ticker.next_due(self.clock.now())) and due[0] <= target:
            self.clock.set(due[0])
            count += self.ticker.tick()
        self.clock.set(target)
        return count + self.ticker.tick()

    def report(self, text: str) -> None:
        """Enter facts in the notation of facts_of(), reported now."""
        with self.db.begin() as session:
            for fact in facts_of(text):
                inbox = Inbox(
                    channel="wecom_app",
                    key=f"{self.clock.now()}{fact.entry_id}",
                    trace_id="",
                    sender_ref="",
                    kind="text",
                    text="",
                    received_at=self.clock.now(),
                )
                session.add(inbox)
                session.flush()
                record(
                    session,
                    org_id=fact.org_id,
                    person_id=fact.org_id,
                    inbox_id=inbox.id,
                    kind=ReportKind.REPORT,
                    made_at=self.clock.now(),
                    text="",
                    lines=[Line(fact.indicator, fact.value, fact.value, fact.day, part=fact.part)],
                )

    def correct(self, number: int, text: str) -> None:
        """Correct report `number` to other figures, now, in the notation of facts_of()."""
        with self.db.begin() as session:
            (fact,) = facts_of(text)
            record(
                session,
                org_id=fact.org_id,
                person_id=fact.org_id,
                inbox_id=session.get_one(Report, number).inbox_id,
                kind=ReportKind.CORRECTION,
                made_at=self.clock.now(),
                text="",
                lines=[Line(fact.indicator, fact.value, fact.value, fact.day, part=fact.part)],
                cancels=[entry.id for entry in entries_of(session, number)],
                about_id=number,
            )

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a writing transaction."""
        with self.db.begin() as session:
            yield session

    def notices(self, rule: str | None = None) -> list[Notice]:
        """List notices in the order of writing."""
        with self.db.read() as session:
            found = session.scalars(select(Notice).order_by(Notice.id)).all()
            session.expunge_all()  # the rows outlive their transaction
        return [notice for notice in found if rule in (None, notice.rule)]

    def told(self, rule: str | None = None) -> list[tuple[str, str]]:
        """List (whom, text) of notices; a picture is written [picture], a ranking as it goes out in chat."""
        return [(n.user_ref or n.channel, _said(n.content)) for n in self.notices(rule)]

    def occurrences(self, rule: str | None = None) -> list[Occurrence]:
        """List occurrences by their scheduled moment."""
        with self.db.read() as session:
            found = session.scalars(select(Occurrence).order_by(Occurrence.scheduled_at, Occurrence.id)).all()
            session.expunge_all()  # the rows outlive their transaction
        return [one for one in found if rule in (None, one.rule)]


def _settle(session: Session, now: datetime) -> None:
    for org in org_states():
        session.add(
            Org(
                id=org.id,
                name=org.name,
                kind=org.kind,
                population=org.population,
                headcount=org.headcount,
                aliases=[],
                position=org.id,
            )
        )
    session.flush()
    for contact in reachable():
        session.add(Person(id=contact.person_id, name=contact.name, created_at=now))
        session.flush()
        session.add(Identity(person_id=contact.person_id, channel=contact.channel, user_ref=contact.user_ref))
        session.add(Membership(person_id=contact.person_id, org_id=contact.org_id, role=contact.role, since_at=now))


def _said(content: dict[str, Any]) -> str:
    if content["kind"] == "table-text":
        return ranking_text(table_from_json(content["table"]), TEXT_BYTES)
    return str(content.get("text", "[picture]"))


def changed(campaign: Campaign, key: str, **update: object) -> Campaign:
    """Return the campaign with one rule changed."""
    rule = campaign.rules[key].model_copy(update=update)
    return campaign.model_copy(update={"rules": {**campaign.rules, key: rule}})
