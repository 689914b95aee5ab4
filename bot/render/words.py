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


def figure_words(value: Decimal | None) -> str:
    """Write a figure with as many decimals as it has, at most 4: 12,500, 18.6. Garbage is cut as in group_digits()."""
    if value is None or not value.is_finite():
        return NO_VALUE
    exponent = value.normalize().as_tuple().exponent
    return group_digits(value, min(max(-int(exponent), 0), 4))


def compact(value: Decimal, step: Decimal) -> str:
    """Write a round value of an axis in short, all with the same unit for one step: 5,000, 2万, 1.5亿."""
    for size, unit in ((Decimal(100_000_000), "亿"), (Decimal(10_000), "万")):
        if step >= size / 2 and value:  # 0.5万 is read at a glance, 0.3万 is not
            return f"{figure_words(value / size)}{unit}"
    return figure_words(value)
