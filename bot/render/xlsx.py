"""Workbooks for Excel and WPS: typed cells row by row, without holding the sheet in memory.

What people wrote is text and stays text: a cell that begins like a formula is stored as a string and marked so that
Excel does not take it for one when somebody edits it. Figures are numbers as long as Excel can hold them exactly.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import AxDataSource, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.writer.excel import ExcelWriter

from bot.render import RenderError

MOST_ROWS = 1_048_576  # of a sheet in Excel
CHART_SIZE = (25, 15)  # cm: what a page of A4 across holds
A4 = 9  # of the paper sizes that Excel knows
MOST_TEXT = 32_767  # characters of a cell in Excel
EXACT_DIGITS = 15  # significant digits that a number in Excel holds
STAMP = (2021, 1, 1, 0, 0, 0)  # of every part in the file: what was made twice from the same data is the same file

WHOLE, BROKEN, SHARE = "#,##0", "#,##0.0#####", "0.0%"
DAY, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
TEXT = "@"  # what is typed into such a cell stays text too

_RISKY = frozenset("=+-@|%\t\r\n")  # how a formula, a macro or a command begins, also for programs that import a sheet
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # Excel reads _x0041_ as A


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of our own; never built from what people wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A fraction, shown as per cent."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet."""

    title: str
    width: int  # characters


Value = str | int | Decimal | date | datetime | Formula | Share | None


class Sheet:
    """One sheet, written from the top."""

    def __init__(
        self, book: Workbook, title: str, widths: Sequence[int], freeze: str, broken: str, *, landscape: bool
    ) -> None:
        """freeze: the first cell that moves. broken: the number format of what is no whole number.

        Prints on A4, as wide as the page, with what is frozen above again on every page.
        """
        self._sheet: Any = book.create_sheet(title)
        self._sheet.freeze_panes = freeze
        self._broken = broken
        self._sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        self._sheet.page_setup.paperSize = A4
        self._sheet.page_setup.orientation = "landscape" if landscape else "portrait"
        self._sheet.page_setup.fitToWidth, self._sheet.page_setup.fitToHeight = 1, 0
        if freeze != "A1":
            self._sheet.print_title_rows = f"1:{int(re.sub('[A-Z]', '', freeze)) - 1}"
        self._sheet.print_options.horizontalCentered = True
        self._sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
        for number, width in enumerate(widths, 1):
            self._sheet.column_dimensions[get_column_letter(number)].width = width
        self._rows = 0
        self._cells: dict[str, Any] = {}

    def header(self, titles: Sequence[str]) -> None:
        """Write a line of headings."""
        self._append(self._styled("header", title) for title in titles)

    def title(self, text: str) -> None:
        """Write a heading over everything."""
        self._append([self._styled("title", text)])

    def row(self, values: Sequence[Value], *, bold: bool = False) -> None:
        """Write a line. None is an empty cell. Raises RenderError when the sheet is full."""
        self._append(self._written(values, bold))

    def filter(self, first: int, columns: int) -> None:
        """Put a filter on the headings in a line; call it when all is written."""
        self._sheet.auto_filter.ref = f"A{first}:{get_column_letter(columns)}{max(self._rows, first)}"

    @property
    def sheet(self) -> Any:
        """Return the library's sheet, for a chart to point to."""
        return self._sheet

    @property
    def rows(self) -> int:
        """Return how many lines stand."""
        return self._rows

    def _append(self, cells: Any) -> None:
        if self._rows >= MOST_ROWS:
            raise RenderError(f"more than {MOST_ROWS} lines on a sheet")
        self._rows += 1
        self._sheet.append(cells)

    def _written(self, values: Sequence[Value], bold: bool) -> Iterator[Any]:
        """Yield the cells of a line. Each is written before the next is asked for, so that they can be used again."""
        for value in values:
            if value is None or value == "":
                yield None
            elif isinstance(value, str):
                yield self._text(value, bold)
            else:
                yield self._valued(value, bold)

    def _text(self, value: str, bold: bool) -> Any:
        return self._styled("guarded" if looks_like_formula(value) else "bold" if bold else "text", value)

    def _styled(self, kind: str, text: str) -> Any:
        cell = self._cell(kind)
        cell.value = clean(text)
        cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula, and #N/A for an error
        return cell

    def _valued(self, value: Value, bold: bool) -> Any:
        if isinstance(value, Formula):
            return self._plain(WHOLE if self._broken == BROKEN else self._broken, f"={value.text}", bold)
        if isinstance(value, Share):
            return self._plain(SHARE, value.value, bold)
        if isinstance(value, datetime):
            return self._plain(MOMENT, value.replace(tzinfo=None), bold)  # wall clock where it was made
        if isinstance(value, date):
            return self._plain(DAY, value, bold)
        figure = Decimal(value)  # type: ignore[arg-type]  # int or Decimal by now
        if not is_exact(figure):
            return self._styled("guarded", f"{figure:f}")
        if not isinstance(value, int) and self._broken != BROKEN:
            return self._plain(self._broken, figure, bold)
        whole = figure == figure.to_integral_value()
        return self._plain(WHOLE if whole else BROKEN, int(figure) if whole else figure, bold)

    def _plain(self, number_format: str, value: Any, bold: bool) -> Any:
        cell = self._cell("bold" if bold else "plain", number_format)
        cell.value = value
        return cell

    def _cell(self, kind: str, number_format: str = "") -> Any:
        key = kind + number_format
        if key not in self._cells:
            self._cells[key] = self._made(kind, number_format)
        return self._cells[key]

    def _made(self, kind: str, number_format: str) -> Any:
        cell: Any = WriteOnlyCell(self._sheet)
        cell.number_format = number_format or TEXT
        if kind == "header":
            cell.font = Font(bold=True, color="FFFFFF")
            cell.fill = PatternFill("solid", fgColor="2F5597")
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        elif kind in ("title", "bold"):
            cell.font = Font(bold=True, size=14 if kind == "title" else 11)
        else:
            cell.quotePrefix = kind == "guarded"
            if kind != "plain":  # a name right behind a number is hard to tell from it
                cell.alignment = Alignment(horizontal="left", indent=1)
        return cell  # always with a style: openpyxl goes on writing into a cell that has none


