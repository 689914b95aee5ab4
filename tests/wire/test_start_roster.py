"""What a start makes of the config's roster and people: the first one brings them in, later ones only changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.app import build
from bot.config import load_all
from models.campaign.loader import HUNAN
from models.people import Membership, Org, Person, Role
from models.session import Database, connect
from tests.installing import PEOPLE, here, install, make_platform


@pytest.fixture
def config(tmp_path: Path, sqlite_url: str) -> Iterator[Path]:
    """Return the config of an installation that has never been started."""
    platform = make_platform()
    platform.start()
    yield install(tmp_path, platform, sqlite_url)
    platform.stop()


def start(config: Path) -> list[dict[str, object]]:
    """Start once, as far as the database is concerned; returns what was logged about the roster."""
    bot = build(load_all(config, {}))
    with capture_logs() as logged:
        bot.start(work=False)
    bot.stop()
    return [dict(each) for each in logged if each["event"] == "roster-brought-in"]


@contextmanager
def database(url: str) -> Iterator[Database]:
    """Open the database beside the bot."""
    db = Database(connect(url))
    yield db
    db.dispose()


def held(url: str) -> set[tuple[str, str, Role]]:
    """Return every role that holds: who, where, what."""
    query = select(Person.name, Org.name, Membership.role).join(Membership, Membership.person_id == Person.id)
    with database(url) as db, db.read() as session:
        rows = session.execute(query.join(Org, Org.id == Membership.org_id).where(Membership.ended_at.is_(None)))
        return {(name, org, role) for name, org, role in rows}


FIRST = {
    ("王芳", "长沙市公安局", Role.LIAISON),
    ("赵六", "中国移动湖南公司", Role.LIAISON),
    ("李强", "省联席办", Role.ADMIN),
}


def test_starts(config: Path, sqlite_url: str) -> None:
    """The first start brings the files in and says so, the second does nothing, one with a new line brings that in."""
    (logged,) = start(config)
    assert (logged["people_added"], logged["roles_kept"]) == (3, 0)
    assert held(sqlite_url) == FIRST
    with database(sqlite_url) as db, db.begin() as session:  # as a person in chat would
        session.scalars(select(Person).where(Person.name == "王芳")).one().name = "王小芳"
    assert start(config) == []
    named = {("王小芳", "长沙市公安局", Role.LIAISON), *FIRST} - {("王芳", "长沙市公安局", Role.LIAISON)}
    assert held(sqlite_url) == named
    changed = PEOPLE.replace("王芳", "王小芳").replace("李强,省联席办,admin", "李强,省联席办,viewer")
    config.with_name("people.csv").write_text(f"{changed}周敏,省联席办,admin,zhoumin\n", encoding="utf-8")
    (logged,) = start(config)
    assert (logged["people_added"], logged["people_changed"], logged["roles_kept"]) == (1, 1, 1)
    more = {("周敏", "省联席办", Role.ADMIN), ("李强", "省联席办", Role.VIEWER)}
    assert held(sqlite_url) == {*named, *more}
    assert start(config) == []


@pytest.mark.parametrize("started", [True, False], ids=["started", "never started"])
def test_an_import_is_not_turned_back(tmp_path: Path, config: Path, sqlite_url: str, *, started: bool) -> None:
    """What `import-roster --apply` brought in from other files stands at the next start, and the command says so."""
    if started:
        start(config)
    other = tmp_path / "other.csv"
    other.write_text(PEOPLE.replace("王芳", "王小芳"), encoding="utf-8")
    words = ("import-roster", "--config", config, "--roster", HUNAN.with_name("roster.csv"), "--people", other)
    dry = here(*words)
    assert dry.returncode == 0, dry.stderr
    assert "! the config's own files (roster.csv, people.csv) say something else" in dry.stdout
    assert here(*words, "--apply").returncode == 0
    assert start(config) == []
    assert {name for name, _, _ in held(sqlite_url)} == {"王小芳", "赵六", "李强"}


def test_a_dry_run_settles_nothing(tmp_path: Path, config: Path, sqlite_url: str) -> None:
    """A look at the config's own files leaves the first start what it is."""
    people = tmp_path / "people.csv"
    dry = here("import-roster", "--config", config, "--roster", HUNAN.with_name("roster.csv"), "--people", people)
    assert dry.returncode == 0
    assert "the config's own files" not in dry.stdout
    assert len(start(config)) == 1
    assert held(sqlite_url) == FIRST
