"""Rankings to print: the one that Hunan would see, and all the awkward ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from models.messages import Corrected, RankRow, RankTable

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
    return [
        RankRow(name, rank, Decimal(top - rank * step), rank % 5 - 2, change=Decimal(rank * 613 % 3000 - 400))
        for rank, name in enumerate(names, start=1)
    ]


def counties(count: int) -> list[RankRow]:
    """Rank that many counties."""
    return falling((f"第{number}县" for number in range(1, count + 1)), top=999999)


HUNAN = table(
    [
        RankRow("长沙市", 1, Decimal("1286.43"), 0, change=Decimal("120.4")),
        RankRow("株洲市", 2, Decimal("905.2"), 2, change=Decimal("1200")),
        RankRow("湘潭市", 3, Decimal("861.05"), -1, change=Decimal("-3.5")),
        RankRow("张家界市", 4, Decimal("402.66"), -1, stale=True, change=Decimal(0)),
        RankRow("益阳市", 5, Decimal("355"), None, marks=("缺3平台",)),
        RankRow("怀化市", None, None),
        RankRow("娄底市", None, None),
    ],
    corrections=(Corrected("长沙市", Decimal(1250), Decimal(1230)), Corrected("益阳市", Decimal("300.5"), None)),
)

AWKWARD = {
    "no-rows": table([]),
    "nobody-reported": table(RankRow(name, None, None) for name in CITIES),
    "one-org": table([RankRow("长沙市", 1, Decimal(5))], since=None, number=1),
    "all-tied": table(RankRow(name, 1, Decimal("12.5"), 0) for name in CITIES),
    "all-zero": table(RankRow(name, 1, Decimal("-0"), 0) for name in CITIES),
    "one-leader": table(
        [
            RankRow("长沙市", 1, Decimal("16.7"), 0, change=Decimal("16.7")),
            *(RankRow(name, 2, Decimal(0), 0, change=Decimal(0)) for name in CITIES[1:]),
        ],
        title="任务完成度",
        unit="%",
    ),
    "ties-of-long-names": table(
        [*falling(CITIES[:4]), *(RankRow(LONG_NAME, 5, Decimal(1), 0, stale=True) for _ in range(70))]
    ),
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
    "share": table(
        [
            RankRow("长沙市公安局", 1, Decimal(100), 0, change=Decimal(0)),
            RankRow("湘西自治州公安局", 1, Decimal(100), 3, change=Decimal("16.7")),
            RankRow("株洲市公安局", 3, Decimal("83.3"), -1, change=Decimal("-16.7")),
            RankRow("娄底市公安局", 4, Decimal(0), None),
            RankRow("永州市公安局", None, None, marks=("没有到期任务",)),
        ],
        title="任务完成度",
        unit="%",
        note="已完成的任务数÷应完成的任务数，逾期补上的也算完成。四舍五入保留1位小数。",
    ),
    "corrected-to-zero": table(
        [
            RankRow("长沙市", 1, Decimal(800), 1, change=Decimal(800)),
            RankRow("株洲市", 2, Decimal(0), -1, change=Decimal(-12500)),
        ],
        decimals=0,
        unit="份",
        corrections=(Corrected("株洲市", Decimal(12500), Decimal(0)), Corrected("衡阳市", None, Decimal(90))),
    ),
    "many-corrected": table(
        falling(CITIES),
        corrections=[Corrected(f"{LONG_NAME[:25]}{n}", Decimal(n * 1000), Decimal(n)) for n in range(90)],
    ),
    "all-at-once": table(
        [
            *(RankRow(LONG_NAME, n, Decimal(9000 - n), n, stale=True, marks=("缺3平台",)) for n in range(1, 21)),
            *(RankRow(f"{LONG_NAME[:30]}{n}", None, None) for n in range(134)),
            *(RankRow(f"{LONG_NAME[:30]}{n}", None, None, marks=("缺人口数",)) for n in range(134)),
        ],
        number=None,
        note=NOTE * 9,
        corrections=tuple(Corrected(f"{LONG_NAME[:39]}{n}", Decimal(n * 1000), Decimal(n)) for n in range(90)),
    ),
    "no-population": table([RankRow(name, None, None, marks=("缺人口数",)) for name in CITIES[:5]], since=None),
    "14-rows": table(falling([f"{name}公安局" for name in CITIES], top=128600, step=7193), decimals=0, unit="份"),
    "30-rows": table(counties(30)),
    "134-rows": table(counties(134), number=12, since=11),
}
