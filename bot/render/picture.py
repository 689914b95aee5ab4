"""The picture of a ranking, page by page, as SVG: band, rows with bars, who is missing, explanations.

Every measure here is in pixels of a sheet 1080 wide. No type is smaller than 28, which a phone shows as 10 points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from decimal import Decimal
from math import ceil

from bot.render import svg
from bot.render.frame import LEFT, MOST_ROWS, PAGE_BODY, RIGHT, SMALL, band, empty, note, page_words, paginate, rule
from bot.render.standing import EMPTY, NAMELESS, POINTS, TIED, Line, Standing, standing
from bot.render.svg import GREY, INK, RED, Sheet, fit, shorten, width, wrap
from models.messages import RankTable

NAME_X = 142
ROW = 108  # a row with a short name
EXTRA = 42  # for marks on their own line
TIED_NAME, TIED_STEP = 32, 46  # size of names that share a line, and from one line of them to the next
TIED_LINES, TIED_END = 12, 24  # lines of them at the most, and pixels below the last
ACROSS = 14  # above and below a bar that has its figure beside it
MOST_NAME_LINES = 24  # of those who are missing
MOST_CORRECTIONS = 8
MOST_BODY = 3 * PAGE_BODY / 2  # rows and what stands below them; more, and that has a page of its own
UNIT_MOST = 2 * 28  # pixels; a longer unit stands once above the figures instead of behind each
SIGN = 26  # pixels of a sign of movement
SECOND = 40  # from the line of a figure to that of its change
FIGURE_SIZES = (46, 40, 34, 30)
NAME_SIZES = (40, 36, 32)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where figures and names end, the same on all pages of a ranking."""

    figure_size: int
    figure_right: float
    unit: str  # behind each figure, or empty
    compared: bool  # whether movements and changes stand below the figures
    move_x: float  # where the signs of movement start
    name_right: float
    zero_x: float  # where bars start
    scale: Decimal  # pixels of bar for one unit of value
    last: int  # rank that is not to be shown in red though it is among the first three: everybody else is before it


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the ranking, measured; of several orgs where nothing but the name tells them apart."""

    line: Line
    size: int
    name: tuple[str, ...]
    tags: str
    tags_beside: bool
    across: bool  # the name takes the whole breadth, the figure stands below it beside the bar
    height: int
    tied: tuple[str, ...] = ()  # lines of names below the bar


def pages(table: RankTable, zone: tzinfo) -> Iterator[str]:
    """Draw the pages of a ranking as SVG documents; at least one."""
    shown = standing(table, zone)
    columns = _columns(shown)
    groups = shown.groups
    left_out = sum(len(group) for group in groups[MOST_ROWS:])
    split = paginate([_measured(group, columns) for group in groups[:MOST_ROWS]])
    below = _apart(Sheet(svg.WIDTH), 0, shown, left_out)  # drawn once to see how high it is
    if split[-1] and sum(row.height for row in split[-1]) + below > MOST_BODY:
        split.append([])
    for number, rows in enumerate(split, start=1):
        sheet = Sheet(svg.WIDTH)
        facts = (shown.issue if shown.published else "", f"数据截至{shown.as_of}", page_words(number, len(split)))
        y = band(sheet, shown.title, facts, "" if shown.published else shown.issue)
        y = _rows(sheet, y, rows, columns, shown) if rows or number == 1 else y
        if number == len(split):
            y = _apart(sheet, y, shown, left_out)
        yield sheet.done(ceil(_foot(sheet, y, shown)))


def _columns(shown: Standing) -> Columns:
    """Give the figures what they need, the names the rest (never less than a third of the sheet)."""
    unit = shown.unit if width(shown.unit, SMALL) <= UNIT_MOST else ""
    right = RIGHT - (width(unit, SMALL) + 8 if unit else 0)
    longest = max((line.figure for line in shown.lines), key=lambda figure: width(figure, 10), default="")
    size, _ = fit(longest, FIGURE_SIZES, right - NAME_X - svg.WIDTH / 3)
    taken = RIGHT - right + width(longest, size)
    move_x: float = RIGHT
    if shown.compared:
        move_x -= SIGN + 8 + max((width(str(abs(line.moved or 0)), SMALL) for line in shown.lines), default=0)
        taken = max(taken, RIGHT - move_x + 20 + max((width(line.change, SMALL) for line in shown.lines), default=0))
    name_right = RIGHT - taken - 40
    values = [line.value for line in shown.lines]
    low, high = min([Decimal(0), *values]), max([Decimal(0), *values])
    if shown.unit == "%" and low == 0 and high <= HUNDRED:
        high = HUNDRED  # a bar of a share is full at 100 %, whoever leads
    scale = Decimal(name_right - NAME_X) / (high - low) if high > low else Decimal(0)
    return Columns(
        figure_size=size,
        figure_right=right,
        unit=unit,
        compared=bool(shown.compared),
        move_x=move_x,
        name_right=name_right,
        zero_x=NAME_X + float(-low * scale),
        scale=scale,
        last=shown.lines[-1].rank if len(values) > 1 else 0,
    )


def _measured(group: Sequence[Line], columns: Columns) -> Row:
    """Fit one org, or all that share a line under a heading that counts them."""
    if len(group) == 1:
        return _measure(group[0], columns)
    tags = tuple(tag for tag in group[0].tags if tag != TIED)
    row = _measure(replace(group[0], name=f"{TIED}{len(group):,}家", tags=tags), columns)
    names = [svg.drawable(line.name) or NAMELESS for line in group]
    tied = tuple(svg.flow(names, TIED_NAME, RIGHT - NAME_X, TIED_LINES))
    return replace(row, height=row.height + len(tied) * TIED_STEP + TIED_END, tied=tied)


def _measure(line: Line, columns: Columns) -> Row:
    """Fit a name on one line beside its figure, else on two, else on lines of its own across the sheet.

    Marks stand beside a name where there is room, else below.
    """
    name, tags, room = svg.drawable(line.name) or NAMELESS, "、".join(line.tags), columns.name_right - NAME_X
    size, one_line = fit(name, NAME_SIZES, room)
    lines, across = [name], False
    if not one_line:
        size, lines = SMALL, wrap(name, SMALL, room, 2)
        across = "".join(lines).replace(" ", "") != name.replace(" ", "")
    if across:
        size, lines = NAME_SIZES[-1], wrap(name, NAME_SIZES[-1], RIGHT - NAME_X, 3)
    beside = not across and one_line and width(name, size) + width(tags, SMALL) + 24 <= room
    height = ROW + (len(lines) - 1) * (size + 8) + (EXTRA if tags and not beside else 0)
    if across:
        height += 2 * ACROSS + (SECOND if columns.compared else 0)
    return Row(
        line, size, tuple(lines), shorten(tags, SMALL, RIGHT - NAME_X if across else room), beside, across, height
    )


def _rows(sheet: Sheet, y: float, rows: Sequence[Row], columns: Columns, shown: Standing) -> float:
    if not rows:
        return empty(sheet, y, EMPTY)
    _strip(sheet, y + 50, columns, shown)
    rule(sheet, y + 72)
    y += 74
    for index, row in enumerate(rows):
        if index:
            rule(sheet, y)
        _row(sheet, y, row, columns)
        y += row.height
    return y


def _strip(sheet: Sheet, baseline: float, columns: Columns, shown: Standing) -> None:
    """Head the columns: how many take part, and the unit where it is long."""
    counts = f"参加排名{len(shown.lines):,}家" + (f"，未报{len(shown.missing):,}家" if shown.missing else "")
    unit = "" if columns.unit or not shown.unit else f"单位：{shown.unit}"
    room = RIGHT - width(unit, SMALL) - 20 - LEFT
    sheet.text(LEFT, baseline, shorten(counts, SMALL, room), SMALL, GREY)
    sheet.text(RIGHT, baseline, unit, SMALL, GREY, "end")


def _row(sheet: Sheet, y: float, row: Row, columns: Columns) -> None:
    line, ink = row.line, GREY if row.line.stale else INK
    leads = line.rank <= 3 and line.rank != columns.last and not line.stale
    names = len(row.tied) * TIED_STEP + TIED_END if row.tied else 0
    middle = y + (row.height - names) / 2
    _rank(sheet, middle, line, leads)
    step, below = row.size + 8, y + 54
    for index, words in enumerate(row.name):
        below = y + 54 + index * step
        sheet.text(NAME_X, below, words, row.size, ink, weight=0.7 if leads else 0)
    if row.tags and row.tags_beside:
        sheet.text(NAME_X + width(row.name[0], row.size) + 20, below - 2, row.tags, SMALL, GREY)
    elif row.tags:
        below += EXTRA
        sheet.text(NAME_X, below, row.tags, SMALL, GREY)
    bar_y = below + 22 + (ACROSS if row.across else 0)
    _bar(sheet, bar_y, line, columns, leads)
    baseline = bar_y + 24 if row.across else middle + (-2 if columns.compared else 16)
    for index, words in enumerate(row.tied):
        sheet.text(NAME_X, bar_y + 24 + (index + 1) * TIED_STEP, words, TIED_NAME, ink)
    sheet.text(columns.figure_right, baseline, line.figure, columns.figure_size, ink, "end", weight=0.8)
    sheet.text(columns.figure_right + 8, baseline, columns.unit, SMALL, GREY)
    if columns.compared:
        sheet.text(columns.move_x - 20, baseline + SECOND, line.change, SMALL, GREY, "end")
        _movement(sheet, columns.move_x, baseline + SECOND, line.moved)


def _rank(sheet: Sheet, middle: float, line: Line, leads: bool) -> None:
    digits, x = str(line.rank), LEFT + 34
    size = 40 if len(digits) < 3 else 32 if len(digits) < 4 else SMALL
    sheet.disc(x, middle, 34, RED if leads else svg.TRACK)
    sheet.text(
        x, middle + size * 0.36, digits, size, svg.PAPER if leads else GREY, "middle", weight=0.8 if leads else 0
    )


def _bar(sheet: Sheet, y: float, line: Line, columns: Columns, leads: bool) -> None:
    sheet.rect(NAME_X, y, columns.name_right - NAME_X, 16, svg.TRACK, 8)
    length = float(line.value * columns.scale)
    if not length:
        return
    colour = svg.FAINT if line.stale or length < 0 else RED if leads else svg.RED_SOFT
    long = max(abs(length), 6.0)
    start = max(NAME_X, columns.zero_x - long) if length < 0 else min(columns.zero_x, columns.name_right - long)
    sheet.rect(start, y, long, 16, colour, min(8, long / 2))


def _movement(sheet: Sheet, x: float, baseline: float, moved: int | None) -> None:
    """Draw places won or lost with their number."""
    end = _sign(sheet, x, baseline, moved)
    if moved:
        sheet.text(end + 8, baseline, str(abs(moved)), SMALL, RED if moved > 0 else svg.GREEN)


def _sign(sheet: Sheet, x: float, baseline: float, moved: int | None) -> float:
    """Draw up, down, unchanged or new, and return where the sign ends.

    Red is up and green is down, as readers in China expect from every other table; the shapes say it without colour.
    """
    if moved is None:
        sheet.text(x, baseline, "新", SMALL, RED)
        return x + SMALL
    if moved == 0:
        sheet.rect(x, baseline - 13, SIGN, 5, svg.FAINT)
    else:
        sheet.triangle(x, baseline - 23, SIGN, RED if moved > 0 else svg.GREEN, up=moved > 0)
    return x + SIGN


def _apart(sheet: Sheet, y: float, shown: Standing, left_out: int) -> float:
    """List in grey who is not ranked, and say how many lines were not drawn."""
    if left_out:
        sheet.text(svg.WIDTH / 2, y + 56, f"其余{left_out:,}家未在图中列出", 32, GREY, "middle")
        y += 80
    for label, names, why in shown.apart:
        rule(sheet, y)
        sheet.text(LEFT, y + 58, f"{label} {len(names):,}家{why}", 34, GREY, weight=0.6)
        lines = svg.flow([svg.drawable(name) or NAMELESS for name in names], 34, RIGHT - LEFT, MOST_NAME_LINES)
        for index, words in enumerate(lines):
            sheet.text(LEFT, y + 58 + (index + 1) * 50, words, 34, GREY)
        y += 58 + len(lines) * 50 + 34
    return _corrections(sheet, y, shown)


def _corrections(sheet: Sheet, y: float, shown: Standing) -> float:
    """Say what has changed in the issue before since it was published."""
    if not shown.corrections:
        return y
    rule(sheet, y)
    sheet.text(LEFT, y + 58, f"更正{shown.compared} {len(shown.corrections)}家", 34, INK, weight=0.6)
    some = shown.corrections[:MOST_CORRECTIONS]
    lines = [line for words in some for line in wrap(svg.drawable(words), 32, RIGHT - LEFT, 2)]
    if len(some) < len(shown.corrections):
        lines.append(f"另有{len(shown.corrections) - len(some)}家未列出")
    for index, words in enumerate(lines):
        sheet.text(LEFT, y + 58 + (index + 1) * 48, words, 32)
    return y + 58 + len(lines) * 48 + 34


def _foot(sheet: Sheet, y: float, shown: Standing) -> float:
    """Explain the signs, print the note, and return the height of the sheet."""
    rule(sheet, y)
    y += 54
    if shown.compared and shown.lines:
        against = f"较{shown.compared}："
        sheet.text(LEFT, y, against, SMALL, GREY)
        x = LEFT + width(against, SMALL)
        there = {line.moved and (1 if line.moved > 0 else -1) for line in shown.lines}
        signs = ((1, "名次上升"), (-1, "名次下降"), (0, "名次未变"), (None, "新上榜"))
        for moved, words in (sign for sign in signs if sign[0] in there):
            x = _sign(sheet, x, y, moved) + 10
            sheet.text(x, y, words, SMALL, GREY)
            x += width(words, SMALL) + 28
        y += 46
        if any(line.change for line in shown.lines):
            sheet.text(
                LEFT, y, f"灰色数字：数值较{shown.compared}的增减{POINTS if shown.unit == '%' else ''}", SMALL, GREY
            )
            y += 46
    if shown.note:
        y = note(sheet, y, f"注：{shown.note}")
    if shown.issuer:
        sheet.text(RIGHT, y, svg.shorten(shown.issuer, SMALL, RIGHT - LEFT), SMALL, GREY, "end")
        y += 42
    return y + 16
