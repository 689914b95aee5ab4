"""The checker: reads the database and the platform's log of what it accepted, and says what does not fit.

Its findings are plain counts with a few examples; `line()` prints them as one line. Any breach makes the run fail.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from bot.channels.group_robot import PREFIX
from bot.claims import REPEATED
from bot.standin import Platform
from models import audit
from models.audit import AuditRow
from models.inbox import Inbox
from models.ledger import Entry, Report
from models.outbox import Attempt, Notice, Status
from models.session import Database
from tests.chaos.seams import CUT
from tests.chaos.sender import Said

RULE = "chaos"  # of the notices that a run writes itself
EXAMPLES = 3


@dataclass
class Findings:
    """What a run has come to."""

    told: dict[str, object] = field(default_factory=dict)  # printed, no breach
    breaches: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def breach(self, name: str, example: object) -> None:
        """Note something that must not be."""
        self.breaches[name] += 1
        if len(self.examples[name]) < EXAMPLES:
            self.examples[name].append(str(example))

    def line(self) -> str:
        """Return it as one line."""
        shown = {**self.told, **self.breaches}
        return " ".join(f"{name}={value}" for name, value in shown.items())

    @property
    def wrong(self) -> bool:
        """Tell whether anything is."""
        return any(self.breaches.values())


def check_intake(db: Database, said: Sequence[Said]) -> Findings:
    """N1, N2, N6: what was acknowledged is there once and whole; what was not is whole or not there at all."""
    found = Findings({"messages": len(said)}, Counter(missing=0, half=0, doubled=0, other_reply=0))
    with db.read() as session:
        inbox = {row.key: row for row in session.scalars(select(Inbox))}
        rows = session.scalar(select(func.count()).select_from(Inbox))
        reports = Counter(session.scalars(select(Report.inbox_id)))
        entries = Counter(session.scalars(select(Report.inbox_id).join(Entry, Entry.report_id == Report.id)))
        audited = Counter(session.scalars(select(AuditRow.inbox_id).where(AuditRow.inbox_id.is_not(None))))
        broken = audit.verify(session)
    if rows != len(inbox):
        found.breach("doubled", f"{rows} inbox rows, {len(inbox)} keys")
    acked = 0
    for one in said:
        acked += one.acked
        row = inbox.get(one.key)
        if row is None:
            if one.acked:
                found.breach("missing", one)
            continue
        counts = reports[row.id], entries[row.id], audited[row.id]
        if max(counts) > 1:
            found.breach("doubled", (one, counts))
        elif counts != (1, 1, 1) or row.answer is None or row.outcome != "recorded":
            found.breach("half", (one, counts, row.outcome, row.answer))
        elif any(reply != row.answer["text"] for reply in one.replies):
            found.breach("other_reply", (one, row.answer))
    strangers = set(inbox) - {one.key for one in said}
    found.told |= {"acked": acked, "gave_up": sum(not one.acked for one in said)}
    found.told["kept_unacked"] = sum(not one.acked and one.key in inbox for one in said)
    for key in strangers:
        found.breach("invented", key)
    return _audited(found, broken)


def check_delivery(db: Database, platform: Platform, kills: int) -> Findings:
    """N2, N7: each notice is shown once, robots are never called twice, and what nobody can know is marked."""
    found = Findings({}, Counter(unsent=0, lost=0, doubled=0, unmarked=0, noted_twice=0))
    calls: Counter[tuple[str, str]] = Counter()
    shown: Counter[tuple[str, str]] = Counter()
    for accepted in platform.accepted:
        calls.update((who, accepted.content) for who in accepted.recipients)
        shown.update((who, accepted.content) for who in accepted.shown)
    with db.read() as session:
        notices = session.scalars(select(Notice).where(Notice.rule == RULE)).all()
        sent = Counter(session.scalars(select(Attempt.notice_id).where(Attempt.outcome == "sent")))
        broken = audit.verify(session)
    uncertain = weeded = 0
    for notice in notices:
        who = notice.user_ref or notice.channel.removeprefix(PREFIX)
        pieces = [(who, piece) for piece in notice.content["text"].split(CUT)]
        unsure = notice.status is Status.UNCERTAIN
        uncertain += unsure
        weeded += sum(calls[piece] - shown[piece] for piece in pieces)
        told = (notice.id, notice.channel, notice.status.value, notice.reason, notice.tries, notice.content)
        if notice.status not in (Status.SENT, Status.UNCERTAIN):
            found.breach("unsent", told)
        if notice.status is Status.SENT and (not all(shown[piece] for piece in pieces) or not sent[notice.id]):
            found.breach("lost", told)
        if sent[notice.id] > 1:
            found.breach("noted_twice", told)
        if any(shown[piece] > 1 for piece in pieces):
            found.breach("doubled", told)
        if any(calls[piece] > 1 for piece in pieces) and not (unsure or notice.reason == REPEATED):
            found.breach("unmarked", told)
    known = {(n.user_ref or n.channel.removeprefix(PREFIX), p) for n in notices for p in n.content["text"].split(CUT)}
    for each in shown:
        if each[1].startswith(RULE) and each not in known:
            found.breach("invented", each)
    found.told |= {"notices": len(notices), "weeded": weeded, "uncertain": uncertain}
    if uncertain > kills:
        found.breach("too_uncertain", f"{uncertain} uncertain, {kills} kills and naps")
    return _audited(found, broken)


def _audited(found: Findings, broken: int | None) -> Findings:
    found.told["audit"] = "ok" if broken is None else f"broken at {broken}"
    if broken is not None:
        found.breach("audit_broken", broken)
    return found
