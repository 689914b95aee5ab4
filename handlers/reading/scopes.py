"""What governs a number beside its noun: running total, day, plan, somebody else's, part of a total, each.

Walks the tokens of one sentence once and notes for each number the state at its place. Called by sentences.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from handlers.reading.dates import VAGUE_DAYS, When
from handlers.reading.tokens import DAY, MARK, NUMBER, Token

VETOES = ("plan", "past", "other", "stock", "crime", "notown", "undo")  # what makes a number nobody's figure here


@dataclass(frozen=True, slots=True)
class Scope:
    """The state at one number."""

    cum: bool = False
    when: When | None = None
    veto: str = ""  # a class of grammar.py that says why this number is not to be entered
    total: bool = False
    part: bool = False
    paren: bool = False
    daily: bool = False  # 一天播六遍: dropped where the total stands beside it
    each: bool = False  # every one of some: 每天3遍
    all: bool = False  # 各
    pair: bool = False  # 分别
    gain: bool = False
    printed: bool = False
    made: bool = False
    handed: bool = False  # a word of handing out after a word of printing
    like: bool = False
    accord: bool = False  # 按照 ... 要求: the plan is only what one goes by


@dataclass(slots=True)
class Frame:
    """What a heading or an earlier sentence leaves to the next one."""

    cum: bool = False
    when: When | None = None
    veto: str = ""
    part: bool = False


_HANDED = frozenset(
    [
        "发放",
        "派发",
        "分发",
        "散发",
        "发出",
        "发送",
        "发了",
        "发",
        "送出",
        "送达",
        "送",
        "赠送",
        "赠",
        "张贴",
        "贴出",
        "贴",
        "悬挂",
        "挂出",
        "挂起",
        "挂",
        "摆放",
        "投放",
        "摆",
        "用",
    ]
)
_AS_OF = ("截至", "截止")


def scopes(tokens: list[Token], text: str, frame: Frame) -> dict[int, Scope]:
    """Return the scope at each number of a sentence, by token index. Source: corpus rules 1, 2, 7, 8, 11, 13."""
    state = Scope(cum=frame.cum, when=frame.when, veto=frame.veto, part=frame.part)
    found: dict[int, Scope] = {}
    outer, counted = state, 0
    for index, token in enumerate(tokens):
        if token.kind == NUMBER:
            found[index] = state
            if state.all or state.pair:
                continue
            state = replace(state, gain=False, like=False, daily=False)
        elif token.kind == MARK:
            mark = text[token.start]
            if mark in "([":
                counted = len(found)
                outer, state = state, replace(state, paren=mark == "(", each=False)
            elif mark in ")]":
                inner, state = state, outer if mark == ")" else replace(state, paren=False)
                if mark == ")" and len(found) == counted:  # 手册(累计)5200: the bracket speaks of what follows
                    state = replace(state, cum=inner.cum, when=inner.when)
            elif mark in ",:|\t;":
                veto = "" if state.veto in ("crime", "stock") else state.veto
                if mark == ";":
                    state = replace(state, total=False, part=frame.part, printed=False)
                state = replace(
                    state,
                    each=False,
                    gain=False,
                    all=False,
                    pair=False,
                    veto=veto or frame.veto,
                    like=False,
                    accord=False,
                )
        elif token.kind == DAY:
            state = _at_day(state, token, tokens, index)
        elif token.entry is not None:
            state = _at_word(state, token, tokens, index, frame)
    return found


def _at_day(state: Scope, token: Token, tokens: list[Token], index: int) -> Scope:
    assert token.when is not None
    if token.when.kind == "clock" or token.when.kind == "year" or token.when.text in VAGUE_DAYS:
        return state
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if (
        following is not None
        and following.entry is not None
        and following.entry.word in ("以来", "起")
        and following.gap == 0
    ):
        return state
    before = tokens[index - 1] if index else None
    if before is not None and before.entry is not None and before.entry.word in _AS_OF:
        return replace(state, when=token.when)
    if token.when.text.startswith("上") and token.when.kind == "rel":
        return replace(state, when=token.when, cum=False)
    veto = "" if state.veto in ("past", "other", "plan") and token.when.text.startswith("今") else state.veto
    return replace(state, when=token.when, cum=False, veto=veto)


ORDERS = frozenset(["计划", "要求", "目标", "任务", "指标"])


def _ordered(word: str, tokens: list[Token], index: int) -> str:
    """计划, 要求 govern what follows them; before a comma they only name a paper."""
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if (
        word not in ORDERS
        or following is None
        or (following.kind == MARK and following.entry is not None and following.entry.word == ",")
    ):
        return ""
    return "plan"


def _at_word(state: Scope, token: Token, tokens: list[Token], index: int, frame: Frame) -> Scope:
    assert token.entry is not None
    classes, word = token.entry.classes, token.entry.word
    if not classes:
        return state
    if "cum" in classes:
        keep = state.when if state.when is frame.when and word in _AS_OF else None
        return replace(state, cum=True, when=keep if word != "累计" else None, total=False)
    if "now" in classes:
        return replace(state, cum=False, gain="gain" in classes)
    if "total" in classes:
        return replace(state, total=True, part=False, each=False)
    if "part" in classes:
        return replace(state, part=True, total=False)
    if "daily" in classes:
        return replace(state, daily=True)
    if "each" in classes:
        return replace(state, each=True)
    if "all" in classes:
        return replace(state, all=True)
    if "pair" in classes:
        return replace(state, pair=True)
    if "accord" in classes:
        return replace(state, accord=True)
    if "order" in classes:
        return state if state.accord else replace(state, veto=state.veto or _ordered(word, tokens, index))
    if "ours" in classes:
        return replace(state, veto=frame.veto) if state.veto == "other" else state
    if "gain" in classes:
        return replace(state, gain=True)
    if "like" in classes:
        return replace(state, like=True)
    if "printed" in classes:
        return replace(state, printed=True, handed=False)
    if (state.printed or state.made) and word in _HANDED:
        return replace(state, printed=False, made=False, handed=True)
    if "made" in classes:
        return replace(state, made=True, handed=False)
    if "done" in classes:
        return replace(state, veto=frame.veto) if state.veto in ("plan", "past") else state
    for veto in VETOES:
        if veto in classes:
            if veto in ("crime", "stock") and state.veto:
                return state
            return replace(state, veto=veto)
    return state
