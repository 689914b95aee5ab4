"""What kind of message it was, once the figures are known; and the asking where nothing could be bound at all.

Called by reader.py and results.py last.
"""

from __future__ import annotations

import re

from handlers.reading.around import EARLIER_ONE
from handlers.reading.drafts import Query, Work
from handlers.reading.grammar import words
from handlers.reading.lexicon import Target
from handlers.reading.numerals import Shape
from handlers.reading.tokens import MARK, NUMBER, Token
from handlers.reading.values import DoubtKind, Verdict

_FIXES = frozenset(("fix", "to", "wrong", "swap", "isnot"))
# words for having done something, or for adding to it, beside those of handing out
_DONE = frozenset(("做", "办", "搞", "走", "跑", "完成", "报", "补报", "再", "又", "加", "补", "添", "增补"))
_LIKELY = 3  # candidates shown with a question
_SHORT = 20  # tokens of a message that is one short statement
_ADDED = 8  # tokens of 补一下，还有30
_FIGURE = 10  # a number alone in a message is a figure from here on; smaller ones pick from a list
# the whole message says that nothing has changed since some time before, and gives no figure
_SAME = re.compile(
    r"(?:今天|今日|本期|这次|我们|数据|数字|情况|的|也|都|还是)*"
    r"[和跟与同](?:昨天|昨日|前天|上个?星期|上周|上个?月|上次|上回|上期|前一天|前几天|之前|以前|前期|上一次|上一期)(?:报的|的)?(?:数据|数字|情况)?"
    r"(?:都|完全|基本|还是|保持)?(?:一样|相同|一致|持平|一个样|没变化?|没有变化|不变|差不多)[的了吧哈啊。!]*"
)
_COMMAND = 40  # characters of a command at most


def verdict(work: Work) -> Verdict:
    """Return the kind of message. A command is seen by its first word, and only when no figure was found."""
    flags = work.flags
    if any(not draft.dropped for draft in work.drafts):
        if work.queries:
            return Verdict.HELD
        return Verdict.CORRECTION if flags & _FIXES else Verdict.REPORT
    text = work.text.strip().lstrip("/#")
    if text.startswith(words()["command"]) and "question" not in flags and len(text) <= _COMMAND:
        return Verdict.COMMAND
    if work.queries:  # 不是50条是15条: of what is asked, but it is a correction
        bare = all(query.kind is DoubtKind.WHICH_INDICATOR for query in work.queries)
        return Verdict.CORRECTION if bare and flags & _FIXES else Verdict.HELD
    if "question" in flags:
        return Verdict.QUESTION
    if "zero" in flags:
        return Verdict.ZERO
    if "plan" in flags or any(note.reason == "plan" for note in work.notes):
        return Verdict.PLAN
    if flags & _FIXES and work.notes:
        return Verdict.CORRECTION
    return Verdict.CHAT if flags - {"mark"} or work.notes else Verdict.NOTHING


def withdraws(work: Work) -> bool:
    """Whether a message without figures takes back an earlier one: 刚才那条不要了, 上一条删了吧."""
    if any(note.reason == "undo" for note in work.notes):
        return True
    told = ("undo" in work.flags or "取消" in work.text) and "question" not in work.flags and not work.drafts
    return told and EARLIER_ONE.search(work.text) is not None


def ask_about_nothing(work: Work) -> None:
    """Where no figure was bound: ask what a bare number counts (今天发了200), or for the figures of 跟昨天一样."""
    if not (work.drafts or work.queries or "question" in work.flags) and _SAME.fullmatch(work.text.strip()):
        work.queries.append(Query(DoubtKind.SAME_AS_BEFORE, 0, len(work.text)))
        return
    if (
        work.drafts
        or work.queries
        or work.flags & {"question", "plan", "other", "past", "stock", "received", "crime", "sample"}
    ):
        return
    loose = [note for note in work.notes if note.outcome == "unplaced"]
    numbers = [token for token in work.tokens if token.kind == NUMBER and token.start not in work.wrong]
    noun = _vague_noun(work) if loose and not work.flags & {"chat", "ours"} else None
    if len(loose) == 1 and len(numbers) == 1 and _stands_free(work, numbers[0]):
        targets = tuple((target, None) for target in likely(work, numbers[0].measure))
        if targets:
            work.ask(DoubtKind.WHICH_INDICATOR, numbers[0], targets)
    elif noun is not None:
        work.queries.append(Query(DoubtKind.UNIT_MISFIT, loose[0].start, loose[0].end, None, ((noun, None),)))
    elif not numbers:
        same = next((token for token in work.tokens if "same" in token.classes), None)
        if same is not None and sum(token.gap for token in work.tokens) <= 2:
            work.queries.append(Query(DoubtKind.SAME_AS_BEFORE, same.start, same.end))


def _vague_noun(work: Work) -> Target | None:
    """Return the indicator of a short report whose only number counts something else: 80家企业的财务都来参加培训了."""
    if len(work.tokens) > _SHORT or work.text[-1:] not in "了。!" or sum(token.gap for token in work.tokens) > 2:
        return None
    return next((t.entry.targets[0] for t in work.tokens if t.entry is not None and t.entry.targets), None)


def _stands_free(work: Work, number: Token) -> bool:
    """Whether the number ends its clause, after a word for having done something or for adding."""
    tokens = work.tokens
    at = tokens.index(number)
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    runs_on = work.text[number.end : number.end + 1]
    if (after is not None and after.kind != MARK) or number.gap or "\u4e00" <= runs_on <= "\u9fff":
        return False
    if len(tokens) == 1 and not number.gap:
        numeral = number.quantity.numeral
        figure = numeral.value is not None and (bool(number.measure) or numeral.value >= _FIGURE)
        return figure and numeral.shape is Shape.EXACT
    done = bool(work.flags & _FIXES) or (len(tokens) <= _ADDED and any(token.word in _DONE for token in tokens[:2]))
    for token in reversed(tokens[:at]):
        if token.kind == MARK:
            break
        if token.gap > 2:
            return False
        done = done or token.word in _DONE or "handed" in token.classes
    return done


def likely(work: Work, measure: str) -> list[Target]:
    """Return indicators that a bare number may count, in the campaign's order: those that accept its measure word."""
    keys = work.lexicon.owners.get(measure, ()) if measure else tuple(work.lexicon.fits)
    likely: list[Target] = [(key, None) for key in keys if key not in work.lexicon.by]
    return likely[:_LIKELY]
