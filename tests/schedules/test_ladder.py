"""The ladder in a database: who hears what on which day, silenced by reports, one message a person, the cap."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from models.campaign.definition import Campaign
from models.chased import chased
from models.excuses import Excuse
from models.messages import About
from models.outbox import Notice, Status
from models.people import Identity, Membership, Org, Person, Role
from schedules.silence import unwanted
from tests.schedules.world import World, at

Make = Callable[..., World]
COUNTY, TOWN = 20, 21
SUMMARY = About("summary", COUNTY, "all")


@pytest.fixture
def tree(make_anywhere: Make, hunan: Campaign) -> World:
    """Return a world from Friday the 28th on, with a county of 长沙 that owes the summary; only it, and 长沙."""
    duty = hunan.duties["summary"].model_copy(update={"audience": ("city", "county")})
    rules = {key: hunan.rules[key] for key in ("summary-overdue",)}
    campaign = hunan.model_copy(update={"duties": {"summary": duty}, "rules": rules})
    world = make_anywhere("05-28 18:30", campaign)
    with world.session() as session:
        session.get_one(Org, 2).parent_id = 1
        session.get_one(Org, 3).parent_id = 1
        session.add(Org(id=COUNTY, name="芙蓉区", kind="county", parent_id=2, aliases=[], position=COUNTY))
        session.flush()
    add(world, 60, "区联", COUNTY)
    add(world, 61, "区候", COUNTY, backup=True)
    add(world, 22, "市候", 2, backup=True)
    world.report("株洲:!summary@05-28")
    return world


def add(world: World, number: int, ref: str, org_id: int, *, backup: bool = False) -> None:
    """Add a liaison."""
    with world.session() as session:
        session.add(Person(id=number, name=ref, created_at=world.clock.now()))
        session.flush()
        session.add(Identity(person_id=number, channel="wecom_app", user_ref=ref))
        session.add(
            Membership(person_id=number, org_id=org_id, role=Role.LIAISON, backup=backup, since_at=world.clock.now())
        )


def deliver(world: World) -> list[tuple[str, str]]:
    """Do what delivery does with all that is due: look once more, then send. Returns (whom, first line and orgs)."""
    sent = []
    now = world.clock.now()
    with world.session() as session:
        due = select(Notice).where(Notice.status == Status.WAITING, Notice.not_before <= now).order_by(Notice.id)
        notices = session.scalars(due).all()
        reasons = unwanted(session, world.campaign, notices, now)
        for notice in notices:
            notice.settled_at = now
            notice.status = Status.CANCELLED if notice.id in reasons else Status.SENT
            notice.reason = reasons.get(notice.id, "")
            if notice.id not in reasons:
                sent.append((notice.user_ref, notice.content["text"].split("】")[1].split("：")[0]))
    return sent


def day(world: World, moment: str) -> list[tuple[str, str]]:
    """Go on to a moment and deliver."""
    world.through(moment)
    return deliver(world)


def seen(world: World, item: About = SUMMARY) -> str:
    """Write what has gone out about something."""
    with world.db.read() as session:
        known = chased(session, world.campaign, [item]).get(item)
    if known is None:
        return "-"
    up = known.superior + ("+admins" if known.admins else "")
    return f"{known.times} {up}".strip()


def test_the_days_go_by_and_it_goes_up(tree: World) -> None:
    """催办 each day, 请协助 from the second, the city on the third in one message with its own, then the admins."""
    assert day(tree, "05-31 09:13") == [("u2", "催办"), ("区联", "催办")]
    assert seen(tree) == "1"
    assert day(tree, "06-01 09:13") == [("u2", "催办"), ("市候", "请协助"), ("区联", "催办"), ("区候", "请协助")]
    tree.through("06-02 09:13")
    both = next(text for whom, text in reversed(tree.told()) if whom == "u2")
    assert both.startswith("【反诈宣传月】催办：宣传月工作总结还没报")
    assert "另请督促：1家下属单位逾期还没报\n· 宣传月工作总结（5月28日18:00已截止）：芙蓉区" in both
    assert [whom for whom, _ in deliver(tree)] == ["u2", "市候", "admin", "区联", "区候"]
    assert seen(tree) == "3 长沙市公安局"
    assert ("admin", "转办名单") in day(tree, "06-03 09:13")
    assert seen(tree) == "4 长沙市公安局+admins"
    assert [whom for whom, _ in day(tree, "06-04 09:13")] == ["u2", "市候", "区联", "区候"]
    assert day(tree, "06-07 09:13") == []


def test_a_report_stops_every_step(tree: World) -> None:
    """Reported on the second day: neither backup nor superior hear of it."""
    day(tree, "05-31 09:13")
    with tree.session() as session:
        session.get_one(Org, COUNTY).left_on = at("05-10 12:00").date()  # owes it no more
    tree.report("长沙:!summary@05-31")
    assert day(tree, "06-04 12:00") == []
    assert seen(tree) == "1"


def test_a_report_while_the_superior_is_about_to_be_told(tree: World) -> None:
    """What waits is looked at again: the city's message shrinks, the admins' list goes away with a reason."""
    for moment in ("05-31 09:13", "06-01 09:13"):
        day(tree, moment)
    tree.through("06-02 09:12")
    tree.report("长沙:!summary@06-02")
    assert deliver(tree) == [("u2", "请督促"), ("区联", "催办"), ("区候", "请协助")]
    gone = {notice.user_ref: notice.reason for notice in tree.notices() if notice.status is Status.CANCELLED}
    assert gone == {"admin": "6月2日09:12已报，催报取消", "市候": "6月2日09:12已报，催报取消"}
    assert seen(tree, About("summary", 2, "all")) == "2"


def test_who_is_excused_goes_up_no_further(tree: World) -> None:
    """Excused on the second day: nobody hears of it any more, and what waits is withdrawn."""
    day(tree, "05-31 09:13")
    tree.through("06-01 09:12")
    with tree.session() as session:
        session.add(Excuse(org_id=COUNTY, duty="summary", made_at=tree.clock.now(), made_by_id=100))
    assert [whom for whom, _ in deliver(tree)] == ["u2", "市候"]
    assert {whom for whom, _ in day(tree, "06-02 09:13")} == {"u2", "市候", "admin"}
    assert {whom for whom, _ in day(tree, "06-03 09:13")} == {"u2", "市候"}
    assert "芙蓉区" not in dict(tree.told())["admin"]


def test_what_was_silenced_counts_as_not_told(tree: World) -> None:
    """A list that was cancelled since all had reported is written again when a report is taken back."""
    for moment in ("05-31 09:13", "06-01 09:13"):
        day(tree, moment)
    tree.through("06-02 09:12")
    with tree.session() as session:
        for notice in session.scalars(select(Notice).where(Notice.user_ref == "admin")):
            notice.status = Status.CANCELLED
    deliver(tree)
    assert ("admin", "转办名单") in day(tree, "06-03 09:13")


def test_a_superior_that_was_not_told_is_told_the_next_day(tree: World) -> None:
    """The bot was down on the third day: on the fourth the city and the admins hear it together."""
    day(tree, "05-31 09:13")
    tree.clock.set(at("06-03 09:12"))
    tree.ticker.tick()
    assert [whom for whom, _ in deliver(tree)] == ["u2", "市候", "admin", "区联", "区候"]
    assert seen(tree) == "2 长沙市公安局+admins"


def test_no_person_gets_more_than_the_cap(tree: World) -> None:
    """A liaison who had three reminders today hears the next one on the following morning, if it still holds."""
    tree.through("05-31 09:00")
    with tree.session() as session:
        for number in range(3):
            session.add(
                Notice(
                    channel="wecom_app",
                    user_ref="区联",
                    person_id=60,
                    org_id=COUNTY,
                    rule="chase",
                    content={"kind": "text", "text": f"【反诈宣传月】催{number}："},
                    content_hash=str(number),
                    created_at=tree.clock.now(),
                    not_before=tree.clock.now(),
                )
            )
    assert ("区联", "催办") not in day(tree, "05-31 20:00")
    held = [notice for notice in tree.notices("summary-overdue") if notice.user_ref == "区联"]
    assert [notice.not_before for notice in held] == [at("06-01 08:03")]


def test_an_org_without_anybody_goes_up_on_the_first_day(tree: World) -> None:
    """The city hears it at once, in its own message, and reads why."""
    with tree.session() as session:
        session.get_one(Person, 60).active = False
        session.get_one(Person, 61).active = False
    tree.through("05-31 09:13")
    text = dict(tree.told())["u2"]
    assert "芙蓉区还没有人登记，没法直接提醒。" in text
    assert seen(tree) == "-"
    deliver(tree)
    assert seen(tree) == "0 长沙市公安局"
