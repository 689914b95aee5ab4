"""Cuts a text into lines and blocks: headings, list lines, tables, 接龙; keeps what a heading says for the lines
under it.

Called by reader.py; hands sentences to sentences.py and tables to tables.py.
"""

from __future__ import annotations

import re

from handlers.reading.around import hour_of_today, is_weekday_of
from handlers.reading.drafts import Work
from handlers.reading.mentions import Mention, factor_of, is_whole, mentions
from handlers.reading.scopes import Scope
from handlers.reading.sentences import read_sentences
from handlers.reading.tables import Cell, begins_with_figures, is_header, read_table
from handlers.reading.tokens import DAY, MARK, NUMBER, Token

# 1. 2、 (3) 一、 （二） ① ▪ - at the head of a line; a number directly after the point is a figure (1.5万)
_LIST_MARK = re.compile(
    r"(?:^|(?<=\n))[ \t]*(?:\d{1,2}(?:[.、)](?!\d)|[)]|、(?!\d{1,2}、))|[(]?[一二三四五六七八九十]{1,3}[)、.](?=\D)"
    r"|\d{1,2} (?=[^\s\d]{2,8} \d)|[(]\d{1,2}[)]|[-*·\x01>#]+)[ \t]*"
)
_INLINE = re.compile(r"(?:^|(?<=[ ;,:。\n]))(\d{1,2})[、.)](?=[^\d\s])")
_SECOND = re.compile(r"(?<=[ ;,。\n])2[、.)](?=[^\d\s])")
_FIGURE = re.compile(r"[\d一二两三四五六七八九十]")
_ANSWERS = re.compile(r"[?!: ]*\n[ \t]*[(]?1[.、)]")
_NAME = 12  # characters of the name of an org at the head of a line
_HEADER = 24  # tokens of the header of a table in commas
_TODAY = ("今", "当", "本日")
_VETOES = ("plan", "past", "crime", "stock")  # of a heading, for the lines under it


def read_lines(work: Work) -> None:
    """Read all lines of a text into the work value."""
    lines = _split(work)
    for line in lines[1:]:
        if _is_footer(line):
            _heading(work, line)
    at = 0
    while at < len(lines):
        rows = _rows(work, lines, at)
        if len(rows) > 1 or (rows and begins_with_figures(rows[0])):
            read_table(work, rows)
            at += len(rows)
        else:
            if lines[at]:
                _read_line(work, lines[at])
            at += 1
        work.line += 1
        work.sentence += 1


def _is_footer(line: list[Token]) -> bool:
    """Whether a line only says what the lines over it are: (均为今早的粉丝数), 以上为累计数."""
    first = next((token for token in line if token.kind != MARK), None)
    return first is not None and "footer" in first.classes and not any(token.kind == NUMBER for token in line)


def _split(work: Work) -> list[list[Token]]:
    if "\n" in work.text:
        marks = [match.span() for match in _LIST_MARK.finditer(work.text)]
    else:
        first = _LIST_MARK.match(work.text)
        marks = [first.span()] if first is not None else []
    if "2" in work.text and _SECOND.search(work.text):
        marks = sorted({*marks, *_inline_marks(work.text)})
    if not marks and "\n" not in work.text:
        return [work.tokens]
    lines: list[list[Token]] = [[]]
    at = 0
    for token in work.tokens:
        while at < len(marks) and marks[at][1] <= token.start:
            at += 1
        marked = at < len(marks) and marks[at][0] <= token.start < marks[at][1]
        if token.word == "\n":
            lines.append([])
        elif not marked or token.word == "\t":
            lines[-1].append(token)
    return lines


def _inline_marks(text: str) -> list[tuple[int, int]]:
    """Return the marks of a list that runs on in one line: 1、手册：350本 2、折页：800张. They count up from one."""
    marks: list[tuple[int, int]] = []
    for match in _INLINE.finditer(text):
        number = int(match[1])
        first = number == 1 and text[match.start() - 1 : match.start()] != " "
        if first or (marks and number == 1 + int(text[marks[-1][0] : marks[-1][1] - 1])):
            marks.append(match.span())
    ends = [start for start, _ in marks[1:]]
    told = all(_FIGURE.search(text, mark[1], end) for mark, end in zip(marks, ends, strict=False))  # 横幅:1、海报:2
    return marks if ends and told else []


