"""A report in free text: read, sorted into clean and doubtful, entered, echoed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from handlers import wording
from handlers.base import REPORTERS, Context, Match, find_org, route
from handlers.entering import Item, ask_first, enter, held_item, line_to_json, tail
from handlers.lines import Books, Held, fits, line_of, sort
from handlers.names import orgs_called
from handlers.reading.questions import question
from handlers.reading.values import Candidate, Doubt, DoubtKind, Reading, Verdict
from models import drafts
from models.campaign.definition import Duty, DutyKind
from models.campaign.periods import this_week
from models.duties import states
from models.errors import UserError
from models.ledger import NOTHING, Line, ReportKind, first_of, newest_figures, record, statement_of
from models.messages import Reply
from models.people import Org, Role

_WORTH_TAKING = (Verdict.REPORT, Verdict.HELD, Verdict.ZERO, Verdict.CORRECTION)
_NOT_SAID = re.compile(
    "没|未|不|将|拟|计划|准备|争取|尽快|明天|下周|除|部分|基本|预计|吗|[?？]"
)  # beside the word of a pledge
_NOT_DONE = re.compile(
    r"(?:没|没有|未|未能)(?:能)?(?:发|挂|贴|办|开|召开|举办|举行|开展|悬挂|张贴|播|做|完成|印)|都没|没发完|取消|丢失|多报|少报|减"
)
_SENT_WORDS = ("已报送", "已报", "已发送", "已交", "已上报", "已提交", "交了", "报了", "发了")  # of a document


def worth_taking(ctx: Context, match: Match) -> bool:
    """Tell whether a text has anything for the ledger."""
    text = ctx.inbound.text
    if ctx.reader.read(text, ctx.today).verdict in _WORTH_TAKING or _documents(ctx, text):
        return True
    return any(_pledged(duty, text) for org in ctx.own_orgs() for duty in ctx.campaign.duties_of(org.kind).values())


@route(
    "report",
    roles=(Role.LIAISON, Role.ADMIN),
    examples=("{report}",),
    unlisted="the head of 帮助 says it",
    accepts=worth_taking,
    refusal="viewer-cannot-report",
)
def take_report(ctx: Context, match: Match) -> Reply:
    """Take a report for the sender's org; a person of several orgs is asked which."""
    within_campaign(ctx)
    orgs = ctx.own_orgs()
    if not orgs:
        raise UserError("no-org")
    text = ctx.inbound.text
    reading = ctx.reader.read(text, ctx.today)
    named = named_org(ctx, reading) or org_at_head(ctx, text)
    org = named or ctx.default_org()
    if org is None:
        prompt = wording.ask_which_org([org.name for org in orgs])
        payload = {"text": text, "org_ids": [org.id for org in orgs], "prompt": prompt}
        drafts.ask(ctx.session, ctx.known.person.id, "which-org", payload, ctx.wall, ctx.inbox_id)
        return Reply(prompt, outcome="asked")
    reply = book(ctx, org, text, reading)
    if named is None and len(orgs) > 1 and reply.outcome == "recorded":
        return replace(reply, text=f"{reply.text}\n{wording.by_default()}")
    return reply


def within_campaign(ctx: Context) -> None:
    """Raise UserError when figures are not taken yet or no more.

    After closing the admins of the office still add what is handed in late, for whatever org (decided by us
    2026-11-24): everybody else is told to turn to them.
    """
    campaign = ctx.campaign
    if ctx.closed and not ctx.runs_office:
        raise UserError("campaign-closed", name=campaign.short_name, day=wording.day_words(campaign.closes_on))
    if ctx.today < campaign.reports_from:
        raise UserError("not-yet-open", name=campaign.short_name, day=wording.day_words(campaign.reports_from))


def named_org(ctx: Context, reading: Reading) -> Org | None:
    """Return the one org that every line names, if the sender may report for it.

    Nothing in a text gives a right: an org outside the sender's own tree is refused, not booked elsewhere.
    """
    names = {found.org_name for found in reading.found if found.org_name}
    if len(names) != 1:
        return None
    try:
        org = find_org(ctx, names.pop(), loose=False)
    except UserError:
        return None  # 青石桥社区: a place inside the sender's org, not an org of the campaign
    if org.id not in ctx.scope(Role.LIAISON, Role.ADMIN):
        raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.own_orgs()])
    return org


