"""Every parser of outside input under hypothesis: a value, or the one error that it promises, and nothing else (S7)."""

from __future__ import annotations

import base64
import io
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bot import config, roster_files
from bot.channels import wecom_xml
from bot.channels.wecom_app import WecomApp
from bot.channels.wecom_crypto import Envelope, Refused
from bot.filetypes import DOCUMENT_KINDS, document_kind, photo_kind, shown_name
from bot.metadata import without_metadata
from bot.standin import Member, Platform
from bot.standin.app import create_app
from models import links, signed_links
from models import settings as facts
from models.campaign import loader
from models.clock import Clock, SystemClock
from models.errors import ConfigError, UserError
from models.messages import Inbound
from models.session import Database, scratch
from models.settings import Setting
from tests.files import samples
from tests.installing import install, make_platform
from tests.wire.conftest import AES_KEY, AGENT_ID, CORP_ID, TOKEN, at
from tests.wire.sealing import NOW, callback

FEW = settings(max_examples=60, deadline=None, derandomize=True, database=None)
MORE = settings(max_examples=200, deadline=None, derandomize=True, database=None)
TEXTS = st.text(max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
TAGS = st.sampled_from(("xml", "FromUserName", "Content", "Encrypt", "ToUserName", "a", "!DOCTYPE", "?xml", "![CDATA["))
XML = st.lists(TAGS.map(lambda tag: f"<{tag}>") | TAGS.map(lambda tag: f"</{tag}>") | TEXTS, max_size=12).map("".join)


ODD = ("\x00", '"', "]", "-1", "9" * 30, "\u202e", "=", ",", "长沙")


def mutated(text: str, seed: int) -> str:
    """Return a text with some lines gone, doubled, swapped or with other signs in them."""
    rng = random.Random(seed)
    lines = text.splitlines()
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        line = lines[at]
        place = rng.randrange(len(line) + 1)
        lines[at] = rng.choice(
            (
                "",
                line + "\n" + line,
                line[:place]
                + rng.choice(("\x00", '"', "]", "-1", "9" * 30, "\u202e", "=", ",", "长沙"))
                + line[place:],
                line[:place],
                rng.choice(lines),
            )
        )
    return "\n".join(lines)


@MORE
@given(XML | TEXTS)
def test_s07_xml(document: str) -> None:
    """Texts of known tags, or UnreadableError."""
    try:
        found = wecom_xml.read(document, ("FromUserName", "Content", "Encrypt"))
    except wecom_xml.UnreadableError:
        return
    assert all(isinstance(value, str) for value in found.values())
    assert wecom_xml.read(wecom_xml.write(found), tuple(found)).keys() == found.keys()


def app_of(clock: Clock) -> WecomApp:
    """Return the app of these tests; it is never asked to call anybody."""
    return WecomApp(Envelope(CORP_ID, TOKEN, AES_KEY, clock), AGENT_ID, None, clock)  # type: ignore[arg-type]


QUERY = st.dictionaries(st.sampled_from(("msg_signature", "timestamp", "nonce", "echostr", "x")), TEXTS, max_size=5)


@FEW
@given(QUERY, st.binary(max_size=400) | XML.map(lambda text: text.encode("utf-8", "replace")))
def test_s07_callbacks(query: dict[str, str], body: bytes) -> None:
    """Query and body of anything: Refused with one of three statuses."""
    app = app_of(SystemClock())
    for call in (lambda: app.receive(query, body), lambda: app.verify_url(query)):
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.status in (400, 403, 413)


@FEW
@given(XML | TEXTS.map(lambda text: f"<xml><FromUserName>a</FromUserName><MsgType>text</MsgType>{text}</xml>"))
def test_s07_what_is_sealed_rightly(plain: str) -> None:
    """Under the right seal anything inside is an Inbound with a key and a sender, or Refused."""
    app = app_of(at(NOW))
    try:
        query, body = callback(plain)
        found = app.receive(query, body)
    except (Refused, UnicodeEncodeError):  # a lone surrogate cannot be sealed at all
        return
    assert isinstance(found, Inbound)
    assert 0 < len(found.key) <= 200
    assert 0 < len(found.sender_ref) <= 64


CAMPAIGN = loader.load(loader.HUNAN)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for files that are written over and over."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


@FEW
@given(seed=st.integers(0, 10**6), junk=st.binary(max_size=200), which=st.integers(0, 4))
def test_s07_rosters(folder: Path, seed: int, junk: bytes, which: int) -> None:
    """CSV and workbooks, ordinary and broken: a roster, or a ConfigError whose lines name the file."""
    csvs = [loader.HUNAN.with_name(name).read_text(encoding="utf-8-sig") for name in ("roster.csv", "people.csv")]
    paths = [folder / "roster.csv", folder / "people.csv"]
    for number, (path, text) in enumerate(zip(paths, csvs, strict=True)):
        path.write_text(mutated(text, seed + number) if which < 3 else text, encoding="utf-8")
    if which == 3:
        paths[0].write_bytes(junk)
    if which == 4:
        paths[0] = folder / "roster.xlsx"
        paths[0].write_bytes(workbook(csvs[0], seed, junk))
    try:
        roster_files.read(CAMPAIGN, *paths)
    except ConfigError as error:
        assert error.problems  # noqa: PT017  # both ways out are right


def workbook(text: str, seed: int, junk: bytes) -> bytes:
    """Return a workbook of a CSV, whole or with bytes of it changed."""
    book, rng = Workbook(), random.Random(seed)
    for line in mutated(text, seed).splitlines()[:8]:
        book.worksheets[0].append([cell for cell in line.split(",") if cell.isprintable()] or [None])
    whole = io.BytesIO()
    book.save(whole)
    made = bytearray(whole.getvalue())
    if rng.random() < 0.7:
        at = rng.randrange(len(made))
        made[at : at + len(junk)] = junk
    return bytes(made)


@FEW
@given(seed=st.integers(0, 10**6))
def test_s07_campaign_files(seed: int) -> None:
    """A campaign file with lines changed is a campaign, or a ConfigError with every problem."""
    text = loader.HUNAN.read_text(encoding="utf-8")
    try:
        assert loader.parse(mutated(text, seed), "x.toml").key
    except ConfigError as error:
        assert error.problems  # noqa: PT017  # both ways out are right


@FEW
@given(seed=st.integers(0, 10**6), junk=TEXTS, change=st.booleans())
def test_s07_configs(folder: Path, seed: int, junk: str, change: bool) -> None:
    """A config with lines changed, or of anything: loaded, or a ConfigError that shows no secret."""
    path = folder / "config.toml"
    if not path.exists():
        platform = make_platform()
        platform.start()
        install(folder, platform)
        platform.stop()
        (folder / "good.toml").write_bytes(path.read_bytes())
    good = (folder / "good.toml").read_text(encoding="utf-8")
    path.write_text(mutated(good, seed) if change else junk, encoding="utf-8", errors="replace")
    try:
        config.load(path, {})
    except ConfigError as error:
        assert "that-nobody-may-see" not in str(error)  # noqa: PT017  # both ways out are right


KINDS = st.sampled_from(("x.docx", "x.pdf", "x.txt", "x.jpg", "x.png", "x", "../x.docx", "x.exe", "总结.DOCX", ".", ""))


@MORE
@given(st.binary(max_size=300), TEXTS | KINDS, st.integers(0, 4), st.integers(0, 2**16))
def test_s07_uploads(junk: bytes, name: str, kind: int, seed: int) -> None:
    """Content and name of an upload: a kind that we take, or a UserError; the name shown is safe to show."""
    rng = random.Random(seed)
    made = bytearray((junk, samples.docx(), samples.PDF, samples.PNG + junk, samples.JPG + junk)[kind])
    if made and kind:
        at = rng.randrange(len(made))
        made[at : at + 3] = junk[:3]
    content = bytes(made)
    for judge in (lambda: document_kind(content, name), lambda: photo_kind(content)):
        try:
            found = judge()
        except UserError:
            continue
        assert found in DOCUMENT_KINDS
        shown = shown_name(name, found)
        assert shown.isprintable()
        assert 0 < len(shown) <= 120
        assert not set(shown) & set('/\\<>:"|?*')
    assert isinstance(without_metadata(content), bytes)


@MORE
@given(TEXTS | st.text("htps:/.w@?=&#%[]1中 v.douyin.com", max_size=80).map(lambda text: f"https://{text}"))
def test_s07_links(text: str) -> None:
    """Links of any text: canonical ones of http and https, each stable, never longer than is kept."""
    for found in links.find_links(text):
        assert found.url.startswith(("http://", "https://"))
        assert len(found.url) <= links.LONGEST
        assert links.canonical(found.url) == found.url
    assert len(links.blanked(text)) == len(text)


@MORE
@given(
    TEXTS | st.binary(max_size=60).map(lambda raw: f"{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.{'A' * 43}")
)
def test_s07_tokens_of_links(written: str) -> None:
    """A token that we have not signed is a BadLinkError, whatever it is."""
    with SIGNING.read() as session, pytest.raises(signed_links.BadLinkError):
        signed_links.read(session, written, "document")


def _signing() -> Database:
    """Return a database in memory that holds a key for links."""
    db = Database(scratch())
    Setting.__table__.create(db.engine)  # type: ignore[attr-defined]  # a Table
    with db.begin() as session:
        facts.keep(session, signed_links.KEY, "ab" * 32)
    return db


SIGNING = _signing()


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A browser at the stand-in, with a bot that nobody listens for."""
    platform = Platform(
        corp_id=CORP_ID, agent_id=AGENT_ID, secret="s" * 20, token=TOKEN, encoding_aes_key=AES_KEY,
        robots={"k" * 20: "office"}, members=[Member("ZhangSan", "张三")], retry_pause=0.01,
    )  # fmt: skip
    platform.start()
    yield create_app(platform, bot_base="http://127.0.0.1:9").test_client()
    platform.stop()


@settings(FEW, max_examples=20)
@given(body=JSON | st.just("[" * 2000), junk=st.binary(max_size=100), query=QUERY)
def test_s07_the_demos_own_endpoints(client: Any, body: Any, junk: bytes, query: dict[str, str]) -> None:
    """Whatever is posted to the stand-in, its page's data and its API alike, is answered and never with a 500."""
    paths = [rule.rule for rule in client.application.url_map.iter_rules() if "POST" in (rule.methods or ())]
    assert len(paths) >= 6
    for path in paths:
        address = path.replace("<", "").replace(">", "")
        for sent in ({"json": body}, {"data": junk, "content_type": "application/json"}, {"data": junk}):
            if body == "[" * 2000 and "json" in sent:
                sent = {"data": body, "content_type": "application/json"}
            with client.post(address, query_string=query, headers={"X-Standin": "1"}, **sent) as answer:
                assert answer.status_code < 500, (path, sent)
