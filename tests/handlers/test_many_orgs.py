"""With two hundred and with two thousand orgs 进度, 未报, 催报 and 通知 stay readable and fast."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.router import Router
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.campaign.roster import Roster, RosterOrg, RosterPerson
from models.clock import SettableClock, SystemClock
from models.inbox import Inbox
from models.ledger import Line, ReportKind, record
from models.lengths import TEXT_BYTES
from models.messages import Inbound, InboundKind
from models.outbox import Notice
from models.people import Org, Person
from models.roster_sync import sync
from models.session import Database, connect
from tests.schedules.world import at

CITIES = 14


def roster(orgs: int) -> Roster:
    """Return an office, 14 cities and as many counties as make up the number; everybody has a liaison."""
    cities = [f"第{number}市公安局" for number in range(1, CITIES + 1)]
    counties = [(f"{cities[n % CITIES][:-3]}第{n}县公安局", cities[n % CITIES]) for n in range(orgs - CITIES - 1)]
    bodies = [RosterOrg("省联席办", "office", None, None, None, ())]
    bodies += [RosterOrg(name, "city", "省联席办", 4_000_000, 4000, ()) for name in cities]
    bodies += [RosterOrg(name, "county", city, None, 400, ()) for name, city in counties]
    people = [RosterPerson("李强", "省联席办", "admin", "liqiang")]
    people += [RosterPerson(f"人{n}", org.name, "liaison", f"u{n}") for n, org in enumerate(bodies[1:])]
    return Roster(tuple(bodies), tuple(people))


def campaign() -> Campaign:
    """Return the campaign of the notice, in which the counties owe the summary and a press conference too."""
    hunan = load(HUNAN)
    duties = {
        key: duty.model_copy(update={"audience": (*duty.audience, "county")}) if key in ("summary", "press") else duty
        for key, duty in hunan.duties.items()
    }
    return hunan.model_copy(update={"duties": duties})


class Office:
    """An admin's chat over a large roster, in which every third county has reported."""

    def __init__(self, folder: Path, template: Path, orgs: int) -> None:
        path = folder / "bot.db"
        path.write_bytes(template.read_bytes())
        self.db = Database(connect(f"sqlite:///{path}"))
        self.clock = SettableClock(at("05-12 16:24"))
        self.router = Router(self.db, campaign(), self.clock, SystemClock(), new_code=lambda: "4821")
        self.count = 0
        with self.db.begin() as session:
            sync(session, roster(orgs), "wecom_app", self.clock.now())
            session.flush()
            self._report(session)

    def _report(self, session: Session) -> None:
        now = self.clock.now()
        inbox = Inbox(channel="x", key="x", trace_id="", sender_ref="", kind="text", text="", received_at=now)
        session.add(inbox)
        session.flush()
        person_id = session.scalars(select(Person.id).limit(1)).one()
        for org_id in session.scalars(select(Org.id).where(Org.kind == "county", Org.id % 3 == 0)).all():
            lines = [Line(key, Decimal(n), Decimal(n), now.date()) for key, n in (("press", 1), ("handbook", 50))]
            record(
                session,
                org_id=org_id,
                person_id=person_id,
                inbox_id=inbox.id,
                kind=ReportKind.REPORT,
                made_at=now,
                text="",
                lines=lines,
            )

    def ask(self, text: str) -> tuple[list[str], list[str]]:
        """Say something; returns the messages of the answer, and the names of files that come with it."""
        self.count += 1
        inbound = Inbound("wecom_app", f"k{self.count}", "liqiang", InboundKind.TEXT, text)
        answer = self.router.handle(inbound)
        with self.db.read() as session:
            inbox = session.scalars(select(Inbox).where(Inbox.key == inbound.key)).one()
            more = session.scalars(
                select(Notice).where(Notice.inbox_id == inbox.id, Notice.rule == "answer").order_by(Notice.id)
            ).all()
            texts = [answer or "", *(n.content["text"] for n in more if n.content["kind"] == "text")]
            files = [n.content["name"] for n in more if n.content["kind"] == "file"]
        return texts, files


@pytest.fixture(scope="module", params=[200, 2000])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Office]:
    """Return an office with so many orgs."""
    made = Office(tmp_path_factory.mktemp("many"), sqlite_template, request.param)
    yield made
    made.db.dispose()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("进度", 25),
        ("未报", 25),
        ("未报 总结", 25),
        ("进度 发布会", 25),
        ("进度 第3市公安局", 25),
        ("未报 区县", 25),
        ("未报 第3市公安局", 25),
        ("未报 发布会 第3市公安局", 25),
        ("催报 总结", 30),
        ("通知 全体 明天开会", 30),
    ],
)
def test_answers_stay_readable(office: Office, text: str, lines: int) -> None:
    """At most 5 messages that the platform takes, and not many lines."""
    texts = office.ask(text)[0]
    assert len(texts) <= 5
    assert all(len(each.encode()) <= TEXT_BYTES for each in texts)
    assert sum(each.count("\n") + 1 for each in texts) <= lines


def test_names_that_are_too_many_come_as_a_file(office: Office) -> None:
    """All names of one duty are a file; one city's are in the chat."""
    _, files = office.ask("未报 总结")
    assert files == ["未报名单0512-1624.csv"]
    texts, files = office.ask("未报 总结 第3市公安局")
    assert not files
    assert "第3市第2县公安局" in "".join(texts)
    assert all(line.endswith("公安局") for each in texts for line in each.splitlines()[1:]), "a name is torn"
