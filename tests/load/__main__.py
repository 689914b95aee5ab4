"""`make load`: how many callbacks the bot takes, on SQLite and PostgreSQL, beside what only echoes.

Each row starts a server of its own on one machine, posts real encrypted callbacks at a steady rate and then counts the
ledger: lost are messages that were answered and are not there, doubled are those that are there twice. Exit 1 on any.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

if "XDG_RUNTIME_DIR" not in os.environ:  # the embedded PostgreSQL keeps its sockets there
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="bot-run-")

from sqlalchemy import func, select

from bot.standin import Platform
from models.campaign.loader import HUNAN
from models.inbox import Inbox
from models.ledger import Entry, Report
from models.session import Database, connect
from tests.installing import CLOCK, command, environment, here, install, make_platform
from tests.load.callbacks import Callback, Outcome, post, sealed
from tests.postgres import Postgres

ORGS, PEOPLE = 200, 400  # as many orgs as the smallest campaign has, two liaisons each
WARM_UP = 100  # callbacks before the clock starts
COLUMNS = (("rate/s", 7), ("sent", 8), ("accepted", 10), ("p50 ms", 9), ("p99 ms", 9), ("max ms", 9), ("lost", 6))
HEAD = f"{'server':<28}" + "".join(f"{name:>{width}}" for name, width in (*COLUMNS, ("doubled", 9)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rows that were asked for; returns 1 when anything was lost, doubled or refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="callbacks a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--on", default="sqlite,postgresql,wechatpy,werobot", help="rows, in order")
    args = parser.parse_args(argv)
    print(HEAD, flush=True)
    wrong = False
    for name in args.on.split(","):
        count = int(args.rate * args.seconds)
        if name in ("sqlite", "postgresql"):
            outcome, lost, doubled = measured(name, args.rate, count)
        else:
            outcome, lost, doubled = _peer(name, args.rate, count), None, None
        print(_line(name, args.rate, count, outcome, lost, doubled), flush=True)
        wrong |= bool(lost or doubled) or len(outcome.accepted) != count
    return int(wrong)


def _line(name: str, rate: float, count: int, outcome: Outcome, lost: int | None, doubled: int | None) -> str:
    label = {"wechatpy": "wechatpy + Flask, echo only", "werobot": "WeRoBot, echo only"}.get(name, f"bot on {name}")
    times = "".join(f"{outcome.percentile(share):>9.1f}" for share in (0.5, 0.99, 1.0))
    kept = "".join(f"{'-' if each is None else each:>{width}}" for each, width in ((lost, 6), (doubled, 9)))
    odd = {status: times for status, times in outcome.statuses.items() if status != 200}
    note = f"  other answers: {odd}" if odd else ""
    return f"{label:<28}{rate:>7.0f}{count:>8}{len(outcome.accepted):>10}{times}{kept}{note}"


def measured(database: str, rate: float, count: int) -> tuple[Outcome, int, int]:
    """Serve the bot and return what became of the callbacks, how many are lost, and how many are doubled."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        platform = make_platform()
        platform.start()
        stack.callback(platform.stop)
        url = f"sqlite:///{folder}/bot.db"
        if database == "postgresql":
            server = Postgres(durable=True)
            stack.callback(server.stop)
            url = server.url(server.fresh(migrated=False))
        config = _install(folder, platform, url)
        assert here("migrate", "--config", config).returncode == 0
        port = _free_port()
        with _serving(command("serve", "--config", config, "--port", port), port, "/healthz"):
            senders = [f"liaison{number}" for number in range(PEOPLE)]
            first = sealed(WARM_UP, senders)
            post(port, "/wecom/callback", first, 50)
            outcome = post(port, "/wecom/callback", sealed(count, senders, WARM_UP + 1), rate)
        return outcome, *_counted(url, outcome.accepted)


def _install(folder: Path, platform: Platform, url: str) -> Path:
    config = install(folder, platform, url, clock=CLOCK)
    orgs = [
        "org,kind,parent,population,headcount,aliases",
        "省联席办,office,,,,",
        "长沙市公安局,city,省联席办,10047914,8000,",
    ]
    orgs += [f"第{n}县公安局,county,长沙市公安局,300000,200," for n in range(ORGS)]
    (folder / "roster.csv").write_text("\n".join(orgs) + "\n", encoding="utf-8")
    people = ["name,org,role,wecom_userid", "李强,省联席办,admin,liqiang"]
    people += [f"压测{n},第{n % ORGS}县公安局,liaison,liaison{n}" for n in range(PEOPLE)]
    (folder / "people.csv").write_text("\n".join(people) + "\n", encoding="utf-8")
    text = config.read_text(encoding="utf-8").replace(str(HUNAN.with_name("roster.csv")), "roster.csv")
    processes = 1 if url.startswith("sqlite") else 2  # one a core of the machine that was asked for
    config.write_text(f"{text}[server]\nprocesses = {processes}\n", encoding="utf-8")
    return config


def _counted(url: str, accepted: Sequence[Callback]) -> tuple[int, int]:
    """Count in the ledger, message by message, what was answered and is not there, and what is there twice."""
    db = Database(connect(url))
    with db.read() as session:
        rows = session.execute(
            select(Inbox.key, func.count(Entry.id).label("figures"))
            .join(Report, Report.inbox_id == Inbox.id)
            .join(Entry, Entry.report_id == Report.id)
            .group_by(Inbox.key)
        ).all()
        held = Counter({row.key: row.figures for row in rows})
    db.dispose()
    keys = [callback.key for callback in accepted]
    return sum(held[key] == 0 for key in keys), sum(number > 1 for number in held.values())


def _peer(name: str, rate: float, count: int) -> Outcome:
    port = _free_port()
    factory = {"wechatpy": "wechatpy_echo", "werobot": "werobot_echo"}[name]
    words = ["--interface", "wsgi", "--factory", "--port", str(port), "--workers", "1", "--blocking-threads", "16"]
    binary = Path(sys.executable).with_name("granian")
    with _serving([str(binary), *words, "--no-ws", f"tests.load.peers:{factory}"], port, "/"):
        senders = [f"liaison{number}" for number in range(PEOPLE)]
        post(port, "/wecom/callback", sealed(WARM_UP, senders), 50)
        return post(port, "/wecom/callback", sealed(count, senders, WARM_UP + 1), rate)


@contextmanager
def _serving(words: Sequence[str], port: int, path: str) -> Iterator[None]:
    """Run a server as a process of its own until the block ends."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=environment(), start_new_session=True)
        try:
            for _ in range(300):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                try:
                    connection.request("GET", path)
                    if connection.getresponse().status in (200, 404):
                        break
                except OSError:
                    pass
                finally:
                    connection.close()
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"the server ended: {log.read().decode(errors='replace')[-2000:]}")
                time.sleep(0.1)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
