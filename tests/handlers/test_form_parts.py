"""What the form, the template, natural corrections and suggestions are made of: tables of many cases."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal

import pytest

from handlers import wording
from handlers.amendment_shapes import read_amendment
from handlers.reading.reader import Reader
from handlers.reading.values import Verdict
from handlers.short_answers import bare_number
from handlers.suggestions import likeness
from handlers.template import template_lines
from models.campaign.definition import Campaign
from models.campaign.loader import HUNAN, load

TODAY = date(2021, 5, 20)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    """Return the campaign of the notice."""
    return load(HUNAN)


@pytest.fixture(scope="module")
def reader(campaign: Campaign) -> Reader:
    """Return a reader of it."""
    return Reader(campaign)


@pytest.mark.parametrize(
    ("text", "old", "new", "measure", "by"),
    [
        ("不是50条是15条", 50, 15, "条", 0),
        ("不是50条，是15条。", 50, 15, "条", 0),
        ("是15条不是50条", 50, 15, "条", 0),
        ("不是50条而是15条", 50, 15, "条", 0),
        ("刚才写错了，是12条", None, 12, "条", 0),
        ("写错了 应该是12", None, 12, "", 0),
        ("不对，是30", None, 30, "", 0),
        ("上一条错了，应该是3场", None, 3, "场", 0),
        ("应该是560", None, 560, "", 0),
        ("应为560册才对", None, 560, "册", 0),
        ("改成一万二", None, 12000, "", 0),
        ("把120写成了210", 210, 120, "", 0),
        ("由2600更正为2060", 2600, 2060, "", 0),
        ("300册改为200册", 300, 200, "册", 0),
        ("50条报错了，应该是15条", 50, 15, "条", 0),
        ("多报了20条", None, 20, "条", -1),
        ("报少了20条", None, 20, "条", 1),
        ("刚才报多了，只有30条", None, 30, "条", 0),
    ],
)
def test_a_correction_without_an_indicator(
    campaign: Campaign, text: str, old: int | None, new: int, measure: str, by: int
) -> None:
    """A correction that names no indicator is read: the old number, the new one, the measure, or the difference."""
    found = read_amendment(text, {word for each in campaign.indicators.values() for word in each.measures})
    assert found is not None
    assert (found.old.value if found.old else None) == old
    assert (found.new.value, found.new.measure, found.by) == (new, measure, by)


@pytest.mark.parametrize(
    "text",
    [
        "50条",
        "手册应为560",
        "我们有30人",
        "是3",
        "下午3点开会",
        "不是",
        "应该的",
        "错了",
        "更正",
        "#12 错了",
        "不是50条",
        "👍",
    ],
)
def test_what_is_no_correction_without_an_indicator(campaign: Campaign, text: str) -> None:
    """What says anything else is left to the reader."""
    assert read_amendment(text, {word for each in campaign.indicators.values() for word in each.measures}) is None


@pytest.mark.parametrize(
    ("text", "number", "measure"),
    [
        ("3", 3, ""),
        ("三场", 3, "场"),
        ("3 场", 3, "场"),
        ("1500万条", 15000000, "条"),
        ("应该是3", 3, ""),
        ("写错了，是3场", 3, "场"),
        ("一共3场", 3, "场"),
    ],
)
def test_one_number_is_an_answer(text: str, number: int, measure: str) -> None:
    """One number, with a measure word and the words that people put before it, is an answer."""
    assert bare_number(text) is not None
    assert bare_number(text)[:2] == (number, measure)  # type: ignore[index]  # seen above


@pytest.mark.parametrize("text", ["3到5场", "三五场", "手册3册", "3场4次", "", "场", "第3条错了"])
def test_anything_more_is_no_bare_number(text: str) -> None:
    """A range, two numbers, or a name beside the number is no short answer."""
    assert bare_number(text) is None


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("进渡", "进度"),
        ("撒销", "撤销"),
        ("撤消", "撤销"),
        ("榜定", "绑定"),
        ("帮住", "帮助"),
        ("拍名", "排名"),
        ("天报", "填报"),
        ("模版", "模板"),
        ("为什么崔我", "为什么催我"),
    ],
)
def test_a_slip_is_like_the_command(written: str, word: str) -> None:
    """A slip of one character, by sound or by look, is near enough to ask."""
    assert likeness(written, word, Verdict.NOTHING) > 0


@pytest.mark.parametrize(
    ("written", "word"), [("好的", "我的"), ("我们", "我的"), ("今天", "填报"), ("谢谢", "撤销"), ("知道", "进度")]
)
def test_chat_is_like_no_command(written: str, word: str) -> None:
    """What people say anyway is not taken for a command."""
    assert likeness(written, word, Verdict.CHAT) == 0


@pytest.mark.parametrize("kind", ["city", "county", "carrier", "bank", "department", "office"])
def test_a_blank_template_says_nothing(campaign: Campaign, reader: Reader, kind: str) -> None:
    """The template as it is handed out, with its opening line, reads as nothing at all."""
    reading = reader.read(wording.template(template_lines(campaign, [kind])), TODAY)
    assert (reading.found, reading.doubts, reading.unplaced) == ((), (), ())


@pytest.mark.parametrize("kind", ["city", "county", "carrier", "bank"])
def test_a_filled_template_reads_back(campaign: Campaign, reader: Reader, kind: str) -> None:
    """Whatever lines are filled in, exactly those are read, each as what its line says; blank ones give nothing."""
    lines = template_lines(campaign, [kind])
    wanted = {
        wording.template_line(wording.label(campaign, key, part), each.measure): (key, part or None)
        for key, each in campaign.indicators.items()
        for part in (campaign.dimensions[each.by].values if each.by else ("",))
    }
    subsets = [{index} for index in range(len(lines))] + [set(pair) for pair in itertools.pairwise(range(len(lines)))]
    subsets += [set(range(0, len(lines), 3)), set(range(len(lines)))]
    for chosen in subsets:
        filled = [
            line.replace("： ", f"：{index + 2} ") if index in chosen else line for index, line in enumerate(lines)
        ]
        reading = reader.read(wording.template(filled), TODAY)
        expected = [(*wanted[lines[index]], Decimal(index + 2)) for index in sorted(chosen)]
        assert [(each.indicator, each.part, each.value) for each in reading.found] == expected
        assert reading.doubts == ()


def test_a_campaign_without_a_template_has_one(campaign: Campaign) -> None:
    """Without [template] the template lists what is owed and the first indicators that have a hint."""
    bare = campaign.model_copy(update={"template": {}})
    assert len(template_lines(bare, ["county"])) == 8
    duty = replace_duty(bare)
    assert template_lines(duty, ["county"])[0].startswith("新闻发布会")


def replace_duty(campaign: Campaign) -> Campaign:
    """Let counties owe press conferences too."""
    duty = campaign.duties["press"].model_copy(update={"audience": ("county",)})
    return campaign.model_copy(update={"duties": {"press": duty}})
