"""A short form of the load: nothing lost, nothing doubled. How fast it is stands in `make load`, never in a test."""

from __future__ import annotations

from tests.load.__main__ import measured


def test_a_burst_of_callbacks_is_kept_once_each() -> None:
    """Every callback that was answered is in the ledger once, over the real server."""
    outcome, lost, doubled = measured("sqlite", rate=50, count=100)
    assert (lost, doubled) == (0, 0)
    refused = outcome.statuses.get(503, 0)  # a busy machine may ask the platform to come again
    assert outcome.statuses.get(200, 0) + refused == 100
