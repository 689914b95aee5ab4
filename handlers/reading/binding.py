"""Which noun a number counts: candidates to its left and right in one clause, judged by measure word, distance and what stands between.

Called by sentences.py with the tokens of one clause. Source: corpus rules 3 and 4; the rest is grammar of Chinese quantities:
"noun (verb) number measure" and "number measure (的) noun".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handlers.reading.lexicon import FREQUENCY, GENERIC, PERSONS, Lexicon, Target
from handlers.reading.tokens import MARK, NUMBER, WORD, Token

_THROUGH = frozenset(("fill", "verb", "about", "total", "now", "all", "pair", "cum", "gain", "part", "handed", "fix", "printed"))
_BLOCKS_RIGHT = frozenset(("verb", "staff", "place", "plan", "crime"))


@dataclass(slots=True)
class Mention:
    """A noun of the catalogue at one place of a clause."""

    index: int  # of its token in the clause
    targets: tuple[Target, ...]
    weak: bool = False  # only a word that needs a place or platform beside it
    acts: bool = False  # a verb: 推送, 安装


@dataclass(slots=True)
class Choice:
    """What a number was bound to, or why not."""

    target: Target | None
    reason: str
    factor: Decimal = Decimal(1)
    misfit: Target | None = None  # the adjacent noun whose measures do not hold this one
    mention: Mention | None = None


def mentions(tokens: list[Token], active: frozenset[str]) -> list[Mention]:
    """List the catalogue's nouns in a clause. active: indicators whose need word stands in a heading or topic."""
    found: list[Mention] = []
    needed = set(active)
    for token in tokens:
        if token.entry is not None and token.entry.needs:
            needed.update(token.entry.needs)
    for index, token in enumerate(tokens):
        entry = token.entry
        if entry is None:
            continue
        if entry.targets:
            found.append(Mention(index, entry.targets, acts="acts" in entry.classes))
            continue
        parts = tuple(target for target in entry.parts if target[0] in needed)
        if parts:
            found.append(Mention(index, parts))
        elif entry.needs:
            found.append(Mention(index, tuple((key, None) for key in entry.needs), weak=True))
    return found


def factor_of(lexicon: Lexicon, target: Target, token: Token) -> Decimal | None:
    """Return the factor to base measure if the number's measure fits the indicator, else None."""
    assert token.number is not None
    known = lexicon.fits[target[0]]
    measure = token.number.measure
    if measure:
        return known.get(measure)
    if token.number.numeral.scaled and target[0] in lexicon.bare:
        return known.get(lexicon.bare[target[0]])
    return Decimal(1)


