"""What a rehearsal says about the month: its days, what fires on them, why a day was moved, and to whom it goes.

Pure. Used by `rehearse` in all its forms, and by the calendar of the demo page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from models.campaign.definition import Campaign, Shift
from models.campaign.periods import deadline
from models.campaign.workdays import Workdays, legal_year
from models.outbox import Status
from models.phrases import day
from schedules.rules import Firing

BECAME = (  # what a calendar counts, in this order
    ("已发", (Status.SENT,)),
    ("待发", (Status.WAITING, Status.SENDING)),
    ("取消", (Status.CANCELLED,)),
    ("没发成", (Status.FAILED, Status.UNCERTAIN, Status.EXPIRED)),
)
WHOLE_TEXT = "看某个单位收到的全文，加 --org 单位名"
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
SATURDAY = 5  # date.weekday()
NOBODY = "没有要告诉的人"
NOTHING = "这几天没有要发的。"
FROM_FILES = "单位和人员取自名册文件。"
FROM_DATABASE = "单位、人员和管理员的改动取自数据库。"
HELD = "夜间不打扰或当天已到条数上限，留到这天"
STILL_WAITS = "还没有人审定，再提醒一次"
OTHER_RULES = {"missed": "没有补发的提醒"}  # what stands in for a rule's key
NAMED = 12  # orgs that a line names


def weekday(on: date) -> str:
    """Write the weekday of a date."""
    return WEEKDAYS[on.weekday()]


def mark(campaign: Campaign, on: date) -> str:
    """Mark a day that is not as every week's: 休 for a holiday, 班 for a weekend on which people work; else empty."""
    weekend = on.weekday() >= SATURDAY
    if not rests(campaign, on):
        return "班" if weekend else ""
    year = legal_year(on.year)
    holiday = on in campaign.rest_days or (year.published and on in year.rest)
    return "休" if holiday or not weekend else ""


def rests(campaign: Campaign, on: date) -> bool:
    """Tell whether people do not work on a day."""
    return not Workdays(campaign).is_workday(on)


def rest_reason(campaign: Campaign, on: date) -> str:
    """Say why people do not work on a day."""
    if on in campaign.rest_days:
        return "活动文件定为休息"
    year = legal_year(on.year)
    return "法定放假" if year.published and on in year.rest and on.weekday() < SATURDAY else f"{weekday(on)}休息"


def day_head(campaign: Campaign, on: date) -> str:
    """Head the part of one day: 5月21日 周五."""
    marked = mark(campaign, on)
    return f"{day(on)} {weekday(on)}{f'（{marked}）' if marked else ''}"


def lead(campaign: Campaign, firing: Firing) -> str:
    """Say which firing of its rule it is where the rule has several: 提前3天, 当天; else empty."""
    counted = _counted(campaign, firing)
    if counted is None:
        return ""
    return f"提前{counted[0]}天" if counted[0] else "截止当天"


def _counted(campaign: Campaign, firing: Firing) -> tuple[int, date] | None:
    """Return how many days before the deadline a firing was planned, and on which day; None when it is before none.

    An org's own deadline is one too. Of two deadlines that a firing is before, the earlier is that of most orgs.
    """
    if not firing.rule.before or firing.period is None or firing.duty is None:
        return None
    dues = firing.dues or {deadline(campaign, campaign.duties[firing.duty], firing.period)}
    due_days = [campaign.local_day(due) for due in sorted(dues)]
    found = [((due - planned).days, planned) for due in due_days for planned in (firing.planned_on, firing.day)]
    return next((each for each in found if each[0] in firing.rule.before.days), found[0])


def title(campaign: Campaign, firing: Firing) -> str:
    """Name a firing: 总结到期前提醒（提前3天）."""
    which = lead(campaign, firing)
    return f"{firing.rule.name}（{which}）" if which else firing.rule.name


def moved(campaign: Campaign, firing: Firing) -> str:
    """Say why a firing stands on another day than planned; empty when it stands where it was planned."""
    counted = _counted(campaign, firing)
    planned = counted[1] if counted else firing.planned_on
    if firing.day == planned:
        return ""
    way = "提前到" if firing.day < planned else "推后到"
    turned = "，不越过截止日" if firing.day < planned and firing.rule.shift is Shift.LATER else ""
    return f"原定{day(planned)}，{rest_reason(campaign, planned)}{turned}，{way}{weekday(firing.day)}"


def recipients(orgs: Sequence[str], people: Sequence[str]) -> str:
    """Count who is told: 32家36人. orgs, people: each once; a single person is named."""
    if not people:
        return f"群：{'、'.join(orgs)}"
    if len(people) == 1:
        return f"{orgs[0]} {people[0]}"
    return f"{orgs[0]}{len(people)}人" if len(orgs) == 1 else f"{len(orgs)}家{len(people)}人"


def named(orgs: Sequence[str]) -> str:
    """Name orgs, the first dozen."""
    return "、".join(orgs) if len(orgs) <= NAMED else f"{'、'.join(orgs[:NAMED])}等{len(orgs)}家"


def carried(count: int) -> str:
    """Say that others carry what a firing has to say."""
    return f"与同一时刻的提醒合成一条，涉及{count}条"


def other_texts(count: int) -> str:
    """Say that not all recipients read the text that is shown."""
    return f"另有{count}种写法：单位名或所欠的项目不同"


def became(counts: Mapping[Status, int]) -> str:
    """Say what became of notices: 已发12，取消1. Empty when there are none."""
    found = {label: sum(counts.get(status, 0) for status in statuses) for label, statuses in BECAME}
    return "，".join(f"{label}{count}" for label, count in found.items() if count)


def skipped(reason: str) -> str:
    """Say that a firing was left out, and why."""
    return f"跳过：{reason}" if reason else "跳过"


def same_text(on: date) -> str:
    """Point to a text that was shown before."""
    return f"（内容同{day(on)}）"


def picture(name: str) -> str:
    """Stand for a picture."""
    return f"[图片：{name}]"


def file(name: str) -> str:
    """Stand for a file."""
    return f"[文件：{name}]"


def head(campaign: Campaign, first: date, last: date, *, share: float, orgs: int, people: int, count: int) -> list[str]:
    """Head a page: the campaign, the days, what is assumed, how much there is. share: of the orgs, that report."""
    reached = f"涉及{orgs}家单位{people}人；发给群的也在内" if orgs > 1 else f"发给{people}人"
    return [
        f"{campaign.short_name} 预演 {first.year}年{day(first)}至{day(last)}",
        f"假设{_assumed(share)}。共{count}条，{reached}。",
    ]


def _assumed(share: float) -> str:
    if not share:
        return "没有一家单位报送"
    return f"{share:.0%}的单位按时报齐，其余不报" if share < 1 else "所有单位都按时报齐"


def calendar_name(campaign: Campaign) -> str:
    """Name the calendar of a month."""
    return f"{campaign.short_name} 预演"


def dropped(count: int) -> str:
    """Say how many notices were written and lost their sense before they could leave."""
    return f"另有{count}条写好以后已不需要，不会发出。"
