"""A rehearsed month as an iCalendar: one event a firing, for the calendar that the office uses already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar, Event

from bot.render import month
from models.campaign.definition import Campaign
from schedules import wording_rehearsal as words
from schedules.rehearsal import Going, Played
from schedules.rules import Firing

SHORTEST = timedelta(minutes=5)  # of an event: calendars hide one that takes no time


def month_ics(played: Played, going: Iterable[Going], first: date, last: date) -> bytes:
    """Write the events of the firings from one day to another that tell somebody something.

    going: the notices to tell of, all or those of one org. An event begins when its first notice leaves. Its UID is
    made of the campaign, the rule, its version and the scheduled moment, so that a newer file replaces an older one.
    """
    campaign = played.campaign
    calendar = Calendar()
    calendar.add("prodid", "-//campaign-bot//rehearsal//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", words.calendar_name(campaign))
    by_firing: dict[Firing, list[Going]] = {}
    for one in going:
        if one.firing is not None:
            by_firing.setdefault(one.firing, []).append(one)
    for firing in played.fired:
        if first <= firing.day <= last and firing in by_firing:
            calendar.add_component(_event(campaign, firing, by_firing[firing]))
    calendar.add_missing_timezones(campaign.first_day, campaign.closes_on)
    return bytes(calendar.to_ical())


def _event(campaign: Campaign, firing: Firing, going: list[Going]) -> Event:
    shown = month.first_event(campaign, firing, going)
    recipients = month.event_recipients(campaign, shown)
    texts, others = shown.texts(campaign)
    parts = [
        recipients,
        words.named(shown.orgs) if len(shown.orgs) > 1 else "",
        month.why_moved(campaign, shown),
        *texts,
        words.other_texts(others) if others else "",
    ]
    event = Event()
    event.add("uid", uid(campaign, firing))
    event.add("dtstamp", datetime.combine(campaign.first_day, time(0), tzinfo=UTC))  # the same each time
    event.add("dtstart", shown.first)
    event.add("dtend", max(shown.last, shown.first + SHORTEST))
    event.add("summary", f"{words.title(campaign, firing)} → {recipients}")
    event.add("description", "\n\n".join(filter(None, parts)))
    event.add("transp", "TRANSPARENT")  # the bot's time, nobody's appointment
    return event


def uid(campaign: Campaign, firing: Firing) -> str:
    """Return an id that stays the same for one firing."""
    said = f"{campaign.key} {firing.rule_key}@{firing.version} {firing.scheduled_at.isoformat()}"
    return f"{hashlib.blake2s(said.encode(), digest_size=16).hexdigest()}@{campaign.key}.campaign-bot"
