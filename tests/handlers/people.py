"""A small world for tests of people: an office, two cities, a county, and a bot's router over them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from bot.router import Router
from models.audit import AuditRow, verify
from models.campaign.definition import Campaign
from models.campaign.roster import Roster, RosterOrg, RosterPerson
from models.clock import SettableClock, SystemClock
from models.messages import Inbound, InboundKind
from models.people import Membership, Person
from models.roster_sync import sync
from models.session import Database

ORGS = (
    RosterOrg("省联席办", "office", None, None, None, ("联席办",)),
    RosterOrg("长沙市公安局", "city", "省联席办", 10047914, 14200, ("长沙", "长沙市")),
    RosterOrg("岳麓区", "county", "长沙市公安局", None, 1300, ("岳麓",)),
    RosterOrg("株洲市公安局", "city", "省联席办", 3902738, 4900, ("株洲",)),
)
PEOPLE = (
    RosterPerson("李强", "省联席办", "admin", "liqiang"),
    RosterPerson("值班员", "省联席办", "admin", "duty"),
    RosterPerson("陈刚", "长沙市公安局", "admin", "chengang"),
    RosterPerson("张三", "长沙市公安局", "liaison", "zhangsan"),
    RosterPerson("李四", "长沙市公安局", "liaison", "lisi", backup=True),
    RosterPerson("孙宁", "长沙市公安局", "viewer", "sunning"),
    RosterPerson("周敏", "株洲市公安局", "liaison", "zhoumin"),
)
STRANGER = "nobody"


@dataclass
class World:
    """A router and what it keeps."""

    db: Database
    campaign: Campaign
    clock: SettableClock
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        """Bring the people in."""
        codes = itertools.count(1000)
        self.router = Router(self.db, self.campaign, self.clock, SystemClock(), new_code=lambda: str(next(codes)))
        with self.db.begin() as session:
            sync(session, Roster(ORGS, PEOPLE), "wecom_app", self.clock.now())

    def say(self, account: str, text: str) -> str:
        """Send a text; returns the answer."""
        key = f"k{next(iter(self._numbers))}"
        return self.router.handle(Inbound("wecom_app", key, account, InboundKind.TEXT, text)) or ""

    def confirm(self, account: str, text: str) -> str:
        """Send a command and then its code; returns the answer to the code, or the refusal of the command."""
        shown = self.say(account, text)
        code = shown.partition("回“确认 ")[2][:4]
        return self.say(account, f"确认 {code}") if code else shown

    def roles(self) -> list[tuple[str, str, int, bool, bool]]:
        """List every role as (name, role, org, backup, live): what no refused command may change."""
        with self.db.read() as session:
            rows = session.execute(
                select(Person, Membership).join(Membership, Membership.person_id == Person.id).order_by(Membership.id)
            ).all()
            return [(p.name, m.role.value, m.org_id, m.backup, p.active and m.ended_at is None) for p, m in rows]

    def audited(self) -> list[str]:
        """List the actions of the audit, oldest first; its chain must be whole."""
        with self.db.read() as session:
            assert verify(session) is None
            return [row.action for row in session.scalars(select(AuditRow).order_by(AuditRow.id))]
