"""What stands and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from handlers.wording.words import WEEKDAYS, amount, day_words, label, moment_words, names_list, noted, owed_words
from models.campaign.definition import Campaign
from models.campaign.periods import deadline
from models.duties import DutyState, Standing
from models.figures import grouped
from models.messages import About
from models.reminding import about

BELOW_FIGURES = 5  # totals of the orgs under a city that its 进度 shows
GROUPS_SHOWN = 20  # groups of one line
NAMES_A_LINE = 20  # about 600 bytes


def mine(
    campaign: Campaign,
    org: str,
    now: datetime,
    figures: Sequence[str],
    states: Sequence[DutyState],
    chased: Mapping[About, str],
) -> list[str]:
    """Write what an org has reported and still owes. chased: what has been done about something."""
    local = now.astimezone(campaign.tz)
    lines = [f"{org} {day_words(local.date())} 周{WEEKDAYS[local.weekday()]}"]
    lines += ["【已报】", *figures] if figures else ["【已报】还没有数字"]
    open_states = sorted((s for s in states if s.standing.open), key=lambda s: s.due_at)
    owed = [noted(owed_words(campaign, state), chased.get(about(state), "")) for state in open_states]
    coming = [owed_words(campaign, state) for state in states if state.standing is Standing.AHEAD]
    if owed:
        lines += ["【还差】", *owed]
    elif coming:
        lines += [f"【还差】现在没有。{day_words(campaign.first_day)}活动开始后要报：", *coming]
    else:
        lines.append("【还差】没有，都报齐了" if states else "【还差】没有要交的任务")
    excused = [state.duty.name for state in states if state.standing is Standing.EXCUSED]
    if excused:
        lines.append("【免报】" + "、".join(dict.fromkeys(excused)))
    done = [state.duty.name for state in states if state.standing in (Standing.DONE, Standing.DONE_LATE)]
    if done:
        lines += ["【已完成】" + "、".join(dict.fromkeys(done))]
    return lines


CHASED = "催办（到期前的提醒不算）："
CHASED_NAMED = 10  # names that carry how often they were chased; of more only the numbers are told


def chased_lines(notes: Sequence[tuple[str, str]]) -> list[str]:
    """Say of many orgs how far 催办 and 催报 have come; no reminder before a deadline counts. notes: org, words."""
    some = [(name, note) for name, note in notes if note]
    if not some:
        return []
    if len(some) <= CHASED_NAMED:
        return [f"{CHASED}{'；'.join(f'{name}{note}' for name, note in some)}"]
    counts = Counter(note for _, note in some).most_common(CHASED_NAMED)
    others = len(some) - sum(count for _, count in counts)
    parts = [f"{note}的{count}家" for note, count in counts] + ([f"其他{others}家"] if others else [])
    return [CHASED + "；".join(parts)]


def total_line(campaign: Campaign, indicator: str, part: str, value: Decimal) -> str:
    """Write one total: 宣传手册 12,500册."""
    return f"{label(campaign, indicator, part)} {amount(campaign, indicator, value)}"


def below_lines(
    count: int, silent: Sequence[str], figures: Sequence[str], duties: Sequence[tuple[str, int, int]]
) -> list[str]:
    """Say in short how the orgs under a city stand. duties: name, how many have met it, of how many."""
    if len(silent) == count:
        lines = [f"【下属{count}家】都还没有上报"]
    elif silent:
        lines = [f"【下属{count}家】{count - len(silent)}家有上报，还没有的：{names_list(silent, 10)}"]
    else:
        lines = [f"【下属{count}家】都有上报"]
    if figures:
        rest = f"等{len(figures)}项" if len(figures) > BELOW_FIGURES else ""
        lines.append(f"下属合计：{'，'.join(figures[:BELOW_FIGURES])}{rest}")
    return lines + [progress_line(*duty) for duty in duties]


def nothing_owed() -> str:
    """Say that the orgs asked about have no duties."""
    return "这些单位没有要交的任务。"


def progress_head(campaign: Campaign, now: datetime, name: str = "") -> str:
    """Open the overview of all duties."""
    return " ".join(filter(None, ["进度", name, moment_words(campaign, now)]))


def progress_line(name: str, done: int, of: int) -> str:
    """Write how many orgs have met a duty."""
    if not of:
        return f"{name}：没有单位要报"
    return f"{name}：{done}/{of}家完成" if done < of else f"{name}：{of}家全部完成"


def progress_lines(name: str, groups: Sequence[tuple[str, int, int]], excused: int = 0) -> list[str]:
    """Write how many orgs have met a duty, below it by group. groups: heading, how many, of how many."""
    done, of = sum(group[1] for group in groups), sum(group[2] for group in groups)
    lines = [progress_line(name, done, of) + (f"（另有{excused}家免报）" if excused else "")]
    if len(groups) > 1 and 0 < done < of:
        lines.append("  " + _limited([f"{group} {n}/{m}" for group, n, m in _worst(groups)], len(groups)))
    return lines


def _worst(groups: Sequence[tuple[str, int, int]]) -> Sequence[tuple[str, int, int]]:
    if len(groups) <= GROUPS_SHOWN:
        return groups
    return sorted(groups, key=lambda group: group[1] - group[2])[:GROUPS_SHOWN]


def _limited(parts: Sequence[str], of: int) -> str:
    return "、".join(parts) + (f" 等{of}组" if of > len(parts) else "")


def progress_hint(short_name: str) -> str:
    """Say how to see who is missing."""
    return f"看名单请回“未报 {short_name}”，看一家请回“进度 单位”"


def missing_title(campaign: Campaign, now: datetime, name: str) -> str:
    """Open the overview of what is missing."""
    return " ".join(filter(None, ["未报", name, moment_words(campaign, now)]))


def missing_head(duty: str, period: str, missing: int, of: int, kind: str = "") -> str:
    """Open the list of who still owes a duty. kind: the heading under which all of them stand."""
    return f"{duty}{period}：{kind}{missing}/{of}家未报"


def missing_hint(short: str) -> str:
    """Say how to see the names, of one duty or one group."""
    return f"看名单请回“未报 {short}”，只看一组请加单位或类别"


def names_line(names: Sequence[str]) -> str:
    """List a few names below a head."""
    return "  " + "、".join(names)


def counts_line(groups: Sequence[tuple[str, int]]) -> str:
    """Write by group how many are missing; groups without any are left out."""
    some = sorted(
        ((name, n) for name, n in groups if n), key=lambda group: -group[1] if len(groups) > GROUPS_SHOWN else 0
    )
    return "  " + _limited([f"{name}{n}家" for name, n in some[:GROUPS_SHOWN]], len(some))


def group_lines(groups: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Write names by group; a single group needs no heading. Long lists take several lines, where messages may end."""
    some = [(name, found) for name, found in groups if found]
    alone = len(some) == 1 and len(groups) == 1
    lines = []
    for name, found in some:
        rows = ["、".join(found[at : at + NAMES_A_LINE]) for at in range(0, len(found), NAMES_A_LINE)]
        lines += rows if alone else [f"{name}{len(found)}家：{rows[0]}", *rows[1:]]
    return lines


