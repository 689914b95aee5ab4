"""Matrices and trends: as SVG, as PNG, as chat text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from bot.render import matrix, trend
from bot.render.png import MOST_BYTES, table_png
from bot.render.svg import RED
from bot.render.text import table_text
from bot.render.words import CHINA
from models.charts import Cell, MatrixTable, TrendTable
from models.messages import Picture, TableText, content_from_json, content_to_json
from tests.render import pixels
from tests.render.charts import MATRICES, MONTH, TRENDS, grid, orgs, row, series
from tests.render.layout import boxes, check

CIRCLE, RECT = "{http://www.w3.org/2000/svg}circle", "{http://www.w3.org/2000/svg}rect"
EVERY = {**{f"matrix-{name}": table for name, table in MATRICES.items()}, **TRENDS}


def words(table: MatrixTable | TrendTable) -> list[str]:
    """List all words of a picture."""
    drawn = matrix.pages(table, CHINA) if isinstance(table, MatrixTable) else trend.pages(table, CHINA)
    return [box.words for page in drawn for box in boxes(page)]


@pytest.mark.parametrize("name", MATRICES)
def test_matrix_is_in_its_place(name: str) -> None:
    """All words are at least 28 px, inside the margins, and never over one another."""
    for page in matrix.pages(MATRICES[name], CHINA):
        check(page)


@pytest.mark.parametrize("name", TRENDS)
def test_trend_is_in_its_place(name: str) -> None:
    """The same for a trend, which is always one page."""
    (page,) = trend.pages(TRENDS[name], CHINA)
    check(page)


@pytest.mark.parametrize("name", ["matrix-14", "matrix-hostile-names", "month", "hostile-words"])
def test_png(name: str) -> None:
    """What is drawn becomes a PNG, 1080 wide and far below 2 MB."""
    (png,) = table_png(EVERY[name])
    assert pixels.size(png)[0] == 1080
    assert len(png) < MOST_BYTES / 4


@pytest.mark.parametrize("name", EVERY)
def test_json_and_back(name: str) -> None:
    """What a notice keeps of a table draws the same picture and tells the same text."""
    for content in (Picture(EVERY[name]), TableText(EVERY[name])):
        assert content_from_json(content_to_json(content)) == content


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("limit", [0, 40, 300, 2048])
def test_text_fits(name: str, limit: int) -> None:
    """The text never passes the limit, whatever the table."""
    assert len(table_text(EVERY[name], limit).encode()) <= limit


def test_matrix_counts() -> None:
    """Counts stand along both edges, the share of all at the corner; rows keep their order."""
    said = words(MATRICES["14"])
    assert "共14家，完成71%" in said
    table = MATRICES["14"]
    assert said.count("6/6") == sum(each.done == each.of == 6 for each in table.rows)
    assert said[said.index("应完成") :].count("13") == sum(column.of == 13 for column in table.columns)
    names = [each.org for each in table.rows if len(each.org) < 9]
    assert [each for each in said if each in names] == names


def test_matrix_signs() -> None:
    """Each standing has a sign of its own, told by a letter or a shape; what is not owed has none."""
    cells: list[Cell | None] = [*Cell, None]
    (page,) = matrix.pages(grid([row("长沙市公安局", cells)], [f"任务{n}" for n in range(len(cells))]), CHINA)
    said = [box.words for box in boxes(page)]
    assert [said.count(letter) for letter in "迟逾免"] == [2, 2, 2]  # in the row and in the legend
    circles = list(ElementTree.fromstring(page).iter(CIRCLE))
    assert len(circles) == 2 * 5  # 免 and what is not owed have no circle
    assert "空白是没有这项任务。" in said
    assert "2/4" in said  # excused and ahead are not counted


def test_matrix_pages() -> None:
    """134 orgs take five pages, each with the head and the counts, each org once."""
    drawn = list(matrix.pages(MATRICES["134"], CHINA))
    assert len(drawn) == 5
    assert all("共134家，完成" in page and "按时完成" in page for page in drawn)
    names = [box.words for page in drawn for box in boxes(page) if box.words.endswith("县公安局")]
    assert sorted(names) == sorted(each.org for each in MATRICES["134"].rows)


def test_matrix_of_many_duties() -> None:
    """More duties than fit beside the names come in blocks, and all the same each org has its whole count."""
    drawn = list(matrix.pages(MATRICES["twenty-duties"], CHINA))
    assert len(drawn) == 3
    assert all("20/20" in page for page in drawn)


def test_matrix_says_what_it_leaves_out() -> None:
    """Orgs beyond those drawn are counted, and the last page says how many there are."""
    assert "其余29,800家未在图中列出" in words(MATRICES["cut"])
    assert "共30,000家，完成72%" in words(MATRICES["cut"])
    assert "其余29,8" in table_text(MATRICES["cut"], 2048)


def test_matrix_without_duties() -> None:
    """Nobody with a duty is said, not drawn as an empty table."""
    assert "没有要完成的任务" in words(MATRICES["no-rows"])
    assert "没有要完成的任务" in words(MATRICES["no-columns"])


def test_matrix_text() -> None:
    """The text tells how far each duty is and who still owes what."""
    table = grid(
        [row("长沙市公安局", [Cell.DONE, Cell.OVERDUE]), row("株洲市公安局", [Cell.LATE, Cell.OPEN])],
        ["总结", "短信 5.17"],
    )
    assert table_text(table, 2048).splitlines() == [
        "反诈宣传月任务进度（市州）",
        "数据截至2021年5月26日16:41",
        "共2家，应完成4项，已完成2项（50%）",
        "总结 2/2",
        "短信（5.17起） 0/2",
        "长沙市公安局 1/2，还差：短信（5.17起）（逾期）",
        "株洲市公安局 1/2，还差：短信（5.17起）",
        "注：逾期后补上的也算完成；免报和未开始的不计。",
    ]


def bars(table: TrendTable) -> list[ElementTree.Element]:
    """List the bars of a trend: what has round corners and is no tile."""
    (page,) = trend.pages(table, CHINA)
    rects = ElementTree.fromstring(page).iter(RECT)
    return [rect for rect in rects if rect.attrib.get("rx") not in (None, "0", "10")]


def test_gaps_are_no_zeros() -> None:
    """A day without a report has no bar and a reported 0 has a stub, and the picture says which is which."""
    table = TRENDS["month"]
    drawn = bars(table)
    assert len(drawn) == sum(value is not None for value in MONTH)
    assert [bar.attrib["height"] for bar in drawn].count("6.0") == 1
    assert "灰底是休息日；没有柱子的日子没有单位上报；贴着底线的灰色短柱是报了0。" in words(table)
    assert "没有单位上报" not in "".join(words(series([1, 2, 3])))


def test_the_top_is_red_and_written_out() -> None:
    """The best day has its figure above a red bar; of two equal ones the first."""
    assert "24,350" in words(TRENDS["month"])
    drawn = bars(series([5, 9, 9]))
    assert [bar.attrib["fill"] == RED for bar in drawn] == [False, True, False]


def test_days_to_come_have_no_line() -> None:
    """The running total ends with the last day that has come; its figure stands there."""
    (page,) = trend.pages(TRENDS["month"], CHINA)
    (line,) = (each for each in ElementTree.fromstring(page).iter() if each.tag.endswith("polyline"))
    assert len(line.attrib["points"].split()) == 17
    assert words(TRENDS["month"]).count("183,100") == 2  # in the tile and at the end of the line


def test_an_axis_of_handbooks_has_whole_figures() -> None:
    """Values of one and two are not measured in halves."""
    assert not [each for each in words(TRENDS["small"]) if each.endswith(".5")]


@pytest.mark.parametrize(
    ("top", "marks"),
    [
        (3, ["0", "1", "2", "3"]),
        (3_000, ["0", "1,000", "2,000", "3,000"]),
        (15_000, ["0", "0.5万", "1万", "1.5万"]),
        (183_100, ["0", "10万", "20万"]),
        (3 * 10**8, ["0", "1亿", "2亿", "3亿"]),
    ],
)
def test_axis_is_read_at_a_glance(top: int, marks: list[str]) -> None:
    """Values along an axis are round, short, and no fractions that nobody says."""
    said = words(series([top]))
    start = said.index("每日新增（册）") + 1
    assert said[start : start + len(marks)] == marks


def test_level_has_no_bars() -> None:
    """Of a level only what stands is drawn, without an area that would pretend to start from nought."""
    assert not bars(TRENDS["level"])
    (page,) = trend.pages(TRENDS["level"], CHINA)
    assert "<polygon" not in page
    assert "+1,400" in page


def test_trend_text() -> None:
    """The text tells the total, the best day and the newest days, gaps included."""
    table = series([500, 0, None, None, 700], first=date(2021, 5, 20), before=Decimal(0))
    assert table_text(table, 2048).splitlines() == [
        "宣传手册每日发放情况（全部单位）",
        "数据截至2021年5月26日16:41",
        "累计1,200册，12家报过数，共14家",
        "单日最多700册（5月24日）",
        "最近5天：",
        "5月20日 500",
        "5月21日 0",
        "5月22日（休息日） 没有单位上报",
        "5月23日（休息日） 没有单位上报",
        "5月24日 700",
    ]
    assert "这段时间还没有上报" in table_text(TRENDS["no-data"], 2048)


def test_one_org() -> None:
    """A matrix of one org is a picture like any other."""
    assert "共1家，完成100%" in words(grid(orgs(14)[:1]))


def test_days_are_named() -> None:
    """The first and the last day always, then Mondays; of a few days every one."""
    days = [each for each in words(TRENDS["month"]) if each.startswith("5.")]
    assert sorted(set(days)) == ["5.11", "5.17", "5.24", "5.31"]
    few = [each for each in words(TRENDS["level"]) if each.startswith("5.")]
    assert sorted(set(few)) == ["5.11", "5.12", "5.13", "5.14", "5.15"]
