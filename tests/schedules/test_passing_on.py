"""What waits for somebody on leave, or for somebody who has put reminders off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from models import leave, snooze
from models.campaign.definition import Campaign
from models.chased import chased
from models.messages import About, Draft, Recipient, Text
from models.outbox import Notice, Status, add
from models.people import Membership, Role
from models.reminding import SNOOZE
from models.withdrawn import PASSED_ON, PUT_OFF
from tests.schedules import test_ladder
from tests.schedules.test_ladder import deliver
from tests.schedules.world import World, at

Make = Callable[..., World]
LIAISON = 5  # of 移动


@pytest.fixture
def world(make_anywhere: Make, hunan: Campaign) -> World:
    """Return a world on Thursday the 13th, a quarter of an hour before the reminder of the weekly SMS."""
    rules = {key: hunan.rules[key] for key in ("sms-thursday", "sms-sunday", "summary-due")}
    return make_anywhere("05-13 08:57", hunan.model_copy(update={"rules": rules}))


def away(world: World, person: int, first: str, last: str) -> None:
    """Note a leave."""
    with world.session() as session:
        days = at(f"{first} 12:00").date(), at(f"{last} 12:00").date()
        leave.note(session, person, days, person, world.clock.now())


def reasons(world: World) -> dict[str, str]:
    """Return by account why what was cancelled was."""
    return {notice.user_ref: notice.reason for notice in world.notices() if notice.status is Status.CANCELLED}


def test_the_backup_is_told_while_the_liaison_is_away(world: World) -> None:
    """A reminder that is written during a leave is addressed to the backup."""
    test_ladder.add(world, 50, "候补", 5, backup=True)
    away(world, LIAISON, "05-13", "05-14")
    world.through("05-13 09:13")
    assert [whom for whom, _ in deliver(world)] == ["候补", "u6", "u7"]
    world.through("05-16 09:43")
    assert [whom for whom, _ in deliver(world)] == ["u5", "u6", "u7"]


def test_what_waits_already_goes_to_the_backup(world: World) -> None:
    """The leave is noted after the reminder was written: the backup gets it, with the same words."""
    test_ladder.add(world, 50, "候补", 5, backup=True)
    world.through("05-13 09:12")
    away(world, LIAISON, "05-13", "05-13")
    assert deliver(world) == [("u6", "提示"), ("u7", "提示")]
    assert reasons(world) == {"u5": PASSED_ON}
    assert deliver(world) == [("候补", "提示")]
    texts = dict(world.told("sms-thursday"))
    assert texts["候补"] == texts["u5"]


def test_what_waits_for_a_liaison_of_two_orgs_goes_to_each_backup(world: World) -> None:
    """One has a backup, the other has none: half goes, half stays."""
    with world.session() as session:
        session.add(Membership(person_id=LIAISON, org_id=6, role=Role.LIAISON, since_at=world.clock.now()))
        for membership in session.scalars(select(Membership).where(Membership.person_id == 6)):
            membership.ended_at = world.clock.now()
    test_ladder.add(world, 50, "候补", 6, backup=True)
    world.through("05-13 09:12")
    away(world, LIAISON, "05-13", "05-13")
    assert deliver(world) == [("u5", "提示"), ("u7", "提示")]
    assert deliver(world) == [("候补", "提示")]
    whose = {notice.user_ref: [item["org_id"] for item in notice.abouts] for notice in world.notices("sms-thursday")}
    assert whose == {"u5": [5], "u7": [7], "候补": [6]}


def test_without_a_backup_the_liaison_is_told_all_the_same(world: World) -> None:
    """Nothing is lost: who is away without anybody standing in still gets it."""
    away(world, LIAISON, "05-13", "05-13")
    world.through("05-13 09:12")
    assert [whom for whom, _ in deliver(world)] == ["u5", "u6", "u7"]


def test_a_backup_who_was_asked_today_is_not_asked_twice(world: World) -> None:
    """The backup got an admin's chase of the same thing this morning."""
    test_ladder.add(world, 50, "候补", 5, backup=True)
    world.through("05-13 09:12")
    with world.session() as session:
        asked = Draft(
            Recipient("wecom_app", "候补", 50, 5),
            Text("【反诈宣传月】提示：请报"),
            "chase",
            world.clock.now(),
            abouts=(About("sms-weekly", 5, "2021-W19"),),
        )
        add(session, [asked], world.clock.now())
    away(world, LIAISON, "05-13", "05-13")
    deliver(world)
    assert deliver(world) == []
    assert [whom for whom, _ in world.told()].count("候补") == 1


