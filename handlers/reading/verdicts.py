"""What kind of message it was, once the figures are known; and the asking where nothing could be bound at all.

Called by reader.py last.
"""

from __future__ import annotations

from handlers.reading.drafts import Query, Work
from handlers.reading.grammar import COMMANDS
from handlers.reading.lexicon import Lexicon, Target
from handlers.reading.tokens import MARK, NUMBER, Token
from handlers.reading.values import DoubtKind, Verdict

_FIXES = frozenset(("fix", "to", "wrong", "swap", "isnot"))
_COMMANDS = tuple(COMMANDS)
_CARRIED_OUT = frozenset(
    (
        "发了",
        "发",
        "发放",
        "送",
        "挂",
        "贴",
        "张贴",
        "做",
        "办",
        "搞",
        "走",
        "跑",
        "完成",
        "报",
        "补报",
        "再",
        "又",
        "加",
        "补",
        "派发",
        "送出",
        "发出",
    )
)
_SHORT = 20  # tokens of a message that is one short statement
_LIKELY = 3  # candidates shown with a question


def verdict(work: Work, text: str) -> Verdict:
    """Return the kind of message. A command is seen by its first word only when no figure was found."""
    alive = [draft for draft in work.drafts if not draft.dropped]
    if alive:
        if work.queries:
            return Verdict.HELD
        return Verdict.CORRECTION if work.flags & _FIXES else Verdict.REPORT
    stripped = text.strip().lstrip("/#")
    if stripped.startswith(_COMMANDS) and "question" not in work.flags and len(stripped) <= 40:
        return Verdict.COMMAND
    if work.queries:
        return Verdict.HELD
    if "question" in work.flags:
        return Verdict.QUESTION
    if "zero" in work.flags:
        return Verdict.ZERO
    if "plan" in work.flags or any(note.reason == "plan" for note in work.notes):
        return Verdict.PLAN
    if work.flags & _FIXES and work.notes:
        return Verdict.CORRECTION
    return Verdict.CHAT if work.flags - {"mark"} or any(t.kind == NUMBER for t in work.tokens) else Verdict.NOTHING


def ask_about_nothing(lexicon: Lexicon, work: Work) -> None:
    """Where no figure was bound: ask what a bare number counts (今天发了200), or for the figures of 跟昨天一样."""
    if (
        work.drafts
        or work.queries
        or "question" in work.flags
        or work.flags & {"plan", "other", "past", "stock", "crime"}
    ):
        return
    loose = [note for note in work.notes if note.outcome == "unplaced"]
    tokens = [token for token in work.tokens if token.kind == NUMBER]
    if len(loose) == 1 and len(tokens) == 1 and _stands_free(work.tokens, tokens[0]):
        number = tokens[0].number
        assert number is not None
        targets = tuple((target, None) for target in _likely(lexicon, number.measure))
        if targets:
            work.queries.append(
                Query(DoubtKind.WHICH_INDICATOR, tokens[0].start, tokens[0].end, number.numeral.value, targets)
            )
    elif loose and not work.flags & {"chat", "ours"} and (hit := _vague_noun(work)) is not None:
        work.queries.append(Query(DoubtKind.UNIT_MISFIT, loose[0].start, loose[0].end, None, ((hit, None),)))
    elif not tokens:
        same = next((t for t in work.tokens if t.entry is not None and "same" in t.entry.classes), None)
        if same is not None and sum(t.gap for t in work.tokens) <= 2:
            work.queries.append(Query(DoubtKind.SAME_AS_BEFORE, same.start, same.end))


def _vague_noun(work: Work) -> Target | None:
    """The indicator of a short report whose only number counts something else: 80家企业的财务都来参加培训了."""
    if len(work.tokens) > _SHORT or work.text[-1:] not in "了。!" or sum(t.gap for t in work.tokens) > 2:
        return None
    return next((t.entry.targets[0] for t in work.tokens if t.entry is not None and t.entry.targets), None)


def _stands_free(tokens: list[Token], number: Token) -> bool:
    """Whether the number ends its clause, after a word for having done something or for adding."""
    at = tokens.index(number)
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is not None and after.kind != MARK:
        return False
    done = False
    for token in reversed(tokens[:at]):
        if token.kind == MARK:
            break
        if token.gap > 2:
            return False
        done = done or (
            token.entry is not None and (token.entry.word in _CARRIED_OUT or bool(token.entry.classes & _FIXES))
        )
    return done and number.gap == 0


def _likely(lexicon: Lexicon, measure: str) -> list[Target]:
    """Indicators that a bare number may count, in the campaign's order: those that accept its measure word."""
    keys = lexicon.owners.get(measure, ()) if measure else tuple(lexicon.fits)
    return [(key, None) for key in keys][:_LIKELY]
