"""Messages about several orgs are cut so that each figure stays with its org, and nobody's line is guessed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.base import Context
from handlers.reading.reader import Reader
from handlers.segments import cut
from models.campaign import roster
from models.campaign.loader import HUNAN, load
from models.glance import look
from models.messages import Inbound, InboundKind
from models.people import Org
from models.roster_sync import sync
from models.session import Database, connect

NOW = datetime(2021, 5, 12, 8, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def ctx(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """Return what a handler gets when an admin of the office writes; the roster is the one of the notice."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("segments") / "bot.db")
    db = Database(connect(f"sqlite:///{path}"))
    campaign = load(HUNAN)
    bodies = roster.load(HUNAN.with_name("roster.csv"), HUNAN.with_name("people.csv"))
    with db.begin() as session:
        sync(session, bodies, "wecom_app", NOW)
    with db.read() as session:
        yield Context(
            session=session,
            campaign=campaign,
            reader=Reader(campaign),
            inbound=Inbound("wecom_app", "k", "lijianguo", InboundKind.TEXT, ""),
            inbox_id=1,
            trace_id="",
            now=NOW,
            wall=NOW,
            sender=look(session, "wecom_app", "lijianguo", NOW),
            new_code=lambda: "4821",
            new_invitation=lambda: "A7K9Q2",
        )
    db.dispose()


def read(ctx: Context, text: str) -> list[str]:
    """Cut a message and read each piece: 长沙市公安局 handbook=3000; a name that is not known has a question mark."""
    found = []
    for piece in cut(ctx, text).found:
        reading = ctx.reader.read(piece.text, ctx.today)
        name = ctx.session.get_one(Org, piece.orgs[0]).name if len(piece.orgs) == 1 else f"{piece.written}?"
        figures = [f"{f.indicator}{'/' + f.part if f.part else ''}={f.value}" for f in reading.found]
        figures += ["zero"] if reading.verdict.value == "zero" else []
        figures += [f"?{doubt.as_written}" for doubt in reading.doubts]
        found.append(" ".join([name, *figures]))
    return found


