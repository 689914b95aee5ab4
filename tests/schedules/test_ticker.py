"""The ticker on real databases: each occurrence once, whatever happens to clocks, processes and rules."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from structlog.typing import EventDict

from models import outbox
from models.campaign.definition import Campaign, RuleKind
from models.clock import SettableClock
from models.messages import Draft, Recipient, Text
from models.occurrences import Fate
from models.reminding import SNOOZE
from schedules import jobs
from schedules.rules import plan
from tests.schedules.world import ADMIN, World, at, changed

Make = Callable[..., World]


def fired(world: World) -> Counter[tuple[str, int, datetime]]:
    """Count the occurrences that fired."""
    return Counter((o.rule, o.version, o.scheduled_at) for o in world.occurrences() if o.fate is Fate.FIRED)


def written(world: World) -> list[tuple[str, str, str]]:
    """Return what was written to whom, in a fixed order: for comparing runs. Briefs tell figures of their own run."""
    return sorted((n.rule, n.user_ref or n.channel, str(n.content)) for n in world.notices())


def test_nothing_is_due_before_the_first_rule(make_world: Make) -> None:
    """Before anything is scheduled a tick settles nothing."""
    assert make_world().to("05-11 08:46") == 0


def test_an_idle_tick_asks_only_what_was_changed(make_world: Make) -> None:
    """Once what is due is taken up, a tick asks for the newest change by an admin and nothing else."""
    world = make_world()
    world.to("05-11 09:30")
    statements: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert world.to("05-11 09:31") == 0
    asked = [statement.split() for statement in statements if not statement.startswith(("BEGIN", "PRAGMA"))]
    assert [words[words.index("FROM") + 1] for words in asked] == ["amendment"]


def test_a_firing_is_claimed_with_its_notices(make_anywhere: Make) -> None:
    """The occurrence names how many notices it wrote, and the notices name their occurrence."""
    world = make_anywhere()
    world.through("05-11 09:12")
    (occurrence,) = world.occurrences("sms-monday")
    assert (occurrence.fate, occurrence.notices, occurrence.scheduled_at) == (Fate.FIRED, 3, at("05-11 09:12"))
    assert {n.occurrence_id for n in world.notices("sms-monday")} == {occurrence.id}
    assert len({n.trace_id for n in world.notices("sms-monday")} - {""}) == 1


def test_the_whole_month_fires_each_planned_occurrence_once(make_anywhere: Make, hunan: Campaign) -> None:
    """Stepping through the campaign fires the plan and nothing else."""
    world = make_anywhere()
    world.through("06-06 12:00")
    assert fired(world) == Counter(firing.key for firing in plan(hunan))
    assert len(world.occurrences()) == len(plan(hunan))


def test_a_restart_loses_and_doubles_nothing(make_anywhere: Make) -> None:
    """A new process at every event writes the same notices as one that runs through."""
    steady, restarted = make_anywhere(), make_anywhere()
    steady.through("05-20 12:00")
    while (due := restarted.ticker.next_due(restarted.clock.now())) and due[0] <= at("05-20 12:00"):
        restarted.clock.set(due[0])
        restarted.ticker = restarted.another()
        restarted.ticker.tick()
    assert written(restarted) == written(steady)


def test_what_was_planned_before_the_first_start_never_fires(make_world: Make) -> None:
    """A first start in mid-campaign sends nobody the welcome of a week ago, nor this morning's reminders."""
    world = make_world("05-20 10:00")
    assert world.to("05-20 10:01") == 0
    assert world.occurrences() == []


def test_a_late_tick_sends_what_still_makes_sense(make_world: Make) -> None:
    """After a night down the welcome and the reminder go out late, in the words of now, and nothing twice."""
    world = make_world()
    assert world.to("05-12 07:00") == 3
    assert {(o.rule, o.fate) for o in world.occurrences()} == {
        ("morning-brief", Fate.SKIPPED),
        ("welcome", Fate.FIRED),
        ("sms-monday", Fate.FIRED),
    }
    (text,) = {text for _, text in world.told("sms-monday")}
    assert "还有4天" in text
    assert world.to("05-12 07:01") == 0


def test_after_days_down_only_the_newest_reminder_goes_out(make_world: Make) -> None:
    """From 20 to 28 May down: 今天截止 goes out, 还有7天 and 还有3天 are recorded as superseded."""
    world = make_world("05-20 22:00")
    world.to("05-28 10:00")
    fates = [(f"{o.scheduled_at:%m-%d}", o.fate, o.reason) for o in world.occurrences("summary-due")]
    assert [(day, fate) for day, fate, _ in fates] == [
        ("05-21", Fate.SKIPPED),
        ("05-25", Fate.SKIPPED),
        ("05-27", Fate.SKIPPED),
        ("05-28", Fate.FIRED),
    ]
    assert {reason for _, fate, reason in fates if fate is Fate.SKIPPED} == {"同一规则已有更近的一次，只发最近的"}
    texts = [text for _, text in world.told() if "工作总结" in text and "截止" in text]
    assert texts
    assert all("今天18:00截止" in text for text in texts)


