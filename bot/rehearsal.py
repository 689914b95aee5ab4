"""What `rehearse` does: set a stage from the config, play the campaign on it, and write it down.

The stage is a scratch database. Orgs and people come from the config's database where there is one, else from the
roster files; nothing is ever written to either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.channels.wecom_app import NAME
from bot.config import Loaded
from bot.render import month
from bot.render.month_ics import month_ics
from models import roster_sync
from models.campaign.definition import Campaign
from models.campaign.roster import folded
from models.campaign.shapes import nearest
from models.errors import BotError
from models.migrations import run as migrations
from models.session import Database, scratch
from schedules import wording_rehearsal as words
from schedules.rehearsal import AFTERWARDS, Played, Stage

ROSTER_FILES = "名册文件"


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
    reporting: float = 0.0  # share of the orgs that report everything


def rehearse(loaded: Loaded, wish: Wish) -> Iterator[str]:
    """Play a campaign and write it down, piece by piece.

    Raises RehearsalError for days outside of the campaign and for an org that nobody knows.
    """
    campaign = loaded.campaign
    first = _day(campaign, "--from", wish.first, campaign.first_day)
    last = _day(campaign, "--to", wish.last, campaign.closes_on)
    if last < first:
        raise RehearsalError(f"--to {last} is before --from {first}; write the earlier day in --from")
    org = _org(loaded, wish.org) if wish.org else ""
    return _written(play(loaded, wish.reporting, last), wish, org, first, last)


def play(loaded: Loaded, reporting: float, last: date) -> Played:
    """Play a campaign from its first day up to a day."""
    campaign = loaded.campaign
    db = Database(scratch())
    try:
        migrations.metadata().create_all(db.engine)
        start = _midnight(campaign, campaign.first_day)
        with db.begin() as session:
            roster_sync.sync(session, loaded.roster, NAME, start)
        stage = Stage(campaign, db, start)
        stage.play(_midnight(campaign, min(last, campaign.closes_on) + AFTERWARDS))
        return stage.played()
    finally:
        db.dispose()


def _written(played: Played, wish: Wish, org: str, first: date, last: date) -> Iterator[str]:
    campaign = played.campaign
    inside = [one for one in played.going if first <= one.at.astimezone(campaign.tz).date() <= last]
    mine = [one for one in inside if org in ("", one.org)]
    if wish.form == "csv":
        return month.month_csv(campaign, mine)
    if wish.form == "ics":
        return iter([month_ics(played, mine, first, last).decode()])
    counted = words.head(
        campaign,
        first,
        last,
        share=wish.reporting,
        orgs=len({one.org for one in mine if one.org}),
        people=len({one.user_ref for one in mine if one.user_ref}),
        count=len(mine),
    )
    head = [*counted, words.source(ROSTER_FILES), *([words.dropped(played.dropped)] if played.dropped else [])]
    if org:
        return _lines(month.org_page(played, org, first, last, head))
    return _lines(month.page(played, first, last, head))


def _lines(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"{line}\n"


def _day(campaign: Campaign, name: str, word: str, default: date) -> date:
    try:
        day = date.fromisoformat(word) if word else default
    except ValueError:
        raise RehearsalError(f"{name} {word} is no date; write it as {default}") from None
    if not campaign.first_day <= day <= campaign.closes_on:
        span = f"{campaign.first_day} to {campaign.closes_on}"
        raise RehearsalError(f"{name} {day} is outside of the campaign; write a day from {span}")
    return day


def _org(loaded: Loaded, word: str) -> str:
    names = {folded(each): org.name for org in loaded.roster.orgs for each in (*org.aliases, org.name)}
    found = names.get(folded(word))
    if found is None:
        raise RehearsalError(
            f"--org {word} is not in the roster; {nearest(word, names.values())}write a name from there"
        )
    return found


def _midnight(campaign: Campaign, day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=campaign.tz)
