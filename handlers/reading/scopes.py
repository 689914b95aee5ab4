"""What governs a number beside its noun: running total, day, plan, somebody else's, part of a total, each.

Walks the tokens of one sentence once and notes for each number the state at its place. Called by sentences.py.
Source: corpus rules 1, 2, 7, 8, 11, 13.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from handlers.reading.around import (
    AS_OF,
    BRACKET,
    POINTS_BACK,
    ahead,
    contrasts,
    ends_taking_back,
    hour_of_today,
    is_item,
    is_weekday_of,
    left_with_them,
    of_their_bulletin,
    taken_back,
    was_done,
)
from handlers.reading.dates import VAGUE_DAYS, When
from handlers.reading.tokens import DAY, MARK, NUMBER, Token

_COMPARING = frozenset(("比", "较", "同比", "相比", "比起", "对比", "相较"))
_LEFT_OVER = frozenset(("还剩", "剩", "剩余", "剩下", "余下", "带回"))
# after a comma: what was planned came to less, or to nothing like it: 要发500份，因下雨只发出210份
_INDEED = re.compile(r"[^,;。:\n]{0,8}?(?:只[发挂贴开装办走送做]|只完成|实际|实到|结果|最终|最后)")
_NEEDS = frozenset(("缺", "还缺", "需", "需要", "需求"))
_PASSED = frozenset(("本周", "这周", "昨天", "昨日", "前天"))  # end a plan: 推到下周，本周发了8条
# vetoes that end with their clause and do not replace a stronger one
_WEAK = frozenset(("crime", "stock", "received", "over", "undone", "notown"))


@dataclass(slots=True)
class Scope:
    """The state at one number."""

    cum: bool = False  # a running total
    when: When | None = None
    veto: str = ""  # the class of grammar.txt that says why this number is not to be entered
    total: bool = False
    part: bool = False  # after 其中
    paren: bool = False
    daily: bool = False  # 一天播六遍: dropped where the total stands beside it
    each: bool = False  # of every one of several: 每天3遍
    all: bool = False  # after 各
    pair: bool = False  # after 分别
    gain: bool = False
    printed: bool = False
    made: bool = False
    handed: bool = False  # a word of using after one of printing or making
    like: bool = False
    accord: bool = False  # 按照 ... 要求: the order is only what one goes by

    def copy(self) -> Scope:
        """Return an equal scope. Written out, since copy.copy takes ten times as long and each number needs one."""
        return Scope(
            self.cum,
            self.when,
            self.veto,
            self.total,
            self.part,
            self.paren,
            self.daily,
            self.each,
            self.all,
            self.pair,
            self.gain,
            self.printed,
            self.made,
            self.handed,
            self.like,
            self.accord,
        )


@dataclass(slots=True)
class Frame:
    """What a heading leaves to the lines under it."""

    cum: bool = False
    when: When | None = None
    veto: str = ""
    part: bool = False
    pairs: tuple[bool, bool] | None = None  # of figures side by side (70/1930): which is the running total


def scopes(tokens: list[Token], text: str, frame: Frame) -> dict[int, Scope]:
    """Return the scope at each number of a sentence, by token index."""
    return _Walk(tokens, text, frame).walk()


class _Walk:
    """One walk over a sentence."""

    def __init__(self, tokens: list[Token], text: str, frame: Frame) -> None:
        self.tokens = tokens
        self.text = text
        self.frame = frame
        self.state = Scope(cum=frame.cum, when=frame.when, veto=frame.veto, part=frame.part)
        self.outer = self.state
        self.as_of: When | None = None  # the day after 截至: a running total keeps it
        self.needing = False  # 还缺手册200本，横幅3条
        self.due = -1  # the last token at which a number is what was due
        self.planned = 0  # numbers before the plan that is being told
        self.ordered = False  # a clause before was a plan or an order
        self.compares = False  # the past is only named to compare with
        self.counted = 0  # numbers before the bracket that is open
        self.found: dict[int, Scope] = {}

    def walk(self) -> dict[int, Scope]:
        if contrasts(self.tokens, self.text):
            self.state.veto = self.state.veto or "other"
        if taken_back(self.tokens, self.text):
            self.state.veto = "undo"
        for index, token in enumerate(self.tokens):
            if token.kind == NUMBER:
                scope = self.found[index] = self.state.copy()
                scope.veto = scope.veto or ahead(self.tokens, index, self.text)
                if index <= self.due:
                    scope.veto, self.due = scope.veto or "plan", -1  # 应到50人，实到48人
                if self.frame.pairs is not None:
                    self._pair(index)
                if not (self.state.all or self.state.pair):
                    self.state.gain = self.state.like = self.state.daily = False
            elif token.kind == MARK:
                self._mark(self.text[token.start], index)
            elif token.kind == DAY:
                self._day(token, index)
            elif token.entry is not None and token.entry.governs:
                self._word(token.entry.governs, token.word, index)
            elif token.word == "完成" and self.state.veto == "plan" and len(self.found) > self.planned:
                self.state.veto = self.frame.veto  # 计划200完成120
        return self.found

    def _leaves(self, index: int) -> None:
        """Ask how many of 500份资料还剩120份 were handed out, unless a word before says so."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        last = next(reversed(self.found), -1)
        if after is None or after.kind != NUMBER or last < 0 or self.tokens[last].measure != after.measure:
            return
        first = max(0, last - 40)
        begin = max((at for at in range(first, last) if self.tokens[at].kind == MARK), default=first - 1)
        handed = any(self.tokens[at].classes & {"handed", "done"} for at in range(begin + 1, index))
        if after.measure and not handed and not self.found[last].veto:
            self.found[last].veto = "over"

    def _pair(self, index: int) -> None:
        for first, second in ((index - 1, index), (index, index + 1)):
            pair = self.tokens[max(0, first) : second + 1]
            both = len(pair) == 2 and all(token.kind == NUMBER for token in pair)
            if both and self.text[pair[0].end : pair[1].start].strip() == "/":
                assert self.frame.pairs is not None
                self.found[index].cum = self.frame.pairs[index - first]
                return

    def _mark(self, mark: str, index: int) -> None:
        state = self.state
        if mark in "([":
            self.outer, self.counted = state, len(self.found)
            self.state = state.copy()
            self.state.paren, self.state.each = mark == "(", False
        elif mark == ")" and state.paren:
            if len(self.found) == self.counted:
                self._remark(state, index)
            self.state = self.outer
        elif mark == "]":
            state.paren = False
        elif mark in ",:|\t;":
            if mark == ";" and (state.veto == "undo" or (state.veto == "plan" and was_done(self.tokens, index))):
                state.veto = self.frame.veto
            if mark == ";":
                state.total, state.part, state.printed = False, self.frame.part, False
            if state.veto == "past" and (mark == ";" or self.compares):
                state.veto = ""  # what last year was ends there; 比去年的300场多 ends with its clause
            self.ordered = self.ordered or state.veto == "plan"
            state.each = state.daily = state.gain = state.all = state.pair = state.like = state.accord = False
            if mark == "," and state.veto == "plan" and _INDEED.match(self.text, self.tokens[index].end):
                state.veto = self.frame.veto  # 要发500份，只发了320份
            kept = state.veto == "stock" and self.needing and is_item(self.tokens, index)
            state.veto = ("" if state.veto in _WEAK and not kept else state.veto) or self.frame.veto

    def _remark(self, inner: Scope, index: int) -> None:
        """A bracket without figures speaks of the figures right before it (手册8册(5月10日)), else of what follows."""
        before = self.tokens[max(0, index - BRACKET) : index]
        opened = next((at for at in range(len(before) - 1, -1, -1) if before[at].word == "("), 0)
        behind = next((t for t in reversed(before[:opened]) if t.kind in (NUMBER, MARK)), None)
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if behind is None or behind.kind == MARK or not (after is None or after.kind == MARK):
            self.outer.cum, self.outer.when = inner.cum, inner.when  # 手册(累计)5200
            return
        scopes_before = list(self.found.values())
        if inner.veto == "plan" and not self.outer.veto:
            scopes_before[-1].veto = "plan"  # 手册300本(此数为预计)
        scopes_before[-1].cum = inner.cum
        for scope in scopes_before:
            if scope is scopes_before[-1] or (scope.when is self.frame.when and inner.when is not self.outer.when):
                scope.when = inner.when if scope.when is self.frame.when else scope.when

    def _day(self, token: Token, index: int) -> None:
        when, state = token.when, self.state
        assert when is not None
        if hour_of_today(self.tokens, index):
            state.cum = False
        if when.kind in ("clock", "year") or when.text in VAGUE_DAYS or is_weekday_of(self.tokens, index):
            return
        behind = self.text[token.end : token.end + 2]
        if behind.startswith(("以来", "起")):
            return
        if when.kind != "rel" and behind.startswith(("前", "之前", "以前")):
            state.veto = state.veto or "plan"  # 5月20日前: a deadline
            return
        as_of = index > 0 and self.tokens[index - 1].word in AS_OF
        state.when = when
        if as_of:
            self.as_of = when
            return
        state.cum = False
        told = state.veto != "plan" or self.ordered or len(self.found) > self.planned
        now = (told and when.text.startswith("今")) or (state.veto == "plan" and self.ordered and when.text in _PASSED)
        back = state.veto == "past" and when.text[0] in "本这"  # 微博 上月6.2万 本月6.5万
        if back or (state.veto in ("past", "other", "plan") and now):
            state.veto = ""

    def _word(self, governs: str, word: str, index: int) -> None:
        if governs == "past":
            named = self.compares and self.state.veto == "past"  # 较去年同期
            self.compares = (
                named
                or word[0] in _COMPARING
                or any(t.word in _COMPARING for t in self.tokens[max(0, index - 3) : index])
            )
        if governs == "undo" and ends_taking_back(self.tokens, index, self.text):
            return  # 刚才那条作废，手册300本
        if governs == "undone" and not index:
            if not POINTS_BACK.match(self.text, self.tokens[index].end):
                return  # 取消发布会1场: an order, or a report of it; the caller asks
            governs = "undo"
        if word == "留下" and left_with_them(self.tokens, index):
            governs = "handed"  # 走了60户，留下折页60份
        if governs == "stock":
            if word in _LEFT_OVER:
                self._leaves(index)
            self.needing = word in _NEEDS
            if word == "需要" and index + 1 < len(self.tokens) and self.tokens[index + 1].kind == NUMBER:
                governs = "plan"  # 需要6个志愿者，带手册400本
        if governs == "stock" and index and "people" in self.tokens[index - 1].classes:
            return  # 群众领取折页180份: it was handed out
        if governs in ("plan", "order"):
            self.planned = len(self.found)
        action = _ACTIONS.get(governs)
        if action is not None:
            action(self, word, index)
        elif not (governs in _WEAK and self.state.veto):
            self.state.veto = governs

    def cum(self, word: str, index: int) -> None:
        state = self.state
        state.cum, state.total = True, False
        framed = state.when is self.frame.when and word in AS_OF
        beside = index > 0 and self.tokens[index - 1].when is state.when and not self.tokens[index].gap  # 昨天累计
        state.when = state.when if framed or beside or state.when is self.as_of else None

    def now(self, word: str, index: int) -> None:
        self.state.cum, self.state.gain = False, "gain" in self.tokens[index].classes

    def total(self, word: str, index: int) -> None:
        self.state.total, self.state.part, self.state.each, self.state.all = True, False, False, False

    def part(self, word: str, index: int) -> None:
        self.state.part, self.state.total = True, False

    def all(self, word: str, index: int) -> None:
        """各 counts for each noun, unless it belongs to the word after it: 各社区, 各类."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        belongs = after is not None and after.entry is not None
        self.state.all = not (
            belongs
            and after is not None
            and (after.gap > 0 or after.classes & {"place", "people", "tail", "staff", "modifier"})
        )

    def order(self, word: str, index: int) -> None:
        """计划, 要求 govern what follows them; before a comma, or after 按照, they only name a paper."""
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if not (self.state.accord or self.state.veto or after is None or after.word == ","):
            self.state.veto = "crime" if "crime" in after.classes else "plan"  # 骗子要求转账15万

    def ours(self, word: str, index: int) -> None:
        if of_their_bulletin(self.tokens, index):
            return  # 省里通报，全省避免损失14亿
        if self.state.veto == "other" or (self.ordered and self.state.veto == "plan" and was_done(self.tokens, index)):
            self.state.veto = self.frame.veto  # 要求每村挂2条，我们村挂了3条

    def fix(self, word: str, index: int) -> None:
        if self.state.veto == "undo":
            self.state.veto = self.frame.veto

    def was_due(self, word: str, index: int) -> None:
        self.due = index + 2

    def done(self, word: str, index: int) -> None:
        if self.state.veto in ("plan", "past"):
            self.state.veto = self.frame.veto

    def printed(self, word: str, index: int) -> None:
        self.state.printed, self.state.handed = True, False

    def made(self, word: str, index: int) -> None:
        self.state.made, self.state.handed = True, False

    def handed(self, word: str, index: int) -> None:
        if self.state.printed or self.state.made:
            self.state.printed, self.state.made, self.state.handed = False, False, True
        if self.state.veto == "stock":
            self.state.veto = self.frame.veto  # 领了300册发了200册

    def flag(self, word: str, index: int) -> None:
        """Set the flag that the word's class is called after."""
        entry = self.tokens[index].entry
        assert entry is not None
        setattr(self.state, entry.governs, True)


_ACTIONS: dict[str, Callable[[_Walk, str, int], None]] = {
    "cum": _Walk.cum,
    "now": _Walk.now,
    "total": _Walk.total,
    "part": _Walk.part,
    "all": _Walk.all,
    "order": _Walk.order,
    "ours": _Walk.ours,
    "fix": _Walk.fix,
    "due": _Walk.was_due,
    "done": _Walk.done,
    "printed": _Walk.printed,
    "made": _Walk.made,
    "handed": _Walk.handed,
    **dict.fromkeys(("daily", "each", "pair", "accord", "gain", "like"), _Walk.flag),
}
