"""导出: the ledger as a workbook, and what stands on its sheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from models.campaign.definition import Campaign, IndicatorKind
from models.figures import grouped
from models.ledger import ReportKind


def export_follows(name: str, as_of: str, figures: int) -> str:
    """Answer 导出."""
    return f"{name}随后发给您，只有您能看到。数据截至{as_of}，共{grouped(Decimal(figures))}条明细。"


def export_empty(name: str) -> str:
    """Say that there is nothing to export."""
    return f"{name}还没有报过数，没有可以导出的。"


def export_file(campaign: Campaign, as_of: datetime, org: str = "") -> str:
    """Name the workbook: 反诈宣传月台账-0512-0915.xlsx."""
    local = as_of.astimezone(campaign.tz)
    return f"{campaign.short_name}台账{f'-{org}' if org else ''}-{local:%m%d-%H%M}.xlsx"


def export_what() -> str:
    """Name the workbook in a sentence."""
    return "台账文件"


def export_title(campaign: Campaign, scope: Sequence[str]) -> str:
    """Write the workbook's own title."""
    return f"{campaign.name} 台账（{'、'.join(scope)}及下属单位）" if scope else f"{campaign.name} 台账（全部单位）"


def export_as_of(campaign: Campaign, as_of: datetime) -> str:
    """Say up to when reports are in."""
    local = as_of.astimezone(campaign.tz)
    return f"数据截至{local.year}年{local.month}月{local.day}日 {local:%H:%M}，以后的上报和更正不在内"


def export_chain(broken: int | None, head: str | None) -> str:
    """Say whether the record of changes fits together."""
    if broken is not None:
        return f"改动记录核对有误：从第{broken}条起与原来写入的不一致，请查是谁动过数据库"
    return f"改动记录已逐条核对，前后一致（校验码{head[:12]}）" if head else "还没有改动记录"


def way_of_counting(campaign: Campaign, indicator: str) -> str:
    """Say how an indicator adds up."""
    known = campaign.indicators.get(indicator)
    return "取最新" if known and known.kind is IndicatorKind.LEVEL else "累加"


def record_state(ended_kind: ReportKind | None) -> str:
    """Say what became of a figure."""
    if ended_kind is None:
        return "计入"
    return "已更正" if ended_kind is ReportKind.CORRECTION else "已撤销"


def export_too_big(figures: int, most: int) -> str:
    """Refuse a workbook that would hold up everybody's answers while it is made."""
    return (
        f"共{grouped(Decimal(figures))}条明细，超过{grouped(Decimal(most))}条的不在聊天里发。"
        "请写上单位分开导出，例如“导出 长沙”，或请技术人员在服务器上用 export 命令导出。"
    )
