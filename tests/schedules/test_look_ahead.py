"""What firings say is worked out before they are claimed: once, and anew when something it rests on has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.audit import note
from models.campaign.definition import Campaign, Late
from models.occurrences import Fate
from models.people import Membership
from schedules import ahead
from schedules.ticker import ATTEMPTS
from tests.schedules.world import World, changed

Make = Callable[..., World]


def test_what_changes_between_the_look_and_the_claim_is_looked_at_again(
    make_anywhere: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A liaison who is dismissed after the reminders were worked out, and before they are written, gets none."""
    look, looks = ahead.look, []

    def dismissing(*args: Any) -> Any:
        found = look(*args)
        looks.append(found)
        if len(looks) == 1:
            with world.db.begin() as session:
                for each in session.scalars(select(Membership).where(Membership.person_id == 5)):
                    each.ended_at = world.clock.now()
                note(session, "dismiss", "person:5", world.clock.now())
        return found

    world = make_anywhere("05-13 09:00")
    monkeypatch.setattr(ahead, "look", dismissing)
    world.to("05-13 09:12")
    assert [whom for whom, _ in world.told("sms-thursday")] == ["u6", "u7"]
    assert len(looks) == 2


def test_a_figure_between_the_look_and_the_claim_changes_a_ranking_only(
    make_world: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reminders are looked at once more before they go; what is published is frozen, so that it is ranked anew."""
    look, looks = ahead.look, []

    def reporting(*args: Any) -> Any:
        found = look(*args)
        looks.append(args[2][0].rule_key)
        if looks.count(looks[-1]) <= ATTEMPTS:  # the last one is within the transaction
            with world.db.begin() as session:
                note(session, "report", "report:1", world.clock.now())
        return found

    world = make_world("05-13 09:00")
    world.report("长沙:fans/抖音=100000@05-13")
    monkeypatch.setattr(ahead, "look", reporting)
    world.to("05-13 09:12")
    world.to("05-14 10:12")
    assert looks.count("sms-thursday") == 1
    assert looks.count("follow-rate-weekly") == ATTEMPTS + 1
    assert len(world.notices("follow-rate-weekly")) == 2


def test_two_firings_of_one_rule_at_once_write_once(make_world: Make, hunan: Campaign) -> None:
    """Down for a day, with a rule that is sent late: one message a person, and both firings are taken up."""
    world = make_world("05-27 09:00", changed(hunan, "summary-due", max_late_hours=48, late=Late.SEND))
    world.to("05-28 09:12")
    assert [o.fate for o in world.occurrences("summary-due")] == [Fate.FIRED, Fate.FIRED]
    persons = [n.user_ref for n in world.notices("summary-due")]
    assert len(persons) == len(set(persons)) > 0


def test_one_bad_reminder_does_not_stop_those_of_its_minute(make_anywhere: Make, hunan: Campaign) -> None:
    """Reminders that go out together are tried apart when one of them fails."""
    campaign = changed(hunan, "press-due", text="{nobody}")
    world = make_anywhere("05-24 09:00", campaign)
    world.to("05-24 09:12")
    assert {o.rule for o in world.occurrences()} == {"police-follow-due", "app-rate-due", "sms-monday"}
    assert {n.rule for n in world.notices()} == {"police-follow-due", "app-rate-due", "sms-monday"}
