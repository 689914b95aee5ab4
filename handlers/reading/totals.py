"""Totals and their parts, headlines and their repeats: what is entered once. Called by reader.py after all lines are read.

Source: corpus rules 7, 8 and 10. Sums are compared exactly; nothing is ever added up to make a figure.
"""

from __future__ import annotations

from decimal import Decimal

from handlers.reading.drafts import Draft, Note, Query, Work
from handlers.reading.values import DoubtKind


def settle(work: Work) -> None:
    """Mark the drafts that another one stands for, and ask where a total does not match its parts."""
    _vague_totals(work)
    _parts_by_word(work.drafts)
    _each_of_several(work)
    _last_week(work.drafts)
    _made_and_used(work)
    _overfull(work)
    _totals(work)
    _rivals(work)
    # a number of another thing beside a figure of the same noun needs no question: 短信三家合计35万条
    bound = {(draft.target[0], draft.sentence) for draft in work.drafts}
    for query in list(work.queries):
        if query.kind is DoubtKind.UNIT_MISFIT and (query.targets[0][0][0], query.sentence) in bound:
            work.queries.remove(query)
            work.notes.append(Note(query.start, query.end, "unplaced", "other-thing"))
    _headed_sums(work)
    _repeats(work.drafts)


def _alive(drafts: list[Draft]) -> list[Draft]:
    return [draft for draft in drafts if not draft.dropped]


def _same(first: Draft, second: Draft) -> bool:
    return first.target == second.target and first.scope.cum == second.scope.cum


def _parts_by_word(drafts: list[Draft]) -> None:
    """其中, brackets: parts of the figure of the same indicator before them."""
    for index, draft in enumerate(drafts):
        if not (draft.scope.part or draft.scope.paren):
            continue
        if draft.scope.paren and draft.scope.part and any(_same(d, draft) and d.sentence == draft.sentence and d.scope.total for d in drafts[index:]):
            draft.dropped = "part"
            continue
        for earlier in reversed(drafts[:index]):
            if earlier.sentence != draft.sentence and not draft.scope.part:
                break
            if earlier.dropped == "vague-total":
                break
            if earlier.target[0] == draft.target[0] and earlier.scope.cum == draft.scope.cum:
                if (
                    earlier.target == draft.target and not (earlier.scope.part or earlier.scope.paren)
                ) or earlier.dropped:
                    draft.dropped = "part"
                break


def _made_and_used(work: Work) -> None:
    """Printed against handed out, made against put up: only the second counts. Source: corpus rule 2."""
    for index, draft in enumerate(work.drafts):
        later = work.drafts[index + 1 :]
        if draft.scope.made and any(
            d.target == draft.target and d.scope.handed and d.sentence == draft.sentence for d in later
        ):
            draft.dropped = "made"
    handed = {d.target for d in _alive(work.drafts)}
    work.queries = [q for q in work.queries if q.kind is not DoubtKind.PRINTED_ONLY or q.targets[0][0] not in handed]


def _vague_totals(work: Work) -> None:
    """资料合计90份：手册40册，单页50份: the parts only, where they are of several indicators and add up exactly."""
    for index, head in enumerate(work.drafts):
        rest = [d for d in work.drafts[index + 1 :] if d.scope.cum == head.scope.cum and not d.dropped]
        if head.dropped or head.table or not rest or not (head.scope.total or rest[0].scope.paren or rest[0].scope.part):
            continue
        count = _sums(head, rest)
        targets = {draft.target for draft in rest[:count]} if count is not None else set()
        if len(targets) > 1 and head.target in targets:
            head.dropped = "vague-total"


def _each_of_several(work: Work) -> None:
    """3个村各挂横幅2条，共6条: the total; without one it is asked whether it is 3 times 2."""
    for index, draft in enumerate(work.drafts):
        if not (draft.per or draft.scope.daily) or draft.dropped:
            continue
        if any(d.target == draft.target and d.sentence == draft.sentence for d in work.drafts[index + 1 :]):
            draft.dropped = "each"
        elif draft.per:
            draft.dropped = "each"
            work.queries.append(Query(DoubtKind.EACH_TIMES, draft.start, draft.end, draft.value, ((draft.target, None),)))


