"""Putting a message's figures into the ledger and saying so: shared by reports, corrections and answers to questions.

What is clean is entered at once; what is doubtful becomes a question, kept in the database, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from handlers import evidence, wording
from handlers.base import Context
from handlers.lines import Held, Taken
from models import drafts
from models.campaign.definition import DutyKind, IndicatorKind
from models.duties import states
from models.ledger import DUTY, Line, ReportKind, record
from models.people import Org

Item = dict[str, Any]  # one thing to ask: mode, prompt, options [{label, line}], see handlers/questions.py


def line_to_json(line: Line) -> dict[str, Any]:
    """Write a line as JSON: figures as strings, the day in ISO form."""
    days = {"day": line.day.isoformat(), "since": line.since.isoformat() if line.since else None}
    return {**asdict(line), "value": str(line.value), "stated": str(line.stated), **days}


def line_from_json(data: dict[str, Any]) -> Line:
    """Read a line back."""
    figures = {"value": Decimal(data["value"]), "stated": Decimal(data["stated"])}
    since = date.fromisoformat(data["since"]) if data.get("since") else None
    return Line(**{**data, **figures, "day": date.fromisoformat(data["day"]), "since": since})


def held_item(ctx: Context, held: Held) -> Item:
    """Turn a held line into its question."""
    campaign, line = ctx.campaign, held.line
    prompts = {
        "implausible": lambda: wording.ask_implausible(campaign, line, held.usual),
        "falling-total": lambda: wording.ask_falling(campaign, line, held.usual),
        "future-day": lambda: wording.ask_future(campaign, line),
        "denied": lambda: wording.ask_denied(campaign, line),
        "early-day": lambda: wording.ask_early(campaign, line),
        "late-day": lambda: wording.ask_late(campaign, line),
    }
    return {
        "mode": "yesno",
        "why": held.kind,
        "prompt": prompts[held.kind](),
        "options": [{"label": "", "line": line_to_json(line)}],
    }


def enter(
    ctx: Context,
    org: Org,
    taken: Sequence[Taken],
    *,
    text: str,
    statements: Sequence[str] = (),
    stated_on: Mapping[str, date] | None = None,
    action: str = "report",
) -> list[str]:
    """Enter lines and statements of duties as one report. Returns the lines of the answer; [] when there is nothing.

    statements: keys of duties stated as done. action: what the audit calls it.
    stated_on:  the day that a statement belongs to, where that is not today: 上周短信3200万条，已覆盖全部用户.
    """
    if not taken and not statements:
        return []
    stated = [
        Line(DUTY + key, Decimal(1), Decimal(1), (stated_on or {}).get(key, ctx.report_day)) for key in statements
    ]
    report = record(
        ctx.session,
        org_id=org.id,
        person_id=ctx.known.person.id,
        inbox_id=ctx.inbox_id,
        kind=ReportKind.REPORT if taken else ReportKind.STATEMENT,
        made_at=ctx.now,
        text=text,
        lines=[*(each.line for each in taken), *stated],
    )
    ctx.settle_reminders(org.id)
    ctx.audit(action, f"report:{report.id}", org.id, after=audit_lines(stated, (each.line for each in taken)))
    days = sorted({each.line.day for each in taken} or {line.day for line in stated})
    answer = [entered_line(ctx, each) for each in taken] + [statement_line(ctx, key) for key in statements]
    beside = evidence.beside_report(ctx, org, report.id, text, [each.line.as_written for each in taken])
    answer = [line + note for line, note in zip_longest(answer, beside.notes, fillvalue="")]
    return [wording.recorded_head(report.id, org.name, days), *answer, *beside.more]


def audit_lines(*groups: Iterable[Line]) -> dict[str, object]:
    """Write lines for the audit: indicator and part -> figure as stated."""
    return {
        f"{line.indicator}/{line.part}" if line.part else line.indicator: str(line.stated)
        for group in groups
        for line in group
    }


def entered_line(ctx: Context, taken: Taken) -> str:
    """Echo one entered figure with what it adds up to."""
    if ctx.campaign.indicators[taken.line.indicator].kind is IndicatorKind.LEVEL:
        return wording.level_line(ctx.campaign, taken.line, taken.before)
    return wording.flow_line(ctx.campaign, taken.line, taken.total)


def statement_line(ctx: Context, key: str) -> str:
    """Echo one duty stated as done."""
    duty = ctx.campaign.duties[key]
    return wording.document_line(duty) if duty.kind is DutyKind.DOCUMENT else wording.pledge_line(duty)


def tail(ctx: Context, org: Org, taken: Sequence[Taken] = ()) -> list[str]:
    """Close the answer to a report: what is still owed, and how to put a mistake right."""
    owed = wording.still_owed(ctx.campaign, states(ctx.session, ctx.campaign, ctx.now, org_ids=[org.id]))
    example = wording.correction_example(ctx.campaign, taken[0].line) if taken else ""
    return [*owed, wording.mistake_hint(example)]


def ask_first(ctx: Context, org: Org, text: str, items: Iterable[Item]) -> list[str]:
    """Keep the questions and put the first one. Returns the lines of the answer; [] when there is nothing to ask.

    What can only be sent again (mode tell) is said at once and not waited for.
    """
    asked = list(items)
    told = [item["prompt"] for item in asked if item["mode"] == "tell"]
    waiting = [item for item in asked if item["mode"] != "tell"]
    if not waiting:
        return told
    waiting += _still_open(ctx, org, waiting)
    drafts.ask(
        ctx.session,
        ctx.known.person.id,
        "figures",
        {"org_id": org.id, "text": text, "items": waiting},
        ctx.wall,
        ctx.inbox_id,
    )
    return [*told, wording.held_head(len(waiting)), waiting[0]["prompt"]]


def _still_open(ctx: Context, org: Org, newer: Sequence[Item]) -> list[Item]:
    """Return what was asked before and not answered, so that a newer doubt does not drop it in silence.

    What the newer items are about again is not asked twice.
    """
    asked = drafts.open_question(ctx.session, ctx.known.person.id)
    if asked is None or asked.kind != "figures" or asked.expires_at <= ctx.wall or asked.payload["org_id"] != org.id:
        return []
    again = {about for item in newer for about in _abouts(item)}
    older = [item for item in asked.payload["items"] if not again & set(_abouts(item))]
    return [{"text": asked.payload["text"], **item} for item in older]


def _abouts(item: Item) -> list[tuple[str, str]]:
    """Return the figures, or the duty, that a question is about."""
    lines = [option["line"] for option in item.get("options", [])]
    return [(line["indicator"], line["part"]) for line in lines] or [(item.get("duty", ""), "")]
