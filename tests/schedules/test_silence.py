"""The last look before a reminder leaves: what was answered meanwhile is not asked again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from models.outbox import Lane, Notice, Status
from models.people import Org
from models.reminding import CHASE, SNOOZE, URGENT
from models.sendings import BROADCAST
from models.withdrawn import SAID_SINCE
from schedules.last_look import look_again
from schedules.silence import still_wanted, unwanted
from tests.schedules.world import World, at

Make = Callable[..., World]


def look(world: World, user_ref: str) -> tuple[str | None, str]:
    """Look at the newest notice to a person as delivery does; returns the reason and the text as it would leave."""
    with world.session() as session:
        notice = session.scalars(select(Notice).where(Notice.user_ref == user_ref).order_by(Notice.id.desc())).first()
        assert notice is not None
        return still_wanted(session, world.campaign, notice, world.clock.now()), notice.content["text"]


def test_a_reminder_that_is_still_owed_goes_as_it_was_written(make_world: Make) -> None:
    """Nothing was reported: the notice is wanted and its text stays."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    (before,) = {text for whom, text in world.told("sms-thursday") if whom == "u5"}
    assert look(world, "u5") == (None, before)


def test_a_report_that_arrives_while_a_reminder_waits_silences_it(make_world: Make) -> None:
    """Figure and pledge come in after the reminder was written: it is withdrawn, and the reason says when."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    world.clock.set(at("05-13 09:14"))
    world.report("移动:sms=100@05-13; 移动:!sms-weekly@05-13")
    assert look(world, "u5")[0] == "5月13日09:14已报，催报取消"
    assert look(world, "u6")[0] is None


def test_half_an_answer_rewrites_the_reminder(make_world: Make) -> None:
    """The figure came without the pledge: the reminder goes, and asks for the pledge only."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    world.report("移动:sms=100@05-13")
    reason, text = look(world, "u5")
    assert reason is None
    assert "数字已收到，还差一句“已覆盖全部用户”" in text


def test_a_merged_reminder_is_rewritten_to_what_is_left(make_anywhere: Make) -> None:
    """Three of six duties are answered: the other three are asked for, and the content's hash follows."""
    world = make_anywhere("05-31 09:00")
    world.through("05-31 09:12")
    world.report("长沙:!summary@05-31; 长沙:press=1@05-31; 长沙:submitted=2@05-31")
    reason, text = look(world, "u2")
    assert reason is None
    assert "有3项还没报齐" in text
    assert "发布会" not in text
    notice = next(n for n in world.notices() if n.user_ref == "u2")
    other = next(n for n in world.notices() if n.user_ref == "u3")
    assert notice.content_hash != other.content_hash


def test_all_of_a_merged_reminder_answered_silences_it(make_world: Make) -> None:
    """The reason names the last answer."""
    world = make_world("05-31 09:00")
    world.through("05-31 09:12")
    world.report("长沙:!summary@05-31; 长沙:press=1@05-31; 长沙:submitted=2@05-31; 长沙:adopted=1@05-31")
    world.clock.set(at("05-31 09:20"))
    world.report("长沙:police_follow=8000@05-31; 长沙:police_app=8000@05-31")
    assert look(world, "u2")[0] == "5月31日09:20已报，催报取消"


def test_a_reminder_that_waited_a_day_says_what_is_true_now(make_world: Make) -> None:
    """Held up by an outage until the next morning, 还有3天 has become 还有2天."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    world.clock.set(at("05-14 09:00"))
    assert "还有2天" in look(world, "u5")[1]


def test_an_unanswered_call_is_never_rewritten(make_world: Make) -> None:
    """A notice that is in a call already is repeated word for word."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    with world.session() as session:
        for notice in session.scalars(select(Notice)):
            notice.call_ref = "c1"
    world.clock.set(at("05-14 09:00"))
    assert "还有3天" in look(world, "u5")[1]


def test_an_admins_own_words_are_never_rewritten(make_world: Make) -> None:
    """A text that an admin worded is withdrawn when answered, but else leaves as written."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    with world.session() as session:
        for notice in session.scalars(select(Notice)):
            notice.rule, notice.content = "broadcast", {"kind": "text", "text": "请报短信"}
    world.report("移动:sms=100@05-13")
    assert look(world, "u5") == (None, "请报短信")


def test_an_admins_chase_is_rewritten_like_a_rules_reminder(make_world: Make) -> None:
    """What an admin chased in the evening says in the morning what is true then."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    with world.session() as session:
        for notice in session.scalars(select(Notice)):
            notice.rule = CHASE
    world.report("移动:sms=100@05-13")
    assert "还差一句" in look(world, "u5")[1]


