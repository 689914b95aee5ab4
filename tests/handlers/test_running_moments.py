"""Days and times to come, as admins write them behind 延期, 暂停 and 改规则."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from handlers.running.moments import When, read_when

TODAY = date(2021, 5, 20)  # a Thursday
JUNE_2 = date(2021, 6, 2)

CASES = [
    ("总结 到 6月2日", When("总结", JUNE_2)),
    ("总结 6月2日 18:00", When("总结", JUNE_2, time(18))),
    ("总结延到6月2日下午6点", When("总结", JUNE_2, time(18))),
    ("总结 长沙市公安局 到 6.2", When("总结 长沙市公安局", JUNE_2)),
    ("总结 到 6/2 前", When("总结", JUNE_2)),
    ("总结 推迟到 六月二日", When("总结", JUNE_2)),
    ("总结 2021-06-02 9点半", When("总结", JUNE_2, time(9, 30))),
    ("总结 到 6月2日24:00", When("总结", JUNE_2, time(23, 59))),
    ("总结 到 6月2日中午12点", When("总结", JUNE_2, time(12))),
    ("总结 到 2号", When("总结", JUNE_2)),
    ("总结 到 25号", When("总结", date(2021, 5, 25))),
    ("总结 到 十二日", When("总结", date(2021, 6, 12))),
    ("总结 明天", When("总结", date(2021, 5, 21))),
    ("总结 到 大后天", When("总结", date(2021, 5, 23))),
    ("总结 到 周三", When("总结", date(2021, 5, 26))),
    ("总结 到 本周日", When("总结", date(2021, 5, 23))),
    ("短信 本周 到 下周二 12点", When("短信 本周", date(2021, 5, 25), time(12))),
    ("短信 上周 到 星期五", When("短信 上周", date(2021, 5, 21))),
    ("总结 3天", When("总结", length=timedelta(days=3))),
    ("总结 24小时", When("总结", length=timedelta(hours=24))),
    ("提醒 两个小时", When("提醒", length=timedelta(hours=2))),
    ("总结 到月底", When("总结", date(2021, 5, 31))),
    ("总结 到 本月底 12点", When("总结", date(2021, 5, 31), time(12))),
    ("总结 再延两周", When("总结", length=timedelta(days=14))),
    ("总结 延长十天", When("总结", length=timedelta(days=10))),
    ("新闻发布会至少1场 到 6月2日", When("新闻发布会至少1场", JUNE_2)),
    ("总结 到 1月5日", When("总结", date(2021, 1, 5))),  # this year's: past, and refused as such
    ("总结 到 12:30", When("总结", at=time(12, 30))),
    ("总结", When("总结")),
    ("总结 0天", When("总结", wrong="0天")),
    ("总结 十十天", When("总结", wrong="十十天")),
    ("总结 到 十十日", When("总结", wrong="十十日")),
    ("", When("")),
    ("到 6月2日", When("", JUNE_2)),
    ("总结 到 2月30日", When("总结", wrong="2月30日")),
    ("总结 到 13月1日", When("总结", wrong="13月1日")),
    ("总结 到 31号", When("总结", date(2021, 5, 31))),
    ("总结 到 6月2日 25:00", When("总结", wrong="6月2日 25:00")),
    ("总结 到 8:75", When("总结", wrong="8:75")),
    ("总结 到 四十五号", When("总结", wrong="四十五号")),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[f"case{number}" for number in range(len(CASES))])
def test_what_stands_at_the_end_is_read(text: str, expected: When) -> None:
    """A day, a time, a length, or none; what stands before it; and what does not exist."""
    assert read_when(text, TODAY) == expected, text


def test_a_day_that_this_month_does_not_have() -> None:
    """The 31st, said in June, does not exist; 31 December, said in January, is of the year to come."""
    assert read_when("总结 到 31号", date(2021, 6, 10)).wrong == "31号"
    assert read_when("总结 到 1月5日", date(2021, 12, 20)).day == date(2022, 1, 5)
