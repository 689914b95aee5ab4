"""The picture of what came in day by day: bars for the days, a line for the running total, on one axis of days.

The two have a panel each, since one panel with two scales is read wrongly. A day on which nobody reported has no bar;
a reported 0 has a stub.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby
from math import ceil

from bot.render import svg
from bot.render.frame import LEFT, RIGHT, SMALL, band, empty, note, rule
from bot.render.svg import FAINT, GREY, INK, RED, Sheet, fit, shorten, width
from bot.render.words import clean, compact, figure_words, group_digits, moment_words
from models.charts import TrendDay, TrendTable

NOTHING = "这段时间还没有上报"
BARS, CURVE, CURVE_ALONE = 430, 330, 560  # pixels that the panels are high
STUB = 6  # pixels of a bar that stands for a reported 0
FINE = 6  # pixels of a day below which days off are not tinted
DOTS = 16  # pixels of a day below which a line has no dots
TILE_GAP, TILE = 18, 176
TILE_SIZES = (50, 42, 36, 30)
YI = Decimal(100_000_000)  # 亿
TICKS = 4  # at most, above and below nought together
EACH_DAY = 10  # so few days and each may have its name below


@dataclass(frozen=True, slots=True)
class Axis:
    """Where days and values stand in a panel."""

    left: float
    top: float
    height: float
    count: int
    low: float
    high: float

    @property
    def slot(self) -> float:
        """Return the pixels of one day."""
        return (RIGHT - self.left) / self.count

    def x(self, index: int) -> float:
        """Return the middle of a day."""
        return self.left + (index + 0.5) * self.slot

    def y(self, value: float) -> float:
        """Return the height of a value."""
        return self.top + self.height * (1 - (value - self.low) / (self.high - self.low))


def pages(table: TrendTable, zone: tzinfo) -> Iterator[str]:
    """Draw the picture of a trend as SVG, always one page."""
    sheet = Sheet(svg.WIDTH)
    facts = (clean(table.scope, 20), f"数据截至{moment_words(table.as_of, zone)}")
    y = band(sheet, clean(table.title), facts)
    if all(each.total is None for each in table.days):
        y = empty(sheet, y, NOTHING)
    else:
        y = _tiles(sheet, y + 28, table)
        panels = [_totals(table)] if table.level else [_added(table), _totals(table)]
        left = max(panel.left for panel in panels)  # one day stands over itself in both
        for panel in panels:
            y = panel.draw(sheet, y, left)
    yield sheet.done(ceil(_foot(sheet, y, table)))


def _tiles(sheet: Sheet, y: float, table: TrendTable) -> float:
    """Print the three figures that people look for first."""
    totals = [each for each in table.days if each.total is not None]
    reported = [(each.value, each.day) for each in table.days if each.value is not None]
    last = totals[-1].total or Decimal(0)
    tiles = [("现有" if table.level else "累计", last, "", clean(table.measure, 8))]
    if table.level:
        grown = last - (totals[0].total or Decimal(0))
        tiles.append((f"比{day_words(totals[0].day)}", grown, "+" if grown > 0 else "", clean(table.measure, 8)))
    elif reported:
        value, day = max(reported, key=lambda pair: pair[0])
        tiles.append(("单日最多", value, "", day_words(day)))
    if table.of > 1:
        tiles.append(("报过数的单位", Decimal(table.orgs), "", f"共{table.of:,}家"))
    else:
        tiles.append(("有上报的日子", Decimal(len(reported)), "", "天"))
    broad = (RIGHT - LEFT - TILE_GAP * (len(tiles) - 1)) / len(tiles)
    for index, (label, figure, sign, below) in enumerate(tiles):
        x = LEFT + index * (broad + TILE_GAP)
        sheet.rect(x, y, broad, TILE, svg.BLUSH, 10)
        size, fits = fit(sign + figure_words(figure), TILE_SIZES, broad - 40)
        words = figure_words(figure) if fits else f"{group_digits(figure / YI, 0)}亿"
        sheet.text(x + 20, y + 44, label, SMALL, GREY)
        sheet.text(x + 20, y + 104, shorten(sign + words, size, broad - 40), size, INK if index else RED, weight=0.8)
        sheet.text(x + 20, y + 152, below, SMALL, GREY)
    return y + TILE + 24


class Panel(ABC):
    """One series over the days of a campaign: a title, days off, lines with their values; subclasses draw the rest."""

    def __init__(self, table: TrendTable, title: str, height: float, values: Sequence[Decimal | None]) -> None:
        self._days, self._values, self._height = table.days, values, height
        self._title = f"{title}（{clean(table.measure, 8)}）"
        known = [value for value in values if value is not None]
        self._marks = _ticks(known, from_nought=not table.level)
        step = self._marks[1] - self._marks[0]
        self._named = [compact(mark, step) for mark in self._marks]
        self.left = LEFT + max(width(words, SMALL) for words in self._named) + 16

    def draw(self, sheet: Sheet, y: float, left: float) -> float:
        """Draw the panel with its days from `left` on, and return where it ends."""
        sheet.text(LEFT, y + 44, self._title, 32, INK, weight=0.6)
        low, high = float(self._marks[0]), float(self._marks[-1])
        axis = Axis(left, y + 112, self._height - 112, len(self._days), low, high)
        if axis.slot >= FINE:
            for first, count in _days_off(self._days):
                sheet.rect(left + first * axis.slot, axis.top, count * axis.slot, axis.height, svg.TRACK)
        for mark, words in zip(self._marks, self._named, strict=True):
            bottom = mark == max(self._marks[0], Decimal(0))
            sheet.rect(left, axis.y(float(mark)) - 1, RIGHT - left, 2, FAINT if bottom else svg.RULE)
            sheet.text(left - 16, axis.y(float(mark)) + 10, words, SMALL, GREY, "end")
        self._series(sheet, axis)
        return _day_names(sheet, axis, self._days)

    @abstractmethod
    def _series(self, sheet: Sheet, axis: Axis) -> None:
        """Draw the days' values."""

    def _label(self, sheet: Sheet, axis: Axis, index: int, baseline: float) -> None:
        """Write the figure of a day over it, moved in where it would leave the panel."""
        words = figure_words(self._values[index])
        long = width(words, 30)
        left = min(max(axis.x(index) - long / 2, axis.left), RIGHT - long)
        sheet.text(left, baseline, words, 30, RED, halo=8)