def org_at_head(ctx: Context, text: str) -> Org | None:
    """Return the org with which a message begins: one of the sender's own, or another within his rights by itself.

    岳麓手册500册 is enough for an own org; of others the whole name or an alias must stand apart: 岳麓区 手册500册.
    Raises UserError("not-your-org") when the name or an alias of somebody else's org stands there.
    """
    head = re.split(r"[\s:：,，]+", text.strip(), maxsplit=1)[0]
    words = [(word, org) for org in ctx.own_orgs() for word in (org.name, *org.aliases) if head.startswith(word)]
    longest = max((len(word) for word, _ in words), default=0)
    own = {org.id: org for word, org in words if len(word) == longest}
    if len(own) == 1:
        return next(iter(own.values()))
    found = orgs_called(ctx.session, head)
    inside = [org for org in found if org.id in ctx.scope(*REPORTERS)]
    if len(inside) == 1:
        return inside[0]
    if not inside and len(found) == 1 and head in (found[0].name, *found[0].aliases):
        raise UserError("not-your-org", name=head, own=[own.name for own in ctx.own_orgs()])
    return None


def book(ctx: Context, org: Org, text: str, reading: Reading, *, closing: bool = True) -> Reply:
    """Enter what is clean for an org, ask about the rest, and say both.

    closing: end with what is still owed and how to put a mistake right; a form says that once, at its end.
    """
    books = Books(ctx, org)
    unfit = [found for found in reading.found if not fits(found.value)]
    denied = [found for found in reading.found if found.value and _denied(text, *found.span)]
    plain = [found for found in reading.found if found not in unfit and found not in denied]
    sorted_lines = sort(books, [line_of(ctx, found) for found in plain])
    clean = sorted_lines.clean
    reported = {taken.line.indicator: taken.line.day for taken in clean}
    statements, asks_pledge = statements_of(ctx, org, text, reported)
    answer = enter(ctx, org, clean, text=text, statements=list(statements), stated_on=statements)
    _close_answered(ctx, statements)
    if not answer and reading.verdict is Verdict.ZERO:
        return book_nothing(ctx, org, text)
    items = [held_item(ctx, held) for held in sorted_lines.held]
    items += [held_item(ctx, Held("denied", line_of(ctx, found))) for found in denied if found not in unfit]
    items += [doubt_item(ctx, doubt) for doubt in reading.doubts]
    items += [pledge_item(ctx, key, day) for key, day in asks_pledge.items()]
    fragments = [text[start:end] for start, end in reading.unplaced if not _asked_about(text, start, end, reading)]
    fragments += [found.as_written for found in unfit]
    lines = list(answer)
    if answer and closing:
        lines += tail(ctx, org, clean)
    if fragments:
        lines.append(wording.unplaced(fragments))
    lines += ask_first(ctx, org, text, items)
    if not lines:
        return Reply(wording.not_understood(ctx.campaign), outcome="not-counted")
    return Reply("\n".join(lines), outcome="recorded" if answer else "asked")


def _close_answered(ctx: Context, statements: Mapping[str, date]) -> None:
    """Close the open question about a pledge that has just been given in words of its own."""
    if not statements:
        return
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    if (
        asked
        and asked.kind == "figures"
        and [item.get("duty") in statements for item in asked.payload["items"]] == [True]
    ):
        drafts.close(ctx.session, asked, "answered", ctx.wall)


def _denied(text: str, start: int, end: int) -> bool:
    """Tell whether the clause of a figure says that it was not done, or was not ours: 手册没发500册, 取消发布会1场."""
    before = re.split(r"[，,。；;\n]", text[:start])[-1]
    after = re.split(r"[，,。；;\n]", text[end:])[0]
    return bool(_NOT_DONE.search(before + text[start:end] + after))


def _asked_about(text: str, start: int, end: int, reading: Reading) -> bool:
    """Tell whether a question concerns the sentence of a number anyway: 8个社区每个2条 asks for the whole."""
    return any(
        not set("。；;\n") & set(text[min(end, doubt.span[1]) : max(start, doubt.span[0])]) for doubt in reading.doubts
    )


