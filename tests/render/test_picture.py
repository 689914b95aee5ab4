"""The picture as SVG: nothing too small, nothing outside, nothing over something else."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from bot.render.picture import pages
from bot.render.svg import GREY, PAPER, drawable, flow, shorten, wrap
from bot.render.words import CHINA, clean
from models.messages import RankRow, RankTable
from tests.render.layout import boxes, check
from tests.render.tables import AWKWARD, CITIES, HUNAN, LONG_NAME, counties, table


def words(ranking: RankTable) -> list[str]:
    """List all words of a ranking's pages."""
    return [box.words for page in pages(ranking, CHINA) for box in boxes(page)]


@pytest.mark.parametrize("name", ["hunan", *AWKWARD])
def test_everything_is_in_its_place(name: str) -> None:
    """All words are at least 28 px, inside the margins, and never over one another."""
    for page in pages(AWKWARD.get(name, HUNAN), CHINA):
        check(page)


def test_hunan_says_it_all() -> None:
    """The picture names issue, moment, orgs, figures, unit, movement, marks, who is missing, and explains itself."""
    drawn = "\n".join(words(HUNAN))
    for part in (
        "第3期  |  数据截至2021年5月24日9:05",
        "长沙市",
        "1,286.4",
        "人/万人",
        "缺3平台",
        "数据未更新",
        "较第2期",
    ):
        assert part in drawn
    for part in ("参加排名5家，未报2家", "怀化市、娄底市", "名次上升", "新上榜", "第七次全国人口普查数"):
        assert part in drawn


def test_stale_and_missing_are_grey() -> None:
    """A stale row and the missing orgs are grey, a fresh row is not."""
    (page,) = pages(HUNAN, CHINA)
    fills = {box.words: box.fill for box in boxes(page)}
    assert fills["张家界市"] == fills["402.7"] == fills["怀化市、娄底市"] == GREY
    assert fills["湘潭市"] != GREY


@pytest.mark.parametrize(("count", "expected"), [(14, 1), (20, 1), (30, 2), (134, 7)])
def test_pages(count: int, expected: int) -> None:
    """Rows are split evenly into pages, each row once and in order, each page numbered and explained."""
    split = list(pages(table(counties(count)), CHINA))
    assert len(split) == expected
    assert [box.words for page in split for box in boxes(page) if box.words.endswith("县")] == [
        f"第{number}县" for number in range(1, count + 1)
    ]
    heights = [float(ElementTree.fromstring(page).attrib["height"]) for page in split]
    assert max(heights) - min(heights) < 240
    assert all("名次上升" in page and "第3期" in page for page in split)
    assert ("第1/" in split[0]) == (expected > 1)


def test_thirty_thousand_orgs() -> None:
    """Ten pages are drawn at most, and the last one says how many orgs are left out."""
    split = list(pages(table(counties(30_000)), CHINA))
    assert len(split) == 10
    assert "其余29,800家未在图中列出" in split[-1]


def test_forty_characters_are_shown_in_full() -> None:
    """A name of 40 characters is broken into lines, not cut, since orgs may differ in the last character."""
    drawn = "".join(words(AWKWARD["forty-characters"]))
    assert LONG_NAME in drawn


def test_preview_has_a_strip_that_says_so() -> None:
    """A preview says that it is not published; a published issue does not."""
    assert "预览，尚未发布" in words(AWKWARD["preview"])
    assert "预览，尚未发布" not in words(HUNAN)


def test_change_and_corrections_are_told() -> None:
    """The change of the value stands beside the movement, and what was corrected in the last issue in a line each."""
    drawn = words(HUNAN)
    for part in ("+120.4", "+1,200.0", "-3.5", "持平", "灰色数字：数值较第2期的增减"):
        assert part in drawn
    assert drawn[drawn.index("更正第2期 2家") + 1 :][:2] == ["长沙市 1,250.0→1,230.0", "益阳市 300.5→未报"]
    assert "另有82家未列出" in words(AWKWARD["many-corrected"])
    assert "12,500→0" in "".join(words(AWKWARD["corrected-to-zero"]))


