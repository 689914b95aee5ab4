"""The short form of `make fuzz` (S7), and every parser of outside input under hypothesis."""

from __future__ import annotations

from pathlib import Path

from tests import fuzz


def test_s07_mutated_callbacks_break_nothing(tmp_path: Path) -> None:
    """2 000 mutated callbacks: no 500, no write for what is refused, refusals alike, no handler fails, memory stays."""
    counts = fuzz.run(tmp_path, 1800, seed=7)
    assert counts.wrong == []
    assert counts.cases >= 1800
    assert {200, 400, 403, 405, 413} <= set(counts.statuses)
    assert counts.written > 300


def test_s07_the_fuzzer_sees_what_is_wrong(tmp_path: Path) -> None:
    """An application that takes what nobody signed is found out, so that the counts can be trusted."""
    site = fuzz.open_site(tmp_path)
    try:
        number = next(n for n in range(1000) if fuzz.make(7, n).kind == "signed")
        taken = fuzz.make(7, number)
        unsigned = fuzz.Case("forged", taken.request)
        wrong = list(fuzz.judge(site, unsigned, fuzz.Counts(), {}))
        assert wrong == ["taken, although nobody signed it"]
    finally:
        site.close()
