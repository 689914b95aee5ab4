"""Every command in every role: who may not is refused, changes nothing, and gets no code (S9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from handlers.base import EVERYBODY
from handlers.routes import NOT_TEXT, ROUTES, UNKNOWN_SENDER
from models.audit import AuditRow
from models.campaign.loader import HUNAN, load
from models.clock import SettableClock
from models.confirmations import Confirmation
from models.inbox import Inbox
from models.migrations import run
from models.people import Role
from models.session import Database, connect
from tests.handlers.people import STRANGER, World

NOON = datetime(2021, 5, 12, 1, 12, tzinfo=UTC)
WHO = {Role.VIEWER: "sunning", Role.LIAISON: "zhangsan", Role.ADMIN: "chengang", None: STRANGER}
EXAMPLES = {"{org}": "长沙市公安局", "{duty}": "总结", "{ranking}": "关注率", "{name}": "手册", "{figure}": "手册300册"}
EXAMPLES["{report}"] = "今天发放手册300册"
PEOPLE = "invite accept decline appoint dismiss hand-over switch-off switch-on excuse unexcuse"
RULES = "chase extend extend-back pause resume rules retime retime-back broadcast stop recall-sending state"
PUBLISHING = "publish drop-issue recall-issue bulletin audit export"
OWN = ("setting", "inbox")  # written for whoever says anything: that it came, and its answer
GUARDED = [route for route in ROUTES if set(route.roles) != set(EVERYBODY)]


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One small world for all cases: what is refused changes nothing that a later case could see."""
    path = tmp_path_factory.mktemp("roles") / "bot.db"
    path.write_bytes(sqlite_template.read_bytes())
    db = Database(connect(f"sqlite:///{path}"))
    yield World(db, load(HUNAN), SettableClock(NOON))
    db.dispose()


def said(route: Any) -> str:
    """Return an example of a route, filled in."""
    text = str(route.examples[0])
    for place, value in EXAMPLES.items():
        text = text.replace(place, value)
    return text


def state(world: World) -> dict[str, object]:
    """Return how many rows each table has, and the newest change."""
    with world.db.read() as session:
        tables = [table for table in run.metadata().sorted_tables if table.name not in OWN]
        counts = {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}
        return {**counts, "changed": session.scalar(select(func.max(AuditRow.id)))}


def last(world: World) -> Inbox:
    """Return the newest inbound."""
    with world.db.read() as session:
        return session.scalars(select(Inbox).order_by(Inbox.id.desc()).limit(1)).one()


@pytest.mark.parametrize("route", GUARDED, ids=lambda route: str(route.name))
def test_s09_who_may_not_is_refused(world: World, route: Any) -> None:
    """In each role that a command does not name: a refusal, no change of any table, no code, no row of the audit."""
    for role, account in WHO.items():
        if role in route.roles:
            continue
        before = state(world)
        answer = world.say(account, said(route))
        row = last(world)
        after = state(world)
        assert answer, (route.name, role)
        assert row.route != route.name or row.outcome == "refused", (route.name, role, row.outcome, answer)
        assert "回“确认" not in answer, (route.name, role)
        changed = {name for name in after if after[name] != before[name]}
        assert changed <= {"stranger", "question"}, (route.name, role, changed)


def test_s09_every_route_says_who_may() -> None:
    """Every route names its roles; a stranger reaches three, and what many see or what others own is for admins."""
    assert all(route.roles for route in (*ROUTES, *NOT_TEXT, *UNKNOWN_SENDER))
    assert {route.name for route in UNKNOWN_SENDER} == {"bind", "claim", "stranger"}
    dangerous = f"{PEOPLE} {RULES} {PUBLISHING}".split()
    roles = {route.name: set(route.roles) for route in ROUTES}
    assert {name: roles[name] for name in dangerous if roles[name] != {Role.ADMIN}} == {}


def test_s09_a_code_is_for_one_person_one_act_once(world: World) -> None:
    """Somebody else's code, one that was used, one that a newer one replaced and one of ten minutes ago do nothing."""
    shown = world.say("liqiang", "停用 周敏")
    code = shown.partition("回“确认 ")[2][:4]
    before = world.roles()
    for account in ("duty", "chengang", "zhangsan", STRANGER):
        world.say(account, f"确认 {code}")
    assert world.roles() == before
    newer = world.say("liqiang", "停用 陈刚").partition("回“确认 ")[2][:4]
    assert newer != code
    world.say("liqiang", f"确认 {code}")
    assert world.roles() == before
    with world.db.begin() as session:
        waiting = session.scalars(select(Confirmation).where(Confirmation.used_at.is_(None))).one()
        assert (waiting.expires_at - waiting.asked_at).total_seconds() == 600
        assert len(waiting.code_hash) == 64
        waiting.expires_at = waiting.asked_at
    world.say("liqiang", f"确认 {newer}")
    assert world.roles() == before
    assert "停用" in world.confirm("liqiang", "停用 陈刚")
    assert world.roles() != before
    again = world.roles()
    world.say("liqiang", f"确认 {newer}")
    assert world.roles() == again