def test_shares_fill_their_bars_at_a_hundred() -> None:
    """A share is drawn against 100 %, so that a leader with 50 % does not look done; its change is in points."""
    (page,) = pages(table([RankRow("长沙市", 1, Decimal(50), 0, change=Decimal(5))], unit="%"), CHINA)
    track, bar = (each for each in ElementTree.fromstring(page).iter() if each.attrib.get("height") == "16.0")
    assert float(bar.attrib["width"]) == pytest.approx(float(track.attrib["width"]) / 2, abs=0.1)
    assert "（百分点）" in page


def test_the_last_are_no_leaders() -> None:
    """Where all are tied nobody is shown in red, nor are those at the end who come among the first three."""
    for name, last in (("all-tied", "1"), ("one-leader", "2"), ("corrected-to-zero", "2")):
        fills = [(box.words, box.fill) for page in pages(AWKWARD[name], CHINA) for box in boxes(page)]
        assert (last, GREY) in fills, name
        assert (last, PAPER) not in fills
        assert last == "1" or ("1", PAPER) in fills


def test_those_who_share_a_figure_share_a_row() -> None:
    """Thirteen at zero are one row that counts and names them; 30 000 are one as well, and nothing is left out."""
    drawn = words(AWKWARD["one-leader"])
    assert "并列13家" in drawn
    assert drawn.count("0.0") == 1
    assert all(name in "".join(drawn) for name in CITIES)
    assert "名次上升" not in drawn
    tied = table(RankRow(f"第{number}县", 1, Decimal(0), None) for number in range(30_000))
    (page,) = pages(tied, CHINA)
    assert "并列30,000家" in page
    assert "未在图中列出" not in page


def test_first_issue_explains_no_arrows() -> None:
    """Without an issue to compare with there is neither a column of movements nor its explanation."""
    drawn = words(AWKWARD["one-org"])
    assert "名次上升" not in drawn
    assert "新" not in drawn


def test_negative_bars_point_left() -> None:
    """A negative value has a bar left of the zero line, a positive one right of it, both inside the track."""
    (page,) = pages(AWKWARD["negative"], CHINA)
    bars = [bar for bar in ElementTree.fromstring(page).iter() if bar.attrib.get("height") == "16.0"]
    track, positive, negative = bars[0], bars[1], bars[-1]
    left, right = float(track.attrib["x"]), float(track.attrib["x"]) + float(track.attrib["width"])
    assert float(negative.attrib["x"]) >= left
    assert float(negative.attrib["x"]) < float(positive.attrib["x"])
    assert float(positive.attrib["x"]) + float(positive.attrib["width"]) <= right + 0.1


def test_words_are_made_drawable() -> None:
    """Control characters, direction marks and emoji go; what XML cares about stays as it was typed."""
    assert drawable(clean("A<&>\x00\u202e😀 \n 局")) == "A<&> 局"
    assert clean("长" * 100) == "长" * 79 + "…"


def test_wrapping_and_shortening() -> None:
    """Lines break inside no figure and before no closing mark, and what does not fit ends in an ellipsis."""
    assert wrap("本次共有1,234,567人。", 30, 220, 3) == ["本次共有", "1,234,567人。"]
    assert wrap("一二三四五，六", 30, 150, 2) == ["一二三四", "五，六"]
    assert wrap("一二三四五六七八九", 30, 90, 2) == ["一二三", "四五…"]
    assert wrap("", 30, 90, 2) == []
    assert wrap("W" * 30, 30, 10, 2)[0] == "W"
    assert shorten("长沙市公安局", 30, 100) == "长沙…"
    assert flow(["甲乙丙", "丁戊", "己"], 10, 50, 9) == ["甲乙丙、", "丁戊、己"]
    assert flow(["甲乙", "丙丁", "戊己"], 10, 30, 2) == ["甲乙、", "丙丁…"]
    assert flow(["甲乙丙丁", "戊己"], 10, 30, 3) == ["甲乙丙", "丁、戊", "己"]
