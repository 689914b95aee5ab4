"""Dates and times of day as people write them: found in the text, and resolved to days.

find() says where a date or a time stands (so that its digits are no figures); resolve() turns a date into inclusive
days, given
today. Knows nothing of indicators. Called by tokens.py and reader.py.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.reading.numerals import scan

_N = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
# what makes a number before 号 the name of a thing: 5号楼, 12号社区
_NAMED = "人|文|令|楼|院|社区|小区|学校|村|线|桌|库|会议|公告|通知|门|机|台|车|店|柜|窗"
_DAY = rf"(?:\d{{4}}年|今年)?(?:{_N}月{_N}[日号]?|{_N}[日号](?!{_NAMED}))"
_NOT_ONE = r"一[条张份本册场块起篇遍个次家户][^,;。\n]{0,4}?没"  # 这周一条没发: none this week, not a Monday
_SPAN = r"(?:日|号)?\s?(?:至|到|-|~|—)\s?"
_PATTERN = re.compile(
    rf"""
    (?=[\d一二三四五六七八九十两今昨前大当本这上下中早晚凌每周星近日半全])  # a cheap look before the costly branches
    (?:(?P<clock>\d{{1,2}}(?::\d{{2}}){{1,2}}|(?:上午|下午|晚上|早上|中午|凌晨|每天|每晚)?(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})(?:点(?!击|赞|评|位|多|对)(?:半|钟|整|\d{{1,2}}分|多钟)?|时(?!间|代|候|长|期|刻|段|左|许|分)))
    |(?P<span>{_DAY}{_SPAN}{_DAY}|(?:\d{{4}}年)?{_N}月{_N}{_SPAN}{_N}[日号]|\d{{1,2}}[./]\d{{1,2}}\s?(?:至|到|-|~)\s?\d{{1,2}}[./]\d{{1,2}}(?![\d.万千亿]))
    |(?P<day>{_DAY}(?!以上))
    |(?P<month>(?:\d{{4}}年|今年)?{_N}月份?(?![间])(?:[上中下]旬|初|底)?)
    |(?P<iso>(?<!\d)\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?!\d))
    |(?P<slash>(?<![\d/.])\d{{1,2}}/\d{{1,2}}(?![\d/]))
    |(?P<dot>(?<![\d.])(?:1[0-2]|0?[1-9])\.(?:[12]\d|3[01]|0?[1-9])(?![\d.]))
    |(?P<year>(?<!\d)(?:19|20)\d{{2}}年(?:底|末|初|度|全年|上半年|下半年)?|[一二]零[零一二三四五六七八九]{{2}}年)
    |(?P<rel>大前天|前天|昨天|昨日|昨晚|今天|今日|今早|今晚|今儿|当晚|(?:本周|这周)(?!{_NOT_ONE})[一二三四五六日天](?!期)|本周|这周|这个星期|本星期|这一周|上周[一二三四五六日天末]?|上星期[一二三四五六日天]?|上个星期|(?:本周|这周|周|星期)[一二三四五六日天](?!期)|本月|这个月|本旬|上旬|中旬|下旬|(?:\d{{1,2}}|[一两二三四五六七八九十]{{1,3}})天前|前两天|前几天|这两天|这几天|近日|日前|近期|半个月来|半月来|一周来|[一两二三四五六七八九十]天来|[一两二三四五六七八九十]个?(?:周|星期|月)来|一周|全天))
    """,
    re.VERBOSE,
)
_DOT_FOLLOWS = re.compile(r"\s|$|[,;:、。)\]]|日|号")
VAGUE_DAYS = frozenset(("近日", "日前", "近期", "全天", "一周", "今", "当晚", "本旬"))
_DEFINITE = ("span", "day", "month", "iso", "slash", "dot")  # kinds that name days of the calendar
_THIRDS = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31)}


@dataclass(slots=True)
class When:
    """A date or a time of day in the text. kind is the group of the pattern that matched."""

    start: int
    end: int
    kind: str
    text: str

    def is_none(self, today: date) -> bool:
        """Whether it names a day that the calendar does not have: 2月30日."""
        return self.kind in _DEFINITE and resolve(self.text, today) is None


def find(text: str) -> list[When]:
    """Return dates and times in order. A dotted date (5.12) counts only where a line or clause begins and no measure
    follows.
    """
    found = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "dot" and not _is_dotted_date(text, match):
            continue
        if kind == "slash" and not _possible(*map(int, match[0].split("/"))):
            continue
        found.append(When(match.start(), match.end(), kind, match[0]))
    return found


def _is_dotted_date(text: str, match: re.Match[str]) -> bool:
    before = text[: match.start()].rstrip(" ")[-1:]
    if text[match.end() : match.end() + 1] == "\n" and text[match.start() - 1 : match.start()] == " ":
        return not any(char.isdigit() for char in text[: match.start()].rpartition("\n")[2])  # 总工会 5.19
    begins = before in ("", "\n", "\t", ",", ";", "。", "(", "[", "\x01", ")", "]")
    after = text[match.end() : match.end() + 1]
    if before == "\t":  # a table cell: 11.6 is more often a figure there
        return text[: match.start()].rpartition("\n")[2].strip() == ""
    return (
        begins
        and after not in ("万", "千", "亿", "百", "元", "%", "W", "K")
        and (bool(_DOT_FOLLOWS.match(after)) or "\u4e00" <= after <= "\u9fff")
    )


def _possible(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def resolve(written: str, today: date | None) -> tuple[date, date] | None:
    """Return the inclusive days that a written date means, seen from today; None when it names no definite days.

    A month and day without a year means the one nearest before or on today, unless it is at most 60 days ahead: then
    that one,
    so that a date in the future is seen as such. Decided by us 2026-11-24.
    """
    if today is None:
        return None
    relative = _relative(written, today)
    if relative is not None:
        return relative
    ends = [_absolute(piece, today) for piece in re.split(r"至|到|~|—|(?<=[日号\d])-(?=\d+[./月日])", written) if piece]
    if not ends or ends[0] is None:
        return None
    first = ends[0]
    if len(ends) == 1:
        return first
    last = ends[1] or _same_month(written, first[0])
    return (first[0], last[1]) if last is not None and last[1] >= first[0] else None


def _same_month(written: str, first: date) -> tuple[date, date] | None:
    match = re.search(r"(\d{1,2})[日号]?$", written)
    return _day(first.year, first.month, int(match[1])) if match else None


def _relative(written: str, today: date) -> tuple[date, date] | None:
    back = {"今": 0, "昨": 1, "前天": 2, "大前天": 3, "当": 0}
    for word, days in back.items():
        if written.startswith(word) and written not in ("今年",) and "月" not in written:
            return (today - timedelta(days),) * 2
    ago = re.match(r"(\d+|[一两二三四五六七八九十]+)天前$|前([两几])天$", written)
    if ago:
        first = scan(ago[1])[0].value if ago[1] else 2
        last = first if ago[1] else 1
        return (today - timedelta(int(first or 0)), today - timedelta(int(last or 0)))
    monday = today - timedelta(today.weekday())
    weekday = re.search(r"[周期]([一二三四五六日天])$", written)
    if written.startswith(("上周", "上星期", "上个星期")):
        monday -= timedelta(7)
    elif not written.startswith(("本周", "这周", "本星期", "这个星期", "这一周")) and not weekday:
        return _relative_month(written, today)
    if weekday:
        day = monday + timedelta("一二三四五六日".find(weekday[1].replace("天", "日")))
        return day, day
    return monday, monday + timedelta(6)


def _relative_month(written: str, today: date) -> tuple[date, date] | None:
    if written in _THIRDS:
        return _third(today.year, today.month, written)
    if written.startswith(("本月", "这个月")):
        return today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])
    return None


def _absolute(piece: str, today: date) -> tuple[date, date] | None:
    numbers = [int(n.value) for n in scan(piece) if n.value is not None and n.value == int(n.value)]
    numbers = [int(n) for n in re.findall(r"\d+", piece)] or numbers
    if ("年" in piece and numbers and numbers[0] > 1900) or len(numbers) == 3:
        year, *numbers = numbers
    else:
        year = 0
    if len(numbers) == 2 and _possible(*numbers):
        return _day(year, numbers[0], numbers[1]) if year else _nearest(numbers[0], numbers[1], today)
    if len(numbers) == 1 and "月" in piece and 1 <= numbers[0] <= 12:
        if piece[-2:] in _THIRDS:
            return _third(year or today.year, numbers[0], piece[-2:])
        return _whole_month(year, numbers[0], today)
    if len(numbers) == 1 and 1 <= numbers[0] <= 31 and re.search(r"[日号]$", piece):
        return _day(today.year, today.month, numbers[0])
    return None


def _whole_month(year: int, month: int, today: date) -> tuple[date, date]:
    year = year or today.year
    first = date(year, month, 1)
    return first, first.replace(day=monthrange(year, month)[1])


def _third(year: int, month: int, which: str) -> tuple[date, date]:
    first, last = _THIRDS[which]
    return date(year, month, first), date(year, month, min(last, monthrange(year, month)[1]))


def _day(year: int, month: int, day: int) -> tuple[date, date] | None:
    try:
        return (date(year, month, day),) * 2
    except ValueError:
        return None


def _nearest(month: int, day: int, today: date) -> tuple[date, date] | None:
    this_year = _day(today.year, month, day)
    if this_year is None or this_year[0] <= today + timedelta(60):
        return this_year
    return _day(today.year - 1, month, day)
