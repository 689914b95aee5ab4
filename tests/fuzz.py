"""Throw mutated callbacks at the real application, in this process: `make fuzz`, and a short form in the suite.

Each case is made from its own number and the seed, so that one can be played again alone: `--first N --cases 1`. What
must hold, always: no 500 and no 503; a refusal writes nothing and looks like every other of its status; what nobody
signed is refused; a repeat gets the same answer and writes nothing; no handler fails; memory stays.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import io
import logging
import random
import sqlite3
import string
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import structlog
from sqlalchemy import select

from bot.app import Bot, build, migrate
from bot.config import load_all
from models.campaign.loader import HUNAN
from models.inbox import Inbox
from models.session import connect
from tests.engine import ManualEngine
from tests.wire.conftest import AES_KEY, AGENT_ID, CORP_ID, TOKEN
from tests.wire.sealing import encrypt, envelope, sign

MEGABYTE = 1024 * 1024
GROWTH = 96 * MEGABYTE  # of resident memory after the first tenth of the cases; the interpreter's own is about 150
SENDERS = ("WangFang", "zhaoliu", "liqiang", "eve", "NOBODY", "wangfang")
PEOPLE = """name,org,role,wecom_userid
王芳,长沙市公安局,liaison,WangFang
赵六,湖南移动,liaison,zhaoliu
李强,省联席办,admin,liqiang
"""
TYPED = """
今天|昨天|5月12日|发放手册|宣传手册|横幅|3000|三千余|1.2万|½|１２|-5|1e9|册|٣|Ⅻ|万万|零|ⅲ
更正|撤销|撤销 #1|确认|确认 1234|绑定 A7K9Q2|我是 长沙市公安局 张三|同意 3|是|1|2|3|代报 长沙 手册300
进度|未报|催报|排名|发布|导出|名单|邀请|停用 李强|任命|交接|通知 全体|延期|暂停|规则|改规则|恢复|免报
填报|跳过|结束|继续|我的|模板|帮助|总结|零报告|本周无|请假|审计|谁改过 #1|状态|通报|周报|总结稿|进度图|趋势 手册|为什么
https://v.douyin.com/abc/|http://127.0.0.1:1/x|file:///etc/passwd|=1+1|@cmd|<@all>|[a](b)
]]>|&amp;|<xml>|'; DROP TABLE report;--|🎬|𠮷|　|%s{0}
"""
WORDS = (
    *(word for line in TYPED.strip().splitlines() for word in line.split("|")),
    *("\u202e", "\u200b", "\ufeff", "\t", "\r\n", "\u0301", "\ue000", "\ufffd", "0" * 40, "9" * 40, "啊" * 300),
)
TYPES = ("text", "image", "voice", "video", "location", "link", "event", "file", "miniprogram", "", "TEXT", "x" * 40)
EVENTS = (
    "enter_agent",
    "subscribe",
    "click",
    "view",
    "LOCATION",
    "batch_job_result",
    "change_contact",
    "taskcard_click",
)


@dataclass(frozen=True)
class Request:
    """One request as the server would hand it over."""

    query: str
    body: bytes = b""
    method: str = "POST"
    path: str = "/wecom/callback"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Case:
    """What is sent, and whether anybody signed it."""

    kind: str
    request: Request
    signed: bool = False  # with our token: may be taken, if the content can be
    again: bool = False  # sent twice, byte for byte


@dataclass
class Site:
    """The real application on an SQLite file, with nobody listening anywhere."""

    bot: Bot
    watch: sqlite3.Connection

    def send(self, request: Request) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
        """Call the WSGI application; returns status, body and headers."""
        told: list[tuple[str, list[tuple[str, str]]]] = []
        environ = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(request.body)),
            "CONTENT_TYPE": "text/xml",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **dict(request.headers),
        }
        answer: Iterable[bytes] = self.bot.flask.wsgi_app(
            environ, lambda status, headers, *_: told.append((status, headers))
        )
        body = b"".join(answer)
        getattr(answer, "close", lambda: None)()
        status, headers = told[-1]
        return int(status.split()[0]), body, tuple(sorted(headers))

    def version(self) -> int:
        """Return what is different after anybody has written to the database."""
        return int(self.watch.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the files."""
        self.watch.close()
        self.bot.stop()


