"""Reads a table: rows of cells under a header, with units, totals, running totals and columns that are not ours to enter.

Called by lines.py with consecutive lines that hold tabs or bars; writes into the Work value.
Source: corpus rules 1, 7, 11, 14; that an unknown column is an amount of whoever heads it was decided by us 2026-11-24.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from handlers.reading.binding import factor_of, mentions
from handlers.reading.dates import When
from handlers.reading.drafts import Draft, Query, Work
from handlers.reading.lexicon import Lexicon, Target
from handlers.reading.numerals import BIG, Shape
from handlers.reading.scopes import Scope
from handlers.reading.tokens import DAY, NUMBER, Token
from handlers.reading.values import DoubtKind


@dataclass(slots=True)
class Cell:
    """One cell: its tokens and where its text stands."""

    tokens: list[Token] = field(default_factory=list)
    start: int = 0
    end: int = 0


_IGNORED = frozenset(("plan", "order", "past", "stock", "like", "rate", "drop", "place", "staff", "other", "remark"))
_UNIT = re.compile(r"[(]\s*(?:单位:?)?\s*([万亿千百]*)([^()\d]{0,4})[)]")
_SERIAL = frozenset(("序号", "编号", "排名", "名次", "NO"))


@dataclass(slots=True)
class Column:
    """What a header cell says about the numbers under it."""

    targets: tuple[Target, ...] = ()
    needs: frozenset[str] = frozenset()
    measure: str = ""
    scale: Decimal = Decimal(1)
    ignored: bool = False
    cum: bool = False
    now: bool = False
    total: bool = False
    fixed: bool = False
    printed: bool = False
    when: When | None = None


@dataclass(slots=True)
class _Table:
    lexicon: Lexicon
    work: Work
    columns: list[Column] = field(default_factory=list)
    needs: frozenset[str] = frozenset()  # indicators whose places or platforms the rows name


def read_table(lexicon: Lexicon, work: Work, rows: list[list[Cell]]) -> bool:
    """Read a table into drafts. False when its first row is no header: the lines are then read as sentences."""
    if len(rows) < 2 or any(
        token.kind == NUMBER and not _is_label(work, cell) for cell in rows[0] for token in cell.tokens
    ):
        return False
    table = _Table(lexicon, work)
    names = {
        key for cell in rows[0] for key in lexicon.dimension_names.get(work.text[cell.start : cell.end].strip(), ())
    }
    table.needs = frozenset(names) | work.needs
    table.columns = [_column(table, cell) for cell in rows[0]]
    _settle_columns(table.columns)
    for row in rows[1:]:
        _read_row(table, row)
        work.line += 1
    return True


def _is_label(work: Work, cell: Cell) -> bool:
    return not (len(cell.tokens) == 1 and cell.tokens[0].kind == NUMBER)


def _classes(cell: Cell) -> set[str]:
    return {name for token in cell.tokens if token.entry is not None for name in token.entry.classes}


def _column(table: _Table, cell: Cell) -> Column:
    column = Column()
    found = mentions(cell.tokens, frozenset())
    column.targets = tuple(t for mention in found if not mention.weak for t in mention.targets)
    column.needs = frozenset(key for token in cell.tokens if token.entry is not None for key in token.entry.needs)
    classes = _classes(cell)
    column.ignored = (bool(classes & _IGNORED) and not column.targets) or bool(
        classes & {"plan", "order", "past", "stock", "rate", "like", "drop", "remark"}
    )
    column.cum, column.now = "cum" in classes, "now" in classes
    column.total = "total" in classes
    column.ignored = column.ignored or "before" in classes
    column.fixed = "fix" in classes and not column.ignored
    column.printed = "printed" in classes
    for token in cell.tokens:
        if token.kind == DAY and token.when is not None:
            column.when = token.when
            if token.when.text.startswith(("上周", "上星期", "上个星期")):
                column.ignored = True
    _unit(table, column, cell)
    return column


def _unit(table: _Table, column: Column, cell: Cell) -> None:
    """Read a unit in the header: 避免损失(万元), 短信(万条), 起数."""
    header = table.work.text[cell.start : cell.end].strip()
    match = _UNIT.search(header)
    if match:
        for char in match[1]:
            column.scale *= BIG.get(char, {"千": 1000, "百": 100}.get(char, 1))
        if match[2] in table.lexicon.measures:
            column.measure = match[2]
    elif header[-1:] in ("数", "次") and header[:-1] in table.lexicon.measures:
        column.measure = header[:-1]
    elif header[-1:] == "数" and header[-2:-1] in table.lexicon.measures:
        column.measure = header[-2:-1]
    if any(word in header for word in _SERIAL):
        column.ignored = True


def _settle_columns(columns: list[Column]) -> None:
    if any(column.fixed for column in columns):
        for column in columns[1:]:
            column.ignored = column.ignored or not column.fixed
    if any(column.printed for column in columns) and len([c for c in columns[1:] if not c.ignored]) > 1:
        for column in columns:
            column.ignored = column.ignored or column.printed


def _read_row(table: _Table, row: list[Cell]) -> None:
    work = table.work
    needs = frozenset().union(*(column.needs for column in table.columns), table.needs)
    label, when, label_at = _row_label(row, needs)
    head = _classes(row[0]) if row else set()
    if (head & {"plan", "order", "past", "rate", "example"} and not label) or "example" in head:
        return
    total_row = "total" in head
    scope = Scope(
        cum=work.frame.cum or "cum" in head, when=when or work.frame.when, total=total_row, veto=work.frame.veto
    )
    for index, cell in enumerate(row):
        if index < len(table.columns) and index != label_at and not table.columns[index].ignored:
            _read_cell(table, table.columns[index], cell, label, scope, index)


def _row_label(row: list[Cell], needs: frozenset[str]) -> tuple[tuple[Target, ...], When | None, int]:
    when = None
    for index, cell in enumerate(row):
        for token in cell.tokens:
            if token.kind == DAY and token.when is not None and when is None:
                when = token.when
        found = [m for m in mentions(cell.tokens, needs) if not m.weak]
        if found and not (index and any(token.kind == NUMBER for token in cell.tokens)):
            return found[-1].targets, when, index
    return (), when, -1


def _read_cell(table: _Table, column: Column, cell: Cell, label: tuple[Target, ...], scope: Scope, index: int) -> None:
    numbers = [token for token in cell.tokens if token.kind == NUMBER]
    if _classes(cell) & {"stock", "plan", "past"}:
        return
    if not numbers:
        _read_nothing(table, column, cell, label, scope, index)
        return
    token = numbers[0]
    assert token.number is not None
    if token.number.percent or token.number.ident or (len(numbers) > 1 and index == 0):
        return
    bound = _target(table, column, token, label)
    if bound is None or scope.veto:
        return
    target, factor = bound
    numeral = token.number.numeral
    if numeral.shape is not Shape.EXACT or numeral.value is None:
        kind = DoubtKind.RANGE if numeral.shape is Shape.RANGE else DoubtKind.VAGUE
        table.work.queries.append(Query(kind, token.start, token.end, numeral.value, ((target, None),)))
        return
    scale = column.scale if not numeral.scaled else Decimal(1)
    _add(table, column, token, target, numeral.value * scale * factor, scope)


def _add(table: _Table, column: Column, token: Token, target: Target, value: Decimal, scope: Scope) -> None:
    cum = column.cum or (scope.cum and not column.now and column.when is None)
    when = column.when or (None if column.cum else scope.when)
    state = replace(scope, cum=cum, when=when, total=scope.total or column.total)
    approx = token.number.approx if token.number is not None else False
    work = table.work
    work.drafts.append(
        Draft(target, value, token.start, token.end, state, approx, work.line, work.sentence, when, table=True)
    )


def _target(table: _Table, column: Column, token: Token, label: tuple[Target, ...]) -> tuple[Target, Decimal] | None:
    """Pick the indicator of a cell: the row's noun, else the column's, else the first header's or the heading's, by measure."""
    first = table.columns[0].targets if not label else ()
    options = (*label, *column.targets) if not column.targets or label else column.targets
    for target in (*column.targets, *options, *first, *table.work.heading):
        factor = _factor(table.lexicon, target, token, column)
        if factor is not None and not (target[0] in table.lexicon.by and target[1] is None):
            return target, factor
    return None


def _factor(lexicon: Lexicon, target: Target, token: Token, column: Column) -> Decimal | None:
    assert token.number is not None
    if column.measure and not token.number.measure:
        if column.measure == "次" or column.measure in lexicon.fits[target[0]]:
            return lexicon.fits[target[0]].get(column.measure)
        return None
    return factor_of(lexicon, target, token)


def _read_nothing(
    table: _Table, column: Column, cell: Cell, label: tuple[Target, ...], scope: Scope, index: int
) -> None:
    """A cell that says 无 is a zero of what it stands for; a blank, — or / is nothing."""
    if len(cell.tokens) != 1 or "neg" not in _classes(cell) or scope.veto or column.ignored:
        return
    targets = label or column.targets
    if targets and index:
        _add(table, column, cell.tokens[0], targets[0], Decimal(0), scope)
