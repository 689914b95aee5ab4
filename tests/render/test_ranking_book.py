"""The workbook of a ranking, opened again."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from bot.render.ranking_book import ranking_book
from models.messages import RankRow
from tests.render.test_docx import CITIES, table

ZONE = ZoneInfo("Asia/Shanghai")


def opened(data: bytes) -> Any:
    """Open a workbook as a reader would."""
    return openpyxl.load_workbook(io.BytesIO(data))


def test_the_list_is_typed_filtered_and_summed() -> None:
    """Figures are numbers with the ranking's decimals, 未报 is no zero, sums are formulas over the figures."""
    rows = [
        RankRow(CITIES[0], 1, Decimal("9.5"), 1, change=Decimal("-0.5")),
        RankRow(CITIES[1], 2, Decimal(3), None, stale=True, marks=("缺3平台",)),
        RankRow("=cmd()", None, None),
    ]
    book = opened(ranking_book(replace(table(*rows, since=1), decimals=1, note="说明"), ZONE))
    sheet = book["排名"]
    assert sheet["A1"].value == "手册资料发放 第2期"
    assert [cell.value for cell in sheet[4]] == ["名次", "单位", "数值", "名次变化", "数值变化", "备注"]
    assert [cell.value for cell in sheet[5]] == [1, CITIES[0], 9.5, 1, -0.5, None]
    assert [cell.value for cell in sheet[6]] == [2, CITIES[1], 3, None, None, "缺3平台、数据未更新"]
    assert [cell.value for cell in sheet[7]][:3] == [None, "=cmd()", "未报"]
    assert (sheet["C6"].number_format, sheet["B7"].data_type) == ("#,##0.0", "s")
    assert sheet["C9"].value == '=IF(COUNT(C5:C7)=0,"",SUM(C5:C7))'
    assert sheet.freeze_panes == "C5"
    assert sheet.auto_filter.ref == "A4:F7"


def test_it_prints_on_a4_with_headings_on_every_page() -> None:
    """As wide as the page."""
    sheet = opened(ranking_book(table(RankRow(CITIES[0], 1, Decimal(5))), ZONE))["排名"]
    assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$1:$4"


def test_a_chart_stands_on_a_page_of_its_own() -> None:
    """It shows the ranked orgs and nobody else; without any there is none."""
    rows = [
        *(RankRow(name, n, Decimal(10 - n)) for n, name in enumerate(CITIES[:3], 1)),
        RankRow(CITIES[4], None, None),
    ]
    book = opened(ranking_book(table(*rows), ZONE))
    (chart,) = book["图"]._charts
    assert chart.series[0].val.numRef.f == "'排名'!$C$5:$C$7"
    assert chart.series[0].cat.strRef.f == "'排名'!$B$5:$B$7"
    assert opened(ranking_book(table(RankRow(CITIES[0], None, None)), ZONE)).sheetnames == ["排名"]


def test_the_same_ranking_is_the_same_file() -> None:
    """A repeated delivery sends the same bytes."""
    same = table(RankRow(CITIES[0], 1, Decimal(5)))
    assert ranking_book(same, ZONE) == ranking_book(same, ZONE)


def test_ratios_are_not_added_up() -> None:
    """The sum of 人/万人 of several cities says nothing; mean, highest and lowest do."""
    shown = replace(table(RankRow(CITIES[0], 1, Decimal(5)), RankRow(CITIES[1], 2, Decimal(3))), unit="人/万人")
    below = [cell.value for cell in opened(ranking_book(shown, ZONE))["排名"]["B"]][7:]
    assert below == ["平均", "最高", "最低"]
