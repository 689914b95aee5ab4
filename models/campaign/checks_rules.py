"""Checks of a rule against the rest of its campaign, and what all checks share. Pure; called by checks.py only."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from models.campaign import periods
from models.campaign.definition import Campaign, Rule, RuleKind
from models.campaign.shapes import nearest, one_of

Found = Iterator[tuple[str, str, str]]  # where, what, instead
# What loader.py puts for a first or last day that is wrong; no campaign has these.
FAR_PAST, FAR_AHEAD = date(1, 1, 2), date(9999, 12, 30)
LONGEST = 800  # days of a campaign; more is a slip of the pen (decided by us 2026-11-24)
TIMINGS = ("before", "overdue", "weekly", "daily", "on")
FILLED_IN = frozenset({"name", "org", "due"})  # what a rule's text may hold in braces


@dataclass(frozen=True, slots=True)
class Known:
    """The keys that a file defines, also those whose table has a wrong shape: naming one of these is no problem.

    None where the file has something else than tables: then no key can be called unknown.
    """

    kinds: tuple[str, ...] | None
    dimensions: tuple[str, ...] | None
    indicators: tuple[str, ...] | None
    duties: tuple[str, ...] | None
    rankings: tuple[str, ...] | None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Known:
        """Collect the keys of a file as read from TOML."""
        tables = (raw.get(name, {}) for name in cls.__slots__)
        return cls(*(tuple(table) if isinstance(table, Mapping) else None for table in tables))


def rule_problems(campaign: Campaign, known: Known, where: str, rule: Rule) -> Found:
    """Yield what is wrong with one rule; where is its dotted key."""
    timings = [name for name in TIMINGS if getattr(rule, name) is not None]
    if len(timings) != 1:
        has = " and ".join(timings) or "nothing"
        yield where, f"must have one timing but has {has}", f"write one of {', '.join(TIMINGS)}"
    yield from _rule_needs(known, where, rule)
    yield from _rule_days(campaign, where, rule)
    for name, timing in (("before", rule.before), ("overdue", rule.overdue)):
        if timing is None:
            continue
        yield from unknown_each(f"{where}.{name}.duty", "duty", (timing.duty,), known.duties)
        if rule.duty not in (None, timing.duty):
            yield f"{where}.duty", f'"{rule.duty}" is not the duty of {name} ("{timing.duty}")', "leave it out"
    if rule.before and not rule.before.days:
        yield f"{where}.before.days", "is empty", "write, for example, days = [7, 3, 1, 0]"


def _rule_needs(known: Known, where: str, rule: Rule) -> Found:
    """Check the fields that a rule of each kind must have, or must not."""
    if rule.duty is not None:
        yield from unknown_each(f"{where}.duty", "duty", (rule.duty,), known.duties)
    elif rule.kind in (RuleKind.REMIND, RuleKind.MISSING_LIST) and not (rule.before or rule.overdue):
        yield f"{where}.duty", f"is missing for a {rule.kind.value} rule", f"add it; {one_of(known.duties or ())}"
    if rule.ranking is not None:
        yield from unknown_each(f"{where}.ranking", "ranking", (rule.ranking,), known.rankings)
        if rule.kind is not RuleKind.RANKING:
            yield f"{where}.ranking", f"is not for a {rule.kind.value} rule", 'leave it out, or write kind = "ranking"'
    elif rule.kind is RuleKind.RANKING:
        yield f"{where}.ranking", "is missing for a ranking rule", f"add it; {one_of(known.rankings or ())}"
    if rule.kind is RuleKind.PAPER and rule.paper is None:
        yield f"{where}.paper", "is missing for a paper rule", 'write paper = "weekly" or paper = "closing"'
    elif rule.kind is not RuleKind.PAPER and rule.paper is not None:
        yield f"{where}.paper", f"is not for a {rule.kind.value} rule", 'leave it out, or write kind = "paper"'
    yield from unknown_each(f"{where}.audience", "kind", rule.audience, known.kinds)
    if rule.audience and rule.kind is not RuleKind.NOTICE:
        yield f"{where}.audience", f"is not for a {rule.kind.value} rule", "leave it out; the duty names its audience"
    if rule.kind is RuleKind.NOTICE and not rule.text.strip():
        yield f"{where}.text", "is missing for a notice", "write the text of the notice"
    yield from _placeholders(where, rule.text)


def _placeholders(where: str, text: str) -> Found:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        yield f"{where}.text", "has a brace that stands alone", "write {org}, or double the brace: {{"
        return
    for name in sorted(names - FILLED_IN):
        yield f"{where}.text", f"{{{name}}} is not filled in", f"use {', '.join(f'{{{n}}}' for n in sorted(FILLED_IN))}"


def _rule_days(campaign: Campaign, where: str, rule: Rule) -> Found:
    """Check that a rule falls inside the campaign, so that it can fire at all."""
    if rule.on:
        yield from midnight(f"{where}.on.at", rule.on.at)
        end = campaign.closes_on if rule.closing else campaign.last_day
        yield from outside(campaign, f"{where}.on.at", rule.on.at.date(), end)
    if rule.weekly and rule.weekly.first_on and 0 <= (campaign.last_day - campaign.first_day).days <= LONGEST:
        first = periods.weeks(campaign)[0]
        if rule.weekly.first_on not in first:
            what = f"{rule.weekly.first_on} is not in the first week"
            yield f"{where}.weekly.first_on", what, f"write a day from {first.start} to {first.end}"
    if rule.overdue and not rule.closing:
        duty = campaign.duties.get(rule.overdue.duty)
        if duty and isinstance(duty.due, datetime) and campaign.last_day <= duty.due.date() <= campaign.closes_on:
            yield (
                f"{where}.closing",
                f"is false, but {rule.overdue.duty} is due on the last day",
                "write closing = true",
            )


def outside(campaign: Campaign, where: str, day: date, end: date) -> Found:
    """Yield a problem when a day is not within first_day and end."""
    if not campaign.first_day <= day <= end:
        yield where, f"{day} is outside the campaign", f"write a day from {campaign.first_day} to {end}"


def midnight(where: str, moment: datetime) -> Found:
    """Yield a problem for a moment of 00:00: TOML reads a bare date so, and nobody means the night before."""
    if (moment.hour, moment.minute) == (0, 0):
        yield where, f"{moment:%Y-%m-%d} has no time of day", f"write, for example, {moment:%Y-%m-%d}T18:00:00"


def unknown_each(where: str, what: str, words: Iterable[str], known: Collection[str] | None) -> Found:
    """Yield a problem for each word that is no known key."""
    for word in words:
        if known is not None and word not in known:
            yield where, *unknown(what, word, known)


def unknown(what: str, word: str, known: Collection[str]) -> tuple[str, str]:
    """Return what is wrong and what to write instead, for a word that is no known key."""
    return f'"{word}" is an unknown {what}', f"{nearest(word, known)}{one_of(known)}"
