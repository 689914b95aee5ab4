"""Totals and their parts: what is entered once, and where a total does not match. Called by reader.py after all lines
are read.

Source: corpus rules 7 and 8. Sums are compared exactly; nothing is ever added up to make a figure.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from decimal import Decimal

from handlers.reading.drafts import Draft, Query, Work
from handlers.reading.tokens import NUMBER, Token
from handlers.reading.values import DoubtKind

WINDOW = 60  # figures to either side that may belong to a total: keeps the work linear
_PARTS = 12  # parts of one total at most
_STRETCH = 80  # tokens before a total in which its parts are looked for
_LINES = 12  # lines under a heading figure


def settle_totals(work: Work) -> None:
    """Mark the figures that a total stands for, and ask where it does not match its parts."""
    if len(work.drafts) < 2:
        return
    for index, draft in enumerate(work.drafts):
        _vague_total(work, draft, work.drafts[index + 1 : index + 1 + WINDOW])
    for index, draft in enumerate(work.drafts):
        if draft.scope.part or draft.scope.paren:
            before = [other for other in work.drafts[max(0, index - _PARTS) : index] if _same(other, draft)]
            if draft.scope.total and before and not draft.scope.part and _with_unplaced(work, draft, before):
                continue
            _part_by_word(
                draft, work.drafts[max(0, index - WINDOW) : index], work.drafts[index + 1 : index + 1 + WINDOW]
            )
    for index, draft in enumerate(work.drafts):
        _overfull(work, draft, work.drafts[index + 1 : index + 1 + _PARTS])
    for index, draft in enumerate(work.drafts):
        if draft.scope.total and not draft.dropped:
            _total(work, draft, work.drafts[max(0, index - WINDOW) : index])
    for index, draft in enumerate(work.drafts):
        _headed(work, draft, work.drafts[index + 1 : index + 1 + WINDOW])


def _same(first: Draft, second: Draft) -> bool:
    return first.target == second.target and first.scope.cum == second.scope.cum


def _sum(drafts: Iterable[Draft]) -> Decimal:
    return sum((draft.value for draft in drafts), Decimal(0))


def _vague_total(work: Work, head: Draft, after: list[Draft]) -> None:
    """资料合计90份：手册40册，单页50份: the parts only, where they are of several indicators and add up exactly."""
    rest = [draft for draft in after if draft.scope.cum == head.scope.cum and not draft.dropped]
    if head.dropped or head.table or not rest:
        return
    if not (head.scope.total or rest[0].scope.paren or rest[0].scope.part):
        return
    count = _adding_up(head, rest)
    targets = {draft.target for draft in rest[:count]} if count is not None else set()
    if len(targets) > 1 and head.target in targets:
        head.dropped = "vague-total"


def _part_by_word(draft: Draft, before: list[Draft], after: list[Draft]) -> None:
    """其中, 含, brackets: parts of a figure of the same indicator before them, or of a total after them."""
    totals = [
        other for other in after if _same(draft, other) and other.sentence == draft.sentence and other.scope.total
    ]
    if draft.scope.paren and draft.scope.part and totals:
        draft.dropped = "part"
        return
    for earlier in reversed(before):
        if (earlier.sentence != draft.sentence and not draft.scope.part) or earlier.dropped == "vague-total":
            return
        if earlier.target[0] == draft.target[0] and earlier.scope.cum == draft.scope.cum:
            whole = earlier.target == draft.target and not (earlier.scope.part or earlier.scope.paren)
            if whole or earlier.dropped:
                draft.dropped = "part"
            return


def _overfull(work: Work, head: Draft, after: list[Draft]) -> None:
    """Parts after 其中 that are more than the whole."""
    parts: list[Draft] = []
    for draft in after:
        if draft.target == head.target and draft.value == head.value:
            continue  # said again
        if draft.dropped != "part" or draft.target != head.target or not draft.scope.part:
            break
        parts.append(draft)
    if not head.dropped and len(parts) > 1 and _sum(parts) > head.value:
        _ask(work, head, parts)


def _of_several(total: Draft, before: list[Draft]) -> bool:
    """讲座6场、集中宣传12场，共18场: a total of several indicators is no figure of the last one."""
    summed, targets = Decimal(0), set()
    for draft in reversed(before[-_PARTS:]):
        if draft.sentence != total.sentence or draft.dropped or draft.scope.cum != total.scope.cum:
            return False
        summed += draft.value
        targets.add(draft.target)
        if summed >= total.value:
            return summed == total.value and len(targets) > 1
    return False


def _total(work: Work, total: Draft, before: list[Draft]) -> None:
    """合计, 共: the figures before it that add up to it are its parts; in the same sentence or table they should."""
    if total.reason == "carried" and _of_several(total, before):
        total.dropped = "vague-total"
        return
    parts = [draft for draft in before if _same(draft, total) and not draft.scope.total and not draft.dropped]
    if not parts:
        return
    near = [draft for draft in parts if draft.sentence == total.sentence]
    for some in (parts, near, [draft for draft in parts if draft.line == total.line]):
        if some and _sum(some) == total.value:
            for part in some:
                part.dropped = "part"
            return
    if _with_unplaced(work, total, parts):
        return
    table = [draft for draft in parts if draft.sentence == total.sentence or (draft.table and total.table)]
    if len(table) > 1:
        _ask(work, total, table)


def _with_unplaced(work: Work, total: Draft, parts: list[Draft]) -> bool:
    """Drop the parts of a total, some of which found no noun.

    税务师事务所1家，建筑公司3家，物流公司2家（共进企业6家）.
    """
    unknown = {note.start: note for note in work.notes[-WINDOW:] if note.outcome == "unplaced"}
    if not unknown or not total.measure:
        return False
    numbers: list[Token] = []
    at = bisect_left(work.tokens, total.start, key=lambda each: each.start)
    for token in reversed(work.tokens[max(0, at - _STRETCH) : at]):
        if token.kind == NUMBER:
            numbers.insert(0, token)
        if len(numbers) == _PARTS:
            break
    known = {draft.start: draft for draft in parts}
    summed, own = Decimal(0), 0
    for token in reversed(numbers):
        value = token.quantity.numeral.value
        if token.measure != total.measure or value is None or (token.start not in known and token.start not in unknown):
            return False
        summed, own = summed + value, own + (token.start in known)
        if summed == total.value and own and token is not numbers[-1]:
            for each in numbers:
                if each.start < token.start:
                    continue
                if each.start in known:
                    known[each.start].dropped = "part"
                else:
                    unknown[each.start].outcome, unknown[each.start].reason = "skipped", "part"
            return True
    return False


def _ask(work: Work, total: Draft, parts: list[Draft]) -> None:
    """Ask which is right, the total or the sum; until then neither is entered."""
    for draft in (total, *parts):
        draft.dropped = "mismatch"
    options = ((total.target, total.value), (total.target, _sum(parts)))
    work.queries.append(Query(DoubtKind.SUM_MISMATCH, total.start, total.end, total.value, options, when=total.when))


def _headed(work: Work, head: Draft, after: list[Draft]) -> None:
    """A total, or a figure before a colon or bracket, that the next figures of its indicator add up to: it stands for
    them.
    """
    if head.dropped or head.table or not (head.scope.total or work.text[head.end : head.end + 1] in ("(", ":")):
        return
    same = [draft for draft in after if not draft.dropped and _same(draft, head) and draft.line <= head.line + _LINES]
    for part in same[: _adding_up(head, same) or 0]:
        part.dropped = "part"


def _adding_up(head: Draft, parts: list[Draft]) -> int | None:
    """Return how many of the next figures add up to the head, at least two; None when none do."""
    summed = Decimal(0)
    for count, part in enumerate(parts[:_PARTS], 1):
        summed += part.value
        if summed == head.value and count > 1:
            return count
        if summed > head.value:
            return None
    return None
