"""The clock follows what admins change while the campaign runs: in any process, at once, and nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import event

from models import amendments
from models.amendments import Effective
from models.campaign.amended import EVERYTHING, STEP, Kind
from models.campaign.definition import Campaign
from models.messages import content_from_json
from models.occurrences import Fate
from models.outbox import Notice
from models.session import Database
from schedules.last_look import look_again
from schedules.ticker import Ticker
from tests.schedules.world import ZONE, World, at

Make = Callable[..., World]
TEN_TWELVE = {"over": 1, "timing": {"before": {"duty": "summary", "days": [7, 3, 1, 0], "at": "10:12"}}}


def change(world: World, kind: Kind, subject: str, **more: object) -> int:
    """Change something now, as a confirmed command does; returns its id."""
    with world.session() as session:
        made = amendments.add(session, kind, subject, world.clock.now(), None, **more)  # type: ignore[arg-type]
    return made.id


def extend(world: World, due: str, org_id: int | None = None) -> int:
    """Put the summary's deadline off."""
    return change(world, Kind.EXTEND, "summary", period="all", org_id=org_id, value={"due": at(due).isoformat()})


def lives(world: World, rule: str) -> list[tuple[str, int, str]]:
    """List (moment, version, fate or reason) of a rule's occurrences."""
    return [
        (f"{o.scheduled_at.astimezone(ZONE):%m-%d %H:%M}", o.version, o.reason or o.fate.value)
        for o in world.occurrences(rule)
    ]


def asked(world: World, rule: str, day: str) -> set[str]:
    """Return whom a rule asked on a day."""
    found = world.notices(rule)
    return {n.user_ref for n in found if f"{n.created_at.astimezone(ZONE):%m-%d}" == day}


def test_a_changed_rule_dies_at_its_old_time_and_fires_at_the_new(make_anywhere: Make) -> None:
    """Changed at 09:05, the 09:12 reminder does not go, the 10:12 one does, once, also after a restart."""
    world = make_anywhere("05-20 12:00")
    world.through("05-21 09:05")
    number = change(world, Kind.RULE, "summary-due", value=TEN_TWELVE)
    world.through("05-21 09:30")
    assert lives(world, "summary-due") == []
    world.through("05-21 11:00")
    world.ticker = world.another()
    world.through("05-21 12:00")
    assert lives(world, "summary-due") == [("05-21 10:12", STEP + number, "fired")]
    assert len(asked(world, "summary-due", "05-21")) == 6


