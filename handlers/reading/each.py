"""Numbers that are of each of several: how many of those the sentence counts, and what is asked then.

Called by judging.py. Nothing is multiplied to make a figure: the product is only offered. Source: corpus rules 1, 17.
"""

from __future__ import annotations

from decimal import Decimal

from handlers.reading.carrying import after_sessions
from handlers.reading.drafts import Current
from handlers.reading.measures import GENERIC
from handlers.reading.mentions import fit
from handlers.reading.scopes import Scope
from handlers.reading.tokens import NUMBER, Token
from handlers.reading.values import DoubtKind
from handlers.reading.verdicts import likely

_MEANS = frozenset(("平均", "日均", "人均", "户均", "场均", "每天", "每日", "每周", "每晚"))
_WIDE = 20  # tokens to either side in which it is looked for how many there were of each
_EACH = 2  # characters of 每场, 每户, 每个


def by_time(now: Current, at: int) -> bool:
    """Whether a figure is a mean, or of each day: 平均每天排片55场."""
    return any(token.word in _MEANS for token in now.tokens[max(0, at - 6) : at])


def counted(now: Current, at: int) -> Decimal | None:
    """Return how many there were of what a number is said to be of each.

    每场40人 beside 讲座3场, 每个社区 beside 8个社区. None where nothing says so.
    """
    each = next((i for i in range(at - 1, max(-1, at - _WIDE), -1) if "each" in now.tokens[i].classes), -1)
    if each < 0 or len(now.tokens[each].word) > _EACH:
        return None
    word = now.work.text[now.tokens[each].start : now.tokens[each].start + _EACH]
    if word[0] != "每" or len(word) < _EACH:
        return None
    named = now.tokens[each + 1].word if word[1] == "个" else ""
    if word[1] == "个" and not named:
        return None
    for index in range(max(0, at - _WIDE), min(at + _WIDE, len(now.tokens))):
        token = now.tokens[index]
        if token.kind != NUMBER or index == at or token.measure not in ("个", word[1]):
            continue
        after = now.tokens[index + 1].word if index + 1 < len(now.tokens) else ""
        if after == named if named else word[1] in (token.measure, after):  # 三个村 before 每村
            count = token.quantity.numeral.value
            return count if count is not None and count == count.to_integral_value() and count > 1 else None
    return None


def times(now: Current, at: int, value: Decimal) -> Decimal | None:
    """Return how much it would be if each of several did so: 8个社区每个2条 is 16."""
    for token in reversed(now.tokens[max(0, at - 12) : at]):
        if token.kind == NUMBER:
            count = token.quantity.numeral.value
            return value * count if count is not None and count == count.to_integral_value() else None
    return None


def ask_of_each(now: Current, token: Token, scope: Scope, at: int) -> bool:
    """Ask what a number of each comes to, or counts: 讲座3场，每场40人; 每个社区发了50本，一共8个社区."""
    count, value = counted(now, at), token.quantity.numeral.value
    if count is None or value is None:
        return False
    heir = after_sessions(now, now.bound, token) if now.bound is not None else None
    if heir is not None and heir.target is not None:
        now.work.ask(DoubtKind.EACH_TIMES, token, ((heir.target, value * heir.factor * count),), scope.when)
        return True
    named = fit(now.lexicon, now.topic, token) if token.measure not in GENERIC else None
    done = bool(now.classes & {"handed", "verb"}) and not now.classes & {"stock", "received", "undone"}
    if named is not None and done and not token.gap:
        now.work.ask(DoubtKind.EACH_TIMES, token, ((named[0], value * named[1] * count),), scope.when)
        return True  # 三个村都挂了横幅，每村4条
    targets = likely(now.work, token.measure)
    if not targets or not any("handed" in before.classes for before in now.tokens[max(0, at - 4) : at]):
        return False
    now.work.ask(DoubtKind.WHICH_INDICATOR, token, tuple((target, None) for target in targets), scope.when)
    return True