def put_off(world: World, person: int, until: str) -> None:
    """Put off what the person's newest notice asks for."""
    with world.session() as session:
        newest = select(Notice).where(Notice.person_id == person).order_by(Notice.id.desc())
        notice = session.scalars(newest).first()
        assert notice is not None
        items = tuple(About(**item) for item in notice.abouts)
        recipient = Recipient("wecom_app", notice.user_ref, person, notice.org_id)
        moment = at(until)
        draft = Draft(recipient, Text("x"), SNOOZE, moment, moment + timedelta(hours=12), items)
        add(session, [draft], world.clock.now())


def test_what_was_put_off_comes_once_and_is_true_then(world: World) -> None:
    """Nothing in between, one reminder at the moment, worded for that day."""
    world.through("05-13 09:13")
    deliver(world)
    put_off(world, LIAISON, "05-14 09:10")
    world.clock.set(at("05-14 09:09"))
    assert deliver(world) == []
    world.clock.set(at("05-14 09:10"))
    assert deliver(world) == [("u5", "提示")]
    assert "还有2天" in dict(world.told(SNOOZE))["u5"]


def test_a_report_silences_what_was_put_off(world: World) -> None:
    """Reported meanwhile: it does not come, and the reason says when."""
    world.through("05-13 09:13")
    deliver(world)
    put_off(world, LIAISON, "05-14 09:10")
    world.report("移动:sms=100@05-13; 移动:!sms-weekly@05-13")
    world.clock.set(at("05-14 09:10"))
    assert deliver(world) == []
    assert reasons(world)["u5"].endswith("已报，催报取消")


def test_what_comes_due_meanwhile_is_folded_in(make_anywhere: Make, hunan: Campaign) -> None:
    """An ordinary reminder before that moment is said with the one that was put off; an admin's chase is not held."""
    rules = {key: hunan.rules[key] for key in ("summary-due", "press-due")}
    world = make_anywhere("05-21 09:00", hunan.model_copy(update={"rules": rules}))
    world.through("05-21 09:13")
    deliver(world)
    put_off(world, 2, "05-24 14:40")
    assert [whom for whom, _ in test_ladder.day(world, "05-24 09:13")] == ["admin", "u3"]
    assert reasons(world) == {"u2": PUT_OFF}
    assert test_ladder.day(world, "05-24 14:41") == [("u2", "提示")]
    text = dict(world.told(SNOOZE))["u2"]
    assert "宣传月工作总结" in text
    assert "新闻发布会" in text
    with world.session() as session:
        assert snooze.uses(session, [2]) == {About("summary", 2, "all"): 1}


def test_what_would_be_too_late_then_is_not_folded_in(make_world: Make, hunan: Campaign) -> None:
    """A reminder whose deadline comes before that moment goes on its own day."""
    rules = {key: hunan.rules[key] for key in ("summary-due", "press-due")}
    world = make_world("05-28 09:00", hunan.model_copy(update={"rules": rules}))
    world.through("05-28 09:13")
    deliver(world)
    put_off(world, 2, "05-31 19:40")
    assert [whom for whom, _ in test_ladder.day(world, "05-31 09:13")] == ["admin", "u2", "u3"]


def test_a_chase_that_was_folded_in_counts_when_it_has_gone(make_world: Make, hunan: Campaign) -> None:
    """已催 counts what went out: the folded chase of the second day with the reminder of the third."""
    world = make_world(
        "05-28 18:30", hunan.model_copy(update={"rules": {"summary-overdue": hunan.rules["summary-overdue"]}})
    )
    test_ladder.day(world, "05-31 09:13")
    put_off(world, 2, "06-02 09:10")
    test_ladder.day(world, "06-01 09:13")
    key = About("summary", 2, "all")

    def times() -> int:
        with world.db.read() as session:
            return chased(session, world.campaign, [key])[key].times

    assert times() == 1
    test_ladder.day(world, "06-02 09:11")
    assert times() == 2
