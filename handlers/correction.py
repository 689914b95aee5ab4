"""撤销 and 更正: nothing is overwritten, a new report cancels entries of an older one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select

from handlers import wording
from handlers.base import Context, Match, find_org, route
from handlers.entering import audit_lines, tail
from handlers.lines import Books, fits, line_of, settle
from handlers.reading.values import Found, Verdict
from handlers.report import within_campaign
from handlers.short_answers import bare_number
from models import drafts
from models.campaign.definition import IndicatorKind
from models.errors import UserError
from models.ledger import (
    DUTY,
    NOTHING,
    Entry,
    Line,
    Report,
    ReportKind,
    counts,
    entries_of,
    family,
    first_of,
    last_report,
    record,
    replaced_by,
)
from models.messages import Reply
from models.people import Org, Role

_NEGATIVE = re.compile(r"(?:^|[\s:：,，])[-－−]\s?\d")  # 手册 -5: a figure below nothing is no figure
_REPORT = re.compile(r"[#＃]\s*(\d{1,9})")  # 更正 #12 手册 5
_NUMBER = re.compile(r"^#?\s*(\d{1,9})$")


@route(
    "undo",
    words=("撤销", "撤回上报", "取消上报"),
    takes_rest=True,
    roles=(Role.LIAISON, Role.ADMIN),
    examples=("撤销", "撤销 #1027"),
    help="撤销：取消刚才的上报；撤销 #号：取消指定的一条",
)
def undo(ctx: Context, match: Match) -> Reply:
    """Take back the sender's last report, or the report of a number within the sender's orgs.

    A correction is taken back by itself, and what it replaced counts again; a report goes with all that became of it.
    """
    within_campaign(ctx)
    report = _report_to_undo(ctx, match.rest)
    corrects = report.kind is ReportKind.CORRECTION  # only a correction gives back what it had replaced
    ids = {report.id} if corrects else family(ctx.session, report.id)
    entries = [entry for each in sorted(ids) for entry in entries_of(ctx.session, each)]
    if not entries:
        raise UserError("already-undone", number=report.id)
    pairs = _pairs(ctx, report, entries) if corrects else []
    restored = [before for _, before in pairs]
    org = ctx.session.get_one(Org, report.org_id)
    undone = record(
        ctx.session,
        org_id=report.org_id,
        person_id=ctx.known.person.id,
        inbox_id=ctx.inbox_id,
        kind=ReportKind.UNDO,
        made_at=ctx.now,
        text=ctx.inbound.text,
        lines=restored,
        cancels=[entry.id for entry in entries],
        about_id=report.id,
    )
    ctx.settle_reminders(org.id)
    ctx.audit(
        "undo",
        f"report:{report.id}",
        org.id,
        before=audit_lines(line_again(entry) for entry in entries),
        after={**audit_lines(restored), "by": undone.id},
    )
    number = first_of(ctx.session, report.id)
    if pairs:
        changes = list(_restored_lines(ctx, org, pairs))
        return Reply(wording.undone_correction(number, changes), outcome="undone")
    return Reply(wording.undone(number, _undone_lines(ctx, org, entries)), outcome="undone")


def _report_to_undo(ctx: Context, rest: str) -> Report:
    scope = ctx.scope(Role.LIAISON, Role.ADMIN)
    if not rest:
        return _last_of_sender(ctx, scope)
    number = _NUMBER.match(rest)
    found = ctx.session.get(Report, int(number[1])) if number else None
    if found is None or found.org_id not in scope:
        raise UserError("no-such-report", number=number[1] if number else rest)
    return _meant(ctx, found)


def _last_of_sender(ctx: Context, org_ids: set[int]) -> Report:
    """Return the newest that the sender has reported or corrected; what an undo of his restored for others is not."""
    passed: list[int] = []
    while (report := last_report(ctx.session, ctx.known.person.id, org_ids, but=passed)) is not None:
        meant = _meant(ctx, report)
        if meant.person_id == ctx.known.person.id:
            return meant
        passed.append(report.id)
    raise UserError("nothing-to-undo")


def _meant(ctx: Context, report: Report) -> Report:
    """Return what is to be taken back: of figures that an undo has restored, the report that they began with.

    A correction of it that still stands goes before it, and by itself.
    """
    if report.kind is not ReportKind.UNDO:
        return report
    first = ctx.session.get_one(Report, first_of(ctx.session, report.id))
    for number in sorted(family(ctx.session, first.id), reverse=True):
        each = ctx.session.get_one(Report, number)
        if each.kind is ReportKind.CORRECTION and entries_of(ctx.session, number):
            return each
    return first


def _pairs(ctx: Context, correction: Report, entries: Sequence[Entry]) -> list[tuple[Line, Line]]:
    """Return what still stands of a correction, each with what it had replaced: one entry of an indicator and part."""
    before = {(entry.indicator, entry.part): entry for entry in replaced_by(ctx.session, correction.id)}
    return [(line_again(entry), line_again(before[entry.indicator, entry.part])) for entry in entries]


def line_again(entry: Entry) -> Line:
    """Return an entry as a line, to be entered again."""
    return Line(
        indicator=entry.indicator,
        value=entry.value,
        stated=entry.stated,
        day=entry.day,
        part=entry.part,
        cumulative=entry.cumulative,
        approx=entry.approx,
        as_written=entry.as_written,
        since=entry.since,
    )


def _undone_lines(ctx: Context, org: Org, entries: Sequence[Entry]) -> list[str]:
    books = Books(ctx, org)
    lines = []
    for entry in entries:
        if entry.indicator.startswith(DUTY):
            lines.append(wording.undone_statement(ctx.campaign.duties[entry.indicator.removeprefix(DUTY)]))
        elif entry.indicator == NOTHING:
            lines.append(wording.undone_nothing())
        else:
            lines.append(
                wording.undone_line(
                    ctx.campaign, entry.indicator, entry.part, entry.value, _standing_total(ctx, books, entry)
                )
            )
    return lines


def _restored_lines(ctx: Context, org: Org, pairs: Iterable[tuple[Line, Line]]) -> Iterable[str]:
    books = Books(ctx, org)
    for before, now in pairs:
        level = ctx.campaign.indicators[now.indicator].kind is IndicatorKind.LEVEL
        total = None if level else books.total(now.indicator, now.part)
        yield wording.restored_line(ctx.campaign, before, now, total)


def _standing_total(ctx: Context, books: Books, entry: Entry) -> Decimal | None:
    if ctx.campaign.indicators[entry.indicator].kind is IndicatorKind.LEVEL:
        reading = books.reading(entry.indicator, entry.part)
        return reading.value if reading else None
    return books.total(entry.indicator, entry.part)


def corrects(ctx: Context, match: Match) -> bool:
    """Tell whether a text corrects and names what: it begins with 更正, or reads as 横幅不是50条是15条, 手册应为560."""
    if command_rest(match.text) is not None:
        return True
    if answers_question(ctx, match):
        return False
    return ctx.reader.read(ctx.inbound.text, ctx.today).verdict is Verdict.CORRECTION


def answers_question(ctx: Context, match: Match) -> bool:
    """Tell whether 应该是560 answers a question about a figure, and so corrects nothing."""
    if ctx.sender is None or bare_number(match.text) is None:
        return False
    asked = drafts.open_question(ctx.session, ctx.sender.person.id)
    return asked is not None and asked.kind == "figures" and asked.expires_at > ctx.wall


def command_rest(text: str) -> str | None:
    """Return what follows 更正 at the start of a text; None when it does not start so."""
    command = re.match(r"^(?:更正|改正|修改|更改)(?:[:：,，\s]+|(?=[^\s:：,，]))(.*)$", text, re.DOTALL)
    if command:
        return command[1].strip()
    return "" if text in ("更正", "改正", "修改", "更改") else None


@route(
    "correct",
    roles=(Role.LIAISON, Role.ADMIN),
    examples=("更正 {figure}", "不是50条是15条"),
    help="更正 {figure}：改最近报的这一项",
    accepts=corrects,
)
def correct(ctx: Context, match: Match) -> Reply:
    """Replace the newest figure of an indicator. An admin may name the org first: 更正 长沙 手册 3000."""
    within_campaign(ctx)
    rest = command_rest(match.text)
    org, text = _org_and_text(ctx, ctx.inbound.text if rest is None else rest)
    if _NEGATIVE.search(text):
        raise UserError("no-negatives")
    named = _REPORT.search(text)
    within = family(ctx.session, int(named[1])) if named else None
    reading = ctx.reader.read(_REPORT.sub(" ", text), ctx.today)
    if not reading.found or not all(fits(found.value) for found in reading.found):
        raise UserError("correct-what", example=wording.figure_example(ctx.campaign))
    if len({(found.indicator, found.part) for found in reading.found}) < len(reading.found):
        raise UserError("one-value-each")
    pairs = []
    for found in reading.found:
        entry = _replaced_entry(ctx, org, found, within)
        line = line_of(ctx, found, None if found.days else entry.day)
        if not line.cumulative and entry.cumulative:
            line = replace(line, cumulative=True, since=entry.since)
        pairs.append((line, entry))
    return apply(ctx, org, pairs, ctx.inbound.text)


def apply(ctx: Context, org: Org, pairs: Sequence[tuple[Line, Entry]], text: str) -> Reply:
    """Replace entries by lines, as one correction, and say from what to what."""
    books = Books(ctx, org, without=[entry.id for _, entry in pairs])
    lines = []
    for line, _ in pairs:
        settled = settle(books, line)
        books.take(settled)
        lines.append(settled)
    report = record(
        ctx.session,
        org_id=org.id,
        person_id=ctx.known.person.id,
        inbox_id=ctx.inbox_id,
        kind=ReportKind.CORRECTION,
        made_at=ctx.now,
        text=text,
        lines=lines,
        cancels=[entry.id for _, entry in pairs],
        about_id=pairs[0][1].report_id,
    )
    ctx.settle_reminders(org.id)
    ctx.audit(
        "correct",
        f"report:{report.about_id}",
        org.id,
        before=audit_lines(line_again(entry) for _, entry in pairs),
        after={**audit_lines(lines), "by": report.id},
    )
    changes = list(_changes(ctx, books, lines, [entry for _, entry in pairs]))
    answer = [wording.corrected(first_of(ctx.session, pairs[0][1].report_id), org.name, changes), *tail(ctx, org)]
    return Reply("\n".join(answer), outcome="corrected")


def _org_and_text(ctx: Context, text: str) -> tuple[Org, str]:
    """Split 长沙 手册 3000 into the org and what is reported; without an org's name it is the sender's own."""
    first, _, remainder = text.strip().partition(" ")
    scope = ctx.scope(Role.LIAISON, Role.ADMIN)
    if remainder and not any(character.isdigit() for character in first):
        org = _org_called(ctx, first)
        if org is not None and org.id not in scope:
            raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.own_orgs()])
        if org is not None:
            return org, remainder
    orgs = ctx.own_orgs()
    if not orgs:
        raise UserError("no-org")
    default = ctx.default_org()
    if default is None:
        raise UserError("name-an-org", example=f"更正 {orgs[0].name} {text}")
    return default, text


def _org_called(ctx: Context, name: str) -> Org | None:
    try:
        return find_org(ctx, name, loose=False)
    except UserError as error:
        if error.code == "which-org":
            raise
        return None  # the name of an indicator, most likely


def _replaced_entry(ctx: Context, org: Org, found: Found, within: set[int] | None) -> Entry:
    """Return the newest entry that a correction means: same indicator and part, and the old value or the days if it
    names them.

    within: reports to look in, where the correction names a number.
    """
    query = select(Entry).where(
        Entry.org_id == org.id, Entry.indicator == found.indicator, Entry.part == (found.part or ""), counts()
    )
    if found.old_value is not None:
        query = query.where(Entry.stated == found.old_value)
    if within is not None:
        query = query.where(Entry.report_id.in_(within))
    if found.days is not None and found.days != (ctx.today, ctx.today):
        query = query.where(Entry.day.between(*found.days))
    other_sort = Entry.cumulative.is_(
        not found.cumulative
    )  # of 今天80，累计2000 in one report, the one of the same sort
    entry = ctx.session.scalar(query.order_by(Entry.report_id.desc(), other_sort, Entry.id.desc()).limit(1))
    if entry is None:
        name = wording.label(ctx.campaign, found.indicator, found.part or "")
        example = f"{name}{wording.amount(ctx.campaign, found.indicator, found.value)}"
        raise UserError("nothing-to-correct", names=name, example=example)
    return entry


def _changes(ctx: Context, books: Books, lines: Sequence[Line], replaced: Sequence[Entry]) -> Iterable[str]:
    for line, entry in zip(lines, replaced, strict=True):
        level = ctx.campaign.indicators[line.indicator].kind is IndicatorKind.LEVEL
        total = None if level else books.total(line.indicator, line.part)
        yield wording.corrected_line(ctx.campaign, line, entry.stated, total)
