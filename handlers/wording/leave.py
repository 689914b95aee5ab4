"""请假 and 销假: who is away when, who gets the reminders meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from handlers.wording.words import day_words
from models.campaign.definition import Campaign

Cover = tuple[str, Sequence[str]]  # an org, and who gets its reminders; nobody: []


def leave_days(first: date, last: date) -> str:
    """Write the days of a leave: 5月20日至24日, 5月20日."""
    if first == last:
        return day_words(first)
    return f"{day_words(first)}至{f'{last.day}日' if first.month == last.month else day_words(last)}"


def leave_noted(name: str, first: date, last: date, workdays: int, changes: Sequence[str]) -> list[str]:
    """Say which leave was noted; changes: what was made of the days that were written."""
    days = (last - first).days + 1
    counted = f"{days}天，其中工作日{workdays}天" if workdays != days else f"{days}天"
    return [f"已登记：{name} {leave_days(first, last)}请假（{counted}）。", *changes]


def leave_from_today(first: date) -> str:
    """Say that days of the past were left out."""
    return f"已经过去的日子不算，从今天{day_words(first)}起。"


def leave_until_close(campaign: Campaign, last: date) -> str:
    """Say that a leave ends with the campaign."""
    return f"{campaign.short_name}到{day_words(last)}结束，只登记到那一天。"


def leave_replaces(days: Sequence[str]) -> str:
    """Say that an earlier leave was replaced."""
    return f"原来登记的{'、'.join(days)}已作废，以这次为准。"


def leave_cover(covers: Sequence[Cover], *, own: bool) -> list[str]:
    """Say who gets the reminders of each org meanwhile."""
    lines = [f"{org}期间的提醒发给{'、'.join(names)}。" for org, names in covers if names]
    alone = [org for org, names in covers if not names]
    if alone:
        whom = "您" if own else "本人"
        lines.append(f"{'、'.join(alone)}没有别人可以顶替，期间的提醒仍发给{whom}，逾期的会提前转给上级。")
    return lines


def leave_admins_told(names: Sequence[str]) -> str:
    """Say which admins were told that nobody stands in."""
    return f"已告诉管理员{'、'.join(names)}。" if names else "也没有管理员可以告诉，请自己安排好。"


def leave_find_backup(org: str) -> str:
    """Say how to let somebody stand in."""
    return f"要有人顶替，回“任命 姓名 候补联络员 {org}”，或用“邀请 {org}”请人登记。"


def leave_long(name: str, *, own: bool) -> str:
    """Suggest handing over when a leave lasts to the end."""
    return (
        "到活动结束都不在的话，建议请管理员用“交接”换人。" if own else f"时间较长，也可以用“交接 {name} 接手的人”换人。"
    )


def leave_end(name: str, days: Sequence[str], *, own: bool) -> str:
    """Say how to take it back. days: all stretches that are noted."""
    command = "销假" if own else f"销假 {name}"
    one = f"；只取消一段回“{command} {len(days)}”" if len(days) > 1 else ""
    if own:
        back = f"提前回来回“销假”，{'登记的全部取消' if days[1:] else '登记就取消'}{one}。"
        return f"请假期间照样可以报数。再发“请假”是另加一段，日子重叠的以新的为准；{back}"
    back = f"取消回“{command}”{'，登记的全部取消' if days[1:] else ''}{one}。"
    return f"再发是另加一段，日子重叠的以新的为准；{back}"


def leave_stretches(days: Sequence[str]) -> str:
    """List stretches, numbered when there are several: 1. 5月20日；2. 5月25日至26日."""
    return "；".join(f"{n}. {each}" for n, each in enumerate(days, 1)) if len(days) > 1 else "、".join(days)


def leave_together(days: Sequence[str]) -> str:
    """List all leaves that stand beside the one just noted."""
    return f"现在登记的共{len(days)}段：{leave_stretches(days)}。"


def leave_same(name: str, first: date, last: date) -> str:
    """Say that this very leave is noted already."""
    return f"{name} {leave_days(first, last)}请假已经登记过，没有变化。"


def leave_listed(name: str, days: Sequence[str]) -> str:
    """Say which leaves are noted."""
    return f"{name}登记的请假：{leave_stretches(days)}。"


def leave_taken_back(name: str, days: Sequence[str], left: Sequence[str], *, own: bool) -> str:
    """Say that leaves were taken back. left: what stays noted."""
    done = f"已销假：{name} {'、'.join(days)}。"
    if left:
        return f"{done}还登记着：{leave_stretches(left)}。"
    return f"{done}从现在起提醒照常发给{'您' if own else '本人'}。"


def leave_cover_told(campaign: Campaign, name: str, orgs: Sequence[str], days: str) -> str:
    """Tell who stands in."""
    head = f"【{campaign.short_name}】通知：{name}{days}请假"
    return f"{head}，期间{'、'.join(orgs)}的提醒发给您，请您留意。本条不用回复。"


def leave_cover_over(campaign: Campaign, name: str, orgs: Sequence[str], days: Sequence[str]) -> str:
    """Tell who stood in that it is over."""
    return (
        f"【{campaign.short_name}】通知：{name}已销假（{'、'.join(days)}），"
        f"{'、'.join(orgs)}的提醒照旧发给原来的联系人。本条不用回复。"
    )


def leave_own_told(campaign: Campaign, by: str, days: str) -> str:
    """Tell a person that an admin noted a leave for him."""
    return f"【{campaign.short_name}】通知：{by}给您登记了{days}请假，期间的提醒发给别人。不对的话回“销假”。"


def leave_own_over(campaign: Campaign, by: str) -> str:
    """Tell a person that an admin has taken his leave back."""
    return f"【{campaign.short_name}】通知：{by}已给您销假，提醒照常发给您。"


def leave_alone_told(campaign: Campaign, name: str, orgs: Sequence[str], days: str) -> str:
    """Tell the admins that nobody stands in."""
    return (
        f"【{campaign.short_name}】通知：{'、'.join(orgs)}的{name}{days}请假，没有别人可以顶替，提醒仍发给本人。\n"
        f"{leave_find_backup(orgs[0])}"
    )


def leave_line(name: str, days: str, covers: Sequence[str]) -> str:
    """Show a leave in 我的."""
    return f"【请假】{name} {days}" + (f"，提醒发给{'、'.join(covers)}" if covers else "，没有人顶替，提醒仍发给本人")