def test_admins_hear_once_of_what_was_not_made_up_for(make_anywhere: Make) -> None:
    """The summary names what nothing newer replaces, with time and reason; superseded reminders are not in it."""
    world = make_anywhere("05-15 22:00")
    world.to("05-21 16:00")
    ((whom, text),) = world.told("missed")
    assert whom == "admin"
    assert "5月16日09:42 每周短信：周日提醒未报的：" in text
    assert "5月17日09:17 每周短信：上周未完成名单：晚了102小时，超过72小时不再补发" in text
    assert "总结到期前提醒" not in text
    assert world.to("05-21 16:01") == 0
    assert len(world.told("missed")) == 1


def test_a_clock_set_back_doubles_nothing(make_world: Make) -> None:
    """A day that is lived twice writes its notices once."""
    world = make_world()
    world.through("05-13 12:00")
    before = written(world)
    world.clock.set(at("05-11 08:40"))
    world.through("05-13 12:00")
    assert written(world) == before
    assert max(fired(world).values()) == 1


def test_a_clock_set_back_doubles_nothing_after_a_restart(make_world: Make) -> None:
    """The same with a process that has seen nothing of the first time."""
    world = make_world()
    world.through("05-13 12:00")
    before = written(world)
    world.clock.set(at("05-11 08:40"))
    world.ticker = world.another()
    world.through("05-13 12:00")
    assert written(world) == before


def test_a_clock_that_ran_ahead_loses_nothing(make_anywhere: Make) -> None:
    """What a clock three days ahead skipped comes round on time after all; what it fired does not fire again."""
    world = make_anywhere("05-24 18:00")
    world.to("05-28 18:30")
    assert Fate.SKIPPED in {o.fate for o in world.occurrences("summary-due")}
    early = {o.id for o in world.occurrences() if o.fate is Fate.FIRED}
    world.clock.set(at("05-24 18:00"))
    world.through("05-28 18:30")
    assert {(f"{o.scheduled_at:%d}", o.fate) for o in world.occurrences("summary-due")} == {
        ("25", Fate.FIRED),
        ("27", Fate.FIRED),
        ("28", Fate.FIRED),
    }
    assert {o.fate for o in world.occurrences()} == {Fate.FIRED}
    assert early <= {o.id for o in world.occurrences()}
    assert max(Counter((n.occurrence_id, n.user_ref, str(n.content)) for n in world.notices()).values()) == 1


def test_a_first_start_with_a_clock_ahead_starts_again(make_world: Make) -> None:
    """When the very first look was a week ahead, the rules count from the corrected moment on."""
    world = make_world("05-18 08:00")
    world.clock.set(at("05-11 08:40"))
    world.through("05-11 09:30")
    assert {o.rule for o in world.occurrences()} == {"morning-brief", "welcome", "sms-monday"}


def test_tickers_in_threads_win_each_occurrence_once(make_anywhere: Make, hunan: Campaign) -> None:
    """Four tickers with clocks some seconds apart, one of them set back and forward: the notices of one steady run."""
    steady, shared = make_anywhere(), make_anywhere()
    steady.through("05-21 18:00")
    moments = sorted({f.scheduled_at for f in plan(hunan) if f.scheduled_at <= at("05-21 18:00")})
    counts: list[int] = []
    barrier = threading.Barrier(4)

    def run(number: int) -> None:
        clock = SettableClock(at("05-11 08:40"))
        ticker = shared.another(clock)
        chance = random.Random(number)
        for moment in moments:
            barrier.wait(timeout=60)
            if number == 3 and chance.random() < 0.3:
                clock.set(moment - timedelta(hours=chance.choice([1, 30])))
                counts.append(ticker.tick())
            clock.set(moment + timedelta(seconds=number))
            counts.append(ticker.tick())

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert sum(counts) == len(shared.occurrences()) == len(steady.occurrences())
    assert max(fired(shared).values()) == 1
    assert [row[:2] for row in written(shared)] == [row[:2] for row in written(steady)]


def test_one_bad_rule_does_not_stop_the_others(
    make_anywhere: Make, monkeypatch: pytest.MonkeyPatch, logs: list[EventDict]
) -> None:
    """A rule that fails leaves no occurrence behind, the others fire, and it fires when it is mended."""

    def fail(*_: object) -> list[object]:
        raise RuntimeError("planted")

    world = make_anywhere()
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "JOBS", {**jobs.JOBS, RuleKind.NOTICE: fail})
        world.to("05-11 09:12")
        assert [(line["event"], line["rule"]) for line in logs if line["log_level"] == "error"] == [
            ("rule-failed", "welcome")
        ]
        assert world.occurrences("welcome") == []
        assert world.notices("welcome") == []
        assert len(world.notices("sms-monday")) == 3
    assert world.to("05-11 09:13") == 1
    assert len(world.notices("welcome")) == 7


