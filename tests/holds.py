"""How long the clock and delivery hold SQLite's writer with many orgs: `python -m tests.holds [ORGS]`, 30,000 at first.

Hunan's campaign with so many county bureaus that owe what the cities owe, one liaison each; nobody reports. The morning
of 31 May is played, and all of it is sent. A callback is refused when it waits for more than 3.5 s.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.channels.base import Outgoing
from bot.delivery import Delivery
from models.amendments import Effective
from models.base import Base
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.clock import SettableClock, SystemClock
from models.messages import Content, Text
from models.people import Identity, Membership, Org, Person, Role
from models.session import Database, connect
from schedules.last_look import look_again
from schedules.ticker import Ticker
from tests.schedules.world import at
from tests.store.delivering import FakeChannel


class Timed(Database):
    """A database that notes how long each writing transaction lasted, in seconds."""

    holds: list[float]

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a writing transaction and note its length."""
        with super().begin() as session:
            start = time.perf_counter()
            yield session
        self.holds.append(time.perf_counter() - start)


def many(campaign: Campaign) -> Campaign:
    """Let counties owe what cities owe."""
    duties = {
        key: duty.model_copy(update={"audience": (*duty.audience, "county")}) if "city" in duty.audience else duty
        for key, duty in campaign.duties.items()
    }
    return campaign.model_copy(update={"duties": duties})


def settle(db: Database, office: str, orgs: int) -> None:
    """Fill an empty database: the office with its admin, and counties with a liaison each."""
    ids, now = range(1, orgs + 2), datetime.now(UTC)
    with db.begin() as session:
        named = [{"id": i, "name": f"第{i}县公安局", "kind": "county", "aliases": [], "position": i} for i in ids[1:]]
        head = {"id": 1, "name": office, "kind": "office", "aliases": [], "position": 0}
        session.execute(insert(Org), [{**each, "headcount": 100, "population": 10_000} for each in (head, *named)])
        session.execute(insert(Person), [{"id": i, "name": f"人{i}", "created_at": now} for i in ids])
        accounts = [{"person_id": i, "channel": "wecom_app", "user_ref": f"u{i}"} for i in ids]
        session.execute(insert(Identity), accounts)
        roles = [{"person_id": i, "org_id": i, "role": Role.ADMIN if i == 1 else Role.LIAISON} for i in ids]
        session.execute(insert(Membership), [{**each, "since_at": now} for each in roles])


def _one(content: Content) -> list[Outgoing]:
    return [content] if isinstance(content, Text) else [Text("a file")]


def main() -> None:
    """Play the morning and print the longest holds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    orgs, campaign = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000, many(load(HUNAN))
    with tempfile.TemporaryDirectory() as folder:
        db = Timed(connect(f"sqlite:///{Path(folder) / 'bot.db'}"))
        db.holds = []
        Base.metadata.create_all(db.engine)
        settle(db, campaign.office, orgs)
        clock, effective, channel = SettableClock(at("05-31 08:00")), Effective(campaign), FakeChannel()
        ticker = Ticker(campaign, db, clock, effective)
        ticker.start()

        def unwanted(session: Session, notices: object) -> object:
            return look_again(session, effective.campaign(session), notices, clock.now())  # type: ignore[arg-type]  # as the bot hands them on

        delivery = Delivery(db, [channel], clock, SystemClock(), _one, unwanted)  # type: ignore[arg-type]  # the same
        for moment in ("05-31 08:47", "05-31 09:12"):
            clock.set(at(moment))
            db.holds.clear()
            start = time.perf_counter()
            ticker.tick()
            print(f"{moment}: {time.perf_counter() - start:.1f} s, the writer held for {max(db.holds):.2f} s")
        db.holds.clear()
        for _ in range(15):
            delivery.drain(channel.name)
            clock.set(clock.now() + timedelta(minutes=1))
        print(f"{len(channel.calls)} calls: the writer held for {max(db.holds):.2f} s at the longest")
        db.dispose()


if __name__ == "__main__":
    main()
