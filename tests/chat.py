"""Runs a transcript: a conversation in plain text, through the stand-in platform, over real HTTP and encryption.

A transcript is a head (题目, 依据, 时间, 人物; 活动 changes a line of the campaign file) and steps:

    王芳> text                what a person types; a line that begins with blanks goes on with the message
    机器人< text              the whole answer, no more and no less; （无） for an empty one
    通知> 王芳 text           each push since the last step; equal ones to several people are one line
    群> office text           each message of a group's robot
    时间: 2021-05-13 09:00    moves the campaign's clock, firing what is due on the way
    等待: 31分钟              moves the real clock
    故障: 地址不可信 60020    the platform misbehaves as the page's switch of that name says; 无 ends it
    账本: 长沙市公安局 handbook=500 visit/社区=2    reads totals back; 空 for none

王芳> [重发] repeats the last callback with the same MsgId; [图片] [语音] [文件] [位置] [进入应用] send that; [图片 甲]
sends a picture of its own; [链接 URL] a link card; [上传 总结.docx] hands a file in by the last link, and the answer is
what the page says.
With --rewrite-transcripts the lines of the bot's side are rewritten; people review the diff.
"""

from __future__ import annotations

import html
import itertools
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import requests
from sqlalchemy import select
from werkzeug.serving import make_server

from bot.app import Bot
from bot.standin import Delivery, Member, Platform
from bot.standin.switches import SWITCHES
from models.clock import SettableClock, SystemClock
from models.ledger import facts, latest_readings, sums
from models.people import Identity, Membership, Org, Person, Role
from tests.engine import ManualEngine
from tests.files import samples

ROLES = {"联络员": Role.LIAISON, "管理员": Role.ADMIN, "查看员": Role.VIEWER}
SPECIAL = re.compile(r"^\[(重发|图片|语音|文件|位置|进入应用|关注应用|链接|上传)(?: (.+))?\]$")
UPLOAD = re.compile(r"http://bot\.example(/upload/\S+)")  # another one each time: a transcript shows the path only
ACCOUNT = re.compile(r"(?<![A-Za-z0-9])[Uu]\d{4}(?!\d)")
ZONE = ZoneInfo("Asia/Shanghai")
PICTURE = "[图片]"
MEMBERS = itertools.count(1)  # nobody plays in two transcripts: the platform counts what a member gets in a minute
SHOWN_NAMES = 5  # a push to more people than this is written with their number