def _rows(work: Work, lines: list[list[Token]], at: int) -> list[list[Cell]]:
    """Return the consecutive lines from here that hold cell separators, as cells; none when the first is no header."""
    marks = "," if _is_comma_table(work, lines, at) else "\t|"
    rows: list[list[Cell]] = []
    while at < len(lines) and any(token.word and token.word in marks for token in lines[at]):
        rows.append(_cells(work, lines[at], marks))
        if not is_header(rows[0]):
            return []
        at += 1
    return rows


def _cells(work: Work, line: list[Token], marks: str) -> list[Cell]:
    cells = [Cell(start=work.text.rfind("\n", 0, line[0].start) + 1)]
    for token in line:
        if token.word and token.word in marks:
            cells[-1].end = token.start
            cells.append(Cell(start=token.end))
        else:
            cells[-1].tokens.append(token)
    end = work.text.find("\n", cells[-1].start)
    cells[-1].end = end if end >= 0 else len(work.text)
    return cells


def _is_comma_table(work: Work, lines: list[list[Token]], at: int) -> bool:
    """Whether a line is a header in commas over a line that holds a bare number between commas."""
    if at + 1 >= len(lines) or not 1 < len(lines[at]) <= _HEADER:
        return False
    commas = [sum(token.word == "," for token in line) for line in lines[at : at + 2]]
    if not commas[0] or commas[0] != commas[1] or any(token.kind == NUMBER for token in lines[at]):
        return False
    numbers = [token for token in lines[at + 1] if token.kind == NUMBER]
    ends = ("", ",", "\n")
    return any(work.text[t.end : t.end + 1] in ends and work.text[t.start - 1 : t.start] in ends for t in numbers)


def _read_line(work: Work, line: list[Token]) -> None:
    if "example" in line[0].classes and len(line) > 1:
        return
    if work.schema and _by_schema(work, line):
        return
    if "part" in line[0].classes:
        work.frame.part = True
    before = len(work.drafts), len(work.queries)
    work.org = _org_name(work, line)
    needs, work.needs = work.needs, work.needs | _level_before(work, line)
    read_sentences(work, _without_name(work, line))
    work.org, work.needs = None, needs
    if (len(work.drafts), len(work.queries)) == before:
        _heading(work, line)


def _level_before(work: Work, line: list[Token]) -> frozenset[str]:
    """Return the level that a line of only a platform and a number goes on with: 快手 1.9万 under 抖音粉丝5.37万."""
    if len(line) != 2 or line[1].kind != NUMBER or line[0].entry is None or not work.drafts:
        return frozenset()
    last = work.drafts[-1]
    key = last.target[0]
    goes_on = key in work.lexicon.levels and last.line == work.line - 1
    return frozenset((key,)) if goes_on and any(key == part[0] for part in line[0].entry.parts) else frozenset()


def _org_name(work: Work, line: list[Token]) -> str | None:
    """Return the name of an org that a line begins with: 城关所：手册50, 1. 城关所 50本. None when it begins with
    anything else.
    """
    start = work.text.rfind("\n", 0, line[0].start) + 1
    mark = _LIST_MARK.match(work.text, start)
    start = mark.end() if mark is not None else start
    known = [name for name in work.orgs if work.text.startswith(name, start)]
    if known:
        return max(known, key=len)
    for index, token in enumerate(line):
        last = index + 1 == len(line)
        if token.kind == NUMBER or last or not (token.classes & {"tail", "place"} or token.gap):
            return None
        after = work.text[token.end : token.end + 1]
        if token.classes & {"tail", "place"} and (after in (" ", ":") or line[index + 1].kind == NUMBER):
            name = work.text[start : token.end].strip().rpartition(" ")[2]  # 王小明 城关所
            return name if 1 < len(name) <= _NAME else None
        if not token.classes & {"tail", "place"}:
            return None
    return None


