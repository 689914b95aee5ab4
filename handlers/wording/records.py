"""Who changed what, and the workbook. The same words stand in the chat and on the workbook's sheet of changes.

ACTIONS and FIELDS hold a word for everything that is noted in the audit; a test compares them with the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from handlers.wording.words import ROLE_NAMES, amount, day_words, label, moment_words
from models.audit import AuditRow
from models.campaign.definition import Campaign, IndicatorKind
from models.figures import grouped
from models.ledger import DUTY, NOTHING, Entry, ReportKind
from models.people import Role
from models.records import Change, Names, Step

_QUOTED = 30  # characters of a message that a line of 审计 shows; the workbook shows all
CLOCK = "系统"  # who did what no person did: the clock, a command on the server

ACTIONS: Mapping[str, str] = {
    "report": "上报",
    "correct": "更正",
    "undo": "撤销",
    "answer": "回答提问",
    "invite": "发邀请码",
    "join": "加入",
    "claim": "申请加入",
    "accept": "同意加入",
    "decline": "不同意加入",
    "appoint": "任命",
    "dismiss": "免去角色",
    "hand-over": "交接",
    "switch-off": "停用",
    "switch-on": "恢复使用",
    "default": "设默认单位",
    "propose": "提请发布排名",
    "publish": "发布排名",
    "drop": "不发布排名",
    "recall": "撤回排名",
    "recall-sending": "撤回群发",
    "report-for": "代报",
    "chase": "催报",
    "chase-urgent": "加急催报",
    "broadcast": "群发通知",
    "excuse": "免报",
    "unexcuse": "取消免报",
    "stop": "停止发送",
    "leave": "请假",
    "leave-end": "销假",
    "snooze": "推迟提醒",
    "snooze-undo": "取消推迟提醒",
    "evidence": "附上凭证",
    "photo-stored": "存下图片",
    "document": "上传文件",
    "upload-link": "要上传链接",
    "export": "导出台账",
    "extend": "延期",
    "extend-back": "取消延期",
    "pause": "暂停规则",
    "resume": "恢复规则",
    "retime": "改规则时间",
    "retime-back": "规则改回原时间",
    "roster": "首次导入名册",
    "org-added": "新增单位",
    "org-renamed": "单位改名",
    "org-changed": "修改单位资料",
    "org-closed": "停止单位任务",
    "person-added": "新增人员",
    "person-renamed": "人员改名",
    "role-added": "登记角色",
    "role-changed": "修改角色",
    "purge": "清除个人信息",
    "audit-cut": "清除满六个月的审计记录",
}

FIELDS: Mapping[str, str] = {
    "role": "角色",
    "roles": "角色",
    "liaison": "联络员",
    "account": "帐号",
    "active": "可用",
    "accepted_by": "同意人",
    "invited_by": "邀请人",
    "number": "",
    "asked": "问",
    "answer": "答",
    "text": "原话",
    "org": "单位",
    "link": "链接",
    "links": "链接",
    "photo": "图片",
    "photos": "图片",
    "file": "文件",
    "sha256": "指纹",
    "bytes": "字节数",
    "version": "",
    "until": "有效至",
    "put_off": "推迟到",
    "due": "截止",
    "weeks": "周次",
    "times": "时间",
    "orgs": "单位数",
    "people": "人数",
    "figures": "明细",
    "target": "对象",
    "words": "内容",
    "week": "周次",
    "stopped": "停下人数",
    "days": "日期",
    "name": "名称",
    "kind": "类别",
    "parent": "上级",
    "population": "人口",
    "headcount": "在编人数",
    "aliases": "简称",
    "code": "编码",
    "joined_on": "起报日",
    "left_on": "停报日",
    "backup": "候补联络员",
    "by": "记为",
    "rows": "条数",
    "files": "文件数",
}

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d$")
_HIDDEN = ("person_id", "org_id", "request")  # numbers that the database needs; their names stand beside them
_WITHOUT_COLON = ("asked", "answer", "text", "by", "number", "figures")

KINDS: Mapping[ReportKind, str] = {
    ReportKind.REPORT: "上报",
    ReportKind.CORRECTION: "更正",
    ReportKind.UNDO: "撤销",
    ReportKind.STATEMENT: "登记",
}


def item_name(campaign: Campaign, indicator: str, part: str = "") -> str:
    """Name what an entry is about, also one whose indicator the campaign file does not hold any more."""
    if indicator == NOTHING:
        return "没有新增"
    if indicator.startswith(DUTY):
        duty = campaign.duties.get(indicator.removeprefix(DUTY))
        return f"{duty.name}（登记完成）" if duty else "任务（登记完成）"
    if indicator not in campaign.indicators:
        return f"{indicator}（{part}）" if part else indicator
    return label(campaign, indicator, part)


def is_figure(indicator: str) -> bool:
    """Tell whether an entry holds a figure, and not the word that something is done."""
    return indicator != NOTHING and not indicator.startswith(DUTY)


# ----- 审计


def change_line(campaign: Campaign, names: Names, change: Change, within: str = "") -> str:
    """Write one change: when, who, what, from what to what, by which message. within: an org that need not be named."""
    row = change.row
    org = names.orgs.get(row.org_id or 0, "")
    who, subject = actor(names, row), subject_words(campaign, names, row)
    about = [subject if subject != who else "", org if org != within else ""]
    words = " ".join(filter(None, [ACTIONS.get(row.action, "改动"), *dict.fromkeys(filter(None, about))]))
    detail = "，".join(_pairs(campaign, names, row.before or {}, row.after or {}))
    said = f"（原话“{shortened(change.text)}”）" if change.text.strip() and row.action != "answer" else ""
    head = f"{moment_words(campaign, row.at)} {who} {words}"
    return f"{head}：{detail}{said}" if detail else f"{head}{said}"


def actor(names: Names, row: AuditRow) -> str:
    """Name who did it. Who joins was nobody we knew when he wrote, so that the row names him as its subject."""
    kind, _, key = row.subject.partition(":")
    joining = row.person_id is None and row.inbox_id is not None and kind == "person" and key.isdecimal()
    return names.people.get(int(key) if joining else row.person_id or 0, CLOCK)


def subject_words(campaign: Campaign, names: Names, row: AuditRow) -> str:
    """Name what a change is about."""
    kind, _, key = row.subject.partition(":")
    if kind == "report":
        return f"#{key}"
    if kind == "ranking":
        return campaign.rankings[key].name if key in campaign.rankings else ""
    if kind == "rule":
        return campaign.rules[key].name if key in campaign.rules else "全部规则"
    if kind == "duty":
        return campaign.duties[key].name if key in campaign.duties else ""
    known = {"person": names.people, "org": names.orgs}.get(kind, {})
    return known.get(int(key), "") if key.isdecimal() else ""


def state_words(campaign: Campaign, names: Names, data: Mapping[str, Any] | None) -> str:
    """Write what a change found, or left, in words."""
    return "，".join(_pairs(campaign, names, {}, data or {}))


def _pairs(campaign: Campaign, names: Names, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    for key in dict.fromkeys([*before, *after]):
        if key in _HIDDEN:
            continue
        name = _key_words(campaign, key)
        old = _value_words(campaign, names, key, before[key]) if key in before else ""
        new = _value_words(campaign, names, key, after[key]) if key in after else ""
        if key in before and key in after:
            yield f"{name}{old}→{new}" if old != new else f"{name}{new}"
        elif key in after:
            yield f"{name}{new}"
        else:
            yield f"{name}{old}（取消）"


def _key_words(campaign: Campaign, key: str) -> str:
    indicator, _, part = key.partition("/")
    if indicator in campaign.indicators or key == NOTHING or key.startswith(DUTY):
        return item_name(campaign, indicator, part)
    name = FIELDS.get(key, "")
    return f"{name}：" if name and key not in _WITHOUT_COLON else name


def _value_words(campaign: Campaign, names: Names, key: str, value: Any) -> str:
    indicator = key.partition("/")[0]
    if key == NOTHING or key.startswith(DUTY):
        return ""
    if indicator in campaign.indicators:
        try:
            return amount(campaign, indicator, Decimal(str(value)))
        except InvalidOperation:
            return ""
    if key == "role":
        return _role_words(value)
    if key == "roles" and isinstance(value, list):
        return "、".join(_role_words(each) for each in value) or "无"
    if key == "kind":
        return campaign.kinds[value].name if value in campaign.kinds else str(value)
    if key == "invited_by":
        return names.people.get(value, "")
    if key == "by":
        return f" #{value}"
    if key == "figures":
        return f"{_plain(value)}条"
    if key == "version":
        return f"第{value}版"
    if key == "sha256":
        return str(value)[:12]
    if key == "number":
        return f"第{value}期"
    if key in ("asked", "answer", "text"):
        return f"“{shortened(str(value).partition('。')[0])}”"
    if isinstance(value, str) and _MOMENT.match(value):
        return moment_words(campaign, datetime.fromisoformat(value))
    return _plain(value)


def _role_words(value: Any) -> str:
    """Write a role, also one with its org: {"org": 长沙市公安局, "role": liaison, "backup": True}."""
    if isinstance(value, Mapping):
        backup = "候补" if value.get("backup") else ""
        return f"{value.get('org', '')}{backup}{_role_words(value.get('role', ''))}"
    return ROLE_NAMES[Role(value)] if value in {each.value for each in Role} else str(value)


def _plain(value: Any) -> str:
    """Write a value that has no words of its own; never as JSON."""
    if value is None or value == "" or value == []:
        return "无"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return grouped(Decimal(value))
    if isinstance(value, list):
        return "、".join(_plain(each) for each in value)
    if isinstance(value, Mapping):
        return "、".join(f"{FIELDS.get(key, '')}{_plain(each)}" for key, each in value.items())
    text = str(value)
    return day_words(date.fromisoformat(text)) if _DAY.fullmatch(text) else text


def shortened(text: str) -> str:
    """Write a message on one line, cut when it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[:_QUOTED] + "…"