class Wall:
    """The real clock, moved on by 等待."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """Return the real moment plus what was waited for."""
        return SystemClock().now() + self.offset


@dataclass
class Step:
    """One line of a transcript, with the lines that go on with it."""

    line: int
    kind: str  # say, reply, push, group, time, wait, fault, ledger
    who: str
    text: str


@dataclass
class Transcript:
    """A parsed file."""

    path: Path
    head: list[str]
    title: str
    start: datetime
    people: list[tuple[str, list[str]]]
    steps: list[Step] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)  # of the campaign file: a table's header, then a line for it


def parse(path: Path) -> Transcript:
    """Read a transcript. Raises ValueError with file and line for what is no step."""
    head: list[str] = []
    values: dict[str, list[str]] = {}
    steps: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        step = _step(number, line)
        if not steps and (not line.strip() or line.startswith("#") or re.match(r"^(题目|依据|活动|时间|人物): ", line)):
            head.append(line)
            if ": " in line and not line.startswith("#"):
                key, value = line.split(": ", 1)
                values.setdefault(key, []).append(value)
        elif step is not None:
            steps.append(step)
        elif steps and line.startswith("  "):
            steps[-1].text += "\n" + line.strip()
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"{path.name}:{number}: not a step: {line}")
    start = datetime.strptime(values["时间"][0], "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
    people = [(words[0], words[1:]) for words in (value.split() for value in values.get("人物", []))]
    return Transcript(path, head, values["题目"][0], start, people, steps, values.get("活动", []))


def _step(number: int, line: str) -> Step | None:
    for pattern, kind in (
        (r"^机器人< ?(.*)$", "reply"),
        (r"^通知> ?(.*)$", "push"),
        (r"^群> ?(.*)$", "group"),
        (r"^时间: (.*)$", "time"),
        (r"^等待: (.*)$", "wait"),
        (r"^故障: (.*)$", "fault"),
        (r"^账本: (.*)$", "ledger"),
    ):
        match = re.match(pattern, line)
        if match:
            return Step(number, kind, "", match[1])
    said = re.match(r"^(\S+?)> ?(.*)$", line)
    return Step(number, "say", said[1], said[2]) if said else None


class Player:
    """Plays one transcript against one bot and collects what the transcript should say."""

    def __init__(
        self,
        transcript: Transcript,
        bot: Bot,
        engine: ManualEngine,
        platform: Platform,
        clock: SettableClock,
        wall: Wall,
    ) -> None:
        self.transcript = transcript
        self.bot = bot
        self.engine = engine
        self.platform = platform
        self.clock = clock
        self.wall = wall
        self.userids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.last: Delivery | None = None
        self.links: dict[str, str] = {}  # who -> path of the last upload link
        self.seen = len(platform.accepted)

    def play(self) -> list[str]:
        """Run all steps; returns the transcript's lines as they really are."""
        self._admit()
        lines = list(self.transcript.head)
        spoken = ("reply", "push", "group")
        for step in self.transcript.steps:
            if step.kind == "say":
                lines += _written(f"{step.who}> ", step.text)
                lines += _written("机器人< ", self._say(step))
                lines += self._pushes()
            elif step.kind == "time":
                lines.append(f"时间: {step.text}")
                self._move(step.text)
                lines += self._pushes()
            elif step.kind == "wait":
                lines.append(f"等待: {step.text}")
                self.wall.offset += timedelta(minutes=int(step.text.removesuffix("分钟")))
                self.engine.drain_all()
                lines += self._pushes()
            elif step.kind == "fault":
                lines.append(f"故障: {step.text}")
                self._misbehave(step.text)
            elif step.kind == "ledger":
                lines.append(f"账本: {self._ledger(step.text.split()[0])}")
            else:
                assert step.kind in spoken
        return lines

    def _admit(self) -> None:
        """Let the transcript's people in: with a role and an org into the database, all into the platform."""
        with self.bot.db.begin() as session:
            for name, words in self.transcript.people:
                userid = f"U{next(MEMBERS):04}"
                self.userids[name], self.names[userid] = userid, name
                self.platform.add_member(Member(userid, name))
                if words and words[0] in ROLES:
                    person = Person(name=name, active=True, created_at=self.clock.now())
                    session.add(person)
                    session.flush()
                    session.add(Identity(person_id=person.id, channel="wecom_app", user_ref=userid.casefold()))
                    for org_name in words[1].split("、"):
                        org = session.scalars(select(Org).where(Org.name == org_name)).one()
                        session.add(
                            Membership(
                                person_id=person.id,
                                org_id=org.id,
                                role=ROLES[words[0]],
                                backup="候补" in words[2:],
                                since_at=self.clock.now(),
                            )
                        )

    def _say(self, step: Step) -> str:
        userid = self.userids[step.who]
        special = SPECIAL.match(step.text)
        if not special:
            self.last = self.platform.say(userid, step.text)
        elif special[1] == "重发":
            assert self.last is not None
            self.last = self.platform.deliver(self.last.xml)
        else:
            if special[1] == "上传":
                page = self._upload(self.links[step.who], special[2])
                self.engine.drain_woken()
                return page
            self.last = self._send_special(userid, special[1], special[2] or "")
        self.engine.drain_woken()
        if not self.last.ok:
            return f"（没有收下：{self.last.statuses}）"
        reply = self.last.reply or "（无）"
        for path in UPLOAD.findall(reply):
            self.links[step.who] = path
        return self._told(UPLOAD.sub("http://bot.example/upload/…", reply))

    def _told(self, text: str) -> str:
        """Write accounts as the names of those who play: they are others in every run."""
        return ACCOUNT.sub(lambda found: f"〔{self.names.get(found[0].upper(), found[0])}〕", text)

    def _upload(self, path: str, name: str) -> str:
        """Hand a file in as a browser does; returns what the page shows."""
        address = self.platform.callback_url.removesuffix("/wecom/callback") + path
        with requests.Session() as http:
            http.trust_env = False
            answer = http.post(address, files={"file": (name, samples.named(name))}, timeout=10)
        shown = re.findall(r"<(?:h1|p)[^>]*>([^<]+)</", answer.text)
        return "\n".join([f"【网页 {answer.status_code}】", *(html.unescape(line) for line in shown)])

    def _send_special(self, userid: str, what: str, detail: str) -> Delivery:
        if what == "图片":
            return self.platform.send_image(userid, samples.photo(detail))
        if what == "链接":
            return self.platform.send_link(userid, "作品", detail)
        if what == "语音":
            return self.platform.send_voice(userid, b"#!AMR voice")
        if what == "文件":
            return self.platform.send_file(userid, b"some file", "总结.docx")
        if what == "位置":
            return self.platform.send_location(userid, "28.2", "112.9", "五一广场")
        return self.platform.send_event(userid, "enter_agent" if what == "进入应用" else "subscribe")

    def _move(self, text: str) -> None:
        """Move the campaign's clock, stopping at each moment at which something fires."""
        day = self.clock.now().astimezone(ZONE).date()
        target = datetime.strptime(text if " " in text else f"{day} {text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
        while True:
            due = self.bot.ticker.next_due(self.clock.now())
            if due is None or due[0] > target:
                break
            self.clock.set(due[0])
            self.engine.run()
        self.clock.set(target)
        self.engine.run()

    def _misbehave(self, name: str) -> None:
        for switch in SWITCHES:
            self.platform.switch(switch.key, on=False)
        if name != "无":
            self.platform.switch(next(switch.key for switch in SWITCHES if switch.name == name))

    def _pushes(self) -> list[str]:
        """Write what was pushed since the last look: equal texts to several people as one line, in order of sending."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for accepted in self.platform.accepted[self.seen :]:
            named = f"[文件 {accepted.content}]" if accepted.kind == "file" else accepted.content
            content = PICTURE if accepted.kind == "image" else named
            if accepted.channel == "app":
                grouped.setdefault(("通知", content), []).extend(accepted.shown)
            else:
                grouped.setdefault((f"群> {accepted.recipients[0]}", f"{len(grouped)}\0{content}"), [])
        self.seen = len(self.platform.accepted)
        lines: list[str] = []
        for (where, content), userids in grouped.items():
            if where == "通知":
                lines += _written(f"通知> {self._names(userids)} ", self._told(content))
            else:
                lines += _written(f"{where} ", content.split("\0", 1)[1])
        return lines

    def _names(self, userids: list[str]) -> str:
        if len(userids) > SHOWN_NAMES:
            return f"{len(userids)}人"
        return "、".join(self.names.get(userid, userid) for userid in userids)

    def _ledger(self, org_name: str) -> str:
        with self.bot.db.read() as session:
            org = session.scalars(select(Org).where(Org.name == org_name)).one()
            known = facts(session, org_ids=[org.id])
        levels = {key for key, each in self.bot.campaign.indicators.items() if each.kind.value == "level"}
        totals: dict[str, Decimal] = {}
        for (_, indicator, part), value in sums(f for f in known if f.indicator not in levels).items():
            totals[f"{indicator}/{part}" if part else indicator] = value
        for (_, indicator, part), fact in latest_readings(f for f in known if f.indicator in levels).items():
            totals[f"{indicator}/{part}" if part else indicator] = fact.value
        return " ".join(
            [org_name, *(f"{key}={value}" for key, value in sorted(totals.items()))] if totals else [org_name, "空"]
        )


def _written(head: str, text: str) -> list[str]:
    first, *rest = text.split("\n")
    return [f"{head}{first}".rstrip(), *(f"    {line}".rstrip() for line in rest)]


class Served:
    """A bot's Flask application behind a real HTTP server on a free port."""

    def __init__(self, bot: Bot) -> None:
        self._server = make_server("127.0.0.1", 0, bot.flask, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        """Return its address without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def files() -> list[Path]:
    """List every transcript."""
    return sorted((Path(__file__).parent / "transcripts").rglob("*.txt"))


def name(path: Path) -> str:
    """Name a transcript by its topic and file: issues/recall."""
    return str(path.relative_to(Path(__file__).parent / "transcripts").with_suffix(""))
