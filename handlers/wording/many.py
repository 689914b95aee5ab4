"""What an admin sends to many: 催报, 通知, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from handlers.wording.words import moment_words, names_list
from models.campaign.definition import Campaign
from models.messages import Content, Text
from models.reminding import ADMINS_CHASES, CHASE, URGENT
from models.sendings import Outcome, Sending, Told

NAMED_FIRST = 5  # recipients whom the preview of a 通知 names
NAMES_SHOWN = 40  # orgs that the preview of a 催报 names before it only counts
QUOTED = 30  # characters of a text by which 发送情况 names it


def text_of(content: Content) -> str:
    """Return the words of a text."""
    return content.text if isinstance(content, Text) else ""


def leaves_at(campaign: Campaign, at: datetime, now: datetime) -> str:
    """Say when notices leave."""
    if at <= now:
        return "马上发出。"
    quiet = f"现在是免打扰时间（{campaign.quiet.start}至{campaign.quiet.end}），"
    waits = (at - now).total_seconds() > 600  # less is only off the full hour
    local = at.astimezone(campaign.tz)
    return f"{quiet}{moment_words(campaign, at)}发出。" if waits else f"{local:%H:%M}发出。"


# ----- 催报


def chase_head(people: int, orgs: int) -> str:
    """Open the preview of a chase."""
    return f"将提醒{orgs}家单位的{people}位联系人："


def chase_names(groups: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Name the orgs that are chased, by group; very many are only counted."""
    if sum(len(names) for _, names in groups) <= NAMES_SHOWN:
        return [f"{group}：{'、'.join(names)}" for group, names in groups]
    return ["、".join(f"{group}{len(names)}家" for group, names in groups)]


def chase_text(text: str, kinds: int) -> list[str]:
    """Show the text; when not everybody owes the same, say so."""
    head = "内容：" if kinds == 1 else f"每人只提醒自己还差的，共{kinds}种内容，其中一种："
    return [head, "———", text, "———"]


def chase_urgent(campaign: Campaign) -> str:
    """Say what an urgent chase passes, and what limits it."""
    quiet = f"免打扰时间（{campaign.quiet.start}至{campaign.quiet.end}）"
    cap = f"每人每天{campaign.quiet.daily_cap}条"
    return f"加急：不受{quiet}和{cap}的限制，确认后马上发；每人每天最多收1次加急。会记入审计。"


def chase_not_urgent(duties: Sequence[str]) -> list[str]:
    """Say what is left out of an urgent chase."""
    names = "、".join(dict.fromkeys(duties))
    return [f"离截止还有24小时以上、不能加急的：{names}（请去掉“加急”再发）"] if names else []


def chase_left_out(
    reminded: Sequence[str],
    full: Sequence[str],
    unreachable: Sequence[str],
    campaign: Campaign,
    again: str,
    *,
    urgent: bool,
) -> list[str]:
    """Say who is not chased and why."""
    lines = []
    if reminded:
        lines.append(f"今天已提醒过、不再发的{len(reminded)}家：{names_list(reminded, 10)}（一定要再发请回“{again}”）")
    if full and urgent:
        lines.append(f"今天已加急催过、不再发的{len(full)}家：{names_list(full, 10)}")
    elif full:
        lines.append(f"今天已收满{campaign.quiet.daily_cap}条提醒、不再发的{len(full)}家：{names_list(full, 10)}")
    if unreachable:
        lines.append(
            f"还没有人登记、发不到的{len(unreachable)}家：{names_list(unreachable, 10)}（请用“邀请 单位”取邀请码）"
        )
    return lines


def chase_nobody() -> str:
    """Say that there is nobody left to chase."""
    return "没有需要提醒的人，什么都没有发。"


def nobody_to_chase(duties: Sequence[str], excused: Sequence[str], *, met: bool) -> str:
    """Say that nobody has to be asked. excused: orgs that need not answer. met: others have answered."""
    which = duties[0] if len(duties) == 1 else "各项任务"
    if not excused:
        return f"{which}：全部已报，不用催。"
    free = f"{names_list(excused, 10)}免报"
    return f"{which}：{free}，其他的都已报，不用催。" if met else f"{which}：{free}，不用催。"


