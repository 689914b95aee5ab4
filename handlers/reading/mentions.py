"""The catalogue's nouns in one clause: where they stand and what each may mean there.

Called by binding.py, lines.py and tables.py. A dimension word (社区, 抖音) is a noun only beside a word that calls
for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from handlers.reading.grammar import AND
from handlers.reading.lexicon import Lexicon, Target
from handlers.reading.tokens import Token

_PASSING = ("的", "只", "才", "就", "也")  # may stand between a place and 去了


@dataclass(slots=True)
class Mention:
    """A noun of the catalogue at one place of a clause."""

    index: int  # of its token in the clause
    targets: tuple[Target, ...]
    weak: bool = False  # only a word that needs a place or platform beside it
    noun: bool = False  # of a weak one: it names the indicator itself (粉丝)
    place: bool = False  # a dimension word that another word calls for
    acts: bool = False  # a verb: 推送, 安装
    lean: bool = False  # a verb that names its indicator only where no noun before it fits: 播放


def mentions(tokens: list[Token], active: frozenset[str] = frozenset()) -> list[Mention]:
    """List the nouns of a clause in order.

    active: indicators whose places or platforms count as named, because a heading or an earlier figure called for them.
    """
    found: list[Mention] = []
    needed = set(active) | _called_for(tokens)
    for index, token in enumerate(tokens):
        entry = token.entry
        if entry is None or not (entry.targets or entry.parts or entry.needs):
            continue
        calls = bool(entry.needs) and (len(entry.word) > 1 or not token.gap)  # 搬进 is no 进
        if calls:
            _look_back(tokens, index, frozenset(entry.needs) - needed, found)
            needed.update(entry.needs)
        needed.update(target[0] for target in entry.targets if target[1] is not None)
        parts = tuple(target for target in entry.parts if target[0] in needed)
        if entry.targets:
            _add(found, index, token)
        elif parts:
            found.append(Mention(index, parts, place=True))
        elif calls:
            found.append(Mention(index, tuple((key, None) for key in entry.needs), weak=True, noun=entry.noun))
    return found


def _called_for(tokens: list[Token]) -> set[str]:
    """Indicators whose parts are named anywhere in the clause: a noun (粉丝) speaks for all of it, a verb only with
    分别.
    """
    calling = [entry for token in tokens if (entry := token.entry) is not None and entry.needs]
    paired = bool(calling) and any("pair" in token.classes for token in tokens)
    return {key for entry in calling if entry.noun or paired for key in entry.needs}


def _add(found: list[Mention], index: int, token: Token) -> None:
    if "generic" in token.classes and found and found[-1].index == index - 1 and not token.gap:
        return  # 讲座活动, 五进活动: the noun before it says what activity
    lean = "lean" in token.classes
    assert token.entry is not None
    found.append(Mention(index, token.entry.targets, acts=lean or "acts" in token.classes, lean=lean))


def _look_back(tokens: list[Token], index: int, keys: frozenset[str], found: list[Mention]) -> None:
    """Add the dimension words that stand right before the word that calls for them: 社区、学校走访."""
    earlier = []
    for at in range(index - 1, max(-1, index - 12), -1):
        entry = tokens[at].entry
        if entry is None or tokens[at + 1].gap or not (entry.parts or entry.word in AND or entry.word in _PASSING):
            break
        parts = tuple(target for target in entry.parts if target[0] in keys)
        if parts:
            earlier.append(Mention(at, parts, place=True))
    found.extend(reversed(earlier))


def factor_of(lexicon: Lexicon, target: Target, token: Token) -> Decimal | None:
    """Return the factor to base measure if the measure of a number fits the indicator, else None."""
    known = lexicon.fits[target[0]]
    quantity = token.quantity
    if quantity.measure:
        return known.get(quantity.measure)
    if quantity.numeral.scaled and target[0] in lexicon.bare:
        return known.get(lexicon.bare[target[0]])
    return Decimal(1)


def is_whole(lexicon: Lexicon, target: Target, value: Decimal) -> bool:
    """Whether a value can be one of an indicator: only money comes in fractions."""
    return target[0] in lexicon.bare or value == value.to_integral_value()


def fit(lexicon: Lexicon, targets: tuple[Target, ...], token: Token) -> tuple[Target, Decimal] | None:
    """Return the first of some targets whose indicator accepts the measure of a number, with the factor."""
    for key, part in targets:
        if key in lexicon.by and (key, part) not in lexicon.firms:  # the measure says which: 走村入户320户
            part = lexicon.measure_parts.get((key, token.measure), part)
        factor = factor_of(lexicon, (key, part), token)
        if factor is not None:
            return (key, part), factor
    return None
