"""The bot runs as a database role that may change rows and nothing else (S17), and the audit is safe from it (S18)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, make_url, select

from bot import app
from bot.config import load_all
from bot.engine import cluster
from models import audit, outbox
from models.ledger import Entry
from models.messages import Draft, Recipient, Text
from tests.chaos.runs import NOW
from tests.contract.site import QUICK, until
from tests.installing import install, make_platform
from tests.postgres import Postgres
from tests.serving import serving

ROLE = "bot_runtime"
GRANTS = (  # what docs/machines.md says
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
)
REFUSED = (
    "CREATE TABLE mine (id int)",
    "DROP TABLE entry",
    "ALTER TABLE audit DISABLE TRIGGER ALL",
    "TRUNCATE audit",
    "SET session_replication_role = replica",
    "UPDATE audit SET action = 'x'",
    "DELETE FROM audit",
    "COPY audit TO PROGRAM 'cat'",
)


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """Return the URL of a migrated database for a role that owns nothing."""
    name = postgres.borrow()
    owner = postgres.url(name)
    with psycopg.connect(owner.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ROLE} LOGIN")
        for grant in GRANTS:
            connection.execute(grant.format(role=ROLE))
        yield make_url(owner).set(username=ROLE, password=None).render_as_string(hide_password=False)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(f"DROP OWNED BY {ROLE}")
        connection.execute(f"DROP ROLE {ROLE}")
    postgres.give_back(name)


@pytest.mark.postgres
def test_s17_the_bot_needs_no_right_but_to_rows(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It starts, takes a report, ticks and delivers as a role without DDL; that role can neither build nor tamper."""
    monkeypatch.setattr(app, "ClusterEngine", lambda engine: cluster.ClusterEngine(engine, QUICK))
    platform = make_platform()
    platform.start()
    bot = app.build(load_all(install(tmp_path, platform, url), {}), timeout=(1.0, 2.0))
    try:
        bot.start()
        with serving(bot.flask) as base:
            platform.callback_url = f"{base}/wecom/callback"
            assert "已记录" in (platform.say("WangFang", "今天发放手册500册").reply or "")
            bot.tick()
            with bot.db.begin() as session:
                outbox.add(session, [Draft(Recipient("wecom_app", "WangFang"), Text("hello"), "test", NOW)], NOW)
            assert until(lambda: bool(platform.accepted))
        with bot.db.read() as session:
            assert session.scalar(select(func.count(Entry.id))) == 1
            assert audit.verify(session) is None
    finally:
        bot.stop()
        platform.stop()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) > 0 FROM audit").fetchone() == (True,)
        page = (Path(__file__).parents[2] / "docs" / "machines.md").read_text(encoding="utf-8")
        assert all(grant.format(role="bot") in page for grant in GRANTS)
        for statement in REFUSED:
            with pytest.raises(psycopg.Error):
                connection.execute(statement)  # type: ignore[call-overload]  # a literal
