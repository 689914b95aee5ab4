"""All words the reader knows, in one Aho-Corasick automaton: the campaign's nouns and the grammar's words.

A campaign file adds words in its [reading] table: to any class of grammar.txt (`place = ["网点"]`), and to the
classes that only a campaign can know:

acts: nouns of its indicators that are verbs (推送). lean: verbs that name an indicator only where no noun before them
fits (播放). leads: verbs that count only what follows them (讲解580人次). trails: nouns that count only what stands
before them (230名观众). takes: verbs that what they take belongs to (采用视频3条). generic: nouns that a noun right
before them makes its own (讲座活动). modifier: words that describe a noun (反诈). incoming: nouns of what comes in by
itself (收到投稿5条). firms: words of a place that is also counted in the measure of another one (企业15户). ignore:
phrases whose digits are no number (96110). typos: "wrong>right", of equal length.

Built once by reader.py; read only.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import ahocorasick

from handlers.reading import grammar, measures
from handlers.reading.numerals import BIG
from models.campaign.definition import Campaign, IndicatorKind

Target = tuple[str, str | None]  # indicator, part
_HEADCOUNT = "人数"
MARKS = ",;。!?:、()[]\t\n|\"'"


@dataclass(slots=True)
class Entry:
    """What one word can mean."""

    word: str
    targets: tuple[Target, ...] = ()  # indicators (and part) that it names
    parts: tuple[Target, ...] = ()  # (indicator, part): a dimension word
    needs: tuple[str, ...] = ()  # indicators that it calls for beside a dimension word
    noun: bool = False  # of a need word: it is a name of the indicator itself
    classes: frozenset[str] = frozenset()
    governs: str = ""  # the class that decides what it does to the numbers after it


@dataclass(slots=True, kw_only=True)
class Lexicon:
    """The vocabulary of one campaign."""

    automaton: ahocorasick.Automaton
    words: frozenset[str]
    pairs: dict[str, tuple[Entry, Entry]]  # nouns that are two nouns: 宣传资料 is 宣传 and 资料
    nouns: tuple[str, ...]  # the words that name an indicator
    typos: tuple[tuple[str, str], ...]  # wrong, right
    fits: dict[str, dict[str, Decimal]]  # indicator -> measure word -> factor to the base measure
    owners: dict[str, tuple[str, ...]]  # measure word -> indicators that accept it
    measures: tuple[str, ...]  # all measure words, longest first
    base: dict[str, str]  # indicator -> its base measure
    bare: dict[str, str]  # money-like indicator -> measure of a scaled number without one (6万 is 6万元)
    by: dict[str, str]  # indicator -> dimension
    measure_parts: dict[tuple[str, str], str]  # indicator and measure word -> part: 户 is 家庭
    firms: frozenset[Target]  # parts that are counted in the measure of another one: 企业15户
    dimension_names: dict[str, frozenset[str]]  # 场所 -> indicators split by it
    rivals: dict[str, frozenset[str]]  # indicator -> measure words that count different things
    follows: dict[str, str]  # indicator -> the one that bare persons after it belong to
    becomes: dict[str, str]  # indicator -> the one its figures go to in a sentence that names that one
    levels: frozenset[str]


def build(campaign: Campaign) -> Lexicon:
    """Build the vocabulary of a campaign."""
    entries = _entries(campaign)
    automaton = ahocorasick.Automaton()
    for word, entry in entries.items():
        automaton.add_word(word, entry)
    automaton.make_automaton()
    indicators = campaign.indicators
    fits = {key: measures.accepted(indicator.measures) for key, indicator in indicators.items()}
    known = {word for accepted in fits.values() for word in accepted}
    return Lexicon(
        automaton=automaton,
        words=frozenset(entries),
        pairs=_pairs(entries),
        nouns=tuple(word for word, entry in entries.items() if entry.targets),
        typos=tuple(_typo(pair) for pair in campaign.reading.get("typos", ())),
        fits=fits,
        owners={word: tuple(key for key, accepted in fits.items() if word in accepted) for word in known},
        measures=tuple(sorted(known | set(measures.OTHER), key=len, reverse=True)),
        base={key: each.measure for key, each in indicators.items()},
        bare={key: each.measure.lstrip("万亿千百") for key, each in indicators.items() if each.measure[0] in BIG},
        by={key: each.by for key, each in indicators.items() if each.by},
        measure_parts=_measure_parts(campaign),
        firms=frozenset(part for entry in entries.values() if "firms" in entry.classes for part in entry.parts),
        dimension_names={
            dimension.name: frozenset(key for key, each in indicators.items() if each.by == name)
            for name, dimension in campaign.dimensions.items()
        },
        rivals={key: frozenset(each.rivals) for key, each in indicators.items() if each.rivals},
        follows={before: key for key, each in indicators.items() for before in each.follows},
        becomes={key: each.gives_way_to for key, each in indicators.items() if each.gives_way_to},
        levels=frozenset(key for key, each in indicators.items() if each.kind is IndicatorKind.LEVEL),
    )


def _typo(pair: str) -> tuple[str, str]:
    wrong, _, right = pair.partition(">")
    return wrong, right if len(right) == len(wrong) else wrong


def _measure_parts(campaign: Campaign) -> dict[tuple[str, str], str]:
    return {
        (key, word): part
        for key, indicator in campaign.indicators.items()
        if indicator.by
        for part, words in campaign.dimensions[indicator.by].values.items()
        for word in words
        if word in indicator.measures
    }


def _entries(campaign: Campaign) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    classes = [("mark", tuple(MARKS)), *grammar.words().items(), *campaign.reading.items()]
    for name, words in classes:
        for word in words if name != "typos" else ():
            _entry(entries, word).classes |= {name}
    _add_indicators(entries, campaign)
    _add_heads(entries)
    for entry in entries.values():
        entry.targets = tuple(dict.fromkeys(entry.targets))
        entry.parts = tuple(dict.fromkeys(entry.parts))
        entry.needs = tuple(dict.fromkeys(entry.needs))
        entry.governs = next((name for name in grammar.GOVERNING if name in entry.classes), "")
    return entries


def _entry(entries: dict[str, Entry], word: str) -> Entry:
    word = word.upper()
    return entries.setdefault(word, Entry(word))


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
        for before in indicator.follows:  # 讲座人数
            for word in campaign.indicators[before].synonyms:
                _entry(entries, word + _HEADCOUNT).targets += ((key, None),)


def _pairs(entries: dict[str, Entry]) -> dict[str, tuple[Entry, Entry]]:
    nouns = {word: entry for word, entry in entries.items() if entry.targets}
    return {
        word: (nouns[word[:cut]], nouns[word[cut:]])
        for word in nouns
        for cut in range(len(word) - 1, 1, -1)
        if word[:cut] in nouns and word[cut:] in nouns
    }


def _add_heads(entries: dict[str, Entry]) -> None:
    """Let a compound also stand for the noun that ends it, as second choice: 财会人员培训 by sessions is 培训. Last
    for the one that begins it: 培训会计 by sessions."""
    own = {word: entry.targets for word, entry in entries.items() if entry.targets and "lean" not in entry.classes}
    for word, targets in own.items():
        head = next((own[word[cut:]] for cut in range(1, len(word)) if word[cut:] in own), ())
        first = next((own[word[:cut]] for cut in range(len(word) - 1, 1, -1) if word[:cut] in own), ())
        entries[word].targets = targets + head + first
