"""The bulletin (通报) of a published ranking, written from the frozen issue alone. Pure.

Source: 通知 三（四）and 四（二）, which ask for regular bulletins; what they say is decided by us 2026-11-24.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from models.bulletins.document import TEXT, Appendix, Block, Document
from models.campaign.definition import Campaign, Ranking
from models.campaign.periods import deadline, localise, periods
from models.figures import grouped
from models.messages import RankRow, RankTable
from models.phrases import day, duty_name, moment

ENDS = 3  # orgs named at the top and at the bottom
NAMED = 20  # of a list, before it says how many more
MOST_ROWS = 500  # of the appendix; the workbook holds all
FEW = 2 * ENDS  # with so few ranked, top and bottom would name the same


def bulletin(campaign: Campaign, table: RankTable, published_at: datetime, at: datetime) -> Document:
    """Write the bulletin of an issue. published_at dates it; at: from when on deadlines are ahead."""
    ranking = campaign.rankings[table.ranking]
    blocks = [
        Block(
            TEXT,
            f"按照{campaign.name}工作安排，现将截至{moment_long(campaign, table.as_of)}的{table.title}情况通报如下。",
        ),
        Block(1, "总体情况"),
        *(Block(TEXT, text) for text in _overall(table)),
        Block(1, "排名情况"),
        *_places(table),
        Block(1, "存在的问题"),
        *(Block(TEXT, text) for text in _lacking(ranking, table)),
        *_corrected(table),
        Block(1, "下一步要求"),
        *(Block(TEXT, text) for text in _next(campaign, ranking, table, at)),
    ]
    return Document(
        title=f"关于{table.title}\n情况的通报",
        subtitle=f"（第{table.number}期）" if table.number else "（预览，尚未发布）",
        recipients=f"各{campaign.kinds[ranking.among].name}：",
        blocks=tuple(blocks),
        signed_by=campaign.office,
        signed_on=campaign.local_day(published_at),
        appendix=appendix(table),
        red_head=campaign.red_head,
    )


def moment_long(campaign: Campaign, at: datetime) -> str:
    """Write a moment with its year: 2021年5月21日10时12分."""
    local = localise(campaign, at)
    return f"{local.year}年{day(local.date())}{local.hour}时{local.minute:02}分"


def _ranked(table: RankTable) -> list[tuple[RankRow, int, Decimal]]:
    return [(row, row.rank, row.value) for row in table.rows if row.rank is not None and row.value is not None]


def _silent(table: RankTable) -> list[RankRow]:
    return [row for row in table.rows if row.rank is None and not row.marks]


def _overall(table: RankTable) -> Iterator[str]:
    ranked, silent = _ranked(table), _silent(table)
    apart = len(table.rows) - len(ranked) - len(silent)
    parts = [f"应参加排名{len(table.rows):,}家，已参加{len(ranked):,}家"]
    parts += [f"未报{len(silent):,}家"] if silent else []
    parts += [f"因缺少数据不能排名{apart:,}家"] if apart else []
    yield "，".join(parts) + "。"
    if ranked:
        high, low = max(ranked, key=lambda one: one[2]), min(ranked, key=lambda one: one[2])
        values = sorted(value for _, _, value in ranked)
        middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
        if len(ranked) == 1:
            yield f"仅{high[0].org}有数据，{_value(table, high[2])}。"
        elif high[2] == low[2]:
            yield f"各家均为{_value(table, high[2])}。"
        else:
            yield f"最高{_value(table, high[2])}，最低{_value(table, low[2])}，中位数{_value(table, middle)}。"
    moved = [row.moved for row, _, _ in ranked if row.moved is not None]
    if table.since is not None and moved:
        up, down = sum(each > 0 for each in moved), sum(each < 0 for each in moved)
        yield f"与第{table.since}期相比，名次上升{up:,}家，下降{down:,}家，不变{len(moved) - up - down:,}家。"


def _places(table: RankTable) -> Iterator[Block]:
    ranked = _ranked(table)
    if not ranked:
        yield Block(TEXT, "目前没有可以排名的数据。")
        return
    top = [one for one in ranked if one[1] <= ENDS]
    if len(ranked) <= FEW or len(top) == len(ranked):
        yield Block(TEXT, f"{by_place(table, ranked)}。")
        return
    last = ranked[-1][1]
    bottom = [one for one in ranked if one[1] > ENDS and one[1] >= ranked[-ENDS][1]]  # none of those tied is left out
    yield Block(2, "排名靠前的单位")
    yield Block(TEXT, f"{by_place(table, top)}。")
    if bottom and last > ENDS:
        yield Block(2, "排名靠后的单位")
        yield Block(TEXT, f"{by_place(table, bottom)}。")
    climbed = [one for one in ranked if (one[0].moved or 0) > 0]
    if climbed:
        most = max(one[0].moved or 0 for one in climbed)
        names = named(row.org for row, _, _ in climbed if row.moved == most)
        yield Block(2, "进步明显的单位")
        yield Block(TEXT, f"{names}较第{table.since}期上升{most}位。")


def by_place(table: RankTable, found: Sequence[tuple[RankRow, int, Decimal]]) -> str:
    """List orgs by place; those that share one stand together."""
    places: dict[int, list[tuple[RankRow, Decimal]]] = {}
    for row, rank, value in found:
        places.setdefault(rank, []).append((row, value))
    parts = []
    for rank, rows in places.items():
        tied = "并列" if len(rows) > 1 else ""
        parts.append(f"{tied}第{rank}名{named(row.org for row, _ in rows)}，{_value(table, rows[0][1])}")
    return "；".join(parts)


def _lacking(ranking: Ranking, table: RankTable) -> list[str]:
    lines = []
    if ranking.kind == "completion":
        short = [row.org for row in table.rows if row.value is not None and row.value < ranking.scale]
        if short:
            lines.append(f"任务还没有全部完成的{len(short):,}家：{named(short)}。")
    silent = _silent(table)
    if silent:
        lines.append(f"未报送数据的{len(silent):,}家：{named(row.org for row in silent)}。")
    marked = [f"{row.org}（{'、'.join(row.marks)}）" for row in table.rows if row.marks]
    if marked:
        lines.append(f"数据不全的{len(marked):,}家：{named(marked)}。")
    stale = [row.org for row in table.rows if row.stale]
    if stale:
        lines.append(f"数据较长时间没有更新的{len(stale):,}家：{named(stale)}。")
    if not lines and ranking.kind == "completion":
        return ["各单位应完成的任务均已完成。"]
    return lines or ["各单位均已按要求报送，数据完整。"]


def _corrected(table: RankTable) -> Iterator[Block]:
    if not table.corrections:
        return
    yield Block(1, "更正说明")
    changes = [f"{each.org}由{_value(table, each.was)}更正为{_value(table, each.now)}" for each in table.corrections]
    yield Block(
        TEXT, f"第{table.since}期发布后有单位更正数据：{'；'.join(changes)}。第{table.since}期不再改动，以本期为准。"
    )


def _next(campaign: Campaign, ranking: Ranking, table: RankTable, at: datetime) -> Iterator[str]:
    if _silent(table):
        yield "未报送的单位请尽快报送，直接把数字发给机器人即可，已报的不用重复报。"
    coming = upcoming(campaign, at, (ranking.among,))
    if coming:
        yield f"近期到期的工作：{'；'.join(coming)}。"
    if not coming and not _silent(table):
        yield "请各单位继续做好宣传和数据更新工作。"


def upcoming(campaign: Campaign, at: datetime, kinds: Iterable[str], most: int = 3) -> list[str]:
    """List the next deadlines of these kinds of orgs, the nearest first: 宣传月工作总结，5月28日18:00前."""
    wanted = set(kinds)
    coming = [
        (deadline(campaign, duty, period), duty, period)
        for duty in campaign.duties.values()
        if wanted & set(duty.audience)
        for period in periods(campaign, duty)
    ]
    named_by: dict[datetime, list[str]] = {}
    for due, duty, period in sorted(coming, key=lambda each: each[0]):
        if due > at:
            named_by.setdefault(due, []).append(duty_name(duty, period))
    return [f"{'、'.join(names)}，{moment(campaign, due)}前" for due, names in list(named_by.items())[:most]]


def appendix(table: RankTable) -> Appendix:
    """Set out the whole issue as a table."""
    compared = table.since is not None
    heads = ("名次", "单位", f"数值（{table.unit}）", *(("名次变化", "数值变化") if compared else ()), "备注")
    ties = Counter(row.rank for row in table.rows)
    rows = []
    for row in table.rows[:MOST_ROWS]:
        tied = ("并列",) if row.rank is not None and ties[row.rank] > 1 else ()
        marks = "、".join((*tied, *row.marks, *(("数据未更新",) if row.stale else ())))
        if row.rank is None or row.value is None:
            rows.append(("—", row.org, "未报" if not row.marks else "—", *(("", "") if compared else ()), marks))
            continue
        changes = (_moved(row.moved), _change(row.change, table.decimals)) if compared else ()
        rows.append((str(row.rank), row.org, grouped(row.value, table.decimals), *changes, marks))
    if len(table.rows) > MOST_ROWS:
        rows.append(("……", f"其余{len(table.rows) - MOST_ROWS:,}家见电子表格", "", *(("", "") if compared else ()), ""))
    number = f"（第{table.number}期）" if table.number else ""
    return Appendix(f"{table.title}{number}", heads, tuple(rows))


def _moved(moved: int | None) -> str:
    if moved is None:
        return "新上榜"
    return f"升{moved}" if moved > 0 else f"降{-moved}" if moved < 0 else "不变"


def _change(change: Decimal | None, decimals: int) -> str:
    if change is None:
        return ""
    return f"{'+' if change > 0 else ''}{grouped(change, decimals)}"


def _value(table: RankTable, value: Decimal | None) -> str:
    return "未报" if value is None else f"{grouped(value, table.decimals)}{table.unit}"


def named(names: Iterable[str]) -> str:
    """Write a list of names, a long one shortened."""
    every = list(names)
    return "、".join(every) if len(every) <= NAMED else f"{'、'.join(every[:NAMED])}等{len(every):,}家"
