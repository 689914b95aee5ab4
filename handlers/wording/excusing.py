"""免报 and 取消免报: orgs that need not meet a duty."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.wording.words import moment_words, names_list
from models.campaign.definition import Campaign
from models.excuses import Excuse

LISTED = 40  # excuses that 免报 lists before it only counts


def excuse_preview(duty: str, orgs: Sequence[str], days: str, reason: str, left_out: Sequence[str]) -> str:
    """Show what an excuse will do. days: of the one week that it is for; empty: all of it."""
    lines = [f"将免报：{duty}{days or ''}", f"单位{len(orgs)}家：{names_list(orgs)}"]
    lines += [f"原因：{reason}"] if reason else []
    lines += left_out
    return "\n".join(
        [*lines, "免报以后不再提醒，不算未报，完成率里也不算它；照样可以报，报了就算完成。会告诉这些单位的联系人。"]
    )


def every_week() -> str:
    """Say that a weekly duty is meant in each of its weeks."""
    return "（每一周）"


def excuse_left_out(done: Sequence[str], already: Sequence[str], strange: Sequence[str], duty: str) -> list[str]:
    """Say who is left out and why."""
    lines = [f"已经报齐，不用免报：{names_list(done)}"] if done else []
    lines += [f"已经免报：{names_list(already)}"] if already else []
    return lines + ([f"本来就不用交{duty}：{names_list(strange)}"] if strange else [])


def nobody_to_excuse(left_out: Sequence[str]) -> str:
    """Say that nothing is left to excuse."""
    return "\n".join(["没有可以免报的单位，什么都没有改。", *left_out])


def excused(duty: str, orgs: Sequence[str], days: str) -> str:
    """Say that orgs are excused, and how to take it back."""
    example = f"取消免报 {duty} {orgs[0]}"
    return f"已免报：{duty}{days}，{len(orgs)}家：{names_list(orgs)}\n要恢复，回“{example}”"


def excused_told(campaign: Campaign, duty: str, org: str, days: str, reason: str) -> str:
    """Tell who reports for an org that it is excused."""
    why = f"（{reason}）" if reason else ""
    return f"【{campaign.short_name}】通知：{org}的{duty}{days}可以不报{why}，不再提醒。已经有的照样可以报。"


def resume_preview(duty: str, orgs: Sequence[str]) -> str:
    """Show what taking an excuse back will do."""
    return (
        f"将取消免报：{duty}\n单位{len(orgs)}家：{names_list(orgs)}\n以后照常要报、照常提醒。会告诉这些单位的联系人。"
    )


def resumed(duty: str, orgs: Sequence[str]) -> str:
    """Say that orgs owe a duty again."""
    return f"已取消免报：{duty}，{len(orgs)}家：{names_list(orgs)}。照常要报、照常提醒。"


def resumed_told(campaign: Campaign, duty: str, org: str, until: str) -> str:
    """Tell who reports for an org that it owes a duty again."""
    return f"【{campaign.short_name}】通知：{org}的{duty}不再免报，{until}。办了直接报到这里就行。"


def not_excused(duty: str, orgs: Sequence[str]) -> str:
    """Say that there is no excuse to take back."""
    return f"{names_list(orgs)}的{duty}没有免报，什么都没有改。看名单回“免报”。"


def excuses_list(campaign: Campaign, rows: Sequence[tuple[Excuse, str, str, str]], how: str) -> str:
    """List who is excused from what. rows: the excuse, its org, its duty with days, who made it."""
    if not rows:
        return f"现在没有免报的单位。\n{how}"
    lines = [
        f"· {org} {duty}（{'，'.join(filter(None, [f'{by} {moment_words(campaign, each.made_at)}', each.reason]))}）"
        for each, org, duty, by in rows[:LISTED]
    ]
    more = [f"还有{len(rows) - LISTED}项"] if len(rows) > LISTED else []
    return "\n".join([f"免报{len(rows)}项：", *lines, *more, how])


def excuse_how(duty: str) -> str:
    """Say how to excuse and to take it back."""
    return f"免报写“免报 {duty} 单位 原因”，恢复写“取消免报 {duty} 单位”"
