"""One sentence for each UserError."""

from __future__ import annotations

from handlers.wording.words import ROLE_NAMES
from models.campaign.definition import Campaign
from models.people import Role


def user_error(campaign: Campaign, code: str, fields: dict[str, object]) -> str:
    """Word a UserError. Every code that is raised stands here; a test compares."""
    maker = _ERRORS[code]
    return maker.format(**{key: _plain(value) for key, value in fields.items()}, office=campaign.office)


def _plain(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(ROLE_NAMES[item] if isinstance(item, Role) else str(item) for item in value)
    return str(value)


_ERRORS = {
    "not-allowed": "这个命令只有{roles}能用。需要的话请联系{office}的管理员。",
    "not-your-org": "{name}不归您管，您可以操作的是：{own}。需要的话请联系{office}的管理员。",
    "no-org": "您现在不属于任何可以报数的单位，请联系{office}的管理员。",
    "no-such-org": "没有找到单位“{name}”。请写单位全称或常用简称。",
    "which-org": "“{name}”对得上好几家：{names}。请写全一点再发。",
    "name-an-org": "请写明单位，例如“{example}”。",
    "no-such-duty": "没有叫“{name}”的任务。可以查的有：{names}。",
    "no-such-ranking": "没有叫“{name}”的排名。可以看的有：{names}。",
    "already-changed": "#{number} 刚才已经改过或撤销过了，没有重复操作。回“我的”看现在的数。",
    "nothing-to-undo": "没有可以撤销的上报。",
    "no-such-report": "没有找到 #{number}，或者它不是您单位报的。",
    "already-undone": "#{number} 已经撤销过了，没有重复操作。",
    "correct-what": "请写明改哪一项、改成多少，例如“更正 手册 3200”。",
    "nothing-to-correct": "还没有报过{names}，没有可以更正的。要上报直接发“{example}”。",
    "several-to-correct": "有好几项对得上：{names}。请写明是哪一项，例如“更正 {example}”。",
    "campaign-closed": "{name}已于{day}结束，不再收数。需要补报请联系{office}的管理员。",
    "not-yet-open": "{name}从{day}开始收数。",
    "viewer-cannot-report": "您是查看员，不能报数。报数请联络员发，或请管理员给您换角色。",
}

ERROR_CODES = frozenset(_ERRORS)
