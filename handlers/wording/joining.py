"""Invitations, welcomes, codes."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.wording.words import ROLE_NAMES, example_report
from models.campaign.definition import Campaign
from models.people import Role


def how_to_join(short_name: str) -> str:
    """Tell a stranger how to join."""
    return (
        f"您好，这里是{short_name}报送助手。您还没有登记为联络员。\n"
        "请向本单位或上级的管理员要一个邀请码，然后发“绑定 邀请码”，例如“绑定 A7K9Q2”；\n"
        "或者发“我是 单位名称 姓名”申请加入，管理员确认后就能用。"
    )


def invitation(org: str, role: Role, code: str, hours: int) -> str:
    """Hand an admin a code to pass on."""
    return (
        f"{org}{ROLE_NAMES[role]}的邀请码：{code}\n"
        f"请转给本人，让他在这里发“绑定 {code} 姓名”。{hours}小时内有效，只能用一次。"
    )


def welcome(campaign: Campaign, name: str, org: str, role: Role, owed: Sequence[str]) -> str:
    """Greet a person who has joined."""
    lines = [f"{name}您好，已登记为{org}的{ROLE_NAMES[role]}。"]
    if role is not Role.VIEWER:
        lines += [f"做了什么直接发数字，例如“{example_report(campaign)}”。", *owed]
    return "\n".join([*lines, "回“帮助”看全部用法。"])


def already_bound(org: str) -> str:
    """Answer a code for an org that the person belongs to already."""
    return f"您已经是{org}的人了，不用再绑定。邀请码没有用掉。"


def bind_how() -> str:
    """Answer 绑定 without a code."""
    return "请发“绑定 邀请码 姓名”，例如“绑定 A7K9Q2 张三”。邀请码向本单位或上级的管理员要。"


def wrong_code() -> str:
    """Answer a code that is wrong, used or too old. The three look the same to whoever guesses."""
    return "这个码不对、已用过或已过期。请向发码的管理员再要一个。"


def wrong_confirmation() -> str:
    """Answer a confirmation code that does nothing. All cases look the same to whoever guesses."""
    return (
        "确认码不对、已用过、已过10分钟，或已被后面的命令替换（只有最近一个有效），什么都没有发生。\n"
        "请重新发命令，会给您新的确认码。"
    )


def locked(minutes: int) -> str:
    """Answer an account that has tried too many codes."""
    return f"错误次数太多，请{minutes}分钟后再试。"


def somebody_guesses(name: str, orgs: Sequence[str]) -> str:
    """Tell admins who has tried too many codes. orgs: his; none when the account is not bound."""
    who = f"{name}（{'、'.join(orgs)}）" if orgs else f"没有登记的帐号 {name}"
    then = f"请问问本人；不是本人在试的，回“停用 {name}”。" if orgs else "不认识这个帐号就不用管，它什么也做不了。"
    return f"【提醒】{who}连续5次输错邀请码或确认码，已锁定15分钟，没有做成任何事。{then}本条不用回复。"


def confirm_with(code: str) -> str:
    """Say which code does what was just shown."""
    return f"确认请在10分钟内回“确认 {code}”，不做就不用回。"
