"""`make soak`: the simulated month many times over with processes killed at random moments, on both databases.

Prints one line a run and a table at the end; exit 1 when a run differs from the undisturbed month. A seed that found
something is played again with `make soak SOAK="--seed N --runs 1"`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

if "XDG_RUNTIME_DIR" not in os.environ:  # the embedded PostgreSQL keeps its sockets there
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="bot-run-")

from bot import logs
from models.migrations import run as migrations
from models.session import connect
from tests.postgres import Postgres
from tests.simulation import turning
from tests.simulation.hosts import Host, Inside, Outside
from tests.simulation.killing import Killer
from tests.simulation.month import END, START, Month
from tests.simulation.outcome import Difference, Outcome, compare

SEED = 20210511
SHOWN = 200  # characters of what differs
SETUPS = {  # name -> processes, engine
    "sqlite": (1, "local"),  # on SQLite one may work
    "postgresql": (4, "local"),  # four tickers, four deliverers, nothing but the rows between them
    "cluster": (3, "cluster"),  # on PostgreSQL too: the engine of several machines
}


@dataclass
class Line:
    """What all runs on one database have come to."""

    database: str
    processes: int
    runs: int = 0
    kills: int = 0
    cut: int = 0
    compared: int = 0
    missing: int = 0
    doubled: int = 0
    invented: int = 0
    others: int = 0
    unsure: int = 0

    def add(self, difference: Difference, outcome: Outcome, reference: Outcome, kills: int) -> None:
        """Count one run."""
        self.runs += 1
        self.kills += kills
        self.cut += outcome.cut
        self.compared += reference.told.total()
        self.missing += len(difference.missing)
        self.doubled += len(difference.doubled)
        self.invented += len(difference.invented)
        self.others += len(difference.others)
        self.unsure += difference.unsure

    @property
    def wrong(self) -> bool:
        """Tell whether any run differed."""
        return bool(self.missing or self.doubled or self.invented or self.others)


# In the order of Line.
HEAD = ("database", "processes", "runs", "kills", "calls cut", "notices compared", "missing", "doubled", "invented")
REST = ("other differences", "marked uncertain")


def main() -> int:
    """Soak as the arguments say."""
    options = _options()
    logs.configure("CRITICAL")
    with ExitStack() as stack:
        server = Postgres() if set(options.databases) != {"sqlite"} else None
        if server:
            stack.callback(server.stop)
        with _month("sqlite", Inside(), server) as month:
            reference, steps = month.run(), month.steps
        _say(f"undisturbed: {reference.told.total()} notices, {steps} steps, {len(reference.ledger)} ledger rows")
        lines = [_soak(database, options, reference, steps, server) for database in options.databases]
        turned = sum(
            _turn(database, options, reference, server) for database in options.databases if database != "cluster"
        )
    _table(lines)
    return int(bool(turned) or any(line.wrong for line in lines))


def _soak(database: str, options: argparse.Namespace, reference: Outcome, steps: int, server: Postgres | None) -> Line:
    """Play the month on one database: once undisturbed, then with kills."""
    processes, engine = SETUPS[database]
    line = Line(database, processes)
    with _month(database, Inside(), server) as month:
        calm = compare(reference, month.run())
    _say(f"{database}: undisturbed in one process: {'equal' if calm.none else calm}")
    line.others += 0 if calm.none else 1
    for number in range(options.runs + 1):
        seed = options.seed + number
        kills = options.kills if number < options.runs else 0  # the last one only has several processes
        host = Outside(processes, engine)
        started = time.monotonic()
        with _month(database, host, server) as month:
            if kills:
                month.disturb = Killer(seed, kills, steps)
            outcome = month.run()
        difference = compare(reference, outcome)
        line.add(difference, outcome, reference, host.kills)
        _say(
            f"{database}: seed {seed}: {host.kills} kills, {outcome.cut} in a call, {outcome.weeded} repeats weeded"
            f" out, {difference.unsure} uncertain, {'equal' if difference.none else 'DIFFERENT'},"
            f" {time.monotonic() - started:.0f} s"
        )
        for name in ("missing", "doubled", "invented", "others"):
            for each in getattr(difference, name)[:5]:
                _say(f"  {name}: {each[:SHOWN]}")
    return line


def _turn(database: str, options: argparse.Namespace, reference: Outcome, server: Postgres | None) -> int:
    """Play months in which the bot's clock is wrong for a while, again and again. Returns how many things differ."""
    count = 0
    for seed in range(options.seed, options.seed + options.turned):
        wrongs = turning.some(seed, START, days=20, count=8)
        with _month(database, Inside(), server) as month:
            found = turning.problems(reference, turning.live(month, wrongs, END), END)
        _say(f"{database}: seed {seed}: clock wrong {len(wrongs)} times: {'equal' if not found else 'DIFFERENT'}")
        for each in found[:5]:
            _say(f"  {each[:SHOWN]}")
        count += len(found)
    return count


@contextmanager
def _month(database: str, host: Host, server: Postgres | None) -> Iterator[Month]:
    """Make a month on a fresh database, and take it away after it."""
    with tempfile.TemporaryDirectory(prefix="bot-soak-") as name, ExitStack() as stack:
        folder = Path(name)
        if database == "sqlite":
            url = f"sqlite:///{folder / 'bot.db'}"
            engine = connect(url)
            migrations.upgrade(engine)
            engine.dispose()
        else:
            assert server
            fresh = server.fresh()
            stack.callback(server.drop, fresh)
            url = server.url(fresh)
        month = Month(folder, url, host)
        stack.callback(month.close)
        month.open()
        yield month


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="months with kills, on each database")
    parser.add_argument("--kills", type=int, default=10, help="kills planned in each month; some come twice")
    parser.add_argument("--seed", type=int, default=SEED, help="of the first run; each next one adds 1")
    parser.add_argument("--turned", type=int, default=2, help="months with a wrong clock, on each database")
    parser.add_argument("--databases", nargs="+", choices=list(SETUPS), default=list(SETUPS))
    return parser.parse_args()


def _table(lines: list[Line]) -> None:
    rows = [(*HEAD, *REST)] + [tuple(str(getattr(line, column.name)) for column in fields(Line)) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    _say("")
    for row in rows:
        _say("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
