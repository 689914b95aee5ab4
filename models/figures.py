"""How a figure is written for people: grouped digits, no trailing zeros, the measure behind it."""

from __future__ import annotations

from decimal import Decimal


def grouped(value: Decimal, decimals: int | None = None) -> str:
    """Write a figure with grouped digits: 12,500 or 3.5. decimals: places shown, None for as many as needed."""
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    whole = value.to_integral_value()
    return f"{whole:,.0f}" if whole == value else f"{value.normalize():,f}"


def percent(done: int, of: int) -> str:
    """Write a share in whole per cent, rounded down: 100% is all, and what has begun is not 0%. of: above 0."""
    return "不到1%" if 0 < done * 100 < of else f"{done * 100 // of}%"
