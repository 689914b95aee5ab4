"""What governs a number beside its noun: running total, day, plan, somebody else's, part of a total, each.

Walks the tokens of one sentence once and notes for each number the state at its place. Called by sentences.py.
Source: corpus rules 1, 2, 7, 8, 11, 13.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from handlers.reading.dates import VAGUE_DAYS, When
from handlers.reading.tokens import DAY, MARK, NUMBER, WORD, Token

_AS_OF = ("截至", "截止")
_COMPARING = frozenset(("比", "较", "同比", "相比", "比起", "对比", "相较"))
_CANCELLED = frozenset(("取消", "推迟", "延期", "改期", "暂缓", "停办"))
_NAME = 5  # unknown characters of the name of an org before 镇, 局 ...
_BUT = frozenset("才只还连")
_LEFT_OVER = frozenset(("还剩", "剩", "剩余", "剩下", "余下", "带回"))
_NEEDS = frozenset(("缺", "还缺", "需", "需要", "需求"))
_PASSED = frozenset(("本周", "这周", "昨天", "昨日", "前天"))  # end a plan: 推到下周，本周发了8条
_BRACKET = 12  # tokens of a bracket without figures
_WEAK = (
    "crime",
    "stock",
    "received",
    "over",
    "undone",
)  # vetoes that end with their clause and do not replace a stronger one


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


_TODAY = "今日|今天|当日|当天|本日|本周|本次|本期|新增"
_PAIRS = re.compile(rf"(?:{_TODAY})数? ?/ ?(?:累计|总计|总数)|(累计|总计|总数) ?/ ?(?:{_TODAY})")


def pairs_of(text: str) -> tuple[bool, bool] | None:
    """Return what a text says of its figures side by side (今日/累计): whether the first, the second is a total."""
    match = _PAIRS.search(text)
    return None if match is None else (match[1] is not None, match[1] is None)


def hour_of_today(tokens: list[Token], index: int) -> bool:
    """Whether 截至 an hour only says how late today's figures are: 今日(截至18:00)."""
    when = tokens[index].when
    as_of = index > 0 and tokens[index - 1].word in _AS_OF and when is not None and when.kind == "clock"
    return as_of and any(t.when is not None and t.when.text.startswith("今") for t in tokens[max(0, index - 4) : index])


