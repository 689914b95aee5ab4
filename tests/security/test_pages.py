"""Every page and every error page, of the bot and of the demo's stand-in: headers, and who may post (S14, S20)."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from bot import demo
from bot.config import ServerPart
from bot.filestore import FileStore
from bot.standin import Member, Platform
from bot.standin.app import create_app
from bot.standin.server import LOOPBACK, ServerThread
from models.files import Document
from tests import fuzz
from tests.files.conftest import Make, World, make, world  # noqa: F401  # fixtures
from tests.files.samples import docx
from tests.installing import AES_KEY, AGENT_ID, CORP_ID, ROBOT_KEY, SECRET, TOKEN

ROOT = Path(__file__).parents[2]
METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD")
PLACES = {"token": "x.y", "filename": "upload.css", "name": "page.js", "media_id": "nothing"}


@pytest.fixture(scope="module")
def bot_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The bot's application with everything that it can serve, the demo's clock and calendar included."""
    site = fuzz.open_site(tmp_path_factory.mktemp("pages"))
    yield site.bot.flask
    site.close()


@pytest.fixture(scope="module")
def standin_app() -> Iterator[Flask]:
    """The demo's page and the stand-in's API."""
    platform = Platform(
        corp_id=CORP_ID, agent_id=AGENT_ID, secret=SECRET, token=TOKEN, encoding_aes_key=AES_KEY,
        robots={ROBOT_KEY: "office"}, members=[Member("WangFang", "王芳")],
    )  # fmt: skip
    platform.start()
    yield create_app(platform, bot_base="http://127.0.0.1:9")
    platform.stop()


def addresses(app: Flask) -> list[str]:
    """Return an address of every rule, and of what does not exist."""
    found = [re.sub(r"<(?:\w+:)?(\w+)>", lambda m: PLACES[m[1]], rule.rule) for rule in app.url_map.iter_rules()]
    return [*found, "/nothing/here", "/%ff", "/upload/" + "x" * 3000, "/../etc/passwd"]


