"""What is told of an incident: once when it begins, once when it is over, and in 状态 meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from handlers.wording.state import trouble_words
from handlers.wording.words import moment_words
from models.campaign.definition import Campaign
from models.channel_state import ChannelState
from models.incidents import Incident
from models.phrases import channel_name, length_words

WHAT: Mapping[str, str] = {  # {}: the way out, as people call it
    "ip": "服务器的地址不在应用的可信IP里（60020），{}的消息发不出去",
    "token": "平台不认应用的密钥，{}的消息发不出去",
    "robot": "{}的机器人失效了，或被移出了群，排名等群消息发不出去",
    "refused": "平台不收{}的消息",
    "limit": "{}一再超过平台的发送次数，消息推迟发出",
    "day-limit": "今天{}的消息已用到平台每日限额的八成，再多的通知和催报可能推到明天，回复不受影响",
    "unreachable": "连不上企业微信平台，{}的消息在重试",
    "busy": "企业微信平台一直说忙，{}有消息没有发成",
    "scope": "有人不在应用的可见范围里，发给他们的消息没有发成",
    "words": "有消息含平台禁止的词，没有发成",
    "silent": "上班时间很久没有收到任何人的消息，可能是平台的回调到不了机器人",
    "disk": "服务器的磁盘快满了，满了就收不下填报",
    "full": "服务器的磁盘满了或写不进去，收不下填报",
    "picture": "画不出图，排名和进度暂时只发文字，数字不受影响",
}
OVER: Mapping[str, str] = {
    "scope": "半小时没有再因可见范围发不成",
    "words": "半小时没有再因禁词发不成",
    "day-limit": "{}的每日限额已重新计算",
    "busy": "企业微信平台不再说忙",
    "silent": "又收到消息了",
    "disk": "服务器的磁盘又有空间了",
    "full": "又收得下填报了，其间没有得到回复的请再发一次",
    "picture": "又能画图了",
}
HOW: Mapping[str, str] = {
    "ip": "在管理后台这个应用的“企业可信IP”里加上服务器的出口地址，1分钟后生效",
    "token": "核对配置里的 secret 和管理后台的是否一致、应用是否停用，改好后重启",
    "robot": "在群里重新添加机器人，把新地址写进配置，改好后重启",
    "refused": "看日志里平台给的代码",
    "scope": "在管理后台把他们加进这个应用的可见范围，是谁回“发送情况”看",
    "words": "回“发送情况”看是哪条，换个说法再发",
    "unreachable": "看服务器的网络和企业微信的公告",
    "day-limit": "看是不是有什么在反复发；企业的账号上限更高的，在配置里写 account_limit",
    "silent": "看管理后台“接收消息”里的地址能不能打开，Token 和 EncodingAESKey 是否和配置里的一样",
    "disk": "清出磁盘空间，清出后自己恢复，不用重启",
    "picture": "看机器人的日志，多半是少了字体",
}

PICTURE_KIND = "picture"
KEEPS = ("ip", "token", "robot", "refused", "limit", "unreachable")  # what is to be sent waits


def incident_words(campaign: Campaign, one: Incident) -> str:
    """Say what is wrong."""
    return WHAT.get(one.kind, "{}有异常").format(channel_name(campaign, one.channel))


def over_words(campaign: Campaign, one: Incident) -> str:
    """Say what works again."""
    return OVER.get(one.kind, "{}又能发消息了").format(channel_name(campaign, one.channel))


def incident_opened(campaign: Campaign, one: Incident, *, by_group: bool) -> str:
    """Tell that it has begun. by_group: in a group, since the app itself is out; liaisons read it too."""
    if by_group:
        return (
            "【提醒】机器人暂时发不出个人消息。填报和查询照常，直接发给机器人即可；"
            "没发出的消息恢复后补发。本条不用回复。"
        )
    lines = [f"【异常】{incident_words(campaign, one)}。"]
    if one.kind in HOW:
        lines.append(f"请技术人员处理：{HOW[one.kind]}。")
    if one.kind == PICTURE_KIND:
        lines.append(one.detail)
    tail = "没发出的消息留着，恢复后补发；" if one.kind in KEEPS else ""
    return "\n".join([*lines, f"{tail}好了会再告诉您，回“状态”随时能看。"])


def incident_closed(campaign: Campaign, one: Incident, *, by_group: bool) -> str:
    """Tell that it is over."""
    if by_group:
        return "【已恢复】机器人能发个人消息了，没发出的正在补发。本条不用回复。"
    tail = "没发出的消息正在补发，过了时间的不再发。" if one.kind in KEEPS else ""
    why = "" if one.told_by else f"原因：{incident_words(campaign, one)}。"  # nobody has heard of it before
    return f"【已恢复】{over_words(campaign, one)}（出错：{_span(campaign, one)}）。{why}{tail}"


def incident_lines(campaign: Campaign, found: Sequence[Incident]) -> list[str]:
    """List open incidents for 状态, and those that are over since yesterday."""
    lines = []
    for one in found:
        if one.closed_at is None:
            lines.append(f"· 异常：{incident_words(campaign, one)}（{moment_words(campaign, one.opened_at)}起）")
            lines += [f"  处理：{HOW[one.kind]}"] if one.kind in HOW else []
    over = [one for one in found if one.closed_at is not None]
    if over:
        lines.append(f"· 已恢复：{over_words(campaign, over[-1])}（出错：{_span(campaign, over[-1])}）")
    if len(over) > 1:
        lines.append(f"  一天内还有{len(over) - 1}次异常，都已恢复")
    return lines


CALLS: Mapping[str, str] = {"sent": "已发出", "retry": "没发成，会再试", "failed": "没发成", "uncertain": "没有回音"}
SILENCES = (  # what delivery notes of a call without a proper answer -> how people call it
    ("Timeout", "等不到回应"),
    ("HTTP", "平台出错"),
    ("answer that is none", "回应不完整"),
    ("the process ended", "发送时程序停了"),
    ("not in the app's scope", "不在应用的可见范围"),
    ("has no licence", "没有开通接口许可"),
    ("repeated, since", "上次没有回音，带查重再发的"),
    ("onnection", "连接断了"),
)


def call_words(outcome: str, code: int | None, detail: str) -> str:
    """Say what became of one call, and why. detail: as delivery noted it."""
    said = CALLS.get(outcome, outcome)
    if code:
        return f"{said}：{trouble_words(f'({code})')}"
    why = next((words for part, words in SILENCES if part in detail), "")
    return f"{said}（{why}）" if why else said


def resting_words(campaign: Campaign, state: ChannelState) -> str:
    """Say which channel rests and why."""
    return f"{channel_name(campaign, state.channel)}暂停（{trouble_words(state.reason)}）"


def _span(campaign: Campaign, one: Incident) -> str:
    """Write from when to when it was."""
    closed = one.closed_at or one.opened_at
    length = closed - one.opened_at
    long = f"，共{length_words(length)}" if length >= timedelta(minutes=1) else ""
    until = moment_words(campaign, closed)
    if campaign.local_day(closed) == campaign.local_day(one.opened_at):
        until = f"{closed.astimezone(campaign.tz):%H:%M}"
    return f"{moment_words(campaign, one.opened_at)}至{until}{long}"
