"""`make chaos`: kills at every step of intake, delivery and schedule, on both databases; one line a run, then a table.

`keep` kills backup, restore, migrate and import-roster at random moments, `serve` the real server; `machines` lets two
webs and two workers sleep for two minutes each and the database go. `python -m tests.chaos KIND --db DATABASE --kills N
--naps N --seed S` is one run: N kills, and N naps longer than a lease, at each step (a month has firings for about half
as many; three are played). Without a word all runs are made. Exit 1 on any breach.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

if "XDG_RUNTIME_DIR" not in os.environ:  # the embedded PostgreSQL keeps its sockets there
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="bot-run-")

from bot import logs
from models.migrations import run as migrations
from models.session import connect
from tests.chaos import machines, runs, served
from tests.chaos.runs import Result
from tests.postgres import Postgres

SEED = 20210511
RUNS = {**{kind: getattr(runs, kind) for kind in runs.STEPS}, "serve": served.serve, "machines": machines.machines}
MONTHS = 3  # of the schedule: one has too few firings to die in as often as asked
ALL = [(kind, database) for database in ("sqlite", "postgres") for kind in RUNS if kind != "machines"]
ALL += [("deliver", "cluster"), ("machines", "cluster")]
HEAD = ("killed in", "database", "steps", "kills", "naps", "lost", "doubled", "other breaches", "marked uncertain")


def main(argv: Sequence[str] | None = None) -> int:
    """Make the runs that were asked for; returns 1 on a breach."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=list(RUNS))
    parser.add_argument("--db", choices=["sqlite", "postgres", "cluster"])
    parser.add_argument("--kills", type=int, default=50, help="at each step")
    parser.add_argument("--naps", type=int, default=2, help="at each step; a process sleeps longer than a lease")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", action="store_true", help="show the kills of each step")
    args = parser.parse_args(argv)
    logs.configure("CRITICAL")
    chosen = [each for each in ALL if args.kind in (None, each[0]) and args.db in (None, each[1])]
    results = []
    with ExitStack() as stack:
        server = Postgres(durable=True) if any(database != "sqlite" for _, database in chosen) else None
        if server:
            stack.callback(server.stop)
        again = [(*each, number) for each in chosen for number in range(MONTHS if each[0] == "schedule" else 1)]
        for kind, database, number in again:
            results.append(run(kind, database, args.kills, args.naps, args.seed + number, server))
            _say(results[-1].line())
            if args.steps or results[-1].findings.wrong:
                _say(f"  {results[-1].by_step}")
            for name, examples in results[-1].findings.examples.items():
                for each in examples:
                    _say(f"  {name}: {each[:400]}")
    if len(results) > 1:
        _table(results)
    return int(any(result.findings.wrong for result in results))


def run(kind: str, database: str, kills: int, naps: int, seed: int, server: Postgres | None) -> Result:
    """Make one run on a fresh database, and take it away after it."""
    with tempfile.TemporaryDirectory(prefix="bot-chaos-") as name, ExitStack() as stack:
        folder = Path(name)

        def fresh(*, migrated: bool = True) -> str:
            if server and database != "sqlite":
                made = server.fresh(migrated=migrated)
                stack.callback(server.drop, made)
                return server.url(made)
            url = f"sqlite:///{tempfile.mkdtemp(dir=folder)}/bot.db"
            if migrated:
                engine = connect(url)
                migrations.upgrade(engine)
                engine.dispose()
            return url

        extras = {
            "schedule": {"fresh": fresh},
            "keep": {"empty": partial(fresh, migrated=False)},
            "machines": {"server": server},
        }
        result: Result = RUNS[kind](database, fresh(), folder, kills, naps, seed, **extras.get(kind, {}))
        return result


def _table(results: Sequence[Result]) -> None:
    rows = [HEAD]
    for each in results:
        breaches = each.findings.breaches
        lost = sum(breaches[name] for name in ("missing", "half", "lost", "unsent"))
        others = breaches.total() - lost - breaches["doubled"]
        counts = (len(each.by_step), each.kills, each.naps, lost, breaches["doubled"], others)
        uncertain = each.findings.told.get("uncertain", 0)
        rows.append((each.kind, each.database, *map(str, counts), str(uncertain)))  # type: ignore[arg-type]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    _say("")
    for row in rows:
        _say("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
