"""A published ranking as a workbook: the list with filters and sums, and a chart on a sheet of its own."""

from __future__ import annotations

from datetime import tzinfo

from bot.render.standing import TIED, standing
from bot.render.xlsx import Book, Column, Formula, Sheet, Value
from models.messages import RankRow, RankTable

CHARTED = 40  # orgs of the chart; more do not read on one page
RATIOS = "/%‰"  # in the unit of what does not add up: 人/万人
HEAD = 4  # line of the headings
COLUMNS = (Column("名次", 8), Column("单位", 30), Column("数值", 16), Column("名次变化", 11), Column("数值变化", 14))
NOTES = Column("备注", 26)


def ranking_book(table: RankTable, zone: tzinfo) -> bytes:
    """Make the workbook of a ranking. The same table gives the same bytes."""
    shown = standing(table, zone)
    book = Book(table.as_of.astimezone(zone), f"{shown.title} {shown.issue}")
    columns = [*COLUMNS, NOTES]
    sheet = book.sheet(
        "排名", [column.width for column in columns], f"C{HEAD + 1}", decimals=table.decimals, landscape=False
    )
    sheet.title(f"{shown.title} {shown.issue}")
    compared = f"，变化与{shown.compared}相比" if shown.compared else ""
    sheet.row([f"数据截至{shown.as_of}，单位：{shown.unit}{compared}"])
    sheet.row([shown.note])
    sheet.header([column.title for column in columns])
    ranked = {row.org for row in table.rows if row.rank is not None and row.value is not None}
    ties = {line.rank for line in shown.lines if TIED in line.tags}
    for row in table.rows:
        sheet.row(_row(row, tied=row.rank in ties, ranked=row.org in ranked))
    last = HEAD + len(table.rows)
    sheet.filter(HEAD, len(columns))
    _sums(sheet, HEAD + 1, last, ratio=any(mark in table.unit for mark in RATIOS))
    if ranked:
        book.bars("图", f"{shown.title}（{shown.unit}）", sheet, HEAD, min(len(ranked), CHARTED))
    return book.data()


def _row(row: RankRow, *, tied: bool, ranked: bool) -> list[Value]:
    marks = "、".join((*((TIED,) if tied and ranked else ()), *row.marks, *(("数据未更新",) if row.stale else ())))
    if not ranked:
        return [None, row.org, "未报" if not row.marks else None, None, None, marks]
    return [row.rank, row.org, row.value, row.moved, row.change, marks]


def _sums(sheet: Sheet, first: int, last: int, *, ratio: bool) -> None:
    """Add what a clerk looks for under a list; formulas, so that they follow what he changes. Ratios do not add up."""
    sheet.row([])
    cells = f"C{first}:C{last}"
    sums = () if ratio else (("合计", "SUM"),)
    for name, formula in (*sums, ("平均", "AVERAGE"), ("最高", "MAX"), ("最低", "MIN")):
        sheet.row([None, name, Formula(f'IF(COUNT({cells})=0,"",{formula}({cells}))')], bold=True)
