"""Rows of text as a CSV file that a phone's WPS and a PC's Excel both open: lists that are too long for chat."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence


def rows_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Write rows; the first is the header. UTF-8 with its mark, since Excel takes a file without one for GBK.

    A text that begins with = + - @ or a control sign stays text: spreadsheets would run it as a formula.
    """
    out = io.StringIO()
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
