"""Plays a month of the Hunan example: steps the clock to the next event, waits for quiet, steps on.

The platform is the stand-in over real HTTP, the database a real one. The bot is either one object in this process
(Inside), or any number of processes that can be killed at any moment (Outside).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select

from bot.config import load_all
from bot.standin import Member, Platform
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN
from models.occurrences import Occurrence
from models.outbox import Notice, Status
from models.session import Database, connect
from schedules.rules import plan
from schedules.ticker import Ticker
from tests import installing
from tests.schedules.world import at
from tests.simulation.hands import SteppedClock
from tests.simulation.hosts import Host, Outside
from tests.simulation.outcome import Outcome, read
from tests.simulation.script import CODE, MONTH, Said

KEYS = {"corp_id": "ww1234567890abcdef", "secret": "secret-of-the-month", "token": "TokenOfTheMonth"}
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
AGENT_ID = 1000002
ROBOT = "11111111-2222-3333-4444-555555555555"
START, END = at("05-11 08:40"), at("06-05 12:00")
SETTLE_SECONDS = 20.0  # real time within which a step must come to rest
LOST_SECONDS = 1.5  # a claim that still stands so long after a kill, in real time, was that of the one that was killed


@dataclass(frozen=True)
class State:
    """What is left to do at the moment that the clock shows."""

    behind: int  # firings that nobody has taken up
    due: int  # notices that can go now
    sending: tuple[tuple[int, int], ...]  # notice, claim
    again_at: datetime | None  # wall: the next repeat, or the end of a claim

    @property
    def busy(self) -> bool:
        """Tell whether somebody has something to do now."""
        return bool(self.behind or self.due)


class Month:
    """One run: a database, a platform, a clock, a script and a host."""

    def __init__(
        self, folder: Path, url: str, host: Host, script: tuple[Said, ...] = MONTH, start: datetime = START
    ) -> None:
        self.start = start
        self.folder = folder
        self.host = host
        self.clock = SteppedClock(folder / "clock")
        self.clock.begin(start)
        self.platform = Platform(
            **KEYS,
            encoding_aes_key=AES_KEY,
            agent_id=AGENT_ID,
            robots={ROBOT: "office"},
            retry_pause=0.3,
            now=lambda: self.clock.platform.now().timestamp(),
        )
        self.platform.start()
        self.config = _write_config(folder, url, self.platform)
        loaded = load_all(self.config)
        for person in loaded.roster.people:
            self.platform.add_member(Member(person.wecom_userid, person.name))
        self.db = Database(connect(url))
        self.follow(loaded.campaign)
        self.disturb: Callable[[Month], None] = lambda month: None  # called after each step, before quiet is waited for
        self.steps = 0
        self.off = timedelta(0)  # what the bot's clock is wrong by
        self._script = list(script)
        self._answers: dict[str, str] = {}
        self._suspects: dict[tuple[int, int], float] = {}  # claims that stood when a process was killed, since when
        if isinstance(host, Outside):
            host.on_kill = self._suspect

    @property
    def saying(self) -> bool:
        """Tell whether somebody says something at the moment that the clock shows."""
        return bool(self._script) and self._script[0].at <= self.clock.campaign.now()

    def follow(self, campaign: Campaign) -> None:
        """Step by the plan of a campaign from now on."""
        self._plan = plan(campaign)
        self._ticker = Ticker(campaign, self.db, self.clock.campaign)  # asked what comes next; it never ticks

    def open(self) -> None:
        """Start the bot."""
        self.platform.callback_url = self.host.open(self) + "/wecom/callback"

    def close(self) -> None:
        """End bot and platform."""
        self.host.close()
        self.platform.stop()
        self.db.dispose()

    def run(self, until: datetime = END) -> Outcome:
        """Step through everything up to a moment; returns what it led to."""
        while (moment := self._next()) is not None and moment <= until:
            self.step(moment)
        self.step(until)
        return read(self.db, self.platform)

    def step(self, moment: datetime) -> None:
        """Put the clock at a moment, let people say what they say then, and wait for quiet."""
        self.steps += 1
        self.clock.step(moment)
        self.disturb(self)
        while not self.off and self._script and self._script[0].at <= moment:
            self._say(self._script.pop(0))
        self.settle()

    def restarted(self, host: Host) -> None:
        """End the bot and start another in its place."""
        self.host.close()
        self.host = host
        self.open()

    def turned(self, by: timedelta) -> None:
        """Set the bot's clock forward or back, and wait for quiet; while it is wrong nobody says anything."""
        self.clock.turn(by)
        self.off += by
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is due and nothing is being sent; the wall's hand goes on when that is what is missing."""
        until = time.monotonic() + SETTLE_SECONDS
        while True:
            self.host.work()
            state = self.state()
            if not (state.busy or state.sending or state.again_at):
                return
            if not state.busy and self._lost(state.sending) and state.again_at:
                self.clock.wait(state.again_at)
            if time.monotonic() > until:
                raise AssertionError(f"no quiet at {self.clock.campaign.now()}: {state}")

    def state(self) -> State:
        """Look what is left to do."""
        now, wall = self.clock.campaign.now(), self.clock.wall.now()
        waiting = (Notice.status == Status.WAITING, Notice.not_before <= now)
        with self.db.read() as session:
            rows = session.execute(select(Occurrence.rule, Occurrence.version, Occurrence.scheduled_at))
            taken = {(row.rule, row.version, row.scheduled_at) for row in rows}
            planned = {f.key for f in self._plan if self.start <= f.scheduled_at <= now}
            due = session.scalar(
                select(func.count())
                .select_from(Notice)
                .where(*waiting, or_(Notice.next_try_at.is_(None), Notice.next_try_at <= wall))
            )
            sending = session.execute(
                select(Notice.id, Notice.claim, Notice.claimed_until).where(Notice.status == Status.SENDING)
            ).all()
            again = session.scalar(select(func.min(Notice.next_try_at)).where(*waiting, Notice.next_try_at > wall))
        moments = [row.claimed_until for row in sending if row.claimed_until] + ([again] if again else [])
        return State(
            behind=len(planned - taken) if isinstance(self.host, Outside) else 0,
            due=due or 0,
            sending=tuple((row.id, row.claim) for row in sending),
            again_at=min(moments, default=None),
        )

    def _suspect(self) -> None:
        """Note whose claims may be those of the process that has just been killed."""
        time.sleep(0.02)  # what it committed with its last breath is there by then
        self._suspects |= dict.fromkeys(self.state().sending, time.monotonic())

    def _lost(self, sending: tuple[tuple[int, int], ...]) -> bool:
        """Tell whether all that is being sent belongs to killed processes; also when nothing is."""
        alone = isinstance(self.host, Outside) and len(self.host.names) == 1
        since = time.monotonic() - (0 if alone else LOST_SECONDS)
        return all(each in self._suspects and self._suspects[each] <= since for each in sending)

    def _next(self) -> datetime | None:
        """Return the moment of the next firing, of what is held until then, or of the next line of the script."""
        due = self._ticker.next_due(self.clock.campaign.now())
        said = self._script[0].at if self._script else None
        return min((moment for moment in (due and due[0], said) if moment), default=None)

    def _say(self, said: Said) -> None:
        """Say one line, again until it is answered: as a person does whose message shows as not delivered."""
        code = re.search(r"确认 ?(\d+)", self._answers.get(said.userid, ""))
        text = said.text.replace(CODE, code[1] if code else CODE)
        delivery = self.platform.say(said.userid, text)
        for _ in range(20):
            if delivery.ok:
                break
            delivery = self.platform.deliver(delivery.xml)
        assert delivery.ok, f"{said}: {delivery.problem}"
        self._answers[said.userid] = delivery.reply or ""


def _write_config(folder: Path, url: str, platform: Platform) -> Path:
    files = json.dumps(str(folder / "files"))
    return installing.write_config(
        folder,
        installing.Keys(**KEYS, aes_key=AES_KEY),
        platform.api_base,
        platform.webhook_url(ROBOT),
        database=url,
        people=HUNAN.with_name("people.csv"),
        more=f'[server]\npublic_url = "http://bot.example"\n[files]\ndir = {files}\n',
    )
