"""Cuts a message about several orgs into what is said of each: 接龙, lines with a name in front, tables.

The reader reads each piece by itself then, with the heading above it, so that no figure can slip from one org to the
next. A name must stand at the head of a line, or of a clause among others of its kind; that it is a name of the roster
gives no right. Reads the roster's names, writes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from handlers.base import REPORTERS, Context
from handlers.names import folded, org_names
from models.people import Org, Person

MOST_LINES = 200  # a message holds 2,048 bytes; what is longer came by another way
_LONGEST_NAME = 24
_MARK = re.compile(  # 1. 2、 (3) #4 ① - and the bare serial that a chain of replies puts in front
    r"^[\s>*·•\-]*(?:#?[(]?\d{1,3}(?:\s*[.、):]|(?=[^\d\s.,%万千百亿]))(?!\d)|[(][一二三四五六七八九十]{1,3}[)])?\s*"
)
_FIELD = re.compile(r"^(?:报送|填报|上报)?单位(?:名称)?\s*[:]\s*")
_EDGE = " \t:,，|;—~、。"
_APART = " \t:,，|;(—~、。-"
_BEGINS = re.compile(  # what a report begins with when no blank stands behind the name
    r"^(?:\d|今[天日]|昨[天日]|本[周月]|上[周月]|累计|共|已|新增|发|印|悬?挂|张?贴|开展|组织|举办|召开|[进走推投摆设播报]|完成|零报告|没有|无)"
)
_TOTAL = re.compile(r"^(?:合计|总计|共计|小计|总数|全市合计|全省合计)")
_TOKEN = re.compile(r"^([^\s:,，|;()\d]{2,20})(?=[\s:,，|;(\d]|$)")
_CLAUSE = re.compile(r"[;；。，,]\s*")
_BODY = re.compile(r"(?:市|州|县|(?<![社小校园景片辖街])区|局|厅|委|办|部|公司|银行|[支分]行|法院|检察院)$")
_FIGURE = re.compile(r"^[约近共]?[\d.,]+[万千百亿余多+]*\D{0,3}$|^(?:无|—|-|/|零)?$")
_NOTHING = re.compile(r"^(?:无|没有|零|0|本周无|无新增|没有新增)[。.!]*$")
_WRITER = re.compile(r"^\s*[(][^()\d]{2,8}[)]")  # 长沙(张三)
_NUMERALS = "一二三四五六七八九十百千万两零"
_NUMBERED_NAME = re.compile(  # 张三, not 三百
    rf"^[^\s\d第{_NUMERALS}][^\s\d:,，]?[{_NUMERALS}][^\s\d:,，]?(?=[\s:,，])"
)
STAND_IN = "本局"  # in a table the org's own name gives way to it: 省广播电视局 must not be read as 广播


@dataclass(frozen=True, slots=True)
class Piece:
    """What is said of one org."""

    written: str  # its name as written
    orgs: tuple[int, ...]  # what the name means: one, several, or none
    text: str  # for the reader
    line: int  # from 1
    apart: bool = True  # a blank or a mark stands behind the name


@dataclass(slots=True)
class Pieces:
    """A message, cut."""

    found: list[Piece] = field(default_factory=list)
    total: str = ""  # what the line of totals says, for the reader; empty when there is none
    loose: str = ""  # figures that stand before the first org

    @property
    def known(self) -> set[int]:
        """Return the orgs that are named without doubt."""
        return {piece.orgs[0] for piece in self.found if len(piece.orgs) == 1}


def cut(ctx: Context, text: str) -> Pieces:
    """Cut a message into pieces; none are found in what is about one's own org only."""
    lines = unicodedata.normalize("NFKC", text).splitlines()[:MOST_LINES]
    cutter = _Cutter(ctx)
    pieces = cutter.cut(lines)
    pieces.found = _without_writers(ctx, pieces.found)
    return pieces


