"""From working values to the Reading that the callers get: spans in the original text, days, candidates, steps.

Called by reader.py last.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from handlers.reading.dates import resolve
from handlers.reading.drafts import Draft, Query, Work
from handlers.reading.lexicon import Target
from handlers.reading.mentions import factor_of
from handlers.reading.normalise import Normal
from handlers.reading.tokens import NUMBER, Token
from handlers.reading.values import Candidate, Doubt, DoubtKind, Found, Reading, Span, Step
from handlers.reading.verdicts import verdict, withdraws
from models.campaign.definition import Campaign

_SHOWN = 3  # candidates of one doubt; all parts where only the part is in doubt
# doubts that only a number settles: no candidate has a value that could be confirmed
_OPEN = frozenset((DoubtKind.RANGE, DoubtKind.VAGUE, DoubtKind.BOX_SIZE, DoubtKind.UNIT_MISFIT, DoubtKind.CANNOT_SPLIT))


class Results:
    """The results of one reading."""

    def __init__(self, work: Work, normal: Normal, text: str, today: date | None, campaign: Campaign) -> None:
        self.work = work
        self.normal = normal
        self.text = text
        self.today = today
        self.campaign = campaign
        self.numbers = {token.start: token for token in work.tokens if token.kind == NUMBER}

    def reading(self) -> Reading:
        """Return the reading."""
        work = self.work
        alive = sorted((draft for draft in work.drafts if not draft.dropped), key=lambda draft: draft.start)
        queries = sorted(work.queries, key=lambda query: query.start)
        return Reading(
            verdict(work),
            tuple(self._found(draft) for draft in alive),
            tuple(self._doubt(query) for query in queries),
            self._unplaced(),
            tuple(self._steps()),
            withdraws(work),
        )

    def _span(self, start: int, end: int) -> Span:
        return self.normal.span(start, end)

    def _found(self, draft: Draft) -> Found:
        start, end = self._span(draft.start, draft.end)
        when = draft.when
        written = self.text[slice(*self._span(when.start, when.end))] if when is not None else None
        return Found(
            indicator=draft.target[0],
            value=draft.value,
            part=draft.target[1],
            cumulative=draft.scope.cum and draft.target[0] not in self.work.lexicon.levels,
            approx=draft.approx,
            days=resolve(when.text, self.today) if when is not None else None,
            date_written=written,
            as_written=self.text[start:end],
            span=(start, end),
            org_name=draft.org,
            old_value=draft.old,
        )

    def _doubt(self, query: Query) -> Doubt:
        span = self._span(query.start, query.end)
        candidates = tuple(self._candidates(query))
        value = None if query.kind in _OPEN else query.value
        days = resolve(query.when.text, self.today) if query.when is not None else None
        return Doubt(query.kind, span, self.text[slice(*span)], value, candidates, days)

    def _candidates(self, query: Query) -> list[Candidate]:
        token = self.numbers.get(query.start)
        if query.kind is DoubtKind.WHICH_PART:
            return [
                Candidate(target[0], value, part) for target, value in query.targets for part in self._parts(target)
            ]
        options = (
            query.targets if query.kind is not DoubtKind.CANNOT_SPLIT else tuple((t, None) for t, _ in query.targets)
        )
        return [
            Candidate(target[0], None if query.kind in _OPEN else self._value(query, target, value, token), target[1])
            for target, value in options[:_SHOWN]
        ]

    def _parts(self, target: Target) -> list[str]:
        dimension = self.campaign.indicators[target[0]].by
        return list(self.campaign.dimensions[dimension].values) if dimension is not None else []

    def _value(self, query: Query, target: Target, value: Decimal | None, token: Token | None) -> Decimal | None:
        if query.kind is not DoubtKind.WHICH_INDICATOR or token is None or query.value is None:
            return value
        factor = factor_of(self.work.lexicon, target, token)
        return query.value * factor if factor is not None else query.value

    def _unplaced(self) -> tuple[Span, ...]:
        """Numbers that look like figures but found no noun, and what was too long to read."""
        asked = {query.start for query in self.work.queries}
        loose = sorted(
            (n.start, n.end)
            for n in self.work.notes
            if n.outcome == "unplaced" and n.reason == "no-noun" and n.start not in asked
        )
        spans = [self._span(start, end) for start, end in loose]
        if len(self.text) > len(self.normal.text) and self.normal.origin is None:
            spans.append((len(self.normal.text), len(self.text)))
        return tuple(spans)

    def _steps(self) -> list[Step]:
        """One step a number, in order: what it was bound to, why it was skipped, or what is asked."""
        said: dict[int, Step] = {}
        for note in self.work.notes:
            said[note.start] = Step(self._span(note.start, note.end), "skipped", note.reason)
        for draft in self.work.drafts:
            fields: tuple[tuple[str, str], ...] = (("indicator", draft.target[0]), ("part", draft.target[1] or ""))
            outcome = "skipped" if draft.dropped else "bound"
            said[draft.start] = Step(self._span(draft.start, draft.end), outcome, draft.dropped or draft.reason, fields)
        for query in self.work.queries:
            fields = tuple(("indicator", target[0]) for target, _ in query.targets[:1])
            said[query.start] = Step(self._span(query.start, query.end), "asked", query.kind.value, fields)
        for start, token in self.numbers.items():
            said.setdefault(start, Step(self._span(start, token.end), "skipped", "column"))
        return [said[start] for start in sorted(said)]