def is_weekday_of(tokens: list[Token], index: int) -> bool:
    """Whether a weekday only says which one the day before it was: 5月16日 周日, 5月16日(周日)."""
    when = tokens[index].when
    before = [t.when for t in tokens[max(0, index - 2) : index] if t.kind == DAY and t.when is not None]
    named = when is not None and when.text.startswith(("周", "星期")) and not tokens[index].gap
    return named and bool(before) and before[-1].kind in ("day", "iso", "slash", "dot")


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
        self.planned = 0  # numbers before the plan that is being told
        self.ordered = False  # a clause before was a plan or an order
        self.compares = False  # the past is only named to compare with
        self.counted = 0  # numbers before the bracket that is open
        self.found: dict[int, Scope] = {}

    def walk(self) -> dict[int, Scope]:
        if self._contrasts():
            self.state.veto = self.state.veto or "other"
        for index, token in enumerate(self.tokens):
            if token.kind == NUMBER:
                self.found[index] = self.state.copy()
                self.found[index].veto = self.state.veto or self._ahead(index)
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
        last = max(self.found, default=-1)
        if after is None or after.kind != NUMBER or last < 0 or self.tokens[last].measure != after.measure:
            return
        begin = max((at for at in range(max(0, last - 40), last) if self.tokens[at].kind == MARK), default=-1)
        handed = any(self.tokens[at].classes & {"handed", "done"} for at in range(begin + 1, index))
        if after.measure and not handed and not self.found[last].veto:
            self.found[last].veto = "over"

    def _is_item(self, index: int) -> bool:
        """Whether the clause behind a mark is only a noun and its number."""
        clause = self.tokens[index + 1 : index + 3]
        ends = index + 3 >= len(self.tokens) or self.tokens[index + 3].kind == MARK
        return ends and len(clause) == 2 and clause[0].entry is not None and clause[1].kind == NUMBER

    def _contrasts(self) -> bool:
        """Whether a sentence begins with another org, to which ours is compared: 桥头镇入户3600户了，我们才2100户."""
        tokens = self.tokens
        if not (tokens and "tail" in tokens[0].classes and 0 < tokens[0].gap <= _NAME):
            return False
        ours = (token for token in tokens[1:] if "ours" in token.classes)
        return any(self.text[token.end : token.end + 1] in _BUT for token in ours)

    def _denied(self, at: int) -> bool:
        """Whether a clause ends by saying that its figure was not used: 300册还没发."""
        if "neg" not in self.tokens[at].classes:
            return False
        rest = self.tokens[at + 1 : at + 3]
        used = bool(rest) and not rest[0].gap and bool(rest[0].classes & {"handed", "verb"})
        return used and (len(rest) == 1 or rest[1].kind == MARK)

    def _pair(self, index: int) -> None:
        for first, second in ((index - 1, index), (index, index + 1)):
            pair = self.tokens[max(0, first) : second + 1]
            both = len(pair) == 2 and all(token.kind == NUMBER for token in pair)
            if both and self.text[pair[0].end : pair[1].start].strip() == "/":
                assert self.frame.pairs is not None
                self.found[index].cum = self.frame.pairs[index - first]
                return

    def _ahead(self, index: int) -> str:
        """Return the veto that the words right behind a number give it: 4500人的目标, 把海报140删了."""
        for at in range(index + 1, min(index + _BRACKET, len(self.tokens))):
            if self.tokens[at].kind in (MARK, NUMBER):
                break
            if self.tokens[at].word in _CANCELLED:
                return "plan"  # 原定2场讲座因下雨取消
            if self.tokens[at].word.endswith(("不了", "不上")) and "undone" in self.tokens[at].classes:
                return "undone"  # 还有三个手机太旧装不了
        for at in range(index + 1, min(index + 4, len(self.tokens))):
            token = self.tokens[at]
            if token.kind == DAY and not token.gap:
                continue
            if token.kind != WORD or token.gap > 1:
                return ""
            if "undone" in token.classes or self._denied(at):
                return "stock"  # 手册3000册周五到货
            if "order" in token.classes:
                return "plan"
            if "undo" in token.classes and "fix" not in token.classes:
                return "undo"
            if token.word not in ("的", "了", "给", "都", "全", "还", "也", "已"):
                return ""
        return ""

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
            if mark == ";" and (state.veto == "undo" or (state.veto == "plan" and self._was_done(index))):
                state.veto = self.frame.veto
            if mark == ";":
                state.total, state.part, state.printed = False, self.frame.part, False
            if state.veto == "past" and (mark == ";" or self.compares):
                state.veto = ""  # what last year was ends there; 比去年的300场多 ends with its clause
            self.ordered = self.ordered or state.veto == "plan"
            state.each = state.daily = state.gain = state.all = state.pair = state.like = state.accord = False
            kept = state.veto == "stock" and self.needing and self._is_item(index)
            state.veto = ("" if state.veto in _WEAK and not kept else state.veto) or self.frame.veto

    def _remark(self, inner: Scope, index: int) -> None:
        """A bracket without figures speaks of the figures right before it (手册8册(5月10日)), else of what follows."""
        before = self.tokens[max(0, index - _BRACKET) : index]
        opened = next((at for at in range(len(before) - 1, -1, -1) if before[at].word == "("), 0)
        behind = next((t for t in reversed(before[:opened]) if t.kind in (NUMBER, MARK)), None)
        after = self.tokens[index + 1] if index + 1 < len(self.tokens) else None
        if behind is None or behind.kind == MARK or not (after is None or after.kind == MARK):
            self.outer.cum, self.outer.when = inner.cum, inner.when  # 手册(累计)5200
            return
        scopes_before = list(self.found.values())
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
        ahead = self.text[token.end : token.end + 2]
        if ahead.startswith(("以来", "起")):
            return
        if when.kind != "rel" and ahead.startswith(("前", "之前", "以前")):
            state.veto = state.veto or "plan"  # 5月20日前: a deadline
            return
        as_of = index > 0 and self.tokens[index - 1].word in _AS_OF
        state.when = when
        if as_of:
            self.as_of = when
            return
        state.cum = False
        now = when.text.startswith("今") or (state.veto == "plan" and self.ordered and when.text in _PASSED)
        if state.veto in ("past", "other", "plan") and now:
            state.veto = ""

    def _word(self, governs: str, word: str, index: int) -> None:
        if governs == "past":
            named = self.compares and self.state.veto == "past"  # 较去年同期
            self.compares = (
                named
                or word[0] in _COMPARING
                or any(t.word in _COMPARING for t in self.tokens[max(0, index - 3) : index])
            )
        if governs == "undone" and not index:
            return  # 取消发布会1场: an order, or a report of it; the caller asks
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
        framed = state.when is self.frame.when and word in _AS_OF
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
        if self.state.veto == "other" or (self.ordered and self.state.veto == "plan" and self._was_done(index)):
            self.state.veto = self.frame.veto  # 要求每村挂2条，我们村挂了3条

    def _was_done(self, index: int) -> bool:
        for token in self.tokens[index + 1 : index + _BRACKET]:
            if token.kind == MARK:
                return False
            if token.word.endswith("了") or "done" in token.classes:
                return True
        return False

    def fix(self, word: str, index: int) -> None:
        if self.state.veto == "undo":
            self.state.veto = self.frame.veto

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
    "done": _Walk.done,
    "printed": _Walk.printed,
    "made": _Walk.made,
    "handed": _Walk.handed,
    **dict.fromkeys(("daily", "each", "pair", "accord", "gain", "like"), _Walk.flag),
}
