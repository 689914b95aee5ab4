"""Floors on the shared development corpus. Its measure is agreement with cases that were seen; docs/reading.md has
the honest figures.
"""

from __future__ import annotations

import pytest

from models.campaign import loader
from tests.corpus import corpus_path, score


@pytest.mark.skipif(not corpus_path().exists(), reason=f"no corpus at {corpus_path()} (say where with CORPUS=...)")
def test_corpus_floors() -> None:
    """The development corpus is read as well as the issue asks."""
    result = score(corpus_path(), loader.load(loader.HUNAN))
    total = result.total
    assert total.exact / total.cases >= 0.97
    assert total.precision >= 0.99
    assert total.recall >= 0.98
    assert result.negatives_false <= 1
    assert result.asked >= 0.9 * result.ambiguous
    assert total.approx_right >= 0.98 * total.approx_seen
