"""What holds for every text: figures written in any form read back, nothing raises, nothing is invented."""

from __future__ import annotations

from decimal import Decimal

import cn2an
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.reading.normalise import normalise
from handlers.reading.numerals import scan
from handlers.reading.reader import Reader
from models.campaign import loader

READER = Reader(loader.load(loader.HUNAN))
SHORT = settings(max_examples=150, deadline=None, derandomize=True)
NEUTRAL = ["大家辛苦了。", "天气很热，注意防暑。", "照片稍后发群里。", "请领导审阅。", "以上是我们的情况。"]
_WORDS = """手册 横幅 300 三百五 条 本 累计 今天 ， 。 ( ) 其中 合计 不是 是 5月12日 % 社区 走进 粉丝 抖音
各 分别 约 余 ? 没有 1. #接龙 万 + - 、 目标 每 箱"""
PIECES = st.sampled_from([*_WORDS.split(), "\n", "\t"])


def _forms(value: int) -> list[str]:
    forms = [str(value), f"{value:,}", str(value).translate(str.maketrans("0123456789", "０１２３４５６７８９"))]
    if value:
        forms += [cn2an.an2cn(value), cn2an.an2cn(value, "up")]
    if value > 1:
        forms.append(f"{value // 3}+{value - value // 3}")
    if value % 1000 == 0 and value >= 10_000:
        wan, thousand = divmod(value // 1000, 10)
        forms += [f"{Decimal(value) / 10_000:f}{unit}" for unit in ("万", "W", "w")]
        if thousand:  # 13万2, 十三万二
            forms += [f"{wan}万{thousand}", f"{cn2an.an2cn(wan)}万{cn2an.an2cn(thousand)}"]
    return forms


VALUES = st.integers(min_value=0, max_value=99_999_999) | st.integers(min_value=10, max_value=99_999).map(
    lambda thousands: thousands * 1000
)


@SHORT
@given(VALUES, st.data())
def test_a_written_value_reads_back(value: int, data: st.DataObject) -> None:
    """Any value in any supported form, with noun and measure, is found exactly."""
    form = data.draw(st.sampled_from(_forms(value)))
    template = data.draw(st.sampled_from(["短信{}条", "发送短信共{}条", "今天发了{}条短信", "短信：{}条"]))
    assert [(each.indicator, each.value) for each in READER.read(template.format(form)).found] == [("sms", value)]


@SHORT
@given(
    st.integers(min_value=1, max_value=9999),
    st.sampled_from(["", "万"]),
    st.sampled_from(["短信{}余条", "短信{}多条", "短信约{}条", "短信近{}条", "短信{}条左右"]),
)
def test_what_is_about_reads_back_as_such(value: int, unit: str, written: str) -> None:
    """A value beside a word that makes it approximate is the number as stated, marked."""
    found = READER.read(written.format(f"{value}{unit}")).found
    assert [(each.value, each.approx) for each in found] == [(value * (10_000 if unit else 1), True)]


@SHORT
@given(st.text())
def test_levelling_never_moves_a_span(text: str) -> None:
    """Every character of the levelled text comes from the place that the map gives."""
    normal = normalise(text)
    spans = [normal.span(index, index + 1) for index in range(len(normal.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    assert all(char in normalise(text[slice(*span)]).text for char, span in zip(normal.text, spans, strict=True))


@SHORT
@given(st.text() | st.lists(PIECES, max_size=40).map("".join))
def test_reading_never_raises_and_never_invents(text: str) -> None:
    """Each value has a span of the text whose own grammar gives that number (before the measure's factor)."""
    reading = READER.read(text)
    for found in reading.found:
        assert text[slice(*found.span)] == found.as_written
        values = [n.value for n in scan(normalise(found.as_written).text) if n.value is not None]
        values.append(sum(values, Decimal(0)))  # 3+5本
        factors = {*READER.lexicon.fits[found.indicator].values(), 1, 10_000, 1_000, 100, 100_000_000}
        assert not found.value or any(found.value in {value * factor for factor in factors} for value in values)
    assert all(0 <= start < end <= len(text) for start, end in reading.unplaced)


@SHORT
@given(
    st.sampled_from(["手册300本，横幅12条", "累计入户3600户", "讲座2场，听众80人"]),
    st.sampled_from(NEUTRAL),
    st.booleans(),
)
def test_neutral_sentences_change_nothing(report: str, neutral: str, before: bool) -> None:
    """Courtesies around a report do not change what it says."""
    around = f"{neutral}{report}" if before else f"{report}。{neutral}"
    plain = [(each.indicator, each.value, each.cumulative) for each in READER.read(report).found]
    assert [(each.indicator, each.value, each.cumulative) for each in READER.read(around).found] == plain


@SHORT
@given(st.permutations(["手册60本", "横幅3条", "海报12张", "讲座1场"]))
def test_order_of_lines_does_not_matter(lines: list[str]) -> None:
    """The same lines in any order give the same figures."""
    found = READER.read("\n".join(lines)).found
    assert {(each.indicator, int(each.value)) for each in found} == {
        ("handbook", 60),
        ("banner", 3),
        ("poster", 12),
        ("lecture", 1),
    }