def open_site(folder: Path) -> Site:
    """Make the application in a folder, ready to be asked."""
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    config = folder / "config.toml"
    config.write_text(
        f"""
[database]
url = "sqlite:///bot.db"
[campaign]
file = "{HUNAN}"
roster = "{HUNAN.with_name("roster.csv")}"
people = "people.csv"
[wecom]
corp_id = "{CORP_ID}"
agent_id = {AGENT_ID}
secret = "app-secret-that-nobody-may-see"
token = "{TOKEN}"
encoding_aes_key = "{AES_KEY}"
api_base = "http://127.0.0.1:9/cgi-bin/"
[groups.office]
webhook = "http://127.0.0.1:9/cgi-bin/webhook/send?key=693a91f6-robot-key-that-nobody-may-see"
[files]
dir = "files"
[clock]
start = 2021-05-12T08:50:00+08:00
speed = 1.0
""",
        encoding="utf-8",
    )
    config.chmod(0o600)
    engine = connect(f"sqlite:///{folder}/bot.db")
    migrate(engine)
    engine.dispose()
    bot = build(load_all(config, {}), engine=ManualEngine())
    bot.prepare()
    bot.router.commands_a_minute = 10**6  # here every command shall run
    return Site(bot, sqlite3.connect(folder / "bot.db"))


# ----- cases


def said(rng: random.Random) -> str:
    """Make up what somebody may have typed."""
    if rng.random() < 0.05:
        return "".join(chr(rng.choice((rng.randrange(32, 0x3000), rng.randrange(0x4E00, 0x9FFF)))) for _ in range(60))
    return rng.choice(("", " ", "，", "\n")).join(rng.choices(WORDS, k=rng.randint(0, rng.choice((3, 6, 6, 40)))))


