"""A report in free text: read, sorted into clean and doubtful, entered, echoed."""

from __future__ import annotations

from decimal import Decimal

from handlers import wording
from handlers.base import Context, Match, find_org, route
from handlers.entering import Item, ask_first, enter, held_item, line_to_json, tail
from handlers.lines import Books, line_of, sort
from handlers.reading.questions import question
from handlers.reading.values import Candidate, Doubt, Reading, Verdict
from models import drafts
from models.campaign.definition import DutyKind
from models.duties import states
from models.errors import UserError
from models.ledger import NOTHING, Line, ReportKind, record
from models.messages import Reply
from models.people import Org, Role

_WORTH_TAKING = (Verdict.REPORT, Verdict.HELD, Verdict.ZERO, Verdict.CORRECTION)
_SENT_WORDS = ("已报送", "已报", "已发送", "已交", "已上报", "已提交", "交了", "报了", "发了")  # of a document


def worth_taking(ctx: Context, match: Match) -> bool:
    """Tell whether a text has anything for the ledger."""
    text = ctx.inbound.text
    return ctx.reader.read(text, ctx.today).verdict in _WORTH_TAKING or bool(_documents(ctx, text))


@route(
    "report",
    roles=(Role.LIAISON, Role.ADMIN),
    examples=("今天发放手册3000余册，横幅20条", "短信 3200万条，已覆盖全部用户"),
    accepts=worth_taking,
    refusal="viewer-cannot-report",
)
def take_report(ctx: Context, match: Match) -> Reply:
    """Take a report for the sender's org; a person of several orgs is asked which."""
    _within_campaign(ctx)
    orgs = ctx.own_orgs()
    if not orgs:
        raise UserError("no-org")
    text = ctx.inbound.text
    reading = ctx.reader.read(text, ctx.today)
    org = _named_org(ctx, reading) or (orgs[0] if len(orgs) == 1 else None)
    if org is None:
        payload = {"text": text, "org_ids": [org.id for org in orgs]}
        drafts.ask(ctx.session, ctx.known.person.id, "which-org", payload, ctx.wall, ctx.inbox_id)
        return Reply(wording.ask_which_org([org.name for org in orgs]), outcome="asked")
    return book(ctx, org, text, reading)


def _within_campaign(ctx: Context) -> None:
    campaign = ctx.campaign
    if ctx.today > campaign.closes_on:
        raise UserError("campaign-closed", name=campaign.short_name, day=wording.day_words(campaign.closes_on))
    if ctx.today < campaign.reports_from:
        raise UserError("not-yet-open", name=campaign.short_name, day=wording.day_words(campaign.reports_from))


def _named_org(ctx: Context, reading: Reading) -> Org | None:
    """Return the one org that every line names, if the sender may report for it.

    Nothing in a text gives a right: an org outside the sender's own tree is refused, not booked elsewhere.
    """
    names = {found.org_name for found in reading.found if found.org_name}
    if len(names) != 1:
        return None
    try:
        org = find_org(ctx, names.pop())
    except UserError:
        return None  # 青石桥社区: a place inside the sender's org, not an org of the campaign
    if org.id not in ctx.scope(Role.LIAISON, Role.ADMIN):
        raise UserError("not-your-org", name=org.name, own=[own.name for own in ctx.own_orgs()])
    return org


def book(ctx: Context, org: Org, text: str, reading: Reading) -> Reply:
    """Enter what is clean for an org, ask about the rest, and say both."""
    books = Books(ctx, org)
    sorted_lines = sort(books, [line_of(ctx, found) for found in reading.found])
    clean = sorted_lines.clean
    statements, asks_pledge = _statements(ctx, org, text, {taken.line.indicator for taken in clean})
    answer = enter(ctx, org, clean, text=text, statements=statements)
    if not answer and reading.verdict is Verdict.ZERO:
        return _book_nothing(ctx, org, text)
    items = [held_item(ctx, held) for held in sorted_lines.held]
    items += [doubt_item(ctx, doubt) for doubt in reading.doubts]
    items += [_pledge_item(ctx, key) for key in asks_pledge]
    fragments = [text[start:end] for start, end in reading.unplaced]
    lines = list(answer)
    if answer:
        lines += tail(ctx, org, clean)
    if fragments:
        lines.append(wording.unplaced(fragments))
    lines += ask_first(ctx, org, text, items)
    if not lines:
        return Reply(wording.not_understood(ctx.campaign), outcome="not-counted")
    return Reply("\n".join(lines), outcome="recorded" if answer else "asked")


def _book_nothing(ctx: Context, org: Org, text: str) -> Reply:
    """Enter an explicit nothing: it counts as having answered, and can be undone like any report."""
    report = record(
        ctx.session,
        org_id=org.id,
        person_id=ctx.known.person.id,
        inbox_id=ctx.inbox_id,
        kind=ReportKind.STATEMENT,
        made_at=ctx.now,
        text=text,
        lines=[Line(NOTHING, Decimal(0), Decimal(0), ctx.today)],
    )
    ctx.audit("report", f"report:{report.id}", org.id, after={NOTHING: "0"})
    return Reply(wording.zero_noted(report.id, org.name), outcome="recorded")


def _statements(ctx: Context, org: Org, text: str, reported: set[str]) -> tuple[list[str], list[str]]:
    """Return the duties that a text states as done, and those whose pledge is missing beside a figure just entered."""
    stated, missing = _documents(ctx, text), []
    for key, duty in ctx.campaign.duties_of(org.kind).items():
        if not duty.pledge:
            continue
        if any(word in text for word in duty.pledge):
            stated.append(key)
        elif duty.indicator in reported and _pledge_still_missing(ctx, org, key):
            missing.append(key)
    return [key for key in stated if org.kind in ctx.campaign.duties[key].audience], missing


def _pledge_still_missing(ctx: Context, org: Org, key: str) -> bool:
    now = states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id], duties=[key])
    return any(state.period.start <= ctx.today <= state.period.end and state.standing.open for state in now)


def _documents(ctx: Context, text: str) -> list[str]:
    """Return the documents that a text says were sent: 总结已报送."""
    if not any(word in text for word in _SENT_WORDS) or "没" in text or "未" in text or "?" in text or "？" in text:
        return []
    return [
        key
        for key, duty in ctx.campaign.duties.items()
        if duty.kind is DutyKind.DOCUMENT and any(name in text for name in (duty.name, *duty.names))
    ]


def _pledge_item(ctx: Context, key: str) -> Item:
    return {"mode": "yesno", "why": "pledge", "prompt": wording.ask_pledge(ctx.campaign.duties[key]), "duty": key}


def doubt_item(ctx: Context, doubt: Doubt) -> Item:
    """Turn a doubt of the reader into a question with its short answers.

    choice: several things it may be, picked by number. yesno: one reading to confirm. value: only the person knows the
    number. tell: nothing to pick from, the message is to be sent again.
    """
    prompt = question(doubt, ctx.campaign)
    candidates = [(each, each.value if each.value is not None else doubt.value) for each in doubt.candidates]
    options = [_option(ctx, doubt, each, value) for each, value in candidates]
    if not options:
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
        day=ctx.today,
        part=candidate.part or "",
        as_written=doubt.as_written,
    )
    return {"label": wording.label(ctx.campaign, line.indicator, line.part), "line": line_to_json(line)}
