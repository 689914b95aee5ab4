"""The words of a reminder: what is owed, until when, how to answer; and the words for those who can help. Pure.

Who reports for an org is asked (催办), the backup is asked to help (请协助), the superior org to urge its own (请督促),
and the admins get a list. One person gets one text, whatever of this is for him. models/reminding.py says who is told.

Tone (decisions 7): 通知, 提示, 催办; demands no answer at once, names no person. Texts stay under 2048 bytes, which is
what the platform carries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.campaign.definition import Campaign, Duty, DutyKind, Rule
from models.duties import DutyState, Standing
from models.figures import grouped
from models.messages import Text
from models.phrases import duty_name, fitted, short_name, until

ANNOUNCED, REMINDED, CHASED = "通知", "提示", "催办"  # the three tones, soft to firm
EXAMPLES = 3  # how many duties a reminder shows an example for
NAMED = 12  # orgs that a line names before it says how many more there are
# The steps of the ladder, as they stand in the campaign file and with a notice.
LIAISON, BACKUP, SUPERIOR, ADMINS = "liaison", "backup", "superior", "admins"
# Why something went up before its day: the step before had nobody to tell.
NOBODY, NO_BACKUP, AWAY, NO_SUPERIOR = "nobody", "no-backup", "away", "no-superior"
FOLDED = "folded"  # in a reminder that was put off: said with it, since it came due meanwhile
_CAUSES = {
    NOBODY: "{names}还没有人登记，没法直接提醒。",
    NO_BACKUP: "{names}没有候补联络员，所以提前转来。",
    AWAY: "{names}的联络员在请假，没有人顶替。",
    NO_SUPERIOR: "{names}的上级也还没有人登记。",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One duty that a message is about, and on which step of the ladder the reader stands."""

    state: DutyState
    rung: str = ""  # empty: below the ladder
    cause: str = ""  # causes joined by +


def compose(campaign: Campaign, rule: Rule | None, items: Iterable[Item], at: datetime) -> Text:
    """Word one message. Equal duties give equal texts, whoever owes them. rule: None when an admin asks."""
    order = {key: place for place, key in enumerate(campaign.duties)}
    every = sorted(items, key=lambda item: (item.state.due_at, order[item.state.key], item.state.org.id))
    own = [item for item in every if item.rung in ("", LIAISON, BACKUP)]
    urged = [item for item in every if item.rung == SUPERIOR]
    listed = [item for item in every if item.rung == ADMINS]
    if not urged and not listed:
        return Text(_asking(campaign, rule, own, at))
    head = f"【{campaign.short_name}】"
    lines, tails = [], []
    if own:
        lines += _asking(campaign, rule, own, at).split("\n")
        head = "另"
    if urged:
        lines += [f"{head}请督促：{_count(urged)}家下属单位逾期还没报", *_by_duty(campaign, urged, at)]
        tails.append("方便时请提醒他们直接报送。")
        head = "另有"
    if listed:
        lines += [f"{head}转办名单：{_count(listed)}家单位逾期还没报", *_by_duty(campaign, listed, at)]
        tails.append(f"催办情况回“未报 {short_name(listed[0].state.duty)}”。")
    if urged and not listed:
        tails.append(f"最新名单回“未报 {short_name(urged[0].state.duty)}”。")
    return Text(fitted(lines, "".join(tails if own else [*tails, "本条不用回复。"])))


def _count(items: Sequence[Item]) -> int:
    return len({item.state.org.id for item in items})


def _by_duty(campaign: Campaign, items: Sequence[Item], at: datetime) -> list[str]:
    """Name the orgs under each duty, and say which of them went up early and why."""
    lines = []
    for duty in dict.fromkeys((item.state.key, item.state.period) for item in items):
        some = [item.state for item in items if (item.state.key, item.state.period) == duty]
        due = until(campaign, some[0].due_at, at)
        lines.append(f"· {duty_name(some[0].duty, duty[1])}（{due}）：{_names(state.org.name for state in some)}")
    for cause, words in _CAUSES.items():
        early = dict.fromkeys(item.state.org.name for item in items if cause in item.cause.split("+"))
        if early:
            whole = len(early) == _count(items) > 1
            lines.append(words.format(names="以上单位都" if whole else _names(early)))
    return lines


def _names(found: Iterable[str]) -> str:
    every = list(found)
    return "、".join(every) if len(every) <= NAMED else f"{'、'.join(every[:NAMED])}等{len(every)}家"


def _asking(campaign: Campaign, rule: Rule | None, items: Sequence[Item], at: datetime) -> str:
    if items and all(item.rung == BACKUP for item in items):
        return _assist(campaign, [item.state for item in items], at)
    helped = {id(item.state) for item in items if item.rung == BACKUP}
    return reminder(campaign, rule, [item.state for item in items], at, helped)


