"""How a message was read."""

from __future__ import annotations

from collections.abc import Sequence

_QUOTED = 60  # characters of the message that are shown again


def explanation(text: str, lines: Sequence[str]) -> str:
    """Head the reasons with the message that they are about."""
    flat = " ".join(text.split())
    shown = flat if len(flat) <= _QUOTED else flat[:_QUOTED] + "…"
    return "\n".join([f"“{shown}”是这样读的：", *(lines or ["里面没有数字"])])
