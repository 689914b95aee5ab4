"""Pictures in chat: what comes with them, and what is said when one cannot be drawn."""

from __future__ import annotations

from decimal import Decimal

from handlers.wording.words import amount, day_words, moment_words
from models.campaign.definition import Campaign
from models.charts import Cell, MatrixTable, TrendTable
from models.figures import grouped, percent

EVERYBODY_SHOWN = "全部单位"
MATRIX_NOTE = "逾期后补上的也算完成；免报和未开始的不计。"
TREND_NOTE = "各单位上报的数直接相加。"


def matrix_title(campaign: Campaign) -> str:
    """Name the picture of who has met which duty."""
    return f"{campaign.short_name}任务进度"


def trend_title(name: str) -> str:
    """Name the picture of what came in day by day."""
    return f"{name}趋势"


def and_below(org: str) -> str:
    """Name an org together with what is under it."""
    return f"{org}及下属"


def matrix_follows(campaign: Campaign, table: MatrixTable) -> str:
    """Say in short what the picture shows, and that it comes."""
    done, of = sum(each.done for each in table.columns), sum(each.of for each in table.columns)
    count = len(table.rows) + table.left_out
    overdue = sum(cell is Cell.OVERDUE for row in table.rows for cell in row.cells)
    share = f"（{percent(done, of)}）" if of else ""
    late = f"，逾期未完成{grouped(Decimal(overdue))}项" if overdue and not table.left_out else ""
    orgs = f"共{grouped(Decimal(count))}家，" if count > 1 else ""
    counts = f"{orgs}应完成{grouped(Decimal(of))}项，已完成{grouped(Decimal(done))}项"
    cut = f"图里列出前{len(table.rows)}家。" if table.left_out else ""
    return f"进度图 {table.scope} {moment_words(campaign, table.as_of)}\n{counts}{share}{late}。\n{cut}图随后发给您。"


def trend_follows(campaign: Campaign, table: TrendTable) -> str:
    """Say in short what the picture shows, and that it comes."""
    head = f"{table.title} {table.scope} {moment_words(campaign, table.as_of)}"
    total = next(each.total for each in reversed(table.days) if each.total is not None)
    said = f"{'现有' if table.level else '累计'}{amount(campaign, table.indicator, total)}"
    if table.of > 1:
        said += f"，{grouped(Decimal(table.orgs))}家报过数"
    values = [(each.value, each.day) for each in table.days if each.value is not None]
    if values and not table.level:
        value, day = max(values, key=lambda pair: pair[0])
        said += f"，单日最多{amount(campaign, table.indicator, value)}（{day_words(day)}）"
    return f"{head}\n{said}。\n图随后发给您。"


def nothing_to_draw(name: str, scope: str) -> str:
    """Say that nobody has reported what a trend was asked of."""
    return f"{name}：{scope}还没有报过数，画不出趋势图。"