def test_a_change_between_planning_and_firing_wins(make_world: Make) -> None:
    """What was planned before a change that commits a moment later is not fired; the next tick plans anew."""
    world = make_world("05-20 12:00")
    world.through("05-21 09:05")
    other = Database(world.db.engine)
    done: list[int] = []

    def edit(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM occurrence" in statement and not done:
            done.append(0)
            with other.begin() as session:
                made = amendments.add(session, Kind.RULE, "summary-due", world.clock.now(), None, value=TEN_TWELVE)
            done[0] = made.id

    event.listen(world.db.engine, "before_cursor_execute", edit)
    assert world.to("05-21 09:12") == 0
    event.remove(world.db.engine, "before_cursor_execute", edit)
    assert world.notices("summary-due") == []
    world.through("05-21 10:30")
    assert lives(world, "summary-due") == [("05-21 10:12", STEP + done[0], "fired")]
    assert lives(world, "video-submit-due") == [("05-21 09:12", 1, "fired")]


def test_a_change_is_never_lost_between_two_ticks(make_world: Make) -> None:
    """A firing that falls between the change and the first tick after it goes all the same."""
    world = make_world("05-20 12:00")
    world.through("05-21 10:11")
    number = change(world, Kind.RULE, "summary-due", value=TEN_TWELVE)
    world.to("05-21 10:13")
    assert lives(world, "summary-due") == [("05-21 09:12", 1, "fired"), ("05-21 10:12", STEP + number, "fired")]


def test_back_to_the_file_makes_nothing_up(make_world: Make) -> None:
    """Restored after its old time has passed, a rule does not fire for it; its next one comes as in the file."""
    world = make_world("05-20 12:00")
    change(world, Kind.RULE, "summary-due", value=TEN_TWELVE)
    world.through("05-21 10:00")
    back = change(world, Kind.RULE, "summary-due", value={"over": 1, "timing": None})
    world.through("05-25 12:00")
    assert lives(world, "summary-due") == [("05-25 09:12", STEP + back, "fired")]


def test_a_restart_with_a_newer_rule_in_the_file_follows_the_file(make_world: Make, hunan: Campaign) -> None:
    """The file's next version of a rule wins over what was changed in chat before; its own times count from then on."""
    world = make_world("05-20 12:00")
    change(world, Kind.RULE, "summary-due", value=TEN_TWELVE)
    rule = hunan.rules["summary-due"].model_copy(update={"version": 2})
    world.campaign = hunan.model_copy(update={"rules": {**hunan.rules, "summary-due": rule}})
    world.ticker = world.another()
    world.through("05-21 12:00")
    assert lives(world, "summary-due") == [("05-21 09:12", 2, "fired")]
    with world.db.read() as session:
        assert world.ticker.effective.campaign(session).rules["summary-due"].amended.outdated


def test_a_pause_is_recorded_and_not_made_up_for(make_anywhere: Make) -> None:
    """What is due in a pause is skipped with its reason, nobody is told that the bot was down, briefs go on."""
    world = make_anywhere("05-20 12:00")
    change(world, Kind.PAUSE, EVERYTHING)
    world.through("05-21 12:00")
    assert lives(world, "summary-due") == [("05-21 09:12", 1, "已暂停")]
    assert lives(world, "follow-rate-weekly") == [("05-21 10:12", 1, "已暂停")]
    assert {n.rule for n in world.notices()} == {"morning-brief"}
    change(world, Kind.RESUME, EVERYTHING)
    world.through("05-25 12:00")
    assert lives(world, "summary-due") == [("05-21 09:12", 1, "已暂停"), ("05-25 09:12", 1, "fired")]
    assert world.notices("missed") == []


def test_a_pause_ends_by_itself(make_world: Make) -> None:
    """Paused until a day, a rule speaks again on the next one."""
    world = make_world("05-20 12:00")
    change(world, Kind.PAUSE, "summary-due", value={"until": at("05-26 00:00").isoformat()})
    world.through("05-27 12:00")
    assert [fate for _, _, fate in lives(world, "summary-due")] == ["已暂停", "已暂停", "fired"]


def test_a_paused_firing_that_was_missed_is_paused_too(make_world: Make) -> None:
    """Down at 09:12 and paused at 09:30: a bot that comes back at 10:00 does not send it late."""
    world = make_world("05-20 12:00")
    world.through("05-21 09:00")
    world.clock.set(at("05-21 09:30"))
    change(world, Kind.PAUSE, "summary-due")
    world.to("05-21 10:00")
    assert lives(world, "summary-due") == [("05-21 09:12", 1, "已暂停")]


def test_two_tickers_follow_the_same_changes(make_anywhere: Make) -> None:
    """Two processes, changed from either: each occurrence once, none of the old times, none missing."""
    world = make_anywhere("05-20 12:00")
    tickers = [world.ticker, world.another()]

    def through(moment: str) -> None:
        while (due := tickers[0].next_due(world.clock.now())) and due[0] <= at(moment):
            world.clock.set(due[0])
            for ticker in tickers:
                ticker.tick()
            tickers.reverse()
        world.clock.set(at(moment))

    through("05-21 09:00")
    number = change(world, Kind.RULE, "summary-due", value=TEN_TWELVE)
    change(world, Kind.PAUSE, "follow-rate-weekly")
    through("05-24 12:00")
    change(world, Kind.RESUME, EVERYTHING)
    extend(world, "06-02 18:00")
    through("06-02 12:00")
    assert lives(world, "summary-due") == [
        (f"{day} 10:12", STEP + number, "fired") for day in ("05-21", "05-26", "05-28", "06-01", "06-02")
    ]
    assert lives(world, "follow-rate-weekly") == [("05-21 10:12", 1, "已暂停"), ("05-28 10:12", 1, "fired")]
    assert lives(world, "summary-overdue") == []


def test_an_extension_of_all_stops_the_chase(make_world: Make) -> None:
    """Chased on Monday, given until Wednesday: reminded on Tuesday and Wednesday, chased on Thursday again."""
    world = make_world("05-28 19:00")
    world.through("05-31 12:00")
    assert len(asked(world, "summary-overdue", "05-31")) == 6
    extend(world, "06-02 18:00")
    world.through("06-03 12:00")
    assert [moment for moment, _, _ in lives(world, "summary-overdue")] == ["05-31 09:12", "06-03 09:12"]
    assert [moment for moment, _, _ in lives(world, "summary-due")] == ["06-01 09:12", "06-02 09:12"]
    assert any("明天18:00截止" in text for _, text in world.told("summary-due"))


def test_an_extension_of_one_org_is_its_own(make_world: Make) -> None:
    """The others are chased after their deadline; it is reminded before its own, and chased after that."""
    world = make_world("05-27 12:00")
    extend(world, "06-02 18:00", org_id=4)
    world.through("06-03 12:00")
    assert asked(world, "summary-due", "05-28") == {"u2", "u3", "u4", "u5", "u6", "u7"}  # 3 days before a Wednesday
    assert "u4" not in asked(world, "summary-overdue", "05-31")
    assert asked(world, "summary-due", "06-01") == asked(world, "summary-due", "06-02") == {"u4"}
    assert "u4" not in asked(world, "summary-overdue", "06-02")
    assert "u4" in asked(world, "summary-overdue", "06-03")


def looked_at(world: World, rule: str) -> dict[str, str]:
    """Take the last look at the waiting notices of a rule: whom -> why it does not go, or what it says now."""
    with world.session() as session:
        found = [n for n in session.query(Notice).order_by(Notice.id) if n.rule == rule]
        campaign = Effective(world.campaign).campaign(session)
        reasons = look_again(session, campaign, found, world.clock.now())
        return {n.user_ref: reasons.get(n.id) or getattr(content_from_json(n.content), "text", "") for n in found}


def test_a_waiting_reminder_of_a_paused_rule_does_not_go(make_world: Make) -> None:
    """What other rules ask for in the same message goes, in words of its own; taken up in time, all of it goes."""
    world = make_world("05-27 12:00")
    world.through("05-28 09:12")
    assert "有2项" in looked_at(world, "summary-due")["u2"]
    change(world, Kind.PAUSE, "summary-due")
    said = looked_at(world, "summary-due")
    assert said["u5"] == "规则已暂停，没有发"
    assert "新闻发布会" in said["u2"]
    assert "总结" not in said["u2"]


def test_a_pause_of_all_keeps_every_reminder_back(make_world: Make) -> None:
    """Merged messages have no part left, and an admin's own chase is not the clock's."""
    world = make_world("05-27 12:00")
    world.through("05-28 09:12")
    change(world, Kind.PAUSE, EVERYTHING)
    assert set(looked_at(world, "summary-due").values()) == {"规则已暂停，没有发"}
    change(world, Kind.RESUME, EVERYTHING)
    assert "有2项" in looked_at(world, "summary-due")["u2"]


def test_a_waiting_reminder_of_a_changed_rule_is_withdrawn(make_world: Make) -> None:
    """Its next firing says the same."""
    world = make_world("05-24 12:00")
    world.through("05-25 09:12")
    change(world, Kind.RULE, "summary-due", value=TEN_TWELVE)
    assert looked_at(world, "summary-due")["u4"] == "规则的时间已改，这一次不发"


def test_a_waiting_reminder_says_the_new_deadline(make_world: Make) -> None:
    """Put off while it waits, it leaves with the deadline that is true then."""
    world = make_world("05-27 12:00")
    world.through("05-28 09:12")
    extend(world, "06-02 18:00")
    assert "6月2日18:00截止（还有5天）" in looked_at(world, "summary-due")["u4"]


def test_a_number_given_twice_after_a_rollback_is_noticed(make_world: Make, hunan: Campaign) -> None:
    """A change that was seen and then rolled back is not taken for the next one of the same number."""
    world = make_world("05-20 12:00")
    effective = Effective(hunan)

    class Undone(Exception):  # noqa: N818  # not an error of the program
        pass

    def pause(subject: str, moment: datetime, *, fail: bool) -> None:
        with world.session() as session:
            amendments.add(session, Kind.PAUSE, subject, moment, None)
            assert effective.campaign(session).rules[subject].amended.pauses
            if fail:
                raise Undone

    with pytest.raises(Undone):
        pause("summary-due", at("05-20 12:00"), fail=True)
    pause("press-due", at("05-20 12:01"), fail=False)
    with world.db.read() as session:
        campaign = effective.campaign(session)
    assert not campaign.rules["summary-due"].amended.pauses
    assert campaign.rules["press-due"].amended.pauses


def test_the_next_event_names_a_pause(make_world: Make) -> None:
    """The demo's page says that what comes next is paused."""
    world = make_world("05-21 08:50")
    change(world, Kind.PAUSE, "summary-due")
    ticker: Ticker = world.ticker
    assert ticker.next_due(world.clock.now()) == (at("05-21 09:12"), "总结到期前提醒（已暂停）")
    assert all(o.fate is not Fate.FIRED for o in world.occurrences("summary-due"))


def test_changes_are_made_one_after_the_other(make_anywhere: Make) -> None:
    """A second change waits for the first to commit: their numbers become visible in their order."""
    world = make_anywhere("05-20 12:00")
    started = threading.Event()

    def second() -> None:
        started.set()
        change(world, Kind.PAUSE, "press-due")

    with world.session() as session:
        first = amendments.add(session, Kind.PAUSE, "summary-due", world.clock.now(), None)
        other = threading.Thread(target=second)
        other.start()
        started.wait()
        other.join(timeout=0.2)
        assert other.is_alive()
    other.join(timeout=10)
    with world.db.read() as session:
        assert [each.subject for each in amendments.every(session)] == ["summary-due", "press-due"]
        assert [each.subject for each in amendments.after(session, first.id)] == ["press-due"]


def test_brief_and_wrap_up_do_not_hold_an_extension_against_its_org(make_world: Make) -> None:
    """Who was given longer is named with the day, and is not counted with who is late while that runs."""
    world = make_world("05-20 12:00")
    extend(world, "06-02 18:00", org_id=2)
    world.through("06-02 12:00")
    said = [text for _, text in (*world.told("morning-brief"), *world.told("wrap-up"))]
    lines = [line for text in said for line in text.splitlines() if line.startswith("· 宣传月工作总结：")]
    own = "；另有长沙市公安局延到6月2日"
    assert lines[0] == f"· 宣传月工作总结：0家完成，5家还没有，5月28日18:00截止（还有4天）{own}"
    assert lines[4] == f"· 宣传月工作总结：0家完成，5家还没有，今天18:00截止{own}"
    assert lines[5] == f"· 宣传月工作总结：0家完成，5家还没有，5月28日18:00已截止{own}"
    assert lines[-1].startswith("· 宣传月工作总结：按时0家，没完成5家（")
    assert lines[-1].endswith(own)
