"""All words the reader knows, in one Aho-Corasick automaton: the campaign's nouns and the grammar's words.

A campaign file may add words to any class of grammar.py in its [reading] table (`place = ["网点"]`), further `typos` as
"wrong>right" pairs, and `ignore` for phrases that hold numbers but are none (96110). Built once by reader.py; read only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import ahocorasick

from handlers.reading import grammar
from handlers.reading.numerals import BIG
from models.campaign.definition import Campaign, IndicatorKind

Target = tuple[str, str | None]  # indicator, part

# measure words that say the same as another one an indicator may accept
_ALIASES = {
    "场次": "场", "人次": "人", "名": "人", "位": "人", "余人": "人", "户次": "户", "家次": "家", "台次": "台", "条次": "条",
    "篇次": "篇", "次数": "次", "块钱": "元", "元钱": "元", "块": "元", "人份": "份", "户人家": "户", "个人": "人", "节课": "节",
    "堂课": "堂", "期班": "期", "份儿": "份", "条儿": "条", "趟": "次", "回": "次", "起案": "起", "处次": "处",
}  # fmt: skip
# measure words that someone typed without turning them into characters: 320ren
_LATIN = {
    "REN": "人",
    "GE": "个",
    "TIAO": "条",
    "FEN": "份",
    "CI": "次",
    "HU": "户",
    "BEN": "本",
    "ZHANG": "张",
    "CHANG": "场",
    "KUAI": "块",
}
# measure words that may count anything: they name no thing by themselves
GENERIC = frozenset(["个", "次", "处", "家", "人", "名", "位", "人次", "项", "种", "类", "批"])
# words before a bare number that say its measure: 人数：450
LABELS = {word + "数": word for word in "人 户 份 张 次 场 条 起 册 本 块 篇 家 个 台".split()} | {"场次": "场", "人次": "人次"}
FREQUENCY = frozenset(["次", "遍", "回", "趟", "场次", "期", "人次"])
PERSONS = frozenset(["人", "名", "位", "人次", "余人", "个人"])
# further classifiers, so that "5辆" is seen as five of something else
_OTHER_MEASURES = [
    "笔",
    "单",
    "枚",
    "辆",
    "座",
    "所",
    "间",
    "栋",
    "幢",
    "层",
    "岁",
    "天",
    "周",
    "年",
    "月",
    "日",
    "号",
    "小时",
    "个小时",
    "分钟",
    "分",
    "秒",
    "秒钟",
    "点",
    "点钟",
    "时",
    "公里",
    "米",
    "平方米",
    "平米",
    "厘米",
    "吨",
    "斤",
    "公斤",
    "箱",
    "包",
    "捆",
    "盒",
    "套",
    "袋",
    "沓",
    "摞",
    "打",
    "支",
    "把",
    "顶",
    "件",
    "只",
    "头",
    "匹",
    "艘",
    "架",
    "门",
    "项",
    "种",
    "类",
    "批",
    "波",
    "组",
    "队",
    "班",
    "代",
    "例",
    "宗",
    "桩",
    "级",
    "届",
    "版",
    "章",
    "款",
    "倍",
    "成",
    "折",
    "度",
    "家",
    "户",
    "人",
    "名",
    "位",
    "个",
    "台",
    "部",
    "条",
    "张",
    "份",
    "册",
    "本",
    "页",
    "封",
    "块",
    "面",
    "幅",
    "处",
    "次",
    "遍",
    "场",
    "期",
    "堂",
    "节",
    "起",
    "篇",
    "集",
    "站",
    "路",
    "层楼",
    "楼",
    "室",
    "元",
    "美元",
    "个月",
    "季度",
    "周岁",
    "%",
    "份钱",
    "期次",
    "个班",
    "课时",
    "学时",
    "杯",
    "桌",
    "首",
    "曲",
    "段",
    "句",
    "字",
    "帧",
    "行",
    "列",
    "轮",
    "圈",
    "村",
    "镇",
    "乡",
    "县",
    "市",
    "区",
    "校",
    "厂",
    "店",
    "队次",
    "趟",
    "回",
    "席",
    "株",
    "棵",
    "车",
    "车次",
    "辆次",
]
BOXES = frozenset(["箱", "包", "捆", "盒", "套", "袋", "沓", "摞", "批", "车"])


@dataclass(slots=True)
class Entry:
    """What one word can mean."""

    word: str
    targets: tuple[Target, ...] = ()  # indicators (and part) that it names
    parts: tuple[Target, ...] = ()  # (indicator, part): a dimension word
    needs: tuple[str, ...] = ()  # indicators that it calls for beside a dimension word
    noun: bool = False  # of a need word: it is a name of the indicator itself
    classes: frozenset[str] = frozenset()


@dataclass(slots=True)
class Lexicon:
    """The vocabulary of one campaign."""

    automaton: ahocorasick.Automaton
    words: frozenset[str]
    nouns: tuple[str, ...]  # the words that name an indicator
    fits: dict[str, dict[str, Decimal]]  # indicator -> measure word -> factor to the base measure
    bare: dict[str, str]  # money-like indicator -> measure that a scaled number without measure has (6万 is 6万元)
    measures: tuple[str, ...]  # all measure words, longest first
    owners: dict[str, tuple[str, ...]] = field(default_factory=dict)  # measure word -> indicators that accept it
    measure_parts: dict[tuple[str, str], str] = field(
        default_factory=dict
    )  # indicator and measure word -> part: 户 is 家庭
    rivals: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # indicator -> measure words that count different things
    follows: dict[str, str] = field(default_factory=dict)  # indicator -> the one that bare figures after it belong to
    becomes: dict[str, str] = field(
        default_factory=dict
    )  # indicator -> the one its figures go to beside a word for that
    levels: frozenset[str] = frozenset()
    dimension_names: dict[str, frozenset[str]] = field(default_factory=dict)  # 场所 -> indicators split by it
    by: dict[str, str] = field(default_factory=dict)  # indicator -> dimension


def build(campaign: Campaign) -> Lexicon:
    """Build the vocabulary of a campaign."""
    entries: dict[str, Entry] = {}
    _add_grammar(entries, campaign)
    _add_indicators(entries, campaign)
    automaton = ahocorasick.Automaton()
    for word, entry in entries.items():
        automaton.add_word(word, entry)
    automaton.make_automaton()
    fits = {key: _fits(indicator.measures) for key, indicator in campaign.indicators.items()}
    measures = {word for known in fits.values() for word in known} | set(_OTHER_MEASURES)
    owners = {word: tuple(key for key, known in fits.items() if word in known) for word in measures}
    return Lexicon(
        automaton,
        frozenset(entries),
        tuple(word for word, entry in entries.items() if entry.targets),
        fits,
        {key: ind.measure.lstrip("万亿千百") for key, ind in campaign.indicators.items() if ind.measure[0] in BIG},
        tuple(sorted(measures, key=len, reverse=True)),
        owners=owners,
        becomes={key: ind.gives_way_to for key, ind in campaign.indicators.items() if ind.gives_way_to},
        measure_parts={
            (key, word): part
            for key, ind in campaign.indicators.items()
            if ind.by
            for part, words in campaign.dimensions[ind.by].values.items()
            for word in words
            if word in ind.measures
        },
        rivals={key: frozenset(ind.rivals) for key, ind in campaign.indicators.items() if ind.rivals},
        follows={after: key for key, ind in campaign.indicators.items() for after in ind.follows},
        levels=frozenset(key for key, ind in campaign.indicators.items() if ind.kind is IndicatorKind.LEVEL),
        dimension_names={
            dimension.name: frozenset(key for key, ind in campaign.indicators.items() if ind.by == name)
            for name, dimension in campaign.dimensions.items()
        },
        by={key: ind.by for key, ind in campaign.indicators.items() if ind.by},
    )


def _entry(entries: dict[str, Entry], word: str) -> Entry:
    word = word.upper()
    return entries.setdefault(word, Entry(word))


def _add_grammar(entries: dict[str, Entry], campaign: Campaign) -> None:
    for mark in ",;。!?:、()[]\t\n|\"'":
        _entry(entries, mark).classes |= {"mark"}
    for name, words in grammar.WORDS.items():
        for word in words.split():
            _entry(entries, word).classes |= {name}
    for word in grammar.PROTECTED:
        _entry(entries, word).classes |= {"protected"}
    for name, extra in campaign.reading.items():
        if name != "typos":
            for word in extra:
                _entry(entries, word).classes |= {name}


def _add_indicators(entries: dict[str, Entry], campaign: Campaign) -> None:
    for key, indicator in campaign.indicators.items():
        for word in (indicator.name, *indicator.synonyms):
            if indicator.by is None:
                _entry(entries, word).targets += ((key, None),)
            else:
                _entry(entries, word).needs += (key,)
                _entry(entries, word).noun = True
        for part, words in indicator.named_by.items():
            for word in words:
                _entry(entries, word).targets += ((key, part),)
        for word in indicator.needs:
            _entry(entries, word).needs += (key,)
        if indicator.by is not None:
            for part, words in campaign.dimensions[indicator.by].values.items():
                for word in (part, *words):
                    _entry(entries, word).parts += ((key, part),)
    _add_heads(entries)
    for entry in entries.values():
        entry.targets = tuple(dict.fromkeys(entry.targets))
        entry.parts = tuple(dict.fromkeys(entry.parts))
        entry.needs = tuple(dict.fromkeys(entry.needs))


def _add_heads(entries: dict[str, Entry]) -> None:
    """Let a compound also stand for the noun that ends it, as second choice: 财会人员培训 by sessions is 培训."""
    own = {word: entry.targets for word, entry in entries.items() if entry.targets and "lean" not in entry.classes}
    for word, targets in own.items():
        for cut in range(1, len(word)):
            head = own.get(word[cut:])
            if head is not None:
                entries[word].targets = targets + head
                break


def _fits(measures: dict[str, Decimal]) -> dict[str, Decimal]:
    """Measure words of an indicator without those that only hold a multiplier: numerals.py reads 万 as part of the number."""
    known = {word: factor for word, factor in measures.items() if word[0] not in BIG}
    for latin, word in _LATIN.items():
        if word in known:
            known[latin] = known[word]
    for alias, word in _ALIASES.items():
        if word in known:
            known.setdefault(alias, known[word])
    if "人次" in known:
        known.setdefault("人", known["人次"])
    return known
