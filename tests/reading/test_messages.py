"""Tables of messages: what is entered, what is asked, what is no report."""

from __future__ import annotations

import pytest

from handlers.reading.reader import Reader
from tests.reading.tables import rows, told, wanted


def _ids(name: str) -> list[str]:
    return [f"{name}-{number}" for number, _ in enumerate(rows(name), 1)]


TABLES = ("sentences", "blocks", "bulletins", *(f"fresh{number}" for number in range(1, 17)))
FIGURES = [row for name in TABLES for row in rows(name)]


@pytest.mark.parametrize(("text", "figures"), FIGURES, ids=[each for name in TABLES for each in _ids(name)])
def test_figures_are_read(reader: Reader, text: str, figures: str) -> None:
    """Each message gives exactly the figures that a careful clerk would enter."""
    assert told(reader.read(text)) == wanted(figures)


@pytest.mark.parametrize(("text", "verdict"), rows("negatives"), ids=_ids("negatives"))
def test_no_report_is_told_by_kind(reader: Reader, text: str, verdict: str) -> None:
    """A question, a plan, chat, a command and an explicit nothing give no figure and are told apart."""
    reading = reader.read(text)
    assert (reading.verdict.value, reading.found) == (verdict, ())


@pytest.mark.parametrize("row", rows("chatter"), ids=_ids("chatter"))
def test_chatter_gives_no_figure(reader: Reader, row: list[str]) -> None:
    """Numbers in chat, orders and other people's results are nobody's report."""
    assert reader.read(row[0]).found == ()


@pytest.mark.parametrize(("text", "kind", "certain"), rows("doubts"), ids=_ids("doubts"))
def test_doubt_asks_and_keeps_what_is_certain(reader: Reader, text: str, kind: str, certain: str) -> None:
    """What is doubtful is asked about with its own kind; what is certain beside it is entered."""
    reading = reader.read(text)
    assert {doubt.kind.value for doubt in reading.doubts} == {kind}
    assert told(reading) == wanted(certain)


@pytest.mark.parametrize(("text", "unplaced"), rows("unplaced"), ids=_ids("unplaced"))
def test_numbers_of_unknown_things_are_named(reader: Reader, text: str, unplaced: str) -> None:
    """What could not be placed is named; what is known to be no figure is not."""
    reading = reader.read(text)
    assert [text[start:end] for start, end in reading.unplaced] == [each for each in unplaced.split("; ") if each]
