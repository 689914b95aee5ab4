"""Whom a waiting reminder reaches after all, and when: who is on leave is passed over for who stands in, and who has
put reminders off gets one then.

Called by silence.py at the last look before sending, inside the transaction in which delivery claims notices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import leave, outbox, snooze
from models.audience import Audience, audience, recipient
from models.campaign.definition import Campaign, RuleKind
from models.messages import About, Draft
from models.outbox import Notice
from models.people import Contact
from models.quiet import release
from models.reminder_words import Item, compose
from models.reminding import URGENT, about, at_the_cap, midnight, reminded_today, told

Asking = Mapping[int, tuple[Notice, Sequence[Item]]]  # notice id -> the notice, and what it still asks for
Kept = dict[int, Sequence[Item]]  # notice id -> what it asks its reader for in the end; none: it need not go


def pass_on(session: Session, campaign: Campaign, asking: Asking, now: datetime) -> Kept:
    """Write what is for who stands in as notices of their own; returns what is left of the notices to who is away.

    Nobody stands in: the person is told all the same. Who was asked for the same today is not asked again, and beyond
    the cap of the day it waits for the next morning. Only notices to persons on leave are in the result.
    """
    away = leave.away_on(session, campaign.local_day(now))
    theirs = {key: value for key, value in asking.items() if value[0].person_id in away}
    if not theirs:
        return {}
    people = audience(session, campaign, at=now)
    today = reminded_today(session, campaign, now)
    known = {(each.person_id, item) for each in today for item in each.abouts}
    full = at_the_cap(campaign, today)
    kept: Kept = {}
    for notice_id, (notice, items) in theirs.items():
        kept[notice_id], others = _split(people, notice, items)
        drafts = []
        for contact, every in others.values():
            wanted = [item for item in every if (contact.person_id, about(item.state)) not in known]
            known |= {(contact.person_id, about(item.state)) for item in wanted}
            if wanted:
                late = contact.person_id in full and notice.rule != URGENT
                drafts.append(_draft(campaign, notice, contact, wanted, now, late=late))
        ids = {"occurrence_id": notice.occurrence_id, "inbox_id": notice.inbox_id, "trace_id": notice.trace_id}
        outbox.add(session, drafts, now, **ids)  # type: ignore[arg-type]  # a dict of three kinds of values
    return kept


def fold(session: Session, campaign: Campaign, asking: Asking, now: datetime) -> Kept:
    """Let reminders to who has put them off be said with the one that comes then; returns what must go all the same.

    That is what would be past its deadline then. An admin's 催报 goes at once. Only notices that are folded, as a whole
    or in part, are in the result.
    """
    persons = {notice.person_id for notice, _ in asking.values() if _by_rule(campaign, notice)} - {None}
    held = snooze.pending(session, [person for person in persons if person is not None], now) if persons else {}
    kept: Kept = {}
    for notice_id, (notice, items) in asking.items():
        one = held.get(notice.person_id or 0)
        if one is None or not _by_rule(campaign, notice):
            continue
        kept[notice_id] = [item for item in items if now < item.state.due_at <= one.not_before]
        later = [item for item in items if item not in kept[notice_id]]
        snooze.fold(one, [replace(about(item.state), rung=item.rung) for item in later])
    return kept


def _by_rule(campaign: Campaign, notice: Notice) -> bool:
    rule = campaign.rules.get(notice.rule)
    return rule is not None and rule.kind is RuleKind.REMIND


def _split(
    people: Audience, notice: Notice, items: Sequence[Item]
) -> tuple[list[Item], dict[int, tuple[Contact, list[Item]]]]:
    """Part what stays with the reader, since nobody stands in, from what is for others."""
    stays: list[Item] = []
    others: dict[int, tuple[Contact, list[Item]]] = {}
    for item in items:
        reached = told(people, item.state.org.id, item.rung)
        if not reached or any(contact.person_id == notice.person_id for contact in reached):
            stays.append(item)
            continue
        for contact in reached:
            others.setdefault(contact.person_id, (contact, []))[1].append(item)
    return stays, others


def _draft(
    campaign: Campaign, notice: Notice, contact: Contact, items: Sequence[Item], now: datetime, *, late: bool
) -> Draft:
    at = release(campaign, midnight(campaign, now) + timedelta(days=1)) if late else now
    keys: list[About] = [replace(about(item.state), rung=item.rung, cause=item.cause) for item in items]
    return Draft(
        recipient(contact),
        compose(campaign, campaign.rules.get(notice.rule), items, at),
        notice.rule,
        not_before=at,
        expires_at=notice.expires_at,
        abouts=tuple(keys),
    )
