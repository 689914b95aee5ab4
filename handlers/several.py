"""代报, and messages with lines for several orgs: read back as a table, booked after the code, each org its own report.

An admin reports for the orgs under him, a liaison of a superior org for those under it. Who pastes a list that holds
his own line among foreign ones gets that line booked and is told about the others (decided by us 2026-11-24). What is
doubtful is left out of a list; one org by itself (代报 长沙 手册300000) may be confirmed with its doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select

from handlers import wording
from handlers.base import REPORTERS, Context, Match, find_org, route
from handlers.codes import offer
from handlers.entering import enter, line_from_json, line_to_json
from handlers.lines import Books, Taken, settle
from handlers.report import book, book_nothing, within_campaign
from handlers.segments import Piece, Pieces, cut
from handlers.several_plan import OrgPlan, Plan, make_plan
from models.duties import states
from models.errors import UserError
from models.ledger import Entry, Report, ReportKind
from models.messages import Reply
from models.people import Org, Role

_COMMAND = re.compile(r"^\s*(?:代报|代填|代上报)(?:[\s:：,，]+(.*))?$", re.DOTALL)


@route(
    "report-for",
    words=("代报", "代填", "代上报"),
    takes_rest=True,
    roles=REPORTERS,
    examples=("代报 {org} {figure}",),
    help="代报 单位 数字：替下面的单位报数，凭确认码记",
    refusal="viewer-cannot-report",
)
def report_for(ctx: Context, match: Match) -> Reply:
    """Show what would be booked for an org, or several, under the sender, and hand out the code that does it."""
    within_campaign(ctx)
    command = _COMMAND.match(ctx.inbound.text)
    text = (command[1] if command else match.rest) or ""
    if not text.strip():
        raise UserError("report-for-what", example=f"代报 单位 {wording.figure_example(ctx.campaign)}")
    pieces = cut(ctx, text)
    if not pieces.found:
        pieces = _named_first(ctx, text)
    if len(pieces.found) == 1 and len(pieces.found[0].orgs) != 1:
        pieces.found[0] = _settled(ctx, pieces.found[0])
    return _show(ctx, pieces, command=True)


def _named_first(ctx: Context, text: str) -> Pieces:
    """Take the first word for the org, however it is called. Raises those of find_org()."""
    word, rest = [*re.split(r"[\s:：,，]+", text.strip(), maxsplit=1), ""][:2]
    org = find_org(ctx, word, prefer=ctx.scope(*REPORTERS))
    return Pieces([Piece(word, (org.id,), rest.strip(), 1)])


def _settled(ctx: Context, piece: Piece) -> Piece:
    """Settle what the one name means; several that fit become a numbered choice."""
    org = find_org(ctx, piece.written, prefer=ctx.scope(*REPORTERS))
    return Piece(piece.written, (org.id,), piece.text, piece.line)


def names_others(ctx: Context, match: Match) -> bool:
    """Tell whether a text reports for several orgs, or for one that is not the sender's own."""
    pieces = cut(ctx, ctx.inbound.text) if _worth_cutting(ctx.inbound.text) else Pieces()
    if not pieces.found or not any(_reads(ctx, piece) for piece in pieces.found):
        return False
    if len({piece.orgs or piece.written for piece in pieces.found}) > 1:
        return bool(pieces.known)
    piece, own = pieces.found[0], {org.id for org in ctx.own_orgs()}
    if len(piece.orgs) != 1 or piece.orgs[0] in own:
        return False
    official = ctx.session.get_one(Org, piece.orgs[0]).name == piece.written
    if piece.orgs[0] not in ctx.scope(*REPORTERS):
        return official
    # 芙蓉区手册50册 by the city's liaison is the city's own, done there; an admin speaks of the org below
    return piece.apart or (official and not ctx.known.orgs(Role.LIAISON))


def _worth_cutting(text: str) -> bool:
    return 3 < len(text) <= 10_000


def _reads(ctx: Context, piece: Piece) -> bool:
    reading = ctx.reader.read(piece.text, ctx.today)
    return bool(reading.found or reading.doubts) or reading.verdict.value == "zero"


@route(
    "several",
    roles=REPORTERS,
    examples=("长沙 手册3000\n株洲 手册500",),
    unlisted="代报 says it; whoever pastes a list needs no command",
    accepts=names_others,
    refusal="viewer-cannot-report",
)
def report_several(ctx: Context, match: Match) -> Reply:
    """Take a list of several orgs: the sender's own line at once, those of orgs below after the code."""
    within_campaign(ctx)
    return _show(ctx, cut(ctx, ctx.inbound.text), command=False)


