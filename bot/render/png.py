"""Tables as PNG pictures for a phone: 1080 px wide, drawn as SVG (picture, matrix, trend), made pixels by resvg.

The one place that knows resvg and the font file. Everything that can go wrong there becomes a RenderError.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import resvg_py

from bot.render import RenderError, matrix, picture, trend
from bot.render.svg import FAMILY, Sheet
from bot.render.words import CHINA
from models.charts import MatrixTable, TrendTable
from models.messages import Table

FONT_PACKAGE = "noto_cjk_sans_otc"
MOST_BYTES = 2 * 1024 * 1024  # of a picture, for the app and for a group robot alike


def font_file() -> Path:
    """Return where the bundled font lies. Raises RenderError when its package is not installed."""
    try:
        return Path(str(files(FONT_PACKAGE) / "NotoSansCJK-Regular.ttc"))
    except ModuleNotFoundError as error:
        raise RenderError("the package noto-cjk-sans-otc, which holds the font, is not installed") from error


def table_png(table: Table, *, zone: tzinfo = CHINA, font: Path | None = None) -> list[bytes]:
    """Draw a table as one or more PNG pages, in order. Never empty: without data the picture says so.

    Raises RenderError when the font is missing or broken, or a page would be over 2 MB.
    """
    used = usable_font(font)
    return [rasterise(page, used) for page in pages(table, zone)]


def usable_font(font: Path | None = None) -> Path:
    """Return the font after a character was drawn with it. Raises RenderError when it is missing or broken."""
    used = font or font_file()
    try:
        stat = used.stat()
    except OSError:
        raise RenderError(f"font file missing: {used}; install the package noto-cjk-sans-otc again") from None
    _prove(used, stat.st_mtime_ns, stat.st_size)
    return used


def pages(table: Table, zone: tzinfo) -> Iterator[str]:
    """Draw the pages of a table as SVG."""
    if isinstance(table, MatrixTable):
        return matrix.pages(table, zone)
    if isinstance(table, TrendTable):
        return trend.pages(table, zone)
    return picture.pages(table, zone)


def rasterise(svg: str, font: Path) -> bytes:
    """Turn an SVG document into a PNG with that font alone. Raises RenderError."""
    try:
        data = resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_files=[str(font)],
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
    except ValueError as error:
        raise RenderError(f"resvg could not draw the picture: {error}") from error
    if len(data) > MOST_BYTES:
        raise RenderError(f"the picture has {len(data)} bytes, over the platform's limit of {MOST_BYTES}")
    return data


@lru_cache(maxsize=4)
def _prove(font: Path, _changed: int, _size: int) -> None:
    """Draw one character to see that the font works: resvg leaves text out in silence when it cannot read the file.

    Once for each state of the file: a font that is put right is tried again, since errors are not kept.
    """
    empty, drawn = Sheet(40), Sheet(40)
    drawn.text(4, 32, "国", 32)
    if rasterise(drawn.done(40), font) == rasterise(empty.done(40), font):
        raise RenderError(f"font file unreadable or without {FAMILY}: {font}; install noto-cjk-sans-otc again")
