"""A levelled text as tokens: words of the lexicon, numbers with their measure, dates, marks, and the gaps of unknown
text between.

Called by reader.py. Decides what is a number at all; what it counts is decided later.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal

from handlers.reading.dates import When, find
from handlers.reading.lexicon import Entry, Lexicon
from handlers.reading.numerals import BIG, UNITS, Numeral, Shape, is_ident, scan, spread_out

WORD, NUMBER, DAY, MARK = range(4)
NO_CLASSES: frozenset[str] = frozenset()
_AFTER = re.compile(r" ?(?:余|多(?!次|的|半)|左右|上下|以上|有余|之多|出头|开外|\+(?!\d))")
_PLUS = re.compile(r"\+(?![\d一二三四五六七八九])")
_RANGE = re.compile(r" ?(?:-|~|至|到|或|或者|还是) ?")
_NEUTRAL = " \x01\x02-~…·*#>=+_./"
_CALLED = re.compile(r"(?:热线|电话|拨打|拨|客服|专线|致电|号码|电信|咨询)[:是为]?\Z")  # before a hotline
_ENDS = frozenset(("", ",", ";", "。", "\n", "\t", "、", " "))
_GROUP = re.compile(r" \d{3}(?!\d)")  # may be the rest of a number written with spaces, or a number of its own
_TERMS = 12  # of a sum that is written out
# a longer word of these classes that begins where a date begins is the word: 今日零报告, 到今天
_OVER_DATES = frozenset(("cum", "plan", "zero", "past", "protected", "now", "total"))


@dataclass(slots=True)
class Quantity:
    """A number and its measure word as they stand in the text."""

    numeral: Numeral
    measure: str  # "" when none stands there
    approx: bool
    percent: bool = False
    ident: bool = False  # a telephone or document number, a rank: no quantity


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
    classes: frozenset[str] = NO_CLASSES  # of its word; none for a number or a date
    word: str = ""  # "" for a number or a date

    @property
    def quantity(self) -> Quantity:
        """Its number. Only to be asked of a token of kind NUMBER."""
        assert self.number is not None
        return self.number

    @property
    def measure(self) -> str:
        """The measure word of its number. Only to be asked of a token of kind NUMBER."""
        assert self.number is not None
        return self.number.measure


class Tokeniser:
    """Cuts texts into tokens with the words of one lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        words = "|".join(re.escape(word) for word in lexicon.measures if word)
        self.measure = re.compile(rf" ?(?:{words})")
        self.unit = re.compile(rf"[(] ?(?:单位:?)?([万亿千百]*)({words}) ?[)]")

    def cut(self, text: str, pairs: bool = False) -> list[Token]:
        """Return the tokens of a levelled text in order, not overlapping. pairs: 3/25 is two figures, no day."""
        tokens = self._parted(_Cutter(self.measure, text, self.lexicon, pairs).cut())
        return self._with_units(tokens, text) if "(" in text else tokens

    def _parted(self, tokens: list[Token]) -> list[Token]:
        """Take a noun for two where a number counts the first and one behind it the second: 搞了一场宣传资料发了700."""
        known = self.lexicon.pairs
        for index in [at for at, token in enumerate(tokens) if token.word in known]:
            before, noun, (first, second) = tokens[index - 1], tokens[index], known[tokens[index].word]
            if index == 0 or before.kind != NUMBER or not before.measure or noun.gap or noun.entry is None:
                continue
            behind = next((token.kind for token in tokens[index + 1 : index + 4] if token.kind != WORD), MARK)
            if behind == NUMBER and not self._fits(noun.entry, before) and self._fits(first, before):
                cut = noun.start + len(first.word)
                tokens[index] = _word_token(WORD, noun.start, cut, first)
                tokens.insert(index + 1, _word_token(WORD, cut, noun.end, second))
                break
        return tokens

    def _fits(self, entry: Entry, number: Token) -> bool:
        return any(number.measure in self.lexicon.fits[key] for key, _ in entry.targets)

    def _with_units(self, tokens: list[Token], text: str) -> list[Token]:
        """Give a unit in brackets to the bare number behind it, on the same line: 短信(万条):2.5, 手册(本) 120."""
        starts = [token.start for token in tokens]
        gone: set[int] = set()
        for match in self.unit.finditer(text):
            first, last = bisect_left(starts, match.start()), bisect_left(starts, match.end())
            at = last + 1 if last < len(tokens) and tokens[last].word == ":" else last
            behind = tokens[at] if at < len(tokens) else None
            if behind is None or behind.kind != NUMBER or behind.measure or tokens[first].gap:
                continue
            if text[match.end() : behind.start].strip(" :"):
                continue
            quantity = behind.quantity
            quantity.measure = match[2]
            if quantity.numeral.value is not None and not quantity.numeral.scaled:
                for char in match[1]:
                    quantity.numeral.value *= BIG.get(char, UNITS.get(char, 1))
            gone.update(range(first, last))
        return [token for index, token in enumerate(tokens) if index not in gone]


