"""Help, what was not understood, what is no text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handlers.wording.words import ROLE_NAMES, example_report, noted, owed_words
from models.campaign.definition import Campaign
from models.duties import DutyState
from models.messages import About
from models.people import Role
from models.reminding import about


def help_text(
    campaign: Campaign,
    now: Sequence[str],
    lines: Sequence[str],
    more: Sequence[str],
    admin_commands: Sequence[str],
    *,
    reports: bool,
) -> str:
    """Write 帮助. now: what waits for the reader. more, admin_commands: named only, each has a page of its own."""
    how = f"直接发数字就能上报，例如“{example_report(campaign)}”。" if reports else ""
    rest = [f"还有：{'、'.join(more)}"] if more else []
    rest += [f"管理：{'、'.join(admin_commands)}"] if admin_commands else []
    example = (admin_commands or more or ("",))[0]
    both = "；管理命令一览回“帮助 管理”" if admin_commands else ""
    rest += [f"看一个命令怎么用，回“帮助 {example}”{both}"] if example else []
    return "\n".join([f"{campaign.short_name}报送助手。{how}", *now, "【可以发】", *lines, *rest])


def help_of_admins(lines: Sequence[str]) -> str:
    """List what admins may do, a line each."""
    return "\n".join(["【管理】", *lines, "看例子回“帮助 命令”，例如“帮助 催报”。"])


def help_on(line: str, examples: Sequence[str], allowed: Sequence[Role] | None) -> str:
    """Explain one command. allowed: who may use it, where the reader may not."""
    shown = [f"例如“{'”、“'.join(examples)}”"] if examples else []
    who = [f"只有{'、'.join(ROLE_NAMES[role] for role in allowed)}能用。"] if allowed else []
    return "\n".join([line, *shown, *who])


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


def looks_like_undo() -> str:
    """Answer 取消刚才那条手册500册: the figures named were not entered again, and how to take back what was."""
    return (
        "没有再记数。要撤销刚才的上报，请只回“撤销”；要撤销更早的一条，回“撤销 #号”，号在当时的回复里；"
        "只改一项，回“更正 手册 正确的数”。"
    )


def still_asking(prompt: str) -> str:
    """Remind of the question that is still open."""
    return f"刚才那一项还在等您回答：{prompt}"


def not_counted_again() -> str:
    """Say shortly, the second time, that nothing was counted."""
    return "这条也没有记数。"


def own_owed(
    campaign: Campaign,
    org: str,
    states: Sequence[DutyState],
    chased: Mapping[About, str],
    excused: Sequence[str] = (),
    asked: Sequence[str] = (),
) -> str:
    """List what one org still owes. chased: what has been done about something. excused: what it need not meet.

    asked: the duties that were asked for; empty: all.
    """
    every = sorted(states, key=lambda s: s.due_at)
    owed = [noted(owed_words(campaign, state), chased.get(about(state), "")) for state in every]
    free = [f"{'、'.join(excused)}免报"] if excused else []
    if not owed:
        met = [name for name in asked if name not in excused]
        done = f"{'、'.join(met)}已报" if met else "没有还差的" if free else "都报齐了"
        return f"{org}：{'，'.join([*free, done])}"
    return "\n".join([f"{org}还差：", *owed, *free])


def chat_once() -> str:
    """Answer small talk that needs no answer."""
    return "收到。这条没有数字，没有记数。"


def not_text(kind: str) -> str:
    """Answer what is no text."""
    answers = {
        "voice": "暂时听不了语音。请用文字发，或者用手机的语音输入转成文字。",
        "image": "图片收到了，但还不能从图片里读数。请把数字打成文字发来。",
        "file": "聊天里收不了文件。数字请打成文字发来；交总结请回“总结”，会给您一个上传链接。",
        "location": "位置收到了，这里用不上。报数请直接发文字。",
    }
    return answers.get(kind, "这种消息看不了。请用文字发，例如“手册500册”。回“帮助”看用法。")


def hello(campaign: Campaign, name: str) -> str:
    """Greet a member who has just got the app."""
    return f"{name}您好，这里是{campaign.short_name}报送助手。直接发数字就能上报，回“帮助”看用法。"


def failed() -> str:
    """Apologise for a bug, once."""
    return "抱歉，处理这条消息时出错了，没有记数。已告知技术人员，请稍后再发一次。"