class Binder:
    """Binds the numbers of one clause."""

    def __init__(self, lexicon: Lexicon, tokens: list[Token], active: frozenset[str]) -> None:
        self.lexicon = lexicon
        self.tokens = tokens
        self.mentions = mentions(tokens, active)
        self.taken: set[int] = set()  # token index of nouns already counted from their left

    def bind(self, index: int, previous: int, following: int) -> Choice:
        """Bind the number at a token index; previous and following are the indices of its neighbour numbers (or -1, len)."""
        left = self._left(index, previous)
        right = self._right(index, following)
        if left is not None and right is not None:
            chosen = right if self._prefer_right(index, left, right, following) else left
        else:
            chosen = left or right
        if chosen is not None:
            if chosen is right and chosen.mention is not None:
                self.taken.add(chosen.mention.index)
            return chosen
        return Choice(None, "no-noun", misfit=self._misfit(index, previous, following))

    def _fit(self, mention: Mention, index: int) -> tuple[Target, Decimal] | None:
        for target in mention.targets:
            factor = factor_of(self.lexicon, target, self.tokens[index])
            if factor is not None:
                return target, factor
        return None

    def _left(self, index: int, previous: int) -> Choice | None:
        best: Choice | None = None
        for mention in reversed(self.mentions):
            if mention.index >= index or mention.index in self.taken:
                continue
            if mention.index < previous:
                break
            fit = self._fit(mention, index)
            if fit is None or self._counts_other(mention.index, index):
                continue
            choice = Choice(fit[0], "left", fit[1], mention=mention)
            if not mention.weak:
                return choice
            best = best or choice
        return best

    def _counts_other(self, noun: int, index: int) -> bool:
        """Whether another thing is named between the noun and the number: 在展板旁设置咨询台6个."""
        measure = self.tokens[index].number.measure  # type: ignore[union-attr]  # a number token has a number
        unknown = 0
        verb = False
        thing = self.tokens[index].gap
        last = ""
        for token in self.tokens[noun + 1 : index]:
            unknown += token.gap
            thing = token.gap + (thing if not verb else 0)
            if token.entry is not None and not token.entry.targets:
                classes = token.entry.classes
                if "verb" in classes:
                    verb, thing = True, 0
                if classes & {"place", "staff", "drop", "rate", "like"} or ("people" in classes and measure not in PERSONS):
                    last = "other"
                elif not classes & {"fill", "about"}:
                    last = ""
        unknown += self.tokens[index].gap
        after_verb = self._unknown_after_verb(noun, index)
        if last == "other" and (measure in GENERIC or not measure):
            return True
        if measure in FREQUENCY:
            return False
        if not measure:
            return unknown > 0
        return after_verb >= 2

    def _unknown_after_verb(self, noun: int, index: int) -> int:
        count = 0
        verb = False
        for token in self.tokens[noun + 1 : index + 1]:
            if verb:
                count += token.gap
            if token.entry is not None and "verb" in token.entry.classes and not token.entry.targets:
                verb, count = True, 0
        return count if verb else 0

    def _right(self, index: int, following: int) -> Choice | None:
        quantity = self.tokens[index].number
        assert quantity is not None
        persons = quantity.measure in PERSONS
        unknown = 0
        for at in range(index + 1, min(following, len(self.tokens))):
            token = self.tokens[at]
            unknown += token.gap
            mention = next((m for m in self.mentions if m.index == at), None)
            if mention is not None:
                if unknown > self._room(quantity.measure):
                    return None
                fit = self._fit(mention, index)
                if fit is not None:
                    return Choice(fit[0], "right", fit[1], mention=mention)
                if not (token.entry is not None and token.entry.parts and not token.entry.targets):
                    return None
            if token.kind != WORD or token.entry is None:
                return None
            classes = token.entry.classes
            if persons and "people" in classes:
                continue
            if mention is None and (classes & _BLOCKS_RIGHT or not classes & {"fill", "modifier", "people"}) and not token.entry.parts:
                return None
            if "people" in classes:
                return None
        return None

    @staticmethod
    def _room(measure: str) -> int:
        """How many unknown characters may stand between a number and its noun: a measure that fits anything gives no hint."""
        if not measure:
            return 0
        if measure in PERSONS:
            return 4
        return 0 if measure in GENERIC else 6

    def _prefer_right(self, index: int, left: Choice, right: Choice, following: int) -> bool:
        assert left.mention is not None and right.mention is not None
        next_number = following < len(self.tokens)
        adjacent_left = self._adjacent(left.mention.index, index)
        if next_number and self._adjacent(right.mention.index, following) and adjacent_left:
            return False
        if left.mention.weak:
            return True
        near_right = right.mention.index == index + 1 and self.tokens[index + 1].gap == 0
        if left.mention.acts and not right.mention.acts and near_right:
            return True
        if not adjacent_left and near_right:
            return True
        measure = self.tokens[index].number.measure  # type: ignore[union-attr]  # a number token has a number
        return near_right and measure in GENERIC and measure not in FREQUENCY

    def _adjacent(self, noun: int, index: int) -> bool:
        if noun >= index:
            return False
        for token in self.tokens[noun + 1 : index + 1]:
            if token.gap or token.kind == MARK:
                return False
            if token.kind == WORD and token.entry is not None and not token.entry.classes & _THROUGH:
                return False
        return True

    def _misfit(self, index: int, previous: int, following: int) -> Target | None:
        for mention in reversed(self.mentions):
            if previous < mention.index < index and self._adjacent(mention.index, index):
                return mention.targets[0]
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if after is not None and after.entry is not None and after.gap == 0 and after.entry.targets and index + 1 < following:
            return after.entry.targets[0]
        return None
