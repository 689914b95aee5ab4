"""A rehearsed month for people and programs: events in groups, a page of text, rows of CSV, an iCalendar.

Values in, text out; what would be sent was decided by schedules/rehearsal.py.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from bot.render.rows import guarded
from bot.render.text import table_text
from models.campaign.definition import Campaign, RuleKind
from models.lengths import TEXT_BYTES
from models.messages import File, Picture, Recall, StoredFile, TableText, Text, content_from_json
from models.phrases import channel_name
from models.quiet import release
from schedules import wording_rehearsal as words
from schedules.rehearsal import Going, Played
from schedules.rules import Firing
from schedules.wording import asks_again

ONE_EVENT = timedelta(minutes=5)  # notices of one firing that leave within so long are one event
COLUMNS = ("时间", "通道", "单位", "姓名", "规则", "内容", "规则代号")  # people read it; the last is the file's key
INDENT = " " * 6


@dataclass
class Event:
    """What one firing sends at one time, or a firing that sends nothing of its own."""

    day: date
    first: datetime  # aware, in the campaign's zone
    last: datetime
    rule: str
    firing: Firing | None
    going: list[Going] = field(default_factory=list)
    carried: int = 0  # notices of other firings that say this one's too

    @property
    def orgs(self) -> list[str]:
        """List who is told, each org or group once."""
        return list(dict.fromkeys(one.org or one.channel.removeprefix("robot:") for one in self.going))

    @property
    def people(self) -> list[str]:
        """List the people who are told, each once; [] for a group."""
        return list({one.user_ref: one.person for one in self.going if one.user_ref}.values())

    def texts(self, campaign: Campaign) -> tuple[list[str], int]:
        """Return what most of the recipients read, in order, and how many other wordings there are."""
        parcels: dict[str, list[Mapping[str, Any]]] = {}
        for one in self.going:
            parcels.setdefault(one.user_ref or one.channel, []).append(one.content)
        counts = Counter(tuple(id(content) for content in parcel) for parcel in parcels.values())
        if not counts:
            return [], 0
        most = counts.most_common(1)[0][0]
        shown = next(parcel for parcel in parcels.values() if tuple(map(id, parcel)) == most)
        return [told(campaign, content) for content in shown], len(counts) - 1


def told(campaign: Campaign, content: Mapping[str, Any]) -> str:
    """Write what a content says."""
    value = content_from_json(dict(content))
    if isinstance(value, Picture):
        return words.picture(value.table.title)
    if isinstance(value, TableText):
        return table_text(value.table, TEXT_BYTES, zone=campaign.tz)
    if isinstance(value, Recall):
        return ""  # nothing that the clock writes
    return words.file(value.name) if isinstance(value, File | StoredFile) else value.text


def events(played: Played, first: date, last: date) -> list[Event]:
    """Group what leaves from one day to another, and the firings in between that send nothing of their own."""
    campaign = played.campaign
    found: list[Event] = []
    latest: dict[tuple[object, str], Event] = {}
    speaking: set[Firing] = set()
    for one in played.going:
        if one.firing is not None:
            speaking.add(one.firing)
        at = one.at.astimezone(campaign.tz)
        if not first <= at.date() <= last:
            continue
        key = (one.firing or one.rule, one.channel)
        event = latest.get(key)
        if event is None or event.day != at.date() or at - event.last > ONE_EVENT:
            event = latest[key] = Event(at.date(), at, at, one.rule, one.firing)
            found.append(event)
        event.last = at
        event.going.append(one)
    for firing, count in played.fired.items():
        if firing not in speaking and first <= firing.day <= last:
            at = firing.scheduled_at.astimezone(campaign.tz)
            found.append(Event(firing.day, at, at, firing.rule_key, firing, carried=count))
    return sorted(found, key=lambda event: (event.first, not event.going))


def first_event(campaign: Campaign, firing: Firing, going: Sequence[Going]) -> Event:
    """Return what a firing sends at first; what it sends hours later, such as asking again, is left out."""
    start = going[0].at.astimezone(campaign.tz)
    event = Event(firing.day, start, start, firing.rule_key, firing)
    for one in going:
        at = one.at.astimezone(campaign.tz)
        if at - event.last > ONE_EVENT:
            break
        event.last = at
        event.going.append(one)
    return event


def page(played: Played, first: date, last: date, head: Sequence[str]) -> Iterator[str]:
    """Write the page of a month, line by line: day by day, every firing with the text that most people get."""
    campaign = played.campaign
    yield from head
    shown: dict[tuple[str, ...], date] = {}
    found = events(played, first, last)
    if not found:
        yield words.NOTHING
    for day, of_day in groupby(found, key=lambda event: event.day):
        yield ""
        yield words.day_head(campaign, day)
        for event in of_day:
            yield from _event(campaign, event, shown)


def _event(campaign: Campaign, event: Event, shown: dict[tuple[str, ...], date]) -> Iterator[str]:
    name = event_title(campaign, event)
    if not event.going:
        yield f"  {event.first:%H:%M}  {name}：{words.carried(event.carried) if event.carried else words.NOBODY}"
        return
    yield f"  {_span(event)}  {name} → {event_recipients(campaign, event)}"
    why = why_moved(campaign, event)
    if why:
        yield f"{INDENT}· {why}"
    if len(event.orgs) > 1:
        yield f"{INDENT}· {words.named(event.orgs)}"
    texts, others = event.texts(campaign)
    before = shown.setdefault(tuple(texts), event.day)
    lines = [line for text in texts for line in text.split("\n")]
    yield from (f"{INDENT}{line}" for line in (lines if before == event.day else [words.same_text(before)]))
    if others:
        yield f"{INDENT}· {words.other_texts(others)}；{words.WHOLE_TEXT}"


def event_title(campaign: Campaign, event: Event) -> str:
    """Name an event."""
    if event.firing is not None:
        return asks_again(event.firing.rule) if _asks_again(campaign, event) else words.title(campaign, event.firing)
    return _rule_name(campaign, event.rule)


def _rule_name(campaign: Campaign, key: str) -> str:
    rule = campaign.rules.get(key)
    return rule.name if rule else words.OTHER_RULES.get(key, key)


def _asks_again(campaign: Campaign, event: Event) -> bool:
    """Tell the reminders that a ranking waits for a yes, texts some time after it, from the ranking itself."""
    if event.firing is None or event.firing.rule.kind is not RuleKind.RANKING or not event.going:
        return False
    if event.first - release(campaign, event.firing.scheduled_at) <= ONE_EVENT:
        return False
    return all(isinstance(content_from_json(dict(one.content)), Text) for one in event.going)


def event_recipients(campaign: Campaign, event: Event) -> str:
    """Say to whom an event goes."""
    groups = [campaign.groups.get(name, name) for name in event.orgs]
    return words.recipients(event.orgs, event.people) if event.people else words.recipients(groups, [])


def why_moved(campaign: Campaign, event: Event) -> str:
    """Say why an event is not when its rule has planned it; empty when it is."""
    if event.firing is None:
        return ""
    waits = words.STILL_WAITS if event.firing.rule.kind is RuleKind.RANKING else words.HELD
    held = waits if event.day != event.firing.day else ""
    return "；".join(filter(None, (words.moved(campaign, event.firing), held)))


def org_page(played: Played, org: str, first: date, last: date, head: Sequence[str]) -> Iterator[str]:
    """Write everything that one org's people get, in order, with the full texts."""
    campaign = played.campaign
    yield from head
    mine = [
        (one.at.astimezone(campaign.tz), one)
        for one in played.going
        if one.org == org and first <= one.at.astimezone(campaign.tz).date() <= last
    ]
    if not mine:
        yield words.NOTHING
    for day, of_day in groupby(mine, key=lambda each: each[0].date()):
        yield ""
        yield words.day_head(campaign, day)
        for (at, _, _), same in groupby(of_day, key=lambda each: (each[0], each[1].rule, id(each[1].content))):
            ones = [one for _, one in same]
            event = Event(day, at, at, ones[0].rule, ones[0].firing)
            yield f"  {at:%H:%M}  {event_title(campaign, event)} → {'、'.join(one.person for one in ones)}"
            why = why_moved(campaign, event)
            if why:
                yield f"{INDENT}· {why}"
            yield from (f"{INDENT}{line}" for line in told(campaign, ones[0].content).split("\n"))


def _span(event: Event) -> str:
    first, last = f"{event.first:%H:%M}", f"{event.last:%H:%M}"
    return first if first == last else f"{first}-{last}"


def month_csv(campaign: Campaign, going: Iterable[Going]) -> Iterator[str]:
    """Write one row a notice, the header first. 时间 is wall clock in the campaign's zone.

    The first piece begins with the mark of UTF-8: Excel takes a file without one for GBK (decided by us 2026-11-24).
    No cell is run as a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("\ufeff")
    writer.writerow(COLUMNS)
    texts: dict[int, str] = {}
    for one in going:
        text = texts.get(id(one.content))
        if text is None:
            text = texts[id(one.content)] = told(campaign, one.content)
        at = f"{one.at.astimezone(campaign.tz):%Y-%m-%d %H:%M:%S}"
        channel, rule = channel_name(campaign, one.channel), _rule_name(campaign, one.rule)
        writer.writerow([at, *map(guarded, (channel, one.org, one.person, rule, text, one.rule))])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()
