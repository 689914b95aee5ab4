"""The upload page: what it takes, what it refuses, and that its links do one thing for one person once."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from datetime import timedelta

import pytest
import requests
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from bot.filetypes import DOCUMENT_BYTES
from models import audit, settings, signed_links
from models.files import Document
from models.ledger import Report
from models.people import Membership, Person, Role
from tests.files.conftest import CITY, OTHER, Make, World
from tests.files.samples import PDF, docx


def send(page: FlaskClient, path: str, content: bytes, name: str = "总结.docx") -> TestResponse:
    """Hand a file in."""
    return page.post(path, data={"file": (io.BytesIO(content), name)})


def documents(world: World) -> list[Document]:
    """Return what was handed in."""
    with world.bot.db.read() as session:
        return list(session.scalars(select(Document).order_by(Document.id)))


def forged(path: str, **changes: object) -> str:
    """Return the path with some fields of its payload changed, under the old signature."""
    payload, _, seal = path.rpartition("/")[2].partition(".")
    names = ["purpose", "org", "person", "duty", "until", "nonce"]
    fields = dict(zip(names, json.loads(base64.urlsafe_b64decode(payload + "==")), strict=True))
    written = json.dumps(list({**fields, **changes}.values()), separators=(",", ":")).encode()
    return f"/upload/{base64.urlsafe_b64encode(written).decode().rstrip('=')}.{seal}"


def test_hand_in(world: World) -> None:
    """A file is kept by its SHA-256 outside of anything served, booked with a number, noted, and the sender is told."""
    content = docx("五月总结")
    answer = send(world.page, world.link(), content)
    digest = hashlib.sha256(content).hexdigest()
    assert answer.status_code == 200
    assert "编号 #1" in answer.text
    (found,) = documents(world)
    assert (found.sha256, found.kind, found.name, found.version) == (digest, "docx", "总结.docx", 1)
    kept = world.files / digest[:2] / digest
    assert kept.read_bytes() == content
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [text.splitlines()[0] for text in world.told("wang")] == [f"已记录 #1 {CITY} 5月12日"]
    with world.bot.db.read() as session:
        row = audit.about(session, subject="report:1")[0]
        assert row.action == "document"
        assert row.after is not None
        assert row.after["sha256"] == digest
        assert audit.verify(session) is None


def test_headers(world: World) -> None:
    """The page allows its own style and script, a post to itself, no frame, no cache, no referrer, no cookie."""
    for answer in (world.page.get(world.link()), world.page.get("/upload/x.y")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        assert "<script>" not in answer.text
        assert "style=" not in answer.text


def test_looking_is_free(world: World) -> None:
    """Chat programs look at links by themselves: any number of looks and refused files leave a link good."""
    path = world.link()
    for _ in range(3):
        assert world.page.get(path).status_code == 200
        assert send(world.page, path, b"MZ", "a.exe").status_code == 415
    assert send(world.page, path, docx()).status_code == 200
    assert world.page.get(path).status_code == 410


def test_replay(world: World) -> None:
    """A used link enters nothing more, says what it did, and keeps saying so after it has expired."""
    path = world.link()
    send(world.page, path, docx())
    again = send(world.page, path, docx("别的"))
    assert again.status_code == 410
    assert "已收到 总结.docx，编号 #1" in again.text
    world.wall.offset += timedelta(hours=1)
    assert "编号 #1" in world.page.get(path).text
    assert len(documents(world)) == 1


def test_expired(world: World) -> None:
    """After 30 minutes of real time a link does nothing; the campaign's clock has no say."""
    path = world.link()
    world.clock.advance(timedelta(days=1))
    world.wall.offset += timedelta(minutes=29)
    assert world.page.get(path).status_code == 200
    world.wall.offset += timedelta(minutes=1, seconds=1)
    for answer in (world.page.get(path), send(world.page, path, docx())):
        assert answer.status_code == 410
        assert "链接已过期" in answer.text
    assert documents(world) == []