class _Cutter:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.names = org_names(ctx.session)
        self.phrases = ctx.campaign.phrases
        self.scope = ctx.scope(*REPORTERS)

    def cut(self, lines: Sequence[str]) -> Pieces:
        result, heading = Pieces(), list[str]()
        heads = sum(self.head(line) is not None for line in lines)
        at = 0
        while at < len(lines):
            rows = self.table(lines, at)
            if rows:
                self._take_table(result, rows, at, self._above(heading))
                at += len(rows)
                continue
            self._take_line(result, lines[at], at + 1, heading, heads)
            at += 1
        if result.found and heading and self.ctx.reader.read("\n".join(heading), self.ctx.today).found:
            result.loose = "\n".join(heading)
        return result

    def _take_line(self, result: Pieces, line: str, number: int, heading: list[str], heads: int) -> None:
        body = _bare(line)
        if not body:
            return
        above = self._above(heading)
        head = self.head(line)
        if head is None and heads:
            head = self._stranger(line, listed=heads > 1, started=bool(result.found))
        if head is not None:
            result.found += self._clauses(replace(head, line=number), above)
        elif _TOTAL.match(body):
            result.total = above + _TOTAL.sub("", body).lstrip(" :,，")
        elif result.found:
            last = result.found[-1]
            result.found[-1] = replace(last, text=f"{last.text}\n{body}".strip("\n"))
        else:
            heading.append(line)

    def _above(self, heading: Sequence[str]) -> str:
        """Return the lines before the first org that say what the figures below are, without figures of their own."""
        return "".join(f"{each}\n" for each in heading if not _digits(each) or not self._reads(each))

    def head(self, line: str) -> Piece | None:
        """Return the org with which a line begins and the rest of the line, or None."""
        for body in dict.fromkeys((_bare(line), line.strip())):
            for length in range(min(len(body), _LONGEST_NAME), 1, -1):
                word, rest = body[:length], body[length:]
                orgs = self.names.exact(folded(word)) if word.strip() == word else []
                if orgs and (not rest or rest[0] in _APART or self._begins(rest)):
                    apart = not rest or rest[0] in _APART
                    return Piece(word, tuple(orgs), _rest(rest), 0, apart)
        return None

    def _begins(self, rest: str) -> bool:
        return bool(_BEGINS.match(rest)) or rest.startswith(self.phrases)

    def _stranger(self, line: str, *, listed: bool, started: bool) -> Piece | None:
        """Return a piece whose head looks like the name of an org that the roster does not have as such.

        A town or a school under an org's name is a place of that org, unless it is numbered in a list of several.
        """
        body = _bare(line)
        token = _TOKEN.match(body)
        marked = body != line.strip()
        if token is None or _TOTAL.match(body) or not (_digits(body[token.end() :]) or marked):
            return None
        if not (marked or started or _BODY.search(token[1])) or self._begins(token[1]) or self._reads(f"{token[1]}1"):
            return None
        found = self.names.find(folded(token[1]), self.scope.__contains__, loose=True)[1] if len(token[1]) > 2 else []
        if not (found or _BODY.search(token[1]) or (marked and listed)):
            return None
        return Piece(token[1], tuple(found), _rest(body[token.end() :]), 0)

    def _reads(self, text: str) -> bool:
        reading = self.ctx.reader.read(text, self.ctx.today)
        return bool(reading.found) or any(doubt.candidates for doubt in reading.doubts)

    def _clauses(self, head: Piece, above: str) -> Iterable[Piece]:
        """Split what follows at clauses that begin with another org of the same kind: 长沙手册3000，株洲手册500."""
        kinds = self._kinds(head.orgs)
        start, current = 0, head
        for mark in _CLAUSE.finditer(head.text):
            other = self.head(head.text[mark.end() :]) if kinds else None
            if other is not None and self._kinds(other.orgs) == kinds:
                yield replace(current, text=above + _said(head.text[start : mark.start()]))
                current = replace(other, line=head.line)
                start = len(head.text) - len(other.text)
        yield replace(current, text=above + _said(head.text[start:]))

    def _kinds(self, orgs: Sequence[int]) -> set[str]:
        return set(self.ctx.session.scalars(select(Org.kind).where(Org.id.in_(orgs)))) if orgs else set()

    # ----- tables

    def table(self, lines: Sequence[str], at: int) -> list[list[str]]:
        """Return the rows of a table that begins here, its header first; [] when none does."""
        for split in (_tabs, _bars, _commas, _blanks):
            header = split(lines[at])
            if len(header) < 2 or any(_digits(cell) for cell in header):
                continue
            rows = [header]
            for line in lines[at + 1 :]:
                cells = split(line)
                if len(cells) < 2 or (split in (_commas, _blanks) and not self._fits(cells, header)):
                    break
                rows.append(cells)
            body = [row for row in rows[1:] if not _ruler(row)]
            if body and any(self._named(row)[1] for row in body) and any(self._reads(f"{c}1") for c in header):
                return rows
        return []

    def _fits(self, cells: Sequence[str], header: Sequence[str]) -> bool:
        return len(cells) == len(header) and all(_FIGURE.match(cell) for cell in cells[2:]) and _digits("".join(cells))

    def _named(self, row: Sequence[str]) -> tuple[int, tuple[int, ...]]:
        """Return which cell of a row names the org, and what it means."""
        for index, cell in enumerate(row[:3]):
            orgs = self.names.exact(folded(cell)) if cell else []
            if orgs:
                return index, tuple(orgs)
        words = [index for index, cell in enumerate(row[:3]) if cell and not _FIGURE.match(cell)]
        return (words[0] if words else 0), ()

    def _take_table(self, result: Pieces, rows: Sequence[Sequence[str]], at: int, above: str) -> None:
        header = rows[0]
        for number, row in enumerate(rows[1:], at + 2):
            if _ruler(row) or not any(row):
                continue
            index, orgs = self._named(row)
            name = row[index]
            columns = [
                (header[i] if i < len(header) else "", cell)
                for i, cell in enumerate(row)
                if i != index and not (i < index and _FIGURE.match(cell))
            ]
            titles = "\t".join(["单位", *(title for title, _ in columns)])
            cells = "\t".join([STAND_IN, *(cell for _, cell in columns)])
            text = f"{above}{titles}\n{cells}"
            if _TOTAL.match(name):
                result.total = text
                continue
            if not orgs:
                orgs = tuple(self.names.find(folded(name), self.scope.__contains__, loose=True)[1])
            result.found.append(Piece(name, orgs, text, number))


