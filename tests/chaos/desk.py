"""A bot in this process that is put under strain, its platform, and small disks to fill up."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select, text

from bot import app
from bot.standin import Platform
from bot.standin.values import Delivery
from models import audit, outbox
from models.inbox import Inbox
from models.ledger import Entry
from models.messages import Draft, Recipient, Text
from models.outbox import Notice, Status
from tests.chaos.runs import NOW
from tests.contract.site import until

BUSY = 0.6  # seconds for which the bot waits for its database; the product's 3.5, shortened

Start = Callable[[str], "Office"]


class Office:
    """A bot that runs in this process, and its platform."""

    def __init__(self, bot: app.Bot, platform: Platform) -> None:
        self.bot = bot
        self.platform = platform

    def say(self, count: int = 1, retries: int = 0) -> list[Delivery]:
        """Say so many reports at the same time."""
        callbacks = [self.platform.text_xml("WangFang", f"今天发放宣传手册{500 + n}册") for n in range(count)]
        return self.again(callbacks, retries)

    def again(self, callbacks: list[str], retries: int = 0) -> list[Delivery]:
        """Deliver callbacks at the same time."""
        with ThreadPoolExecutor(len(callbacks)) as pool:
            return list(pool.map(partial(self.platform.deliver, retries=retries), callbacks))

    def health(self) -> tuple[int, str]:
        """Ask /healthz; returns its status, and what it says of the database."""
        answer = requests.get(self.platform.callback_url.replace("/wecom/callback", "/healthz"), timeout=10)
        return answer.status_code, answer.json()["database"]

    def state(self) -> str:
        """Ask 状态 as an admin; empty when it is refused."""
        return self.platform.say("liqiang", "状态").reply or ""

    def kept(self) -> tuple[int, int]:
        """Count inbounds and figures, and check the audit."""
        with self.bot.db.read() as session:
            assert audit.verify(session) is None
            rows = [session.scalar(select(func.count()).select_from(table)) or 0 for table in (Inbox, Entry)]
        return rows[0], rows[1]

    def tell(self, words: str) -> None:
        """Write a notice."""
        with self.bot.db.begin() as session:
            outbox.add(session, [Draft(Recipient("wecom_app", "WangFang"), Text(words), "test", NOW)], NOW)

    def sent(self) -> bool:
        """Tell whether every notice is sent."""
        with self.bot.db.read() as session:
            return set(session.scalars(select(Notice.status))) == {Status.SENT}


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system, or skip where we may not."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(path: Path, leave: int = 0) -> None:
    """Write until the disk is full, or only so many bytes are left."""
    if leave:
        path.write_bytes(bytes(max(0, shutil.disk_usage(path.parent).free - leave)))
        return
    with path.open("ab", buffering=0) as file:
        for piece in (1 << 16, 1 << 10):
            try:
                while file.write(bytes(piece)):
                    pass
            except OSError:
                continue


def until_refused(office: Office) -> list[Delivery]:
    """Say reports until one is refused: the log of the database has some room left from before."""
    for _ in range(200):
        said = office.say()
        if said[0].statuses == (503,):
            return said
        assert said[0].statuses == (200,)
    raise AssertionError("never refused")


def well_again(office: Office, refused: list[Delivery], before: tuple[int, int]) -> None:
    """Check that what was refused is taken when it comes again, and that delivery goes on."""
    taken = office.again([each.xml for each in refused], retries=3)
    assert {each.statuses[-1] for each in taken} == {200}
    assert office.kept() == (before[0] + len(refused), before[1] + len(refused))
    office.tell("afterwards")
    assert until(office.sent)
    shown = [str(each.content) for each in office.platform.accepted for _ in each.shown]
    assert len(shown) == len(set(shown))
    if office.bot.config.on_sqlite:
        with office.bot.db.read() as session:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
