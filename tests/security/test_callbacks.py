"""What reaches the callback address: nobody is let in, nothing counts twice (S1, S2, S4, S5, S7, S8, S10)."""

from __future__ import annotations

import gzip
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from bot.app import build
from bot.config import load_all
from handlers import pace
from models.audit import AuditRow
from models.inbox import Inbox
from models.ledger import Report
from models.outbox import Notice
from models.people import CodeGuard, Membership, Role
from models.session import Database, connect
from tests import fuzz
from tests.engine import ManualEngine
from tests.fuzz import Request, Site
from tests.wire.conftest import AGENT_ID, CORP_ID, TOKEN
from tests.wire.sealing import encrypt, envelope, sign

ADMIN = "liqiang"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The real application on SQLite, with one liaison, one carrier's liaison and one admin of the office."""
    site = fuzz.open_site(tmp_path)
    site.bot.router.commands_a_minute = pace.MOST
    yield site
    site.close()


def message(
    text: str, *, sender: str = "WangFang", msg_id: int = 7, corp: str = CORP_ID, agent: object = AGENT_ID
) -> str:
    """Write the XML of a text."""
    return (
        f"<xml><ToUserName>{corp}</ToUserName><FromUserName>{sender}</FromUserName><CreateTime>{int(time.time())}"
        f"</CreateTime><MsgType>text</MsgType><Content><![CDATA[{text}]]></Content><MsgId>{msg_id}</MsgId>"
        f"<AgentID>{agent}</AgentID></xml>"
    )


def sealed(text: str, *, at: float | None = None, **more: object) -> Request:
    """Seal and sign a text as the platform does."""
    inner = encrypt(message(text, **more))  # type: ignore[arg-type]  # what message() takes
    return Request(urlencode(sign(inner, int(at or time.time()))), envelope(inner))


def counted(site: Site) -> tuple[int, int]:
    """Return how many inbounds and reports there are."""
    with site.bot.db.read() as session:
        return session.scalar(select(func.count(Inbox.id))) or 0, session.scalar(select(func.count(Report.id))) or 0


def says(site: Site, text: str, *, sender: str, msg_id: int) -> str:
    """Say something through the callback; returns the stored answer."""
    status, _, _ = site.send(sealed(text, sender=sender, msg_id=msg_id))
    assert status == 200
    with site.bot.db.read() as session:
        row = session.scalars(select(Inbox).where(Inbox.key == str(msg_id))).one()
        return str((row.answer or {}).get("text") or "")


PLAIN = message("任命 王芳 管理员", sender=ADMIN).encode()
VALID = sign(encrypt(message("进度")), int(time.time()))
NOW = str(int(time.time()))


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({}, PLAIN),
        (VALID, PLAIN),  # the query of a good callback with another body
        ({"signature": VALID["msg_signature"], "timestamp": NOW, "nonce": "n1"}, PLAIN),
        ({**VALID, "encrypt_type": "raw"}, PLAIN),
        ({**VALID, "signature": VALID["msg_signature"]}, PLAIN.replace(b"</xml>", b"<Encrypt></Encrypt></xml>")),
        (sign("", int(time.time())), PLAIN.replace(b"</xml>", b"<Encrypt/></xml>")),
    ],
    ids=range(6),
)
def test_s01_s02_nothing_in_clear_is_taken(site: Site, query: dict[str, str], body: bytes) -> None:
    """There is no plain mode and no way down to one: what is not encrypted is refused, whatever stands beside it."""
    before = counted(site)
    version = site.version()
    status, answer, _ = site.send(Request(urlencode(query), body))
    assert status in (400, 403)
    assert answer == b""
    assert (counted(site), site.version()) == (before, version)


def test_s04_a_repeat_has_no_second_effect(site: Site) -> None:
    """Inside the window the same bytes get the same answer and change nothing; under a new seal the same MsgId too."""
    request = sealed("今天发放手册300册")
    first, second, third = site.send(request), site.send(request), site.send(sealed("今天发放手册300册"))
    assert [each[0] for each in (first, second, third)] == [200, 200, 200]
    assert first[1]
    assert second[1]
    assert counted(site) == (1, 1)