def audit_head(name: str, shown: int) -> str:
    """Open 审计."""
    return f"{name} 最近{shown}条改动（新的在前）"


def audit_tail() -> str:
    """Close 审计 when there is more."""
    return "更早的请回“导出”，看表里的“改动”一页。"


def audit_empty(name: str) -> str:
    """Say that nothing was changed yet."""
    return f"{name}：还没有任何改动。"


def all_orgs_words() -> str:
    """Name everything that an admin may see."""
    return "您管的单位"


# ----- 谁改过


def history(campaign: Campaign, org: str, steps: Sequence[Step], now: Sequence[Entry]) -> str:
    """Write the life of a report: each step with its words, and what counts now."""
    lines = [f"#{steps[0].report.id} {org}"]
    for number, step in enumerate(steps):
        lines += _step_lines(campaign, step, first=number == 0)
    if len(steps) == 1:
        return "\n".join([*lines, "没有人改过。"])
    counted = "，".join(_entry_words(campaign, entry) for entry in now)
    return "\n".join([*lines, f"现在：{counted}" if counted else "现在：都不计入了"])


def _step_lines(campaign: Campaign, step: Step, *, first: bool) -> list[str]:
    report = step.report
    about = "" if first or report.about_id is None else f" #{report.about_id}"
    done = f"{KINDS[report.kind]}{about}"
    number = "" if first else f"，记为 #{report.id}"
    head = f"{moment_words(campaign, report.made_at)} {step.person} {done}{number}"
    figures = "，".join(_moves(campaign, step))
    lines = [f"{head}：{figures}" if figures else head, f"　原话：{_quoted(report.text)}"]
    if step.message.strip() and step.message != report.text:
        lines.append(f"　问过后回答：{_quoted(step.message)}")
    return lines


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:200] + "…"


