"""Pictures beside the ranking, as plain values: who has met which duty, and what came in day by day.

Like a RankTable they are final: a retry of the notice shows the same. models/matrix.py and models/trend.py fill them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any


class Cell(Enum):
    """How a duty stands for an org, as a matrix shows it. What an org does not owe has no cell."""

    DONE = "done"
    LATE = "late"  # done after the deadline
    OPEN = "open"
    OVERDUE = "overdue"
    EXCUSED = "excused"
    AHEAD = "ahead"  # its period has not begun

    @property
    def met(self) -> bool:
        """Tell whether it is done, in time or late."""
        return self in (Cell.DONE, Cell.LATE)

    @property
    def counted(self) -> bool:
        """Tell whether it belongs to what must be done by now."""
        return self.met or self in (Cell.OPEN, Cell.OVERDUE)


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """A duty, or a week of one that comes back."""

    title: str  # short: 短信
    days: str = ""  # of a week, its first day: 5.17
    done: int = 0  # over all orgs, those that are not shown included
    of: int = 0


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An org."""

    org: str
    section: str  # heading under which it stands: 市州
    cells: tuple[Cell | None, ...]  # one for each column; None: it does not owe that
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class MatrixTable:
    """Orgs by duties at one moment."""

    title: str
    scope: str  # whose: 全部单位, 市州
    as_of: datetime
    columns: tuple[MatrixColumn, ...]
    rows: tuple[MatrixRow, ...]
    left_out: int = 0  # orgs that are counted above, and not shown
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One day of a trend."""

    day: date
    value: Decimal | None  # what the day added (or the readings of that day add up to); None: nobody reported
    total: Decimal | None  # up to that day; None: nothing yet, or the day has not come
    workday: bool


@dataclass(frozen=True, slots=True)
class TrendTable:
    """An indicator day by day over a campaign."""

    indicator: str  # key
    title: str
    scope: str
    measure: str
    as_of: datetime
    days: tuple[TrendDay, ...]
    level: bool = False  # totals are the last readings together, days add nothing
    orgs: int = 0  # that have reported
    of: int = 0  # that might
    before: Decimal = Decimal(0)  # of days before the first one; it is in the totals
    note: str = ""


def matrix_to_json(table: MatrixTable) -> dict[str, Any]:
    """Write a matrix as JSON."""
    return {
        "title": table.title,
        "scope": table.scope,
        "as_of": table.as_of.isoformat(),
        "columns": [[each.title, each.days, each.done, each.of] for each in table.columns],
        "rows": [
            [row.org, row.section, [cell.value if cell else "" for cell in row.cells], row.done, row.of]
            for row in table.rows
        ],
        "left_out": table.left_out,
        "note": table.note,
    }


def matrix_from_json(data: dict[str, Any]) -> MatrixTable:
    """Read a matrix back."""
    rows = tuple(
        MatrixRow(org, section, tuple(Cell(cell) if cell else None for cell in cells), done, of)
        for org, section, cells, done, of in data["rows"]
    )
    columns = tuple(MatrixColumn(*each) for each in data["columns"])
    as_of = datetime.fromisoformat(data["as_of"])
    return MatrixTable(**{**data, "rows": rows, "columns": columns, "as_of": as_of})


def trend_to_json(table: TrendTable) -> dict[str, Any]:
    """Write a trend as JSON: Decimals as strings, days in ISO form."""
    return {
        "indicator": table.indicator,
        "title": table.title,
        "scope": table.scope,
        "measure": table.measure,
        "as_of": table.as_of.isoformat(),
        "days": [[each.day.isoformat(), _text(each.value), _text(each.total), each.workday] for each in table.days],
        "level": table.level,
        "orgs": table.orgs,
        "of": table.of,
        "before": str(table.before),
        "note": table.note,
    }


def trend_from_json(data: dict[str, Any]) -> TrendTable:
    """Read a trend back."""
    days = tuple(
        TrendDay(date.fromisoformat(day), _number(value), _number(total), workday)
        for day, value, total, workday in data["days"]
    )
    as_of = datetime.fromisoformat(data["as_of"])
    return TrendTable(**{**data, "days": days, "as_of": as_of, "before": Decimal(data["before"])})


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
