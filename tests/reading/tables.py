"""Rows of the TSV tables beside this file, and a reading in their short form: handbook=300; visit/社区=5+~ (+
cumulative, ~ about).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from handlers.reading.values import Found, Reading

HERE = Path(__file__).parent


def rows(name: str) -> list[list[str]]:
    """Return the rows of a table, with \\n and \\t in the message turned into what they stand for."""
    lines = (HERE / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    split = [line.split("\t") for line in lines if line and not line.startswith("# ")]
    return [[cells[0].replace("\\n", "\n").replace("\\t", "\t"), *cells[1:]] for cells in split]


def wanted(cell: str) -> Counter[str]:
    """Return the figures that a cell lists."""
    return Counter(each.strip() for each in cell.split(";") if each.strip())


def told(reading: Reading) -> Counter[str]:
    """Return the figures of a reading in the same form."""
    return Counter(_short(found) for found in reading.found)


def _short(found: Found) -> str:
    part = f"/{found.part}" if found.part else ""
    marks = ("+" if found.cumulative else "") + ("~" if found.approx else "")
    return f"{found.indicator}{part}={found.value.normalize():f}{marks}"
