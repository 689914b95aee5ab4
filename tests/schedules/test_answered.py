"""A report withdraws what it answers from the outbox at once, in its own transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from models import sendings
from models.answered import settle
from models.ledger import Cancellation, Entry, Report, ReportKind
from models.outbox import Notice, Status
from models.people import Membership
from models.reminding import CHASE
from tests.schedules.world import World, at

Make = Callable[..., World]


def settled(world: World, *org_ids: int) -> dict[str, tuple[Status, str]]:
    """Settle the reminders of some orgs; returns by account how the newest notice stands, and why."""
    with world.db.begin() as session:
        settle(session, world.campaign, org_ids, world.clock.now())
    return {notice.user_ref: (notice.status, notice.reason) for notice in world.notices()}


def undo(world: World) -> None:
    """Take every figure back, now."""
    with world.db.begin() as session:
        last = session.scalars(select(Report).order_by(Report.id.desc())).first()
        assert last is not None
        undone = Report(
            org_id=last.org_id,
            person_id=last.person_id,
            inbox_id=last.inbox_id,
            kind=ReportKind.UNDO,
            made_at=world.clock.now(),
            text="",
        )
        session.add(undone)
        session.flush()
        entries = session.scalars(select(Entry.id)).all()
        session.add_all(Cancellation(entry_id=entry, report_id=undone.id) for entry in entries)


def test_an_answer_withdraws_at_once_and_its_undo_lets_it_wait_again(make_anywhere: Make) -> None:
    """The carrier that has answered is not asked, the reason says when; undone before its moment it waits again."""
    world = make_anywhere("05-13 09:00")
    world.through("05-13 09:12")
    with world.db.begin() as session:
        for notice in session.scalars(select(Notice)):
            notice.not_before = at("05-13 09:30")
    world.clock.set(at("05-13 09:14"))
    world.report("移动:sms=100@05-13; 移动:!sms-weekly@05-13")
    waiting = (Status.WAITING, "")
    assert settled(world, 5) == {"u5": (Status.CANCELLED, "5月13日09:14已报，催报取消"), "u6": waiting, "u7": waiting}
    undo(world)
    assert settled(world, 5)["u5"] == waiting


def test_nothing_waits_again_after_its_moment(make_world: Make) -> None:
    """Taken back in the afternoon: the reminder of the morning stays withdrawn."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    world.report("移动:sms=100@05-13; 移动:!sms-weekly@05-13")
    settled(world, 5)
    undo(world)
    world.clock.set(at("05-13 15:00"))
    assert settled(world, 5)["u5"][0] is Status.CANCELLED


def queued(world: World) -> Notice:
    """Answer the reminder of the carrier 移动 before its moment; returns it as it was."""
    world.through("05-13 09:12")
    with world.db.begin() as session:
        for each in session.scalars(select(Notice)):
            each.not_before = at("05-13 09:30")
    world.clock.set(at("05-13 09:14"))
    world.report("移动:sms=100@05-13; 移动:!sms-weekly@05-13")
    assert settled(world, 5)["u5"][0] is Status.CANCELLED
    return next(notice for notice in world.notices() if notice.user_ref == "u5")


def test_who_has_no_role_any_more_is_not_reminded_again(make_world: Make) -> None:
    """Dismissed after the answer, then a colleague takes the report back: the old reminder stays withdrawn."""
    world = make_world("05-13 09:00")
    notice = queued(world)
    with world.db.begin() as session:
        for held in session.scalars(select(Membership).where(Membership.person_id == notice.person_id)):
            held.ended_at = world.clock.now()
    undo(world)
    assert settled(world, 5)["u5"][0] is Status.CANCELLED


def test_what_an_admin_has_stopped_does_not_wait_again(make_world: Make) -> None:
    """A 催报 that was stopped while some had answered stays stopped for them too."""
    world = make_world("05-13 09:00")
    notice = queued(world)
    with world.db.begin() as session:
        report = session.scalars(select(Report)).first()
        assert report is not None
        chased = session.get_one(Notice, notice.id)
        chased.rule, chased.inbox_id = CHASE, report.inbox_id
        sendings.stop(session, report.inbox_id, world.clock.now())
    undo(world)
    assert settled(world, 5)["u5"] == (Status.CANCELLED, "5月13日09:14已报，催报取消")


def test_what_is_answered_in_part_or_in_a_call_goes_its_way(make_world: Make) -> None:
    """Without the pledge it is asked for still; what may have reached its reader is left alone."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    world.report("移动:sms=100@05-13; 电信:sms=100@05-13; 电信:!sms-weekly@05-13")
    with world.db.begin() as session:
        for notice in session.scalars(select(Notice).where(Notice.user_ref == "u6")):
            notice.call_ref = "c1"
    assert {status for status, _ in settled(world, 5, 6).values()} == {Status.WAITING}


def test_a_list_of_several_orgs_waits_for_the_last_of_them(make_world: Make) -> None:
    """One notice about two orgs is withdrawn by the second answer, whoever it is told to."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    with world.db.begin() as session:
        first, second, third = session.scalars(select(Notice).order_by(Notice.id))
        first.abouts, first.user_ref = [*first.abouts, *second.abouts], "admin"
        session.delete(second)
        session.delete(third)
    world.report("移动:sms=100@05-13; 移动:!sms-weekly@05-13")
    assert settled(world, 5)["admin"][0] is Status.WAITING
    world.report("电信:sms=100@05-13; 电信:!sms-weekly@05-13")
    assert settled(world, 5)["admin"][0] is Status.CANCELLED
