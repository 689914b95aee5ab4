"""What becomes of an issue: which moves there are, who wins a race, what later corrections do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from models import issues, standings
from models.audit import AuditRow
from models.errors import UserError
from models.issues import MOVES, IssueStatus, RankingIssue
from models.messages import RankRow, RankTable, table_to_json
from tests.schedules.world import World, at

NOW = datetime(2021, 5, 14, 2, tzinfo=UTC)
TABLE = RankTable("handouts", "手册资料发放", "份", 0, NOW, (RankRow("甲市", 1, Decimal(5)),))
Make = Callable[..., World]


def made(world: World, status: IssueStatus) -> int:
    """Put an issue into a state, past all rules."""
    with world.db.begin() as session:
        issue = RankingIssue(ranking="handouts", status=status, table=table_to_json(TABLE), made_at=NOW)
        issue.number = None if status in (IssueStatus.WAITING, IssueStatus.DROPPED) else 1
        session.add(issue)
        session.flush()
        return issue.id


@pytest.mark.parametrize(
    ("before", "to"), list(itertools.product(IssueStatus, IssueStatus)), ids=lambda status: status.value
)
def test_only_the_moves_of_the_table_are_possible(make_world: Make, before: IssueStatus, to: IssueStatus) -> None:
    """Every other move is refused and changes nothing; those that are made stand in the audit."""
    issue_id = made(world := make_world(), before)
    allowed = (before, to) in MOVES
    expected = nullcontext() if allowed else pytest.raises(UserError, match="issue-has-moved")
    with expected, world.db.begin() as session:
        issues.move(session, session.get_one(RankingIssue, issue_id), to, NOW, "why")
    with world.db.read() as session:
        assert session.get_one(RankingIssue, issue_id).status is (to if allowed else before)
        audited = session.scalars(select(AuditRow.action)).all()
        assert list(audited) == ([issues.ACTIONS[to]] if allowed else [])


def test_of_two_who_move_an_issue_one_is_told_that_the_other_did(make_world: Make) -> None:
    """The second sees that it has moved, and nothing is done twice."""
    issue_id = made(world := make_world(), IssueStatus.WAITING)
    with world.db.read() as late:
        seen = late.get_one(RankingIssue, issue_id)
        assert seen.status is IssueStatus.WAITING
        late.expunge(seen)
    with world.db.begin() as session:
        issues.move(session, session.get_one(RankingIssue, issue_id), IssueStatus.DROPPED, NOW, "no")
    with pytest.raises(UserError, match="issue-has-moved"), world.db.begin() as session:
        issues.move(session, seen, IssueStatus.PUBLISHED, NOW)


def test_numbers_count_up_and_a_recalled_one_is_not_used_again(make_world: Make) -> None:
    """Issues 1, 2, then 2 is recalled: the next is 3, and movements are measured against 1."""
    world = make_world()
    for _ in range(2):
        with world.db.begin() as session:
            issues.publish(session, TABLE, NOW)
    with world.db.begin() as session:
        newest = issues.issue_of(session, "handouts")
        assert newest is not None
        issues.move(session, newest, IssueStatus.RECALLED, NOW, "wrong")
    with world.db.begin() as session:
        assert issues.next_number(session, "handouts") == 3
        standing = issues.last_issue(session, "handouts")
        assert standing is not None
        assert standing.number == 1


def test_what_waited_becomes_the_issue(make_world: Make) -> None:
    """Publishing settles the row that waited; a newer proposal drops the older one."""
    world = make_world()
    with world.db.begin() as session:
        first = issues.propose(session, TABLE, NOW).id
        second = issues.propose(session, TABLE, NOW).id
        issues.publish(session, TABLE, NOW)
    with world.db.read() as session:
        rows = {row.id: (row.status, row.number) for row in session.scalars(select(RankingIssue))}
    assert rows == {first: (IssueStatus.DROPPED, None), second: (IssueStatus.PUBLISHED, 1)}


def test_the_next_issue_names_what_was_corrected_in_the_last(make_world: Make) -> None:
    """The published issue stays as it was; new reports are no corrections of it, corrections of old ones are."""
    world = make_world("05-14 08:00")
    world.report("长沙:handbook=5000@05-13")
    world.report("株洲:handbook=800@05-13")
    world.clock.set(at("05-14 09:00"))
    with world.session() as session:
        table = standings.current(session, world.campaign, "handouts", world.clock.now())
        issues.publish(session, table, world.clock.now())
    world.clock.set(at("05-14 10:00"))
    world.report("株洲:handbook=10@05-14")
    with world.session() as session:
        assert standings.current(session, world.campaign, "handouts", world.clock.now()).corrections == ()
    world.correct(1, "长沙:handbook=500@05-13")
    with world.session() as session:
        after = standings.current(session, world.campaign, "handouts", world.clock.now())
        (corrected,) = after.corrections
        assert (corrected.org, corrected.was, corrected.now) == ("长沙市公安局", Decimal(5000), Decimal(500))
        frozen = issues.last_issue(session, "handouts")
        assert frozen is not None
        assert frozen.rows[0].value == Decimal(5000)