@pytest.mark.parametrize(
    "changes",
    [{"org": 2}, {"person": 1}, {"duty": "press"}, {"until": 9_999_999_999}, {"nonce": "another"}, {"purpose": "x"}],
    ids=lambda changes: next(iter(changes)),
)
def test_tampered(world: World, changes: dict[str, object]) -> None:
    """No field of a link can be changed."""
    path = forged(world.link(), **changes)
    for answer in (world.page.get(path), send(world.page, path, docx())):
        assert answer.status_code == 404
    assert documents(world) == []


@pytest.mark.parametrize(
    "token", ["x", ".", "x." + "A" * 43, "A" * 400 + "." + "A" * 43, "..%2f..%2fetc", "static", "é.é"]
)
def test_no_token(world: World, token: str) -> None:
    """What is no token is a 404 in Chinese without detail."""
    world.link()
    answer = world.page.post(f"/upload/{token}", data={"file": (io.BytesIO(docx()), "a.docx")})
    assert answer.status_code in (404, 405)
    assert "Traceback" not in answer.text


def test_other_purpose_and_other_key(world: World) -> None:
    """A token that we signed for something else opens nothing, nor does one signed with another key."""
    with world.bot.db.begin() as session:
        wall = world.wall.now()
        person = session.scalars(select(Person.id).where(Person.name == "王芳")).one()
        other = signed_links.token(session, signed_links.link("download", 1, person, "summary", wall))
        right = signed_links.token(session, signed_links.link("upload", 1, person, "summary", wall))
        settings.put(session, signed_links.KEY, "00" * 32)
    assert world.page.get(f"/upload/{other}").status_code == 404
    assert world.page.get(f"/upload/{right}").status_code == 404


def test_key_is_made_once(world: World) -> None:
    """The key is made with the first link and stays; it is as long as the hash."""
    with world.bot.db.read() as session:
        assert settings.get(session, signed_links.KEY) is None
    world.link()
    with world.bot.db.read() as session:
        key = settings.get(session, signed_links.KEY)
    world.link()
    with world.bot.db.read() as session:
        assert settings.get(session, signed_links.KEY) == key
    assert len(bytes.fromhex(key)) == 32


@pytest.mark.parametrize("how", ["person", "membership"])
def test_revoked(world: World, how: str) -> None:
    """Who was switched off, or has lost the org, cannot use a link that he still has."""
    path = world.link()
    with world.bot.db.begin() as session:
        person = session.scalars(select(Person).where(Person.name == "王芳")).one()
        if how == "person":
            person.active = False
        else:
            rows = session.scalars(select(Membership).where(Membership.person_id == person.id))
            for row in rows:
                row.ended_at = world.clock.now()
    assert world.page.get(path).status_code == 403
    assert send(world.page, path, docx()).status_code == 403
    assert documents(world) == []


def test_link_holds_for_its_own_org_only(world: World) -> None:
    """A link books for the org it was made for, whatever the form says beside the file."""
    path = world.link()
    world.page.post(path, data={"file": (io.BytesIO(docx()), "a.docx"), "org": "2", "org_id": "2", "duty": "press"})
    (found,) = documents(world)
    with world.bot.db.read() as session:
        report = session.get_one(Report, found.report_id)
        assert report.org_id == found.org_id
    assert found.duty == "summary"


def test_two_at_once(world: World) -> None:
    """Of two uploads by one link only the first is entered, even when both have been let in."""
    from handlers import summary

    path = world.link()
    file = summary.NewFile("0" * 64, "a.docx", "docx", 9)
    with world.bot.db.begin() as session:
        link = signed_links.read(session, path.rpartition("/")[2], "upload")
        made = [
            summary.take_document(
                session, world.bot.campaign, link, file, world.clock.now(), world.wall.now(), f"trace{number}"
            )
            for number in range(2)
        ]
    assert [each is not None for each in made] == [True, False]
    with world.bot.db.read() as session:
        assert session.scalar(select(func.count(Document.id))) == 1


