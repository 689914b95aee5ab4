"""`export` and `import-roster` as processes of their own, and the workbook on its way to the admin who asked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot import outgoing
from bot.channels.base import Attachment
from bot.filestore import FileStore
from bot.standin import Platform
from models import records
from models.amendments import Effective
from models.audit import AuditRow
from models.campaign.loader import HUNAN
from models.messages import File, content_from_json, content_to_json
from models.people import Org
from models.session import Database, connect
from tests.installing import here, install, make_platform, run
from tests.records.books import Ledger, line, sheets, values
from tests.store.delivering import START

ROSTER = HUNAN.with_name("roster.csv").read_text(encoding="utf-8-sig")

GONE = "省高级人民法院"


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Return a running platform."""
    platform = make_platform()
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def config(tmp_path: Path, platform: Platform, sqlite_template: Path) -> Path:
    """Return the config of a migrated installation without rows."""
    shutil.copy(sqlite_template, tmp_path / "bot.db")
    return install(tmp_path, platform)


def test_export(tmp_path: Path, config: Path) -> None:
    """The whole ledger is written as a workbook, in place of the one before, and one line says how much."""
    db = Database(connect(f"sqlite:///{tmp_path}/bot.db"))
    ledger = Ledger(db)
    ledger.people(("省联席办", "office", None), ("长沙市公安局", "city", "省联席办"))
    ledger.report("长沙市公安局", [line("handbook", "500")])
    db.dispose()
    out = tmp_path / "台账.xlsx"
    out.write_bytes(b"the one before")
    done = run("export", "--config", config, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"wrote {out}: 1 figures up to #1, 1 changes\n"
    assert values(sheets(out.read_bytes())["明细"])[1][:2] == [1, "长沙市公安局"]
    assert sorted(each.name for each in tmp_path.glob("*.xlsx*")) == ["台账.xlsx"]
    assert out.stat().st_mode & 0o077 == 0


def test_export_wrong(tmp_path: Path, platform: Platform) -> None:
    """A path that is no workbook's, a folder that is not there and an old schema are one line and exit 2."""
    config = install(tmp_path, platform)
    for out in (tmp_path / "x.csv", tmp_path / "no" / "x.xlsx", tmp_path / "x.xlsx"):
        done = here("export", "--config", config, "--out", out)
        assert done.returncode == 2, out
        assert len(done.stderr.splitlines()) == 1
        assert not out.exists()


def test_import_roster(tmp_path: Path, config: Path) -> None:
    """Without --apply nothing is written; with it everything is, once; problems are told by line with exit 2."""
    new, people = tmp_path / "new.csv", tmp_path / "people.csv"
    new.write_text(ROSTER, encoding="gbk")
    words = ("import-roster", "--config", config, "--roster", new, "--people", people)
    dry = run(*words)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert dry.stdout.splitlines()[-1].endswith("Nothing was written; --apply does it.")
    db = Database(connect(f"sqlite:///{tmp_path}/bot.db"))
    with db.read() as session:
        assert session.scalars(select(Org)).all() == []
    applied = here(*words, "--apply")
    assert applied.returncode == 0
    assert applied.stdout.splitlines()[:-1] == dry.stdout.splitlines()[:-1]
    again = here(*words, "--apply")
    assert again.stdout == (
        "orgs: 0 added, 0 renamed, 0 changed, 0 not in the file; "
        "people: 0 added, 0 renamed, 0 changed, 0 not in the file; 0 roles that the file does not give; "
        "0 to look at. Done.\n"
    )
    cut = [text for text in ROSTER.splitlines() if not text.startswith(f"{GONE},")]
    new.write_text("\n".join(cut), encoding="utf-8")
    closed = here(*words, "--apply", "--close-missing")
    assert closed.stdout.splitlines()[0] == f"- org {GONE}: not in the file, is closed"
    with db.read() as session:
        assert str(session.scalars(select(Org.left_on).where(Org.name == GONE)).one()) == "2021-05-11"
        assert [row.action for row in session.scalars(select(AuditRow).order_by(AuditRow.id))] == [
            "roster",
            "org-closed",
        ]
    db.dispose()
    new.write_text("\n".join([*cut, "株洲市公安局,town,nobody,x,,", "新,city,,,,"]), encoding="utf-8")
    wrong = here(*words)
    assert wrong.returncode == 2
    told = wrong.stderr.splitlines()
    assert len([each for each in told if each.startswith(f"new.csv: line {len(cut) + 1}: ")]) >= 3
    assert "Traceback" not in wrong.stderr


def test_workbook_on_its_way(db: Database, tmp_path: Path) -> None:
    """What 导出 leaves in the outbox becomes the workbook of the moment it was asked for, the same at a second try."""
    ledger = Ledger(db)
    ledger.people(("省联席办", "office", None), ("长沙市公安局", "city", "省联席办"))
    ledger.report("长沙市公安局", [line("handbook", "500")])
    with db.read() as session:
        shot = records.snapshot(session, START + timedelta(hours=1))
    asked = File("export", "台账.xlsx", shot.to_json())
    content = content_from_json(content_to_json(asked))
    assert content == asked
    ledger.report("长沙市公安局", [line("handbook", "1")])

    def parts() -> list[object]:
        store = FileStore(tmp_path)
        making = lambda file: outgoing.make_file(db, Effective(ledger.campaign), file)  # noqa: E731  # as bot/app.py binds it
        return list(outgoing.parts(content, ZoneInfo("Asia/Shanghai"), store, making))

    (part,) = parts()
    assert isinstance(part, Attachment)
    assert part.name == "台账.xlsx"
    assert len(values(sheets(part.content)["明细"])) == 2
    assert parts() == [part]
