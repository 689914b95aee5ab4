"""Chinese free text in, figures out. Pure: no clock, no database, no network; the campaign is the only vocabulary.

The stages, each a module that can be seen and tested alone: normalise, tokens (with numerals, dates, lexicon),
corrections, lines (with
tables and sentences: scopes, binding, judging), settling (with totals), verdicts. Called by the handlers and by
`python -m bot read`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from handlers.reading.around import pairs_of
from handlers.reading.corrections import TELLING, replaced
from handlers.reading.days import ask_about_days, sign
from handlers.reading.drafts import Work
from handlers.reading.lexicon import build
from handlers.reading.lines import read_lines
from handlers.reading.normalise import bars, normalise
from handlers.reading.results import Results
from handlers.reading.settling import settle
from handlers.reading.spelling import Speller
from handlers.reading.tokens import MARK, NO_CLASSES, NUMBER, Token, Tokeniser
from handlers.reading.values import DoubtKind, Reading
from handlers.reading.verdicts import ask_about_nothing
from models.campaign.definition import Campaign

LONGEST = 3000  # characters that are read: four times what the platform lets a person send in one text
_RESPELT = 1000  # characters of a text in which slips are mended: it is read twice then
_AMOUNT = r"[\d.一二两三四五六七八九十]+"
_ONE = "(?:一|每)[本张条份册幅件套个封面]"
# what one costs, as spoken: 一本两块八, 三毛五一张, 一条八十块, 一块二一本. Its numbers are no figures
_PRICE = re.compile(
    rf"{_ONE}{_AMOUNT}(?:(?:毛|角|元|块钱)[一二三四五六七八九半]?|块(?:[一二三四五六七八九半](?![\d十百千万本张条份册幅件个])|(?![\u4e00-\u9fff])))"
    rf"|{_AMOUNT}(?:(?:毛|角|元|块钱)[一二三四五六七八九半]?钱?|块[一二三四五六七八九半])/?{_ONE}"
)
_DAILY = re.compile(r"(?:(?<=[ \n,;:。、机台站响叭播])|^)日播(?=[\d一二两三四五六七八九十])")  # but not 5月20日播6遍
_HANDLE = re.compile(r"(?<=[\u4e00-\u9fff])@[\u4e00-\u9fffA-Z_]{2,12}(?=[ :])")  # 抖音@鹿角公安 粉丝5万
# 不是一百六是一百零六, 三十六是不是多了: 六是 heads no paragraph there
_CUT_SHORT = re.compile(r"(?<=[十百千万零][一二三四五六七])是(不是)?(?!吗)")
_OF_CLAUSE = frozenset(("不报", "不用报", "不上报"))
_CLAUSE = 12  # tokens to either side of 不报 that belong to it
_NEAR = 4  # characters to either side of a number in which a slip of the keyboard is looked for


class Reader:
    """Reads messages in the words of one campaign. Build it once; it is safe to share between threads."""

    def __init__(self, campaign: Campaign) -> None:
        """Build the vocabulary. Raises nothing for a campaign that loader.load() has passed."""
        self.campaign = campaign
        self.lexicon = build(campaign)
        self._tokeniser = Tokeniser(self.lexicon)
        self._speller = Speller(self.lexicon)

    def read(self, text: str, today: date | None = None, orgs: Mapping[str, object] | None = None) -> Reading:
        """Read one message. Never raises, whatever the text; time linear in its length.

        today: the day of the message in the campaign's zone; without it Found.days is None.
        orgs:  names of organisations (what they map to is not looked at): a line that begins with one belongs to it,
        even where
               the reader would not see a name by itself.

        Returns figures in the order of the text. Of a text longer than LONGEST the rest is named in unplaced, not read.
        """
        normal = normalise(text[:LONGEST])
        levelled = self._mended(bars(normal.text) if "\n" in normal.text else normal.text)
        work = self._work(levelled, orgs)
        loose = any(note.outcome == "unplaced" for note in work.notes) or _misfits(work)
        if loose and len(levelled) <= _RESPELT:
            work = self._respelt(levelled, work, orgs)
        sign(work)
        if today is not None:
            ask_about_days(work, today)
        ask_about_nothing(work)
        return Results(work, normal, text, today, self.campaign).reading()

    def _mended(self, levelled: str) -> str:
        for wrong, right in self.lexicon.typos:
            if wrong in levelled:
                levelled = levelled.replace(wrong, right)
        if "是" in levelled:
            levelled = _CUT_SHORT.sub(lambda match: "对不对" if match[1] else "为", levelled)
        if "@" in levelled:
            levelled = _HANDLE.sub(lambda match: " " * len(match[0]), levelled)
        if "一" in levelled and ("块" in levelled or "元" in levelled or "毛" in levelled):
            levelled = _PRICE.sub(lambda match: "·" * len(match[0]), levelled)
        return _DAILY.sub("每播", levelled) if "日播" in levelled else levelled

    def _work(self, levelled: str, orgs: Mapping[str, object] | None) -> Work:
        pairs = pairs_of(levelled)
        work = Work(levelled, self._tokeniser.cut(levelled, pairs is not None), self.lexicon, orgs=tuple(orgs or ()))
        work.frame.pairs = pairs
        told = NO_CLASSES.union(*[token.classes for token in work.tokens])
        if not TELLING.isdisjoint(told):
            work.wrong = replaced(work.tokens)
            work.right = frozenset(work.wrong.values())
        if "notown" in told and _is_disowned(work.tokens):
            work.frame.veto = "notown"
        read_lines(work)
        settle(work)
        return work

    def _respelt(self, levelled: str, work: Work, orgs: Mapping[str, object] | None) -> Work:
        """Read again with slips of the keyboard mended near numbers that found no noun; keep that only if it binds
        more.
        """
        loose = [(note.start, note.end) for note in work.notes if note.outcome == "unplaced"]
        loose += [(query.start, query.end) for query in work.queries]
        near = {index for start, end in loose for index in range(start - _NEAR, end + _NEAR)}
        near.difference_update(index for token in work.tokens for index in range(token.start, token.end))
        mended = self._speller.mend(levelled, frozenset(near))
        if mended == levelled:
            return work
        again = self._work(mended, orgs)
        return again if len(again.drafts) > len(work.drafts) else work


def _is_disowned(tokens: list[Token]) -> bool:
    return any(_disowns(tokens, index) for index, token in enumerate(tokens) if "notown" in token.classes)


def _disowns(tokens: list[Token], index: int) -> bool:
    """Whether a word like 不报 speaks of the whole message: not where its clause names a noun (手册这次不报)."""
    if tokens[index].word not in _OF_CLAUSE:
        return True
    begin = end = index
    while begin > 0 and tokens[begin - 1].kind != MARK and index - begin < _CLAUSE:
        begin -= 1
    while end < len(tokens) and tokens[end].kind != MARK and end - index < _CLAUSE:
        end += 1
    before = begin - 1  # 避免损失没法估，就不报了: of what the clause before names, unless that gives a figure
    while before > 0 and tokens[before - 1].kind != MARK and begin - before < _CLAUSE:
        before -= 1
    if begin and tokens[begin - 1].word == "," and not any(token.kind == NUMBER for token in tokens[before:begin]):
        begin = before
    return not any(token.entry is not None and token.entry.targets for token in tokens[begin:end])


def _misfits(work: Work) -> bool:
    return any(query.kind is DoubtKind.UNIT_MISFIT for query in work.queries)