def _without_name(work: Work, line: list[Token]) -> list[Token]:
    """Leave out the name of the org where the heading already says which place is meant: 入户 over 河东社区 120."""
    if work.org is None or not any(key in work.lexicon.by and part is not None for key, part in work.heading):
        return line
    end = work.text.find(work.org, line[0].start - _NAME if line[0].start > _NAME else 0) + len(work.org)
    return [token for token in line if token.start >= end] or line


def _by_schema(work: Work, line: list[Token]) -> bool:
    """Pair the bare numbers of a line with the nouns of the heading, in order: 单位+手册+横幅 over 财政局+60+2."""
    numbers = [token for token in line if token.kind == NUMBER]
    if len(numbers) != len(work.schema) or any(token.entry is not None and token.entry.targets for token in line):
        return False
    for token, targets in zip(numbers, work.schema, strict=True):
        factor = factor_of(work.lexicon, targets[0], token)
        value = token.quantity.numeral.value
        if factor is not None and value is not None and is_whole(work.lexicon, targets[0], value * factor):
            scope = Scope(cum=work.frame.cum, when=work.frame.when)
            draft = work.keep(token, targets[0], value * factor, scope, "schema", token.quantity.approx)
            draft.table, draft.org = True, _org_name(work, line)
    return True


def _asks(work: Work, line: list[Token]) -> bool:
    """Whether a line asks those who answer under it for something other than figures: 放在哪天方便, over 1. 2. 3."""
    asking = [token.word for token in line if "ask" in token.classes]
    return bool(asking) and "多少" not in asking and _ANSWERS.match(work.text, line[-1].end) is not None


def _heading(work: Work, line: list[Token]) -> None:
    """Keep what a line without figures says about the lines under it."""
    if any(token.word == "。" for token in line):
        return
    if _asks(work, line):
        work.frame.veto = work.frame.veto or "question"
    _heading_nouns(work, line)
    done = any(token.word == "完成" for token in line)
    of_today = any(hour_of_today(line, index) for index, token in enumerate(line) if token.kind == DAY)
    counts = any(
        token.kind == NUMBER and token.measure for token in line
    )  # then it is no heading, and speaks for itself
    for index, token in enumerate(line):
        classes = token.classes
        work.frame.cum = (work.frame.cum and ("now" not in classes or counts)) or ("cum" in classes and not of_today)
        dated = token.when is not None and token.kind == DAY and token.when.kind not in ("clock", "year")
        if dated and token.when is not None and not is_weekday_of(line, index):
            work.frame.when = token.when
            if work.frame.cum and work.drafts and token.when.text.startswith(_TODAY) and not of_today:
                work.frame.cum = False  # 今日情况, under a block of running totals
        work.frame.part = work.frame.part or "part" in classes
        if "order" in classes and not done:
            work.frame.veto = work.frame.veto or "plan"
        for veto in _VETOES:
            if veto in classes and not (counts and (veto != "plan" or _in_bracket(line, index))):
                work.frame.veto = veto


def _in_bracket(line: list[Token], index: int) -> bool:
    opened = next((token.word for token in reversed(line[:index]) if token.word in ("(", ")")), "")
    return opened == "("


def _heading_nouns(work: Work, line: list[Token]) -> None:
    found = [m for m in mentions(line) if not (m.weak or m.lean or _is_filler(line, m))]
    if found:
        work.heading = tuple(target for mention in found for target in mention.targets)
        distinct = tuple(dict.fromkeys(mention.targets for mention in found))
        work.schema = distinct if len(distinct) > 1 else ()
    needs = frozenset(key for token in line if token.entry is not None for key in token.entry.needs)
    work.needs = needs or work.needs


def _is_filler(line: list[Token], mention: Mention) -> bool:
    return "fill" in line[mention.index].classes
