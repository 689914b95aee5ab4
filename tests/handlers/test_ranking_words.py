"""What 排名 answers where a ranking is odd: everybody tied, nobody to divide by, values corrected away."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from handlers import wording
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load
from models.messages import RankRow
from tests.render.tables import AWKWARD, table


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """The Hunan campaign."""
    return load(HUNAN)


def test_all_tied(campaign: Campaign) -> None:
    """Where all have the same figure one line says so, whoever reads it."""
    lines = wording.ranking_short(AWKWARD["all-tied"], ["永州市"], campaign).splitlines()[2:]
    assert lines == ["14家均为12.5人/万人"]


def test_one_leader_and_many_tied(campaign: Campaign) -> None:
    """Those who differ in nothing but the name share a line; who moved stands alone, and what is cut is counted."""
    table_ = AWKWARD["one-leader"]
    names = "、".join(row.org for row in table_.rows[1:])
    lines = wording.ranking_short(table_, ["永州市"], campaign).splitlines()[2:]
    assert lines == ["1. 长沙市 16.7% +16.7", f"2. 并列13家 0.0%：{names}"]
    moved = replace(table_, rows=tuple(replace(row, moved=number) for number, row in enumerate(table_.rows)))
    lines = wording.ranking_short(moved, ["永州市"], campaign).splitlines()[2:]
    assert lines[1] == "2. 株洲市 0.0% ▲1（并列）"
    assert lines[6:] == ["2. 永州市 0.0% ▲10（并列）", "前3名（含并列）共14家"]


def test_thirty_thousand_tied_fit_a_message(campaign: Campaign) -> None:
    """However many share a rank, the answer is one message."""
    rows = [RankRow(f"第{number}县", 1, Decimal(0), 0) for number in range(30_000)]
    rows[0] = replace(rows[0], stale=True)
    text = wording.ranking_short(table(rows), [], campaign)
    assert "等29,999家" in text
    assert len(text.encode()) < 1000


def test_not_ranked_is_not_missing(campaign: Campaign) -> None:
    """Who reported but has no population is told apart from who reported nothing."""
    text = wording.ranking_short(AWKWARD["value-without-rank"], [], campaign)
    assert text.endswith("未报1家：长沙市\n未参加排名1家：株洲市（缺人口数）")


def test_the_same_reason_is_told_once(campaign: Campaign) -> None:
    """Where all who cannot be ranked lack the same, the reason stands once; none of them has failed to report."""
    text = wording.empty_ranking(AWKWARD["no-population"])
    assert text == (
        "万人关注率排名：还排不出来，没有一家能参加排名。\n"
        "未参加排名5家（缺人口数）：长沙市、株洲市、湘潭市、衡阳市、邵阳市"
    )
    assert wording.empty_ranking(AWKWARD["nobody-reported"]) == "万人关注率排名：还没有单位报数，排不出来。"
    preview = wording.publish_preview(AWKWARD["value-without-rank"], "工作群", 1)
    assert "上榜0家，未报1家，未参加排名1家。" in preview


def test_change_and_corrections(campaign: Campaign) -> None:
    """The change of the value stands behind the movement, corrections of the last issue below."""
    lines = wording.ranking_short(AWKWARD["corrected-to-zero"], [], campaign).splitlines()
    assert lines[2:] == [
        "1. 长沙市 800份 ▲1 +800",
        "2. 株洲市 0份 ▼1 -12,500",
        "更正第2期：株洲市 12,500→0、衡阳市 未报→90",
    ]
