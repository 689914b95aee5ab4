"""Rankings in chat: previews, codes, issues."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.wording.words import moment_words, names_list
from models.campaign.definition import Campaign
from models.figures import grouped
from models.messages import RankTable


def ranking_short(table: RankTable, own: Sequence[str], campaign: Campaign, top: int = 3) -> str:
    """Write a ranking for one reader: the top, and where the own orgs stand."""
    number = f"第{table.number}期" if table.number else "预览（未发布）"
    lines = [f"{table.title} {number}", f"数据截至{moment_words(campaign, table.as_of)}"]
    for row in table.rows:
        if row.rank is not None and (row.rank <= top or row.org in own):
            value = grouped(row.value, table.decimals) if row.value is not None else ""
            lines.append(f"{row.rank}. {row.org} {value}{table.unit}{moved_words(row.moved)}{_marks(row.marks)}")
    unranked = [row.org for row in table.rows if row.rank is None]
    if unranked:
        lines.append(f"未报{len(unranked)}家" + ("：" + names_list(unranked, 20)))
    return "\n".join(lines)


def moved_words(moved: int | None) -> str:
    """Write a movement: ▲2, ▼1, or nothing."""
    if not moved:
        return ""
    return f" ▲{moved}" if moved > 0 else f" ▼{-moved}"


def _marks(marks: Sequence[str]) -> str:
    return f"（{'、'.join(marks)}）" if marks else ""


def no_issue_yet(name: str) -> str:
    """Say that a ranking was not published yet."""
    return f"{name}还没有发布过。发布后回“排名”就能看到。"


def preview_is_following(name: str) -> str:
    """Answer an admin who asks for a ranking."""
    return f"{name}预览图随后发给您，只有您能看到。"


def empty_ranking(name: str) -> str:
    """Say that nobody has reported anything for a ranking."""
    return f"{name}：还没有单位报数，排不出来。"


def publish_preview(name: str, group: str, number: int, ranked: int, unranked: int) -> str:
    """Show what publishing will do."""
    return f"将把{name}第{number}期发到群“{group}”，上榜{ranked}家，未报{unranked}家。预览图随后发给您。"


def published(name: str, number: int, group: str) -> str:
    """Say that an issue is out."""
    return f"{name}第{number}期已定稿，正在发到群“{group}”。以后的更正不影响本期。"


def figures_changed(name: str) -> str:
    """Answer a code for a preview whose figures are no longer those of the ledger."""
    return f"{name}的数在您预览之后有变化，这次没有发。请重新发“发布”看最新预览。"


def superseded(name: str) -> str:
    """Answer a code for a preview that another issue has overtaken."""
    return f"{name}在您预览之后又发布过新的一期，这次没有发。请重新发“发布”看最新预览。"
