"""People and their roles: lists, requests to join, appointing, handing over, defaults; choices of names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.wording.words import ROLE_NAMES, moment_words, names_list, numbered
from models.campaign.definition import Campaign
from models.joining import ACCEPTED, DECLINED, JoinRequest
from models.people import Role

ROLE_WORDS = {name: role for role, name in ROLE_NAMES.items()}


def role_of(org: str, role: Role, backup: bool = False) -> str:
    """Write a role: 长沙市公安局候补联络员."""
    return f"{org}{'候补' if backup else ''}{ROLE_NAMES[role]}"


def _and(words: Sequence[str]) -> str:
    return "、".join(words)


# Choosing among names.


def ask_which_name(code: str, name: str, labels: Sequence[str]) -> str:
    """Ask which of several orgs or persons a name means; code says what and why."""
    if code == "near-org":
        head = f"没有找到单位“{name}”，是不是："
    elif code == "which-org":
        head = f"“{name}”对得上{len(labels)}家，说的是哪一家？"
    else:
        head = f"“{name}”对得上{len(labels)}个人，说的是哪一位？"
    how = "是这家请回“1”，不是请回“否”" if len(labels) == 1 else "回数字就接着办，都不是请回“否”"
    return f"{head}\n{numbered(labels)}\n{how}"


def person_label(name: str, roles: Sequence[str]) -> str:
    """Tell persons apart by their roles."""
    return f"{name}（{_and(roles) if roles else '已停用或没有角色'}）"


def command_dropped() -> str:
    """Answer 否 to the choice of a name."""
    return "好的，什么都没有做。请写全一点再发一次。"


def command_answered() -> str:
    """Answer the second of two answers to one choice."""
    return "刚才已经选过了，没有重复办理。"


def command_expired(minutes: int) -> str:
    """Answer a choice that came too late."""
    return f"刚才的选择已过{minutes}分钟，什么都没有做。请把命令重新发一次。"


# 名单


def person_line(name: str, roles: Sequence[tuple[Role, bool]]) -> str:
    """Write one person with what he is in this org."""
    return f"{name} {_and([('候补' if backup else '') + ROLE_NAMES[role] for role, backup in roles])}"


def people_of(org: str, lines: Sequence[str], off: Sequence[str], *, manages: bool) -> list[str]:
    """Write the people of one org. manages: the reader may invite."""
    nobody = f"还没有人，可发“邀请 {org}”" if manages else "还没有人"
    head = f"【{org}】{len(lines)}人" if lines else f"【{org}】{nobody}"
    return [head, *lines, *([f"已停用：{_and(off)}"] if off else [])]


def people_below(orgs: int, people: int, without: Sequence[str], first: str) -> str:
    """Write many orgs below another in numbers."""
    gap = f"\n还没有联络员的{len(without)}家：{names_list(without, 20)}" if without else "，每家都有联络员"
    return f"下级{orgs}家，共{people}人{gap}\n看一家请发“名单 {first}”"


def request_line(campaign: Campaign, request: JoinRequest, org: str) -> str:
    """Write one request for a list."""
    when = moment_words(campaign, request.made_at)
    return f"{request.id}号 {request.name} 申请做{org}联络员（账号{request.user_ref}，{when}）"


def requests_waiting(lines: Sequence[str]) -> list[str]:
    """Head the requests and say how to answer them."""
    if not lines:
        return []
    return [f"【申请加入】{len(lines)}人", *lines, "属实请回“同意 号码”，不属实请回“不同意 号码”"]


def strangers(campaign: Campaign, found: Sequence[tuple[str, str, datetime]], limit: int) -> list[str]:
    """List accounts that wrote without belonging to anybody."""
    if not found:
        return []
    lines = [
        f"{account}{f'（原{name}）' if name else ''} {moment_words(campaign, last_at)}"
        for account, name, last_at in found[:limit]
    ]
    more = [f"另有{len(found) - limit}个"] if len(found) > limit else []
    return [f"【没登记却发过消息的账号】{len(found)}个，内容没有记数", *lines, *more]


# 我是, 同意


def claimed(name: str, org: str, who: str) -> str:
    """Answer a request to join."""
    then = "同意后这里会通知您，在那以前发来的数字不计入。"
    return f"{name}您好，已向{who}的管理员申请，请对方确认您是{org}的联络员。\n{then}"


def claim_waits(name: str, org: str, who: str) -> str:
    """Answer the same request once more."""
    wait = f"{name}（{org}）的申请还在等{who}的管理员确认，不用重复发。"
    return f"{wait}着急可以直接联系，对方发“名单”就能看到。"


def claim_too_often(most: int, who: str) -> str:
    """Answer an account that asks again and again."""
    return f"一天最多申请{most}次，今天的已经用完。请直接联系{who}的管理员，或要一个邀请码。"


def claim_notice(number: int, name: str, org: str, account: str, remarks: Sequence[str]) -> str:
    """Tell an admin of a request."""
    head = f"【申请加入】{number}号：{name} 申请做{org}联络员，账号{account}。"
    return "\n".join([head, *remarks, f"确认属实请回“同意 {number}”，不属实请回“不同意 {number}”。"])


def remark_former(name: str, *, active: bool) -> str:
    """Say whose account it was."""
    was = "现在没有角色" if active else "已被停用"
    return f"注意：这个账号以前登记为{name}，{was}。"


def remark_same_name(name: str, roles: Sequence[str]) -> str:
    """Say that the name is in use on another account."""
    return f"注意：名单里已有一位{name}（{_and(roles)}），用的是另一个账号，请先问清楚。"


def accepted(number: int, name: str, org: str) -> str:
    """Answer 同意."""
    return f"已同意{number}号，{name}现在是{org}联络员，会通知本人。弄错了请发“停用 {name}”。"


def declined(number: int, name: str, org: str) -> str:
    """Answer 不同意."""
    return f"已回绝{number}号（{name}，{org}），会通知对方。"


def claim_declined(name: str, org: str, who: str) -> str:
    """Tell a stranger that he was turned down."""
    return f"{name}您好，您申请做{org}联络员没有通过。单位或姓名写错了可以重新申请，有疑问请联系{who}的管理员。"


def settled_already(request: JoinRequest, by: str) -> str:
    """Answer the second admin, or the second 同意."""
    done = {ACCEPTED: f"已由{by}同意", DECLINED: f"已由{by}回绝"}
    how = done.get(request.outcome, "已作废，对方重新申请过，或已用邀请码加入")
    return f"{request.id}号（{request.name}）{how}，没有重复办理。"


def which_request(campaign: Campaign, lines: Sequence[str]) -> str:
    """Answer 同意 without a number."""
    return "\n".join(requests_waiting(lines)) if lines else "现在没有等着确认的加入申请。"


def known_as(name: str, roles: Sequence[str], who: str) -> str:
    """Answer 我是 of somebody who has joined."""
    return f"{name}您好，您登记的是{_and(roles)}。身份只认登记，消息里怎么写都不会变；要改请联系{who}的管理员。"


# 停用, 启用


def switch_off_preview(name: str, roles: Sequence[str], without: Sequence[str], *, oneself: bool) -> str:
    """Show what 停用 will do."""
    who = f"{name}，也就是您自己" if oneself else name
    gap = f"\n注意：停用后{_and(without)}就没有联络员了" if without else ""
    return f"将停用{who}（{_and(roles)}）。停用后不能报数、查数，也不再收到提醒；报过的数都保留。{gap}"


def switched_off(name: str, without: Sequence[str]) -> str:
    """Answer the code of 停用."""
    gap = f"请发“邀请 {without[0]}”补上联络员。" if without else ""
    return f"已停用{name}，报过的数都保留。{gap}恢复请发“启用 {name}”。"


def switch_on_preview(name: str, roles: Sequence[str]) -> str:
    """Show what 启用 will do."""
    return f"将启用{name}，恢复停用时的角色：{_and(roles)}。"


def switched_on(name: str, roles: Sequence[str]) -> str:
    """Answer the code of 启用."""
    return f"已启用{name}：{_and(roles)}，会通知本人。"


def you_are_on_again(name: str, roles: Sequence[str]) -> str:
    """Tell a person that he may act again."""
    return f"{name}您好，您的账号已恢复，现在是{_and(roles)}。回“帮助”看用法。"


def you_are_off(name: str, who: str) -> str:
    """Answer somebody who was switched off."""
    return f"{name}您好，您的账号已停用，不能报数、查数，这条没有记数。要恢复请联系{who}的管理员。"


def no_role_left(name: str, who: str) -> str:
    """Answer somebody who is known but has no role any more."""
    how = f"要重新加入请联系{who}的管理员，或发“我是 单位名称 姓名”申请。"
    return f"{name}您好，您现在没有任何单位的角色，不能报数、查数，这条没有记数。\n{how}"


# 任命, 免去


def appoint_preview(name: str, role: str, has: Sequence[str]) -> str:
    """Show what 任命 will do."""
    now = f"现在的角色：{_and(has)}。" if has else "现在没有角色。"
    return f"将任命{name}为{role}。{now}"


def appointed(name: str, role: str) -> str:
    """Answer the code of 任命."""
    return f"已任命{name}为{role}，会通知本人。"


def you_are_appointed(name: str, role: str) -> str:
    """Tell a person of a new role."""
    return f"{name}您好，您现在是{role}。回“帮助”看能做什么。"


def dismiss_preview(name: str, role: str, left: Sequence[str]) -> str:
    """Show what 免去 will do."""
    after = f"免去后还是{_and(left)}。" if left else "免去后没有任何角色，不能再报数、查数。"
    return f"将免去{name}的{role}。{after}"


def dismissed(name: str, role: str) -> str:
    """Answer the code of 免去."""
    return f"已免去{name}的{role}，会通知本人。"


def you_are_dismissed(name: str, role: str, office: str) -> str:
    """Tell a person that a role has ended."""
    return f"{name}您好，您不再是{role}，已报的数都保留。有疑问请联系{office}的管理员。"


# 交接


def hand_over_preview(giver: str, taker: str, roles: Sequence[str], staying: Sequence[str]) -> str:
    """Show what 交接 will do."""
    stays = f"\n{giver}的{_and(staying)}不随交接转走" if staying else ""
    return f"将把{giver}的{_and(roles)}交给{taker}，以后的提醒都发给{taker}。{giver}报过的数都保留。{stays}"


def handed_over(giver: str, taker: str, roles: Sequence[str]) -> str:
    """Answer the code of 交接."""
    return f"已交接：{_and(roles)}由{giver}换成{taker}，会通知两位。"


def you_take_over(taker: str, giver: str, roles: Sequence[str]) -> str:
    """Tell who takes over."""
    return f"{taker}您好，您已接手{giver}的工作，现在是{_and(roles)}。回“我的”看已报和还差什么。"


def you_handed_over(giver: str, taker: str, roles: Sequence[str]) -> str:
    """Tell who hands over."""
    return f"{giver}您好，您的{_and(roles)}已交给{taker}，以后不再提醒您。辛苦了！"


# 默认


def default_not_needed(names: Sequence[str]) -> str:
    """Answer 默认 of somebody with at most one org."""
    return f"您只管{names[0]}一家，报数都算这家，不用设默认。" if names else "您没有可以报数的单位，不用设默认。"


def default_shown(now: str, names: Sequence[str]) -> str:
    """Answer 默认 without an org."""
    state = f"现在默认是{now}" if now else "现在没有默认单位，报数时会问您算哪家"
    return f"您管{_and(names)}。{state}。\n要设请发“默认 {names[0]}”，不要了请发“默认 取消”。"


def default_unchanged(now: str) -> str:
    """Answer the same default again."""
    return f"默认单位已经是{now}，没有变化。" if now else "本来就没有默认单位，没有变化。"


def default_set(org: str) -> str:
    """Answer a new default."""
    return f"好的，以后不写单位的数字都算{org}，回执里会写明。报别家时把单位写在最前面；不要了请发“默认 取消”。"


def default_dropped(names: Sequence[str]) -> str:
    """Answer 默认 取消."""
    return f"已取消默认单位。以后报数会先问算哪家：{_and(names)}。"


def by_default() -> str:
    """Close the answer to a report that went to the default."""
    return "记在默认单位；报别家请把单位写在最前面"
