"""Matrices and trends to print: what Hunan would see, and the awkward ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from models.charts import Cell, MatrixColumn, MatrixRow, MatrixTable, TrendDay, TrendTable
from tests.render.tables import CITIES, HOSTILE_NAME, LONG_NAME

AS_OF = datetime(2021, 5, 26, 8, 41, tzinfo=UTC)
CYCLE = (Cell.DONE, Cell.DONE, Cell.OPEN, Cell.LATE, Cell.DONE, Cell.OVERDUE, Cell.DONE, Cell.OPEN, Cell.EXCUSED)
DUTIES = ("总结", "发布会", "投稿", "采用", "民警关注", "民警安装")
FIRST = date(2021, 5, 11)


def row(org: str, cells: Sequence[Cell | None], section: str = "市州") -> MatrixRow:
    """Make a row with its counts."""
    counted = [cell for cell in cells if cell is not None and cell.counted]
    return MatrixRow(org, section, tuple(cells), sum(cell.met for cell in counted), len(counted))


def grid(rows: Iterable[MatrixRow], duties: Sequence[str] = DUTIES, **changed: object) -> MatrixTable:
    """Make a matrix with the counts of its columns. A duty written 短信 5.11 is a week of one."""
    every = tuple(rows)
    columns = []
    for index, duty in enumerate(duties):
        title, _, days = duty.partition(" ")
        cells = [each.cells[index] for each in every]
        counted = [cell for cell in cells if cell is not None and cell.counted]
        columns.append(MatrixColumn(title, days, sum(cell.met for cell in counted), len(counted)))
    values: dict[str, object] = {
        "title": "反诈宣传月任务进度",
        "scope": "市州",
        "as_of": AS_OF,
        "note": "逾期后补上的也算完成；免报和未开始的不计。",
    }
    return MatrixTable(columns=tuple(columns), rows=every, **{**values, **changed})  # type: ignore[arg-type]


def orgs(count: int, width: int = len(DUTIES)) -> list[MatrixRow]:
    """Make rows with all kinds of cells, those that have done most first."""
    names = [f"{name}公安局" for name in CITIES] if count == 14 else [f"第{n}县公安局" for n in range(1, count + 1)]
    rows = [row(name, [CYCLE[(i * 5 + j * 3 + i // 4) % 9] for j in range(width)]) for i, name in enumerate(names)]
    return sorted(rows, key=lambda each: -(each.done / each.of if each.of else -1))


def province() -> MatrixTable:
    """Make the matrix of everybody: sections, weeks, and much that is not owed."""
    duties = ("总结", "发布会", "短信 5.11", "短信 5.17", "短信 5.24", "投稿", "采用", "民警关注", "民警安装")
    none = None
    rows = [
        row(name, [CYCLE[(i + j) % 6] for j in range(2)] + [none] * 3 + [CYCLE[(i * j) % 6] for j in range(4)])
        for i, name in enumerate(f"{name}公安局" for name in CITIES)
    ]
    rows += [
        row(
            name,
            [Cell.OPEN, none, Cell.DONE, Cell.OVERDUE if i else Cell.LATE, Cell.OPEN, none, none, none, none],
            "运营商",
        )
        for i, name in enumerate(("湖南移动", "湖南联通", "湖南电信"))
    ]
    rows += [
        row(name, [Cell.OPEN if i % 2 else Cell.DONE, *[none] * 8], "省直部门")
        for i, name in enumerate(("省委宣传部", "省教育厅", "省通信管理局", "中国人民银行长沙中心支行"))
    ]
    return grid(rows, duties, scope="全部单位")


MATRICES = {
    "14": grid(orgs(14)),
    "30": grid(orgs(30)),
    "134": grid(orgs(134)),
    "province": province(),
    "no-rows": grid([]),
    "no-columns": grid([], ()),
    "one-org": grid(orgs(14)[:1], scope="长沙市公安局"),
    "all-done": grid([row(name, [Cell.DONE] * 6) for name in CITIES]),
    "nothing-begun": grid([row(name, [Cell.AHEAD] * 6) for name in CITIES]),
    "long-names": grid([row(LONG_NAME, [Cell.DONE] * 6), row(LONG_NAME * 3, [Cell.OPEN] * 6), row("局", [None] * 6)]),
    "hostile-names": grid([row(HOSTILE_NAME, [Cell.DONE] * 2), row("", [Cell.OPEN] * 2)], ("<&>\x00", "😀")),
    "twenty-duties": grid(orgs(14, 20), [f"任务名称很长的第{n}项" for n in range(20)]),
    "cut": grid(orgs(200), left_out=29_800),
}


def series(
    values: Sequence[int | None], *, first: date = FIRST, until: int | None = None, **changed: object
) -> TrendTable:
    """Make a trend of these days; None is a day on which nobody reported, days from `until` on have not come."""
    days, total, begun = [], Decimal(0), False
    for number, value in enumerate(values):
        day = first + timedelta(days=number)
        begun = begun or value is not None
        total += value or 0
        come = begun and (until is None or number < until)
        shown = None if value is None else Decimal(value)
        days.append(TrendDay(day, shown, total if come else None, day.weekday() < 5))
    fields: dict[str, object] = {
        "indicator": "handbook",
        "title": "宣传手册每日发放情况",
        "scope": "全部单位",
        "measure": "册",
        "as_of": AS_OF,
        "orgs": 12,
        "of": 14,
    }
    return TrendTable(days=tuple(days), **{**fields, **changed})  # type: ignore[arg-type]


MONTH = [5200, 8100, 12650, 9400, None, 0, 15200, 18300, 12100, 21400, 9800, None, 1200, 16800, 19900, 24350, 8700]
TRENDS = {
    "month": series([*MONTH, *[None] * 4], until=17),
    "full-month": series([4000 + n * n * 37 % 9000 if n % 7 else None for n in range(31)], first=date(2021, 5, 1)),
    "no-data": series([None] * 21),
    "one-day": series([500, *[None] * 20], until=1),
    "last-day-only": series([*[None] * 20, 123456789]),
    "all-zero": series([0] * 10),
    "negative": series([500, -500, 300, -900, 100]),
    "small": series([1, None, 2, 1, None, None, 3]),
    "huge": series([10**15, 3 * 10**15, None, 2 * 10**15], measure="万元"),
    "year": series([n * 7 % 300 for n in range(365)], first=date(2021, 1, 1)),
    "level": series([1000, None, 500, None, 900], level=True, title="关注人数", measure="人"),
    "before": series([100, 200], before=Decimal(12_500), note="5月11日以前的数计入累计。"),
    "hostile-words": series([1, 2], title="<&>\x00😀" * 20, scope="]]>" * 20, measure="<册>", note="\x1b<b>"),
    "no-days": series([]),
}
