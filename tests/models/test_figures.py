"""How figures are written for people."""

from __future__ import annotations

import pytest

from models.figures import percent


@pytest.mark.parametrize(
    ("done", "of", "expected"),
    [(0, 106, "0%"), (1, 106, "不到1%"), (1, 100, "1%"), (4, 108, "3%"), (107, 108, "99%"), (108, 108, "100%")],
)
def test_a_share_is_never_better_than_it_is(done: int, of: int, expected: str) -> None:
    """Only all is 100%, and only nothing is 0%."""
    assert percent(done, of) == expected
