"""Rankings to print: the one that Hunan would see, and all the awkward ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from models.messages import RankRow, RankTable

CITIES = [
    "长沙市",
    "株洲市",
    "湘潭市",
    "衡阳市",
    "邵阳市",
    "岳阳市",
    "常德市",
    "张家界市",
    "益阳市",
    "郴州市",
    "永州市",
    "怀化市",
    "娄底市",
    "湘西土家族苗族自治州",
]
NOTE = "5个平台关注总人数÷常住人口×1万；常住人口为第七次全国人口普查数。"
LONG_NAME = "湖南省长沙市雨花区人民政府打击治理电信网络新型违法犯罪工作联席会议办公室第一工作组"[:40]
HOSTILE_NAME = "<b>长沙&株洲</b>\"']]>\x00\x1b\x7f\r\n\u202e\u200d\ufffe\ud800😀👮局"


def table(rows: Iterable[RankRow], **changed: Any) -> RankTable:
    """Make a ranking as of 09:05 in Shanghai on 24 May 2021."""
    values: dict[str, Any] = {
        "ranking": "follow-rate",
        "title": "万人关注率排名",
        "unit": "人/万人",
        "decimals": 1,
        "as_of": datetime(2021, 5, 24, 1, 5, tzinfo=UTC),
        "number": 3,
        "note": NOTE,
        "since": 2,
    }
    return RankTable(rows=tuple(rows), **{**values, **changed})


def falling(names: Iterable[str], top: int = 9000, step: int = 37) -> list[RankRow]:
    """Rank names in their order with falling values and all kinds of movement."""
    return [RankRow(name, rank, Decimal(top - rank * step), rank % 5 - 2) for rank, name in enumerate(names, start=1)]


def counties(count: int) -> list[RankRow]:
    """Rank that many counties."""
    return falling((f"第{number}县" for number in range(1, count + 1)), top=999999)


HUNAN = table(
    [
        RankRow("长沙市", 1, Decimal("1286.43"), 0),
        RankRow("株洲市", 2, Decimal("905.2"), 2),
        RankRow("湘潭市", 3, Decimal("861.05"), -1),
        RankRow("张家界市", 4, Decimal("402.66"), -1, stale=True),
        RankRow("益阳市", 5, Decimal("355"), None, marks=("缺3平台",)),
        RankRow("怀化市", None, None),
        RankRow("娄底市", None, None),
    ]
)

AWKWARD = {
    "no-rows": table([]),
    "nobody-reported": table(RankRow(name, None, None) for name in CITIES),
    "one-org": table([RankRow("长沙市", 1, Decimal(5))], since=None, number=1),
    "all-tied": table(RankRow(name, 1, Decimal("12.5"), 0) for name in CITIES),
    "all-zero": table(RankRow(name, 1, Decimal("-0"), 0) for name in CITIES),
    "negative": table(falling(CITIES[:8], top=150)),
    "only-negative": table(falling(CITIES[:3], top=-5)),
    "preview": table(falling(CITIES), number=None),
    "forty-characters": table(falling([LONG_NAME, LONG_NAME[:20], LONG_NAME[:30]]), unit="人次/每万常住人口"),
    "eighty-characters": table([RankRow(LONG_NAME * 3, 1, Decimal(1), 0, stale=True, marks=("缺3平台", "人口数待核"))]),
    "hostile-name": table([RankRow(HOSTILE_NAME, 1, Decimal(1), -120), RankRow(HOSTILE_NAME, None, None)]),
    "no-name": table([RankRow("", 1, Decimal(1), 0), RankRow("😀", 2, Decimal(0), 0), RankRow("\x00", None, None)]),
    "rank-without-value": table([RankRow("长沙市", 1, None), RankRow("株洲市", 2, Decimal("NaN"))]),
    "value-without-rank": table(
        [RankRow("长沙市", None, Decimal(7)), RankRow("株洲市", None, None, marks=("缺人口数",))]
    ),
    "huge-figures": table(
        [RankRow("长沙市", 1, Decimal("123456789012.345"), 9999), RankRow("株洲市", 1000, Decimal("1E+90"))]
    ),
    "long-title": table(
        falling(CITIES), title="全省打击治理电信网络新型违法犯罪集中宣传月各市州反诈短视频采用情况" * 2
    ),
    "hostile-words": table(falling(CITIES[:2]), title="<&\x00>", unit="<人>", note="]]>&lt;\x08" + NOTE * 9),
    "many-missing": table([RankRow(f"{LONG_NAME[:30]}{n}", None, None) for n in range(134)]),
    "30-rows": table(counties(30)),
    "134-rows": table(counties(134), number=12, since=11),
}
