"""审计: who changed what, in a line each, in the chat and on the workbook's sheet of changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from handlers.wording.records import ACTIONS, CLOCK, FIELDS, STRANGER, STRANGERS, item_name
from handlers.wording.words import ROLE_NAMES, amount, day_words, moment_words
from models.audit import AuditRow
from models.campaign.definition import Campaign
from models.figures import grouped
from models.ledger import DUTY, NOTHING
from models.people import Role
from models.records import Change, Names

_QUOTED = 30  # characters of a message that a line of 审计 shows; the workbook shows all
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d$")
_HIDDEN = ("person_id", "org_id", "request")  # numbers that the database needs; their names stand beside them
_WITHOUT_COLON = ("asked", "answer", "text", "by", "number", "figures")


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
    nobody = STRANGER if row.subject == STRANGERS else CLOCK
    return names.people.get(int(key) if joining else row.person_id or 0, nobody)


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