class Bars(Panel):
    """What each day added; the most in red, with its figure."""

    def _series(self, sheet: Sheet, axis: Axis) -> None:
        known = [(value, -index) for index, value in enumerate(self._values) if value is not None]
        top = -max(known)[1] if known else -1
        nought, broad = axis.y(0), max(min(axis.slot * 0.62, 44), 1.5)
        for index, value in enumerate(self._values):
            if value is None:
                continue
            high = max(abs(axis.y(float(value)) - nought), STUB)
            fill = FAINT if value <= 0 else RED if index == top else svg.RED_SOFT
            start = nought if value < 0 else nought - high
            sheet.rect(axis.x(index) - broad / 2, start, broad, high, fill, min(3, broad / 3))
        if known:
            self._label(sheet, axis, top, min(axis.y(float(max(known)[0])), nought) - 14)


class Curve(Panel):
    """What had come in up to each day, as far as days have come; the last figure is written out."""

    def _series(self, sheet: Sheet, axis: Axis) -> None:
        known = [(index, float(value)) for index, value in enumerate(self._values) if value is not None]
        points = [(axis.x(index), axis.y(value)) for index, value in known]
        if axis.low <= 0 <= axis.high:  # an area that does not start from nought would lie
            sheet.area([(points[0][0], axis.y(0)), *points, (points[-1][0], axis.y(0))], svg.BLUSH)
        sheet.line(points, RED, 5)
        for (index, _), (x, y) in zip(known, points, strict=True):
            if self._days[index].value is not None and (axis.slot >= DOTS or len(points) == 1):
                sheet.disc(x, y, 7, RED)
        self._label(sheet, axis, known[-1][0], points[-1][1] - 18)