def answers(client: FlaskClient, paths: list[str]) -> Iterator[tuple[str, str, TestResponse]]:
    """Ask every address by every method, as if through a proxy, so that nothing of the demo is set going."""
    for path in paths:
        for method in METHODS:
            with client.open(path, method=method, headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
                yield method, path, answer


def look(method: str, path: str, answer: TestResponse) -> None:
    """Check the headers of one answer."""
    where, policy = f"{method} {path}: {answer.status}", answer.headers.get("Content-Security-Policy", "")
    assert "default-src 'none'" in policy or "default-src 'self'" in policy, where
    assert "frame-ancestors 'none'" in policy, where
    assert "base-uri 'none'" in policy, where
    assert "form-action" in policy, where
    assert "unsafe" not in policy, where
    assert answer.headers.get("X-Content-Type-Options") == "nosniff", where
    assert answer.headers.get("X-Frame-Options") == "DENY", where
    assert answer.headers.get("Referrer-Policy") == "no-referrer", where
    assert answer.headers.get("Cache-Control") in ("no-store", "no-cache"), where  # styles are asked for again
    assert "Set-Cookie" not in answer.headers, where
    assert "Access-Control-Allow-Origin" not in answer.headers, where
    assert answer.status_code != 500, where


def test_s20_headers_on_every_page_of_the_bot(bot_app: Flask) -> None:
    """Policy, nosniff, no frame, no referrer, no cache, no cookie: on each page, each refusal, each method."""
    paths = addresses(bot_app)
    assert {"/wecom/callback", "/healthz", "/upload/x.y", "/upload/static/upload.css", "/clock"} <= set(paths)
    client = bot_app.test_client()
    for method, path, answer in answers(client, paths):
        look(method, path, answer)
        assert "Traceback" not in answer.text
        if answer.status_code >= 400 and not path.startswith(("/upload", "/healthz")):
            assert answer.text == ""


def test_s20_headers_on_every_page_of_the_demo(standin_app: Flask) -> None:
    """The same for the demo's page, its data, its drawer and the stand-in's API."""
    for method, path, answer in answers(standin_app.test_client(), addresses(standin_app)):
        look(method, path, answer)


def test_s20_a_page_that_breaks_says_nothing(bot_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error inside is an empty 500 with all headers."""

    def broken() -> None:
        raise RuntimeError("a secret stands here")

    monkeypatch.setitem(bot_app.view_functions, "health.health", lambda: broken())
    name = next(each for each in bot_app.view_functions if each.startswith("health."))
    monkeypatch.setitem(bot_app.view_functions, name, lambda: broken())
    answer = bot_app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (500, "")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


# ----- posts of other sites


def posts(app: Flask) -> list[Rule]:
    """Return every rule that takes a POST."""
    return [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]


def test_csrf_every_post_of_the_bot_is_known(bot_app: Flask) -> None:
    """What can be posted to the bot: the signed callback, the upload with its token, and the demo's clock. No more."""
    assert {rule.rule for rule in posts(bot_app)} == {"/wecom/callback", "/upload/<token>", "/clock"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_csrf_the_clock_takes_no_form(bot_app: Flask, kind: str) -> None:
    """What a page of another site can send without asking first does not push the demo's clock."""
    client = bot_app.test_client()
    before = client.get("/clock").json
    answer = client.post("/clock", data='{"advance_seconds": 86400}', content_type=kind)
    assert answer.status_code in (400, 415)
    assert client.get("/clock").json["now"][:16] == before["now"][:16]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Standin": "0"},
        {"X-Standin": "1", "Origin": "https://evil.example"},
        {"X-Standin": "1", "Origin": "null"},
        {"X-Standin": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Standin": "1", "Sec-Fetch-Site": "same-site"},
        {"X-Standin": "1", "Host": "evil.example"},
        {"X-Standin": "1", "Host": "127.0.0.1.evil.example"},
    ],
    ids=range(8),
)
def test_csrf_no_post_of_another_site_reaches_the_demo(standin_app: Flask, headers: dict[str, str]) -> None:
    """Each POST of the demo's page, the drawer of faults included, wants our header, our origin and our name."""
    ours = [rule for rule in posts(standin_app) if rule.rule.startswith("/standin/")]
    assert len(ours) >= 3
    client = standin_app.test_client()
    for rule in ours:
        path = re.sub(r"<(?:\w+:)?\w+>", "x", rule.rule)
        answer = client.post(path, json={"userid": "WangFang", "text": "手册300册"}, headers=headers)
        assert answer.status_code == 403, path


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_csrf_the_upload_takes_nothing_from_another_site(world: World, site: str) -> None:  # noqa: F811
    """A good token does not help a page of another site, and the link stays good for who owns it."""
    path = world.link()
    refused = world.page.post(path, data={"file": (io.BytesIO(docx()), "总结.docx")}, headers={"Sec-Fetch-Site": site})
    assert refused.status_code == 403
    assert "frame-ancestors 'none'" in refused.headers["Content-Security-Policy"]
    own = {"Sec-Fetch-Site": "same-origin"}
    taken = world.page.post(path, data={"file": (io.BytesIO(docx()), "总结.docx")}, headers=own)
    assert taken.status_code == 200


def test_csrf_every_form_is_known() -> None:
    """Only the upload's page and the demo's have forms; a new one must come here first."""
    pages = [path for folder in ("bot",) for path in (ROOT / folder).rglob("*.html")]
    assert {path.name for path in pages if "<form" in path.read_text(encoding="utf-8")} == {"upload.html", "index.html"}
    assert [path.name for path in pages if re.search(r"\|\s*safe|autoescape false", path.read_text("utf-8"))] == []


# ----- paths


NAMES = (
    *("../../../etc/cron.d/x.docx", "..\\..\\windows\\x.docx", "/etc/passwd.docx", "C:\\x.docx", "x\x00.docx"),
    *("....//x.docx", "\u202excod.exe.docx", "a/b/c.docx", ".docx", "~root/.ssh/x.docx", "%2e%2e%2fx.docx"),
    *("con.docx", "x" * 300 + ".docx"),
)


def test_s14_a_name_never_becomes_a_path(make: Make, tmp_path: Path) -> None:  # noqa: F811
    """Whatever an upload is called, the file lies under its SHA-256 with mode 600, and no name leaves its folder."""
    world = make()  # noqa: F811
    before = {path for path in tmp_path.rglob("*") if path.is_file() and world.files not in path.parents}
    for number, name in enumerate(NAMES):
        content = docx(f"总结{number}")
        answer = world.page.post(world.link(), data={"file": (io.BytesIO(content), name)})
        assert answer.status_code in (200, 400, 415), name
    kept = [path for path in world.files.rglob("*") if path.is_file()]
    assert len(kept) > 5
    assert all(re.fullmatch(r"[0-9a-f]{64}", path.name) and path.parent.name == path.name[:2] for path in kept)
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    assert {path.stat().st_mode & 0o077 for path in world.files.rglob("*") if path.is_dir()} == {0}
    after = {path for path in tmp_path.rglob("*") if path.is_file() and world.files not in path.parents}
    assert {path for path in after - before if not path.name.startswith("bot.db")} == set()
    with world.bot.db.read() as session:
        for document in session.query(Document):
            assert not re.search(r"[/\\\x00-\x1f\u202a-\u202e]", document.name)


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n", "..", "/etc/passwd"])
def test_s14_only_a_sha256_is_read_or_removed(tmp_path: Path, digest: str) -> None:
    """What is no SHA-256 in lower case opens and removes nothing."""
    store = FileStore(tmp_path)
    for act in (store.read, store.remove):
        with pytest.raises(ValueError, match="not a SHA-256"):
            act(digest)


def test_s14_nothing_outside_is_served(bot_app: Flask, standin_app: Flask) -> None:
    """No way of writing a path leads out of the folders of static files; nothing that was sent in is served."""
    odd = ("../upload.py", "%2e%2e/upload.py", "..%2fupload.py", "..\\upload.py", "%252e%252e/upload.py", "/etc/passwd")
    for client, head in ((bot_app.test_client(), "/upload/static/"), (standin_app.test_client(), "/standin/static/")):
        for path in odd:
            with client.get(head + path) as answer:
                assert answer.status_code in (308, 400, 403, 404, 405), path
                assert answer.headers.get("Location", "http://localhost/").startswith("http://localhost/"), path


# ----- the demo


def test_the_demo_is_for_this_machine_alone(tmp_path: Path) -> None:
    """It binds 127.0.0.1 and nothing else, has no option for another host, and so does its bot."""
    server = ServerThread(Flask("x"))
    try:
        assert server._server.socket.getsockname()[0] == LOOPBACK == "127.0.0.1"
        own = socket.gethostbyname(socket.gethostname())
        if own != LOOPBACK and not own.startswith("127."):
            with pytest.raises(requests.ConnectionError):
                requests.get(f"http://{own}:{server.port}/", timeout=1)
    finally:
        server.stop()
    config = demo.write_config(tmp_path, demo.keys(tmp_path), 8000).read_text(encoding="utf-8")
    assert "host" not in config
    assert ServerPart().host == "127.0.0.1"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    source = (ROOT / "bot" / "__main__.py").read_text(encoding="utf-8")
    options = source[source.index('"demo"') : source.index("demo.set_defaults")]
    assert re.findall(r"--[\w-]+", options) == ["--port", "--data", "--fresh"]
