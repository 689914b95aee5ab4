"""Days and moments to come, as people write them: 5月20日到24日, 明天, 下周三, 3天, 明天上午9点. Pure.

The reader of reports (handlers/reading/dates.py) looks back, this looks ahead. Used by 请假 and by reminders put off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

ONE_DAY = timedelta(days=1)
_DIGITS = "零一二三四五六七八九"
_WEEKDAYS = "一二三四五六日"
_NUMBER = (  # a whole one: 5月12日 is not 5月1 and 2日
    r"(?:(?<!\d)\d{1,2}(?!\d)|(?<![一二三四五六七八九])十[一二三四五六七八九]?(?![一二三四五六七八九])"
    r"|[一二三四五六七八九]十[一二三四五六七八九]?(?![一二三四五六七八九])|(?<!十)[一二两三四五六七八九](?!十))"
)
DAY = (
    rf"(?:(?:\d{{4}}年)?{_NUMBER}月{_NUMBER}[日号]?|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|(?<!\d)\d{{1,2}}[./]\d{{1,2}}(?![\d万])"
    rf"|{_NUMBER}[日号]|(?:本|这个)?月[底末]|大后天|后天|明天|明日|明早|今天|今日|今晚|(?:下个?|这|本)?(?:周|星期|礼拜)[一二三四五六日天])"
)
_TO = r"\s*(?:到|至|-|~|—+|–)\s*"
_SPAN = re.compile(rf"(?:从|自)?(?P<first>{DAY}){_TO}(?P<last>{DAY})")
_BARE = re.compile(rf"(?:从|自)?(?P<first>{_NUMBER}){_TO}(?P<last>{_NUMBER}[日号])")  # 21-23号
_PAIR = re.compile(rf"(?P<first>{DAY})\s*[、,，和跟及]?\s*(?P<last>{DAY})")  # 明天后天
_BARE_PAIR = re.compile(rf"(?P<first>{_NUMBER})\s*[、,，和跟及]\s*(?P<last>{_NUMBER}[日号])")  # 12、13日
_FROM = re.compile(rf"(?:从|自)?(?P<first>{DAY})(?:起|开始|算起)?[,，\s]*(?:请|休|共)?(?P<count>{_NUMBER})天")
_COUNT = re.compile(rf"(?P<count>{_NUMBER})天(?!后|内|前)")
_UNTIL = re.compile(rf"(?:到|至)\s*(?P<last>{DAY})")
_WEEK = re.compile(r"(?P<which>下个?|这|本)(?:周|星期|礼拜)(?![一二三四五六日天末])")
_ONE = re.compile(rf"(?P<first>{DAY})")


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of days that a text names, and what else stands in the text."""

    first: date
    last: date
    rest: str


def find_days(text: str, today: date) -> Days | None:
    """Find the days that a text names, seen from today; None when it names none, or one that does not exist.

    A month and day without a year are the nearest such days: those of the past half year are of the past. A bare day
    of the month that is over is of the next month. 3天 begins today, 到5月24日 as well.
    """
    for pattern in (_SPAN, _BARE, _FROM, _UNTIL, _COUNT, _WEEK, _PAIR, _BARE_PAIR, _ONE):
        found = pattern.search(text)
        if found is not None:
            named = _days(found.groupdict(), today)
            if pattern in (_PAIR, _BARE_PAIR) and (named is None or named[1] - named[0] not in (ONE_DAY, timedelta(0))):
                continue  # 25日、27日: two stretches; 5月26日周三: one day
            rest = f"{text[: found.start()]} {text[found.end() :]}"
            return None if named is None else Days(*named, " ".join(rest.split()))
    return None


def _days(named: dict[str, str], today: date) -> tuple[date, date] | None:
    if "which" in named:
        monday = today - today.weekday() * ONE_DAY + (7 * ONE_DAY if named["which"].startswith("下") else timedelta(0))
        return max(monday, today), monday + 6 * ONE_DAY
    first = day_ahead(named["first"], today) if "first" in named else today
    if first is None:
        return None
    if "count" in named:
        return first, first + (number(named["count"]) - 1) * ONE_DAY
    if "last" not in named:
        return first, first
    if _begun(named, today):
        first = first.replace(year=today.year, month=today.month)
    last = day_ahead(named["last"], today, since=first)
    if last is None:
        return None
    return first, last


