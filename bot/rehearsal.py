"""Sets a stage for schedules/rehearsal.py, and what `rehearse` does with it.

The stage is a scratch database. For a rehearsal from the first day, orgs, people and what admins have changed come from
the config's database where there is one, else from the roster files; for what comes next (the demo's calendar) it
begins as a copy of the living database. Nothing is ever written to either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import Engine, Table, insert, make_url, select
from sqlalchemy.orm import Session

from bot.config import Config, Loaded
from bot.render import month
from models import roster_sync
from models.amendments import AmendmentRow, Effective
from models.audience import WECOM_APP
from models.campaign.definition import Campaign
from models.campaign.roster import folded
from models.campaign.shapes import nearest
from models.errors import BotError
from models.excuses import Excuse
from models.leave import Leave
from models.migrations import run as migrations
from models.people import Identity, Membership, Org, Person, all_orgs
from models.session import Database, connect, scratch
from schedules import wording_rehearsal as words
from schedules.pretended import Pretended
from schedules.rehearsal import AFTERWARDS, Played, Stage

STANDING = (Org, Person, Identity, Membership, Leave, Excuse, AmendmentRow)  # what holds from the first day on
UNREAD = frozenset({"inbox", "attempt", "audit"})  # tables that grow without end and that no rule reads
CHUNK = 1000  # rows that are copied at once


class RehearsalError(BotError):
    """What was asked for makes no sense; the text is one line for who asked."""

    exit_code = 2


@dataclass(frozen=True)
class Wish:
    """What to rehearse and how to write it."""

    first: str = ""  # 2021-05-11; empty: the campaign's first day
    last: str = ""  # empty: the day it closes on
    form: str = "text"  # text, csv, ics
    org: str = ""  # its name or an alias; empty: all
    reporting: str = "0"  # share of the orgs that report everything: 0.5, 50%


def rehearse(loaded: Loaded, wish: Wish) -> Iterator[str]:
    """Play a campaign from its first day and write it down, piece by piece.

    Raises RehearsalError for days outside of the campaign and for an org that nobody knows.
    """
    with _opened(scratch()) as db:
        source = set_stage(loaded, db)
        with db.read() as session:
            campaign = Effective(loaded.campaign).campaign(session)
            first = _day(campaign, "--from", wish.first, campaign.first_day)
            last = _day(campaign, "--to", wish.last, campaign.closes_on)
            if last < first:
                raise RehearsalError(f"--to {last} is before --from {first}; write the earlier day in --from")
            org = _org(session, wish.org) if wish.org else ""
            reporting = _share(wish.reporting)
        return _written(play(campaign, db, last, reporting), wish, org, first, last, source)


def set_stage(loaded: Loaded, db: Database) -> str:
    """Fill a scratch database for a rehearsal from the first day; returns in Chinese where it came from."""
    migrations.metadata().create_all(db.engine)
    if _is_there(loaded.config):
        with _opened(connect(loaded.config.database_url)) as living:
            if migrations.revision(living.engine) is not None:
                _check_schema(living, loaded.path)
                if copy(living, db, [table.__table__ for table in STANDING]):  # type: ignore[misc]  # each is a Table
                    return words.FROM_DATABASE
    with db.begin() as session:
        roster_sync.sync(session, loaded.roster, WECOM_APP, midnight(loaded.campaign, loaded.campaign.first_day))
    return words.FROM_FILES


def play(campaign: Campaign, db: Database, last: date, reporting: float = 0.0) -> Played:
    """Play a campaign on a stage, from its first day up to a day. reporting: the share of the orgs that report."""
    with db.read() as session:
        reports = Pretended(campaign, session, reporting) if reporting else None
    stage = Stage(campaign, db, midnight(campaign, campaign.first_day), reports)
    stage.play(midnight(campaign, min(last, campaign.closes_on) + AFTERWARDS))
    return stage.played()


def coming(living: Database, campaign: Campaign, now: datetime) -> Played:
    """Play on from what a living database says, to the end: what leaves after `now` if nobody reports any more."""
    with _opened(scratch()) as db:
        tables = migrations.metadata().sorted_tables
        migrations.metadata().create_all(db.engine)
        copy(living, db, [table for table in tables if table.name not in UNREAD])
        stage = Stage(campaign, db, now)
        stage.play(midnight(campaign, campaign.closes_on + AFTERWARDS))
        played = stage.played()
        going = tuple(one for one in played.going if one.at > now)
        fired = {firing: count for firing, count in played.fired.items() if firing.scheduled_at > now}
        return replace(played, going=going, fired=fired)


def copy(source: Database, target: Database, tables: Iterable[Table]) -> int:
    """Copy every row of some tables, all as of one moment; returns how many."""
    count = 0
    with source.read() as reading, target.begin() as writing:
        for table in tables:
            for part in reading.execute(select(table)).mappings().partitions(CHUNK):
                writing.execute(insert(table), [dict(row) for row in part])
                count += len(part)
    return count


def midnight(campaign: Campaign, day: date) -> datetime:
    """Return the beginning of a day of the campaign."""
    return datetime.combine(day, time(0), tzinfo=campaign.tz)


@contextmanager
def _opened(engine: Engine) -> Iterator[Database]:
    db = Database(engine)
    try:
        yield db
    finally:
        db.dispose()


def _written(played: Played, wish: Wish, org: str, first: date, last: date, source: str) -> Iterator[str]:
    campaign = played.campaign
    inside = [one for one in played.going if first <= one.at.astimezone(campaign.tz).date() <= last]
    mine = [one for one in inside if org in ("", one.org)]
    if wish.form == "csv":
        return month.month_csv(campaign, mine)
    if wish.form == "ics":
        from bot.render.month_ics import month_ics  # its library is big, and seldom asked for

        return iter([month_ics(played, mine, first, last).decode()])
    counted = words.head(
        campaign,
        first,
        last,
        share=_share(wish.reporting),
        orgs=len({one.org for one in mine if one.org}),
        people=len({one.user_ref for one in mine if one.user_ref}),
        count=len(mine),
    )
    head = [*counted, source, *([words.dropped(played.dropped)] if played.dropped else [])]
    if org:
        return _lines(month.org_page(played, org, first, last, head))
    return _lines(month.page(played, first, last, head))


def _lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{line}\n"


def _is_there(config: Config) -> bool:
    """Tell whether the config's database exists: looking into an SQLite file that does not would make one."""
    database = make_url(config.database_url).database
    return not config.on_sqlite or Path(str(database)).is_file()


def _check_schema(living: Database, path: Path) -> None:
    if not migrations.is_current(living.engine):
        raise RehearsalError(f"the database has an old schema; run: python -m bot migrate --config {path}")


def _day(campaign: Campaign, name: str, word: str, default: date) -> date:
    try:
        day = date.fromisoformat(word) if word else default
    except ValueError:
        raise RehearsalError(f"{name} {word} is no date; write it as {default}") from None
    if not campaign.first_day <= day <= campaign.closes_on:
        span = f"{campaign.first_day} to {campaign.closes_on}"
        raise RehearsalError(f"{name} {day} is outside of the campaign; write a day from {span}")
    return day


def _share(word: str) -> float:
    try:
        share = float(word.removesuffix("%")) / (100 if word.endswith("%") else 1)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise RehearsalError(f"--reporting {word} is no share of the orgs; write 0.5 or 50%")
    return share


def _org(session: Session, word: str) -> str:
    names = {folded(each): org.name for org in all_orgs(session) for each in (*org.aliases, org.name)}
    found = names.get(folded(word))
    if found is None:
        close = nearest(word, names.values())
        raise RehearsalError(f"--org {word} is not in the roster; {close}write a name from there")
    return found
