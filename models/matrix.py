"""Who has met which duty, org by org: the states of models/duties.py as a table to draw. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from models.campaign.definition import Campaign, Cycle
from models.charts import Cell, MatrixColumn, MatrixRow, MatrixTable
from models.duties import DutyState, Standing
from models.phrases import short_name

MOST_WEEKS = 4  # of a weekly duty that are shown, the newest (decided by us 2026-11-24)
MOST_ROWS = 200  # orgs that are shown; as in the picture of a ranking
CELLS = {
    Standing.AHEAD: Cell.AHEAD,
    Standing.OWED: Cell.OPEN,
    Standing.OVERDUE: Cell.OVERDUE,
    Standing.DONE: Cell.DONE,
    Standing.DONE_LATE: Cell.LATE,
    Standing.EXCUSED: Cell.EXCUSED,
}
Place = tuple[str, str]  # duty, period


def matrix(
    campaign: Campaign,
    states: Iterable[DutyState],
    now: datetime,
    *,
    title: str,
    scope: str,
    headings: Mapping[int, str],
    by_share: bool = True,
    note: str = "",
) -> MatrixTable:
    """Lay out states as orgs by duties.

    states:   as evaluate() lists them: duties in file order, periods oldest first, orgs in roster order.
    headings: org id -> the section it stands in; sections come in the order in which their orgs first do.
    by_share: within a section the orgs that have done most of what they owe first; else in roster order.

    A weekly duty has a column for each week that has begun, the newest MOST_WEEKS of them. Done late counts as done;
    what is excused or has not begun counts neither as done nor as owed. An org without any duty has no row.
    """
    every = list(states)
    shown = _places(campaign, every, campaign.local_day(now))
    cells: dict[int, dict[Place, Cell]] = {}
    names: dict[int, str] = {}
    for state in every:
        place = (state.key, state.period.key)
        if place in shown:
            names.setdefault(state.org.id, state.org.name)
            cells.setdefault(state.org.id, {})[place] = CELLS[state.standing]
    rows = [
        _row(names[org_id], headings.get(org_id, ""), [mine.get(place) for place in shown])
        for org_id, mine in cells.items()
    ]
    order = {section: number for number, section in enumerate(dict.fromkeys(row.section for row in rows))}
    rows.sort(key=lambda row: (order[row.section], -_share(row) if by_share else 0))
    columns = tuple(
        _column(column, [row.cells[number] for row in rows]) for number, column in enumerate(shown.values())
    )
    return MatrixTable(
        title=title,
        scope=scope,
        as_of=now,
        columns=columns,
        rows=tuple(rows[:MOST_ROWS]),
        left_out=max(len(rows) - MOST_ROWS, 0),
        note=note,
    )


def _places(campaign: Campaign, states: Iterable[DutyState], today: date) -> dict[Place, MatrixColumn]:
    """Choose the columns: each duty once, a weekly one by its weeks."""
    weeks: dict[str, dict[str, MatrixColumn]] = {}
    begun: dict[str, int] = {}
    for state in states:
        mine = weeks.setdefault(state.key, {})
        if state.period.key in mine:
            continue
        weekly = state.duty.cycle is Cycle.WEEKLY
        days = f"{state.period.start.month}.{state.period.start.day}" if weekly else ""
        mine[state.period.key] = MatrixColumn(short_name(state.duty), days)
        begun[state.key] = begun.get(state.key, 0) + (state.period.start <= today)
    chosen: dict[Place, MatrixColumn] = {}
    for key in campaign.duties:
        columns = list(weeks.get(key, {}).items())
        end = max(begun.get(key, 0), 1)  # before the first week, the first week
        chosen |= {(key, period): column for period, column in columns[max(end - MOST_WEEKS, 0) : end]}
    return chosen


def _row(org: str, section: str, cells: list[Cell | None]) -> MatrixRow:
    return MatrixRow(org, section, tuple(cells), *_counts(cells))


def _column(column: MatrixColumn, cells: list[Cell | None]) -> MatrixColumn:
    return MatrixColumn(column.title, column.days, *_counts(cells))


def _counts(cells: Iterable[Cell | None]) -> tuple[int, int]:
    counted = [cell for cell in cells if cell is not None and cell.counted]
    return sum(cell.met for cell in counted), len(counted)


def _share(row: MatrixRow) -> float:
    """Return the share of duties done; who owes nothing yet stands last."""
    return row.done / row.of if row.of else -1.0
