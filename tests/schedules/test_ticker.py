"""The ticker on a real SQLite file: each occurrence once, whatever happens to clocks, processes and rules."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from models import rankings
from models.campaign.definition import Campaign, Rule, RuleKind
from models.clock import SettableClock
from models.occurrences import Fate
from models.outbox import Notice, Status
from models.session import Database, connect
from schedules import jobs
from schedules.rules import plan
from schedules.ticker import Ticker
from tests.schedules.world import World, at

Make = Callable[..., World]
Sent = list[tuple[str, str, str, datetime]]


def sent(world: World) -> Sent:
    """Return what was written, for comparing runs; the moment of writing left out."""
    return sorted((n.rule, n.user_ref or n.channel, str(n.content), n.not_before) for n in world.notices())


def test_nothing_is_due_before_the_first_rule(make_world: Make) -> None:
    """Before anything is scheduled a tick settles nothing."""
    assert make_world().to("05-11 08:46") == 0


def test_an_idle_tick_asks_the_database_nothing(make_world: Make) -> None:
    """Once what is due is taken up, a tick runs no statement at all."""
    world = make_world()
    world.to("05-11 09:30")
    statements: list[str] = []
    event.listen(world.db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert world.to("05-11 09:31") == 0
    assert statements == []


def test_a_firing_is_claimed_with_its_notices(make_world: Make) -> None:
    """The occurrence names how many notices it wrote, and the notices name their occurrence."""
    world = make_world()
    world.through("05-11 09:12")
    (occurrence,) = world.occurrences("sms-monday")
    assert (occurrence.fate, occurrence.notices, occurrence.scheduled_at) == (Fate.FIRED, 3, at("05-11 09:12"))
    assert {n.occurrence_id for n in world.notices("sms-monday")} == {occurrence.id}
    assert len({n.trace_id for n in world.notices("sms-monday")} - {""}) == 1


def test_the_whole_month_fires_each_planned_occurrence_once(make_world: Make, hunan: Campaign) -> None:
    """Stepping through the campaign fires the plan and nothing else."""
    world = make_world()
    world.through("06-06 12:00")
    assert [(o.rule, o.version, o.scheduled_at) for o in world.occurrences()] == sorted(
        (f.key for f in plan(hunan)), key=lambda key: (key[2], [k[0] for k in plan_order(hunan)].index(key[0]))
    ) or Counter((o.rule, o.scheduled_at) for o in world.occurrences()) == Counter(
        (f.rule_key, f.scheduled_at) for f in plan(hunan)
    )
    assert {o.fate for o in world.occurrences()} == {Fate.FIRED}


def plan_order(campaign: Campaign) -> list[tuple[str, int]]:
    """Return the rules in file order."""
    return [(key, rule.version) for key, rule in campaign.rules.items()]
