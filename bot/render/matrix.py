"""The picture of who has met which duty: orgs by duties, a sign in each cell, counts along both edges.

Signs carry a character or a shape of their own, so that a copy in black and white still says it. A table with more
duties than fit beside names is drawn in several blocks of columns, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from math import ceil

from bot.render import svg
from bot.render.frame import LEFT, RIGHT, SMALL, balanced, band, empty, note, page_words, paginate, rule
from bot.render.standing import NAMELESS
from bot.render.svg import FAINT, GREEN, GREY, INK, RED, Sheet, fit, width
from bot.render.words import clean, moment_words
from models.charts import Cell, MatrixColumn, MatrixRow, MatrixTable
from models.figures import percent

NO_DUTIES = "没有要完成的任务"
INDENT = 10  # of names and counts, within the tinted strips
NAME_LEAST = 284  # pixels; nine characters
CELL_LEAST, CELL_MOST = 66, 112
SHARE = 104  # pixels for 12/14 at the right edge
PER_BLOCK = (RIGHT - LEFT - NAME_LEAST - SHARE) // CELL_LEAST  # columns beside the names
NAME_SIZES = (34, 31, SMALL)
ROW, LINE = 66, 36  # a row with a name on one line; each further line
SECTION = 58
HEAD_LINES = 3  # of a column's title
DOT = 22  # radius of a sign
LEGEND = (
    (Cell.DONE, "按时完成"),
    (Cell.LATE, "逾期后完成"),
    (Cell.OPEN, "还没完成"),
    (Cell.OVERDUE, "逾期未完成"),
    (Cell.EXCUSED, "免报"),
    (Cell.AHEAD, "未开始"),
)
LETTERS = {Cell.LATE: "迟", Cell.OVERDUE: "逾", Cell.EXCUSED: "免"}


@dataclass(frozen=True, slots=True)
class Block:
    """Some columns, and where they stand."""

    first: int
    columns: tuple[MatrixColumn, ...]
    names_right: float
    cell: float

    def middle(self, index: int) -> float:
        """Return the middle of a column."""
        return self.names_right + (index + 0.5) * self.cell


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is drawn: an org, or the heading of a section."""

    height: int
    size: int
    words: tuple[str, ...]
    row: MatrixRow | None = None


def pages(table: MatrixTable, zone: tzinfo) -> Iterator[str]:
    """Draw the pages of a matrix as SVG documents; at least one."""
    blocks = _blocks(table)
    split = [(block, lines) for block in blocks for lines in paginate(_lines(_with(table.rows, block, blocks), block))]
    for number, (block, lines) in enumerate(split, 1):
        sheet = Sheet(svg.WIDTH)
        facts = (clean(table.scope, 20), f"数据截至{moment_words(table.as_of, zone)}", page_words(number, len(split)))
        y = band(sheet, clean(table.title), facts)
        y = _body(sheet, y, table, block, lines) if lines and block.columns else empty(sheet, y, NO_DUTIES)
        if number == len(split) and table.left_out:
            sheet.text(svg.WIDTH / 2, y + 54, f"其余{table.left_out:,}家未在图中列出", 32, GREY, "middle")
            y += 84
        yield sheet.done(ceil(_foot(sheet, y, table)))


def _blocks(table: MatrixTable) -> list[Block]:
    """Split the columns into blocks of about equal size that fit beside the names."""
    count = ceil(len(table.columns) / PER_BLOCK) or 1
    each = ceil(len(table.columns) / count)
    blocks = []
    for first in range(0, max(len(table.columns), 1), each or 1):
        columns = table.columns[first : first + each]
        room = RIGHT - LEFT - SHARE - NAME_LEAST
        cell = min(CELL_MOST, room / max(len(columns), 1))
        blocks.append(Block(first, columns, RIGHT - SHARE - cell * len(columns), cell))
    return blocks


def _with(rows: Sequence[MatrixRow], block: Block, blocks: Sequence[Block]) -> Sequence[MatrixRow]:
    """Leave out of one block among several the orgs that owe none of its duties."""
    if len(blocks) == 1:
        return rows
    end = block.first + len(block.columns)
    return [row for row in rows if any(row.cells[block.first : end])]


def _lines(rows: Sequence[MatrixRow], block: Block) -> list[Line]:
    """Measure the rows, with a heading where a section begins if there is more than one."""
    sections = len({row.section for row in rows}) > 1
    lines: list[Line] = []
    for index, row in enumerate(rows):
        if sections and (not index or rows[index - 1].section != row.section):
            lines.append(Line(SECTION, SMALL, (svg.shorten(clean(row.section), SMALL, RIGHT - LEFT - 2 * INDENT),)))
        name, room = svg.drawable(clean(row.org)) or NAMELESS, block.names_right - LEFT - INDENT - 6
        size, one_line = fit(name, NAME_SIZES, room)
        words = (name,) if one_line else tuple(balanced(name, size, room, 5))
        lines.append(Line(ROW + (len(words) - 1) * LINE, size, words, row))
    return lines


def _body(sheet: Sheet, y: float, table: MatrixTable, block: Block, lines: Sequence[Line]) -> float:
    y = _head(sheet, y, table, block)
    for index, line in enumerate(lines):
        if line.row is None:
            sheet.rect(LEFT, y, RIGHT - LEFT, line.height, svg.TRACK)
            sheet.text(LEFT + INDENT, y + 39, line.words[0], line.size, INK, weight=0.6)
        else:
            if index and lines[index - 1].row is not None:
                rule(sheet, y)
            _row(sheet, y, line, line.row, block)
        y += line.height
    return y


