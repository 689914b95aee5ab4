"""Throw mutated callbacks at the real application, in this process: `make fuzz`, and a short form in the suite.

Each case is made from its own number and the seed, so that one can be played again alone: `--first N --cases 1`. What
must hold, always: no 500 and no 503; a refusal writes nothing and looks like every other of its status; what nobody
signed is refused; a repeat gets the same answer and writes nothing; no handler fails; memory stays.
"""

from __future__ import annotations

import argparse
import gc
import io
import logging
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import select

from bot.app import Bot, build, migrate
from bot.config import load_all
from models.inbox import Inbox
from models.session import connect
from tests import installing
from tests.engine import ManualEngine
from tests.fuzz_cases import MEGABYTE, Case, Request, make

GROWTH = 96 * MEGABYTE  # of resident memory after the first tenth of the cases; the interpreter's own is about 150


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
    (folder / "people.csv").write_text(installing.PEOPLE, encoding="utf-8")
    nowhere = "http://127.0.0.1:9/cgi-bin/"
    config = installing.write_config(
        folder,
        installing.OURS,
        nowhere,
        f"{nowhere}webhook/send?key={installing.ROBOT_KEY}",
        more='[files]\ndir = "files"\n[clock]\nstart = 2021-05-12T08:50:00+08:00\nspeed = 1.0\n',
    )
    engine = connect(f"sqlite:///{folder}/bot.db")
    migrate(engine)
    engine.dispose()
    bot = build(load_all(config, {}), engine=ManualEngine())
    bot.prepare()
    bot.router.commands_a_minute = 10**6  # here every command shall run
    return Site(bot, sqlite3.connect(folder / "bot.db"))


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
