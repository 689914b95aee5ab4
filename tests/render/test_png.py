"""The PNG: its size, that words are really drawn, its price, and what happens without a font."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.commands.checking import pictures_broken
from bot.render import RenderError
from bot.render.png import MOST_BYTES, font_file, pages, rasterise, table_png
from bot.render.svg import GREY, Sheet
from bot.render.words import CHINA
from models.messages import RankRow
from tests.render import pixels
from tests.render.tables import AWKWARD, HUNAN, table


@pytest.mark.parametrize("name", ["hunan", *AWKWARD])
def test_every_ranking_becomes_pictures(name: str) -> None:
    """Whatever the ranking, there is at least one PNG, 1080 wide, not absurdly tall and below 2 MB."""
    every = list(pages(AWKWARD.get(name, HUNAN), CHINA))
    assert every
    for page in dict.fromkeys((every[0], every[-1])):  # those between are like the first
        png = rasterise(page, font_file())
        width, height = pixels.size(png)
        assert width == 1080
        assert 400 < height < 4200
        assert len(png) < MOST_BYTES


def test_names_are_really_drawn() -> None:
    """Where a name stands there is ink, and where there is none the paper is white."""
    named = table([RankRow("国家", 1, None, None)], note="")
    (picture,) = table_png(named)
    grey = bytes.fromhex(GREY[1:])
    lines = list(pixels.rows(picture))
    step = len(lines[0]) // 1080
    column = [[line[x * step : x * step + 3] for x in range(48, 120)] for line in lines[-160:]]
    assert 200 < sum(pixel == grey for line in column for pixel in line) < 4000
    assert all(line[x * step : x * step + 3] == b"\xff\xff\xff" for line in lines[-160:-100] for x in range(800, 1000))


def test_another_name_is_another_picture() -> None:
    """Two rankings that differ in one character of one name differ in pixels, and the same one is drawn the same."""
    other = replace(HUNAN, rows=(replace(HUNAN.rows[0], org="长汕市"), *HUNAN.rows[1:]))
    assert table_png(HUNAN) == table_png(HUNAN)
    assert table_png(HUNAN) != table_png(other)


def test_font_missing(tmp_path: Path) -> None:
    """A missing font is an error that names the file, never a picture without words."""
    with pytest.raises(RenderError, match=r"font file missing: .*none\.ttc"):
        table_png(HUNAN, font=tmp_path / "none.ttc")


@pytest.mark.parametrize("kept", [0, 1000, 1_000_000])
def test_font_broken(tmp_path: Path, kept: int) -> None:
    """A truncated font, which resvg skips in silence, is an error too."""
    broken = tmp_path / "broken.ttc"
    with font_file().open("rb") as whole:
        broken.write_bytes(whole.read(kept))
    with pytest.raises(RenderError, match="font file unreadable"):
        table_png(HUNAN, font=broken)


def test_font_package_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that holds the font the error names the package."""
    monkeypatch.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
    with pytest.raises(RenderError, match="not installed"):
        table_png(HUNAN)


def test_check_warns_of_a_missing_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` says so before a ranking is due, and says nothing when all is well."""
    assert pictures_broken() is None
    monkeypatch.setattr("bot.render.png.FONT_PACKAGE", "no_such_package")
    assert "rankings would go out as text alone" in str(pictures_broken())


def test_what_resvg_refuses() -> None:
    """A document that resvg cannot draw is a RenderError with its words."""
    with pytest.raises(RenderError, match="resvg could not draw"):
        rasterise("<svg", font_file())


def test_too_high_a_picture() -> None:
    """A sheet that is absurdly high is refused before the rasteriser sees it: it would end the process."""
    with pytest.raises(RenderError, match="9000 pixels high"):
        Sheet(1080).done(9000)


def test_too_large_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture over the platform's limit is refused here, with its size."""
    monkeypatch.setattr("bot.render.png.MOST_BYTES", 50)
    with pytest.raises(RenderError, match="over the platform's limit"):
        rasterise(Sheet(40).done(40), font_file())