def cdata(text: str) -> str:
    """Wrap a text as the platform does."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def plain(rng: random.Random, number: int) -> str:
    """Make the XML of a message that the platform could nearly have sent."""
    kind = "text" if rng.random() < 0.7 else rng.choice(TYPES)
    fields = {
        "ToUserName": cdata(CORP_ID),
        "FromUserName": cdata(rng.choice(SENDERS)),
        "CreateTime": str(int(time.time())),
        "MsgType": cdata(kind),
        "Content": cdata(said(rng)),
        "MsgId": str(10**15 + number),
        "AgentID": str(AGENT_ID),
    }
    if kind == "event":
        fields |= {"Event": cdata(rng.choice(EVENTS)), "EventKey": cdata(said(rng)[:80])}
    if kind in ("image", "file", "voice"):
        fields["MediaId"] = cdata(rng.choice(("media-1", "../../etc/passwd", "http://127.0.0.1:1/", "m" * 400, "")))
        fields["PicUrl"] = cdata("http://127.0.0.1:9/canary")
    if rng.random() < 0.4:
        name = rng.choice((*fields, "PicUrl", "Url", "Recognition", "TaskId"))
        fields[name] = rng.choice(ODD)(rng)
    return "<xml>" + "".join(f"<{name}>{value}</{name}>" for name, value in fields.items()) + "</xml>"


ODD: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: "",
    lambda rng: cdata(said(rng)),
    lambda rng: "0",
    lambda rng: str(rng.choice((-1, 2**63, 10**30, 1.5))),
    lambda rng: "<a>x</a>",
    lambda rng: cdata("x" * rng.choice((63, 64, 65, 200, 5000))),
    lambda rng: "&#x41;&amp;&lt;",
    lambda rng: cdata("  " + CORP_ID + " "),
    lambda rng: "<![CDATA[a]]>b<![CDATA[c]]>",
)


def signed(rng: random.Random, number: int) -> Case:
    """Make a callback that is signed: ordinary or odd inside."""
    message = plain(rng, number)
    if rng.random() < 0.15:
        message = mutated_text(rng, message)
    return _sealed("signed", message, again=rng.random() < 0.2)


def _sealed(kind: str, message: str, *, again: bool = False, corp: str = CORP_ID, agent: object = AGENT_ID) -> Case:
    sealed = encrypt(message, corp)
    return Case(kind, Request(urlencode(sign(sealed, int(time.time()))), envelope(sealed, agent_id=agent)), True, again)


def mutated_text(rng: random.Random, text: str) -> str:
    """Change an XML document a little or a lot."""
    cut, other = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    return rng.choice(
        (
            text[:cut],
            text[:cut] + text[other:],
            text[:cut] + said(rng) + text[cut:],
            text.replace("<xml>", '<!DOCTYPE xml [<!ENTITY e "x">]><xml>', 1),
            text.replace("<xml>", '<?xml version="1.0" encoding="gbk"?><xml>', 1),
            text.replace("<xml>", "<xml>" + "<d>" * 200, 1),
            text.replace("</xml>", "<FromUserName>liqiang</FromUserName></xml>", 1),
            text.replace("</xml>", f"<x>{'<y/>' * 3000}</x></xml>", 1),
            text.upper(),
            text.replace("xml>", "root>"),
            text + text,
            "\ufeff" + text,
            json_like(rng),
            "",
        )
    )


def json_like(rng: random.Random) -> str:
    """Make JSON, or what looks like it."""
    return rng.choice(('{"msgtype": "text"}', "[]", "null", "{", '{"a": ' * 500, '"' + said(rng) + '"'))


def forged(rng: random.Random, number: int) -> Case:
    """Make a callback that nobody with our token has signed."""
    message = plain(rng, number)
    sealed = encrypt(message)
    now = int(time.time())
    query, body = sign(sealed, now), envelope(sealed)
    name = rng.choice(tuple(query))
    kind = rng.choice(
        (
            "signature",
            "old",
            "foreign token",
            "missing",
            "odd value",
            "body",
            "twice",
            "method",
            "random",
            "too big",
            "raw",
        )
    )
    headers: tuple[tuple[str, str], ...] = ()
    if kind == "signature":
        value = query["msg_signature"]
        place = rng.randrange(len(value))
        query["msg_signature"] = rng.choice(
            (value.upper() + "0", value[:place], value[:place] + "g" + value[place + 1 :])
        )
    elif kind == "old":
        query = sign(sealed, now + rng.choice((-1, 1)) * rng.randint(602, 10**8))
    elif kind == "foreign token":
        query = sign(sealed, now, token=rng.choice(("", "token", TOKEN[:-1], TOKEN + "x")))
    elif kind == "missing":
        del query[name]
    elif kind == "odd value":
        query[name] = rng.choice(
            ("", " ", "0", "x" * 5000, "é", "\x00", "-1", "1e9", "٣", said(rng), query[name] + " ")
        )
    elif kind == "body":
        other = sealed[:-8] + "".join(rng.choices(string.ascii_letters, k=8))
        body = envelope(rng.choice((other, sealed[: rng.randrange(len(sealed))], "", said(rng), "A" * 44)))
    elif kind == "twice":
        return Case(f"forged {kind}", Request("msg_signature=x&" + urlencode(query), body))
    elif kind == "method":
        method = rng.choice(("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "post", "X"))
        return Case(f"forged {kind}", Request(urlencode(query), body, method=method))
    elif kind == "random":
        query = {"msg_signature": "a" * 40, "timestamp": str(now), "nonce": "n"}
        body = rng.choice(
            (rng.randbytes(rng.randrange(3000)), mutated_text(rng, body.decode()).encode("utf-16", "replace"))
        )
    elif kind == "too big":
        body = body + b" " * 65_537
    elif kind == "raw":
        text = rng.choice(
            ("%", "%zz", "&&&", "=", "a=%ff%fe", "msg_signature[]=x", "\xe9", quote(said(rng)), "x" * 20_000)
        )
        return Case(f"forged {kind}", Request(text, body))
    if rng.random() < 0.1:
        headers = rng.choice(
            (
                (("CONTENT_LENGTH", "abc"),),
                (("CONTENT_LENGTH", "-1"),),
                (("CONTENT_LENGTH", "999999999999"),),
                (("CONTENT_LENGTH", ""),),
                (("CONTENT_TYPE", "multipart/form-data; boundary=x"),),
                (("CONTENT_TYPE", "application/json; charset=utf-7"),),
                (("HTTP_CONTENT_ENCODING", "gzip"),),
                (("HTTP_TRANSFER_ENCODING", "chunked"), ("wsgi.input_terminated", "1")),
                (("HTTP_HOST", "evil.example"), ("HTTP_X_FORWARDED_FOR", "1.2.3.4")),
            )
        )
        if headers[0][0] == "HTTP_CONTENT_ENCODING":
            body = gzip.compress(b" " * MEGABYTE)
    return Case(f"forged {kind}", Request(urlencode(query), body, headers=headers))


def crossed(rng: random.Random, number: int) -> Case:
    """Make a callback that is signed rightly and not for us, or not decryptable: refused all the same."""
    message = plain(rng, number)
    kind = rng.choice(("corp", "agent", "receiver", "cipher", "padding"))
    if kind == "corp":
        return _sealed("crossed corp", message, corp="ww0000000000000000")
    if kind == "agent":
        return _sealed("crossed agent", message.replace(str(AGENT_ID), "1000003"), agent=rng.choice((1000003, "x", -1)))
    if kind == "receiver":
        return _sealed("crossed receiver", message.replace(CORP_ID, "wwother"))
    sealed = encrypt(message)
    place = rng.randrange(0, len(sealed) - 4, 4)
    broken = sealed[:place] + "".join(rng.choices(string.ascii_letters + string.digits, k=4)) + sealed[place + 4 :]
    if kind == "padding":
        broken = sealed[: rng.choice((0, 1, 24, 43, 44, 64))]
    return Case(f"crossed {kind}", Request(urlencode(sign(broken, int(time.time()))), envelope(broken)), True)


def checks(rng: random.Random, number: int) -> Case:
    """Make a URL check, right or wrong."""
    sealed = encrypt(rng.choice(("4711", said(rng), str(number))))
    query = sign(sealed, int(time.time())) | {"echostr": sealed}
    if rng.random() < 0.5:
        return Case("check", Request(urlencode(query), method="GET"), True)
    query[rng.choice(tuple(query))] = rng.choice(("", "x", "A" * 44, said(rng)))
    return Case("check forged", Request(urlencode(query), method="GET"))


def make(seed: int, number: int) -> Case:
    """Make the case of a number."""
    rng = random.Random(f"{seed}:{number}")
    return rng.choices((signed, forged, crossed, checks), (35, 50, 10, 5))[0](rng, number)


# ----- the run


@dataclass
class Counts:
    """What became of the cases."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)  # what must not be, with the number of the case
    written: int = 0
    failed: int = 0  # inbounds whose handler broke
    grown: int = 0  # bytes of resident memory
    seconds: float = 0.0

    @property
    def line(self) -> str:
        """Say it in one line."""
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"fuzz: {self.cases} callbacks in {self.seconds:.0f} s; {statuses}; written {self.written}, "
            f"handlers failed {self.failed}, memory +{self.grown // MEGABYTE} MiB, wrong {len(self.wrong)}"
        )


