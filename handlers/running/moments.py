"""Days and times to come, as people write them behind 延期, 暂停, 改规则: 6月2日 18:00, 明天, 下周三, 3天. Pure.

The reader's dates (handlers/reading/dates.py) look back, since reports are about what was done; these look ahead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

_N = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_DAY = re.compile(
    rf"(?:(?P<year>20\d\d)[年\-./])?(?P<month>{_N})(?:月|[-./])(?P<day>{_N})[日号]?(?![\d:])"
    rf"|(?P<only>{_N})[日号]"
    r"|(?P<word>今天|今日|明天|明日|后天|大后天|本?月底|本?月末)"
    r"|(?P<which>本|这个|这|下个|下)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])"
)
_TIME = re.compile(
    rf"(?P<half>凌晨|早上|上午|中午|下午|晚上|晚)?\s*(?:(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})"
    rf"|(?P<oclock>{_N})[点时](?:(?P<thirty>半)|(?P<past>{_N})分?|整|钟)?)"
)
_LENGTH = re.compile(rf"(?P<count>{_N}|两)个?(?P<unit>天|周|星期|礼拜|小时|钟头)(?![一二三四五六日天])")
_LINKS = re.compile(
    r"(?:\s|到|至|为止|为|延长|延期|延|推迟|顺延|改|再|之前|以前|前|截止|结束)+$"
)  # between what and when
_WORDS = {"今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2, "大后天": 3}
_UNITS = {"天": timedelta(days=1), "小时": timedelta(hours=1), "钟头": timedelta(hours=1)}  # any other: a week
_FAR_BACK = timedelta(days=180)  # a month and day longer ago than this means the next year's


@dataclass(frozen=True, slots=True)
class When:
    """What was found at the end of a command."""

    head: str  # what stands before it
    day: date | None = None
    at: time | None = None
    length: timedelta | None = None  # 3天, 一周: counted from where it stands now
    wrong: str = ""  # a day or time as written that does not exist: 2月30日, 25:00


def read_when(text: str, today: date) -> When:
    """Find the day and time that a text ends with. text: tidied; today: in the campaign's zone."""
    length = _last(_LENGTH, text)
    clock = _last(_TIME, text)
    rest = _cut(text, clock)
    day = _last(_DAY, rest)
    if day is None and clock is None and length is not None:
        head = unlinked(_cut(text, length))
        try:
            span = number(length["count"]) * _UNITS.get(length["unit"], timedelta(days=7))
        except ValueError:
            return When(head, wrong=length[0])
        return When(head, length=span) if span else When(head, wrong=length[0])
    rest = _cut(rest, day)
    try:
        on = _day(day, today) if day else None
        at = read_time(clock) if clock else None
    except ValueError:
        return When(unlinked(rest), wrong=" ".join(found[0].strip() for found in (day, clock) if found))
    return When(unlinked(rest), on, at)


def find_time(text: str) -> re.Match[str] | None:
    """Return where the last time of day stands in a text."""
    return _last(_TIME, text)


def read_time(found: re.Match[str]) -> time:
    """Return a time of day; 24:00 is the last minute. Raises ValueError for one that does not exist."""
    if found["hour"]:
        hour, minute = int(found["hour"]), int(found["minute"])
    else:
        hour = number(found["oclock"])
        minute = 30 if found["thirty"] else number(found["past"]) if found["past"] else 0
    if found["half"] in ("下午", "晚上", "晚") and hour < 12:
        hour += 12
    if (hour, minute) == (24, 0):
        return time(23, 59)
    return time(hour, minute)


def _day(found: re.Match[str], today: date) -> date:
    if found["word"] in ("月底", "月末", "本月底", "本月末"):
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if found["word"]:
        return today + timedelta(days=_WORDS[found["word"]])
    if found["weekday"]:
        monday = today - timedelta(days=today.weekday())
        on = monday + timedelta(days="一二三四五六日".index(found["weekday"].replace("天", "日")))
        if found["which"] in ("下", "下个") or (found["which"] is None and on < today):
            on += timedelta(days=7)
        return on
    if found["only"]:
        wanted = number(found["only"])
        first = today if wanted >= today.day else (today.replace(day=1) + timedelta(days=32))
        return first.replace(day=wanted)
    month, day = number(found["month"]), number(found["day"])
    if found["year"]:
        return date(int(found["year"]), month, day)
    on = date(today.year, month, day)
    return on if on > today - _FAR_BACK else date(today.year + 1, month, day)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(iter([*pattern.finditer(text)][::-1]), None)


def _cut(text: str, found: re.Match[str] | None) -> str:
    return text if found is None else f"{text[: found.start()]} {text[found.end() :]}"


def unlinked(text: str) -> str:
    """Return the words before a day without what links them to it: 总结 延到."""
    return " ".join(_LINKS.sub("", text).split())


def number(written: str) -> int:
    """Return a small whole number, in digits or in words: 12, 两, 二十一. Raises ValueError for no number: 十十."""
    if written.isdigit():
        return int(written)
    if written == "两":
        return 2
    tens, ten, ones = written.rpartition("十")
    if not ten:
        return "零一二三四五六七八九".index(written)
    return ("零一二三四五六七八九".index(tens) if tens else 1) * 10 + "零一二三四五六七八九".index(ones or "零")
