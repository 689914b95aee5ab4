"""Single stages and single promises: spans, days, corrections, orgs, explanations, questions, hostile input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from types import FrameType

import pytest

from handlers.reading.contract import to_contract_json
from handlers.reading.dates import resolve
from handlers.reading.explain import explain
from handlers.reading.normalise import normalise
from handlers.reading.questions import question
from handlers.reading.reader import LONGEST, Reader
from handlers.reading.values import DoubtKind, Verdict

WEDNESDAY = date(2021, 5, 19)


def test_spans_point_into_the_original_text(reader: Reader) -> None:
    """Full width, traditional characters, emoji and hidden characters move no span."""
    text = "📢今天\u200b發放手冊３００\u200b册✅，横幅12条"
    assert [found.as_written for found in reader.read(text).found] == ["３００\u200b册", "12条"]
    assert all(text[slice(*found.span)] == found.as_written for found in reader.read(text).found)


def test_a_bare_carriage_return_and_marks_are_levelled() -> None:
    """Levelling keeps one character for one and drops what cannot be seen."""
    assert normalise("１，２００\u200b条①Ⅷ").text == "1,200条\x01\x02"


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("今天", date(2021, 5, 19), date(2021, 5, 19)),
        ("昨天", date(2021, 5, 18), date(2021, 5, 18)),
        ("前天", date(2021, 5, 17), date(2021, 5, 17)),
        ("本周", date(2021, 5, 17), date(2021, 5, 23)),
        ("上周", date(2021, 5, 10), date(2021, 5, 16)),
        ("上周五", date(2021, 5, 14), date(2021, 5, 14)),
        ("本周三", date(2021, 5, 19), date(2021, 5, 19)),
        ("周一", date(2021, 5, 17), date(2021, 5, 17)),
        ("5月12日", date(2021, 5, 12), date(2021, 5, 12)),
        ("五月十二号", date(2021, 5, 12), date(2021, 5, 12)),
        ("5.12", date(2021, 5, 12), date(2021, 5, 12)),
        ("5/12", date(2021, 5, 12), date(2021, 5, 12)),
        ("2021-05-12", date(2021, 5, 12), date(2021, 5, 12)),
        ("12号", date(2021, 5, 12), date(2021, 5, 12)),
        ("5月份", date(2021, 5, 1), date(2021, 5, 31)),
        ("5月13日至17日", date(2021, 5, 13), date(2021, 5, 17)),
        ("5月11日-5月17日", date(2021, 5, 11), date(2021, 5, 17)),
        ("5月25日", date(2021, 5, 25), date(2021, 5, 25)),
        ("三天前", date(2021, 5, 16), date(2021, 5, 16)),
        ("5月上旬", date(2021, 5, 1), date(2021, 5, 10)),
        ("中旬", date(2021, 5, 11), date(2021, 5, 20)),
        ("12月30日", date(2020, 12, 30), date(2020, 12, 30)),
    ],
)
def test_written_days_resolve(written: str, first: date, last: date) -> None:
    """Each way to write a day gives its days, seen from Wednesday 19 May 2021."""
    assert resolve(written, WEDNESDAY) == (first, last)


@pytest.mark.parametrize("written", ["2月30日", "近日", "13月1日"])
def test_days_that_are_none(written: str) -> None:
    """An impossible or vague day is no day, and no error."""
    assert resolve(written, WEDNESDAY) is None


def test_figures_carry_their_days(reader: Reader) -> None:
    """A figure goes to the day that the text gives for it; a running total to the day it was taken."""
    found = reader.read("5月12日讲座2场，5月13日讲座3场；截至5月18日累计讲座40场", WEDNESDAY).found
    assert [(each.value, each.days and each.days[0].day, each.cumulative) for each in found] == [
        (2, 12, False),
        (3, 13, False),
        (40, 18, True),
    ]


@pytest.mark.parametrize(
    ("text", "day"),
    [("手册8册（5月10日）", 10), ("手册30册，横幅3条\n城关派出所 5月12日", 12), ("昨天累计手册30册", 18)],
)
def test_a_day_behind_the_figures_is_theirs(reader: Reader, text: str, day: int) -> None:
    """A day in brackets behind a figure, signed at the end, or right before 累计 is the day of the figure."""
    assert {each.days and each.days[0].day for each in reader.read(text, WEDNESDAY).found} == {day}


def test_a_day_that_does_not_exist_is_asked_about(reader: Reader) -> None:
    """Figures of 5月32日 go to no other day; those of another day in the same message do."""
    reading = reader.read("5月32日手册30册，横幅3条。今天海报5张", WEDNESDAY)
    assert [(doubt.kind, doubt.as_written) for doubt in reading.doubts] == [(DoubtKind.NO_SUCH_DAY, "5月32日")]
    assert [each.indicator for each in reading.found] == ["poster"]
    assert "5月32日" in question(reading.doubts[0], reader.campaign)


def test_correction_names_the_old_value(reader: Reader) -> None:
    """A correction gives the new value and the one that it replaces."""
    reading = reader.read("横幅不是50条是15条")
    assert reading.verdict is Verdict.CORRECTION
    assert [(each.indicator, each.value, each.old_value) for each in reading.found] == [("banner", 15, Decimal(50))]


@pytest.mark.parametrize("text", ["不是50条是15条", "刚才写错了，是15条"])
def test_bare_correction_asks_of_what(reader: Reader, text: str) -> None:
    """A correction that names no indicator is one all the same; what it corrects is asked, or known from the last
    report.
    """
    reading = reader.read(text)
    assert reading.verdict is Verdict.CORRECTION
    assert [(doubt.kind, doubt.value) for doubt in reading.doubts] == [(DoubtKind.WHICH_INDICATOR, 15)]


@pytest.mark.parametrize(
    ("text", "withdraws"),
    [
        ("刚才那条报错了，不要了", True),
        ("我上午报的数别算了", True),
        ("我之前报的数别算了", True),
        ("上一条删了吧", True),
        ("前面报的手册300本取消", True),
        ("刚才贴海报二十张那条作废我等会儿重新发", True),
        ("刚才那条删了没？", False),
        ("手册300本，刚才那条不算", False),
    ],
)
def test_withdrawals_in_own_words_are_known(reader: Reader, text: str, withdraws: bool) -> None:
    """A message that only takes back an earlier one is told as such, so that the answer can say what to type."""
    assert reader.read(text).withdraws is withdraws


def test_lines_belong_to_their_orgs(reader: Reader) -> None:
    """Rows of a table and lines of a 接龙 carry the name that they begin with."""
    table = reader.read("单位\t手册\n城关镇\t300\n河东镇\t260\n合计\t560")
    assert [each.org_name for each in table.found] == [None]
    table = reader.read("单位\t手册\n城关镇\t300\n河东镇\t260")
    assert [each.org_name for each in table.found] == ["城关镇", "河东镇"]
    chain = reader.read("#接龙\n今日手册\n1. 城关所 50本\n2. 河东所：60本")
    assert [each.org_name for each in chain.found] == ["城关所", "河东所"]


def test_given_orgs_are_known(reader: Reader) -> None:
    """A name from the roster is seen even where it does not look like one."""
    reading = reader.read("长沙 手册300 横幅20\n株洲 手册260", orgs={"长沙": 1, "株洲": 2})
    assert [each.org_name for each in reading.found] == ["长沙", "长沙", "株洲"]


def test_each_number_is_explained(reader: Reader) -> None:
    """The explanation has a line for each number: bound, skipped or asked."""
    text = "今天手册300本，海报约三四百张，民警12名，去年同期200本"
    lines = explain(reader.read(text), text, reader.campaign)
    assert [line.partition("：")[0].split("→")[1].strip()[:4] for line in lines] == ["宣传手册", "要问", "不记", "不记"]


def test_unplaced_numbers_are_named(reader: Reader) -> None:
    """A figure of an unknown thing is named, not dropped; other measures are not taken for figures."""
    text = "手册300本，小礼品600份，出动车辆3辆"
    assert [text[slice(*span)] for span in reader.read(text).unplaced] == ["600份"]


def test_every_doubt_has_its_question(reader: Reader) -> None:
    """Each kind of doubt that the reader raises is worded, with the numbers it is about."""
    for text in (
        "今天发了300",
        "横幅6到8条",
        "手册发了5箱",
        "8个社区每个社区挂了2条横幅",
        "粉丝3.6万",
        "手册上午20本，下午30本，合计60本",
    ):
        for doubt in reader.read(text).doubts:
            assert doubt.as_written in question(doubt, reader.campaign) or doubt.kind is DoubtKind.EACH_TIMES
    (each,) = reader.read("8个社区每个社区挂了2条横幅").doubts
    assert "16条" in question(each, reader.campaign)


def test_contract_shape(reader: Reader) -> None:
    """The JSON of the read command: whole values as int, place keyed by its dimension, marks only where true."""
    told = to_contract_json(reader.read("进社区5次，累计避免损失12.5万余元，海报若干"), reader.campaign)
    assert told["found"] == [
        {"indicator": "visit", "value": 5, "place": "社区"},
        {"indicator": "saved", "value": 12.5, "cumulative": True, "approx": True},
    ]
    assert "海报" in str(told["ask"])


@pytest.mark.parametrize(
    "text",
    [
        "一" * 10_000,
        "(" * 10_000,
        "1+" * 5_000,
        "人1" * 5_000,
        "1累计|\n" * 2_000,
        "([" * 5_000,
        "1\t" * 5_000,
        "手册1，" * 2_500,
        "是1" * 5_000,
        "九亿" * 5_000,
        "其中1份" * 2_500,
        "(本)" * 3_300,
        "手册(1)" * 2_000,
        "1份还剩" * 2_500,
    ],
    ids=[
        "one",
        "open",
        "sums",
        "persons",
        "rows",
        "nested",
        "cells",
        "figures",
        "corrections",
        "big",
        "parts",
        "units",
        "brackets",
        "left",
    ],
)
def test_hostile_text_costs_little(reader: Reader, text: str) -> None:
    """Twice as much of anything takes about twice the steps, and a bounded number for each character."""
    half, whole = _steps(reader, text[: LONGEST // 2]), _steps(reader, text[:LONGEST])
    assert whole < 2.3 * half
    assert whole < 600 * LONGEST


def _steps(reader: Reader, text: str) -> int:
    """Return the lines of code that reading a text runs through: the same on a busy machine as on an idle one."""
    steps = 0

    def count(frame: FrameType, event: str, _: object) -> Callable[..., object]:
        nonlocal steps
        steps += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        reader.read(text)
    finally:
        sys.settrace(before)
    return steps


def test_too_long_a_text_says_what_was_not_read(reader: Reader) -> None:
    """Beyond the longest text the rest is named, not dropped in silence."""
    text = "手册3本。" + "哈" * LONGEST
    assert reader.read(text).unplaced[-1] == (LONGEST, len(text))