@pytest.mark.parametrize(
    ("waiting", "newer", "status", "later", "goes"),
    [
        (CHASE, URGENT, Status.SENT, "05-13 09:14", False),
        (CHASE, URGENT, Status.SENT, "05-14 09:14", False),
        (CHASE, CHASE, Status.WAITING, "05-13 09:14", False),
        (CHASE, URGENT, Status.CANCELLED, "05-13 09:14", True),
        (CHASE, URGENT, Status.FAILED, "05-13 09:14", True),
        (CHASE, "broadcast", Status.SENT, "05-13 09:14", True),
        (URGENT, CHASE, Status.SENT, "05-13 09:14", True),
        (SNOOZE, URGENT, Status.SENT, "05-13 09:14", True),
        ("sms-thursday", URGENT, Status.SENT, "05-13 09:14", False),
        ("sms-thursday", URGENT, Status.SENT, "05-14 09:14", True),
    ],
)
def test_what_a_newer_chase_says_is_not_said_twice(
    make_anywhere: Make, waiting: str, newer: str, status: Status, later: str, goes: bool
) -> None:
    """A reminder that waits yields to a newer 催报 to the same person, and to nobody else's."""
    world = make_anywhere("05-13 09:00")
    world.through("05-13 09:12")
    with world.session() as session:
        old = session.scalars(select(Notice).where(Notice.user_ref == "u5")).one()
        old.rule = waiting
        kept = ("channel", "user_ref", "person_id", "org_id", "content", "content_hash", "abouts", "created_at")
        copied = {name: getattr(old, name) for name in kept}
        session.add(Notice(**copied, rule=newer, status=status, not_before=old.created_at))
    world.clock.set(at(later))
    with world.session() as session:
        notices = session.scalars(select(Notice).where(Notice.rule == waiting).order_by(Notice.id)).all()
        mine = [notice for notice in notices if notice.user_ref == "u5"][:1]
        others = [notice for notice in session.scalars(select(Notice)) if notice.user_ref == "u6"]
        found = unwanted(session, world.campaign, [*mine, *others], world.clock.now())
        assert found == ({} if goes else {mine[0].id: SAID_SINCE})


def test_an_org_that_has_left_is_not_chased(make_world: Make) -> None:
    """An org that left before the period owes nothing: its waiting reminder is withdrawn."""
    world = make_world("05-20 09:00")
    world.through("05-20 09:12")
    with world.session() as session:
        session.get_one(Org, 5).left_on = at("05-16 12:00").date()
    assert look(world, "u5")[0] == "已不需要报，提醒取消"


def test_many_are_looked_at_in_one_go(make_anywhere: Make) -> None:
    """Of all waiting notices only the answered reminder is unwanted; welcomes and briefs ask for nothing."""
    world = make_anywhere()
    world.through("05-11 09:12")
    world.report("移动:sms=100@05-11; 移动:!sms-weekly@05-11")
    with world.session() as session:
        notices = session.scalars(select(Notice)).all()
        reasons = unwanted(session, world.campaign, notices, world.clock.now())
        assert [n.user_ref for n in notices if n.id in reasons] == ["u5"]


@pytest.mark.parametrize(
    ("rule", "lane", "call_ref", "now", "waits"),
    [
        ("sms-thursday", Lane.BULK, "", "05-13 20:59", False),
        ("sms-thursday", Lane.BULK, "", "05-13 21:00", True),
        ("sms-thursday", Lane.BULK, "", "05-14 07:59", True),
        (CHASE, Lane.BULK, "", "05-13 23:00", True),
        (SNOOZE, Lane.BULK, "", "05-13 23:00", True),
        (BROADCAST, Lane.BULK, "", "05-13 23:00", True),
        ("morning-brief", Lane.BULK, "", "05-13 23:00", True),
        (URGENT, Lane.BULK, "", "05-13 23:00", False),
        ("follow-rate-weekly", Lane.BULK, "", "05-13 23:00", False),
        ("sms-thursday", Lane.ANSWER, "", "05-13 23:00", False),
        ("sms-thursday", Lane.BULK, "abc", "05-13 23:00", False),
    ],
)
def test_an_outage_into_the_night_wakes_nobody(
    make_world: Make, rule: str, lane: Lane, call_ref: str, now: str, waits: bool
) -> None:
    """What could not leave by day waits for the morning; what was asked for, or is urgent, does not."""
    world = make_world("05-13 09:00")
    world.through("05-13 09:12")
    with world.session() as session:
        notice = session.scalars(select(Notice).where(Notice.user_ref == "u5")).one()
        notice.rule, notice.lane, notice.call_ref = rule, lane.value, call_ref
        before = notice.not_before
        assert look_again(session, world.campaign, [notice], at(now)) == {}
        assert notice.not_before == (at("05-14 08:03") if waits else before)
