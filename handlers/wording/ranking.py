"""Rankings in chat: what is published, how it stands, how it is worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from decimal import Decimal

from handlers.wording.issues import corrections
from handlers.wording.words import label, moment_words, names_list
from models.campaign.definition import Campaign, Ranking, RollUp
from models.figures import grouped
from models.messages import RankRow, RankTable
from models.rankings import Score
from models.ties import runs

MOST_LEADING = 6  # lines of the leaders, however many share a rank
MOST_TIED = 20  # names behind a rank that many share
MOST_EXPLAINED = 15  # orgs whose figures are worked out in one answer


def ranking_short(table: RankTable, own: Sequence[str], campaign: Campaign, top: int = 3) -> str:
    """Write a ranking for one reader: the top, and where the own orgs stand."""
    number = f"第{table.number}期" if table.number else "预览（未发布）"
    lines = [f"{table.title} {number}", f"数据截至{moment_words(campaign, table.as_of)}"]
    ranked = [row for row in table.rows if row.rank is not None]
    ranks = Counter(row.rank for row in ranked if row.rank is not None)
    leading = [row for row in ranked if row.rank is not None and row.rank <= top]
    groups = runs(leading, _alike)
    named = {row.org for group in groups[:MOST_LEADING] for row in group[:MOST_TIED]}
    mine = [(row,) for row in ranked if row.org in own and row.org not in named]
    if groups and len(groups[0]) == len(ranked) > 1:  # nothing is to be known of one that is not of all
        mine = []
    lines += [_place(table, group, ranks, len(ranked)) for group in [*groups[:MOST_LEADING], *mine]]
    if len(groups) > MOST_LEADING:
        lines.append(f"前{top}名（含并列）共{len(leading):,}家")
    lines += _apart(table)
    if table.corrections:
        lines.append(corrections(table))
    return "\n".join(lines)


def _alike(row: RankRow) -> Hashable:
    """Return all that there is to know about a row but its name."""
    return row.rank, row.moved, row.change, row.marks, row.stale


def _place(table: RankTable, group: Sequence[RankRow], ranks: Mapping[int, int], of: int) -> str:
    """Write an org with its figure, or all that differ in the name only; of: how many are ranked."""
    row = group[0]
    value = "" if row.value is None else f"{grouped(row.value, table.decimals)}{table.unit}"
    moved = moved_words(row.moved) + change_words(row.change, table.decimals)
    if len(group) == 1:
        return f"{row.rank}. {row.org} {value}{moved}{_marks(_all_marks(row, ranks))}"
    marks = _marks(_all_marks(row, {}))
    if len(group) == of:
        return f"{of:,}家均为{value}{moved}{marks}"
    names = names_list([each.org for each in group], MOST_TIED)
    return f"{row.rank}. 并列{len(group):,}家 {value}{moved}{marks}：{names}"


def _apart(table: RankTable) -> list[str]:
    """List who is not ranked: who has reported nothing, and who cannot be ranked with the reason, once for all."""
    apart = [row for row in table.rows if row.rank is None]
    missing = [row.org for row in apart if not row.marks]
    others = [row for row in apart if row.marks]
    lines = [f"未报{len(missing):,}家：{names_list(missing, 20)}"] if missing else []
    if len(others) > 1 and len({row.marks for row in others}) == 1:
        names = names_list([row.org for row in others], 20)
        lines.append(f"未参加排名{len(others):,}家{_marks(others[0].marks)}：{names}")
    elif others:
        names = names_list([f"{row.org}{_marks(row.marks)}" for row in others], 20)
        lines.append(f"未参加排名{len(others):,}家：{names}")
    return lines


def moved_words(moved: int | None) -> str:
    """Write a movement: ▲2, ▼1, or nothing."""
    if not moved:
        return ""
    return f" ▲{moved}" if moved > 0 else f" ▼{-moved}"


def change_words(change: Decimal | None, decimals: int) -> str:
    """Write the change of a value since the last issue: +1,200, or nothing."""
    return f" {change:+,.{decimals}f}" if change else ""


def _all_marks(row: RankRow, ranks: Mapping[int, int]) -> list[str]:
    """List what is to be known about a row: shared rank, missing parts, old readings."""
    tied = ["并列"] if row.rank is not None and ranks.get(row.rank, 0) > 1 else []
    return [*tied, *row.marks, *(["数据未更新"] if row.stale else [])]


def _marks(marks: Sequence[str]) -> str:
    return f"（{'、'.join(marks)}）" if marks else ""


def not_standing(text: str) -> str:
    """Mark the text of an issue that was taken back."""
    return f"这一期已撤回，请不要引用。\n{text}"


def which_ranking_explained(names: Sequence[str]) -> str:
    """Ask who takes part in no ranking to name one."""
    return (
        f"您的单位没有参加排名。要看某个排名怎么算，回“排名怎么算的 {names[0]}”。有这些：{'、'.join(names)}。"
        if names
        else ("这次活动没有排名。")
    )


def no_issue_yet(name: str) -> str:
    """Say that a ranking was not published yet."""
    return f"{name}还没有发布过。发布后回“排名”就能看到。"


def preview_is_following(name: str) -> str:
    """Answer an admin who asks for a ranking."""
    return f"{name}预览图随后发给您，只有您能看到。"


def empty_ranking(table: RankTable) -> str:
    """Say that nobody can be ranked: nobody has reported, or what values are divided by is missing."""
    if any(row.marks for row in table.rows):
        return "\n".join([f"{table.title}：还排不出来，没有一家能参加排名。", *_apart(table)])
    return f"{table.title}：还没有单位报数，排不出来。"


def how_it_is_ranked(campaign: Campaign, ranking: Ranking, found: Sequence[Score], own: Collection[str]) -> str:
    """Explain one ranking: the formula, the rules, and how the values of these orgs come about."""
    lines = [f"{ranking.name}怎么算：{_formula(campaign, ranking)}", _order(ranking)]
    if ranking.note:
        lines.append(f"说明：{ranking.note}")
    shown = [score for score in found if score.org.name in own]
    told = [score for score in shown if score.parts]
    lines += [_worked_out(campaign, ranking, score) for score in told[:MOST_EXPLAINED]]
    if len(told) > MOST_EXPLAINED:
        named = ranking.names[0] if ranking.names else ranking.name
        rest, example = len(told) - MOST_EXPLAINED, told[MOST_EXPLAINED].org.name
        lines.append(f"另有{rest:,}家没有列出，要看哪一家，回“排名怎么算的 {named} {example}”。")
    silent = [score.org.name for score in shown if not score.parts]
    if silent:
        lines.append(f"还没有数、不参加排名：{names_list(silent, 20)}")
    return "\n".join(lines if shown else [*lines, "您的单位不参加这个排名。"])


def how_they_are_ranked(campaign: Campaign, found: Sequence[tuple[Ranking, Score]]) -> str:
    """Explain all rankings of one org: two lines each, and the rules that all share."""
    lines = []
    for ranking, score in found:
        lines += [f"· {ranking.name}＝{_formula(campaign, ranking)}", f"  {_worked_out(campaign, ranking, score)}"]
    example = found[0][0].names[0] if found[0][0].names else found[0][0].name
    ties = "数相同的并列，后面的名次顺延；没报的单列，不当作0。"
    return "\n".join([*lines, f"{ties}某个排名的详细规则，回“排名怎么算的 {example}”。"])


def _formula(campaign: Campaign, ranking: Ranking) -> str:
    if ranking.kind == "completion":
        names = [campaign.duties[key].name for key in ranking.duties]
        return f"已完成的任务数÷已到期和进行中的任务数×{grouped(ranking.scale)}" + (
            f"（{'、'.join(names)}）" if names else "（全部任务；免报的不算）"
        )
    total = "＋".join(campaign.indicators[key].name for key in ranking.value)
    scale = f"×{grouped(ranking.scale)}" if ranking.scale != 1 else ""
    divided = f"÷{BASES[ranking.per]}" if ranking.per else ""
    return f"{f'（{total}）' if '＋' in total and divided else total}{divided}{scale}"


BASES = {"population": "常住人口", "headcount": "在编人数"}
PERIODS = {"all": "活动以来的都算", "week": "只算本周", "last-week": "只算上周"}
ROLLING = {
    RollUp.NONE: "",
    RollUp.ADD: "；下级单位报的加在一起，每条只算一次",
    RollUp.FILL: "；自己报了的用自己的数，没报的用下级单位之和，不重复计算",
}


def _order(ranking: Ranking) -> str:
    end = "从高到低" if ranking.direction == "high" else "从低到高"
    places = f"，保留{ranking.decimals}位小数后" if ranking.decimals else "，"
    ties = f"{end}排{places}数相同的并列，后面的名次顺延"
    return f"{PERIODS[ranking.period]}{ROLLING[ranking.roll_up]}；{ties}；没报的单列，不当作0。"


def _worked_out(campaign: Campaign, ranking: Ranking, score: Score) -> str:
    name = score.org.name
    if score.value is None:
        return f"{name}：{'、'.join(score.marks) or '还没有数'}，不参加排名"
    value = f"{grouped(score.value, ranking.decimals)}{ranking.unit}"
    if ranking.kind == "completion":
        return f"{name}：{grouped(score.total)}÷{grouped(score.base or Decimal(0))}×{grouped(ranking.scale)}＝{value}"
    parts = [f"{label(campaign, key, part)}{grouped(each)}" for (key, part), each in score.parts.items()]
    several = f"（{'＋'.join(parts)}）" if len(parts) > 1 else ""
    divided = f"÷{grouped(score.base)}" if score.base is not None else ""
    scale = f"×{grouped(ranking.scale)}" if ranking.scale != 1 else ""
    worked = f"{grouped(score.total)}{several}{divided}{scale}"
    below = f"，含下级{score.below}家" if score.below else ""
    marks = f"（{'、'.join(score.marks)}）" if score.marks else ""
    return (
        f"{name}：{worked}＝{value}{below}{marks}" if divided or scale or several else f"{name}：{value}{below}{marks}"
    )
