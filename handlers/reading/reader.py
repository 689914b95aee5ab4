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
from handlers.reading.spelling import Speller
from handlers.reading.tokens import Tokeniser
from handlers.reading.totals import settle
from handlers.reading.values import Candidate, Doubt, DoubtKind, Found, Reading
from handlers.reading.verdicts import ask_about_nothing, verdict
from models.campaign.definition import Campaign

_REACH = 4  # characters to either side of a number in which a slip is looked for


class Reader:
    """Reads messages in the words of one campaign. Build it once; it is safe to share between threads."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.lexicon = build(campaign)
        self._tokeniser = Tokeniser(self.lexicon)
        self._speller = Speller(self.lexicon)
        self._sentences = SentenceReader(self.lexicon)

    def read(self, text: str, today: date | None = None, orgs: Mapping[str, object] | None = None) -> Reading:
        """Read one message."""
        normal = normalise(text)
        work = self._work(normal.text)
        if any(note.outcome == "unplaced" for note in work.notes) or any(
            query.kind is DoubtKind.UNIT_MISFIT for query in work.queries
        ):
            work = self._respelt(normal.text, work)
        ask_about_nothing(self.lexicon, work)
        return self._reading(work, normal, text, today)

    def _respelt(self, levelled: str, work: Work) -> Work:
        """Read again with typing slips mended; keep that only if it binds more."""
        loose = [(note.start, note.end) for note in work.notes if note.outcome == "unplaced"]
        loose += [(query.start, query.end) for query in work.queries]
        near = {index for start, end in loose for index in range(start - _REACH, end + _REACH)}
        covered = {index for token in work.tokens for index in range(token.start, token.end)}
        mended = self._speller.mend(levelled, frozenset(near - covered))
        if mended == levelled:
            return work
        again = self._work(mended)
        return again if len(again.drafts) > len(work.drafts) else work

    def _work(self, levelled: str) -> Work:
        work = Work(levelled, self._tokeniser.cut(levelled), rivals=self.lexicon.rivals)
        work.wrong = {work.tokens[old].start: work.tokens[new].start for old, new in replaced(work.tokens).items()}
        if any(token.entry is not None and "notown" in token.entry.classes for token in work.tokens):
            work.frame.veto = "notown"
        read_lines(self.lexicon, self._sentences, work)
        settle(work)
        return work

    def _reading(self, work: Work, normal: Normal, text: str, today: date | None) -> Reading:
        found = tuple(self._found(draft, normal, text, today) for draft in work.drafts if not draft.dropped)
        doubts = tuple(self._doubt(query, normal, text) for query in work.queries)
        return Reading(verdict(work, normal.text), found, doubts, (), ())

    def _found(self, draft: Draft, normal: Normal, text: str, today: date | None) -> Found:
        span = normal.span(draft.start, draft.end)
        when = draft.when
        written = text[slice(*normal.span(when.start, when.end))] if when is not None else None
        days = resolve(when.text, today) if when is not None else None
        cumulative = draft.scope.cum and draft.target[0] not in self.lexicon.levels
        return Found(
            draft.target[0],
            draft.value,
            draft.target[1],
            cumulative,
            draft.approx,
            days,
            written,
            text[slice(*span)],
            span,
            draft.org,
            draft.old,
        )

    def _doubt(self, query: Query, normal: Normal, text: str) -> Doubt:
        span = normal.span(query.start, query.end)
        candidates = tuple(Candidate(target[0], value, target[1]) for target, value in query.targets[:3])
        return Doubt(query.kind, span, text[slice(*span)], query.value, candidates)
