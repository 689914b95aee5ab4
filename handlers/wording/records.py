"""The words of the records: ACTIONS and FIELDS for everything that is noted in the audit, and what an entry is about.

A test compares ACTIONS and FIELDS with the code. The same words stand in the chat and in the workbook.
"""

from __future__ import annotations

from collections.abc import Mapping

from handlers.wording.words import label
from models.campaign.definition import Campaign
from models.ledger import DUTY, NOTHING, ReportKind

CLOCK = "系统"  # who did what no person did: the clock, a command on the server
STRANGERS, STRANGER = "stranger", "没有登记的人"  # subject of what somebody did who is not known, and what he is called

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
    "code-wrong": "输错邀请码或确认码",
    "code-locked": "五次输错码，被锁定",
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
