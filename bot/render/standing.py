"""What a ranking says, sorted for printing: who is ranked, tied, missing. Text and picture share it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal

from bot.render.words import NO_VALUE, clean, group_digits, moment_words
from models.messages import Corrected, RankRow, RankTable
from models.ties import runs

STALE = "数据未更新"
TIED = "并列"
EMPTY = "暂无可排名的数据"
PREVIEW = "预览，尚未发布"
NAMELESS = "（名称缺失）"
MISSING = "未报"
STEADY = "持平"
POINTS = "（百分点）"  # what a share changes by


@dataclass(frozen=True, slots=True)
class Line:
    """One org with its rank and figure."""

    rank: int
    name: str
    value: Decimal
    figure: str  # the value as printed
    moved: int | None  # places won or lost; None: new
    change: str  # of the value, as printed: +1,200, -37, 持平; empty: nothing to compare with
    stale: bool
    tags: tuple[str, ...]  # 并列, 缺3平台, 数据未更新


@dataclass(frozen=True, slots=True)
class Standing:
    """A ranking ready to be laid out."""

    title: str
    issue: str  # 第3期, or that it is a preview
    published: bool
    as_of: str  # 2021年5月17日9:05
    unit: str
    lines: tuple[Line, ...]
    missing: tuple[str, ...]  # 未报
    unranked: tuple[str, ...]  # reported something, but cannot be ranked: name and why, or why_unranked says it of all
    why_unranked: str  # the one reason that all of them share, or empty
    compared: str  # 第2期, 上期, or empty: there is nothing to compare with
    corrections: tuple[str, ...]  # of the issue compared with: 长沙市 12,500→12,300
    note: str
    issuer: str

    @property
    def groups(self) -> list[tuple[Line, ...]]:
        """Return the lines with those as one that differ in the name only."""
        return runs(self.lines, lambda line: (line.rank, line.figure, line.moved, line.change, line.tags))

    @property
    def apart(self) -> list[tuple[str, tuple[str, ...], str]]:
        """Return who is not ranked: label, names, and the reason that all of them share."""
        found = (("未报", self.missing, ""), ("未参加排名", self.unranked, self.why_unranked))
        return [(label, names, f"（{why}）" if why else "") for label, names, why in found if names]


def standing(table: RankTable, zone: tzinfo) -> Standing:
    """Sort a ranking for printing. Rows keep their order; a row without rank or value is never shown as ranked."""
    ranked: list[tuple[int, Decimal, RankRow]] = []
    apart: list[RankRow] = []
    for row in table.rows:
        if row.rank is None or row.value is None or not row.value.is_finite():
            apart.append(row)
        else:
            ranked.append((row.rank, row.value, row))
    ties = Counter(rank for rank, _, _ in ranked)
    lines = tuple(_line(row, rank, value, table.decimals, ties[rank] > 1) for rank, value, row in ranked)
    compared = table.since is not None or any(line.moved is not None for line in lines)
    unranked = [row for row in apart if not _is_missing(row)]
    reasons = {_why(row, table.decimals) for row in unranked}
    shared = reasons.pop() if len(unranked) > 1 and len(reasons) == 1 else ""
    return Standing(
        title=clean(table.title) or "排名",
        issue=PREVIEW if table.number is None else f"第{table.number}期",
        published=table.number is not None,
        as_of=moment_words(table.as_of, zone),
        unit=clean(table.unit, 12),
        lines=lines,
        missing=tuple(_name(row) for row in apart if _is_missing(row)),
        unranked=tuple(_name(row) if shared else f"{_name(row)}（{_why(row, table.decimals)}）" for row in unranked),
        why_unranked=shared,
        compared="" if not compared else f"第{table.since}期" if table.since is not None else "上期",
        corrections=tuple(_corrected(each, table.decimals) for each in table.corrections),
        note=clean(table.note, 400),
        issuer=clean(table.issuer, 60),
    )


def _is_missing(row: RankRow) -> bool:
    """Tell 未报 (nothing at all) from what was reported and cannot be ranked, e.g. for want of the population."""
    return row.value is None and not row.marks


def _name(row: RankRow) -> str:
    return clean(row.org) or NAMELESS


def _line(row: RankRow, rank: int, value: Decimal, decimals: int, tied: bool) -> Line:
    marks = tuple(mark for mark in (clean(mark, 20) for mark in row.marks) if mark)
    tags = ((TIED,) if tied else ()) + marks + ((STALE,) if row.stale else ())
    change = "" if row.change is None else signed(row.change, decimals)
    return Line(rank, _name(row), value, group_digits(value, decimals), row.moved, change, row.stale, tags)


def signed(change: Decimal, decimals: int) -> str:
    """Write how much a value has changed, sign first; 持平 for what rounds to nothing."""
    figure = group_digits(change, decimals)
    if not change.is_finite():
        return ""
    if not figure.strip("-0,."):
        return STEADY
    return figure if change < 0 else f"+{figure}"


def _corrected(each: Corrected, decimals: int) -> str:
    was, now = (MISSING if value is None else group_digits(value, decimals) for value in (each.was, each.now))
    return f"{clean(each.org) or NAMELESS} {was}→{now}"


def _why(row: RankRow, decimals: int) -> str:
    """Say why a row that holds something cannot be ranked; without a mark its figure stands for the reason."""
    figure = NO_VALUE if row.value is None else group_digits(row.value, decimals)
    return "、".join(clean(mark, 20) for mark in row.marks) or figure