def _head(sheet: Sheet, y: float, table: MatrixTable, block: Block) -> float:
    """Head the columns, and say below how many orgs have met each duty of how many that owe it now."""
    titles = [balanced(svg.drawable(clean(each.title)), SMALL, block.cell - 6, HEAD_LINES) for each in block.columns]
    deep = max(len(words) + bool(each.days) for words, each in zip(titles, block.columns, strict=True))
    done, of = sum(each.done for each in table.columns), sum(each.of for each in table.columns)
    bottom = y + 22 + deep * LINE
    for index, (column, words) in enumerate(zip(block.columns, titles, strict=True)):
        x, first = block.middle(index), bottom - (len(words) + bool(column.days)) * LINE
        for number, each in enumerate(words, 1):
            sheet.text(x, first + number * LINE - 6, each, SMALL, INK, "middle")
        sheet.text(x, bottom - 6, column.days, SMALL, GREY, "middle")
    share = f"，完成{percent(done, of)}" if of else ""
    sheet.text(LEFT + INDENT, bottom - 6, f"共{len(table.rows) + table.left_out:,}家{share}", SMALL, GREY)
    sheet.text(RIGHT - SHARE / 2 + INDENT / 2, bottom - 6, "合计", SMALL, INK, "middle")
    y = bottom + 12
    sheet.rect(LEFT, y, RIGHT - LEFT, 96, svg.BLUSH)
    sheet.text(LEFT + INDENT, y + 44, "已完成", SMALL, INK)
    sheet.text(LEFT + INDENT, y + 82, "应完成", SMALL, GREY)
    for index, column in enumerate(block.columns):
        _count(sheet, block.middle(index), y, block.cell, column.done, column.of)
    _count(sheet, RIGHT - SHARE / 2 + INDENT / 2, y, SHARE, done, of)
    return y + 96


def _count(sheet: Sheet, x: float, y: float, room: float, done: int, of: int) -> None:
    """Write two numbers below one another; what does not fit at the smallest size is written in 万."""
    for words, baseline, sizes, fill in ((str(done), 44, (36, 31, SMALL), RED), (str(of), 82, (SMALL,), GREY)):
        size, fits = fit(words, sizes, room - 6)
        words = words if fits else f"{int(words) // 10_000}万"
        sheet.text(x, y + baseline, words, size, fill, "middle", weight=0.7 if fill == RED else 0)


def _row(sheet: Sheet, y: float, line: Line, row: MatrixRow, block: Block) -> None:
    middle = y + line.height / 2
    top = middle - (len(line.words) - 1) * LINE / 2 + line.size * 0.36
    for number, words in enumerate(line.words):
        sheet.text(LEFT + INDENT, top + number * LINE, words, line.size, INK if row.of else GREY)
    for index, cell in enumerate(row.cells[block.first : block.first + len(block.columns)]):
        sign(sheet, block.middle(index), middle, cell)
    share = f"{row.done}/{row.of}" if row.of else ""
    full = bool(row.of) and row.done == row.of
    size, _ = fit(share, (32, SMALL), SHARE - INDENT)
    sheet.text(RIGHT - SHARE / 2 + INDENT / 2, middle + 11, share, size, GREEN if full else INK, "middle")


def sign(sheet: Sheet, x: float, y: float, cell: Cell | None) -> None:
    """Draw how a duty stands around (x, y); nothing for what is not owed."""
    if cell is Cell.DONE:
        sheet.disc(x, y, DOT, GREEN)
        sheet.line(((x - 10, y + 1), (x - 3, y + 8), (x + 10, y - 7)), svg.PAPER, 5)
    elif cell is Cell.OVERDUE:
        sheet.disc(x, y, DOT, RED)
    elif cell is Cell.LATE:
        sheet.ring(x, y, DOT, GREEN, 3)
    elif cell is Cell.OPEN:
        sheet.ring(x, y, DOT, FAINT, 3)
    elif cell is Cell.AHEAD:
        sheet.disc(x, y, 5, FAINT)
    letter = LETTERS.get(cell) if cell else None
    if letter:
        fill = {Cell.LATE: GREEN, Cell.OVERDUE: svg.PAPER}.get(cell, GREY) if cell else GREY
        sheet.text(x, y + 10, letter, SMALL, fill, "middle")


def _foot(sheet: Sheet, y: float, table: MatrixTable) -> float:
    """Explain the signs that occur, print the note, and return the height of the sheet."""
    rule(sheet, y)
    y += 48
    found = {cell for row in table.rows for cell in row.cells}
    entries = [each for each in LEGEND if each[0] in found]
    x: float = LEFT
    for cell, words in entries:
        taken = 2 * DOT + 12 + width(words, SMALL) + 34
        if x + taken - 34 > RIGHT:
            x, y = LEFT, y + 56
        sign(sheet, x + DOT, y, cell)
        sheet.text(x + 2 * DOT + 12, y + 10, words, SMALL, GREY)
        x += taken
    y += 62 if entries else 6
    explained = ["空白是没有这项任务"] if None in found else []
    if any(each.days for each in table.columns):
        explained.append("任务下面的日期是那一周的第一天")
    if explained:
        y = note(sheet, y, f"{'；'.join(explained)}。")
    if table.note:
        y = note(sheet, y, f"注：{clean(table.note, 400)}")
    return y + 16
