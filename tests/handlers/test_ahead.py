"""Days and moments to come, as people write them, seen from Thursday 20 May 2021, 10:13."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.ahead import find_days, find_moment

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2021, 5, 20, 10, 13, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("5月20日到5月24日", "05-20", "05-24"),
        ("5月20日到24日", "05-20", "05-24"),
        ("5.20-5.24", "05-20", "05-24"),
        ("5/20~5/24", "05-20", "05-24"),
        ("20号到24号", "05-20", "05-24"),
        ("18号到22号", "05-18", "05-22"),
        ("3号到5号", "06-03", "06-05"),
        ("五月二十日至二十四日", "05-20", "05-24"),
        ("2021年5月22日到25日", "05-22", "05-25"),
        ("2021-05-22", "05-22", "05-22"),
        ("明天", "05-21", "05-21"),
        ("大后天", "05-23", "05-23"),
        ("3天", "05-20", "05-22"),
        ("两天", "05-20", "05-21"),
        ("明天起3天", "05-21", "05-23"),
        ("从明天开始请3天", "05-21", "05-23"),
        ("到5月24日", "05-20", "05-24"),
        ("下周", "05-24", "05-30"),
        ("本周", "05-20", "05-23"),
        ("下周三", "05-26", "05-26"),
        ("周三", "05-26", "05-26"),
        ("周五到下周一", "05-21", "05-24"),
        ("因公出差 5月22日", "05-22", "05-22"),
        ("5月10日到5月12日", "05-10", "05-12"),
        ("5月24日到5月20日", "05-24", "05-20"),
        ("3号", "06-03", "06-03"),
        ("21-23号", "05-21", "05-23"),
        ("明天后天", "05-21", "05-22"),
        ("25日、26日", "05-25", "05-26"),
        ("25日、27日", "05-25", "05-25"),
        ("到月底", "05-20", "05-31"),
        ("明天到月底", "05-21", "05-31"),
        ("5月12日13日", "05-12", "05-13"),
        ("5月12、13日", "05-12", "05-13"),
        ("12、13日", "06-12", "06-13"),
        ("22、23日", "05-22", "05-23"),
        ("5月12日、13日", "05-12", "05-13"),
        ("5月12日和5月13日", "05-12", "05-13"),
        ("22-23号", "05-22", "05-23"),
        ("5月12日到5月14日", "05-12", "05-14"),
        ("5月12-14日", "05-12", "05-14"),
        ("五月十二日十三日", "05-12", "05-13"),
        ("5月31日6月1日", "05-31", "06-01"),
        ("5月26日周三", "05-26", "05-26"),
        ("明天5月21日", "05-21", "05-21"),
    ],
)
def test_days_are_read(text: str, first: str, last: str) -> None:
    """Each way of writing days names those; what is over or backwards is told apart by the caller."""
    found = find_days(text, NOW.date())
    assert found is not None
    assert (f"{found.first:%m-%d}", f"{found.last:%m-%d}") == (first, last)


@pytest.mark.parametrize(
    "form", ["{}", "{}全天", "请假 {}", "王芳 {}", "王芳{}请一天", "{}有事", "{}上午", "张三、{}", "{}开会"]
)
@pytest.mark.parametrize("write", ["{0}月{1}日", "{0}月{1}号", "{0}月{1}", "{0}.{1}", "2021年{0}月{1}日", "{2}月{3}日"])
def test_no_number_is_cut_in_two(write: str, form: str) -> None:
    """Every single day of May and June is that day, whatever stands around it."""
    for day in (date(2021, 5, 1) + timedelta(days=n) for n in range(61)):
        text = form.format(write.format(day.month, day.day, _chinese(day.month), _chinese(day.day)))
        found = find_days(text, NOW.date())
        assert found is not None, text
        assert (found.first, found.last) == (day, day), text


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    ten = "" if not tens else "十" if tens == 1 else f"{'一二三'[tens - 1]}十"
    return ten + "零一二三四五六七八九"[ones].strip("零")


def test_days_over_new_year() -> None:
    """A month that is far behind is of the next year."""
    found = find_days("12月30日到1月2日", date(2021, 12, 29))
    assert found is not None
    assert (found.first, found.last) == (date(2021, 12, 30), date(2022, 1, 2))


@pytest.mark.parametrize("text", ["5月32日", "6月31日", "好的", "", "2021-13-01", "手册500册", "0号"])
def test_days_that_are_none(text: str) -> None:
    """No days, or such as the calendar does not have."""
    assert find_days(text, NOW.date()) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明天上午", "05-21 09:10"),
        ("明天", "05-21 09:10"),
        ("明早", "05-21 09:10"),
        ("今晚", "05-20 19:40"),
        ("下午", "05-20 14:40"),
        ("上午", "05-21 09:10"),
        ("下班前", "05-20 17:10"),
        ("过2小时", "05-20 12:13"),
        ("两小时后", "05-20 12:13"),
        ("半小时后", "05-20 10:43"),
        ("过一个半小时", "05-20 11:43"),
        ("30分钟后", "05-20 10:43"),
        ("过两天", "05-22 09:10"),
        ("过一个星期", "05-27 09:10"),
        ("3天后", "05-23 09:10"),
        ("0点", "05-21 00:00"),
        ("晚点", "05-20 12:13"),
        ("一会儿", "05-20 12:13"),
        ("今天", "05-20 12:13"),
        ("周三", "05-26 09:10"),
        ("下周", "05-24 09:10"),
        ("明天9点", "05-21 09:00"),
        ("3点", "05-20 15:00"),
        ("10点", "05-21 10:00"),
        ("今天下午3点", "05-20 15:00"),
        ("明天下午两点半", "05-21 14:30"),
        ("晚上8点半", "05-20 20:30"),
        ("20:30", "05-20 20:30"),
        ("下午4点20分", "05-20 16:20"),
        ("今天9点", "05-20 09:00"),
        ("5月22日上午", "05-22 09:10"),
    ],
)
def test_moments_are_read(text: str, expected: str) -> None:
    """Each way of naming a moment means that one, with and without words around."""
    for written in (text, f"{text}再提醒我", f"好的，{text}提醒"):
        found = find_moment(written, NOW, ZONE)
        assert found is not None
        assert f"{found.at.astimezone(ZONE):%m-%d %H:%M}" == expected, written


@pytest.mark.parametrize("text", ["25点提醒", "5月32日提醒", "提醒我", "", "8点70分提醒"])
def test_moments_that_are_none(text: str) -> None:
    """No moment, or one that no day has."""
    assert find_moment(text, NOW, ZONE) is None