def _last_week(drafts: list[Draft]) -> None:
    """A figure of last week beside one of this week is there to compare with. Decided by us 2026-11-24."""
    for draft in drafts:
        if draft.when is None or not draft.when.text.startswith("上"):
            continue
        if any(
            d.target == draft.target and d.line == draft.line and d.when is not None and d.when.text[0] in "本这今"
            for d in drafts
        ):
            draft.dropped = "last-week"


def _overfull(work: Work) -> None:
    """Parts after 其中 that are more than the whole."""
    for index, head in enumerate(work.drafts):
        parts = []
        for draft in work.drafts[index + 1 :]:
            if draft.dropped != "part" or draft.target != head.target:
                break
            parts.append(draft)
        summed = sum((part.value for part in parts), Decimal(0))
        if not head.dropped and len(parts) > 1 and summed > head.value and all(part.scope.part for part in parts):
            head.dropped = "mismatch"
            options = ((head.target, head.value), (head.target, summed))
            work.queries.append(Query(DoubtKind.SUM_MISMATCH, head.start, head.end, head.value, options))


def _rivals(work: Work) -> None:
    """Figures of one indicator in measure words that count different things: 影院3家, 映前90场."""
    for key, measures in work.rivals.items():
        own = [d for d in _alive(work.drafts) if d.target[0] == key and d.measure in measures]
        if len({d.measure for d in own}) < 2:
            continue
        for draft in own:
            draft.dropped = "rival"
        options = tuple((d.target, d.value) for d in own)
        work.queries.append(Query(DoubtKind.TWO_READINGS, own[0].start, own[0].end, own[0].value, options))


def _totals(work: Work) -> None:
    """合计, 共: the parts before it that add up to it, or, in the same sentence or table, that should."""
    drafts = work.drafts
    for index, total in enumerate(drafts):
        if not total.scope.total or total.dropped:
            continue
        before = [d for d in _alive(drafts[:index]) if _same(d, total) and not d.scope.total]
        if not before:
            continue
        for parts in (
            before,
            [d for d in before if d.sentence == total.sentence],
            [d for d in before if d.line == total.line],
        ):
            if parts and sum(d.value for d in parts) == total.value:
                for part in parts:
                    part.dropped = "part"
                break
        else:
            _mismatch(work, total, before)


def _mismatch(work: Work, total: Draft, before: list[Draft]) -> None:
    near = [d for d in before if d.sentence == total.sentence or (d.table and total.table and total.line >= d.line)]
    if len(near) < 2:
        return
    for part in near:
        part.dropped = "mismatch"
    total.dropped = "mismatch"
    summed = sum((part.value for part in near), Decimal(0))
    work.queries.append(
        Query(
            DoubtKind.SUM_MISMATCH,
            total.start,
            total.end,
            total.value,
            ((total.target, total.value), (total.target, summed)),
        )
    )


def _headed_sums(work: Work) -> None:
    """A figure followed by at least two that add up to it: the first one for one indicator, the parts for several."""
    drafts = work.drafts
    for index, head in enumerate(drafts):
        if head.dropped or head.table:
            continue
        rest = [
            d
            for d in drafts[index + 1 :]
            if not d.dropped and d.scope.cum == head.scope.cum and d.line <= head.line + 12
        ]
        same = [d for d in rest if d.target == head.target]
        if _sums(head, same) is not None and (head.scope.total or work.text[head.end : head.end + 1] in ("(", ":")):
            for part in same[: _sums(head, same)]:
                part.dropped = "part"


def _sums(head: Draft, parts: list[Draft]) -> int | None:
    """Return how many of the next figures add up to the head, at least two; None when none do."""
    summed = Decimal(0)
    for count, part in enumerate(parts[:12], 1):
        summed += part.value
        if summed == head.value and count > 1:
            return count
        if summed > head.value:
            return None
    return None


def _repeats(drafts: list[Draft]) -> None:
    """The same figure again in a later sentence of running text is the headline repeated."""
    seen: dict[tuple[object, ...], Draft] = {}
    for draft in _alive(drafts):
        if draft.table or draft.org is not None:
            continue
        key = (draft.target, draft.value, draft.scope.cum)
        first = seen.setdefault(key, draft)
        if first is not draft and first.sentence != draft.sentence and draft.value > 0 and draft.scope.total:
            draft.dropped = "repeat"
