"""Whether the bot is well, and the life of a rule: what 状态 answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from handlers.wording.many import people_line, refusal
from handlers.wording.words import WEEKDAYS, day_words, moment_words
from models.beats import ALIVE, Beat, last_tick
from models.campaign.definition import Campaign
from models.campaign.firings import Firing
from models.figures import grouped
from models.occurrences import Fate
from models.outbox import Status
from models.phrases import channel_name, length_words
from models.sendings import Told
from models.state import Life, State
from models.withdrawn import Why

OUTCOMES: Mapping[Status, str] = {
    Status.SENT: "已发{}",
    Status.WAITING: "等着发{}",
    Status.SENDING: "正在发{}",
    Status.FAILED: "没发成{}",
    Status.UNCERTAIN: "没有回音{}",
    Status.EXPIRED: "过时没发{}",
}
WITHDRAWN: Mapping[Why, str] = {
    Why.ANSWERED: "已报取消{}",
    Why.NOT_OWED: "不用报取消{}",
    Why.PAUSED: "因暂停没发{}",
    Why.CHANGED: "规则改了没发{}",
    Why.PASSED_ON: "转给顶替的人{}",
    Why.PUT_OFF: "并入推迟的提醒{}",
    Why.SAID_SINCE: "后来的催报说了{}",
    Why.STOPPED: "已停止{}",
    Why.LEFT: "换了人没发{}",
    Why.OTHER: "取消{}",
}


def state_head(campaign: Campaign, now: datetime, found: State) -> str:
    """Open 状态 with the day of the campaign."""
    if found.day < 1:
        which = f"{day_words(campaign.first_day)}开始"
    elif found.day <= found.days:
        which = f"第{found.day}天，共{found.days}天"
    else:
        over = campaign.local_day(now) > campaign.closes_on
        which = f"{day_words(campaign.last_day)}已结束，{'已收尾' if over else '收尾中'}"
    return f"机器人状态 {moment_words(campaign, now)}（{which}）"


def heart_line(workers: Sequence[Beat], wall: datetime) -> str:
    """Say when a process last looked what is due."""
    ticked = last_tick(workers)
    if ticked is None:
        return "· 心跳：没有。提醒和通知现在发不出去，请技术人员检查后台程序"
    alive = [beat for beat in workers if wall - beat.at <= ALIVE]
    if not alive:
        return f"· 心跳：停了，最后一次在{ago(wall - workers[0].at)}。提醒和通知现在发不出去，请技术人员检查后台程序"
    last = ago(wall - ticked)
    if wall - ticked > ALIVE:
        return f"· 心跳：后台程序在，但不再看到点的提醒，最后一次在{last}。请技术人员检查后台程序"
    many = f"，{len(alive)}个程序在工作" if len(alive) > 1 else ""
    silent = len(workers) - len(alive)
    gone = f"，另有{silent}个没有回音" if silent else ""
    return f"· 心跳：正常，{last}{many}{gone}"


def ago(length: timedelta) -> str:
    """Write how long ago something was."""
    return "刚刚" if length < timedelta(minutes=1) else f"{length_words(length)}前"


def backlog_line(campaign: Campaign, found: State, now: datetime) -> str:
    """Say what waits to be sent, the oldest with its age."""
    later = f"；另有{found.held}条还没到时间" if found.held else ""
    if found.oldest is None:
        return f"· 待发：没有积压{later}"
    where, since = channel_name(campaign, found.oldest.channel), now - found.oldest.due_at
    age = f"已等{length_words(since)}" if since >= timedelta(minutes=1) else "刚到时间"
    due = moment_words(campaign, found.oldest.due_at)
    return f"· 待发：{found.backlog}条，最久的{due}该发（{where}，{age}）{later}"


def channel_lines(campaign: Campaign, found: State) -> list[str]:
    """Say which channels rest and which need an operator, unless an open incident says so."""
    told = {one.channel for one in found.incidents if one.closed_at is None}
    if not found.troubles and not told:
        return ["· 通道：正常"]
    lines = []
    for name, why in sorted(found.troubles.items()):
        if name not in told:
            fate = "发不出去，请技术人员处理" if name in found.blocked else "暂停，稍后自动再试"
            lines.append(f"· 通道：{channel_name(campaign, name)}{fate}（{trouble_words(why)}）")
    return lines


_CODE = re.compile(r"\((-?\d+)\)\s*$")  # the platform's errcode at the end of what delivery noted
_TROUBLES = {
    "-1": "平台说系统忙，代码-1",
    "40014": "令牌失效，代码40014",
    "42001": "令牌过期，代码42001",
    "60111": "收件人不在应用的可见范围，代码60111",
    "81013": "收件人都不在应用的可见范围，代码81013",
    "60020": "服务器地址不在应用的可信IP里，代码60020",
    "40001": "应用的密钥不对，代码40001",
    "40013": "企业编号不对，代码40013",
    "45009": "超过平台的发送次数，代码45009",
    "45033": "超过平台的发送次数，代码45033",
    "93000": "群机器人的地址失效，代码93000",
    "301002": "应用没有权限，代码301002",
}


def trouble_words(why: str) -> str:
    """Say why a channel rests; what is not known by its code stands in the log."""
    code = _CODE.search(why)
    if code is None:
        return "连不上平台" if "connect" in why.lower() or "timeout" in why.lower() else "原因见日志"
    return _TROUBLES.get(code[1], f"平台代码{code[1]}")


def calendar_line(found: State, today: date) -> str:
    """Say whether the working days are known."""
    if found.calendar_gap is None:
        return f"· 工作日：按{today.year}年国家放假安排"
    return f"· 工作日：{found.calendar_gap}年放假安排还没有收录，先按周一至周五算"


def lives_lines(campaign: Campaign, lives: Sequence[Life]) -> list[str]:
    """List the newest firings with their fate."""
    if not lives:
        return ["· 最近：还没有到时间的提醒"]
    names = {key: rule.name for key, rule in campaign.rules.items()}
    return ["· 最近：", *(f"  {life_line(campaign, one, names.get(one.rule, one.rule))}" for one in lives)]


def life_line(campaign: Campaign, one: Life, name: str = "") -> str:
    """Tell one firing: when it was due, what became of it."""
    head = " ".join(filter(None, [moment_words(campaign, one.scheduled_at), name]))
    if one.fate is Fate.SKIPPED:
        return f"{head}（没有发：{one.reason}）"
    late = f"，{moment_words(campaign, one.claimed_at)}补的" if one.late else ""
    return f"{head}（{fate_words(one)}{late}）"


def fate_words(one: Life) -> str:
    """Tell what became of the notices of a firing."""
    if not one.notices:
        return "没有要通知的人"
    counts = [(words, one.by_status.get(status, 0)) for status, words in OUTCOMES.items()]
    counts += [(words, one.withdrawn.get(reason, 0)) for reason, words in WITHDRAWN.items()]
    parts = [words.format(f"{grouped(Decimal(count))}条") for words, count in counts if count]
    merged = one.notices - sum(one.by_status.values())
    if merged > 0:
        parts.append(f"并入同时的提醒{grouped(Decimal(merged))}条")
    return "，".join(parts)


def following_line(campaign: Campaign, following: Sequence[Firing]) -> str:
    """Say what the clock does next."""
    if not following:
        return "· 接下来：没有安排了"
    return "· 接下来：" + "；".join(f"{moment_words(campaign, f.scheduled_at)} {f.rule.name}" for f in following)


def state_hint(example: str) -> str:
    """Say how to see the life of one rule."""
    return f"看一条规则的前后，回“状态 规则名”，例如“状态 {example}”"


def rule_head(name: str, times: str) -> str:
    """Open the life of a rule."""
    return f"{name}\n时间：{times}"


def rule_paused() -> str:
    """Say that a rule says nothing now."""
    return "现在暂停中，恢复请回“恢复 全部”"


def rule_past(lines: Sequence[str], more: int, failed: Sequence[Told]) -> list[str]:
    """List what a rule has done, the newest first. failed: whom its last notices did not reach."""
    if not lines:
        return ["【已经】还没有到过时间"]
    tail = [f"更早的还有{more}次"] if more > 0 else []
    for why in dict.fromkeys(refusal(each) for each in failed):
        tail.append(people_line("最近没发成", [each for each in failed if refusal(each) == why], f"，{why}"))
    return ["【已经】", *lines, *tail]


def rule_not_taken(campaign: Campaign, at: datetime, *, before: bool) -> str:
    """Tell a planned firing that nobody has taken up. before: the bot did not run yet."""
    why = "机器人还没有开始用，不发" if before else "到了时间，还没有处理"
    return f"{moment_words(campaign, at)}（{why}）"


def rule_coming(campaign: Campaign, coming: Sequence[Firing], more: int) -> list[str]:
    """List what a rule will do, with the reason of each shift."""
    if not coming:
        return ["【接下来】没有了"]
    return ["【接下来】", *(_coming(campaign, one) for one in coming), *([f"以后还有{more}次"] if more > 0 else [])]


def _coming(campaign: Campaign, one: Firing) -> str:
    text = f"{moment_words(campaign, one.scheduled_at)} 周{WEEKDAYS[one.day.weekday()]}"
    if one.day == one.planned_on:
        return text
    way = "提前" if one.day < one.planned_on else "推后"
    return f"{text}（原是{day_words(one.planned_on)}周{WEEKDAYS[one.planned_on.weekday()]}，休息日，{way}）"


def which_rule(wanted: str, names: Iterable[str]) -> str:
    """Say that a name fits several rules."""
    return "\n".join([f"“{wanted}”对得上好几条规则，请写全一点：", *names])


def no_such_rule(wanted: str, names: Iterable[str]) -> str:
    """Say that no rule is called so."""
    return "\n".join([f"没有叫“{wanted}”的规则。现有的规则：", *names])
