"""Which numbers of a text are only named to be replaced: 不是50条是15条, 由2600更正为2060, 把120写成了210.

Called by reader.py before the sentences are read. Source: corpus rule 15.
"""

from __future__ import annotations

from itertools import pairwise

from handlers.reading.tokens import MARK, NUMBER, Token

TELLING = frozenset(("to", "wrong", "swap", "isnot", "is", "from", "rise"))
_LINKS = frozenset(("是", "为", "的", "都是", "也是"))  # between a number and what it is called
_REACH = 60  # tokens between a wrong number and the right one


def replaced(tokens: list[Token]) -> dict[int, int]:
    """Return start of a wrong number -> start of the number that replaces it, both in the levelled text.

    Costs time; only to be asked of tokens with a class of TELLING.
    """
    numbers = [index for index, token in enumerate(tokens) if token.kind == NUMBER]
    wrong: dict[int, int] = {}
    for first, second in pairwise(numbers):
        pair = _pair(tokens, first, second) if second - first < _REACH else None
        if pair is not None:
            wrong[pair[0]] = pair[1]
    for first, second, third in zip(numbers, numbers[1:], numbers[2:], strict=False):
        if third - first < _REACH and _grown(tokens, first, second, third):
            wrong[first], wrong[third] = first, third
    for index in numbers:
        if tokens[index].start not in wrong and _is_mistake(tokens, index) and index not in wrong:
            wrong[index] = index
    if any("to" in token.classes for token in tokens):
        taken = wrong.keys() | set(wrong.values())
        for index in numbers:
            if index not in taken and "from" in _classes(tokens, max(0, index - 4), index):
                wrong[index] = index  # 请改为153，原来153+150重复了
    return {tokens[old].start: tokens[new].start for old, new in wrong.items()}


def _pair(tokens: list[Token], first: int, second: int) -> tuple[int, int] | None:
    """Return (wrong, right) of two numbers that follow each other, or None when neither replaces the other."""
    if tokens[first].quantity.percent or tokens[second].quantity.percent:
        return None
    between = _classes(tokens, first + 1, second)
    before = _classes(tokens, max(0, first - 4), first)
    just_before = _classes(tokens, max(first + 1, second - 2), second)
    words_before = {token.word for token in tokens[max(0, first - 2) : first]}
    words_between = {token.word for token in tokens[first + 1 : second]}
    denied = "isnot" in just_before and "is" not in tokens[second - 1].classes  # 是12.8万，不是1.28万
    said = (
        between & {"to", "wrong"} or ("isnot" in before and "is" in between) or ("from" in before and "rise" in between)
    )
    said = said or bool({"原", "原来", "原报"} & words_before and {"现", "现在", "今"} & words_between)  # 原450 现540
    said = said or (tokens[second - 1].word == "是" and second - first == 2 and bool({"不到", "不足"} & words_before))
    mistaken = "from" in between and "wrong" in _classes(tokens, second + 1, second + 3)  # 之前报的4.2万条有误
    denied = denied or (mistaken and not said)
    if not (denied or "swap" in between or said) or _other_noun(tokens, first, second):
        return None
    return (second, first) if denied or "swap" in between else (first, second)


def _is_mistake(tokens: list[Token], index: int) -> bool:
    """Whether a clause ends by calling its number a mistake: 早上发的折页460是笔误."""
    for at in range(index + 1, min(index + 4, len(tokens))):
        token = tokens[at]
        if token.gap or token.kind == NUMBER:
            return False
        if "wrong" in token.classes:
            return at + 1 == len(tokens) or tokens[at + 1].kind == MARK or tokens[at + 1].word in ("了", "的")
        if token.word not in _LINKS:
            return False
    return False


def _grown(tokens: list[Token], first: int, second: int, third: int) -> bool:
    """Whether the second number is what came to the first and makes the third: 横幅原来8条，今天加挂4条，现在12条."""
    if "from" not in _classes(tokens, max(0, first - 3), first):
        return False
    old, new, all_of_it = (tokens[at].quantity for at in (first, second, third))
    if old.numeral.value is None or new.numeral.value is None or all_of_it.numeral.value is None:
        return False
    adds_up = old.numeral.value + new.numeral.value == all_of_it.numeral.value
    return adds_up and old.measure == new.measure == all_of_it.measure


def _other_noun(tokens: list[Token], first: int, second: int) -> bool:
    """Whether the second number has a noun of its own that is not the first one's."""
    between = {
        target for token in tokens[first + 1 : second] if token.entry is not None for target in token.entry.targets
    }
    before: set[object] = set()
    for token in reversed(tokens[max(0, first - _REACH) : first]):
        if token.kind == NUMBER:
            break
        if token.entry is not None:
            before.update(token.entry.targets)
    return bool(between and before and not between & before)


def _classes(tokens: list[Token], start: int, end: int) -> set[str]:
    """Classes of the words in a stretch, after the last number in it."""
    found: set[str] = set()
    for token in tokens[start:end]:
        if token.kind == NUMBER:
            found.clear()
        found |= token.classes
    return found
