"""The chat text of a ranking: what it says, and that it never passes the limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.render.text import group_digits, movement, ranking_text
from models.messages import RankRow
from tests.render.tables import AWKWARD, CITIES, HUNAN, NOTE, counties, table

WHOLE = f"""万人关注率排名 第3期
数据截至2021年5月24日9:05，单位：人/万人
1. 长沙市 1,286.4 — +120.4
2. 株洲市 905.2 ▲2 +1,200.0
3. 湘潭市 861.1 ▼1 -3.5
4. 张家界市 402.7 ▼1 持平（数据未更新）
5. 益阳市 355.0 新（缺3平台）
未报2家：怀化市、娄底市
更正第2期：长沙市 1,250.0→1,230.0；益阳市 300.5→未报
注：{NOTE}
▲▼较第2期升降名次，—名次未变，新为新上榜，+-为数值增减"""


def test_whole_text() -> None:
    """With room enough every part of the ranking is told, figures rounded half up and missing orgs apart."""
    assert ranking_text(HUNAN, 2048) == WHOLE


def test_first_issue_has_no_movements() -> None:
    """A ranking with nothing to compare with shows no signs of movement and does not explain any."""
    text = ranking_text(AWKWARD["one-org"], 2048)
    assert text.splitlines()[2] == "1. 长沙市 5.0"
    assert "新" not in text
    assert "▲" not in text


def test_preview_says_so() -> None:
    """A ranking without issue number is called a preview in its first line."""
    assert ranking_text(AWKWARD["preview"], 2048).splitlines()[0] == "万人关注率排名（预览，尚未发布）"


def test_nothing_to_rank() -> None:
    """A ranking without data says so instead of showing zeros."""
    assert "暂无可排名的数据" in ranking_text(AWKWARD["no-rows"], 2048)
    assert "未报14家：长沙市、" in ranking_text(AWKWARD["nobody-reported"], 2048)


def test_ties_are_named() -> None:
    """Orgs that share a rank are called tied."""
    shared = replace(HUNAN, rows=tuple(RankRow(name, 1, Decimal(3), 0) for name in "甲乙丙"))
    assert ranking_text(shared, 2048).count("（并列）") == 3


def test_one_figure_of_all_is_one_line() -> None:
    """Where all have the same figure and nothing else is to be known, no list of equal lines; else there is."""
    text = ranking_text(AWKWARD["all-tied"], 2048)
    assert "\n14家均为12.5人/万人\n" in text
    assert "并列" not in text
    assert "▲" not in text
    rows = [RankRow(name, 1, Decimal(0), None) for name in "甲乙丙丁"]
    done = replace(HUNAN, unit="%", rows=tuple(rows), since=None)
    assert "\n4家均为0.0%\n" in ranking_text(done, 2048)
    stale = replace(done, rows=(*rows[:3], RankRow("丁", 1, Decimal(0), None, stale=True)))
    assert ranking_text(stale, 2048).count("并列") == 4


def test_those_who_share_a_figure_share_a_line() -> None:
    """One leader and thirteen others at zero are two lines; where there is little room the names go, not the count."""
    text = ranking_text(AWKWARD["one-leader"], 2048)
    names = "、".join(CITIES[1:])
    assert text.splitlines()[2:4] == ["1. 长沙市 16.7 — +16.7", f"2. 并列13家 0.0 — 持平：{names}"]
    assert "2. 并列13家 0.0 — 持平：" + "、".join(CITIES[1:9]) + "等" in ranking_text(AWKWARD["one-leader"], 270)
    assert ranking_text(AWKWARD["one-leader"], 150).endswith("2. 并列13家 0.0 — 持平")
    rows = [RankRow(f"第{number}县", 1 + (number > 0), Decimal(number == 0), None) for number in range(30_000)]
    assert ranking_text(table(rows, since=None), 100).endswith("……其余29,999家见图")


def test_not_rankable_is_not_missing() -> None:
    """Who reported but cannot be ranked is told with the reason; a rank without a value counts as missing."""
    assert "未参加排名2家：长沙市（7.0）、株洲市（缺人口数）" in ranking_text(AWKWARD["value-without-rank"], 2048)
    text = ranking_text(AWKWARD["rank-without-value"], 2048)
    assert "未报1家：长沙市" in text
    assert "未参加排名1家：株洲市（—）" in text
    assert "未参加排名5家（缺人口数）：长沙市、株洲市" in ranking_text(AWKWARD["no-population"], 2048)
    assert "并列" not in text


def test_hostile_name_stays_on_its_line() -> None:
    """Line breaks and control characters in a name cannot forge a line of the ranking."""
    lines = ranking_text(AWKWARD["hostile-name"], 2048).splitlines()
    assert lines[2] == "1. <b>长沙&株洲</b>\"']]> 😀👮局 1.0 ▼120"
    assert lines[3].startswith("未报1家：")


def test_cut_at_line_ends() -> None:
    """A text that is too long loses whole lines from the end, says how many, and keeps the count of who is missing."""
    rows = [*counties(134), *AWKWARD["nobody-reported"].rows]
    lines = ranking_text(table(rows), 700).splitlines()
    listed = [line for line in lines if line[0].isdigit()]
    assert listed == ranking_text(table(rows), 10_000).splitlines()[2 : 2 + len(listed)]
    assert lines[-2:] == [f"……其余{134 - len(listed)}家见图", "未报14家"]


def test_cut_without_picture() -> None:
    """Where no picture goes with the text, it does not point to one."""
    text = ranking_text(table(counties(134)), 700, pictured=False)
    assert "见图" not in text
    assert "家未列出" in text


def test_explanations_go_before_names() -> None:
    """The explanation of the arrows goes first, then the note, then the names of who is missing."""
    size = len(WHOLE.encode())
    assert ranking_text(HUNAN, size) == WHOLE
    assert ranking_text(HUNAN, size - 1) == WHOLE.rsplit("\n", 1)[0]
    without_note = WHOLE.rsplit("\n", 2)[0]
    assert ranking_text(HUNAN, len(without_note.encode())) == without_note
    assert ranking_text(HUNAN, len(without_note.encode()) - 1).endswith("（缺3平台）\n未报2家\n更正第2期2家")


@pytest.mark.parametrize("name", AWKWARD)
@settings(deadline=None)  # a busy machine is no failure
@given(limit=st.integers(-5, 3000))
def test_never_above_the_limit(name: str, limit: int) -> None:
    """Whatever the ranking and the limit, the text fits and is valid UTF-8 without control characters."""
    text = ranking_text(AWKWARD[name], limit)
    assert len(text.encode()) <= max(limit, 0)
    assert all(char == "\n" or char.isprintable() for char in text)


def test_thirty_thousand_orgs() -> None:
    """A ranking of 30 000 orgs is cut like any other."""
    text = ranking_text(table(counties(30_000)), 2048)
    assert 1900 < len(text.encode()) <= 2048
    assert "……其余29" in text


def test_moment_is_told_in_the_zone() -> None:
    """A moment without zone is taken as wall clock; an aware one is turned into the campaign's zone."""
    naive = replace(HUNAN, as_of=datetime(2021, 5, 24, 21, 0))  # noqa: DTZ001 the case that is tested
    assert "5月24日21:00" in ranking_text(naive, 2048)
    assert "5月24日9:05" in ranking_text(HUNAN, 2048)


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        ("1234567.005", 2, "1,234,567.01"),
        ("0.05", 1, "0.1"),
        ("-0.04", 1, "0.0"),
        ("-1234.5", 0, "-1,235"),
        ("1E+5", 0, "100,000"),
        ("0E+50", 1, "0.0"),
        ("1E+90", 0, "1.000E+90"),
        ("123456789012345678901234567890", 2, "123,456,789,012,345,678,901,234,567,890.00"),
        ("NaN", 1, "—"),
        ("-Infinity", 1, "—"),
    ],
)
def test_group_digits(value: str, decimals: int, printed: str) -> None:
    """Figures are rounded half up to the declared decimals and grouped by thousands."""
    assert group_digits(Decimal(value), decimals) == printed


@pytest.mark.parametrize(("moved", "printed"), [(2, "▲2"), (-1, "▼1"), (0, "—"), (None, "新")])
def test_movement(moved: int | None, printed: str) -> None:
    """Places won point up, lost point down, none is a dash, and a newcomer is called new."""
    assert movement(moved) == printed
