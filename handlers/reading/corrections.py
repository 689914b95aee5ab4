"""Which numbers of a text are only named to be replaced: 不是50条是15条, 由2600更正为2060, 把120写成了210.

Called by reader.py before the sentences are read. Source: corpus rule 15.
"""

from __future__ import annotations

from handlers.reading.tokens import NUMBER, Token


def replaced(tokens: list[Token]) -> dict[int, int]:
    """Return position of a wrong number -> position of the number that replaces it, both as indices into tokens."""
    numbers = [index for index, token in enumerate(tokens) if token.kind == NUMBER]
    wrong: dict[int, int] = {}
    for first, second in zip(numbers, numbers[1:], strict=False):
        between = _classes(tokens, first + 1, second)
        before = _classes(tokens, max(0, first - 4), first)
        if _percent(tokens[first]) or _percent(tokens[second]) or _other_noun(tokens, first, second):
            continue
        near = _classes(tokens, max(first + 1, second - 2), second)
        if ("isnot" in near and "is" not in _classes(tokens, second - 1, second)) or "swap" in between:
            wrong[second] = first
        elif (
            between & {"to", "wrong"}
            or ("isnot" in before and "is" in between)
            or ("from" in before and "rise" in between)
        ):
            wrong[first] = second
    if any(token.entry is not None and "to" in token.entry.classes for token in tokens):
        for index in numbers:
            if (
                "from" in _classes(tokens, max(0, index - 2), index)
                and index not in wrong
                and index not in wrong.values()
            ):
                wrong[index] = index
    return wrong


def _percent(token: Token) -> bool:
    return token.number is not None and token.number.percent


def _other_noun(tokens: list[Token], first: int, second: int) -> bool:
    """Whether the second number has a noun of its own that is not the first one's."""
    between = {
        target for token in tokens[first + 1 : second] if token.entry is not None for target in token.entry.targets
    }
    before: set[object] = set()
    for token in reversed(tokens[:first]):
        if token.kind == NUMBER:
            break
        if token.entry is not None:
            before.update(token.entry.targets)
    return bool(between and before and not between & before)


def _classes(tokens: list[Token], start: int, end: int) -> set[str]:
    found: set[str] = set()
    for token in tokens[start:end]:
        if token.kind == NUMBER:
            found.clear()
        elif token.entry is not None:
            found |= token.entry.classes
    return found
