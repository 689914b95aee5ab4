"""Rankings as published: frozen rows with an issue number, and the moves between their states.

A ranking that needs a yes waits here until an admin publishes or drops it. What is published never changes: later
corrections appear in the next issue, and a recalled one keeps its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import audit
from models.base import Base, UtcDateTime
from models.errors import UserError
from models.messages import About, RankTable, TableText, content_to_json, table_from_json, table_to_json
from models.outbox import Notice, Status, content_hash

ISSUE = "issue:"  # begins what a notice about an issue carries in place of a duty
# Why an issue was dropped, or a notice of it was withdrawn. Admins read these.
SUPERSEDED = "已有更新的一期在等审定"
DECIDED = "这一期已经有了决定"
TAKEN_BACK = "这一期已撤回"


class IssueStatus(Enum):
    """The life of an issue."""

    WAITING = "waiting"  # made by the clock, or by a first admin: wants a yes
    PUBLISHED = "published"
    DROPPED = "dropped"  # never published; reason says why
    RECALLED = "recalled"  # taken back after it was published


MOVES: frozenset[tuple[IssueStatus | None, IssueStatus]] = frozenset(
    {
        (None, IssueStatus.WAITING),
        (None, IssueStatus.PUBLISHED),
        (IssueStatus.WAITING, IssueStatus.PUBLISHED),
        (IssueStatus.WAITING, IssueStatus.DROPPED),
        (IssueStatus.PUBLISHED, IssueStatus.RECALLED),
    }
)
ACTIONS = {
    IssueStatus.WAITING: "propose",
    IssueStatus.PUBLISHED: "publish",
    IssueStatus.DROPPED: "drop",
    IssueStatus.RECALLED: "recall",
}


class RankingIssue(Base):
    """A ranking that waits for a yes, or as published. Later corrections never change it."""

    __tablename__ = "ranking_issue"
    __table_args__ = (UniqueConstraint("ranking", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ranking: Mapped[str] = mapped_column(String(40), index=True)
    number: Mapped[int | None]  # 第 n 期, counted for each ranking from 1; None until it is published
    status: Mapped[IssueStatus]
    table: Mapped[dict[str, Any]] = mapped_column(JSON)  # RankTable
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)  # campaign time
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # the first to say yes; None: the clock
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: the clock
    occurrence_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # campaign time it was dropped or recalled
    reason: Mapped[str] = mapped_column(Text, default="")  # why


def last_issue(session: Session, key: str) -> RankTable | None:
    """Return the newest issue of a ranking that stands, or None before the first."""
    issue = session.scalar(
        select(RankingIssue)
        .where(RankingIssue.ranking == key, RankingIssue.status == IssueStatus.PUBLISHED)
        .order_by(RankingIssue.number.desc())
        .limit(1)
    )
    return table_from_json(issue.table) if issue else None


def issue_of(session: Session, key: str, number: int | None = None) -> RankingIssue | None:
    """Return an issue of a ranking that is or was public, without a number the newest; None when there is none."""
    query = select(RankingIssue).where(RankingIssue.ranking == key, RankingIssue.number.is_not(None))
    if number is not None:
        query = query.where(RankingIssue.number == number)
    return session.scalar(query.order_by(RankingIssue.number.desc()).limit(1))


def waiting(session: Session, key: str | None = None) -> Sequence[RankingIssue]:
    """Return what waits for a yes, of one ranking or all, the oldest first."""
    query = select(RankingIssue).where(RankingIssue.status == IssueStatus.WAITING).order_by(RankingIssue.id)
    return session.scalars(query.where(RankingIssue.ranking == key) if key else query).all()


def next_number(session: Session, key: str) -> int:
    """Return the number that the next issue of a ranking gets; a recalled one keeps its own."""
    return (session.scalar(select(func.max(RankingIssue.number)).where(RankingIssue.ranking == key)) or 0) + 1


def propose(
    session: Session,
    table: RankTable,
    now: datetime,
    *,
    person_id: int | None = None,
    occurrence_id: int | None = None,
    inbox_id: int | None = None,
) -> RankingIssue:
    """Let a ranking wait for a yes; what waited for the same ranking before is dropped."""
    drop_waiting(session, table.ranking, now, SUPERSEDED, person_id=person_id, inbox_id=inbox_id)
    return _new(
        session, table, IssueStatus.WAITING, now, person_id=person_id, occurrence_id=occurrence_id, inbox_id=inbox_id
    )


def drop_waiting(
    session: Session,
    key: str,
    now: datetime,
    reason: str,
    *,
    person_id: int | None = None,
    inbox_id: int | None = None,
) -> int:
    """Drop what waits for a ranking. Returns how many."""
    found = waiting(session, key)
    for issue in found:
        move(session, issue, IssueStatus.DROPPED, now, reason, person_id=person_id, inbox_id=inbox_id)
    return len(found)


def publish(
    session: Session,
    table: RankTable,
    now: datetime,
    *,
    person_id: int | None = None,
    occurrence_id: int | None = None,
    inbox_id: int | None = None,
) -> RankTable:
    """Freeze a ranking under the next issue number; return it with its number. What waited becomes this issue.

    The number is unique: of two who publish at once, one transaction fails and changes nothing.
    """
    numbered = replace(table, number=next_number(session, table.ranking))
    held = waiting(session, table.ranking)
    if held:
        issue = held[-1]
        issue.table = table_to_json(numbered)
        issue.number, issue.published_at, issue.published_by_id = numbered.number, now, person_id
        session.flush()
        move(session, issue, IssueStatus.PUBLISHED, now, person_id=person_id, inbox_id=inbox_id)
    else:
        _new(
            session,
            numbered,
            IssueStatus.PUBLISHED,
            now,
            person_id=person_id,
            occurrence_id=occurrence_id,
            inbox_id=inbox_id,
        )
    return numbered


def move(
    session: Session,
    issue: RankingIssue,
    to: IssueStatus,
    now: datetime,
    reason: str = "",
    *,
    person_id: int | None = None,
    inbox_id: int | None = None,
) -> None:
    """Change the state of an issue and note it in the audit.

    Raises UserError("issue-has-moved") when the move is not in MOVES, or somebody else moved it at the same time.
    """
    before = issue.status
    values: dict[str, Any] = {"status": to, "reason": reason}
    if to in (IssueStatus.DROPPED, IssueStatus.RECALLED):
        values["settled_at"] = now
    won = (before, to) in MOVES and session.execute(
        update(RankingIssue)
        .where(RankingIssue.id == issue.id, RankingIssue.status == before)
        .values(**values)
        .execution_options(synchronize_session="fetch")
    ).rowcount  # type: ignore[attr-defined]  # a CursorResult, not typed as one
    if not won:
        raise UserError("issue-has-moved", status=before.value)
    _note(session, issue, to, now, reason, person_id, inbox_id)


def about(issue_id: int, key: str) -> About:
    """Return what a notice carries that is of an issue: it goes only while that stands as it did."""
    return About(f"{ISSUE}{key}", 0, str(issue_id))


def about_number(session: Session, table: RankTable) -> About:
    """Return about() of a table just published."""
    query = select(RankingIssue.id).where(RankingIssue.ranking == table.ranking, RankingIssue.number == table.number)
    return about(session.scalars(query).one(), table.ranking)


def notices(session: Session, issue: RankingIssue, statuses: Sequence[Status]) -> Sequence[Notice]:
    """Return the notices that carry the text of a published issue to its group."""
    digest = content_hash(content_to_json(TableText(table_from_json(issue.table))))
    return session.scalars(select(Notice).where(Notice.content_hash == digest, Notice.status.in_(statuses))).all()


def not_wanted(session: Session, found: Sequence[Notice]) -> dict[int, str]:
    """Return by notice id why notices about issues need not go any more.

    What asks an admin for a yes goes only while the issue waits; what tells a group, while the issue stands.
    """
    about_of = {notice.id: next(int(item["period"]) for item in notice.abouts if is_issue(item)) for notice in found}
    query = select(RankingIssue.id, RankingIssue.status).where(RankingIssue.id.in_(about_of.values()))
    statuses = dict(session.execute(query).all())
    reasons = {}
    for notice in found:
        status = statuses[about_of[notice.id]]
        if status is IssueStatus.RECALLED:
            reasons[notice.id] = TAKEN_BACK
        elif status is IssueStatus.DROPPED or (notice.person_id and status is not IssueStatus.WAITING):
            reasons[notice.id] = DECIDED
    return reasons


def is_issue(about: Mapping[str, Any]) -> bool:
    """Tell whether an about, as stored with a notice, is of an issue."""
    return str(about["duty"]).startswith(ISSUE)


def _new(
    session: Session,
    table: RankTable,
    status: IssueStatus,
    now: datetime,
    *,
    person_id: int | None,
    occurrence_id: int | None,
    inbox_id: int | None,
) -> RankingIssue:
    published = status is IssueStatus.PUBLISHED
    issue = RankingIssue(
        ranking=table.ranking,
        number=table.number,
        status=status,
        table=table_to_json(table),
        made_at=now,
        made_by_id=person_id,
        published_at=now if published else None,
        published_by_id=person_id if published else None,
        occurrence_id=occurrence_id,
    )
    session.add(issue)
    session.flush()
    _note(session, issue, status, now, "", person_id, inbox_id)
    return issue


def _note(
    session: Session,
    issue: RankingIssue,
    to: IssueStatus,
    now: datetime,
    reason: str,
    person_id: int | None,
    inbox_id: int | None,
) -> None:
    after: dict[str, Any] = {"number": issue.number} if issue.number is not None else {}
    if reason:
        after["reason"] = reason
    audit.note(
        session, ACTIONS[to], f"ranking:{issue.ranking}", now, person_id=person_id, inbox_id=inbox_id, after=after
    )