def _assist(campaign: Campaign, states: Sequence[DutyState], at: datetime) -> str:
    """Ask a backup to help; the liaison is asked at the same time."""
    orgs = "、".join(dict.fromkeys(state.org.name for state in states))
    named = len({state.org.id for state in states}) > 1
    head = f"【{campaign.short_name}】请协助："
    if len(states) == 1:
        first = [f"{head}{orgs}的{_owed(campaign, states[0], at)}，联络员还没报，方便时请您帮忙补上。"]
        return fitted([*first, how(campaign, states)])
    lines = [
        f"{n}. {state.org.name + ' ' if named else ''}{_owed(campaign, state, at)}" for n, state in enumerate(states, 1)
    ]
    first = [f"{head}{orgs}有{len(states)}项联络员还没报，方便时请您帮忙补上："]
    return fitted([*first, *lines], how(campaign, states), more="还有{}项，回“我的”看全部")


def reminder(
    campaign: Campaign, rule: Rule | None, states: Sequence[DutyState], at: datetime, helped: Collection[int] = ()
) -> str:
    """Word a reminder of one or several duties of one person, in the order given. rule: None when an admin asks.

    helped: ids (as of id()) of those in which the reader is asked to help, beside his own.
    """
    level = _level(rule, states)
    head = f"【{campaign.short_name}】{level}：{_opening(rule, states, campaign, at)}"
    if len(states) == 1:
        asking = "" if level == ANNOUNCED or _begun(states[0]) else "还没报"
        line = f"{_owed(campaign, states[0], at, asking)}{'，方便时请补上' if level == CHASED else ''}。"
        return fitted([f"{head}{line}", how(campaign, states)])
    named = len({state.org.id for state in states}) > 1
    orgs = [f"{state.org.name} " if named else "" for state in states]
    lines = [
        f"{n}. {org}{_owed(campaign, state, at)}{'（请协助）' if id(state) in helped else ''}"
        for n, (org, state) in enumerate(zip(orgs, states, strict=True), 1)
    ]
    first = f"{head}有{len(states)}项还没报齐："
    return fitted([first, *lines], how(campaign, states), more="还有{}项，回“我的”看全部")


def _level(rule: Rule | None, states: Sequence[DutyState]) -> str:
    if all(state.standing is Standing.OVERDUE for state in states):
        return CHASED
    return ANNOUNCED if rule is not None and rule.to == "all" else REMINDED


def _opening(rule: Rule | None, states: Sequence[DutyState], campaign: Campaign, at: datetime) -> str:
    if rule is None or not rule.text:
        return ""
    orgs = "、".join(dict.fromkeys(state.org.name for state in states))
    name = "、".join(dict.fromkeys(state.duty.name for state in states))
    return rule.text.format(name=name, org=orgs, due=until(campaign, states[0].due_at, at)).strip() + "\n"


def _owed(campaign: Campaign, state: DutyState, at: datetime, asking: str = "") -> str:
    name = duty_name(state.duty, state.period)
    return f"{name}{asking}，{until(campaign, state.due_at, at)}{_so_far(campaign, state)}"


def _begun(state: DutyState) -> bool:
    return state.pledge_missing or state.have > 0


def _so_far(campaign: Campaign, state: DutyState) -> str:
    """Say what is there already, so that nobody reports it twice."""
    if state.pledge_missing:
        return f"，数字已收到，还差一句“{state.duty.pledge[0]}”"
    if not 0 < state.have < state.need or state.duty.indicator is None:
        return ""
    measure = campaign.indicators[state.duty.indicator].measure
    return f"，已报{grouped(state.have)}{measure}，还差{grouped(state.need - state.have)}{measure}"


def how(campaign: Campaign, states: Sequence[DutyState]) -> str:
    """Say in one line how to answer; an example for the first few of the duties."""
    if all(state.pledge_missing for state in states):
        return f"属实的话，直接回“{states[0].duty.pledge[0]}”就行。"
    figures = [_example(campaign, state) for state in states if state.duty.kind is not DutyKind.DOCUMENT]
    documents = [statement(state.duty) for state in states if state.duty.kind is DutyKind.DOCUMENT]
    parts = []
    if figures:
        parts.append(f"办了直接回复即可，例如“{'，'.join(list(dict.fromkeys(figures))[:EXAMPLES])}”。")
    if documents:
        parts.append(f"交了回一句“{'”“'.join(dict.fromkeys(documents))}”就行。")
    return "".join(parts) + "已报的不用再回。"


def statement(duty: Duty) -> str:
    """Return the sentence by which a liaison says that a document was handed in: 总结已报送."""
    return f"{short_name(duty)}已报送"


def _example(campaign: Campaign, state: DutyState) -> str:
    if state.pledge_missing:
        return state.duty.pledge[0]
    indicator = campaign.indicators[state.duty.indicator or ""]
    return indicator.hint or f"{indicator.name}1{indicator.measure}"