def chase_sent(people: int, orgs: int, when: str, *, urgent: bool) -> str:
    """Say that a chase is on its way."""
    if urgent:
        return f"已加急催报{orgs}家单位，共{people}人，马上发出，不受免打扰时间和每天条数的限制。已记入审计。"
    return f"已催报{orgs}家单位，共{people}人，{when}发出前报了的会自动取消。"


def chase_not_sent() -> str:
    """Say that a confirmed chase had nobody left."""
    return "这次没有发出提醒。"


def chase_changes(answered: Sequence[str], reminded: Sequence[str], by: tuple[str, int]) -> list[str]:
    """Say what has changed since a chase was shown. by: who chased meanwhile and how many minutes ago."""
    lines = []
    if answered:
        lines.append(f"预览之后已报、不用再催的{len(answered)}家：{names_list(answered, 10)}")
    if reminded:
        name, minutes = by
        ago = f"{minutes}分钟前" if minutes else "刚刚"
        who = f"{name}{ago}已经催过" if name else "今天已提醒过"
        lines.append(f"{who}、没有重复发的{len(reminded)}家：{names_list(reminded, 10)}")
    return lines


# ----- 通知


def broadcast_example() -> str:
    """Give an example of the words of a 通知."""
    return "5月20日前请补齐数据"


def broadcast_text(campaign: Campaign, org: str, text: str) -> str:
    """Write an admin's words as people get them: who speaks stands in front."""
    return f"【{campaign.short_name}】{org}通知：\n{text}"


def broadcast_preview(target: str, first: Sequence[tuple[str, str]], count: int, text: str, pieces: int) -> list[str]:
    """Show whom a 通知 reaches and what it says. first: name and org of the first recipients."""
    names = "、".join(f"{name}（{org}）" for name, org in first)
    more = "等" if count > len(first) else ""
    long = f"（较长，分{pieces}条发）" if pieces > 1 else ""
    return [f"将通知{target}共{count}人：{names}{more}", f"内容{long}：", "———", text, "———"]


def broadcast_idle(idle: Sequence[str]) -> list[str]:
    """Name the orgs that cannot be reached."""
    return [f"还没有人登记、收不到的{len(idle)}家：{names_list(idle, 10)}"] if idle else []


def broadcast_nobody(target: str, idle: Sequence[str]) -> str:
    """Say that nobody would get a 通知."""
    return "\n".join([f"{target}：没有可以通知的人，什么都没有发。", *broadcast_idle(idle)])


def broadcast_sent(count: int, gone: int, when: str) -> str:
    """Say that a 通知 is on its way."""
    left = f"预览之后有{gone}人已不在这些单位，没有发。" if gone else ""
    return f"已安排通知{count}人，{when}{left}"


def sending_hint() -> str:
    """Say how to look after a sending."""
    return "看送达请回“发送情况”，停下没发出的请回“停止发送”。"


# ----- 发送情况, 停止发送

_REFUSED = {
    0: "账号不在应用的可见范围内",
    40003: "通讯录里没有这个账号",
    40031: "通讯录里没有这个账号",
    60111: "通讯录里没有这个账号",
    81013: "账号不在应用的可见范围内",
    45009: "超过平台的发送次数",
    45033: "超过平台的发送次数",
    45002: "内容超过平台的长度",
}


def no_sending(back: int) -> str:
    """Say that there was no sending."""
    return "还没有发过催报或通知。" if back == 1 else f"没有往前第{back}次的发送。"


def _title(campaign: Campaign, sending: Sending) -> str:
    what = {CHASE: "催报", URGENT: "加急催报"}.get(sending.rule, "通知")
    words = sending.text.split("\n", 1)[-1] if sending.rule not in ADMINS_CHASES else sending.text.partition("：")[2]
    words = words.replace("\n", " ").strip()
    quoted = f"{words[:QUOTED]}…" if len(words) > QUOTED else words
    return f"{what} {moment_words(campaign, sending.at)} {sending.by}发，共{len(sending.told)}人\n“{quoted}”"