def book_nothing(ctx: Context, org: Org, text: str) -> Reply:
    """Enter an explicit nothing for this week: it counts as having answered, and can be undone like any report.

    A duty that wants at least one stays owed, and the answer says so; one that takes any answer (at_least = 0) is met.
    Once a week is enough, and whoever has reported a figure this week needs none, unless it would meet a duty.
    """
    first, last = this_week(ctx.campaign, ctx.today)
    said = statement_of(ctx.session, org.id, NOTHING, first, last)
    if said is not None:
        return Reply(wording.zero_again(said, org.name), outcome="repeat")
    owing = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id])
    reported = newest_figures(ctx.session, org.id, first, last)
    if reported and not any(state.standing.open and state.duty.at_least == 0 for state in owing):
        number = first_of(ctx.session, reported[0].report_id)
        parts = [wording.fact_words(ctx.campaign, each.indicator, each.part, each.stated) for each in reported]
        return Reply(wording.zero_needless(number, org.name, parts), outcome="repeat")
    report = record(
        ctx.session,
        org_id=org.id,
        person_id=ctx.known.person.id,
        inbox_id=ctx.inbox_id,
        kind=ReportKind.STATEMENT,
        made_at=ctx.now,
        text=text,
        lines=[Line(NOTHING, Decimal(0), Decimal(0), ctx.report_day)],
    )
    ctx.settle_reminders(org.id)
    ctx.audit("report", f"report:{report.id}", org.id, after={NOTHING: "0"})
    owed = wording.still_owed(ctx.campaign, states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id]))
    return Reply(wording.zero_noted(report.id, org.name, (first, last), owed), outcome="recorded")


def statements_of(
    ctx: Context, org: Org, text: str, reported: Mapping[str, date]
) -> tuple[dict[str, date], dict[str, date]]:
    """Return the duties that a text states as done, and those whose pledge is missing beside a figure just entered.

    reported: indicator -> the day of its figure. Both results say the day that the statement belongs to.
    """
    stated, missing = dict.fromkeys(_documents(ctx, text), ctx.report_day), {}
    for key, duty in ctx.campaign.duties_of(org.kind).items():
        if not duty.pledge:
            continue
        day = reported.get(duty.indicator or "", ctx.report_day)
        if _pledged(duty, text):
            stated[key] = day
        elif duty.indicator in reported and pledge_missing(ctx, org, key, day):
            missing[key] = day
    return {key: day for key, day in stated.items() if org.kind in ctx.campaign.duties[key].audience}, missing


def _pledged(duty: Duty, text: str) -> bool:
    """Tell whether a text says the word of a duty, in a clause that neither denies, plans nor asks it."""
    clauses = re.split(r"[，,。；;\n]", text)
    return any(word in clause and not _NOT_SAID.search(clause) for clause in clauses for word in duty.pledge)


def pledge_missing(ctx: Context, org: Org, key: str, day: date) -> bool:
    """Tell whether the duty of a day still wants its pledge."""
    now = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id], duties=[key])
    return any(state.period.start <= day <= state.period.end and state.standing.open for state in now)


def _documents(ctx: Context, text: str) -> list[str]:
    """Return the documents that a text says were sent: 总结已报送."""
    if not any(word in text for word in _SENT_WORDS) or "没" in text or "未" in text or "?" in text or "？" in text:
        return []
    return [
        key
        for key, duty in ctx.campaign.duties.items()
        if duty.kind is DutyKind.DOCUMENT and any(name in text for name in (duty.name, *duty.names))
    ]


def pledge_item(ctx: Context, key: str, day: date) -> Item:
    """Turn a missing pledge into its question. day: the day of the figure that it goes with."""
    prompt = wording.ask_pledge(ctx.campaign.duties[key])
    return {"mode": "yesno", "why": "pledge", "prompt": prompt, "duty": key, "day": day.isoformat()}


def doubt_item(ctx: Context, doubt: Doubt) -> Item:
    """Turn a doubt of the reader into a question with its short answers.

    choice: several things it may be, picked by number. yesno: one reading to confirm. value: only the person knows the
    number. tell: nothing to pick from, the message is to be sent again.
    """
    prompt = question(doubt, ctx.campaign)
    candidates = [(each, each.value if each.value is not None else doubt.value) for each in doubt.candidates]
    options = [_option(ctx, doubt, each, value) for each, value in candidates]
    if not options or doubt.kind is DoubtKind.CANNOT_SPLIT:
        mode = "tell"
    elif any(value is None for _, value in candidates):
        mode, options = "value", options[:1]
    else:
        mode = "choice" if len(options) > 1 else "yesno"
    return {"mode": mode, "why": doubt.kind.value, "prompt": prompt, "options": options}


def _option(ctx: Context, doubt: Doubt, candidate: Candidate, value: Decimal | None) -> Item:
    line = Line(
        indicator=candidate.indicator,
        value=value or Decimal(0),
        stated=value or Decimal(0),
        day=min(doubt.days[1], ctx.today) if doubt.days else ctx.report_day,
        part=candidate.part or "",
        as_written=doubt.as_written,
    )
    return {"label": wording.label(ctx.campaign, line.indicator, line.part), "line": line_to_json(line)}
