"""Chinese free text in, figures out. Pure: no clock, no database, no network; the campaign is the only vocabulary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from handlers.reading.binding import mentions
from handlers.reading.dates import resolve
from handlers.reading.drafts import Draft, Query, Work
from handlers.reading.lexicon import build
from handlers.reading.normalise import Normal, normalise
from handlers.reading.scopes import Frame
from handlers.reading.sentences import SentenceReader
from handlers.reading.tokens import DAY, MARK, NUMBER, Token, Tokeniser
from handlers.reading.values import Candidate, Doubt, Found, Reading, Step, Verdict
from models.campaign.definition import Campaign

_LIST_MARK = re.compile(r"(?:^|(?<=\n))[ \t]*(?:\d{1,2}(?:[.、)](?!\d)|[)])|[(]?[一二三四五六七八九十]{1,3}[)、.](?=\D)|[(]\d{1,2}[)]|[-*·\x01>#]+)[ \t]*")


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
        self._lines(work)
        return self._reading(work, normal, text, today)

    def _lines(self, work: Work) -> None:
        marks = [match.span() for match in _LIST_MARK.finditer(work.text)]
        lines: list[list[Token]] = [[]]
        at = 0
        for token in work.tokens:
            while at < len(marks) and marks[at][1] <= token.start:
                at += 1
            if at < len(marks) and marks[at][0] <= token.start < marks[at][1] and work.text[token.start] != "\n":
                continue
            if token.kind == MARK and work.text[token.start] == "\n":
                lines.append([])
            else:
                lines[-1].append(token)
        for line in lines:
            if line:
                self._line(work, line)
            work.line += 1

    def _line(self, work: Work, line: list[Token]) -> None:
        before = len(work.drafts), len(work.queries)
        self._sentences.read(work, line)
        if (len(work.drafts), len(work.queries)) == before:
            self._heading(work, line)

    def _heading(self, work: Work, line: list[Token]) -> None:
        found = mentions(line, frozenset())
        named = tuple(target for mention in found if not mention.weak for target in mention.targets)
        if named:
            work.heading = named
        needs = {key for token in line if token.entry is not None for key in token.entry.needs}
        if needs:
            work.needs = frozenset(needs)
        for token in line:
            if token.kind == DAY and token.when is not None and token.when.kind not in ("clock", "year"):
                work.frame.when = token.when
            if token.entry is not None and "cum" in token.entry.classes:
                work.frame.cum = True
            if token.entry is not None and "part" in token.entry.classes:
                work.frame.part = True

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
