"""What an undo or a correction is answered with."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.wording.words import amount, label
from models.campaign.definition import Campaign, Duty, IndicatorKind
from models.figures import grouped
from models.ledger import Line


def undone(number: int, changes: Sequence[str]) -> str:
    """Say what an undo took out."""
    return "\n".join([f"已撤销 #{number}", *changes])


def undone_correction(number: int, changes: Sequence[str]) -> str:
    """Say that a correction was taken back."""
    return "\n".join([f"已撤销对 #{number} 的更正", *changes])


def restored_line(campaign: Campaign, before: Line, now: Line, total: Decimal | None) -> str:
    """Say to what a figure went back by the undo of a correction."""
    name = label(campaign, now.indicator, now.part)
    old, new = amount(campaign, before.indicator, before.stated), amount(campaign, now.indicator, now.stated)
    back = f"{name}由{old}恢复为{new}"
    return back if total is None else f"{back}，累计{amount(campaign, now.indicator, total)}"


def undone_nothing() -> str:
    """Say that an explicit nothing was taken back."""
    return "“没有新增”的登记已取消"


def undone_line(campaign: Campaign, indicator: str, part: str, value: Decimal, now_total: Decimal | None) -> str:
    """Say what one figure became by an undo."""
    name = label(campaign, indicator, part)
    if campaign.indicators[indicator].kind is IndicatorKind.LEVEL:
        left = "，现在没有记录" if now_total is None else f"，恢复为{amount(campaign, indicator, now_total)}"
        return f"{name} {grouped(value)}已取消{left}"
    total = amount(campaign, indicator, now_total or Decimal(0))
    sign = "-" if value >= 0 else "+"
    return f"{name} {sign}{amount(campaign, indicator, abs(value))}，累计{total}"


def undone_statement(duty: Duty) -> str:
    """Say that the statement of a duty was taken back."""
    return f"{duty.name}：登记已取消"


def corrected(number: int, org: str, changes: Sequence[str]) -> str:
    """Say what a correction changed."""
    return "\n".join([f"已更正 #{number} {org}", *changes])


def corrected_line(campaign: Campaign, line: Line, before: Decimal, total: Decimal | None) -> str:
    """Say from what to what, and the total it leads to."""
    name = label(campaign, line.indicator, line.part)
    old, new = amount(campaign, line.indicator, before), amount(campaign, line.indicator, line.stated)
    tail = "" if total is None else f"，累计{amount(campaign, line.indicator, total)}"
    return f"{name}由{old}改为{new}{tail}"
