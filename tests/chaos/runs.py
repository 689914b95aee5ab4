"""The runs: reports while processes die in intake, notices while they die in delivery, a month while they fire."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from bot.channels.group_robot import PREFIX
from bot.channels.wecom_app import NAME
from bot.engine.cluster import ClusterEngine
from bot.standin import Member, Platform
from models import outbox
from models.messages import Draft, Recipient, Text
from models.outbox import Notice, Status
from models.session import Database, connect
from tests.chaos.bots import Armed, Bots, Killer, Plan, plan
from tests.chaos.check import RULE, Findings, check_delivery, check_intake
from tests.chaos.keeping import COMMANDS, Keeper
from tests.chaos.seams import CUT
from tests.chaos.sender import Said, Sender
from tests.chaos.traps import DELIVERY, INTAKE, SCHEDULE
from tests.installing import AES_KEY, AGENT_ID, CORP_ID, SECRET, TOKEN, install
from tests.simulation import month as months
from tests.simulation.conftest import WEEK
from tests.simulation.hosts import Inside
from tests.simulation.month import END, Month
from tests.simulation.outcome import compare

LIAISONS, MEMBERS, ROBOTS = 12, 300, 24
NOW = datetime(2021, 5, 11, 0, 50, tzinfo=UTC)  # when the installation's clock begins
BACKLOG = 8  # notices that wait; below it more are written
WEEK_KILLS = 10
QUIET_SECONDS = 60.0  # within which everything must have come to rest after the last kill
RETRY_PAUSE = 0.4  # seconds; the platform's own 5 would only make a run longer

Url = Callable[[], str]  # of a fresh migrated database
STEPS = {"intake": INTAKE, "deliver": DELIVERY, "schedule": SCHEDULE, "keep": COMMANDS}


@dataclass
class Result:
    """One run."""

    kind: str
    database: str
    kills: int
    naps: int
    seconds: float
    findings: Findings
    by_step: dict[str, int] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    def line(self) -> str:
        """Return it as one line."""
        head = f"{self.kind} {self.database} kills={self.kills} naps={self.naps}"
        return f"{head} {self.findings.line()} {self.seconds:.0f}s"


def intake(
    database: str, url: str, folder: Path, kills: int, naps: int, seed: int, steps: Sequence[str] = INTAKE
) -> Result:
    """Let liaisons report while the processes that take it die at each step."""
    chance = random.Random(seed)
    with _office(folder, url, database, serves=True) as office:
        sender = Sender(office.platform, [f"liaison{number}" for number in range(LIAISONS)], chance)
        sender.start()
        result = office.suffer("intake", plan(steps, kills, naps, chance), chance, lambda: time.sleep(0.02))
        sender.stop()
        result.findings, result.said = _merged(result.findings, check_intake(office.db, sender.said)), sender.said
    return result


def deliver(
    database: str, url: str, folder: Path, kills: int, naps: int, seed: int, steps: Sequence[str] = DELIVERY
) -> Result:
    """Let the office write notices while the processes that send them die at each step."""
    chance = random.Random(seed)
    with _office(folder, url, database, serves=False) as office:
        result = office.suffer("deliver", plan(steps, kills, naps, chance), chance, lambda: office.write(chance))
        office.rest()
        found = check_delivery(office.db, office.platform, result.kills + result.naps)
        result.findings = _merged(result.findings, found)
    return result


def schedule(database: str, url: str, folder: Path, kills: int, naps: int, seed: int, *, fresh: Url) -> Result:
    """Play the simulated month while the processes that fire it die at each step; compare with a calm one.

    A few kills are spread over its first week.
    """
    chance, end = random.Random(seed), END if kills > WEEK_KILLS else WEEK
    months.SETTLE_SECONDS = QUIET_SECONDS
    (folder / "calm").mkdir()
    calm = Month(folder / "calm", fresh(), Inside())
    calm.open()
    try:
        reference, steps = calm.run(end), calm.steps
    finally:
        calm.close()
    started = time.monotonic()
    host = Armed(database)
    month = Month(folder, url, host)
    month.open()
    planned = plan(SCHEDULE, kills, 0, chance)
    killer = Killer(host.bots, planned, chance, lambda step: None)
    share = -(-len(planned) // max(1, steps // 2))  # half of the steps of a month fire nothing new

    def disturb(_: Month) -> None:
        if host.bots.deaths + killer.unsprung.total() + killer.permits._value < len(planned):
            killer.permits.release(share)

    month.disturb = disturb
    killer.start(paced=True)
    try:
        outcome = month.run(end)
        killer.stop()
    finally:
        month.close()
    difference = compare(reference, outcome)
    found = Findings({"notices": reference.told.total(), "fires": outcome.fates.total()})
    for name in ("missing", "doubled", "invented", "others"):
        found.breaches[name] = 0
        for each in getattr(difference, name):
            found.breach(name, each[:300])
    found.told["uncertain"] = difference.unsure
    return _result("schedule", database, host.bots, killer, time.monotonic() - started, found)


def keep(database: str, url: str, folder: Path, kills: int, naps: int, seed: int, *, empty: Url) -> Result:
    """Kill backup, restore, migration and roster import at random moments."""
    started = time.monotonic()
    keeper = Keeper(folder, url, empty, random.Random(seed))
    for act in (keeper.backup, keeper.restore, keeper.migrate, keeper.import_roster):
        act(kills)
    by_step = {name: keeper.killed[name] for name in COMMANDS}
    return Result("keep", database, sum(by_step.values()), 0, time.monotonic() - started, keeper.found, by_step)


class Office:
    """An installation with its platform, its database and its bots."""

    def __init__(self, platform: Platform, db: Database, bots: Bots, database: str) -> None:
        self.platform, self.db, self.bots, self.database = platform, db, bots, database
        self._written = 0
        if database == "cluster":
            db.before_commit = ClusterEngine(db.engine).before_commit

    def suffer(self, kind: str, planned: Plan, chance: random.Random, work: Callable[[], None]) -> Result:
        """Work until every kill of the plan is done."""
        started = time.monotonic()
        killer = Killer(self.bots, planned, chance, self._prepare)
        killer.start()
        while not killer.done:
            self.bots.check()
            work()
        return _result(kind, self.database, self.bots, killer, time.monotonic() - started, Findings())

    def write(self, chance: random.Random) -> None:
        """Write some notices when few are waiting: to one, to many at once, to a group, and in several calls."""
        time.sleep(0.02)
        if self._count(Status.WAITING, Status.SENDING) >= BACKLOG:
            return
        with self.db.begin() as session:
            for text in (self._text(), self._text(), self._text() + CUT + self._text()):
                self._add(session, [Recipient(NAME, f"member{chance.randrange(MEMBERS)}")], text)
            many = chance.sample(range(MEMBERS), 12)
            self._add(session, [Recipient(NAME, f"member{number}") for number in many], self._text())
            self._add(session, [Recipient(f"{PREFIX}g{chance.randrange(ROBOTS)}", "")], self._text())

    def rest(self) -> None:
        """Wait until nothing waits and nothing is under way."""
        until = time.monotonic() + QUIET_SECONDS
        while self._count(Status.WAITING, Status.SENDING) and time.monotonic() < until:
            self.bots.check()
            time.sleep(0.1)

    def _add(self, session: object, who: list[Recipient], text: str) -> None:
        outbox.add(session, [Draft(each, Text(text), RULE, NOW) for each in who], NOW)  # type: ignore[arg-type]

    def _text(self) -> str:
        self._written += 1
        return f"{RULE} {self._written}"

    def _count(self, *statuses: Status) -> int:
        with self.db.read() as session:
            mine = (Notice.rule == RULE, Notice.status.in_(statuses))
            return session.scalar(select(func.count()).select_from(Notice).where(*mine)) or 0

    def _prepare(self, step: str) -> None:
        if step == "token-fetched":
            self.platform.tokens.expire()


def _result(kind: str, database: str, bots: Bots, killer: Killer, seconds: float, found: Findings) -> Result:
    if missed := +killer.unsprung:
        found.told["unsprung"] = dict(missed)
    by_step = {step: sum(trap.count(step) for trap in bots.traps) for step in STEPS[kind]}
    return Result(kind, database, killer.kills, killer.naps, seconds, found, by_step)


def _merged(first: Findings, second: Findings) -> Findings:
    return Findings({**second.told, **first.told}, second.breaches, second.examples)


def platform_of(retry_pause: float) -> Platform:
    """Return the platform that all of them talk to, not yet started."""
    return Platform(
        corp_id=CORP_ID,
        agent_id=AGENT_ID,
        secret=SECRET,
        token=TOKEN,
        encoding_aes_key=AES_KEY,
        robots={"key-of-office": "office", **{f"key-of-g{number}": f"g{number}" for number in range(ROBOTS)}},
        members=[Member(f"member{number}", f"成员{number}") for number in range(MEMBERS)]
        + [Member(f"liaison{number}", f"联络员{number}") for number in range(LIAISONS)],
        retry_pause=retry_pause,
    )


@contextmanager
def _office(folder: Path, url: str, database: str, *, serves: bool) -> Iterator[Office]:
    with ExitStack() as stack:
        platform = platform_of(RETRY_PAUSE)
        platform.start()
        stack.callback(platform.stop)
        config = set_up(folder, platform, url)
        bots = Bots(config, folder, database, serves=serves)
        stack.callback(bots.close)
        platform.callback_url = f"{bots.address}/wecom/callback"
        db = Database(connect(url))
        stack.callback(db.dispose)
        yield Office(platform, db, bots, database)


def set_up(folder: Path, platform: Platform, url: str) -> Path:
    """Write config and people into a folder; returns the config's path."""
    config = install(folder, platform, url)
    people = ["name,org,role,wecom_userid", "李强,省联席办,admin,liqiang"]
    people += [f"联络员{number},长沙市公安局,liaison,liaison{number}" for number in range(LIAISONS)]
    (folder / "people.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    groups = [f'[groups.g{n}]\nwebhook = "{platform.webhook_url(f"key-of-g{n}")}"\n' for n in range(ROBOTS)]
    text = config.read_text(encoding="utf-8").replace("693a91f6-robot-key-that-nobody-may-see", "key-of-office")
    config.write_text(text + "\n" + "".join(groups), encoding="utf-8")
    return config
