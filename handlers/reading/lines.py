"""Cuts a text into lines and blocks: headings, list lines, tables, 接龙; keeps what a heading says for the lines under it.

Called by reader.py; hands sentences to sentences.py and tables to tables.py.
"""

from __future__ import annotations

import re

from handlers.reading.binding import Mention, factor_of, mentions
from handlers.reading.drafts import Draft, Work
from handlers.reading.lexicon import Lexicon
from handlers.reading.scopes import ORDERS, Scope
from handlers.reading.sentences import SentenceReader
from handlers.reading.tables import Cell, read_table
from handlers.reading.tokens import DAY, MARK, NUMBER, Token

# 1. 2、 (3) 一、 （二） ① ▪ - at the head of a line; a number directly after the point is a figure (1.5万)
_LIST_MARK = re.compile(
    r"(?:^|(?<=\n))[ \t]*(?:\d{1,2}(?:[.、)](?!\d)|[)])|[(]?[一二三四五六七八九十]{1,3}[)、.](?=\D)|[(]\d{1,2}[)]|[-*·\x01>#]+)[ \t]*"
)


def read_lines(lexicon: Lexicon, sentences: SentenceReader, work: Work) -> None:
    """Read all lines of a text into the work value."""
    lines = _split(work)
    at = 0
    while at < len(lines):
        rows = _rows(work, lines, at)
        if len(rows) > 1 and read_table(lexicon, work, rows):
            at += len(rows)
        else:
            if lines[at]:
                _read_line(lexicon, sentences, work, lines[at])
            at += 1
        work.line += 1
        work.sentence += 1


def _split(work: Work) -> list[list[Token]]:
    marks = [match.span() for match in _LIST_MARK.finditer(work.text)]
    lines: list[list[Token]] = [[]]
    at = 0
    for token in work.tokens:
        while at < len(marks) and marks[at][1] <= token.start:
            at += 1
        newline = token.kind == MARK and work.text[token.start] == "\n"
        if newline:
            lines.append([])
        elif not (at < len(marks) and marks[at][0] <= token.start < marks[at][1]) or work.text[token.start] == "\t":
            lines[-1].append(token)
    return lines


def _rows(work: Work, lines: list[list[Token]], at: int) -> list[list[Cell]]:
    """Return the consecutive lines from here that hold cell separators, as cells."""
    marks = "\t|" if not _is_comma_table(work, lines, at) else ","
    rows = []
    for line in lines[at:]:
        cells: list[Cell] = [Cell()]
        for token in line:
            if token.kind == MARK and work.text[token.start] in marks:
                cells[-1].end = token.start
                cells.append(Cell(start=token.end))
            else:
                cells[-1].tokens.append(token)
        if len(cells) > 1:
            cells[0].start = work.text.rfind("\n", 0, cells[0].end) + 1
            stop = work.text.find("\n", cells[-1].start)
            cells[-1].end = stop if stop >= 0 else len(work.text)
        if len(cells) < 2:
            break
        rows.append(cells)
    return rows


def _is_comma_table(work: Work, lines: list[list[Token]], at: int) -> bool:
    """Whether a line is a header in commas over at least one line that holds a bare number between commas."""
    if at + 1 >= len(lines) or len(lines[at]) < 2 or len(lines[at]) > 24:
        return False
    if any(token.kind == NUMBER for token in lines[at]):
        return False
    commas = [
        sum(token.kind == MARK and work.text[token.start] == "," for token in line) for line in lines[at : at + 2]
    ]
    row = lines[at + 1]
    bare = any(
        token.kind == NUMBER
        and (work.text[token.start - 1] == "," or index == 0)
        and work.text[token.end : token.end + 1] in (",", "\n", "")
        for index, token in enumerate(row)
    )
    return commas[0] > 0 and commas[0] == commas[1] and bare


def _read_line(lexicon: Lexicon, sentences: SentenceReader, work: Work, line: list[Token]) -> None:
    if work.schema and _by_schema(lexicon, work, line):
        return
    first = line[0].entry
    if first is not None and "example" in first.classes and len(line) > 1:
        return
    if first is not None and "part" in first.classes:
        work.frame.part = True
    before = len(work.drafts), len(work.queries)
    sentences.read(work, line)
    if (len(work.drafts), len(work.queries)) == before:
        _heading(work, line)


def _by_schema(lexicon: Lexicon, work: Work, line: list[Token]) -> bool:
    """Pair the bare numbers of a line with the nouns of the heading, in order: 单位+手册+横幅 over 财政局+60+2."""
    numbers = [token for token in line if token.kind == NUMBER]
    if len(numbers) != len(work.schema) or any(token.entry is not None and token.entry.targets for token in line):
        return False
    for token, targets in zip(numbers, work.schema, strict=True):
        assert token.number is not None
        factor = factor_of(lexicon, targets[0], token)
        if factor is not None and token.number.numeral.value is not None:
            value = token.number.numeral.value * factor
            scope = Scope(cum=work.frame.cum, when=work.frame.when)
            work.drafts.append(
                Draft(
                    targets[0],
                    value,
                    token.start,
                    token.end,
                    scope,
                    token.number.approx,
                    work.line,
                    work.sentence,
                    scope.when,
                    table=True,
                )
            )
    return True


def _is_filler(line: list[Token], mention: Mention) -> bool:
    entry = line[mention.index].entry
    return entry is not None and "fill" in entry.classes


def _heading(work: Work, line: list[Token]) -> None:
    """Keep what a line without figures says about the lines under it."""
    if any(token.kind == MARK and work.text[token.start] == "。" for token in line):
        return
    found = [
        mention
        for mention in mentions(line, frozenset())
        if not (mention.weak or mention.lean) and not _is_filler(line, mention)
    ]
    if found:
        work.heading = tuple(target for mention in found for target in mention.targets)
        distinct = tuple(dict.fromkeys(mention.targets for mention in found))
        work.schema = distinct if len(distinct) > 1 else ()
    needs = {key for token in line if token.entry is not None for key in token.entry.needs}
    if needs:
        work.needs = frozenset(needs)
    for token in line:
        if token.kind == DAY and token.when is not None and token.when.kind not in ("clock", "year"):
            work.frame.when = token.when
        classes = token.entry.classes if token.entry is not None else frozenset()
        if "cum" in classes:
            work.frame.cum = True
        if "part" in classes:
            work.frame.part = True
        if "order" in classes and not any(work.text[t.start : t.end] == "完成" for t in line):
            work.frame.veto = work.frame.veto or (
                "plan" if token.entry is not None and token.entry.word in ORDERS else ""
            )
        for veto in ("plan", "past", "crime", "stock"):
            if veto in classes:
                work.frame.veto = veto
