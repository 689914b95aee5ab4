"""Issues of rankings in chat: previews, codes, second yes, recall."""

from __future__ import annotations

from decimal import Decimal

from handlers.wording.words import names_list
from models.campaign.definition import Campaign
from models.figures import grouped
from models.messages import RankTable


def publish_preview(table: RankTable, group: str, number: int) -> str:
    """Show what publishing will do."""
    ranked = sum(row.rank is not None for row in table.rows)
    silent = sum(row.rank is None and not row.marks for row in table.rows)
    missing = f"，未报{silent:,}家" if silent else ""
    apart = len(table.rows) - ranked - silent
    others = f"，未参加排名{apart:,}家" if apart else ""
    text = f"将把{table.title}第{number}期发到群“{group}”，上榜{ranked:,}家{missing}{others}。预览图随后发给您。"
    corrected = corrections(table)
    return f"{text}\n{corrected}" if corrected else text


def corrections(table: RankTable) -> str:
    """Say which values of the last issue were corrected since, or nothing."""
    if not table.corrections:
        return ""
    places = table.decimals
    values = [f"{each.org} {_value(each.was, places)}→{_value(each.now, places)}" for each in table.corrections]
    return f"更正第{table.since}期：{names_list(values, 20)}"


def _value(value: Decimal | None, decimals: int) -> str:
    return "未报" if value is None else grouped(value, decimals)


def two_wanted() -> str:
    """Say that one admin is not enough."""
    return "\n这个排名要两位管理员同意：您确认后会请另一位再确认，那时才发到群里。"


def figures_have_moved() -> str:
    """Say why the first yes does not hold any more."""
    return "\n另一位管理员同意之后数有变化，那次同意不算了，请按现在的数重新来。"


def wants_another(name: str) -> str:
    """Answer the first admin who wants to be the second as well."""
    return f"{name}要两位管理员同意，您已经同意过，还要另一位回“同意发布”。"


def proposed(name: str, others: int) -> str:
    """Say that the second admin is asked."""
    if not others:
        return f"{name}还要另一位管理员同意才能发布，但现在没有别的管理员加入。请先任命一位，例如“任命 李四 管理员”。"
    return f"{name}您已同意，已请另外{others}位管理员中的一位确认，确认后才发到群里。"


def second_asked(name: str, who: str, command: str) -> str:
    """Ask the other admins for their yes."""
    return f"{name}：{who}已同意发布，请您看看下面的预览。同意请回“同意发布 {command}”，不发请回“不发布 {command}”。"


def dropped_by(who: str) -> str:
    """Note why an issue was dropped."""
    return f"{who}决定不发布"


def dropped(name: str, command: str) -> str:
    """Say that what waited is not published."""
    return f"{name}这一期不发布了。以后要发，回“发布 {command}”，用那时的数。"


def nothing_waits(name: str) -> str:
    """Say that nothing waits for a yes."""
    return f"{name}现在没有等审定的一期，不用处理。已发布的要作废，回“撤回”。"


def no_such_issue(name: str, number: int | None) -> str:
    """Say that an issue does not exist."""
    return f"{name}没有第{number}期。" if number is not None else f"{name}还没有发布过，不用撤回。"


def recalled_already(name: str, number: int) -> str:
    """Say that an issue was taken back before."""
    return f"{name}第{number}期已经撤回过了，没有重复操作。"


def too_late_to_recall(name: str, number: int, command: str) -> str:
    """Say that 24 hours are over, and what to do instead."""
    return (
        f"{name}第{number}期发布已超过24小时，不能再撤回。数有误的，请先更正，再回“发布 {command}”发新的一期，"
        "新的一期会写明更正了哪些数。"
    )


def recall_preview(name: str, number: int, told: bool, group: str, reason: str) -> str:
    """Show what taking an issue back will do."""
    effect = f"群“{group}”里已经发出的收不回来，会补发一条更正说明" if told else f"还没发到群“{group}”，不会再发"
    why = f"，原因：{reason}" if reason else "，没有写原因（可以写在后面，例如“撤回 手册 第1期 数字有误”）"
    return f"将撤回{name}第{number}期{why}。{effect}。"


def recalled(name: str, number: int, following: int | None, group: str, command: str, *, told: bool) -> str:
    """Say that an issue was taken back. following: the number that the next one gets; None: there will be none."""
    effect = f"更正说明正在发到群“{group}”" if told else "没有发到群里"
    then = f"改好数以后回“发布 {command}”，会是第{following}期。" if following else "活动已结束，不能再发新的一期。"
    return f"{name}第{number}期已撤回，{effect}。{then}"


def correction_notice(campaign: Campaign, name: str, number: int, reason: str, *, last: bool) -> str:
    """Tell a group that an issue it has read does not stand."""
    why = f"原因：{reason.rstrip('。')}。" if reason else ""
    instead = "" if last else "以新发布的一期为准。"
    return f"【{campaign.short_name}】更正：{name}第{number}期作废，请不要引用。{why}{instead}"


def published(name: str, number: int, group: str) -> str:
    """Say that an issue is out."""
    return f"{name}第{number}期已定稿，正在发到群“{group}”。以后的更正不影响本期。"


def figures_changed(name: str) -> str:
    """Answer a code for a preview whose figures are no longer those of the ledger."""
    return f"{name}的数在您预览之后有变化，这次没有发。请重新发“发布”看最新预览。"


def superseded(name: str) -> str:
    """Answer a code for a preview that another issue has overtaken."""
    return f"{name}在您预览之后又发布过新的一期，这次没有发。请重新发“发布”看最新预览。"
