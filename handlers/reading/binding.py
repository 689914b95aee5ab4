"""Which noun a number counts: candidates to its left and right in one clause, judged by measure word, distance and
what is between.

Called by sentences.py. Source: corpus rules 3 and 4; the rest is the grammar of Chinese quantities: "noun (verb)
number measure"
and "number measure (的) noun".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from handlers.reading.grammar import TRANSPARENT
from handlers.reading.lexicon import Lexicon, Target
from handlers.reading.measures import FREQUENCY, GENERIC, PERSONS
from handlers.reading.mentions import Mention, fit, mentions
from handlers.reading.tokens import MARK, WORD, Token

_BETWEEN = TRANSPARENT | {"handed", "modifier"}
_BLOCKS_RIGHT = frozenset(("verb", "staff", "plan", "crime"))
_OTHER_THING = frozenset(("place", "staff", "drop", "rate", "like"))
_FOR = frozenset(("给", "帮", "帮助", "替", "为"))
_REACH = 40  # tokens to the left of a number in which its noun is looked for: keeps the work linear
_ROOM = 6  # unknown characters that may stand between a number with a telling measure word and the noun after it
_ROOM_PERSONS = 4


@dataclass(slots=True)
class Choice:
    """What a number was bound to, or why not."""

    target: Target | None
    reason: str  # left, right, paired, carried, follows, measure; no-noun
    factor: Decimal = Decimal(1)
    misfit: Mention | None = None  # the adjacent noun whose measures do not hold this one
    mention: Mention | None = None


class Binder:
    """Binds the numbers of one clause."""

    def __init__(self, lexicon: Lexicon, tokens: list[Token], active: frozenset[str]) -> None:
        self.lexicon = lexicon
        self.tokens = tokens
        self.mentions = mentions(tokens, active)
        self.at = {mention.index: mention for mention in self.mentions}
        self.taken: set[int] = set()  # token index of nouns already counted from their left

    def bind(self, index: int, previous: int, following: int) -> Choice:
        """Bind the number at a token index.

        previous: index of the last number before it that has its noun, or -1. following: of the next number, or the
        length.
        """
        left = self._left(index, previous)
        right = self._right(index, following)
        if left is not None and right is not None:
            chosen: Choice | None = right if self._prefer_right(index, left, right, following) else left
        else:
            chosen = left or right
        if chosen is None and self.taken and self._beside(index, following) is None:
            chosen = self._left(index, previous, again=True)
        if chosen is None:
            return Choice(None, "no-noun", misfit=self._misfit(index, previous, following))
        if chosen is right and chosen.mention is not None:
            self.taken.add(chosen.mention.index)
        return chosen

    def before(self, index: int, previous: int = -1) -> Iterator[Mention]:
        """Yield the nouns before a token, nearest first, back to another token."""
        for at in range(index - 1, max(previous, index - _REACH) - 1, -1):
            if at in self.at:
                yield self.at[at]

    def adjacent(self, noun: int, index: int, people: bool = False) -> bool:
        """Whether nothing that could be counted stands between a noun and a number after it. people: they may."""
        if noun >= index or index - noun > _REACH:
            return False
        if people and self._taught(noun, index):
            return True
        for token in self.tokens[noun + 1 : index + 1]:
            if token.gap or token.kind == MARK:
                return False
            if (
                token.kind == WORD
                and not token.classes & _BETWEEN
                and not (token.entry is not None and token.entry.needs)
                and not (people and "people" in token.classes)
            ):
                return False
        return True

    def _taught(self, noun: int, index: int) -> bool:
        """Whether staff were the audience: 参训保安57人, 培训网格员120人."""
        if "taught" not in self.tokens[noun].classes or index - noun != 2 or self.tokens[index].measure not in PERSONS:
            return False
        return not (self.tokens[noun + 1].gap or self.tokens[index].gap) and "staff" in self.tokens[noun + 1].classes

    def _left(self, index: int, previous: int, again: bool = False) -> Choice | None:
        best: Choice | None = None
        if self._heads_place(index):
            return None
        attached = self._attached(index)
        for at in range(index - 1, max(previous, index - _REACH) - 1, -1):
            mention = self.at.get(at)  # as before() does, without its cost
            if mention is None:
                continue
            if (mention.index in self.taken and not again) or "trails" in self.tokens[mention.index].classes:
                continue
            fitting = fit(self.lexicon, mention.targets, self.tokens[index])
            if fitting is None or (attached and not self.adjacent(mention.index, index)):
                continue
            if not mention.weak and self._counts_other(mention.index, index):
                continue
            if best is not None and _firm_noun(best, mention):
                return best
            choice = Choice(fitting[0], "left", fitting[1], mention=mention)
            if not mention.weak and not (mention.lean and self.looks_back(index)):
                return self._taker(mention, index) or choice
            best = best or choice
        return best

    def _taker(self, noun: Mention, index: int) -> Choice | None:
        """Return the verb that a noun is only the object of: 省厅采用我市视频3条, 投稿短视频2条."""
        for at in range(noun.index - 1, max(-1, noun.index - 3), -1):
            token = self.tokens[at]
            if self.tokens[at + 1].gap:
                return None
            if "takes" in token.classes and at in self.at:
                fitting = fit(self.lexicon, self.at[at].targets, self.tokens[index])
                return Choice(fitting[0], "left", fitting[1], mention=self.at[at]) if fitting is not None else None
            if not token.classes & {"fill", "ours", "modifier"}:
                return None
        return None

    def looks_back(self, index: int) -> bool:
        """Whether 播放 may leave its number to an earlier noun: 大喇叭播放36次, but not 短视频播放12.8万."""
        quantity = self.tokens[index].quantity
        return bool(quantity.measure) or not quantity.numeral.scaled

    def _attached(self, index: int) -> bool:
        """Whether a number in a measure that fits anything runs straight on into a word of its own: 三个主题."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        measure = self.tokens[index].measure
        if after is None or after.kind != WORD or measure not in GENERIC or measure in FREQUENCY or measure in PERSONS:
            return False
        if after.start == self.tokens[index].end:
            return bool(after.classes & {"modifier", "people"}) and not (
                after.entry is not None and after.entry.targets
            )
        return after.gap > 1

    def _heads_place(self, index: int) -> bool:
        """Whether the number counts the place or the staff right after it: 8个影厅, 12家网点."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if after is None or after.start != self.tokens[index].end or after.entry is None or after.entry.targets:
            return False
        counted = self.tokens[index].measure in GENERIC and index + 1 not in self.at
        return counted and bool(after.classes & {"place", "staff", "tail"})

    def _counts_other(self, noun: int, index: int) -> bool:
        """Whether another thing is named between the noun and the number: 在展板旁设置咨询台6个."""
        measure = self.tokens[index].measure
        own_gap = self.tokens[index].gap
        if own_gap and any(token.word == "的" for token in self.tokens[max(noun + 1, index - 4) : index]):
            return True  # 印有标语的围腰500条
        if measure in PERSONS and not self._is_one(index) and own_gap <= _ROOM and self.adjacent(noun, index - 1):
            return False  # persons are counted, so the unknown word is who they are: 听课孕产妇67人
        if measure in GENERIC and measure not in FREQUENCY and own_gap > 1:
            return True
        if self.placed(noun, index) or self._taught(noun, index):
            return False
        other, unknown, after_verb = False, own_gap, -1
        for token in self.tokens[noun + 1 : index]:
            unknown += token.gap
            after_verb += token.gap if after_verb >= 0 else 0
            if token.entry is None or token.entry.targets:
                continue
            classes = token.classes
            if "verb" in classes:
                after_verb = 0
            if classes & _OTHER_THING or ("people" in classes and measure not in PERSONS and "trader" not in classes):
                other = True
            elif not classes & {"fill", "about"}:
                other = False
        if other and (measure in GENERIC or not measure):
            return True
        if measure in FREQUENCY:
            return False
        described = own_gap == 0 and "modifier" in self.tokens[index - 1].classes  # ATM机张贴风险提示61台
        return unknown > 0 if not measure else after_verb >= 0 and after_verb + own_gap >= 2 and not described

    def placed(self, noun: int, index: int) -> bool:
        """Whether what stands between is only where it was put up: 横幅挂在镇政府门口2条."""
        if noun + 2 >= index or self.tokens[noun + 2].word != "在":
            return False
        measure = self.tokens[index].measure
        return bool(measure) and measure not in GENERIC and "verb" in self.tokens[noun + 1].classes

    def _is_one(self, index: int) -> bool:
        numeral = self.tokens[index].quantity.numeral
        return numeral.han and numeral.value == 1  # 少看一位

    def _right(self, index: int, following: int) -> Choice | None:
        token = self.tokens[index]
        persons = token.measure in PERSONS
        # people who stand first in a clause are counted by what they did in the rest of it: 14个人来窗口咨询
        alone = persons and (self._served(index) or not (self.mentions and self.mentions[0].index < index))
        told = index - 2 if index > 1 and "total" in self.tokens[index - 1].classes else index - 1  # 网格员共124人参与
        helpers = persons and told >= 0 and not token.gap and self.tokens[told].classes & {"staff"}
        room = _room(token.measure)
        before = self.at.get(index - 1)
        if before is not None and before.weak and token.measure in GENERIC:
            room = _ROOM_PERSONS  # 跑了11家施工单位
        unknown = 0
        for at in range(index + 1, min(following, len(self.tokens), index + _REACH)):
            after = self.tokens[at]
            unknown += after.gap
            mention = self.at.get(at)
            if mention is not None:
                fitting = fit(self.lexicon, mention.targets, token)
                if unknown > room or (fitting is None and not self._passes(mention)):
                    return None
                if "leads" in after.classes or (helpers and after.word == "参与"):
                    return None  # 志愿者120人参与宣传
                if fitting is not None:
                    return Choice(fitting[0], "right", fitting[1], mention=mention)
            elif not _may_follow(after, token.measure, persons, alone):
                return None
        return None

    def _served(self, index: int) -> bool:
        """Whether the persons are those for whom something was done: 横幅挂了六条还给三十七个人装了APP."""
        return index > 0 and not self.tokens[index].gap and self.tokens[index - 1].word in _FOR

    def _passes(self, mention: Mention) -> bool:
        """Whether a noun that does not fit may only describe the one after it: 5条宣传标语, 3个社区讲座."""
        return mention.place or (mention.lean and "modifier" in self.tokens[mention.index].classes)

    def _prefer_right(self, index: int, left: Choice, right: Choice, following: int) -> bool:
        assert left.mention is not None
        assert right.mention is not None
        if left.mention.weak:
            return True
        adjacent_left = self.adjacent(left.mention.index, index)
        if following < len(self.tokens) and adjacent_left and self.adjacent(right.mention.index, following):
            return False
        near_right = right.mention.index == index + 1 and self.tokens[index + 1].gap == 0
        measure = self.tokens[index].measure
        telling = left.mention.acts and not right.mention.acts
        return near_right and (telling or not adjacent_left or (measure in GENERIC and measure not in FREQUENCY))

    def _misfit(self, index: int, previous: int, following: int) -> Mention | None:
        for mention in self.before(index, previous + 1):
            if mention.index in self.taken:
                continue
            people = self.tokens[index].measure in PERSONS  # 培训职工1380人次
            if "trails" in self.tokens[mention.index].classes:
                continue
            if not (mention.lean or mention.weak) and self.adjacent(mention.index, index, people):
                return mention
        return self._beside(index, following)

    def _beside(self, index: int, following: int) -> Mention | None:
        """Return the noun right behind a number."""
        after = self.at.get(index + 1)
        if (
            after is None
            or after.lean
            or after.weak
            or after.place
            or self.tokens[index + 1].gap
            or index + 1 >= following
            or fit(self.lexicon, after.targets, self.tokens[index]) is not None
        ):
            return None
        return after


def _firm_noun(best: Choice, earlier: Mention) -> bool:
    """公众号粉丝3600: 粉丝 is what is counted, though 公众号 is no platform of the campaign."""
    noun = best.mention is not None and best.mention.weak and best.mention.noun
    return noun and best.target is not None and earlier.targets[0][0] != best.target[0]


def _may_follow(after: Token, measure: str, persons: bool, alone: bool) -> bool:
    """Whether a word may stand between a number and the noun after it."""
    classes = after.classes
    if after.kind != WORD or after.entry is None:
        return False
    if persons:
        if "people" in classes or (alone and not classes & {"staff", "plan", "each"} and not after.entry.targets):
            return True
    elif "place" in classes and measure and measure not in GENERIC:
        return True
    if after.entry.parts:
        return True
    return not classes & _BLOCKS_RIGHT and bool(classes & {"fill", "modifier"})


def _room(measure: str) -> int:
    """How many unknown characters may stand between: a measure that fits anything gives no hint."""
    if not measure or (measure in GENERIC and measure not in PERSONS):
        return 0
    return _ROOM_PERSONS if measure in PERSONS else _ROOM
