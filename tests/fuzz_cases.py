"""The cases of tests/fuzz.py: callbacks signed and forged, ordinary and odd, each made from a seed and its number."""

from __future__ import annotations

import gzip
import random
import string
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from tests.wire.conftest import AGENT_ID, CORP_ID, TOKEN
from tests.wire.sealing import encrypt, envelope, sign

MEGABYTE = 1024 * 1024
SENDERS = ("WangFang", "zhaoliu", "liqiang", "eve", "NOBODY", "wangfang")
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