def run(folder: Path, cases: int, seed: int, first: int = 0) -> Counts:
    """Send so many cases and look at what comes back. Returns the counts; `wrong` is empty when all is as it should."""
    site, counts, began = open_site(folder), Counts(), time.monotonic()
    refusals: dict[int, tuple[bytes, object]] = {}
    memory = 0
    try:
        for number in range(first, first + cases):
            if number - first == max(1, cases // 10):
                gc.collect()
                memory = resident()
            case = make(seed, number)
            for problem in judge(site, case, counts, refusals):
                counts.wrong.append(f"case {number} ({case.kind}): {problem}")
            if len(counts.wrong) > 20:
                break
        gc.collect()
        counts.grown = resident() - memory if memory else 0
        with site.bot.db.read() as session:
            broken = session.scalars(select(Inbox).where(Inbox.outcome == "failed")).all()
            counts.failed = len(broken)
            counts.wrong += [f"handler failed: {row.route} {row.kind} {row.text[:200]!r}" for row in broken[:20]]
    finally:
        site.close()
    if counts.grown > GROWTH:
        counts.wrong.append(f"memory grew by {counts.grown // MEGABYTE} MiB")
    counts.seconds = time.monotonic() - began
    return counts


def judge(site: Site, case: Case, counts: Counts, refusals: dict[int, tuple[bytes, object]]) -> Iterable[str]:
    """Send a case and yield what must not be."""
    before = site.version()
    status, body, headers = site.send(case.request)
    wrote = site.version() != before
    counts.cases += 1
    counts.statuses[status] += 1
    counts.kinds[case.kind] += 1
    counts.written += wrote
    if status >= 500:
        yield f"answered {status}"
    if status != 200 and wrote:
        yield f"refused with {status} and wrote"
    if status == 200 and not case.signed and case.request.method in ("GET", "POST"):
        yield "taken, although nobody signed it"
    if case.kind.startswith("crossed") and status == 200:
        yield "taken, although it is not for us"
    if status != 200 and case.request.method in ("GET", "POST"):
        known = refusals.setdefault(status, (body, headers))
        if known != (body, headers) or body:
            yield f"a {status} that looks unlike the others: {body[:80]!r} {headers}"
    if status == 200 and case.request.method == "POST" and body and b"<Encrypt>" not in body:
        yield f"an answer in clear: {body[:80]!r}"
    if case.again and status == 200:
        before = site.version()
        again, answer, _ = site.send(case.request)
        counts.cases += 1
        if again != 200 or bool(answer) != bool(body):
            yield f"a repeat was answered with {again}, {len(answer)} bytes instead of {len(body)}"
        if site.version() != before:
            yield "a repeat wrote"


def resident() -> int:
    """Return how much memory this process holds now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 if Path("/proc/self/statm").exists() else 0


def main() -> int:
    """Run the long form and print its line; returns 1 when something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20211124)
    parser.add_argument("--first", type=int, default=0)
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="bot-fuzz-") as folder:
        counts = run(Path(folder), args.cases, args.seed, args.first)
    for problem in counts.wrong[:40]:
        print(problem)
    print(counts.line)
    return 1 if counts.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
