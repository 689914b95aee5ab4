"""What a simulated month has led to, as plain values: what was told, what arrived, what the ledger holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.standin import Platform
from bot.standin.values import APP_PUSH, ROBOT_PUSH
from models.ledger import Entry, Report
from models.occurrences import Occurrence
from models.outbox import Attempt, Lane, Notice, Status
from models.people import Org
from models.session import Database

HEALTH = re.compile(r"发出\S+条通知(?:，\S+条没发成)?")  # a brief counts what could not be told apart from unsent

Told = tuple[str, str, str, str, str]  # channel, recipient, rule, scheduled_at, content
Arrived = tuple[str, str, str]  # whom, kind, text or the hash of a picture


@dataclass
class Outcome:
    """The end of one run."""

    told: Counter[Told] = field(default_factory=Counter)  # notices that count as sent
    unsure: Counter[Told] = field(default_factory=Counter)  # notices marked uncertain: no answer came
    other: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # rule, status, reason of the rest
    arrived: Counter[Arrived] = field(default_factory=Counter)  # what the platform has shown to people
    fates: Counter[tuple[str, int, str, str, str]] = field(default_factory=Counter)  # rule, version, at, fate, reason
    ledger: list[tuple[str, ...]] = field(default_factory=list)
    cut: int = 0  # calls that were under way when their process died
    weeded: int = 0  # of their repeats, those that the platform knew already and did not show again


@dataclass(frozen=True)
class Difference:
    """How a run differs from the undisturbed one."""

    missing: list[str]  # told there, here neither told nor marked uncertain
    doubled: list[str]  # arrived more often than there
    invented: list[str]  # told here only
    unsure: int  # marked uncertain here: an admin sees it and decides
    others: list[str]  # fates and ledger

    @property
    def none(self) -> bool:
        """Tell whether nothing is missing, doubled, invented or otherwise different."""
        return not (self.missing or self.doubled or self.invented or self.others)


def read(db: Database, platform: Platform) -> Outcome:
    """Read the end of a run from its database and its platform."""
    found = Outcome()
    with db.read() as session:
        rows = session.execute(select(Occurrence.id, Occurrence.scheduled_at))
        moments = {row.id: row.scheduled_at for row in rows}
        for notice in session.scalars(select(Notice).where(Notice.lane != Lane.ANSWER.value)):
            at = moments.get(notice.occurrence_id or 0)
            told = (
                notice.channel,
                notice.user_ref,
                notice.rule,
                at.isoformat() if at else "",
                json.dumps(notice.content, ensure_ascii=False, sort_keys=True),
            )
            if notice.status is Status.SENT:
                found.told[told] += 1
            elif notice.status is Status.UNCERTAIN:
                found.unsure[told] += 1
            else:
                found.other[notice.rule, notice.status.value, notice.reason] += 1
        for one in session.scalars(select(Occurrence)):
            found.fates[one.rule, one.version, one.scheduled_at.isoformat(), one.fate.value, one.reason] += 1
        found.ledger = sorted(_ledger(session))
        cut = select(func.count(func.distinct(Attempt.call_ref))).where(Attempt.outcome == "uncertain")
        found.cut = session.scalar(cut) or 0
    found.weeded = sum("duplicate" in accepted.dropped.values() for accepted in platform.accepted)
    found.arrived = Counter(_arrived(platform))
    return found


def compare(reference: Outcome, run: Outcome) -> Difference:
    """Compare a run with the undisturbed one. What is marked uncertain may have arrived or not."""
    wanted, told, unsure = reference.told, run.told, run.unsure
    arrived, expected = run.arrived, reference.arrived
    if unsure:
        wanted, told, unsure = (_masked(each) for each in (wanted, told, unsure))
        arrived, expected = (_masked_arrivals(each) for each in (arrived, expected))
    return Difference(
        missing=sorted(map(str, (wanted - told - unsure).elements())),
        doubled=sorted(map(str, (arrived - expected).elements())),
        invented=sorted(map(str, (told + unsure - wanted).elements())),
        unsure=run.unsure.total(),
        others=_others(reference, run),
    )


def _others(reference: Outcome, run: Outcome) -> list[str]:
    found = [f"fate: {row}" for row in ((reference.fates - run.fates) + (run.fates - reference.fates)).elements()]
    found += [f"not told: {row}" for row in ((reference.other - run.other) + (run.other - reference.other)).elements()]
    here, there = Counter(run.ledger), Counter(reference.ledger)
    return found + [f"ledger: {row}" for row in ((here - there) + (there - here)).elements()]


def _masked(rows: Counter[Told]) -> Counter[Told]:
    masked: Counter[Told] = Counter()
    for (channel, user, rule, at, content), count in rows.items():
        masked[channel, user, rule, at, HEALTH.sub("…", content)] += count
    return masked


def _masked_arrivals(rows: Counter[Arrived]) -> Counter[Arrived]:
    masked: Counter[Arrived] = Counter()
    for (whom, kind, text), count in rows.items():
        masked[whom, kind, HEALTH.sub("…", text)] += count
    return masked


def _arrived(platform: Platform) -> Iterator[Arrived]:
    chats = [*(member.userid for member in platform.members), *(group.chat for group in platform.groups)]
    for chat in chats:
        for bubble in platform.world.feed.bubbles(chat):
            if bubble.via in (APP_PUSH, ROBOT_PUSH):
                text = bubble.text
                if bubble.media_id:
                    text = hashlib.sha256(platform.media_bytes(bubble.media_id)).hexdigest()
                yield chat, bubble.kind, text


def _ledger(session: Session) -> Iterator[tuple[str, ...]]:
    rows = session.execute(
        select(Org.name, Report.kind, Report.made_at, Report.text, Entry)
        .join(Report, Report.org_id == Org.id)
        .join(Entry, Entry.report_id == Report.id)
    )
    for org, kind, made_at, text, entry in rows:
        value = format(entry.value.normalize(), "f")
        yield org, kind.value, made_at.isoformat(), text, entry.indicator, entry.part, value, entry.day.isoformat()