def test_several_duties_of_one_person_make_one_message(make_world: Make) -> None:
    """Six rules fire at 09:12 on 31 May: each city's liaison gets one message with all it owes."""
    world = make_world("05-31 09:00")
    world.through("05-31 09:12")
    (text,) = [text for whom, text in world.told() if whom == "u2"]
    assert [line[:2] for line in text.splitlines()[1:-1]] == ["1.", "2.", "3.", "4.", "5.", "6."]
    notice = next(n for n in world.notices() if n.user_ref == "u2")
    assert {item["duty"] for item in notice.abouts} == {
        "summary",
        "press",
        "video-submit",
        "video-adopted",
        "police-follow",
        "app-rate",
    }
    assert {o.rule: o.notices for o in world.occurrences()} == {
        "summary-overdue": 6,
        "press-due": 3,
        "video-submit-due": 2,
        "video-adopted-due": 2,
        "police-follow-due": 2,
        "app-rate-due": 2,
        "sms-last-day": 3,
    }


def test_equal_duties_give_equal_texts(make_world: Make) -> None:
    """What three carriers are told is one text, so that it goes out in one call."""
    world = make_world()
    world.through("05-11 09:12")
    assert len({n.content_hash for n in world.notices("sms-monday")}) == 1


def test_a_raised_version_does_not_fire_again_what_has_fired(make_world: Make, hunan: Campaign) -> None:
    """An edit at noon with a raised version is silent until the next moment of its rule."""
    world = make_world()
    world.through("05-11 12:00")
    world.campaign = changed(hunan, "sms-monday", version=2, text="新的开头")
    world.ticker = world.another()
    assert world.through("05-11 13:00") == 0
    world.through("05-17 09:12")
    assert [(o.version, f"{o.scheduled_at:%d}") for o in world.occurrences("sms-monday")] == [(1, "11"), (2, "17")]


def test_notices_of_a_night_wait_for_the_morning(make_world: Make) -> None:
    """Started again at 23:00, the missed reminder is held, and says in the morning what is true then."""
    world = make_world("05-27 09:00")
    world.to("05-27 23:00")
    notices = [n for n in world.notices("summary-due") if n.user_ref == "u4"]
    assert [n.not_before for n in notices] == [at("05-28 08:03")]
    assert "今天18:00截止" in notices[0].content["text"]
    assert world.ticker.next_due(at("05-27 23:00")) == (at("05-28 08:03"), "夜间暂存的通知发出")


def test_next_due_names_what_waits_for_its_moment(make_world: Make) -> None:
    """A reminder of a ranking that waits for a yes, and one that a person has put off, are no held notices."""
    world = make_world("05-14 12:00")
    world.report("长沙:handbook=1200@05-13")
    world.through("05-14 17:00")
    assert world.ticker.next_due(at("05-14 17:00")) == (at("05-14 19:12"), "手册资料发放每周排名（等审定提醒）")
    with world.session() as session:
        person = Recipient("wecom_app", "u2", 2, 2)
        outbox.add(session, [Draft(person, Text("…"), SNOOZE, at("05-14 17:40"))], at("05-14 17:00"))
    assert world.ticker.next_due(at("05-14 17:00")) == (at("05-14 17:40"), "推迟的提醒发出")


def test_next_due_names_what_comes_and_ends(make_world: Make) -> None:
    """The next event has a moment and a name; after the last there is none."""
    world = make_world()
    assert world.ticker.next_due(at("05-11 08:50")) == (at("05-11 09:03"), "活动启动通知")
    assert world.ticker.next_due(at("05-11 09:03")) == (at("05-11 09:12"), "每周短信：周一提醒全部运营商")
    assert world.ticker.next_due(at("06-04 09:17")) is None


def test_nobody_is_a_person_in_a_group_notice(make_world: Make) -> None:
    """A ranking goes to the group's robot; the brief to the office's admin only."""
    world = make_world("05-14 08:00")
    world.report("长沙:fans=1000000@05-13; 株洲:fans=500000@05-13")
    world.through("05-14 10:12")
    assert {(n.channel, n.user_ref, n.person_id) for n in world.notices("follow-rate-weekly")} == {
        ("robot:office", "", None)
    }
    assert {n.person_id for n in world.notices("morning-brief")} == {ADMIN}


def test_reminders_beyond_the_cap_wait_for_the_morning(make_world: Make, hunan: Campaign) -> None:
    """With a cap of one a day, the second reminder is held until the next morning."""
    campaign = hunan.model_copy(update={"quiet": hunan.quiet.model_copy(update={"daily_cap": 1})})
    world = make_world("05-27 08:50", campaign)
    world.through("05-27 09:12")
    assert {n.not_before for n in world.notices("summary-due")} == {at("05-27 09:12")}
    late = changed(
        campaign, "sms-sunday", weekly=hunan.rules["sms-sunday"].weekly.model_copy(update={"weekday": "thursday"})
    )
    world.campaign = late
    world.ticker = world.another()
    world.through("05-27 09:42")
    assert {(n.user_ref, n.not_before) for n in world.notices("sms-sunday")} == {
        (user, at("05-28 08:03")) for user in ("u5", "u6", "u7")
    }