class Book:
    """A workbook. Sheets stand in the order in which they are made, and may be filled in any."""

    def __init__(self, made_at: datetime, title: str) -> None:
        """made_at: what the file says about itself; wall clock where it is read."""
        self._book = Workbook(write_only=True)
        self._made_at = made_at.replace(tzinfo=None, microsecond=0)
        self._book.properties.title = title
        self._book.properties.creator = ""
        self._book.properties.created = self._made_at
        self._book.calculation.fullCalcOnLoad = True  # formulas are written without their results

    def sheet(
        self, title: str, widths: Sequence[int], freeze: str, *, decimals: int | None = None, landscape: bool = True
    ) -> Sheet:
        """Make the next sheet. decimals: places that every figure shows; None: as many as it has."""
        broken = BROKEN if decimals is None else WHOLE + (f".{'0' * decimals}" if decimals else "")
        return Sheet(self._book, title, widths, freeze, broken, landscape=landscape)

    def bars(self, name: str, title: str, source: Sheet, head: int, count: int) -> None:
        """Draw bars on a page of their own: the third column, named by the second, so many lines below the headings.

        Not a chart sheet in the file's own sense: the library writes those without a size, and LibreOffice shows none.
        """
        chart = BarChart()
        chart.type, chart.style, chart.title, chart.legend = "bar", 10, title, None
        chart.gapWidth = 60
        chart.x_axis.scaling.orientation = "maxMin"  # the first on top
        chart.x_axis.delete = chart.y_axis.delete = False
        chart.add_data(Reference(source.sheet, min_col=3, min_row=head + 1, max_row=head + count))
        chart.set_categories(Reference(source.sheet, min_col=2, min_row=head + 1, max_row=head + count))
        chart.series[0].graphicalProperties.solidFill = "A61E1E"
        chart.dataLabels = DataLabelList()
        chart.dataLabels.showVal = True
        for shown in ("showSerName", "showCatName", "showLegendKey", "showPercent"):  # LibreOffice shows what is unsaid
            setattr(chart.dataLabels, shown, False)
        chart.series[0].cat = AxDataSource(strRef=StrRef(chart.series[0].cat.numRef.f))
        chart.width, chart.height = CHART_SIZE
        page = Sheet(self._book, name, [], "A1", BROKEN, landscape=True)
        page.sheet.add_chart(chart, "A1")

    def data(self) -> bytes:
        """Finish it and return the file."""
        buffer = io.BytesIO()
        ExcelWriter(self._book, _StampedZip(buffer, self._made_at)).save()
        return buffer.getvalue()


class _StampedZip(zipfile.ZipFile):
    """A ZIP whose parts do not tell when they were packed: the same data give the same bytes, which a repeated call
    to the platform needs to be known as a repeat."""

    def __init__(self, file: IO[bytes], made_at: datetime) -> None:
        super().__init__(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True)
        self._modified = f"{made_at.isoformat()}Z</dcterms:modified>".encode()

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        """Add a part from memory."""
        raw = data.encode() if isinstance(data, str) else bytes(data)
        if str(zinfo_or_arcname) == "docProps/core.xml":  # openpyxl writes down when it saves
            raw = re.sub(rb"[^<>]*</dcterms:modified>", self._modified, raw)
        super().writestr(_part(str(zinfo_or_arcname)), raw)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        """Add a part from a file."""
        with Path(filename).open("rb") as source, self.open(_part(str(arcname)), "w", force_zip64=True) as part:
            while chunk := source.read(1 << 20):
                part.write(chunk)


def _part(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def clean(text: str) -> str:
    """Return a text as a cell can hold it: without what is no XML, cut at what Excel takes, nothing read into it."""
    kept = _ESCAPED.sub("_x005F_", _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
    return kept if len(kept) <= MOST_TEXT else kept[: MOST_TEXT - 1] + "…"


def looks_like_formula(text: str) -> bool:
    """Tell whether a program could take a text for a formula, folding full width and looking past what is invisible."""
    if text[:1] in _RISKY:
        return True
    folded = unicodedata.normalize("NFKC", text[:40])
    first = next((char for char in folded if not char.isspace() and unicodedata.category(char) not in ("Cf", "Cc")), "")
    return first in _RISKY


def is_exact(figure: Decimal) -> bool:
    """Tell whether Excel holds a figure as it is: it keeps 15 significant digits."""
    return len(figure.normalize().as_tuple().digits) <= EXACT_DIGITS and figure.is_finite()
