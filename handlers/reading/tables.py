"""Reads a table: rows of cells under a header, with units, totals, running totals and columns that are not ours to
enter.

Called by lines.py with consecutive lines that hold tabs, bars or commas; writes into the Work value.
Source: corpus rules 1, 7, 11, 14; that an unknown column is an amount of whoever heads it was decided by us 2026-11-24.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from handlers.reading.dates import When
from handlers.reading.drafts import Work
from handlers.reading.lexicon import Lexicon, Target
from handlers.reading.measures import LABELS, PERSONS
from handlers.reading.mentions import factor_of, is_whole, mentions
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


_SKIPPED = frozenset(
    ("plan", "order", "past", "stock", "rate", "like", "drop", "remark", "before")
)  # whatever noun is beside
_PLANNED = frozenset(("安排", "应", "应完成", "应发"))  # at the head of a column: what was to be done
_PLANS = frozenset(("计划", "拟", "打算", "准备"))  # at the head of a row: 计划发手册
_NAMES = frozenset(("place", "staff", "other"))  # a column of names, unless it has a noun
# In brackets or behind a slash: 短信(万条), 短信/万条
_UNIT = re.compile(r"(?:[(]\s*(?:单位:?)?\s*|/(?=[万亿]))([万亿千百]*)([^()\d]{0,4})(?:[)]|$)")
_UNITS = frozenset(("单位", "计量单位"))
_WIDE = 12  # figures of one row in which sessions are looked for
_SERIAL = frozenset(("序号", "编号", "排名", "名次", "NO", "时间", "日期", "地点"))


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
    gain: bool = False
    printed: bool = False
    units: bool = False  # 单位 | 数量: its cells say the unit of their row
    when: When | None = None


@dataclass(slots=True)
class _Table:
    work: Work
    lexicon: Lexicon
    needs: frozenset[str]  # indicators whose places or platforms the rows name
    columns: list[Column] = field(default_factory=list)


def is_header(row: list[Cell]) -> bool:
    """Whether a row may head a table: no cell of it holds a number beside something else."""
    return not any(token.kind == NUMBER and len(cell.tokens) > 1 for cell in row for token in cell.tokens)


def begins_with_figures(row: list[Cell]) -> bool:
    """Whether a first row is no header but names its indicator and gives its only figure: 手册 | 20 | 册."""
    counts = [index for index, cell in enumerate(row) if any(token.kind == NUMBER for token in cell.tokens)]
    return counts == [1] and len(row[1].tokens) == 1 and any(not mention.weak for mention in mentions(row[0].tokens))


def read_table(work: Work, rows: list[list[Cell]]) -> None:
    """Read a table, its first row being its header if it has one, into drafts."""
    names = work.lexicon.dimension_names
    named = {key for cell in rows[0] for key in names.get(work.text[cell.start : cell.end].strip(), ())}
    table = _Table(work, work.lexicon, frozenset(named) | work.needs)
    table.columns = [_column(table, cell) for cell in rows[0]]
    table.needs = table.needs.union(*(column.needs for column in table.columns))
    _settle_columns(table.columns)
    if headless := begins_with_figures(rows[0]):
        table.columns = [Column() for _ in range(max(len(row) for row in rows))]
    for row in rows[0 if headless else 1 :]:
        _read_row(table, row)
        work.line += 1


def _classes(cell: Cell) -> set[str]:
    return {name for token in cell.tokens for name in token.classes}


def _column(table: _Table, cell: Cell) -> Column:
    classes = _classes(cell)
    targets = tuple(t for mention in mentions(cell.tokens) if not mention.weak for t in mention.targets)
    heirs = {table.lexicon.becomes.get(key) for key, _ in targets}  # 参训财会人员
    targets = tuple(t for t in targets if t[0] in heirs) or targets
    when = next((token.when for token in reversed(cell.tokens) if token.kind == DAY), None)
    last_week = when is not None and when.text.startswith(("上周", "上星期", "上个星期"))
    planned = any(token.word in _PLANNED for token in cell.tokens)
    ignored = planned or last_week or (bool(classes & _NAMES) and not targets)
    ignored = ignored or bool(classes & (_SKIPPED | {"wrong", "swap"}))
    column = Column(
        targets=targets,
        needs=frozenset(key for token in cell.tokens if token.entry is not None for key in token.entry.needs),
        ignored=ignored,
        cum="cum" in classes,
        now="now" in classes,
        gain="gain" in classes,
        total="total" in classes,
        fixed="fix" in classes and not ignored,
        printed="printed" in classes,
        units=table.work.text[cell.start : cell.end].strip() in _UNITS,
        when=when,
    )
    _unit(table, column, cell)
    return column


def _unit(table: _Table, column: Column, cell: Cell) -> None:
    """Read a unit in the header: 避免损失(万元), 短信(万条), 起数."""
    header = table.work.text[cell.start : cell.end].strip()
    if _in_bracket(table, column, header):
        pass
    elif header[-1:] == "数" and table.lexicon.owners.get(header[-2:-1]):
        column.measure = header[-2:-1]
    elif header[-2:] in LABELS:
        column.measure = LABELS[header[-2:]]
    elif (
        not column.targets
        and cell.tokens
        and all("people" in token.classes and not token.classes & _NAMES and not token.gap for token in cell.tokens)
    ):
        column.measure = "人"  # 学生 beside 反诈课
    if any(word in header for word in _SERIAL):
        column.ignored = True


def _in_bracket(table: _Table, column: Column, header: str) -> bool:
    """Read the unit that a cell gives in brackets or behind a bar, at the head of a column or of a row."""
    match = _UNIT.search(header)
    if match is None:
        return False
    for char in match[1]:
        column.scale *= BIG.get(char, {"千": 1000, "百": 100}.get(char, 1))
    if match[2] in table.lexicon.measures:
        column.measure = match[2]
    return True


def _in_cell(table: _Table, own: Column, cell: str) -> bool:
    """Read a cell that is a unit: 万条 under 单位."""
    unit = cell.lstrip("万亿千百")
    if unit not in table.lexicon.measures:
        return False
    for char in cell[: len(cell) - len(unit)]:
        own.scale *= BIG.get(char, {"千": 1000, "百": 100}.get(char, 1))
    own.measure = unit
    return True


def _settle_columns(columns: list[Column]) -> None:
    if any(column.fixed for column in columns):
        for column in columns[1:]:
            column.ignored = column.ignored or not column.fixed
    if any(column.printed for column in columns) and len([c for c in columns[1:] if not c.ignored]) > 1:
        for column in columns:
            column.ignored = column.ignored or column.printed


def _read_row(table: _Table, row: list[Cell]) -> None:
    frame = table.work.frame
    label, when, label_at = _row_label(row, table.needs)
    head = _classes(row[0])
    planned = row[0].tokens and row[0].tokens[0].word in _PLANS
    if planned or "example" in head or (head & {"order", "past", "rate"} and not label):
        return
    scope = Scope(cum=frame.cum or "cum" in head, when=when or frame.when, total="total" in head, veto=frame.veto)
    table.work.org = _org_name(table, row[0], head)
    own = Column()  # the unit of the row: 短信(万条) | 1.6 | 48.9
    columns = table.columns
    if label_at >= 0 and _in_bracket(table, own, table.work.text[row[label_at].start : row[label_at].end].strip()):
        columns = [replace(c, scale=c.scale * own.scale, measure=c.measure or own.measure) for c in columns]
    unit = next((at for at, column in enumerate(columns[: len(row)]) if column.units), -1)
    if unit >= 0 and _in_cell(table, own, table.work.text[row[unit].start : row[unit].end].strip()):
        columns = [replace(c, scale=c.scale * own.scale, measure=c.measure or own.measure) for c in columns]
    for index, (cell, column) in enumerate(zip(row, columns, strict=False)):
        if index != label_at and not column.ignored:
            _read_cell(table, column, cell, label, scope, index)
    table.work.org = None


def _org_name(table: _Table, cell: Cell, head: set[str]) -> str | None:
    """Return the first cell of a row if it is a name: no number, date, noun of the catalogue or total."""
    plain = not any(t.kind in (NUMBER, DAY) or (t.entry is not None and t.entry.targets) for t in cell.tokens)
    name = table.work.text[cell.start : cell.end].strip()
    return name if plain and len(name) > 1 and "total" not in head and "cum" not in head else None


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
    if _classes(cell) & {"stock", "plan", "order", "past"}:
        return
    if not numbers:
        _read_nothing(table, column, cell, label, scope, index)
        return
    token, quantity = numbers[0], numbers[0].quantity
    if quantity.percent or quantity.ident or (len(numbers) > 1 and index == 0):
        return
    bound = _target(table, column, token, label)
    if bound is None or scope.veto:
        table.work.note(token, "skipped" if scope.veto else "unplaced", scope.veto or "other-measure")
        return
    target, factor = bound
    if column.gain and target[0] in table.lexicon.levels:
        table.work.note(token, "skipped", "gain")
        return
    numeral = quantity.numeral
    value = numeral.value * (Decimal(1) if numeral.scaled else column.scale) * factor if numeral.value else Decimal(0)
    if numeral.shape is not Shape.EXACT or numeral.value is None or not is_whole(table.lexicon, target, value):
        table.work.ask(
            DoubtKind.RANGE if numeral.shape is Shape.RANGE else DoubtKind.VAGUE, token, ((target, None),), scope.when
        )
        return
    quantity.approx = quantity.approx or "about" in _classes(cell)
    _add(table, column, token, target, value, scope)


def _add(table: _Table, column: Column, token: Token, target: Target, value: Decimal, scope: Scope) -> None:
    cum = column.cum or (scope.cum and not column.now and column.when is None)
    when = column.when or (None if column.cum else scope.when)
    state = replace(scope, cum=cum, when=when, total=scope.total or column.total)
    approx = token.number is not None and token.number.approx
    table.work.keep(token, target, value, state, "table", approx).table = True


def _target(table: _Table, column: Column, token: Token, label: tuple[Target, ...]) -> tuple[Target, Decimal] | None:
    """Pick the indicator of a cell: the row's noun, else the column's, else the first header's or the heading's, by
    measure.
    """
    if not (column.targets or column.needs):  # 作品数 beside 粉丝: the platform of the row is for the other column
        spoken = {key for other in table.columns[1:] for key in other.needs}
        label = tuple(target for target in label if target[0] not in spoken)
    first = table.columns[0].targets if not label else ()
    options = (*label, *column.targets) if not column.targets or label else column.targets
    for target in (*column.targets, *options, *first, *table.work.heading):
        factor = _factor(table.lexicon, target, token, column)
        if factor is not None and not (target[0] in table.lexicon.by and target[1] is None):
            return target, factor
    measure = token.measure or column.measure
    row = [draft.target for draft in reversed(table.work.drafts[-_WIDE:]) if draft.line == table.work.line]
    for target in (*row, *first, *table.work.heading) if measure in PERSONS else ():
        heir = table.lexicon.follows.get(target[0])
        if heir is not None and measure in table.lexicon.fits[heir]:
            return (heir, None), table.lexicon.fits[heir][measure]  # 人数 in a table of lectures
    return None


def _factor(lexicon: Lexicon, target: Target, token: Token, column: Column) -> Decimal | None:
    if not column.measure or token.measure:
        return factor_of(lexicon, target, token)
    return lexicon.fits[target[0]].get(column.measure)


def _read_nothing(
    table: _Table, column: Column, cell: Cell, label: tuple[Target, ...], scope: Scope, index: int
) -> None:
    """A cell that says 无 is a zero of what it stands for; a blank, — or / is nothing. Source: corpus rule 14."""
    if len(cell.tokens) != 1 or "neg" not in _classes(cell) or scope.veto:
        return
    targets = label or column.targets
    if targets and index:
        _add(table, column, cell.tokens[0], targets[0], Decimal(0), scope)