def missing_name(campaign: Campaign, state: DutyState) -> str:
    """Name who is missing; of whom a part is there, say what is wanted still; who was given longer, until when."""
    notes = []
    if state.pledge_missing:
        notes.append("有数，差一句话")
    elif state.begun and state.duty.indicator is not None:
        notes.append(f"还差{amount(campaign, state.duty.indicator, state.need - state.have)}")
    if state.due_at > deadline(campaign, state.duty, state.period):
        notes.append(f"延到{day_words(campaign.local_day(state.due_at))}")
    return f"{state.org.name}（{'，'.join(notes)}）" if notes else state.org.name


def not_begun(campaign: Campaign) -> str:
    """Say that the campaign has not begun."""
    return f"活动{day_words(campaign.first_day)}开始，提前报的数照记："


def nothing_due_yet(campaign: Campaign) -> str:
    """Say that nobody can be missing yet."""
    first = day_words(campaign.first_day)
    return f"活动{first}开始，现在还没有到时间要报的任务，谁也不算未报。提前报的数照记，回“进度”看。"


def names_as_file(count: int, group: str) -> str:
    """Say that the names come as a file."""
    return f"共{grouped(Decimal(count))}行名单，随后发表格文件给您。只看一组可以加上组名，例如“{group}”。"


def names_file_title(campaign: Campaign, now: datetime) -> str:
    """Name the file with the names."""
    return f"未报名单{now.astimezone(campaign.tz):%m%d-%H%M}.csv"


NAMES_HEADER = ("任务", "组别", "单位", "已报", "要求", "截止")


def owed_cells(campaign: Campaign, state: DutyState) -> list[str]:
    """Write what is there, what is wanted, and until when, for a line of the file."""
    return [f"{state.have.normalize():f}", f"{state.need.normalize():f}", moment_words(campaign, state.due_at)]


def nobody_missing(duty: str, excused: int = 0, *, met: bool = True) -> str:
    """Say that nobody owes a duty. excused: how many need not meet it. met: others have."""
    if not met and excused:
        return f"{duty}：没有单位要报（{excused}家免报）"
    return f"{duty}：全部已报" + (f"（另有{excused}家免报）" if excused else "")
