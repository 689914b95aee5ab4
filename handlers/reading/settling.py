"""Figures that another one of the text stands for, other than totals: made and used, last week, each of several, the
headline.

Called by reader.py after all lines are read. Source: corpus rules 2, 4 and 10.
"""

from __future__ import annotations

import re

from handlers.reading.drafts import Draft, Note, Query, Work
from handlers.reading.measures import FREQUENCY, PERSONS
from handlers.reading.totals import WINDOW, settle_totals
from handlers.reading.values import DoubtKind

_ONES = PERSONS | {"个"}
_LAST_WEEK = ("上周", "上星期", "上个星期")
_HANDED = re.compile("[\u4e00-\u9fff]{0,4}?(?:只|才|共|一共)?(?:发放|张贴|悬挂|摆放|发|挂|贴|摆|送)(?:出去|出)?了")
_USED = re.compile("(?:现|目前)?(?:已经|已|实际|实)(?:悬挂|张贴|摆放|发放|发出|挂|贴|摆|发|送)(?:出去|出|了)?")


def settle(work: Work) -> None:
    """Mark the drafts that another one stands for, and ask where two do not agree."""
    if not work.queries and _stand_alone(work.drafts):
        return
    for index, draft in enumerate(work.drafts):
        last_week = draft.when is not None and draft.when.text in _LAST_WEEK
        often = draft.measure in FREQUENCY and draft.measure not in PERSONS
        persons = draft.measure in _ONES and work.lexicon.base[draft.target[0]] not in PERSONS
        if persons:
            _told_twice(work, draft, work.drafts[max(0, index - 1) : index + 2])
        if last_week or often or draft.restates:
            near = work.drafts[max(0, index - WINDOW) : index + 1 + WINDOW]
            if last_week:
                _last_week(draft, near)
            if often:
                _how_often(work, draft, near)
            if draft.restates:
                _restated(draft, near)
        if draft.per or draft.scope.daily:
            _each(work, draft, work.drafts[index + 1 : index + 1 + WINDOW])
        following = work.drafts[index + 1].start if index + 1 < len(work.drafts) else draft.end
        used = _USED.fullmatch(work.text, draft.end, following) or _used_of(work, draft, following)
        if draft.scope.made or used:
            _made(draft, work.drafts[index + 1 : index + 1 + WINDOW])
    _printed_and_used(work)
    settle_totals(work)
    _rivals(work)
    _idle_questions(work)
    _repeats(work.drafts)


def _stand_alone(drafts: list[Draft]) -> bool:
    """Whether no figure can stand for another one: each is of another indicator, and none is a total or of several."""
    distinct = {draft.target[0] for draft in drafts}
    return len(distinct) == len(drafts) and not any(draft.scope.total or draft.per for draft in drafts)


def _used_of(work: Work, draft: Draft, following: int) -> bool:
    """Whether a number only says how many there were: 300本手册发了280本."""
    if not _HANDED.fullmatch(work.text, draft.end, following):
        return False
    clause = re.split("[,;。:\n]", work.text[max(0, draft.start - WINDOW) : draft.start])[-1]
    return not re.search("[发挂贴摆送]", clause)


def _beside(draft: Draft, other: Draft) -> bool:
    return other is not draft and other.target == draft.target and other.sentence == draft.sentence


def _each(work: Work, draft: Draft, after: list[Draft]) -> None:
    """3个村各挂横幅2条，共6条: the total; without one it is asked what it comes to."""
    if draft.dropped:
        return
    if any(_beside(draft, other) for other in after):
        draft.dropped = "each"
    elif draft.per:
        draft.dropped = "each"
        query = Query(
            DoubtKind.EACH_TIMES, draft.start, draft.end, draft.value, ((draft.target, None),), when=draft.when
        )
        work.queries.append(query)


