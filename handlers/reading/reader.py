"""Chinese free text in, figures out. Pure: no clock, no database, no network; the campaign is the only vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from handlers.reading.corrections import replaced
from handlers.reading.dates import resolve
from handlers.reading.drafts import Draft, Query, Work
from handlers.reading.lexicon import build
from handlers.reading.lines import read_lines
from handlers.reading.normalise import Normal, normalise
from handlers.reading.sentences import SentenceReader
from handlers.reading.tokens import Tokeniser
from handlers.reading.totals import settle
from handlers.reading.values import Candidate, Doubt, Found, Reading, Step, Verdict
from models.campaign.definition import Campaign

class Reader:
    """Reads messages in the words of one campaign. Build it once; it is safe to share between threads."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.lexicon = build(campaign)
        self._tokeniser = Tokeniser(self.lexicon)
        self._sentences = SentenceReader(self.lexicon)

    def read(self, text: str, today: date | None = None, orgs: Mapping[str, object] | None = None) -> Reading:
        """Read one message."""
        normal = normalise(text)
        work = Work(normal.text, self._tokeniser.cut(normal.text))
        work.wrong = {work.tokens[old].start: work.tokens[new].start for old, new in replaced(work.tokens).items()}
        read_lines(self.lexicon, self._sentences, work)
        settle(work)
        return self._reading(work, normal, text, today)

    def _reading(self, work: Work, normal: Normal, text: str, today: date | None) -> Reading:
        found = tuple(self._found(draft, normal, text, today) for draft in work.drafts if not draft.dropped)
        doubts = tuple(self._doubt(query, normal, text) for query in work.queries)
        if found:
            verdict = Verdict.HELD if doubts else Verdict.REPORT
        else:
            verdict = Verdict.HELD if doubts else Verdict.NOTHING
        return Reading(verdict, found, doubts, (), ())

    def _found(self, draft: Draft, normal: Normal, text: str, today: date | None) -> Found:
        span = normal.span(draft.start, draft.end)
        when = draft.when
        written = text[slice(*normal.span(when.start, when.end))] if when is not None else None
        days = resolve(when.text, today) if when is not None else None
        cumulative = draft.scope.cum and draft.target[0] not in self.lexicon.levels
        return Found(draft.target[0], draft.value, draft.target[1], cumulative, draft.approx, days, written, text[slice(*span)], span, draft.org, draft.old)

    def _doubt(self, query: Query, normal: Normal, text: str) -> Doubt:
        span = normal.span(query.start, query.end)
        candidates = tuple(Candidate(target[0], value, target[1]) for target, value in query.targets[:3])
        return Doubt(query.kind, span, text[slice(*span)], query.value, candidates)
