"""A CSV file as people save it from Excel or WPS: rows of text cells by column name, problems by line. Pure.

Called by roster.py only.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from models.errors import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One line below the header. A column that the file does not have reads as ""."""

    file: str
    line: int  # where the row begins, 1 is the header
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def problem(self, what: str, instead: str) -> Problem:
        """Return a problem at this line."""
        return Problem(self.file, f"line {self.line}", what, instead)

    def filled(self, column: str, found: list[Problem], instead: str) -> bool:
        """Tell whether a cell holds something; note a problem when it does not."""
        if not self[column]:
            found.append(self.problem(f"{column} is empty", instead))
        return bool(self[column])

    def convert(self, column: str, to: Callable[[str], T], found: list[Problem], instead: str) -> T | None:
        """Return a cell as a value, None when it is empty or, with a problem noted, when `to` raises ValueError."""
        if not self[column]:
            return None
        try:
            return to(unicodedata.normalize("NFKC", self[column]))
        except ValueError:
            found.append(self.problem(f'{column} "{self[column]}" does not fit', instead))
            return None


def read_rows(
    data: bytes, file: str, needed: Sequence[str], optional: Sequence[str]
) -> tuple[list[Row], list[Problem]]:
    """Read a CSV file with a header. Returns the rows and what is wrong; no rows when a needed column is missing.

    data: UTF-8, with or without byte order mark, or GB 18030 (GBK is part of it).
    """
    text = _decoded(data)
    if text is None:
        return [], [Problem(file, "file", "is neither UTF-8 nor GBK", "save it as CSV UTF-8")]
    found: list[Problem] = []
    lines = list(_records(text, file, found))
    if not lines:
        return [], found or [Problem(file, "line 1", "is empty", f"write the header {','.join(needed)}")]
    header = [cell.lower() for cell in lines[0][1]]
    found += _header_problems(header, file, needed, optional)
    if any(column not in header for column in needed):
        return [], found
    rows = []
    for line, cells in lines[1:]:
        if len(cells) > len(header):
            what = f"has {len(cells)} cells, the header {len(header)}"
            found.append(Problem(file, f"line {line}", what, "put a cell that holds a comma in quotes"))
            cells = cells[:3]  # what comes before any number; the rest may have slipped to the right
        rows.append(Row(file, line, dict(zip(header, cells, strict=False))))
    return rows, found


def _decoded(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text  # a NUL means UTF-16, which GB 18030 decodes to nonsense
    return None


def _records(text: str, file: str, found: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank with the line on which it begins; stop at a broken quote, with a problem."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            cells = [" ".join(cell.split()) for cell in cells]
            if any(cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        found.append(
            Problem(file, f"line {begins}", f"cannot be read: {error}", 'close the quotes; a quote itself is ""')
        )


def _header_problems(header: Sequence[str], file: str, needed: Sequence[str], optional: Sequence[str]) -> list[Problem]:
    found = []
    for column in needed:
        if column not in header:
            found.append(Problem(file, "line 1", f"column {column} is missing", f"write {','.join(needed)}"))
    for column in dict.fromkeys(header):
        if column and column not in (*needed, *optional):
            known = ", ".join((*needed, *optional))
            found.append(Problem(file, "line 1", f'column "{column}" is unknown', f"known are {known}"))
        if column and header.count(column) > 1:
            found.append(Problem(file, "line 1", f'column "{column}" stands twice', "write each column once"))
    return found