def _added(table: TrendTable) -> Panel:
    return Bars(table, "每日新增", BARS, [each.value for each in table.days])


def _totals(table: TrendTable) -> Panel:
    title, height = ("现有数", CURVE_ALONE) if table.level else ("累计", CURVE)
    return Curve(table, title, height, [each.total for each in table.days])


def _starts_from_nought(table: TrendTable) -> bool:
    """Tell whether nought stands on the axis of the totals, so that heights may be compared."""
    marks = _ticks([each.total for each in table.days if each.total is not None], from_nought=not table.level)
    return marks[0] <= 0 <= marks[-1]


def _days_off(days: Sequence[TrendDay]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of days off: first, how many."""
    first = 0
    for off, stretch in groupby(days, key=lambda each: not each.workday):
        count = len(list(stretch))
        if off:
            yield first, count
        first += count


def _ticks(known: Sequence[Decimal], *, from_nought: bool) -> list[Decimal]:
    """Choose round values that hold all that is shown, nought among them where bars stand on it.

    Between whole figures there are none in between: half a handbook is nothing to read off.
    """
    low, high = min(known, default=Decimal(0)), max(known, default=Decimal(0))
    if from_nought:
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    rough = (high - low or abs(high) or Decimal(1)) / (TICKS - 1)
    power = Decimal(1).scaleb(rough.adjusted())
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    if all(value == value.to_integral_value() for value in known):
        step = max(step, Decimal(1))
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 1)
    return [(first + number) * step for number in range(int(last - first) + 1)]


def _day_names(sheet: Sheet, axis: Axis, days: Sequence[TrendDay]) -> float:
    """Write below a panel the first day, the last, the Mondays, and then any other, as long as there is room."""
    y = axis.top + axis.height + 40
    taken: list[tuple[float, float]] = []
    ends = (0, len(days) - 1)
    for index in sorted(range(len(days)), key=lambda at: (at not in ends, days[at].day.weekday() > 0, at)):
        if len(days) > EACH_DAY and index not in ends and days[index].day.weekday():
            continue
        words = f"{days[index].day.month}.{days[index].day.day}"
        long = width(words, SMALL)
        left = min(max(axis.x(index) - long / 2, axis.left), RIGHT - long)
        if all(left >= end + 24 or left + long + 24 <= start for start, end in taken):
            sheet.text(left, y, words, SMALL, GREY)
            taken.append((left, left + long))
    return y + 22


def day_words(day: date) -> str:
    """Write a day: 5月17日."""
    return f"{day.month}月{day.day}日"


def _foot(sheet: Sheet, y: float, table: TrendTable) -> float:
    """Say what gaps and tints mean, print the note, and return the height of the sheet."""
    y += 12
    rule(sheet, y)
    y += 50
    said = _explained(table)
    if said:
        y = note(sheet, y, f"{'；'.join(said)}。")
    if table.note:
        y = note(sheet, y, f"注：{clean(table.note, 400)}")
    return y + 16


def _explained(table: TrendTable) -> list[str]:
    """Say what tints, gaps and stubs mean, those that are there."""
    if all(each.total is None for each in table.days):
        return []
    slot = (RIGHT - LEFT) / len(table.days)
    said = []
    if slot >= FINE and any(not each.workday for each in table.days):
        said.append("灰底是休息日")
    if table.level:
        said.append("没有单位上报的日子沿用最近一次的数")
        if not _starts_from_nought(table):
            said.append("纵轴不是从0开始")
    elif any(each.value is None and each.total is not None for each in table.days):
        said.append("没有柱子的日子没有单位上报")
    if not table.level and any(each.value == 0 for each in table.days):
        said.append("贴着底线的灰色短柱是报了0")
    if table.before:
        said.append(f"{day_words(table.days[0].day)}以前的{figure_words(table.before)}计入累计")
    return said
