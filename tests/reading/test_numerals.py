"""The numerals' own grammar."""

from __future__ import annotations

import pytest

from handlers.reading.normalise import normalise
from handlers.reading.numerals import Numeral, Shape, scan
from tests.reading.tables import rows


def _shown(numeral: Numeral) -> str:
    if numeral.shape is Shape.VAGUE:
        return "?"
    if numeral.shape is Shape.RANGE:
        return f"{numeral.value}..{numeral.upper}"
    assert numeral.value is not None
    return f"{numeral.value.normalize():f}{'~' if numeral.approx else ''}"


@pytest.mark.parametrize(
    ("written", "value"), rows("numerals"), ids=[str(number) for number, _ in enumerate(rows("numerals"), 1)]
)
def test_numeral_is_read(written: str, value: str) -> None:
    """Each form that people write gives its value, about or not, as a range or as too vague."""
    found = scan(normalise(written).text)
    assert [(numeral.start, _shown(numeral)) for numeral in found] == [(0, value)]


@pytest.mark.parametrize("written", ["5³", "½", "٣٨", "Ⅷ", "①"])
def test_other_digits_are_no_numerals(written: str) -> None:
    """Superscripts, fractions and foreign digits never become part of a number."""
    assert [numeral.value for numeral in scan(normalise(written).text)] in ([], [5])