def sending_lines(campaign: Campaign, sending: Sending, now: datetime, *, stuck: bool = False) -> list[str]:
    """Tell what became of a sending, each outcome with its number. stuck: nothing gets out just now."""
    lines = [_title(campaign, sending), f"已发出{sending.count(Outcome.SENT)}人"]
    failed = [each for each in sending.told if each.outcome is Outcome.FAILED]
    for reason in dict.fromkeys(refusal(each) for each in failed):
        lines.append(people_line("没发成", [each for each in failed if refusal(each) == reason], f"，{reason}"))
    for outcome, words in (
        (Outcome.UNCERTAIN, "平台没有答复、可能已收到"),
        (Outcome.EXPIRED, "过了时间没有发"),
        (Outcome.ANSWERED, "已报送、提醒取消"),
        (Outcome.NOT_OWED, "不用报了、提醒取消"),
        (Outcome.PASSED_ON, "请假、已转给顶替的人"),
        (Outcome.SAID_SINCE, "后来的催报已经说了、这条没有发"),
        (Outcome.LEFT, "已不负责、没有发"),
        (Outcome.STOPPED, "已停止"),
    ):
        some = [each for each in sending.told if each.outcome is outcome]
        if some:
            lines.append(people_line(words, some))
    waiting = [each for each in sending.told if each.outcome is Outcome.WAITING]
    if waiting:
        first = min(each.not_before for each in waiting)
        when = f"，{moment_words(campaign, first)}起发" if first > now else "，正在发"
        when = "，现在发不出去，恢复后自动补发" if stuck and first <= now else when
        lines.append(f"还在等{len(waiting)}人{when}；停下请回“停止发送”")
    return lines


def people_line(words: str, told: Sequence[Told], tail: str = "") -> str:
    """Count people and name the first few."""
    names = "、".join(f"{each.person}（{each.org}）" if each.org else each.person for each in told[:NAMED_FIRST])
    return f"{words}{len(told)}人：{names}{'等' if len(told) > NAMED_FIRST else ''}{tail}"


def refusal(told: Told) -> str:
    """Say why the platform did not take a notice."""
    if told.code is None:
        return "原因不明，请技术人员看日志"
    if told.code == 0 and "licence" in told.reason:
        return "没有开通企业微信的账号许可"
    return _REFUSED.get(told.code, f"平台拒绝（代码{told.code}）")


def sending_before(back: int) -> str:
    """Say how to see the sending before."""
    return f"再往前一次请回“发送情况 {back}”"


def nothing_to_stop() -> str:
    """Say that nothing waits."""
    return "没有还在等着发的催报或通知。已经发出的，24小时内可以回“撤回通知”收回。"


def sending_taken_back() -> str:
    """Say in 发送情况 that a sending was taken back."""
    return "这一次已撤回。"


def nothing_to_recall() -> str:
    """Say that there is nothing to take back."""
    return "没有可以撤回的催报或通知。"


def sending_recalled_already() -> str:
    """Say that a sending was taken back before."""
    return "这一次已经撤回过了，没有重复操作。"


def sending_too_old() -> str:
    """Say that the platform does not take it back any more."""
    return "这一次发出已超过24小时，平台不让撤回了。要更正的话，请再发一条“通知”说明。"


def recall_shown(campaign: Campaign, sending: Sending) -> str:
    """Show what taking back a sending will do."""
    gone = sending.count(Outcome.SENT, Outcome.UNCERTAIN)
    waiting = sending.count(Outcome.WAITING)
    parts = [f"从{gone}人手机上收回"] if gone else []
    parts += [f"还没发的{waiting}人不再发"] if waiting else []
    return f"将撤回：{_title(campaign, sending)}\n{'，'.join(parts)}。看过的人会看到“撤回了一条消息”。"


def sending_recalled(people: int, stopped: int) -> str:
    """Say that a sending is being taken back."""
    parts = [f"正在从{people}人手机上收回"] if people else []
    parts += [f"还没发的{stopped}条不再发"] if stopped else []
    return f"已撤回：{'，'.join(parts)}。"


def stopped(campaign: Campaign, sending: Sending) -> list[str]:
    """Say what was stopped, and what could not be."""
    lines = [f"已停止：{_title(campaign, sending)}", f"不再发{sending.count(Outcome.STOPPED)}人"]
    sent, unsure = sending.count(Outcome.SENT), sending.count(Outcome.UNCERTAIN)
    going = sending.count(Outcome.WAITING)
    if sent:
        lines.append(f"已经发出{sent}人，要收回请回“撤回通知”")
    if unsure:
        lines.append(f"可能已收到{unsure}人")
    if going:
        lines.append(f"正在发{going}人，停不下来")
    return lines