class _Cutter:
    """One text being cut: words, numerals and dates merged, the one that begins first winning."""

    def __init__(self, measure: re.Pattern[str], text: str, lexicon: Lexicon, pairs: bool) -> None:
        self.measure = measure
        self.pairs = pairs
        self.text = text
        self.lexicon = lexicon
        self.words: list[tuple[int, int, Entry]] = [
            (end - len(entry.word) + 1, end + 1, entry) for end, entry in lexicon.automaton.iter_long(text)
        ]
        size = len(text)  # also ends each of the lists of starts, so that no loop need look for their ends
        self.word_starts = [word[0] for word in self.words]
        self.word_starts.append(size)
        self.numerals = scan(text)
        self.days = [day for day in find(text) if not (pairs and day.kind == "slash")]
        self.numeral_starts = [numeral.start for numeral in self.numerals]
        self.numeral_starts.append(size)
        self.day_starts = [day.start for day in self.days]
        self.day_starts.append(size)
        self.word_at = self.numeral_at = self.day_at = 0  # next of each

    def cut(self) -> list[Token]:
        tokens: list[Token] = []
        at = 0
        while True:
            word = self.word_starts[self.word_at]
            if word < self.numeral_starts[self.numeral_at] and word < self.day_starts[self.day_at]:
                token = self._word()  # most of them; said here, since each token pays for the asking
            else:
                other = self._next()
                if other is None:
                    return tokens
                token = other
            if token.start < at or token.end == token.start:
                continue
            if token.start > at:
                token.gap = sum(1 for char in self.text[at : token.start] if char not in _NEUTRAL)
            at = token.end
            tokens.append(token)
            self._pass(at)

    def _next(self) -> Token | None:
        """Return the next token; an empty one where a numeral turns out to be none; None at the end."""
        word = self.word_starts[self.word_at]
        numeral = self.numeral_starts[self.numeral_at]
        day = self.day_starts[self.day_at]
        if word == numeral == day == self.word_starts[-1]:
            return None
        if day <= word and day <= numeral:
            return self._day(word)
        if numeral < word or (numeral == word and not self._is_word()):
            return self._number()
        return self._word()

    def _pass(self, at: int) -> None:
        """Leave behind what begins inside the token just cut."""
        while self.word_starts[self.word_at] < at:
            self.word_at += 1
            if self.words[self.word_at - 1][1] > at:
                self._look_again(at)
        while self.numeral_starts[self.numeral_at] < at:
            self.numeral_at += 1
        while self.day_starts[self.day_at] < at:
            self.day_at += 1

    def _look_again(self, at: int) -> None:
        """Find the words that one left behind had hidden: 一百个人手册发了90本 holds 人手 and 手册."""
        stretch = self.text[at : self.word_starts[self.word_at]]
        hidden = [
            (at + end - len(entry.word) + 1, at + end + 1, entry)
            for end, entry in self.lexicon.automaton.iter_long(stretch)
        ]
        self.words[self.word_at : self.word_at] = hidden
        self.word_starts[self.word_at : self.word_at] = [word[0] for word in hidden]

    def _word(self) -> Token:
        start, end, entry = self.words[self.word_at]
        self.word_at += 1
        classes = entry.classes
        return Token(MARK if "mark" in classes else WORD, start, end, entry, None, None, 0, classes, entry.word)

    def _day(self, word: int) -> Token:
        when = self.days[self.day_at]
        self.day_at += 1
        if word == when.start:
            _, end, entry = self.words[self.word_at]
            longer = end > when.end or (end == when.end and "total" in entry.classes)  # 全天
            if longer and entry.classes & _OVER_DATES:
                return _word_token(WORD, word, end, entry)
        return Token(DAY, when.start, when.end, when=when)

    def _is_word(self) -> bool:
        """Whether a word that begins with a numeral is the word: longer (一封信), or a name (五一社区)."""
        _, end, entry = self.words[self.word_at]
        numeral = self.numerals[self.numeral_at]
        if entry.word == "一次" and self.text[end : end + 1] in _ENDS and self._names(numeral):
            return False  # 召开通气会一次; but 一次发500
        if "ignore" in entry.classes:
            return end > numeral.end or not self._is_figure(numeral, end)
        if end != numeral.end or "protected" not in entry.classes:
            return end > numeral.end
        counts = self._names(numeral) and self.text[end : end + 1] in _ENDS  # 横幅十一
        return not counts and not self._measure(end)[1]

    def _is_figure(self, numeral: Numeral, end: int) -> bool:
        """Whether the digits of a hotline are a figure here: 手册10000本, 手册10000余, 手册10000; but 拨打10000."""
        if numeral.end > end or self._measure(end)[1]:
            return True
        is_round = numeral.value is not None and not numeral.value % 1_000
        return is_round and self.text[end : end + 1] in _ENDS and not _CALLED.search(self.text, 0, numeral.start)

    def _number(self) -> Token:
        numeral = self.numerals[self.numeral_at]
        self.numeral_at += 1
        end, measure = self._measure(numeral.end)
        if numeral.han:
            spread_out(numeral, self.text)
        if not measure and numeral.han and numeral.end - numeral.start == 1 and not self._stands_alone(numeral):
            return Token(NUMBER, numeral.start, numeral.start)
        end, measure = self._spaced(numeral, *self._range(numeral, *self._sum(numeral, end, measure)))
        approx = numeral.approx
        after = _AFTER.match(self.text, end)
        if after and not (measure == "" and after[0].strip() == "多"):
            approx, end = True, after.end()
            if not measure:
                end, measure = self._measure(end)
        elif not measure and _PLUS.match(self.text, numeral.end):
            approx = True
        beside = self.pairs and self.text[numeral.start - 1 : numeral.start] == "/"
        share = self.text.startswith("分之", numeral.end) or self.text.endswith("分之", 0, numeral.start)
        percent = share or self.text[end : end + 1] in ("%", "‰") or measure == "%"
        ident = not beside and is_ident(self.text, numeral, measure, self._names(numeral))
        quantity = Quantity(numeral, measure, approx, percent, ident)
        return Token(NUMBER, numeral.start, end, number=quantity)

    def _sum(self, numeral: Numeral, end: int, measure: str) -> tuple[int, str]:
        """Take in the further terms of 3+5本. Without a measure word after the last they are the cells of a line:
        60+2.
        """
        headed = numeral.start > 0 and self.text[numeral.start - 1] == "+"
        if measure or headed:
            return end, measure
        terms, at = [numeral], self.numeral_at
        while (
            len(terms) <= _TERMS
            and at < len(self.numerals)
            and self.text[terms[-1].end : self.numerals[at].start] == "+"
        ):
            terms.append(self.numerals[at])
            at += 1
        stop, own = self._measure(terms[-1].end)
        if not 1 < len(terms) <= _TERMS or not own or any(term.value is None or term.han for term in terms):
            return end, measure
        self.numeral_at = at
        numeral.value = sum((term.value for term in terms if term.value is not None), Decimal(0))
        numeral.end = terms[-1].end
        return stop, own

    def _spaced(self, numeral: Numeral, end: int, measure: str) -> tuple[int, str]:
        """Take 手册12 500册 for one number of which it is not sure what it says."""
        if measure or numeral.han or numeral.scaled or end - numeral.start > 3 or not self._names(numeral):
            return end, measure
        group = _GROUP.match(self.text, end)
        stop, own = self._measure(group.end()) if group else (end, "")
        if not own or self.text[stop : stop + 1] not in _ENDS:
            return end, measure
        self.numeral_at += 1
        numeral.shape, numeral.value, numeral.end = Shape.VAGUE, None, stop - len(own)
        return stop, own

    def _range(self, numeral: Numeral, end: int, measure: str) -> tuple[int, str]:
        """Take in the upper end of 300到400, 6-8条."""
        if self.numeral_at >= len(self.numerals) or numeral.shape is not Shape.EXACT or numeral.value is None:
            return end, measure
        upper = self.numerals[self.numeral_at]
        if upper.value is None or upper.value <= numeral.value or not self._joined(numeral, end, upper):
            return end, measure
        self.numeral_at += 1
        numeral.shape, numeral.upper, numeral.end = Shape.RANGE, upper.value, upper.end
        end, own = self._measure(upper.end)
        return end, own or measure

    def _names(self, numeral: Numeral) -> bool:
        """Whether the word right before a number is one of the lexicon: APP12 is no name, A4 is."""
        return self.word_at > 0 and self.words[self.word_at - 1][1] == numeral.start

    def _joined(self, lower: Numeral, end: int, upper: Numeral) -> bool:
        if lower.approx and lower.han and end == upper.start:
            return True  # 十几二十条
        return _RANGE.fullmatch(self.text, end, upper.start) is not None

    def _measure(self, at: int) -> tuple[int, str]:
        """Return where the measure word at a place ends, and the word; a longer word that begins there is none
        (8条幅, 5场所).
        """
        match = self.measure.match(self.text, at)
        if match is None:
            return at, ""
        measure = match[0].strip()
        if len(measure) == 1:
            start = match.end() - 1
            position = bisect_left(self.word_starts, start, lo=self.word_at)
            if (
                position < len(self.words)
                and self.word_starts[position] == start
                and self.words[position][1] > match.end()
            ):
                return at, ""
        return match.end(), measure

    def _stands_alone(self, numeral: Numeral) -> bool:
        """Whether a lone Chinese digit without a measure may be a number: 横幅三, but not 一, nor the name 李四."""
        if numeral.value == 1 or self.text[numeral.end : numeral.end + 1] not in _ENDS:
            return False
        before = self.text[numeral.start - 1 : numeral.start]
        return self._names(numeral) or not "\u4e00" <= before <= "\u9fff"


def _word_token(kind: int, start: int, end: int, entry: Entry) -> Token:
    return Token(kind, start, end, entry, classes=entry.classes, word=entry.word)
