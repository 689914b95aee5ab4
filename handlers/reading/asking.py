"""Which stretch of a sentence asks something, so that its numbers are not entered. Called by sentences.py.

Source: corpus rule 16; how far a question reaches was decided by us 2026-11-24.
"""

from __future__ import annotations

from bisect import bisect_left

from handlers.reading.tokens import MARK, NUMBER, Token

ASKING = frozenset(("ask", "askend", "neg"))  # classes without which nothing is asked but by a question mark
_CLAUSE = 12  # tokens before 没有 in which 有 makes it a question


def question_spans(tokens: list[Token], ends: list[int], mark: bool, alone: bool) -> list[tuple[int, int]]:
    """Return half-open spans of token indices.

    ends: where clauses end. mark: the sentence ends in a question mark, which asks back to the last semicolon. A
    question word asks
    from its clause on; in a message of one sentence (alone) all of it: 昨天那个横幅十五条，你录上没有啊.
    """
    spans, start = [], 0
    for end in [*(index for index in ends if tokens[index].word == ";"), len(tokens)]:
        asking = next((index for index in range(start, end) if _asks(tokens, index)), None)
        if mark and end == len(tokens):
            spans.append((start, end + 1))
        elif asking is not None:
            before = bisect_left(ends, asking)
            clause = ends[before - 1] + 1 if before and ends[before - 1] >= start else start
            spans.append((start if alone else clause, end + 1))
        start = end + 1
    return spans


def _asks(tokens: list[Token], index: int) -> bool:
    classes = tokens[index].classes
    if "ask" in classes:
        return not _still(tokens, index)
    whether = tokens[index].word == "没有" and any(t.word.endswith("有") for t in _clause_before(tokens, index))
    said = tokens[index].word == "没" and index > 0 and tokens[index - 1].word[-1:] in ("上", "了", "过", "完", "到")
    said = said or (tokens[index].word == "没" and index > 0 and tokens[index - 1].kind == NUMBER)  # 算上那2场没
    if "askend" not in classes and not whether and not said:  # 还有手册没有, 记上没
        return False
    after = tokens[index + 1] if index + 1 < len(tokens) else None  # 喂小刘吗帮我记一下 asks nothing
    return after is None or (after.kind == MARK and not after.gap)


def _still(tokens: list[Token], index: int) -> bool:
    """Whether 还是 only says that a figure stands: APP没错，还是52人."""
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if tokens[index].word == "还是" and index == 0 and not tokens[0].gap:
        return True  # 还是老规矩，手册50本
    if tokens[index].word != "还是" or after is None or after.kind != NUMBER or after.gap:
        return False
    return not any(token.kind == NUMBER or token.word == "是" for token in _clause_before(tokens, index))


def _clause_before(tokens: list[Token], index: int) -> list[Token]:
    begin = index
    while begin > 0 and index - begin < _CLAUSE and tokens[begin - 1].kind != MARK:
        begin -= 1
    return tokens[begin:index]
