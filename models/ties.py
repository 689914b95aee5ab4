"""Lines of a ranking that nothing but the name tells apart, told as one wherever a ranking is shown. Pure.

Used by the chat's short form, by the text for groups and by the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import TypeVar

ALIKE = 4  # so many make one line; fewer stand each in their own (decided by us 2026-11-24)
T = TypeVar("T")


def runs(lines: Sequence[T], same: Callable[[T], Hashable]) -> list[tuple[T, ...]]:
    """Join neighbours that are the same by `same` where there are at least ALIKE; every other line stands alone."""
    found: list[tuple[T, ...]] = []
    for _, some in groupby(lines, key=same):
        run = tuple(some)
        found += [run] if len(run) >= ALIKE else [(line,) for line in run]
    return found
