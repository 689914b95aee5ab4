"""The faults that anybody may switch on in the page, each with what the platform then does and what a good bot does.

A switch is one named fault, or a state of the platform (a second holder of the secret, a member out of the app's
scope). It lasts for some calls, for some seconds, or until it is switched off.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from bot.standin.faults import CALLBACK, Fault
from bot.standin.world import World

SENDS = ("message/send", "webhook/send")
APP_CALLS = ("message/send", "message/recall", "media/upload", "media/get", "user/get", "gettoken")
RIVAL_SECONDS = 10.0  # the second holder fetches a token so often
RIVAL, HIDDEN, SECRET = "rival", "hidden", "secret"
MOST_TIMES, LONGEST = 1000, 3600.0  # of one switch


@dataclass(frozen=True)
class Switch:
    """One way to misbehave."""

    key: str
    name: str
    what: str  # what the platform does
    copes: str  # what is to be expected of the bot
    paths: tuple[str, ...] = SENDS
    fault: Fault | None = None  # None: a state
    part: str = "发送"  # heading that it stands under


SWITCHES: tuple[Switch, ...] = (
    Switch(
        "no-answer",
        "不回应",
        "收到消息后一直不答，12秒后断开；没有送达",
        "不算已发，也不算失败：应用消息带查重原样再发，群消息不自动重发",
        fault=Fault(delay=12.0, drop=True),
    ),
    Switch(
        "dropped-reply",
        "收下后断线",
        "消息已经送达，但回应丢了",
        "应用消息带查重再发，平台去重，对方只看到一条；群消息标“没有回音”，等人决定",
        fault=Fault(accept=True, drop=True),
    ),
    Switch("slow", "很慢", "5秒后才回应，消息送达", "照常记为已发，其他通道不受影响", fault=Fault(delay=5.0)),
    Switch("http-502", "网关错误 502", "回 HTTP 502，没有送达", "当作没有回音处理", fault=Fault(status=502)),
    Switch(
        "half-json",
        "半截回应",
        "回 HTTP 200，但内容断在一半，没有送达",
        "不当作已发，按没有回音处理",
        fault=Fault(body='{"errcode": 0, "errm'),
    ),
    Switch("busy", "系统忙 -1", "拒收：系统繁忙", "隔一会儿再试，一共三次，不成就记失败", fault=Fault(errcode=-1)),
    Switch(
        "limit",
        "超过频率 45009",
        "拒收：调用太频繁",
        "整个通道歇1分钟，仍被拒就歇得更久，不算次数，其他通道照发",
        fault=Fault(errcode=45009),
    ),
    Switch(
        "token",
        "令牌过期 42001",
        "拒收：access_token 过期",
        "换一次令牌再发一次；新的也被拒就停下并报告",
        ("message/send", "media/upload"),
        Fault(errcode=42001),
        "账号",
    ),
    Switch(
        RIVAL,
        "令牌被别人换掉",
        f"另一个程序也拿着密钥，每{RIVAL_SECONDS:.0f}秒换一次令牌，机器人手里的随即失效（40014）",
        "每次失效换一次令牌，消息照发",
        part="账号",
    ),
    Switch(
        SECRET,
        "密钥不对 40001",
        "管理员重置了应用的密钥，机器人手里的全部失效",
        "立刻停发，一分钟试一次（多试会封地址），等人处理",
        ("gettoken",),
        Fault(errcode=40001),
        "账号",
    ),
    Switch(
        "ip",
        "地址不可信 60020",
        "服务器的地址不在可信IP里，应用的接口全部拒绝",
        "停发并报告，一分钟试一次；对话里的填报、查询不受影响",
        APP_CALLS,
        Fault(errcode=60020),
        "账号",
    ),
    Switch(
        "robot",
        "群机器人被移出 93000",
        "群里没有这个机器人了",
        "群消息停下等人处理，管理员收到应用消息",
        ("webhook/send",),
        Fault(errcode=93000),
        "账号",
    ),
    Switch(
        HIDDEN,
        "收不到的人",
        "您现在扮演的人离开了应用的可见范围",
        "只有他记“没发成”，同一批的别人照收",
        part="账号",
    ),
    Switch(
        "callback-lost",
        "回应丢失",
        "机器人答了，但答复在路上丢了，平台再送同一条",
        "同一条只记一次，答复一字不差",
        (CALLBACK,),
        Fault(drop=True),
        "收消息",
    ),
    Switch(
        "callback-twice",
        "重复送达",
        "同一条消息送两遍",
        "只记一次",
        (CALLBACK,),
        Fault(twice=True),
        "收消息",
    ),
    Switch(
        "callback-behind",
        "先后颠倒",
        "后说的话先到（两个人各说一句看看）",
        "都记下，谁的算谁的",
        (CALLBACK,),
        Fault(behind=True, delay=8.0),
        "收消息",
    ),
)
BY_KEY = {switch.key: switch for switch in SWITCHES}


def turn_on(
    world: World, key: str, *, times: int | None = None, seconds: float | None = None, userid: str = ""
) -> None:
    """Switch a fault on, for so many calls or seconds; without both until it is switched off.

    userid: for HIDDEN, who is out of scope. Raises KeyError for an unknown switch, or for HIDDEN an unknown member.
    """
    switch = BY_KEY[key]
    turn_off(world, key)
    until = None if seconds is None else time.monotonic() + seconds
    if key == HIDDEN:
        member = world.member(userid)
        if member is None:
            raise KeyError(userid)
        world.hidden = frozenset({member.userid.lower()})
        world.states[key] = until
    elif key == RIVAL:
        world.tokens.rival_seconds = RIVAL_SECONDS
        world.states[key] = until
    else:
        assert switch.fault is not None
        if key == SECRET:
            world.tokens.revoke()
        world.faults.add(switch.paths, replace(switch.fault, name=key, times=times, until=until))


def turn_off(world: World, key: str) -> None:
    """Switch a fault off; one that is off stays off. Raises KeyError for an unknown switch."""
    switch = BY_KEY[key]
    world.states.pop(key, None)
    if key == HIDDEN:
        world.hidden = frozenset()
    elif key == RIVAL:
        world.tokens.rival_seconds = None
    world.faults.drop(switch.key)


def shown(world: World) -> list[dict[str, Any]]:
    """List the switches as the page shows them."""
    for key in [key for key, until in world.states.items() if until is not None and until <= time.monotonic()]:
        turn_off(world, key)
    going = world.faults.named()
    return [_shown(world, switch, going.get(switch.key)) for switch in SWITCHES]


def _shown(world: World, switch: Switch, fault: Fault | None) -> dict[str, Any]:
    until = world.states.get(switch.key)
    left = fault.seconds_left if fault else None if until is None else until - time.monotonic()
    return {
        "key": switch.key,
        "part": switch.part,
        "name": switch.name,
        "what": switch.what,
        "copes": switch.copes,
        "counts": switch.fault is not None,
        "on": fault is not None or switch.key in world.states,
        "times": fault.times if fault else None,
        "seconds": None if left is None else round(left),
        "who": _names(world, world.hidden) if switch.key == HIDDEN else "",
    }


def _names(world: World, userids: Collection[str]) -> str:
    return "、".join(world.members[each].name for each in userids if each in world.members)