class Counting(io.RawIOBase):
    """A body that never ends and counts what is read of it."""

    def __init__(self) -> None:
        self.count = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the base class takes any buffer
        """Give as many bytes as are wanted."""
        self.count += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def test_too_big_by_its_length(world: World) -> None:
    """A body that is announced as too big is refused with 413 and a clear page before any of it is read."""
    body = Counting()
    answer = world.page.post(
        world.link(),
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": str(500 * 1024 * 1024)},
    )
    assert answer.status_code == 413
    assert "超过20MB" in answer.text
    assert body.count == 0


def test_bad_token_reads_nothing(world: World) -> None:
    """Without a good link not a byte of the body is read."""
    body = Counting()
    answer = world.page.post(
        "/upload/x.y",
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": "1000"},
    )
    assert answer.status_code == 404
    assert body.count == 0


def test_just_too_big(world: World) -> None:
    """A file of 20 MB is taken, one byte more is not, and the link stays good."""
    path = world.link()
    head = PDF
    big = head + b"\0" * (DOCUMENT_BYTES - len(head) + 1)
    for content, status in ((big, 413), (big[:-1], 200)):
        answer = requests.post(world.base + path, files={"file": ("a.pdf", content)}, timeout=20)
        assert answer.status_code == status


@pytest.mark.parametrize("data", [{}, {"other": "x"}, {"file": "not a file"}])
def test_no_file(world: World, data: dict[str, str]) -> None:
    """A form without a file is answered with what to do."""
    answer = world.page.post(world.link(), data=data, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "还没有选文件" in answer.text


def test_name_stays_text(world: World) -> None:
    """A name is shown as it was written: no markup, no path, no hidden turning of its letters."""
    send(world.page, world.link(), PDF, "..\\..\\<img src=x onerror=alert(1)>\u202efdp.exe.pdf")
    (found,) = documents(world)
    assert found.name == "img src=x onerror=alert(1)fdp.exe.pdf"
    assert world.page.get(world.link()).status_code == 200
    assert [path for path in world.files.rglob("*") if path.is_file() and path.name != found.sha256] == []


def test_nothing_kept_is_served(world: World) -> None:
    """No path of the site leads to the folder of files."""
    send(world.page, world.link(), docx())
    (found,) = documents(world)
    for path in (
        f"/upload/static/{found.sha256}",
        f"/upload/static/../{found.sha256}",
        f"/upload/static/..%2f..%2f..%2f{found.sha256}",
        f"/files/{found.sha256}",
        "/upload/static/../../templates/upload.html",
    ):
        assert world.page.get(path).status_code == 404, path


def test_closed(world: World) -> None:
    """After the campaign has closed neither a link nor an upload is possible."""
    path = world.link()
    world.clock.set(world.clock.now() + timedelta(days=60))
    answer = send(world.page, path, docx())
    assert answer.status_code == 410
    assert "活动已结束" in answer.text
    assert "结束" in world.say("wang", "总结")


def test_without_public_address(make: Make) -> None:
    """Without a public address the answer says so honestly, how to switch it on, and what works instead."""
    world = make(('public_url = "http://bot.example"', ""))
    answer = world.say("wang", "总结")
    assert "public_url" in answer
    assert "总结已报送" in answer
    assert "/upload/" not in answer
    assert world.say("wang", "总结已报送").startswith("已记录 #1")


def test_admin_fetches_only_within_his_orgs(world: World) -> None:
    """An admin of another city gets nothing; the admin above gets the very bytes."""
    content = docx("给省里")
    send(world.page, world.link(), content)
    world.admit("wu", "吴越", OTHER, Role.ADMIN)
    world.admit("li", "李强", "省联席办", Role.ADMIN)
    assert "不归您管" in world.say("wu", "总结 长沙")
    world.say("li", "总结 长沙")
    world.engine.drain_all()
    (sent,) = [each for each in world.platform.accepted if each.kind == "file"]
    bubble = [each for each in world.platform.bubbles("li") if each.kind == "file"][-1]
    assert sent.shown == ("li",)
    assert world.platform.world.media.get(bubble.media_id).content == content
    assert bubble.text == "总结.docx"
