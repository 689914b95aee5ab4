"""What 排名 answers where a ranking is odd: everybody tied, nobody to divide by, values corrected away."""

from __future__ import annotations

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
    """Of many who share the first rank a few are named, the reader's own among them, and the rest are counted."""
    lines = wording.ranking_short(AWKWARD["all-tied"], ["永州市"], campaign).splitlines()[2:]
    assert [line.split()[1] for line in lines[:-1]] == [
        "长沙市",
        "株洲市",
        "湘潭市",
        "衡阳市",
        "邵阳市",
        "岳阳市",
        "永州市",
    ]
    assert lines[0] == "1. 长沙市 12.5人/万人（并列）"
    assert lines[-1] == "前3名（含并列）共14家"


def test_thirty_thousand_tied_fit_a_message(campaign: Campaign) -> None:
    """However many share a rank, the answer is one message."""
    rows = [RankRow(f"第{number}县", 1, Decimal(0), 0) for number in range(30_000)]
    assert len(wording.ranking_short(table(rows), [], campaign).encode()) < 1000


def test_not_ranked_is_not_missing(campaign: Campaign) -> None:
    """Who reported but has no population is told apart from who reported nothing."""
    text = wording.ranking_short(AWKWARD["value-without-rank"], [], campaign)
    assert text.endswith("未报1家：长沙市\n未参加排名1家：株洲市（缺人口数）")


def test_change_and_corrections(campaign: Campaign) -> None:
    """The change of the value stands behind the movement, corrections of the last issue below."""
    lines = wording.ranking_short(AWKWARD["corrected-to-zero"], [], campaign).splitlines()
    assert lines[2:] == [
        "1. 长沙市 800份 ▲1 +800",
        "2. 株洲市 0份 ▼1 -12,500",
        "更正第2期：株洲市 12,500→0、衡阳市 未报→90",
    ]