def _show(ctx: Context, pieces: Pieces, *, command: bool) -> Reply:
    plan = make_plan(ctx, pieces)
    own = {org.id for org in ctx.own_orgs()}
    if len(plan.orgs) == 1 and plan.orgs[0].org.id in own:
        return _book_own(ctx, plan)
    if plan.single and plan.foreign:
        raise UserError("not-your-org", name=plan.foreign[0], own=[org.name for org in ctx.own_orgs()])
    left_out = wording.left_out(plan.foreign, plan.unknown, plan.unclear, [org.name for org in ctx.own_orgs()])
    if not plan.bookable:
        doubts = [wording.doubt_line(each.org.name, words) for each in plan.orgs for words in each.doubts]
        if not doubts and not left_out:
            raise UserError("report-for-what", example=_example(ctx, plan))
        return Reply("\n".join([wording.nothing_for_others(), *doubts, *left_out]), outcome="refused")
    after = [wording.after_closing(ctx.campaign)] if ctx.closed else []
    lines = [*after, *wording.plan_table(ctx.campaign, ctx.today, plan.rows()), *left_out, *plan.notes]
    doubts = [wording.doubt_line(each.org.name, words) for each in plan.orgs for words in each.doubts]
    if doubts:
        lines += [wording.doubts_head(single=plan.single), *doubts]
    if not command and ctx.known.orgs(Role.LIAISON) and not own & {each.org.id for each in plan.orgs}:
        lines.append(wording.own_instead(ctx.own_orgs()[0].name))
    payload = {"orgs": [_to_json(each) for each in plan.bookable], "after": _last_report(ctx)}
    return offer(ctx, "several", payload, "\n".join(lines))


def _example(ctx: Context, plan: Plan) -> str:
    name = plan.orgs[0].org.name if plan.orgs else "单位"
    return f"代报 {name} {wording.figure_example(ctx.campaign)}"


def _book_own(ctx: Context, plan: Plan) -> Reply:
    """Book the sender's own line as any report of his; name the others, which are not his."""
    mine = plan.orgs[0]
    text = "\n".join(mine.texts)
    reply = book(ctx, mine.org, text, ctx.reader.read(text, ctx.today))
    others = wording.left_out(plan.foreign, plan.unknown, plan.unclear, [mine.org.name])
    return Reply("\n".join([reply.text, *others]), reply.more, reply.outcome)


def _last_report(ctx: Context) -> int:
    return ctx.session.scalar(select(func.max(Report.id))) or 0


def _to_json(each: OrgPlan) -> dict[str, Any]:
    return {
        "org": each.org.id,
        "text": "\n".join(each.texts),
        "lines": [line_to_json(taken.line) for taken in each.taken],
        "statements": {key: day.isoformat() for key, day in each.statements.items()},
        "nothing": each.nothing,
    }


def do_several(ctx: Context, payload: Mapping[str, Any]) -> Reply:
    """Book what was shown, in one transaction, without what is no longer the sender's or was reported meanwhile."""
    within_campaign(ctx)
    scope = ctx.scope(*REPORTERS)
    booked: list[list[str]] = []
    left: list[str] = []
    last: tuple[Org, list[Taken]] | None = None
    for each in payload["orgs"]:
        org = ctx.session.get_one(Org, each["org"])
        if org.id not in scope:
            left.append(wording.no_longer_yours(org.name))
            continue
        lines = [line_from_json(data) for data in each["lines"]]
        meanwhile = _reported_since(ctx, org, {line.indicator for line in lines}, payload["after"])
        if meanwhile is not None:
            left.append(wording.reported_meanwhile(org.name, meanwhile))
            continue
        books = Books(ctx, org)
        taken = [books.take(settle(books, line)) for line in lines]
        days = {key: date.fromisoformat(day) for key, day in each["statements"].items()}
        written = each["text"]
        answer = enter(ctx, org, taken, text=written, statements=list(days), stated_on=days, action="report-for")
        booked.append(answer or [book_nothing(ctx, org, written).text])
        last = org, taken
    if not booked:
        return Reply("\n".join([wording.nothing_for_others(), *left]), outcome="refused")
    if len(booked) == 1 and last is not None and len(payload["orgs"]) == 1:
        return Reply(
            "\n".join([*booked[0], *([] if payload["orgs"][0]["nothing"] else _closing(ctx, *last))]),
            outcome="recorded",
        )
    text = "\n".join([wording.booked_head(len(booked)), *(wording.booked_row(each) for each in booked), *left])
    return Reply(f"{text}\n{wording.booked_tail()}", outcome="recorded")


def _closing(ctx: Context, org: Org, taken: list[Taken]) -> list[str]:
    """Close the answer to one org's report: what it still owes, and how the admin puts a mistake right."""
    now = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id])
    owed = wording.others_owed(org.name, sum(state.standing.open for state in now))
    if not taken:
        return [owed]
    example = wording.correction_example(ctx.campaign, taken[0].line)
    return [owed, wording.others_mistake(org.name, example, _last_report(ctx))]


def _reported_since(ctx: Context, org: Org, indicators: set[str], after: int) -> int | None:
    """Return the number of a report of the same figures that came after the preview, so that none counts twice."""
    return ctx.session.scalar(
        select(func.max(Report.id))
        .join(Entry, Entry.report_id == Report.id)
        .where(
            Report.id > after,
            Report.org_id == org.id,
            Report.kind.in_((ReportKind.REPORT, ReportKind.CORRECTION)),
            Entry.indicator.in_(indicators),
        )
    )
