"""A picture that cannot be drawn: the text goes, and the office's admins hear of it once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.typing import EventDict

from bot import outgoing
from bot.delivery import Delivery
from bot.filestore import FileStore
from bot.incidents import Incidents
from models import outbox
from models.amendments import Effective
from models.clock import SettableClock
from models.messages import Content, Draft, Picture, Recipient, TableText
from tests.render.charts import MATRICES, TRENDS
from tests.render.tables import HUNAN
from tests.schedules.world import World
from tests.store.delivering import FakeChannel

Make = Callable[..., World]


def desk(world: World, folder: Path) -> tuple[Delivery, FakeChannel]:
    """Make a delivery of one process, wired as bot/app.py does."""
    channel, effective = FakeChannel(), Effective(world.campaign)
    parts = partial(
        outgoing.parts,
        zone=ZoneInfo("Asia/Shanghai"),
        store=FileStore(folder),
        make=partial(outgoing.make_file, world.db, effective),
        tell=Incidents(world.db, effective, world.clock).picture_broken,
    )
    wall = SettableClock(datetime(2026, 11, 24, tzinfo=UTC))
    return Delivery(world.db, [channel], world.clock, wall, parts), channel


def write(world: World, *contents: Content) -> None:
    """Write notices to a liaison."""
    with world.session() as session:
        now = world.clock.now()
        drafts = [Draft(Recipient("wecom_app", "u2"), content, "rule", now) for content in contents]
        outbox.add(session, drafts, now)


def test_without_a_font(
    make_world: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logs: list[EventDict]
) -> None:
    """Texts go out, a matrix and a trend as text in place of their picture, and two processes tell the admins once."""
    monkeypatch.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
    world = make_world("05-14 10:02")
    one, first = desk(world, tmp_path)
    other, second = desk(world, tmp_path)
    write(world, TableText(HUNAN), Picture(HUNAN), Picture(MATRICES["14"]))
    one.drain("wecom_app")
    write(world, Picture(TRENDS["month"]), Picture(HUNAN))
    other.drain("wecom_app")
    said = [(refs[0], text.splitlines()[0][:16]) for text, refs, _ in first.calls + second.calls]
    assert sorted(said) == [
        ("admin", "【提醒】机器人画不出图，排名和进"),
        ("u2", "万人关注率排名 第3期"),
        ("u2", "反诈宣传月任务进度（市州）"),
        ("u2", "宣传手册每日发放情况（全部单位）"),
    ]
    failed = [notice.reason for notice in world.notices("rule") if notice.status is outbox.Status.FAILED]
    assert len(failed) == 2
    assert all("noto-cjk-sans-otc" in reason for reason in failed)
    assert [entry["event"] for entry in logs].count("picture-broken") == 4


def test_told_again_the_next_day_and_well_again(
    make_world: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next day tells once more; when the font is back the picture goes and nothing more is told."""
    world = make_world("05-14 10:02")
    delivery, channel = desk(world, tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
        for moment in ("05-14 10:02", "05-15 10:02"):
            world.to(moment)
            write(world, Picture(HUNAN))
            delivery.drain("wecom_app")
    assert len(world.notices("alert")) == 2
    write(world, Picture(HUNAN))
    delivery.drain("wecom_app")
    assert channel.calls[-1][0] == "[picture]"
    assert len(world.notices("alert")) == 2


def test_at_night_it_waits(make_world: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody can put right before the morning is told in the morning."""
    monkeypatch.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
    world = make_world("05-14 22:15")
    delivery, channel = desk(world, tmp_path)
    write(world, Picture(MATRICES["14"]))
    delivery.drain("wecom_app")
    assert [refs[0] for _, refs, _ in channel.calls] == ["u2"]
    (alert,) = world.notices("alert")
    assert alert.not_before == datetime(2021, 5, 15, 0, 3, tzinfo=UTC)
