"""Short forms of the chaos, one kill at some of the steps; `make chaos` makes hundreds. And the checker finds harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import structlog
from sqlalchemy import delete, select, update

from bot.standin import Platform
from bot.standin.sending import send
from models.inbox import Inbox
from models.ledger import Entry, Report
from models.outbox import Notice, Status
from models.session import Database, connect
from tests.chaos import runs, served
from tests.chaos.check import RULE, Findings, check_delivery, check_intake
from tests.chaos.runs import Result
from tests.chaos.sender import Said
from tests.chaos.traps import STEPS, Trap
from tests.installing import make_platform
from tests.store.delivering import Desk

SEED = 1
Play = Callable[..., Result]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep what is logged from the terminal."""
    with structlog.testing.capture_logs():
        yield


@pytest.mark.parametrize(
    ("play", "kind", "steps"),
    [
        (runs.intake, "sqlite", ("committing",)),
        pytest.param(runs.intake, "postgres", ("committing",), marks=pytest.mark.postgres),
        (runs.deliver, "sqlite", ("unanswered",)),
        pytest.param(runs.deliver, "postgres", ("outcome-committing",), marks=pytest.mark.postgres),
        (served.serve, "sqlite", ("child",)),
        pytest.param(served.serve, "postgres", ("all",), marks=pytest.mark.postgres),
    ],
)
def test_killed_at_a_step(
    play: Play,
    kind: str,
    steps: tuple[str, ...],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    sqlite_url: str,
) -> None:
    """Killed at some of the steps, everything is there once, sent once, or marked uncertain."""
    url = sqlite_url
    if kind == "postgres":
        server = request.getfixturevalue("postgres")
        name = server.borrow()
        request.addfinalizer(partial(server.give_back, name))
        url = server.url(name)
    (tmp_path / "run").mkdir()
    result = play(kind, url, tmp_path / "run", 1, 0, SEED, steps)
    assert not result.findings.wrong, (result.line(), dict(result.findings.examples))
    assert {step for step, count in result.by_step.items() if count} == set(steps)


def test_what_the_checker_finds_in_intake(tmp_path: Path, sqlite_url: str) -> None:
    """A report without its figure, another reply, one that is nowhere, and one that nobody said are all found."""
    result, db = runs.intake("sqlite", sqlite_url, tmp_path, 0, 0, SEED), Database(connect(sqlite_url))
    assert not result.findings.wrong
    with db.begin() as session:
        key = session.scalars(select(Inbox.key).join(Report, Report.inbox_id == Inbox.id).where(Report.id == 1)).one()
        session.execute(delete(Entry).where(Entry.report_id == 1))
    whole = [one for one in result.said if one.key != key]
    whole[1].replies.append("other words")
    nowhere = Said("1", "liaison1", "今天发手册1册", ["已记录"])
    halved = Said(key, "liaison1", "今天发手册2册")
    found = check_intake(db, [halved, *whole[1:], nowhere])
    db.dispose()
    assert found.breaches == {"missing": 1, "half": 1, "doubled": 0, "other_reply": 1, "invented": 1}


def test_what_the_checker_finds_in_delivery(db: Database) -> None:
    """A notice that counts as sent and was not, one that was shown twice and one that is left over are all found."""
    desk, platform = Desk(db), make_platform()
    for text in ("a", "b", "c"):
        desk.write("WangFang", text=f"{RULE} {text}")
    desk.drain()
    with db.begin() as session:
        session.execute(update(Notice).values(rule=RULE))
        session.execute(update(Notice).where(Notice.id == 3).values(status=Status.FAILED))
    for _ in range(2):
        _show(platform, f"{RULE} b")
    found = check_delivery(db, platform, 0)
    assert found.breaches == {"unsent": 1, "lost": 1, "doubled": 1, "unmarked": 1, "noted_twice": 0}


def _show(platform: Platform, text: str) -> None:

    send(
        platform.world,
        {"agentid": platform.world.agent_id, "touser": "WangFang", "msgtype": "text", "text": {"content": text}},
    )


def test_a_breach_is_in_the_line() -> None:
    """The line names what was found, and the run counts as wrong."""
    found = Findings({"acked": 5})
    assert (found.line(), found.wrong) == ("acked=5", False)
    found.breach("missing", "one")
    assert (found.line(), found.wrong) == ("acked=5 missing=1", True)


def test_a_trap_is_sprung_at_the_planned_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts passes of its own step only, and springs once."""
    died: list[int] = []
    monkeypatch.setattr("os.kill", lambda pid, number: died.append(number))
    controller, own = Trap(tmp_path / "trap"), Trap(tmp_path / "trap")
    controller.arm(STEPS[3], 2)
    for step in (STEPS[3], STEPS[2], STEPS[4]):
        own.passed(step)
    assert (died, controller.armed) == ([], True)
    own.passed(STEPS[3])
    own.passed(STEPS[3])
    assert (len(died), controller.armed, controller.deaths, controller.count(STEPS[3])) == (1, False, 1, 1)
