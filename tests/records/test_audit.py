"""The audit: the database keeps it as it is, and what gets round that is found."""

from __future__ import annotations

import ast
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from handlers import wording
from models import audit, issues
from models.audit import AuditRow
from models.campaign import loader
from models.migrations import run
from models.records import Change, Names
from models.session import Database, connect
from tests.store.delivering import START

ROOT = Path(__file__).parents[2]
WRONG = (
    "UPDATE audit SET action = 'nothing' WHERE id = 2",
    "UPDATE audit SET hash = 'x'",
    "DELETE FROM audit WHERE id = 2",
    "DELETE FROM audit",
)


def fill(db: Database) -> None:
    """Write three changes."""
    with db.begin() as session:
        audit.note(session, "report", "report:1", START, after={"handbook": "500"})
        shanghai = (START + timedelta(hours=1)).astimezone(ZoneInfo("Asia/Shanghai"))
        audit.note(session, "correct", "report:1", shanghai, before={"handbook": "500"}, after={"handbook": "560"})
        audit.note(session, "undo", "report:1", START, before={"handbook": "560"}, after={})


def broken(db: Database) -> int | None:
    """Return where the chain does not hold."""
    with db.read() as session:
        return audit.verify(session)


def refused(connection: Connection, statement: str) -> None:
    """Run a statement that the database must refuse."""
    with pytest.raises(DBAPIError, match=audit.REFUSAL):
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", WRONG)
def test_rows_stay_in_a_migrated_database(db: Database, statement: str) -> None:
    """A migrated database refuses to change or delete a change, whoever asks, and keeps all rows."""
    fill(db)
    with db.engine.connect() as connection:
        refused(connection, statement)
    with db.read() as session:
        assert [row.action for row in session.scalars(select(AuditRow).order_by(AuditRow.id))] == [
            "report",
            "correct",
            "undo",
        ]
    assert broken(db) is None


def test_rows_cannot_be_replaced_or_emptied(db: Database) -> None:
    """What each database has besides UPDATE and DELETE is refused too: INSERT OR REPLACE, TRUNCATE."""
    fill(db)
    columns = "(id, at, action, subject, before, after, hash)"
    replacing = f"INSERT OR REPLACE INTO audit {columns} VALUES (2, '2021-05-11', 'x', 'x', 'null', 'null', 'x')"
    with db.engine.connect() as connection:
        refused(connection, replacing if db.engine.dialect.name == "sqlite" else "TRUNCATE audit CASCADE")


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_rows_stay_in_a_fresh_database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A database that the code creates without migrations refuses the same."""
    server = request.getfixturevalue("postgres") if kind == "postgres" else None
    name = server.fresh(migrated=False) if server else ""
    db = Database(connect(server.url(name) if server else f"sqlite:///{tmp_path}/new.db"))
    try:
        run.metadata().create_all(db.engine)
        fill(db)
        for statement in WRONG:
            with db.engine.connect() as connection:
                refused(connection, statement)
    finally:
        db.dispose()
        if server:
            server.drop(name)


def test_a_table_made_anew_is_guarded_again(sqlite_url: str) -> None:
    """Migrating puts the guard back where a change of the table has lost it; a second time does nothing."""
    db = Database(connect(sqlite_url))
    fill(db)
    with db.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_keep_delete"))
        audit.guard(connection)
        audit.guard(connection)
    with db.engine.connect() as connection:
        refused(connection, "DELETE FROM audit")
    db.dispose()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("""UPDATE audit SET after = '{"handbook": "5600"}' WHERE id = 2""", 2),
        ("UPDATE audit SET person_id = NULL, action = 'report' WHERE id = 3", 3),
        ("UPDATE audit SET at = '2021-05-12 00:00:00.000000' WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id = 1", 2),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("UPDATE audit SET id = 9 WHERE id = 2", 3),
    ],
)
def test_tampering_is_found(db: Database, statement: str, found: int) -> None:
    """Who takes the guard away and changes, moves or removes a row leaves a chain that breaks there."""
    fill(db)
    assert broken(db) is None
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            for name in ("update", "delete", "replace"):
                connection.execute(text(f"DROP TRIGGER audit_keep_{name}"))
            connection.execute(text(statement))
        else:  # as a superuser could
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text(statement))
            connection.execute(text("SET session_replication_role = origin"))
    assert broken(db) == found
    if db.engine.dialect.name == "sqlite":
        return
    with db.engine.connect() as connection:
        refused(connection, "DELETE FROM audit")  # the guard itself still stands


def test_rows_share_the_fate_of_their_change(db: Database) -> None:
    """What is rolled back, wholly or to a savepoint, leaves no row; what stands has its row in the same order."""
    fill(db)
    with db.begin() as session:
        audit.note(session, "report", "report:90", START)
        session.rollback()
    with db.begin() as session:
        audit.note(session, "report", "report:91", START)
        savepoint = session.begin_nested()
        audit.note(session, "report", "report:92", START)
        assert audit.about(session, limit=1)[0].subject == "report:92"
        savepoint.rollback()
        audit.note(session, "undo", "report:93", START)
        assert [row.subject for row in audit.about(session, limit=2)] == ["report:93", "report:91"]
    with db.read() as session:
        assert [row.subject for row in audit.about(session, limit=2)] == ["report:93", "report:91"]
        assert audit.verify(session) is None


def test_a_long_chain_is_checked_whole(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain holds across the batches in which it is read."""
    monkeypatch.setattr(audit, "_BATCH", 7)
    db = Database(connect(sqlite_url))
    with db.begin() as session:
        for number in range(50):
            audit.note(session, "report", f"report:{number}", START, after={"handbook": str(number)})
    assert broken(db) is None
    with db.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_keep_update"))
        connection.execute(text("UPDATE audit SET subject = 'report:99' WHERE id = 33"))
    assert broken(db) == 33
    db.dispose()


