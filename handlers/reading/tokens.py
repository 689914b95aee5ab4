"""A levelled text as tokens: words of the lexicon, numbers with their measure, dates, marks, and the gaps of unknown text between.

Called by reader.py. Decides what is a number at all; what it counts is decided later.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from handlers.reading.dates import When, find
from handlers.reading.lexicon import Entry, Lexicon
from handlers.reading.numerals import Numeral, Shape, scan

WORD, NUMBER, DAY, MARK = range(4)
_AFTER = re.compile(r"\s?(?:余|多(?!次|的|半)|左右|上下|以上|有余|之多|出头|开外|\+(?!\d))")
_PLUS = re.compile(r"\+(?![\d一二三四五六七八九])")
_RANGE = re.compile(r"\s?(?:-|~|至|到|或|或者)\s?")
_NEUTRAL = " \x01\x02-~…·*#>=+_."
_DAY_SCOPE = ("day", "span", "month", "iso", "slash", "dot", "rel", "year")


@dataclass(slots=True)
class Quantity:
    """A number and its measure word as they stand in the text."""

    numeral: Numeral
    measure: str  # "" when none stands there
    approx: bool
    percent: bool = False
    ident: bool = False  # a telephone or document number, a rank: no quantity
    end: int = 0  # after the measure word


@dataclass(slots=True)
class Token:
    """One piece of the text. gap counts the unknown characters between the token before and this one."""

    kind: int
    start: int
    end: int
    entry: Entry | None = None
    number: Quantity | None = None
    when: When | None = None
    gap: int = 0


class Tokeniser:
    """Cuts texts into tokens with the words of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        words = "|".join(re.escape(word) for word in lexicon.measures if word)
        self.measure = re.compile(rf"\s?(?:{words})")

    def cut(self, text: str) -> list[Token]:
        """Return the tokens of a levelled text in order, not overlapping."""
        words = [(end - len(entry.word) + 1, end + 1, entry) for end, entry in self.lexicon.automaton.iter_long(text)]
        days = find(text)
        return self._merge(text, words, days)

    def _merge(self, text: str, words: list[tuple[int, int, Entry]], days: list[When]) -> list[Token]:
        tokens: list[Token] = []
        numerals = scan(text)
        at = wi = ni = di = 0
        while wi < len(words) or ni < len(numerals) or di < len(days):
            word_at = words[wi][0] if wi < len(words) else len(text)
            number_at = numerals[ni].start if ni < len(numerals) else len(text)
            day_at = days[di].start if di < len(days) else len(text)
            if day_at <= word_at and day_at <= number_at:
                token: Token | None = Token(DAY, day_at, days[di].end, when=days[di])
                di += 1
                if (
                    di
                    and word_at == day_at
                    and words[wi][1] > days[di - 1].end
                    and words[wi][2].classes & {"cum", "plan", "zero", "past", "protected", "now"}
                ):
                    token = Token(WORD, word_at, words[wi][1], entry=words[wi][2])
            elif number_at < word_at or (number_at == word_at and not self._is_word(words[wi], numerals[ni])):
                token, ni = self._number(text, numerals, ni, words, wi)
            else:
                token = Token(WORD, word_at, words[wi][1], entry=words[wi][2])
                if "mark" in words[wi][2].classes:
                    token.kind = MARK
                wi += 1
            if token is None or token.start < at:
                if token is not None and token.kind == NUMBER:
                    pass
                continue
            token.gap = self._gap(text, at, token.start)
            at = token.end
            tokens.append(token)
            while wi < len(words) and words[wi][0] < at:
                wi += 1
            while ni < len(numerals) and numerals[ni].start < at:
                ni += 1
            while di < len(days) and days[di].start < at:
                di += 1
        return tokens

    @staticmethod
    def _is_word(word: tuple[int, int, Entry], numeral: Numeral) -> bool:
        """A word that begins with a numeral and reaches past it (一封信) is the word."""
        return word[1] > numeral.end or "ignore" in word[2].classes

    @staticmethod
    def _gap(text: str, start: int, end: int) -> int:
        return sum(1 for char in text[start:end] if char not in _NEUTRAL) if end > start else 0

    def _number(
        self, text: str, numerals: list[Numeral], index: int, words: list[tuple[int, int, Entry]], wi: int
    ) -> tuple[Token | None, int]:
        numeral = numerals[index]
        index += 1
        end, measure = self._measure_at(text, numeral.end, words, wi)
        approx = numeral.approx
        if not measure and numeral.han and numeral.end - numeral.start == 1 and not self._stands_alone(text, numeral):
            return None, index
        if index < len(numerals) and numeral.shape is Shape.EXACT:
            between = _RANGE.fullmatch(text, end, numerals[index].start)
            follower = numerals[index]
            if between and follower.value is not None and numeral.value is not None and follower.value > numeral.value:
                numeral.shape, numeral.upper = Shape.RANGE, follower.value
                end, measure2 = self._measure_at(text, follower.end, words, wi)
                measure = measure2 or measure
                numeral.end = follower.end
                index += 1
        after = _AFTER.match(text, end)
        if after and not (measure == "" and after[0].strip() in ("多",)):
            approx, end = True, after.end()
            if not measure:
                end, measure = self._measure_at(text, end, words, wi)
        elif not measure and _PLUS.match(text, numeral.end):
            approx = True
        quantity = Quantity(numeral, measure, approx, end=end)
        following = text[end : end + 1]
        quantity.percent = following in ("%", "‰") or measure == "%"
        quantity.ident = _is_ident(text, numeral, measure)
        return Token(NUMBER, numeral.start, end, number=quantity), index

    def _measure_at(self, text: str, at: int, words: list[tuple[int, int, Entry]], wi: int) -> tuple[int, str]:
        match = self.measure.match(text, at)
        if match is None:
            return at, ""
        measure = match[0].strip()
        start = match.end() - len(measure)
        # a longer noun that begins there is the noun: 8条幅, 5个人
        position = bisect_right(words, start, lo=wi, key=lambda word: word[0]) - 1
        if position >= 0 and words[position][0] == start and words[position][1] > match.end():
            if len(measure) == 1:
                return at, ""
        return match.end(), measure

    @staticmethod
    def _stands_alone(text: str, numeral: Numeral) -> bool:
        after = text[numeral.end : numeral.end + 1]
        return (after in ("", ",", ";", "。", "\n", "\t", "、", " ") and numeral.value != 1) or (after == "" and False)


_HEADS_OF_RANK = ("第", "NO.", "№", "#", "G", "A", "编号")


def _is_ident(text: str, numeral: Numeral, measure: str) -> bool:
    written = text[numeral.start : numeral.end]
    before = text[max(0, numeral.start - 1) : numeral.start]
    after = text[numeral.end : numeral.end + 1]
    if (
        before == "第"
        or (before and "A" <= before <= "Z" and not numeral.han)
        or before in ("\x02", "-", "/", "\\", "×", "*", "^", "=")
    ):
        return not (before == "-" and numeral.start > 1 and text[numeral.start - 2] in " :\t")
    if not numeral.han and "A" <= after <= "Z" and not measure:
        return True
    if len(written) > 40 or (written[0] == "0" and len(written) > 1 and written[1].isdigit()):
        return True
    return not measure and not numeral.scaled and len(written) >= 11 and written.isdigit()


def value_of(quantity: Quantity, factor: Decimal) -> Decimal:
    """Return the figure in base measure."""
    return (quantity.numeral.value or Decimal(0)) * factor
