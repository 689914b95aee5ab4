"""Backup, restore, migration and roster import, killed at random moments: old state or new state, never between."""

from __future__ import annotations

import os
import random
import signal
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, func, make_url, select, text

from bot import app
from bot.__main__ import main
from bot.backup import DATABASE, opened
from bot.config import load_all
from models import audit, settings
from models.people import Org, Person
from models.session import Database, connect
from tests.chaos.check import Findings
from tests.installing import PEOPLE, install, make_platform

COMMANDS = ("backup", "restore", "migrate", "import-roster")  # B1, B2, B3 and the way back
GENERATION = "generation"  # a setting that tells states apart
LONGER = 1.0  # times what the command takes when it is left alone: few kills come after its end

Url = Callable[[], str]


class Keeper:
    """An installation whose commands are killed."""

    def __init__(self, folder: Path, url: str, empty: Url, chance: random.Random) -> None:
        self.folder, self.url, self.empty, self.chance = folder, url, empty, chance
        platform = make_platform()
        platform.start()
        self.config = install(folder, platform, url)
        platform.stop()
        self.pack = folder / "bot.zip"
        self.killed: Counter[str] = Counter()
        self.found = Findings({}, Counter(between=0, unusable=0))
        bot = app.build(load_all(self.config, {}))
        bot.prepare()
        bot.stop()
        self.takes: dict[str, float] = {}

    def run(self, kind: str, words: list[str], *, kill: bool) -> None:
        """Run a command in a process of its own, to its end or to a random moment of it."""
        started = time.monotonic()
        pid = os.fork()
        if not pid:
            try:
                quiet = os.open(os.devnull, os.O_WRONLY)
                for number in (1, 2):
                    os.dup2(quiet, number)
                os._exit(main(words))
            finally:
                os._exit(9)
        if kill:
            time.sleep(self.chance.uniform(0, LONGER * self.takes[kind]))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if kill:
            self.killed[kind] += os.WIFSIGNALED(status)
        elif status:
            self.found.breach("unusable", (kind, os.waitstatus_to_exitcode(status)))
        else:
            self.takes[kind] = time.monotonic() - started

    def backup(self, kills: int) -> None:
        """The file that is there stays whole, of this moment or of the last."""
        good = self._put_generation(0)
        words = ["backup", "--config", str(self.config), "--out", str(self.pack)]
        self.run("backup", words, kill=False)
        for number in range(1, kills + 1):
            self._put_generation(number)
            self.run("backup", words, kill=True)
            kept = self._in_pack()
            if kept not in (good, str(number)):
                self.found.breach("between", ("backup", good, number, kept))
            good = kept
        self.run("backup", words, kill=False)

    def restore(self, kills: int) -> None:
        """The database is there whole, or not at all; then the same command brings it."""
        for number in range(kills + 1):
            url = self.empty()
            config = self._config_for(url, f"restored{number}")
            words = ["restore", "--config", str(config), "--from", str(self.pack)]
            if number:
                self.run("restore", words, kill=True)
            if number == 0 or not self._restored(url):
                self.run("restore", words, kill=False)
                if not self._restored(url):
                    self.found.breach("unusable", ("restore", number))

    def migrate(self, kills: int) -> None:
        """After a kill the same command does what is missing."""
        for number in range(kills + 1):
            url = self.empty()
            config = self._config_for(url, f"migrated{number}")
            words = ["migrate", "--config", str(config)]
            if number:
                self.run("migrate", words, kill=True)
            takes = self.takes.get("migrate")
            self.run("migrate", words, kill=False)
            self.takes["migrate"] = takes or self.takes["migrate"]
            with _engine(url) as engine:
                try:
                    app.check_schema(Database(engine), config)
                except Exception as error:
                    self.found.breach("unusable", ("migrate", number, error))

    def import_roster(self, kills: int) -> None:
        """Orgs and people of a file are all there or none of them."""
        roster, people = self.folder / "new-roster.csv", self.folder / "new-people.csv"
        base = (Path(load_all(self.config, {}).config.campaign.roster)).read_text(encoding="utf-8-sig").rstrip()
        words = ["import-roster", "--config", str(self.config), "--roster", str(roster), "--people", str(people)]
        here = 0
        for number in range(1, kills + 2):
            numbers = range(1, 10 * number + 1)
            orgs = [f"第{n}县公安局,county,长沙市公安局,300000,200," for n in numbers]
            members = [f"新人{n},第{n}县公安局,liaison,new{n}" for n in numbers]
            roster.write_text("\n".join([base, *orgs]) + "\n", encoding="utf-8")
            people.write_text("\n".join([PEOPLE.rstrip(), *members]) + "\n", encoding="utf-8")
            self.run("import-roster", [*words, "--apply"], kill=number > 1)
            with _engine(self.url) as engine, Database(engine).read() as session:
                found = [
                    session.scalar(select(func.count()).select_from(table).where(table.name.like(like))) or 0
                    for table, like in ((Org, "第%县公安局"), (Person, "新人%"))
                ]
                if found[0] != found[1] or found[0] not in (here, len(numbers)) or audit.verify(session) is not None:
                    self.found.breach("between", ("import-roster", here, found))
            here = found[0]

    def _config_for(self, url: str, name: str) -> Path:
        path = self.folder / f"{name}.toml"
        path.write_text(self.config.read_text(encoding="utf-8").replace(self.url, url), encoding="utf-8")
        path.chmod(0o600)
        return path

    def _put_generation(self, number: int) -> str:
        with _engine(self.url) as engine, Database(engine).begin() as session:
            settings.put(session, GENERATION, str(number))
        return str(number)

    def _in_pack(self) -> str | None:
        try:
            with opened(self.pack) as pack:
                (self.folder / "out.db").write_bytes(pack.read(DATABASE))
        except (Exception, zipfile.BadZipFile) as error:
            self.found.breach("unusable", ("backup", error))
            return None
        return self._generation(f"sqlite:///{self.folder}/out.db")

    def _restored(self, url: str) -> bool:
        """Tell whether a database is there; one that is there must be whole."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
            return False
        with _engine(url) as engine, engine.connect() as connection:
            if not engine.dialect.has_table(connection, "setting"):
                return False
            rows = connection.scalar(text("SELECT count(*) FROM org"))
        if not rows and parsed.get_backend_name() != "sqlite":
            return False
        if self._generation(url) is None:
            self.found.breach("between", ("restore", url))
        return True

    def _generation(self, url: str) -> str | None:
        with _engine(url) as engine, Database(engine).read() as session:
            if audit.verify(session) is not None:
                self.found.breach("between", ("audit", url))
            found = settings.get(session, GENERATION)
        return None if found is None else str(found)


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()
