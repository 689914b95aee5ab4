"""Which noun a number counts: candidates to its left and right in one clause, judged by measure word, distance and what stands between.

Called by sentences.py with the tokens of one clause. Source: corpus rules 3 and 4; the rest is grammar of Chinese quantities:
"noun (verb) number measure" and "number measure (的) noun".
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handlers.reading.lexicon import FREQUENCY, GENERIC, PERSONS, Lexicon, Target
from handlers.reading.tokens import MARK, WORD, Token

_THROUGH = frozenset(
    (
        "fill",
        "verb",
        "about",
        "total",
        "now",
        "all",
        "pair",
        "cum",
        "gain",
        "part",
        "handed",
        "printed",
        "fix",
        "to",
        "wrong",
        "is",
        "isnot",
        "swap",
        "rise",
        "from",
        "modifier",
        "done",
        "made",
    )
)
_BLOCKS_RIGHT = frozenset(("verb", "staff", "plan", "crime"))


@dataclass(slots=True)
class Mention:
    """A noun of the catalogue at one place of a clause."""

    index: int  # of its token in the clause
    targets: tuple[Target, ...]
    weak: bool = False  # only a word that needs a place or platform beside it
    acts: bool = False  # a verb: 推送, 安装
    place: bool = False  # a dimension word that an earlier word calls for
    lean: bool = False  # a verb that names its indicator only where no noun before it fits: 播放


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
    paired = any(token.entry is not None and "pair" in token.entry.classes for token in tokens)
    for token in tokens:
        # a noun (粉丝) speaks for the whole clause, a verb (走进) for what follows it
        if token.entry is not None and token.entry.needs and (paired or token.entry.noun):
            needed.update(token.entry.needs)
    for index, token in enumerate(tokens):
        entry = token.entry
        if entry is None:
            continue
        calls = bool(entry.needs) and (len(entry.word) > 1 or not token.gap)
        if calls:
            _look_back(tokens, index, frozenset(entry.needs) - needed, found)
            needed.update(entry.needs)
        needed.update(target[0] for target in entry.targets if target[1] is not None)
        if entry.targets:
            if "generic" in entry.classes and found and found[-1].index == index - 1 and not token.gap:
                continue  # 讲座活动, 五进活动: the noun before it says what activity
            lean = "lean" in entry.classes
            found.append(Mention(index, entry.targets, acts=lean or "acts" in entry.classes, lean=lean))
            continue
        parts = tuple(target for target in entry.parts if target[0] in needed)
        if parts:
            found.append(Mention(index, parts, place=True))
        elif calls:
            found.append(Mention(index, tuple((key, None) for key in entry.needs), weak=True))
    return found


def _look_back(tokens: list[Token], index: int, keys: frozenset[str], found: list[Mention]) -> None:
    """Add the dimension words that stand right before the word that calls for them: 抖音、快手粉丝."""
    earlier = []
    for at in range(index - 1, -1, -1):
        entry = tokens[at].entry
        if entry is None or tokens[at + 1].gap or not (entry.parts or entry.word in ("、", "和", "的")):
            break
        parts = tuple(target for target in entry.parts if target[0] in keys)
        if parts:
            earlier.append(Mention(at, parts))
    found.extend(reversed(earlier))


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
        if chosen is None and self.taken:
            chosen = self._left(index, previous, again=True)
        if chosen is not None:
            if chosen is right and chosen.mention is not None:
                self.taken.add(chosen.mention.index)
            return chosen
        return Choice(None, "no-noun", misfit=self._misfit(index, previous, following))

    def fit(self, mention: Mention, index: int) -> tuple[Target, Decimal] | None:
        for target in mention.targets:
            if target[1] is None and target[0] in self.lexicon.by:
                measure = self.tokens[index].number.measure  # type: ignore[union-attr]  # a number token has a number
                target = (target[0], self.lexicon.measure_parts.get((target[0], measure)))
            factor = factor_of(self.lexicon, target, self.tokens[index])
            if factor is not None:
                return target, factor
        return None

    def _left(self, index: int, previous: int, again: bool = False) -> Choice | None:
        best: Choice | None = None
        if self._heads_place(index):
            return None
        attached = self._attached(index)
        for mention in reversed(self.mentions):
            if mention.index >= index or (mention.index in self.taken and not again):
                continue
            if mention.index < previous:
                break
            fit = self.fit(mention, index)
            if fit is None or (attached and not self._adjacent(mention.index, index)):
                continue
            if not mention.weak and self._counts_other(mention.index, index):
                continue
            choice = Choice(fit[0], "left", fit[1], mention=mention)
            if not mention.weak and not mention.lean:
                return choice
            best = best or choice
        return best

    def _attached(self, index: int) -> bool:
        """Whether a number in a measure that fits anything runs straight on into a word of its own: 三个主题."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        measure = self.tokens[index].number.measure  # type: ignore[union-attr]  # a number token has a number
        if after is None or measure not in GENERIC or measure in FREQUENCY or measure in PERSONS:
            return False
        if after.kind == WORD and after.start == self.tokens[index].end and after.entry is not None:
            return bool(after.entry.classes & {"modifier", "people"}) and not after.entry.targets
        return after.gap > 1 and after.kind == WORD

    def _heads_place(self, index: int) -> bool:
        """Whether the number counts the place or the staff right after it: 8个影厅, 12家网点."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if after is None or after.start != self.tokens[index].end or after.entry is None or after.entry.targets:
            return False
        active = any(mention.index == index + 1 for mention in self.mentions)
        measure = self.tokens[index].number.measure  # type: ignore[union-attr]  # a number token has a number
        return measure in GENERIC and not active and bool(after.entry.classes & {"place", "staff"})

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
                if classes & {"place", "staff", "drop", "rate", "like"} or (
                    "people" in classes and measure not in PERSONS
                ):
                    last = "other"
                elif not classes & {"fill", "about"}:
                    last = ""
        unknown += self.tokens[index].gap
        if measure in GENERIC and measure not in FREQUENCY and self.tokens[index].gap > 1:
            return True
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
        # people who stand first in a clause are counted by what they did in the rest of it: 14个人来窗口咨询
        alone = persons and not any(mention.index < index for mention in self.mentions)
        unknown = 0
        for at in range(index + 1, min(following, len(self.tokens))):
            token = self.tokens[at]
            unknown += token.gap
            mention = next((m for m in self.mentions if m.index == at), None)
            if mention is not None:
                if unknown > self._room(quantity.measure):
                    return None
                fit = self.fit(mention, index)
                if fit is not None:
                    return Choice(fit[0], "right", fit[1], mention=mention)
                if mention.lean and token.entry is not None and "modifier" in token.entry.classes:
                    continue
                if not (token.entry is not None and token.entry.parts and not token.entry.targets):
                    return None
            if token.kind != WORD or token.entry is None:
                return None
            classes = token.entry.classes
            if persons and (
                "people" in classes or (alone and not classes & {"staff", "plan", "each"} and not token.entry.targets)
            ):
                continue
            if "place" in classes and quantity.measure and quantity.measure not in GENERIC:
                continue
            if (
                mention is None
                and (classes & _BLOCKS_RIGHT or not classes & {"fill", "modifier", "people"})
                and not token.entry.parts
            ):
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
        if left.mention.weak:
            return True
        next_number = following < len(self.tokens)
        adjacent_left = self._adjacent(left.mention.index, index)
        if next_number and self._adjacent(right.mention.index, following) and adjacent_left:
            return False
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
            if (
                token.kind == WORD
                and token.entry is not None
                and not token.entry.classes & _THROUGH
                and not token.entry.needs
            ):
                return False
        return True

    def _misfit(self, index: int, previous: int, following: int) -> Target | None:
        for mention in reversed(self.mentions):
            if (
                previous < mention.index < index
                and not (mention.lean or mention.weak)
                and self._adjacent(mention.index, index)
            ):
                return mention.targets[0]
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        lean = after is not None and after.entry is not None and "lean" in after.entry.classes
        if (
            after is not None
            and after.entry is not None
            and after.gap == 0
            and after.entry.targets
            and not lean
            and index + 1 < following
        ):
            return after.entry.targets[0]
        return None
