"""Help, what was not understood, what is no text."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.wording.words import example_report, owed_words
from models.campaign.definition import Campaign
from models.duties import DutyState


def help_text(campaign: Campaign, lines: Sequence[str]) -> str:
    """Write 帮助."""
    head = f"{campaign.short_name}报送助手。直接发数字就能上报，例如“{example_report(campaign)}”。也可以发："
    return "\n".join([head, *lines])


def not_understood(campaign: Campaign) -> str:
    """Say what the bot can do, once."""
    return (
        f"这条没有记数。报数请写明是什么、多少，例如“{example_report(campaign)}”；"
        "看自己报了什么回“我的”，其他用法回“帮助”。"
    )


def looks_like_question() -> str:
    """Answer a question about figures."""
    return "这像是在提问，没有记数。看已报和还差什么回“我的”，看用法回“帮助”。"


def looks_like_plan() -> str:
    """Answer a plan."""
    return "这像是计划或目标，没有记数。做完以后把实际数字发来就行。"


def still_asking(prompt: str) -> str:
    """Remind of the question that is still open."""
    return f"刚才那一项还在等您回答：{prompt}"


def not_counted_again() -> str:
    """Say shortly, the second time, that nothing was counted."""
    return "这条也没有记数。"


def own_owed(campaign: Campaign, org: str, states: Sequence[DutyState]) -> str:
    """List what one org still owes."""
    owed = [owed_words(campaign, state) for state in sorted(states, key=lambda s: s.due_at)]
    return "\n".join([f"{org}还差：", *owed]) if owed else f"{org}：都报齐了"


def chat_once() -> str:
    """Answer small talk that needs no answer."""
    return "收到。这条没有数字，没有记数。"


def zero_noted(number: int, org: str) -> str:
    """Answer an explicit nothing."""
    return f"已登记 #{number} {org}：本期没有新增。以后有了直接发数字，登记错了请回“撤销”。"


def not_text(kind: str) -> str:
    """Answer what is no text."""
    answers = {
        "voice": "暂时听不了语音。请用文字发，或者用手机的语音输入转成文字。",
        "image": "图片收到了，但还不能从图片里读数。请把数字打成文字发来。",
        "file": "这里还收不了文件。数字请用文字发来。",
        "location": "位置收到了，这里用不上。报数请直接发文字。",
    }
    return answers.get(kind, "这种消息看不了。请用文字发，例如“手册500册”。回“帮助”看用法。")


def hello(campaign: Campaign, name: str) -> str:
    """Greet a member who has just got the app."""
    return f"{name}您好，这里是{campaign.short_name}报送助手。直接发数字就能上报，回“帮助”看用法。"


def failed() -> str:
    """Apologise for a bug, once."""
    return "抱歉，处理这条消息时出错了，没有记数。已告知技术人员，请稍后再发一次。"