def _begun(named: dict[str, str], today: date) -> bool:
    """Tell whether a stretch of bare days has begun: 18号到22号 on the 20th."""
    ends = [re.fullmatch(rf"({_NUMBER})[日号]?", named.get(end, "")) for end in ("first", "last")]
    return ends[0] is not None and ends[1] is not None and number(ends[0][1]) < today.day <= number(ends[1][1])


def day_ahead(written: str, today: date, since: date | None = None) -> date | None:
    """Return the day that is meant; None for one that does not exist. since: it ends a stretch that begins there."""
    if written[-1] in "底末":
        return ((since or today).replace(day=1) + 32 * ONE_DAY).replace(day=1) - ONE_DAY
    near = {"今": 0, "明": 1, "后": 2, "大": 3}
    if written[:1] in near and not re.search(r"\d", written):
        return today + near[written[0]] * ONE_DAY
    weekday = re.search(r"(?:周|星期|礼拜)([一二三四五六日天])$", written)
    if weekday:
        start = since or today
        day = start - start.weekday() * ONE_DAY + _WEEKDAYS.index(weekday[1].replace("天", "日")) * ONE_DAY
        if written.startswith("下"):
            return day + 7 * ONE_DAY if since is None else day if day >= start else day + 7 * ONE_DAY
        return day if day >= start or written[0] in "这本" else day + 7 * ONE_DAY
    numbers = [number(each) for each in re.findall(_NUMBER if not re.search(r"\d{4}", written) else r"\d+", written)]
    return _calendar(numbers, today, since)


def _calendar(numbers: list[int], today: date, since: date | None) -> date | None:
    try:
        if len(numbers) == 3:
            return date(*numbers)
        if len(numbers) == 2:
            day = date(today.year, *numbers)
            half = timedelta(days=183)
            if since is None and day < today - half:
                return date(today.year + 1, *numbers)
            return day if since is None or day >= since or since - day < half else date(since.year + 1, *numbers)
        base = since or today
        if numbers[0] < base.day:
            base = (base.replace(day=1) + 32 * ONE_DAY).replace(day=1)
        return base.replace(day=numbers[0])
    except ValueError:
        return None


