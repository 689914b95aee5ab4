"""The month as the real bot lives it: its ticker, its outbox, its delivery, on a real SQLite file, event by event.

Only the platform's end is ours: a channel that takes everything, with each call's content as it left.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from bot.channels.wecom_app import NAME
from bot.config import Loaded
from bot.delivery import Delivery
from bot.rehearsal import play, set_stage
from models import roster_sync
from models.clock import SettableClock
from models.messages import Content, Text
from models.outbox import Notice, Status, content_hash
from models.session import Database, scratch
from schedules.last_look import look_again
from schedules.pretended import Pretended
from schedules.rehearsal import Played, Reports
from schedules.ticker import Ticker
from tests.store.delivering import FakeChannel

Left = tuple[datetime, str, str, str, str]  # when, channel, user, rule, content


def lived(loaded: Loaded, db: Database, start: datetime, end: datetime, share: float = 0.0) -> Counter[Left]:
    """Live from one moment to another; returns what left. share: of the orgs, that report everything."""
    campaign, clock = loaded.campaign, SettableClock(start.astimezone(UTC))
    with db.begin() as session:
        roster_sync.sync(session, loaded.roster, NAME, start)
    with db.read() as session:
        reports = Pretended(campaign, session, share) if share else None
    ticker = Ticker(campaign, db, clock)
    channels = [FakeChannel(NAME), *(FakeChannel(f"robot:{name}", users=1, repeats=False) for name in campaign.groups)]
    wall = SettableClock(datetime(2026, 11, 24, tzinfo=UTC))
    delivery = Delivery(
        db, channels, clock, wall, _parts, lambda session, notices: look_again(session, campaign, notices, clock.now())
    )
    told = start
    ticker.start()
    while (due := ticker.next_due(clock.now())) and due[0] <= end:
        clock.set(due[0])
        wall.advance(timedelta(hours=1))  # so that the platform has forgotten what it was told before
        if reports:
            _write(db, reports, told, clock.now())
        told = clock.now()
        ticker.tick()
        for channel in channels:
            delivery.drain(channel.name)
    with db.read() as session:
        return Counter(
            (notice.settled_at or start, notice.channel, notice.user_ref, notice.rule, notice.content_hash)
            for notice in session.scalars(select(Notice).where(Notice.status == Status.SENT))
        )


def _write(db: Database, reports: Reports, after: datetime, upto: datetime) -> None:
    with db.begin() as session:
        for table, rows in reports.rows(after, upto).items():
            if rows:
                session.execute(insert(table), rows)


def _parts(content: Content) -> list[Text]:
    return [Text(getattr(content, "text", "[table]"))]  # drawing a picture is not what is compared


def rehearsed(played: Played) -> Counter[Left]:
    """Return what a rehearsal let leave, in the same form."""
    return Counter(
        (one.at, one.channel, one.user_ref, one.rule, content_hash(dict(one.content))) for one in played.going
    )


def whole(loaded: Loaded, share: float) -> Played:
    """Rehearse the whole campaign."""
    db = Database(scratch())
    try:
        set_stage(loaded, db)
        return play(loaded.campaign, db, loaded.campaign.closes_on, share)
    finally:
        db.dispose()
