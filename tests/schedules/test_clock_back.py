"""The ticker over a clock that ran ahead and is set back: what it skipped comes late too, an edit fires once."""

from __future__ import annotations

from datetime import timedelta

from models.campaign.definition import Campaign
from models.occurrences import Fate
from tests.schedules.conftest import Make
from tests.schedules.world import World, at, changed


def fates(world: World, rule: str) -> list[tuple[int, str, Fate]]:
    """List version, day and fate of a rule's occurrences."""
    return [(one.version, f"{one.scheduled_at:%m-%d %H:%M}", one.fate) for one in world.occurrences(rule)]


def test_what_it_skipped_fires_late_too(make_anywhere: Make) -> None:
    """Skipped by a clock days ahead, then down at its right moment as well: it goes out half an hour late."""
    world = make_anywhere("05-24 18:00")
    world.to("05-28 18:30")
    assert (1, "05-25 01:12", Fate.SKIPPED) in fates(world, "summary-due")
    world.clock.set(at("05-25 09:00"))
    world.ticker.tick()
    world.ticker = world.another()
    world.to("05-25 09:42")
    assert (1, "05-25 01:12", Fate.FIRED) in fates(world, "summary-due")
    assert world.to("05-25 09:43") == 0


def test_a_slower_clock_does_not_fire_what_was_just_superseded(make_anywhere: Make) -> None:
    """Of two machines one is half a minute behind: what the first has skipped for something newer, it skips too."""
    world = make_anywhere("05-26 18:00")
    slow = world.another()
    world.to("05-28 09:12")
    assert (1, "05-27 01:12", Fate.SKIPPED) in fates(world, "summary-due")
    world.clock.set(at("05-28 09:12") - timedelta(seconds=30))
    assert slow.tick() == 0
    assert (1, "05-27 01:12", Fate.SKIPPED) in fates(world, "summary-due")


def test_an_edit_does_not_fire_again_after_the_clock_is_set_back(make_anywhere: Make, hunan: Campaign) -> None:
    """Fired at 09:12, edited at noon, set back to 08:40: the new version is silent until its next moment."""
    world = make_anywhere()
    world.through("05-11 12:00")
    world.campaign = changed(hunan, "sms-monday", version=2, text="新的开头")
    world.ticker = world.another()
    world.clock.set(at("05-11 08:40"))
    world.through("05-17 09:12")
    assert fates(world, "sms-monday") == [(1, "05-11 01:12", Fate.FIRED), (2, "05-17 01:12", Fate.FIRED)]


def test_a_first_start_ahead_loses_nothing_of_the_days_before(make_anywhere: Make) -> None:
    """A first start a week ahead that has fired already does not silence the days until then."""
    world = make_anywhere("05-18 08:00")
    world.through("05-18 09:00")
    world.clock.set(at("05-11 08:40"))
    world.through("05-13 09:00")
    assert [day for _, day, _ in fates(world, "morning-brief")][:3] == ["05-11 00:47", "05-12 00:47", "05-13 00:47"]
