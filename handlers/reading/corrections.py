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
        if "swap" in between:
            wrong[second] = first
        elif "to" in between or "wrong" in between and "ours" not in between or ("isnot" in before and "is" in between):
            wrong[first] = second
    return wrong


def _classes(tokens: list[Token], start: int, end: int) -> set[str]:
    found: set[str] = set()
    for token in tokens[start:end]:
        if token.kind == NUMBER:
            found.clear()
        elif token.entry is not None:
            found |= token.entry.classes
    return found