CASES = {
    "chain": ("1. 长沙 手册3000\n2. 株洲 手册500", ["长沙市公安局 handbook=3000", "株洲市公安局 handbook=500"]),
    "circled": ("①长沙手册3000\n②株洲手册500", ["长沙市公安局 handbook=3000", "株洲市公安局 handbook=500"]),
    "colon": (
        "长沙：手册3000；横幅20\n株洲：手册500",
        ["长沙市公安局 handbook=3000 banner=20", "株洲市公安局 handbook=500"],
    ),
    "glued": ("长沙发放手册3000册\n株洲悬挂横幅5条", ["长沙市公安局 handbook=3000", "株洲市公安局 banner=5"]),
    "clauses": (
        "长沙手册30，株洲手册50；湘潭海报7张",
        ["长沙市公安局 handbook=30", "株洲市公安局 handbook=50", "湘潭市公安局 poster=7"],
    ),
    "below": (
        "长沙市\n手册3000\n横幅20\n株洲市\n手册500",
        ["长沙市公安局 handbook=3000 banner=20", "株洲市公安局 handbook=500"],
    ),
    "heading": ("手册发放情况\n长沙 3000\n株洲 500", ["长沙市公安局 handbook=3000", "株洲市公安局 handbook=500"]),
    "field": (
        "单位：长沙市公安局 手册3册\n单位：株洲市公安局 手册5册",
        ["长沙市公安局 handbook=3", "株洲市公安局 handbook=5"],
    ),
    "writers": (
        "长沙 张三 手册30\n株洲（李四）手册50\n湘潭 赵一鸣：手册70",
        ["长沙市公安局 handbook=30", "株洲市公安局 handbook=50", "湘潭市公安局 handbook=70"],
    ),
    "nothing": (
        "长沙 手册30\n株洲 无\n湘潭：零报告",
        ["长沙市公安局 handbook=30", "株洲市公安局 zero", "湘潭市公安局 zero"],
    ),
    "names-like-things": (
        "省广播电视局 手册30\n农行 海报5张",
        ["省广播电视局 handbook=30", "农业银行湖南省分行 poster=5"],
    ),
    "county-not-city": ("长沙县 手册30\n株洲 手册50", ["长沙县? handbook=30", "株洲市公安局 handbook=50"]),
    "unknown": ("长沙 手册30\n火星市 手册50", ["长沙市公安局 handbook=30", "火星市? handbook=50"]),
    "own-places": ("长沙市公安局\n望城坡社区 手册30册\n望月湖街道 手册20册", ["长沙市公安局 handbook=30 handbook=20"]),
    "alone-with-strangers": ("1. 株洲 手册30\n2. 火星市 手册50", ["株洲市公安局 handbook=30", "火星市? handbook=50"]),
    "part": ("长沙公安局 手册30\n株洲 手册50", ["长沙市公安局 handbook=30", "株洲市公安局 handbook=50"]),
    "places": (
        "长沙 进社区5次，进学校2次\n株洲 进村3次",
        ["长沙市公安局 visit/社区=5 visit/学校=2", "株洲市公安局 visit/乡村=3"],
    ),
    "tabs": (
        "单位\t手册\t横幅\n长沙\t3000\t20\n株洲\t\t3",
        ["长沙市公安局 handbook=3000 banner=20", "株洲市公安局 banner=3"],
    ),
    "serial": ("序号\t单位\t手册\n1\t长沙\t30\n2\t株洲\t50", ["长沙市公安局 handbook=30", "株洲市公安局 handbook=50"]),
    "commas": (
        "单位,手册,横幅\n长沙,3000,20\n株洲,500,3",
        ["长沙市公安局 handbook=3000 banner=20", "株洲市公安局 handbook=500 banner=3"],
    ),
    "bars": ("|单位|手册|\n|---|---|\n|长沙|30|\n|火星|5|", ["长沙市公安局 handbook=30", "火星? handbook=5"]),
    "blanks": (
        "单位 手册 横幅\n长沙 30 2\n株洲 50 3",
        ["长沙市公安局 handbook=30 banner=2", "株洲市公安局 handbook=50 banner=3"],
    ),
    "full-width": (
        "１．长沙　手册３０００\n２．株洲　手册５００",
        ["长沙市公安局 handbook=3000", "株洲市公安局 handbook=500"],
    ),
    "own-words": ("今天发放手册500册，横幅3条", []),
    "places-of-a-report": ("今天在长沙火车站发放手册500册\n在株洲路摆摊", []),
    "street": ("长沙路社区手册30册\n株洲路社区手册50册", []),
    "question": ("长沙和株洲报了多少手册？", []),
    "empty": ("", []),
    "emoji": ("👍👍", []),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_figure_stays_with_its_org(ctx: Context, case: str) -> None:
    """A message gives the pieces of its orgs, in order, each read by itself."""
    text, expected = CASES[case]
    assert read(ctx, text) == expected


def test_the_line_of_totals_is_no_orgs(ctx: Context) -> None:
    """合计 is kept apart, for comparing."""
    pieces = cut(ctx, "长沙 手册30\n株洲 手册50\n合计：手册80")
    assert [piece.written for piece in pieces.found] == ["长沙", "株洲"]
    assert [str(found.value) for found in ctx.reader.read(pieces.total, ctx.today).found] == ["80"]


def test_figures_before_the_first_org_belong_to_nobody(ctx: Context) -> None:
    """They are told of, and given to no org."""
    pieces = cut(ctx, "手册900册\n长沙 手册30\n株洲 手册50")
    assert pieces.loose == "手册900册"
    assert read(ctx, "手册900册\n长沙 手册30\n株洲 手册50") == ["长沙市公安局 handbook=30", "株洲市公安局 handbook=50"]


def test_a_long_paste_is_cut_quickly(ctx: Context) -> None:
    """Two thousand characters of lines take no longer than an answer may."""
    text = "\n".join(f"{n}. 长沙 手册{n}" for n in range(1, 160))
    assert len(cut(ctx, text).found) == 159
