"""The questions that are asked before a figure counts, and the answers to their answers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.wording.words import amount, day_words, example_report, label, numbered
from models.campaign.definition import Campaign, Duty
from models.figures import grouped
from models.ledger import Line


def ask_implausible(campaign: Campaign, line: Line, usual: Decimal | None) -> str:
    """Ask about a figure that is far from what this org usually reports."""
    compared = f"，以往单次最多{grouped(usual)}" if usual is not None else "，比通常多很多"
    name = label(campaign, line.indicator, line.part)
    return (
        f"{name} {amount(campaign, line.indicator, line.stated)}{compared}。"
        "确实是这个数请回“是”，不记请回“否”，写错了直接回正确的数"
    )


def ask_falling(campaign: Campaign, line: Line, total: Decimal | None) -> str:
    """Ask about a running total below what is on record."""
    name = label(campaign, line.indicator, line.part)
    since = f"{day_words(line.since)}起" if line.since else ""
    return (
        f"{name}{since}累计{grouped(line.stated)}，比已记的{grouped(total or Decimal(0))}还少。"
        "按这个数改低请回“是”，不改请回“否”，写错了直接回正确的累计数"
    )


def ask_future(campaign: Campaign, line: Line) -> str:
    """Ask about a figure dated after today."""
    name = label(campaign, line.indicator, line.part)
    return f"{name}写的是{day_words(line.day)}，这一天还没到。算作今天的请回“是”，不记请回“否”"


def ask_denied(campaign: Campaign, line: Line) -> str:
    """Ask about a figure beside a word that denies it."""
    name = label(campaign, line.indicator, line.part)
    shown = amount(campaign, line.indicator, line.stated)
    return f"{name} {shown}：这句里有“没”“未”“取消”一类的字。确实做了请回“是”，没做请回“否”，写错了直接回正确的数"


def ask_early(campaign: Campaign, line: Line) -> str:
    """Ask about a figure dated before reports are taken."""
    name = label(campaign, line.indicator, line.part)
    year = f"{line.day.year}年" if line.day.year != campaign.reports_from.year else ""
    return (
        f"{name}写的是{year}{day_words(line.day)}，早于{day_words(campaign.reports_from)}（开始统计日）。"
        "仍要记入请回“是”，不记请回“否”"
    )


def ask_late(campaign: Campaign, line: Line) -> str:
    """Ask about a figure dated after the campaign's last day."""
    name = label(campaign, line.indicator, line.part)
    return (
        f"{name}写的是{day_words(line.day)}，晚于活动最后一天{day_words(campaign.last_day)}。"
        "仍要记入请回“是”，不记请回“否”，是活动里哪天的请写明日期再发一遍"
    )


def ask_pledge(duty: Duty) -> str:
    """Ask for the word that a duty needs beside its figure."""
    return f"{duty.name}：这次{duty.pledge[0]}了吗？是的话回“是”，还没有请回“否”"


def ask_which_org(names: Sequence[str], what: str = "这条算哪个单位的？") -> str:
    """Ask a person of several orgs which one a report is for, or `what`."""
    return f"{what}\n{numbered(names)}\n回数字即可"


def choice_tail(count: int) -> str:
    """Say how to choose."""
    return f"回1到{count}选一个，都不是请回“否”" if count > 1 else "对请回“是”，不对请回“否”"


def question_dropped() -> str:
    """Answer 否."""
    return "好的，这一项没有记。"


def question_expired(minutes: int) -> str:
    """Answer a short answer that came too late."""
    return f"刚才的问题已过{minutes}分钟，这一项没有记。请把数字重新发一次。"


def question_reask(prompt: str) -> str:
    """Answer a short answer that does not fit the question."""
    return f"没看懂这个回答。{prompt}"


def no_question(campaign: Campaign) -> str:
    """Answer 是 or 1 when nothing was asked."""
    return f"现在没有等您回答的问题。报数请写明是什么、多少，例如“{example_report(campaign)}”。"


def answered_elsewhere() -> str:
    """Answer the second of two answers to one question."""
    return "这个问题刚才已经回答过了，没有重复记。"
