"""Nothing that somebody sends makes the bot call an address; what it calls leads nowhere else (S14, S15)."""

from __future__ import annotations

import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from bot.channels.base import SendError
from bot.channels.group_robot import GroupRobot
from bot.channels.wecom_api import WecomApi
from bot.metadata import without_metadata
from models.clock import SystemClock
from models.files import MEDIA, Photo
from models.messages import Text
from tests import fuzz
from tests.security.test_callbacks import sealed
from tests.wire.sealing import encrypt, envelope, sign


class Canary:
    """A server on this machine that nobody has any business with; it counts who comes."""

    def __init__(self) -> None:
        canary = self
        self.hits: list[str] = []
        self.away = ""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                canary.hits.append(self.path)
                self.send_response(302 if canary.away else 200)
                if canary.away:
                    self.send_header("Location", canary.away)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET  # noqa: N815  # the server looks for these names

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    """A canary that sings 200."""
    canary = Canary()
    yield canary
    canary.stop()


CONNECTED: list[object] = []
WATCHING: list[bool] = []


def _watch(event: str, args: tuple[object, ...]) -> None:
    if WATCHING and event == "socket.connect":
        CONNECTED.append(args[1])


sys.addaudithook(_watch)  # cannot be taken away again; it does nothing unless a test watches

SPELLINGS = (
    *(
        "http://127.0.0.1:{port}/a",
        "http://localhost:{port}/b",
        "http://[::1]:{port}/c",
        "http://[::ffff:127.0.0.1]:{port}/d",
    ),
    *(
        "http://2130706433:{port}/e",
        "http://0x7f000001:{port}/f",
        "http://127.1:{port}/g",
        "http://0177.0.0.1:{port}/h",
    ),
    *("http://qyapi.weixin.qq.com@127.0.0.1:{port}/i", "https://127.0.0.1:{port}/j", "//127.0.0.1:{port}/k"),
    *(
        "http://127.0.0.1:{port}#@qyapi.weixin.qq.com/l",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
    ),
    *("gopher://127.0.0.1:{port}/m", "http://10.0.0.1/n", "http://metadata.google.internal/"),
)


def test_s14_no_address_in_a_message_is_called(tmp_path: Path, canary: Canary) -> None:
    """Links, pictures, link cards and media ids that are addresses: no connection but to the platform's host."""
    site = fuzz.open_site(tmp_path)
    WATCHING.append(True)
    CONNECTED.clear()
    try:
        for number, spelled in enumerate(SPELLINGS):
            url = spelled.format(port=canary.port)
            assert site.send(sealed(f"今天发放手册300册，短视频1条 {url}", msg_id=100 + number))[0] == 200
            for kind, inside in (
                ("image", f"<PicUrl><![CDATA[{url}]]></PicUrl><MediaId><![CDATA[{url}]]></MediaId>"),
                ("link", f"<Title>x</Title><Url><![CDATA[{url}]]></Url><PicUrl><![CDATA[{url}]]></PicUrl>"),
            ):
                xml = (
                    "<xml><ToUserName>ww1436e0e65a779aee</ToUserName><FromUserName>WangFang</FromUserName>"
                    f"<MsgType>{kind}</MsgType>{inside}<MsgId>{kind}{number}</MsgId><AgentID>1000002</AgentID></xml>"
                )
                inner = encrypt(xml)
                query = sign(inner, int(SystemClock().now().timestamp()))
                assert site.send(fuzz.Request(urlencode(query), envelope(inner)))[0] == 200
        with site.bot.db.read() as session:
            assert len(session.scalars(select(Photo)).all()) >= 5
        for channel in (MEDIA, "wecom_app"):
            site.bot.drain(channel)
    finally:
        WATCHING.clear()
        site.close()
    assert canary.hits == []
    assert {address for address in CONNECTED if isinstance(address, tuple)} <= {("127.0.0.1", 9)}


def test_s14_no_redirection_is_followed(canary: Canary) -> None:
    """A platform's host that sends us elsewhere, for a token, a file, a message or a robot, is an error."""
    other = Canary()
    canary.away = f"http://127.0.0.1:{other.port}/elsewhere"
    base = f"http://127.0.0.1:{canary.port}/cgi-bin/"
    api = WecomApi("ww1", "app-secret-that-nobody-may-see", base, SystemClock(), (1.0, 1.0))
    try:
        for call in (
            lambda: api.get("user/get", userid="x"),
            lambda: api.download("media", 1000),
            lambda: api.post("message/send", {}, sends=True),
            lambda: GroupRobot("office", f"{base}webhook/send?key=k", (1.0, 1.0)).send(Text("x"), []),
        ):
            with pytest.raises(SendError):
                call()
    finally:
        other.stop()
    assert canary.hits
    assert other.hits == []


# ----- what a photo says beside its picture

GPS = b"GPSLatitude 28.2282 N 112.9388 E"


def segment(marker: int, inside: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(inside) + 2) + inside


def exif(orientation: int = 1, order: str = "<") -> bytes:
    """Return EXIF data with one tag, and a place behind it."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    tag = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + head + struct.pack(f"{order}H", 1) + tag + struct.pack(f"{order}I", 0) + GPS


PIXELS = segment(0xDB, b"\0" * 65) + segment(0xC0, b"\x08\0\x10\0\x10\x01\x01\x11\0")
SCAN = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"


def jpeg(*told: bytes, tail: bytes = b"") -> bytes:
    """Return a JPEG with these segments in front."""
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01") + b"".join(told) + PIXELS + SCAN + b"\xff\xd9" + tail


def chunk(kind: bytes, inside: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(inside)) + kind + inside + struct.pack(">I", zlib.crc32(kind + inside))


def png(*told: bytes) -> bytes:
    """Return a PNG with these chunks in the middle."""
    head = chunk(b"IHDR", b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(told) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def test_s14_a_photo_loses_where_it_was_taken() -> None:
    """EXIF, XMP, IPTC, comments, second pictures and what follows the end are gone; the picture is as it was."""
    told = (segment(0xE1, exif()), segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + GPS), segment(0xED, GPS))
    clean = without_metadata(jpeg(*told, segment(0xFE, GPS), segment(0xE2, b"MPF\0" + GPS), tail=GPS))
    assert clean == jpeg()
    profile = segment(0xE2, b"ICC_PROFILE\0\x01\x01colours")
    assert without_metadata(jpeg(profile)) == jpeg(profile)
    texts = [chunk(kind, GPS) for kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")]
    assert without_metadata(png(*texts) + GPS) == png()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(10))
def test_s14_which_way_is_up_stays(order: str, orientation: int) -> None:
    """Of the EXIF data only the turn is kept, in data of our own; doing it twice changes nothing."""
    clean = without_metadata(jpeg(segment(0xE1, exif(orientation, order))))
    assert GPS not in clean
    turned = bytes([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation])
    assert (turned in clean) is (2 <= orientation <= 8)
    assert without_metadata(clean) == clean


def test_s14_a_broken_picture_is_kept_as_it_came() -> None:
    """What breaks off anywhere, or is no picture, comes back unchanged or cleaned, and never as an error."""
    for whole in (jpeg(segment(0xE1, exif(6))), png(chunk(b"tEXt", GPS))):
        for end in range(len(whole)):
            assert without_metadata(whole[:end]) == whole[:end]
    assert without_metadata(b"") == b""
    assert without_metadata(b"%PDF-1.4") == b"%PDF-1.4"