@pytest.mark.parametrize("minutes", [-60 * 24, -11, 11, 60 * 24])
def test_s04_a_replay_outside_the_window_is_refused(site: Site, minutes: int) -> None:
    """A callback that was good once is worth nothing eleven minutes later, and one from the future neither."""
    version = site.version()
    assert site.send(sealed("手册300册", at=time.time() + 60 * minutes))[0] == 403
    assert site.version() == version


def test_s04_two_processes_take_one_callback_once(database_url: str, tmp_path: Path) -> None:
    """The same bytes at two processes in the same moment, on either database: one report, both answered."""
    first = fuzz.open_site(tmp_path)
    config = (tmp_path / "config.toml").read_text(encoding="utf-8")
    first.close()
    (tmp_path / "config.toml").write_text(config.replace("sqlite:///bot.db", database_url), encoding="utf-8")
    bots = [build(load_all(tmp_path / "config.toml", {}), engine=ManualEngine()) for _ in range(2)]
    bots[0].prepare()
    request, statuses = sealed("今天发放手册300册"), []
    start = threading.Barrier(8)

    def send(site: Site) -> None:
        start.wait()
        statuses.append(site.send(request)[0])

    watch = first.watch
    sites = [Site(bot, watch) for bot in bots]
    threads = [threading.Thread(target=send, args=(sites[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    db = Database(connect(database_url))
    with db.read() as session:
        assert session.scalar(select(func.count(Report.id))) == 1
        assert session.scalar(select(func.count(Inbox.id))) == 1
    db.dispose()
    for bot in bots:
        bot.stop()


BIG = 64 * 1024


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "taken"), [(BIG, True), (BIG + 1, False), (BIG + 5000, False), (20 * BIG, False)])
def test_s05_a_body_has_64_kib_at_most(site: Site, size: int, taken: bool, chunked: bool) -> None:
    """A byte more is a 413 that wrote nothing, also when it comes in chunks and says no length."""
    good = sealed("进度")
    headers = (("HTTP_TRANSFER_ENCODING", "chunked"), ("CONTENT_LENGTH", ""), ("wsgi.input_terminated", "1"))
    request = Request(good.query, good.body.ljust(size), headers=headers if chunked else ())
    version = site.version()
    assert site.send(request)[0] == (200 if taken else 413)
    assert (site.version() != version) is taken


def test_s05_nothing_is_unpacked(site: Site) -> None:
    """A compressed body is read as the bytes it is, so that no bomb opens."""
    good = sealed("进度")
    packed = gzip.compress(good.body)
    assert site.send(Request(good.query, packed, headers=(("HTTP_CONTENT_ENCODING", "gzip"),)))[0] == 400


def test_s08_a_message_for_another_app_is_refused(site: Site) -> None:
    """Another corp, another agent, or another receiver inside the seal: 403, and nothing is written."""
    version = site.version()
    for case in (
        {"corp": "ww0000000000000000"},
        {"agent": 1000003},
    ):
        assert site.send(sealed("手册300册", **case))[0] == 403
    inner = encrypt(message("手册300册"), "ww0000000000000000")
    assert site.send(Request(urlencode(sign(inner, int(time.time()))), envelope(inner)))[0] == 403
    foreign = sign(encrypt(message("手册300册")), int(time.time()), token=TOKEN[::-1])
    assert site.send(Request(urlencode(foreign), envelope(inner)))[0] == 403
    assert site.version() == version


def test_s08_only_the_seal_says_who_speaks(site: Site) -> None:
    """A name in the text, in the query, in a header or in the outer XML makes nobody an admin."""
    good = sealed("任命 王芳 管理员")
    outer = good.body.replace(b"<AgentID>", f"<FromUserName>{ADMIN}</FromUserName><AgentID>".encode())
    request = Request(f"{good.query}&FromUserName={ADMIN}&userid={ADMIN}", outer, headers=(("HTTP_X_USERID", ADMIN),))
    assert site.send(request)[0] == 200
    for number, text in enumerate(("我是管理员", f"FromUserName={ADMIN} 停用 王芳", "李强：任命 王芳 管理员"), 100):
        says(site, text, sender="WangFang", msg_id=number)
    with site.bot.db.read() as session:
        assert session.scalar(select(func.count(Membership.id)).where(Membership.role == Role.ADMIN)) == 1


def test_s10_five_wrong_codes_lock_an_account(site: Site) -> None:
    """After five wrong ones even the right code is refused for 15 minutes, to this account alone."""
    shown = says(site, "通知 全体 明天开会", sender=ADMIN, msg_id=1)
    code = shown.partition("回“确认 ")[2][:4]
    assert code.isdigit()
    for number in range(5):
        wrong = f"{(int(code) + 1 + number) % 10_000:04}"
        said = says(site, f"确认 {wrong}", sender=ADMIN, msg_id=10 + number)
    assert "15分钟" in said
    assert "分钟" in says(site, f"确认 {code}", sender=ADMIN, msg_id=20)
    with site.bot.db.read() as session:
        guard = session.scalars(select(CodeGuard)).one()
        assert guard.locked_until is not None
        assert 14 * 60 < (guard.locked_until - site.bot.wall.now()).total_seconds() <= 15 * 60


def test_s10_failures_are_noted_and_told(site: Site) -> None:
    """Each wrong code is a row of the audit; the one too many is told to the office's admins, what follows is not."""
    for number in range(7):
        says(site, f"确认 {number:04}", sender="WangFang", msg_id=30 + number)
    with site.bot.db.read() as session:
        actions = session.scalars(select(AuditRow.action).where(AuditRow.action.like("code-%")).order_by(AuditRow.id))
        assert list(actions) == ["code-wrong"] * 4 + ["code-locked"]
        (told,) = session.scalars(select(Notice).where(Notice.rule == "alert")).all()
        assert (told.user_ref, "王芳（长沙市公安局）连续5次输错" in told.content["text"]) == (ADMIN, True)


def test_s10_commands_are_held_back_reports_never(site: Site) -> None:
    """The 61st command within a minute is refused; a report is still booked, and others still get their answers."""
    site.bot.router.commands_a_minute = 5
    for number in range(5):
        assert "命令，先歇一下" not in says(site, "进度", sender=ADMIN, msg_id=number + 1)
    assert says(site, "进度", sender=ADMIN, msg_id=10).startswith("您一分钟内发了5多条命令")
    assert says(site, "导出", sender=ADMIN, msg_id=11).startswith("您一分钟内发了5多条命令")
    for number in range(8):
        assert "已记录" in says(site, f"今天发放手册{300 + number}册", sender="WangFang", msg_id=100 + number)
    assert "命令，先歇一下" not in says(site, "我的", sender="WangFang", msg_id=200)
    assert "没有可以撤销" not in says(site, "撤销", sender="WangFang", msg_id=201)
    assert pace.MOST == 60


def test_s07_no_answer_tells_why(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when something breaks inside: an empty 503, no trace, no path, no echo; it is refused, not half taken."""

    def broken(_inbound: object) -> str:
        raise RuntimeError(f"trouble in {tmp_path} with {TOKEN}")

    monkeypatch.setattr(site.bot.router, "handle", broken)
    status, body, _ = site.send(sealed("进度"))
    assert (status, body) == (503, b"")
    monkeypatch.undo()
    shutil.rmtree(tmp_path / "files", ignore_errors=True)
    monkeypatch.setattr(site.bot.app_channel, "receive", broken)
    status, body, _ = site.send(sealed("进度"))
    assert (status, body) == (500, b"")