def noted() -> set[tuple[str, str]]:
    """Return every action that the code notes, and where."""
    found = set()
    for folder in ("handlers", "schedules", "models", "bot"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _noting(node.func):
                    for each in node.args[:2]:
                        if isinstance(each, ast.Constant) and isinstance(each.value, str):
                            found.add((each.value, str(path.relative_to(ROOT))))
                            break
    return found


def _noting(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        owner = function.value
        of_audit = isinstance(owner, ast.Name) and owner.id in ("audit", "ctx")
        return (function.attr == "audit") or (function.attr == "note" and of_audit)
    return isinstance(function, ast.Name) and function.id in ("note", "tell")


def test_every_action_has_its_word() -> None:
    """What is noted anywhere has a Chinese word, so that nobody reads 改动 and wonders which."""
    actions = noted() | {(action, "models/issues.py") for action in issues.ACTIONS.values()}
    assert {"report", "publish", "answer", "org-added"} <= {action for action, _ in actions}
    assert [each for each in sorted(actions) if each[0] not in wording.ACTIONS] == []


@pytest.mark.parametrize(
    ("action", "subject", "before", "after", "words"),
    [
        (
            "report",
            "report:7",
            None,
            {"handbook": "500", "visit/社区": "2"},
            "上报 #7 长沙市：宣传手册500册，进社区2次",
        ),
        ("report", "report:7", None, {"nothing": "0"}, "上报 #7 长沙市：没有新增"),
        ("report", "report:7", None, {"duty:summary": "1"}, "上报 #7 长沙市：宣传月工作总结（登记完成）"),
        (
            "correct",
            "report:7",
            {"handbook": "5"},
            {"handbook": "6", "by": 8},
            "更正 #7 长沙市：宣传手册5册→6册，记为 #8",
        ),
        ("publish", "ranking:handouts", None, {"number": 3}, "发布排名 手册资料发放 长沙市：第3期"),
        (
            "role-added",
            "person:2",
            None,
            {"role": "admin", "backup": True},
            "登记角色 李强 长沙市：角色：管理员，候补联络员：是",
        ),
        ("org-renamed", "org:1", {"name": "长沙"}, {"name": "长沙市"}, "单位改名 长沙市：名称：长沙→长沙市"),
        (
            "org-closed",
            "org:1",
            {"left_on": None},
            {"left_on": "2021-05-20"},
            "停止单位任务 长沙市：停报日：无→5月20日",
        ),
        (
            "org-changed",
            "org:1",
            {"aliases": []},
            {"aliases": ["长沙", "星城"]},
            "修改单位资料 长沙市：简称：无→长沙、星城",
        ),
        (
            *("switch-off", "person:2", {"roles": [{"org": "长沙市", "role": "liaison", "backup": True}]}),
            *({"active": False}, "停用 李强 长沙市：角色：长沙市候补联络员（取消），可用：否"),
        ),
        ("later", "thing:1", None, {"unheard": {"of": [1, None, True]}}, "改动 长沙市：1、无、是"),
        ("report", "report:7", None, {"gone_indicator": "5", "handbook": "much"}, "上报 #7 长沙市：5，宣传手册"),
    ],
    ids=range(12),
)
def test_words(action: str, subject: str, before: object, after: object, words: str) -> None:
    """A change is read as a sentence, also one of a campaign file that has changed since; never as JSON."""
    row = AuditRow(at=datetime(2021, 5, 12, 1, tzinfo=START.tzinfo), person_id=1, org_id=1, action=action)
    row.subject, row.before, row.after = subject, before, after  # type: ignore[assignment]  # as the cases have them
    line = wording.change_line(loader.load(loader.HUNAN), Names({1: "长沙市"}, {1: "王芳", 2: "李强"}), Change(row, ""))
    assert line == f"5月12日 09:00 王芳 {words}"
    assert not set(line) & set('{}[]"')