def _bare(line: str) -> str:
    """Take off list marks and 单位： in front."""
    return _FIELD.sub("", _MARK.sub("", line, count=1)).strip()


def _rest(rest: str) -> str:
    bare = _WRITER.sub("", rest).lstrip(_EDGE)
    return _NUMBERED_NAME.sub("", bare).lstrip(_EDGE)


def _said(text: str) -> str:
    """Write out a bare 无 behind a name."""
    text = text.strip()
    return "零报告" if _NOTHING.match(text) else text


def _digits(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _ruler(row: Sequence[str]) -> bool:
    return all(set(cell) <= set("-: ") for cell in row)


def _tabs(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")] if "\t" in line else []


def _bars(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else []


def _commas(line: str) -> list[str]:
    return [cell.strip() for cell in line.split(",")] if "," in line else []


def _blanks(line: str) -> list[str]:
    return line.split()


def _without_writers(ctx: Context, found: Sequence[Piece]) -> list[Piece]:
    """Take the names of persons out: 株洲 张三 手册500 would be read as 3 of something."""
    words = {word for piece in found for word in re.split(r"[\s:,，]+", piece.text) if 1 < len(word) < 5}
    names = set(ctx.session.scalars(select(Person.name).where(Person.name.in_(words)))) if words else set()
    if not names:
        return list(found)
    stands = re.compile(rf"(?<![^\s:,，])(?:{'|'.join(map(re.escape, names))})(?=[\s:,，]|$)[:,，]?")
    return [replace(piece, text=stands.sub(" ", piece.text).strip()) for piece in found]
