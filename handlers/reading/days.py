"""Days that the words around a figure do not settle: a day signed at the end, and a day that the calendar lacks.

Called by reader.py after the figures are settled. Decided by us 2026-11-24.
"""

from __future__ import annotations

from datetime import date

from handlers.reading.drafts import Query, Work
from handlers.reading.tokens import DAY, MARK, NUMBER, Token
from handlers.reading.values import DoubtKind

_NAME = 12  # unknown characters of the name that stands beside a signed day
_AFTER = frozenset(("", "报", "上报", "报送", "填报", "填", "的", "的数据", "的情况", "数据"))


def sign(work: Work) -> None:
    """Give the day that a report is signed with (手册30册，5月10日) to its figures, where none of them has a day."""
    if not work.drafts or any(draft.when is not None for draft in work.drafts):
        return
    days = [t for t in work.tokens if t.kind == DAY and t.when is not None and t.when.kind not in ("clock", "year")]
    if len(days) != 1 or days[0].start < max(draft.start for draft in work.drafts):
        return
    if _is_signature(work, days[0]):
        for draft in work.drafts:
            draft.when = days[0].when


def _is_signature(work: Work, day: Token) -> bool:
    at = work.tokens.index(day)
    if work.text[day.end :].strip(" \n。,.!;)\x01") not in _AFTER:
        return False
    gap = day.gap
    for token in reversed(work.tokens[:at]):
        if token.kind in (MARK, NUMBER):
            return token.kind == MARK and gap <= _NAME
        gap += token.gap
        if not token.classes & {"tail", "place", "ours", "fill"} or "cum" in token.classes:
            return False
    return False


def ask_about_days(work: Work, today: date) -> None:
    """Ask about a day that does not exist (2月30日) instead of entering its figures for another one."""
    asked: set[int] = set()
    for draft in work.drafts:
        when = draft.when
        if draft.dropped or when is None or not when.is_none(today):
            continue
        draft.dropped = DoubtKind.NO_SUCH_DAY.value
        if when.start not in asked:
            asked.add(when.start)
            work.queries.append(Query(DoubtKind.NO_SUCH_DAY, when.start, when.end))