def _moves(campaign: Campaign, step: Step) -> Iterable[str]:
    """Pair what was taken out with what came in for the same thing."""
    left = list(step.entered)
    for old in step.ended:
        new = next((each for each in left if (each.indicator, each.part) == (old.indicator, old.part)), None)
        if new is None:
            yield f"{_entry_words(campaign, old)}取消"
            continue
        left.remove(new)
        name = item_name(campaign, old.indicator, old.part)
        yield f"{name}{_figure_words(campaign, old)}→{_figure_words(campaign, new)}"
    for new in left:
        yield _entry_words(campaign, new)


def _entry_words(campaign: Campaign, entry: Entry) -> str:
    return f"{item_name(campaign, entry.indicator, entry.part)}{_figure_words(campaign, entry)}"


def _figure_words(campaign: Campaign, entry: Entry) -> str:
    if not is_figure(entry.indicator):
        return ""
    measure = campaign.indicators[entry.indicator].measure if entry.indicator in campaign.indicators else ""
    approx = "（约）" if entry.approx else ""
    return f"{'累计' if entry.cumulative else ''}{grouped(entry.stated)}{measure}{approx}"


# ----- 导出


def export_follows(name: str, as_of: str, figures: int) -> str:
    """Answer 导出."""
    return f"{name}随后发给您，只有您能看到。数据截至{as_of}，共{grouped(Decimal(figures))}条明细。"


