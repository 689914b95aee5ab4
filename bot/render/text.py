"""Tables as chat text: goes with every picture, and alone where no picture can be drawn or carried."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import tzinfo
from itertools import accumulate

from bot.render.chart_text import matrix_text, trend_text
from bot.render.standing import EMPTY, POINTS, STEADY, TIED, Line, Standing, standing
from bot.render.words import CHINA, group_digits
from models.charts import MatrixTable, TrendTable
from models.messages import RankTable, Table
from models.ties import ALIKE

__all__ = ["group_digits", "ranking_text", "table_text"]

NAMES_SHOWN = 40  # names of a list before it ends in 等
CORRECTIONS_SHOWN = 10
TIED_SHOWN = (NAMES_SHOWN, 8, 0)  # names behind a shared rank, the fewer the less room there is


def table_text(table: Table, limit_bytes: int, *, zone: tzinfo = CHINA) -> str:
    """Write a ranking, a matrix or a trend as chat text of at most limit_bytes bytes in UTF-8."""
    if isinstance(table, MatrixTable):
        return matrix_text(table, limit_bytes, zone=zone)
    if isinstance(table, TrendTable):
        return trend_text(table, limit_bytes, zone=zone)
    return ranking_text(table, limit_bytes, zone=zone)


def ranking_text(table: RankTable, limit_bytes: int, *, zone: tzinfo = CHINA, pictured: bool = True) -> str:
    """Write a ranking as chat text of at most limit_bytes bytes in UTF-8.

    pictured: a picture goes with it, so lines that are cut can be seen there.

    Too long a text gives up, in this order: the explanation of the arrows, the note, the names of who is missing, the
    names of those who share a rank, and then lines from the end, with one line that says how many. Whole lines go, but
    for a title that alone is too long.
    """
    shown = standing(table, zone)
    head, groups = _head(shown), shown.groups
    apart = [*_apart(shown, NAMES_SHOWN), *_corrected(shown, CORRECTIONS_SHOWN)]
    counts = [*_apart(shown, 0), *_corrected(shown, 0)]
    note = [f"注：{shown.note}"] if shown.note else []
    alike = _all_alike(shown)
    signs = "" if alike else _explained(shown)
    for most in TIED_SHOWN if len(groups) < len(shown.lines) else (0,):
        body = [_row(group, shown, most) for group in groups]
        for tail in ([*apart, *note, signs], [*apart, *note], apart, counts):
            whole = "\n".join(filter(None, [*head, *(alike or body), *tail]))
            if _size(whole) <= limit_bytes:
                return whole
    return _cut(head, body, [len(group) for group in groups], counts, limit_bytes, "见图" if pictured else "未列出")


def _head(shown: Standing) -> list[str]:
    unit = f"，单位：{shown.unit}" if shown.unit else ""
    title = f"{shown.title} {shown.issue}" if shown.published else f"{shown.title}（{shown.issue}）"
    return [title, f"数据截至{shown.as_of}{unit}", *([] if shown.lines else [EMPTY])]


def _row(group: Sequence[Line], shown: Standing, most: int) -> str:
    """Write an org, or those that differ in the name only with so many of their names."""
    line, tags = group[0], group[0].tags
    moved = f" {movement(line.moved)}" if shown.compared else ""
    change = f" {line.change}" if line.change and shown.compared else ""
    name, names = line.name, ""
    if len(group) > 1:
        name, names = f"{TIED}{len(group):,}家", listed([each.name for each in group], most)
        tags = tuple(tag for tag in tags if tag != TIED)
    marks = f"（{'、'.join(tags)}）" if tags else ""
    return f"{line.rank}. {name} {line.figure}{moved}{change}{marks}{names}"


def _all_alike(shown: Standing) -> list[str]:
    """Say in one line that all have the same figure and nothing else is to be known of any; [] when it is not so."""
    if len(shown.lines) < ALIKE:
        return []
    first = shown.lines[0].figure
    plain = {(first, (TIED,), 0 if shown.compared else None, change) for change in ("", STEADY)}
    if not {(line.figure, line.tags, line.moved, line.change) for line in shown.lines} <= plain:
        return []
    return [f"{len(shown.lines):,}家均为{first}{shown.unit}"]


def _explained(shown: Standing) -> str:
    """Explain the signs behind a figure, those that are there."""
    if not shown.compared or not shown.lines:
        return ""
    parts = [f"▲▼较{shown.compared}升降名次", "—名次未变"]
    if any(line.moved is None for line in shown.lines):
        parts.append("新为新上榜")
    if any(line.change for line in shown.lines):
        parts.append(f"+-为数值增减{POINTS if shown.unit == '%' else ''}")
    return "，".join(parts)


def _corrected(shown: Standing, most: int) -> list[str]:
    """Say what has been corrected of the issue before; only how many where there is no room for more."""
    if not shown.corrections:
        return []
    head = f"更正{shown.compared}"
    some = "；".join(shown.corrections[:most])
    more = f"等{len(shown.corrections)}家" if len(shown.corrections) > most else ""
    return [f"{head}：{some}{more}" if some else f"{head}{len(shown.corrections)}家"]


def movement(moved: int | None) -> str:
    """Write the places won or lost: ▲2, ▼1, — for none, 新 for who was not ranked before."""
    if moved is None:
        return "新"
    return f"▲{moved}" if moved > 0 else f"▼{-moved}" if moved < 0 else "—"


def _apart(shown: Standing, most: int) -> list[str]:
    return [f"{label}{len(names):,}家{why}{listed(names, most)}" for label, names, why in shown.apart]


def listed(names: Sequence[str], most: int) -> str:
    """Write "：甲、乙" of the first names, "等" where there are more, nothing if none may be shown."""
    if most < 1:
        return ""
    return "：" + "、".join(names[:most]) + ("等" if len(names) > most else "")


def _cut(head: list[str], body: list[str], counts: list[int], tail: list[str], limit: int, where: str) -> str:
    """Keep the lines that fit and say how many orgs are left out; give up the tail and then the head for a tight limit.

    counts: of how many orgs each line tells.
    """
    ends = list(accumulate(_size(line) + 1 for line in body))
    for first, last in ((head, tail), (head, []), (head[:1], [])):
        for kept in range(min(bisect_right(ends, limit), len(body) - 1), -1, -1):
            rest = f"……{'其余' if kept else '共'}{sum(counts[kept:]):,}家{where}"
            text = "\n".join([*first, *body[:kept], rest, *last])
            if _size(text) <= limit:
                return text
    return head[0].encode()[: max(limit, 0)].decode(errors="ignore")


def _size(text: str) -> int:
    return len(text.encode())
