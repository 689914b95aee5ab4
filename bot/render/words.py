"""Words, figures and moments as they are printed, whatever the medium."""

from __future__ import annotations

import unicodedata
from datetime import datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal, localcontext
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
NAME_LIMIT = 80  # characters of a name that are ever printed; real names stay below 40
NO_VALUE = "—"
MOST_DIGITS = 30  # before the point; beyond, a figure is garbage and is printed in powers of ten

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean(words: str, limit: int = NAME_LIMIT) -> str:
    """Make one printable line of what somebody typed: no control characters, single spaces, at most limit characters.

    Also takes away what would turn the direction of the text, join characters or be no character of XML at all.
    """
    kept = (" " if char.isspace() else char for char in words)
    line = " ".join("".join(c for c in kept if unicodedata.category(c) not in _UNPRINTABLE).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def group_digits(value: Decimal, decimals: int) -> str:
    """Write a figure with that many decimals, half up, thousands grouped: 1,286.4. Never "-0"; "—" for no number."""
    if not value.is_finite():
        return NO_VALUE
    if value and value.adjusted() >= MOST_DIGITS:
        return f"{value:.3E}"
    with localcontext() as context:
        context.prec = MOST_DIGITS + decimals + 2
        rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:,f}"


def moment_words(moment: datetime, zone: tzinfo) -> str:
    """Write a moment as 2021年5月17日9:05 in the zone. A naive one is taken as wall clock there."""
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return f"{local.year}年{local.month}月{local.day}日{local.hour}:{local.minute:02d}"
