"""How reminders end: what is answered to 别催了."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.wording.snooze import few_names


def how_reminders_end(names: Sequence[str], example: str) -> str:
    """Tell who reports what ends his reminders."""
    return "\n".join(
        [
            f"提醒没有停：还差{few_names(names)}，报了就不再提醒，例如回“{example}”。",
            "· 晚点再办，回“明天上午再提醒”",
            "· 这几天不在，回“请假”加起止日期，提醒转给候补联络员",
            "· 确实不用报，请管理员办“免报”",
        ]
    )


def nothing_to_remind_of() -> str:
    """Tell who has reported everything that nothing comes."""
    return "现在没有要报的，不会再提醒您。有新的任务时才会提醒。"


def viewers_are_not_reminded() -> str:
    """Tell a viewer that he gets none."""
    return "您是查看员，不会收到催报。"


def admin_can_stop(duty: str, org: str, office: str) -> str:
    """Tell an admin what he can stop. office: who pauses rules; empty: he may himself."""
    lines = [
        f"· 这家不用报：免报 {duty} {org} 原因",
        "" if office else f"· 给这家多些时间：延期 {duty} {org} 到 日期",
        "· 停下还没发出的催报或通知：停止发送",
        f"· 先停发规则的提醒：请{office}的管理员办"
        if office
        else "· 先停发规则的提醒：暂停 规则名，或“暂停 全部”；接着发：恢复 全部",
    ]
    return "\n".join(filter(None, ["提醒没有停。要停，按需要回：", *lines]))