def _last_week(draft: Draft, near: list[Draft]) -> None:
    """A figure of last week beside one of this week is there to compare with. Decided by us 2026-11-24."""
    for other in near:
        same = other.target == draft.target and other.line == draft.line
        if same and other.when is not None and other.when.text[0] in "本这今":
            draft.dropped = "last-week"


def _how_often(work: Work, draft: Draft, near: list[Draft]) -> None:
    """短信发了两次，一共十二万条: how often is no figure beside how many."""
    base = work.lexicon.base[draft.target[0]]
    if (
        base not in FREQUENCY
        and not draft.measure.startswith(base)
        and any(_beside(draft, other) and other.measure == base for other in near)
    ):
        draft.dropped = "times"


def _restated(draft: Draft, near: list[Draft]) -> None:
    """劝住了一位大爷，这算劝阻1起: the same figure in other words."""
    if any(_beside(draft, other) and other.value == draft.value and not other.dropped for other in near):
        draft.dropped = "repeat"


def _told_twice(work: Work, draft: Draft, near: list[Draft]) -> None:
    """劝住一位阿姨，劝阻1起: who it was is no second case."""
    base = work.lexicon.base[draft.target[0]]
    told = [other for other in near if _beside(draft, other) and other.measure == base and not other.restates]
    if any(other.value == draft.value and not other.dropped for other in told):
        draft.dropped = "repeat"


def _made(draft: Draft, after: list[Draft]) -> None:
    """制作横幅20条，已悬挂18条; 横幅20条已挂18条: the second."""
    if any(
        _beside(draft, other) and (other.scope.handed or not draft.scope.made)
        for other in after[: None if draft.scope.made else 1]
    ):
        draft.dropped = "made"


def _printed_and_used(work: Work) -> None:
    """印了900，发了700: printing needs no question where the handing out is stated."""
    handed = {draft.target for draft in work.drafts if not draft.dropped}
    work.queries = [q for q in work.queries if q.kind is not DoubtKind.PRINTED_ONLY or q.targets[0][0] not in handed]


def _rivals(work: Work) -> None:
    """Figures of one indicator in measure words that count different things (影院3家, 映前90场): asked."""
    for key, measures in work.lexicon.rivals.items():
        own = [d for d in work.drafts if not d.dropped and d.target[0] == key and d.measure in measures]
        if len({draft.measure for draft in own}) < 2:
            continue
        for draft in own:
            draft.dropped = "rival"
        options = tuple((draft.target, draft.value) for draft in own)
        work.queries.append(
            Query(DoubtKind.TWO_READINGS, own[0].start, own[0].end, own[0].value, options, when=own[0].when)
        )


def _idle_questions(work: Work) -> None:
    """A number of another thing beside a figure of the same noun needs no question: 短信三家合计35万条."""
    bound = {(draft.target[0], draft.sentence) for draft in work.drafts}
    idle = [q for q in work.queries if q.kind is DoubtKind.UNIT_MISFIT and (q.targets[0][0][0], q.sentence) in bound]
    whole = {(draft.target, draft.sentence) for draft in work.drafts if draft.scope.total and not draft.dropped}
    for query in [q for q in work.queries if q.kind is DoubtKind.EACH_TIMES]:
        if (query.targets[0][0], query.sentence) in whole:
            work.queries.remove(query)  # 4个小区每个小区挂横幅2条，共8条
    for query in idle:
        work.queries.remove(query)
        work.notes.append(Note(query.start, query.end, "unplaced", "other-measure"))


def _repeats(drafts: list[Draft]) -> None:
    """The same total again in a later sentence of running text is the headline repeated."""
    seen: dict[tuple[object, ...], Draft] = {}
    for draft in drafts:
        if draft.dropped or draft.table or draft.org is not None:
            continue
        first = seen.setdefault((draft.target, draft.value, draft.scope.cum), draft)
        if first.sentence != draft.sentence and draft.value > 0 and draft.scope.total:
            draft.dropped = "repeat"