def export_empty(name: str) -> str:
    """Say that there is nothing to export."""
    return f"{name}还没有报过数，没有可以导出的。"


def export_file(campaign: Campaign, as_of: datetime, org: str = "") -> str:
    """Name the workbook: 反诈宣传月台账-0512-0915.xlsx."""
    local = as_of.astimezone(campaign.tz)
    return f"{campaign.short_name}台账{f'-{org}' if org else ''}-{local:%m%d-%H%M}.xlsx"


def export_what() -> str:
    """Name the workbook in a sentence."""
    return "台账文件"


def export_title(campaign: Campaign, scope: Sequence[str]) -> str:
    """Write the workbook's own title."""
    return f"{campaign.name} 台账（{'、'.join(scope)}及下属单位）" if scope else f"{campaign.name} 台账（全部单位）"


def export_as_of(campaign: Campaign, as_of: datetime) -> str:
    """Say up to when reports are in."""
    local = as_of.astimezone(campaign.tz)
    return f"数据截至{local.year}年{local.month}月{local.day}日 {local:%H:%M}，以后的上报和更正不在内"


def export_chain(broken: int | None, head: str | None) -> str:
    """Say whether the record of changes fits together."""
    if broken is not None:
        return f"改动记录核对有误：从第{broken}条起与原来写入的不一致，请查是谁动过数据库"
    return f"改动记录已逐条核对，前后一致（校验码{head[:12]}）" if head else "还没有改动记录"


def way_of_counting(campaign: Campaign, indicator: str) -> str:
    """Say how an indicator adds up."""
    known = campaign.indicators.get(indicator)
    return "取最新" if known and known.kind is IndicatorKind.LEVEL else "累加"


def record_state(ended_kind: ReportKind | None) -> str:
    """Say what became of a figure."""
    if ended_kind is None:
        return "计入"
    return "已更正" if ended_kind is ReportKind.CORRECTION else "已撤销"


def export_too_big(figures: int, most: int) -> str:
    """Refuse a workbook that would hold up everybody's answers while it is made."""
    return (
        f"共{grouped(Decimal(figures))}条明细，超过{grouped(Decimal(most))}条的不在聊天里发。"
        "请写上单位分开导出，例如“导出 长沙”，或请技术人员在服务器上用 export 命令导出。"
    )