def number(written: str) -> int:
    """Read 12, 十二, 二十, 两."""
    if written.isdecimal():
        return int(written)
    tens, ten, ones = written.replace("两", "二").rpartition("十")
    if not ten:
        return _DIGITS.index(ones)
    return (_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that a text names, and what else stands in the text."""

    at: datetime
    rest: str


PARTS = {  # what people mean by a part of the day; off the full and the half hour (decided by us 2026-11-24)
    "凌晨": time(6, 10),
    "早上": time(9, 10),
    "早": time(9, 10),
    "上午": time(9, 10),
    "上班": time(9, 10),
    "中午": time(12, 10),
    "下午": time(14, 40),
    "傍晚": time(17, 10),
    "下班前": time(17, 10),
    "晚上": time(19, 40),
    "晚": time(19, 40),
}
LAST_PM = 8  # o'clock: a bare 8点 may be the evening's, 9点 is the next morning's (decided by us 2026-11-24)
SOME_TIME = timedelta(hours=2)  # 晚点 (decided by us 2026-11-24)
_PART = "凌晨|早上|上午|中午|下午|傍晚|下班前|晚上|上班后?"
_WAIT = re.compile(
    rf"(?:再?过|等)?(?P<half>半)个?(?:小时|钟头)(?:后|以后|之后)?"
    rf"|(?:再?过|等)?(?P<hours>{_NUMBER})个?(?P<more>半)?(?:小时|钟头)(?:后|以后|之后)?"
    rf"|(?:再?过|等)?(?P<minutes>\d{{1,3}}|{_NUMBER})分钟(?:后|以后|之后)?"
    rf"|再?过(?P<days>{_NUMBER})天(?:后|以后|之后)?|(?P<after>{_NUMBER})天(?:后|以后|之后)"
    rf"|再?过(?P<weeks>{_NUMBER})个?(?:周|星期|礼拜)(?:后|以后|之后)?"
)
_LATER = re.compile(r"晚一?点儿?|晚些|待会儿?|等会儿?|过会儿?|一会儿?|稍后|稍晚|迟点")
_CLOCK = rf"(?:(?P<hour>{_NUMBER})(?:点|时)(?:(?P<half_past>半)|(?P<minute>{_NUMBER})分?)?|(?P<hm>\d{{1,2}}:\d{{2}}))"
_AT = re.compile(
    rf"(?P<day>{DAY}|下个?(?:周|星期))?\s*(?P<part>{_PART})?\s*(?:{_CLOCK})?(?:钟|整|左右|前后|以后|之后|后)?"
)


def find_moment(text: str, now: datetime, zone: tzinfo) -> Moment | None:
    """Find the moment to come that a text names; None when it names none, or one that does not exist.

    明天 is its morning, 下午 the next afternoon to come, 3点 the next such hour of the working day, 晚点 in two hours.
    A named day and hour may lie in the past: the caller says so.
    """
    waited = _WAIT.search(text)
    if waited is not None:
        rest = text[: waited.start()] + text[waited.end() :]
        days = waited["days"] or waited["after"] or waited["weeks"]
        if days:
            day = now.astimezone(zone).date() + number(days) * ONE_DAY * (7 if waited["weeks"] else 1)
            return Moment(datetime.combine(day, PARTS["上午"], tzinfo=zone), rest)
        return Moment(now + _length(waited), rest)
    later = _LATER.search(text)
    if later is not None:
        return Moment(now + SOME_TIME, text[: later.start()] + text[later.end() :])
    local = now.astimezone(zone)
    for found in _AT.finditer(text):
        if found["day"] or found["part"] or found["hour"] or found["hm"]:
            at = _at(found, local)
            rest = text[: found.start()] + text[found.end() :]
            return None if at is None else Moment(at, rest)
    return None


def _length(waited: re.Match[str]) -> timedelta:
    if waited["half"]:
        return timedelta(minutes=30)
    if waited["hours"]:
        return timedelta(hours=number(waited["hours"]), minutes=30 if waited["more"] else 0)
    return timedelta(minutes=int(waited["minutes"]) if waited["minutes"].isdecimal() else number(waited["minutes"]))


def _at(found: re.Match[str], local: datetime) -> datetime | None:
    written = found["day"] or ""
    today = local.date()
    day: date | None = today
    if re.fullmatch(r"下个?(?:周|星期)", written):
        day = today + (7 - today.weekday()) * ONE_DAY
    elif written:
        day = day_ahead(written, today)
    part = (found["part"] or ("早上" if written == "明早" else "晚上" if written == "今晚" else "")).removesuffix("后")
    at = _time(found, part)
    if day is None or at is None:
        return None
    if not written:
        moment = datetime.combine(today, at, tzinfo=local.tzinfo)
        if moment <= local and not part and 0 < at.hour < LAST_PM:  # 3点, past in the morning: in the afternoon
            moment += timedelta(hours=12)
        return moment if moment > local else moment + ONE_DAY
    if written in ("今天", "今日") and not part and not (found["hour"] or found["hm"]):
        return local + SOME_TIME
    return datetime.combine(day, at, tzinfo=local.tzinfo)


def _time(found: re.Match[str], part: str) -> time | None:
    """Return the time of day that is meant; None for one that does not exist."""
    if not found["hour"] and not found["hm"]:
        return PARTS.get(part, PARTS["上午"])
    hour, minute = (int(each) for each in found["hm"].split(":")) if found["hm"] else (number(found["hour"]), 0)
    if found["half_past"]:
        minute = 30
    elif found["minute"]:
        minute = number(found["minute"])
    if part in ("下午", "傍晚", "晚上", "下班前") and hour < 12:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None
