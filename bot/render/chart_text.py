"""A matrix and a trend as chat text: what goes out where their picture cannot be drawn or carried."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from bot.render.standing import NAMELESS
from bot.render.trend import NOTHING, day_words
from bot.render.words import clean, figure_words, moment_words
from models.charts import Cell, MatrixColumn, MatrixRow, MatrixTable, TrendDay, TrendTable
from models.figures import percent

NEWEST = 7  # days that the text of a trend lists
MARKS = {Cell.OPEN: "", Cell.OVERDUE: "（逾期）"}


def matrix_text(table: MatrixTable, limit_bytes: int, *, zone: tzinfo) -> str:
    """Write a matrix: how far each duty is, then who still owes what, as many as fit."""
    columns = [
        f"{clean(each.title)}{each.days and f'（{each.days}起）'} {each.done}/{each.of}" for each in table.columns
    ]
    done, of = sum(each.done for each in table.columns), sum(each.of for each in table.columns)
    count = len(table.rows) + table.left_out
    head = [
        f"{clean(table.title)}（{clean(table.scope, 20)}）",
        f"数据截至{moment_words(table.as_of, zone)}",
        f"共{count:,}家，应完成{of:,}项，已完成{done:,}项" + (f"（{percent(done, of)}）" if of else ""),
        *columns,
    ]
    behind = [line for row in table.rows if (line := _owed(table, row))]
    tail = [f"注：{clean(table.note, 400)}"] if table.note else []
    return _fitted(head, behind, tail, limit_bytes, table.left_out)


def _owed(table: MatrixTable, row: MatrixRow) -> str:
    """Write what an org still owes; empty when that is nothing."""
    owed = [
        f"{_column(column)}{MARKS[cell]}"
        for column, cell in zip(table.columns, row.cells, strict=True)
        if cell in MARKS
    ]
    return f"{clean(row.org) or NAMELESS} {row.done}/{row.of}，还差：{'、'.join(owed)}" if owed else ""


def _column(column: MatrixColumn) -> str:
    """Name a duty, a week of one by its first day."""
    return clean(column.title) + (f"（{column.days}起）" if column.days else "")


def trend_text(table: TrendTable, limit_bytes: int, *, zone: tzinfo) -> str:
    """Write a trend: the total, the best day, the newest days."""
    head = [f"{clean(table.title)}（{clean(table.scope, 20)}）", f"数据截至{moment_words(table.as_of, zone)}"]
    come = [each for each in table.days if each.total is not None]
    if not come:
        return _fitted([*head, NOTHING], [], [], limit_bytes)
    measure = clean(table.measure, 8)
    name = "现有" if table.level else "累计"
    head.append(f"{name}{figure_words(come[-1].total)}{measure}，{table.orgs:,}家报过数，共{table.of:,}家")
    reported = [(each.value, each.day) for each in come if each.value is not None]
    if reported and not table.level:
        value, day = max(reported, key=lambda pair: pair[0])
        head.append(f"单日最多{figure_words(value)}{measure}（{day_words(day)}）")
    tail = [f"注：{clean(table.note, 400)}"] if table.note else []
    days = [_day(each, level=table.level) for each in come[-NEWEST:]]
    return _fitted([*head, f"最近{len(days)}天："], days, tail, limit_bytes)


def _day(each: TrendDay, *, level: bool) -> str:
    off = "" if each.workday else "（休息日）"
    if each.value is None:
        return f"{day_words(each.day)}{off} 没有单位上报"
    return f"{day_words(each.day)}{off} {figure_words(each.total if level else each.value)}"


def _fitted(head: list[str], body: list[str], tail: Iterable[str], limit: int, unlisted: int = 0) -> str:
    """Join lines as far as they fit, saying how many are left out; the head is cut only when it alone is too long."""
    for kept in range(len(body), -1, -1):
        left = len(body) - kept + unlisted
        text = "\n".join([*head, *body[:kept], *([f"……其余{left:,}家未列出"] if left else []), *tail])
        if len(text.encode()) <= limit:
            return text
    return "\n".join(head).encode()[: max(limit, 0)].decode(errors="ignore")
