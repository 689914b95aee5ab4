"""What would be booked for whom, out of a message that was cut into pieces. Nothing here writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from handlers import wording
from handlers.base import REPORTERS, Context
from handlers.lines import Books, Held, Taken, line_of, sort
from handlers.names import org_labels
from handlers.reading.values import Reading, Verdict
from handlers.report import statements_of
from handlers.segments import Piece, Pieces
from models.campaign.definition import IndicatorKind
from models.ledger import Entry, Line, Report, counts
from models.people import Org
from models.reminding import midnight

CONFIRMABLE = ("implausible", "falling-total", "early-day", "late-day")  # doubts that the code of a single org settles


@dataclass
class OrgPlan:
    """What is to be booked for one org."""

    org: Org
    books: Books
    texts: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # of the message
    taken: list[Taken] = field(default_factory=list)
    statements: dict[str, date] = field(default_factory=dict)  # duty stated as done -> its day
    nothing: bool = False  # an explicit nothing
    doubts: list[str] = field(default_factory=list)  # what is left out, in words
    sure: list[str] = field(default_factory=list)  # doubts that the code will settle, in words

    @property
    def bookable(self) -> bool:
        """Tell whether there is anything to book."""
        return bool(self.taken or self.statements or self.nothing)


@dataclass
class Plan:
    """What would be booked, and what not."""

    orgs: list[OrgPlan] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # orgs that are not the sender's to report for
    unknown: list[str] = field(default_factory=list)  # names that no org has
    unclear: list[tuple[str, list[str]]] = field(default_factory=list)  # names that several orgs have
    notes: list[str] = field(default_factory=list)
    single: bool = False  # the message is about one org

    @property
    def bookable(self) -> list[OrgPlan]:
        """Return the orgs for which there is something to book."""
        return [each for each in self.orgs if each.bookable]

    def rows(self) -> list[tuple[str, Sequence[Taken], Sequence[str], bool, Sequence[str]]]:
        """Return for each line of the preview: org, figures, duties stated as done, an explicit nothing, doubts."""
        return [(p.org.name, p.taken, list(p.statements), p.nothing, p.sure) for p in self.bookable]


def make_plan(ctx: Context, pieces: Pieces) -> Plan:
    """Work out what the pieces of a message would book. Orgs come in the order of the message."""
    plan = Plan(single=len({piece.orgs or piece.written for piece in pieces.found}) == 1)
    scope = ctx.scope(*REPORTERS)
    by_org: dict[int, OrgPlan] = {}
    stated: dict[tuple[str, str], Decimal] = {}
    for piece in pieces.found:
        reading = ctx.reader.read(piece.text, ctx.today)
        for found in reading.found:
            key = found.indicator, found.part or ""
            stated[key] = stated.get(key, Decimal(0)) + found.value
        if len(piece.orgs) != 1:
            _note_unknown(ctx, plan, piece)
            continue
        org = ctx.session.get_one(Org, piece.orgs[0])
        if org.id not in scope:
            plan.foreign.append(org.name)
            continue
        if org.id not in by_org:
            by_org[org.id] = OrgPlan(org, Books(ctx, org))
            plan.orgs.append(by_org[org.id])
        _add(ctx, by_org[org.id], piece, reading, single=plan.single)
    plan.foreign = list(dict.fromkeys(plan.foreign))
    plan.notes += [wording.named_twice(p.org.name, p.lines) for p in plan.orgs if len(p.lines) > 1]
    plan.notes += _total_notes(ctx, pieces, stated)
    if pieces.loose:
        plan.notes.append(wording.loose_figures(pieces.loose))
    return plan


def _note_unknown(ctx: Context, plan: Plan, piece: Piece) -> None:
    if piece.orgs:
        plan.unclear.append((piece.written, [name for _, name in org_labels(ctx.session, piece.orgs[:5])]))
    else:
        plan.unknown.append(piece.written)


def _add(ctx: Context, each: OrgPlan, piece: Piece, reading: Reading, *, single: bool) -> None:
    """Sort what a piece says of an org into what is to be booked and what is doubtful."""
    before = {(t.line.indicator, t.line.part): t.line.stated for t in each.taken}
    each.texts.append(piece.text)
    each.lines.append(piece.line)
    lines = [line_of(ctx, found) for found in reading.found]
    for line in [line for line in lines if (line.indicator, line.part) in before]:
        each.doubts.append(wording.said_twice(ctx.campaign, line, before[line.indicator, line.part]))
        each.taken = [t for t in each.taken if (t.line.indicator, t.line.part) != (line.indicator, line.part)]
        lines.remove(line)
    repeated = [(line, number) for line in lines if (number := _same_today(ctx, each.org, line)) is not None]
    for line, number in repeated:
        words = wording.same_again(ctx.campaign, line, number)
        if single:
            each.sure.append(words)
        else:
            each.doubts.append(words)
            lines.remove(line)
    sorted_lines = sort(each.books, lines)
    each.taken += sorted_lines.clean
    for held in sorted_lines.held:
        _hold(ctx, each, held, single=single)
    each.doubts += [wording.unread(doubt.as_written) for doubt in reading.doubts]
    each.doubts += [wording.unread(piece.text[start:end]) for start, end in reading.unplaced]
    reported = {taken.line.indicator: taken.line.day for taken in each.taken}
    done, missing = statements_of(ctx, each.org, piece.text, reported)
    each.statements |= done
    each.sure += [wording.pledge_wanted(ctx.campaign.duties[key]) for key in missing]
    each.nothing = reading.verdict is Verdict.ZERO and not each.taken and not each.statements
    if not (each.bookable or each.doubts):
        each.doubts.append(wording.no_figures())


def _hold(ctx: Context, each: OrgPlan, held: Held, *, single: bool) -> None:
    words = wording.held_words(ctx.campaign, held.kind, held.line, held.usual)
    if single and held.kind in CONFIRMABLE:
        each.taken.append(each.books.take(held.line))
        each.sure.append(words)
    else:
        day = None if held.kind == "future-day" or held.line.day == ctx.report_day else held.line.day
        again = wording.report_again(ctx.campaign, each.org.name, held.line, day)
        each.doubts.append(words if single else wording.alone_instead(words, again))


def _same_today(ctx: Context, org: Org, line: Line) -> int | None:
    """Return the number of today's report of the org that says the very same already."""
    if line.cumulative or ctx.campaign.indicators[line.indicator].kind is IndicatorKind.LEVEL or not line.stated:
        return None  # said twice, a total or a level counts once anyway
    return ctx.session.scalar(
        select(Entry.report_id)
        .join(Report, Report.id == Entry.report_id)
        .where(
            Entry.org_id == org.id,
            Entry.indicator == line.indicator,
            Entry.part == line.part,
            Entry.stated == line.stated,
            Entry.day == line.day,
            Report.made_at >= midnight(ctx.campaign, ctx.now),
            counts(),
        )
        .limit(1)
    )


def _total_notes(ctx: Context, pieces: Pieces, stated: dict[tuple[str, str], Decimal]) -> list[str]:
    """Compare the line of totals with what the lines add up to, all orgs of the message counted."""
    if not pieces.total:
        return []
    notes = []
    for found in ctx.reader.read(pieces.total, ctx.today).found:
        added = stated.get((found.indicator, found.part or ""), Decimal(0))
        if added != found.value:
            notes.append(wording.total_differs(ctx.campaign, found.indicator, found.part or "", found.value, added))
    return notes
