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
    "near-org": "没有找到单位“{name}”，名字相近的有：{names}。请写单位全称。",
    "which-person": "“{name}”对得上好几个人：{names}。请写全名再发。",
    "no-such-person": "您管的单位里没有叫“{name}”的人。发“名单”可以看有谁；还没登记的，请先用“邀请 单位”请来。",
    "not-your-person": "{name}不在您管的单位里。请联系{who}的管理员。",
    "name-a-person": "请写明是谁，例如“{example}”。",
    "ask-admins-of": "{name}不归您管。请联系{who}的管理员。",
    "role-elsewhere": "{name}还是{role}，那里不归您管，这一步您做不了。请联系{who}的管理员，或只“免去”您单位里的角色。",
    "office-only": "管理员的任免、停用只有{office}的管理员能办。请联系他们。",
    "last-admin": "{name}是{office}最后一位管理员，不能停用或免去。请先任命另一位，例如“任命 李四 管理员 {office}”。",
    "changed-meanwhile": "刚才已经有人改过这个人的角色，这次什么都没有做。请发“名单”看现在的情况，需要的话重新发命令。",
    "already-off": "{name}已经停用了，没有重复操作。恢复请发“启用 {name}”。",
    "already-on": "{name}没有停用，不用启用。",
    "is-off": "{name}已停用。请先发“启用 {name}”。",
    "no-role": "{name}现在没有任何角色，不用停用或免去。",
    "appoint-how": "请写明谁、做什么，例如“任命 李四 联络员”。角色有：联络员、候补联络员、查看员、管理员。",
    "name-the-org": "请写明{name}做哪个单位的，例如“{example}”。",
    "has-role": "{name}已经是{role}了，没有变化。",
    "dismiss-how": "请写明谁、哪个角色，例如“免去 李四 查看员”。",
    "not-this-role": "{name}没有这个角色。现在的角色：{held}。",
    "which-role": "{name}有好几个角色对得上：{held}。请写明是哪一个，例如“{example}”。",
    "hand-over-how": "请写明谁交给谁，例如“交接 张三 李四”。接手的人还没登记的，先用“邀请 单位”请来。",
    "hand-over-self": "交出和接手的都是{name}，请写两个不同的人。",
    "no-liaison": "{name}不是联络员，没有可以交接的工作。管理员和查看员请用“任命”“免去”。",
    "not-your-own": "{name}不是您报数的单位。您可以设的有：{own}。",
    "claim-how": "请这样写：“我是 单位名称 姓名”，单位写全称，中间用空格隔开。管理员确认以后就能报数。",
    "no-such-request": "没有{number}号申请。发“名单”可以看还有谁在等。",
    "name-an-org": "请写明单位，例如“{example}”。",
    "no-such-command": "没有“{name}”这个命令。可以查的有：{names}。",
    "no-such-duty-or-org": "没有叫“{name}”的任务或单位。任务有：{names}；单位写全称或简称，也可以写类别：{kinds}。",
    "trend-of-what": "请写明看哪一项的趋势，一次一项，例如“{example}”。可以看的有：{names}。",
    "no-such-figure-or-org": "没有叫“{name}”的项目或单位。项目有：{names}；单位请写全称或简称。",
    "report-for-what": "请写明单位和数字，例如“{example}”。",
    "notify-what": "请写明通知谁、说什么，例如“{example}”。也可以通知一类或一家，例如“通知 运营商 内容”。",
    "office-notifies-all": "通知全体只有{office}的管理员能发。您可以通知自己管的单位，例如“通知 {own}及下属 内容”。",
    "office-notifies-kind": "{name}不都归您管，只有{office}的管理员能发。您可以发“通知 {own}及下属 内容”。",
    "which-sending": "没看懂是哪一次。看最近一次回“发送情况”，再往前一次回“{example}”。",
    "nobody-below": "{name}没有下属单位。",
    "no-such-ranking": "没有叫“{name}”的排名。可以看的有：{names}。",
    "already-changed": "#{number} 刚才已经改过或撤销过了，没有重复操作。回“我的”看现在的数。",
    "nothing-to-undo": "没有可以撤销的上报。",
    "no-such-report": "没有找到 #{number}，或者它不是您单位报的。",
    "which-report": "请写上编号，例如“{example}”。编号在“已记录”后面。",
    "already-undone": "#{number} 已经撤销过了，没有重复操作。",
    "correct-what": "请写明改哪一项、改成多少，例如“更正 {example}”。",
    "nothing-to-amend": "您还没有报过数，没有可以改的。要上报直接发，例如“{example}”。",
    "nothing-that-fits": "您最近报的 #{number} 里没有“{wanted}”能改的：{shown}。请写明改哪一项，例如“更正 {example}”。",
    "less-than-nothing": "减下来比0还少：现在记的是{shown}。请直接写应该是多少。",
    "nothing-to-correct": "还没有报过{names}，没有可以更正的。要上报直接发“{example}”。",
    "campaign-closed": "{name}已于{day}结束，不再收数。需要补报请联系{office}的管理员。",
    "chase-closed": "{name}已于{day}结束，不再催报。还差的回“未报”看，要补记由{office}的管理员“代报”。",
    "not-yet-open": "{name}从{day}开始收数。",
    "no-negatives": "数字不能是负的，没有改。报多了请回“更正 手册 正确的数”，或者回“撤销”。",
    "name-a-ranking": "请写明哪个排名，例如“{example}”。有这些：{names}。",
    "no-more-issues": "{name}只发布到{last}，现在不能再发布。",
    "issue-has-moved": "这一期刚才已经有人处理过，这次什么都没有做。请回“排名”看现在的情况。",
    "one-value-each": "同一项写了两个数，不知道改成哪个。一项只写一个数再发一次，没有改。",
    "nothing-to-explain": "还没有可以说明的消息。要看某一条怎么读的，回“为什么 #号”，或把那句话写在“为什么”后面。",
    "viewer-cannot-report": "您是查看员，不能报数。报数请联络员发，或请管理员给您换角色。",
    "photo-without-file": "图片没有传完整，没有收下。请再发一次。",
    "too-many-photos": "一天最多收{most}张图片，今天的已经够了，这张没有存。报数不受影响。",
    "evidence-of-what": "请写明是哪一条上报，例如“佐证 #12”。编号在“已记录”后面。",
    "which-hands-in": "您负责{names}，请写明是哪一家，例如“{example}”。",
    "no-documents": "{name}不要求交文件。",
    "excuse-what": "请写明哪项任务、哪家单位，例如“{example}”。",
    "excuse-own": "{names}是您自己的单位，免报要由上级或{office}的管理员办。",
    "document-not-owed": "{org}不用交{name}。",
    "file-none": "还没有选文件。请先点“点这里选文件”。",
    "file-empty": "这个文件是空的。请检查后再传。",
    "file-too-big": "这个文件超过20MB。请压缩图片或另存为 PDF 后再传。",
    "file-type": "这种文件收不了。可以交 docx、pdf、txt、jpg、png；WPS 或其他格式请先另存为 docx 或 PDF。",
    "file-old-word": "这是旧格式的 Office 文件（如 .doc）。请另存为 docx 或 PDF 后再传。",
    "file-mismatch": "文件名写的是 .{ending}，但内容不是。请用原来的软件打开，另存为 docx 或 PDF 后再传。",
    "file-broken": "这个文件打不开，可能没有存完整。请用原来的软件打开，另存为 docx 或 PDF 后再传。",
    "file-macros": "这个文件带有宏，为了安全不能收。请另存为不带宏的 docx 或 PDF 后再传。",
}

ERROR_CODES = frozenset(_ERRORS)
